"""The mailboxes of a person, their shelves and what is unread on each, in one statement: rail, switcher, tab title.

Counts are of threads, personal, and bounded: the screen says «999+» to those who return from a long absence.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import IntegerField, JSONField, QuerySet
from django.db.models.expressions import RawSQL

from mailbox.mime.address import in_words
from mailbox.models import Folder, Mailbox, Membership

AT_MOST = 999

_SHELVES = """
(SELECT jsonb_agg(jsonb_build_array(f.id, f.role, coalesce(u.count, 0)) ORDER BY f.position, f.id)
   FROM mailbox_folder f
   LEFT JOIN (SELECT m.folder_id, count(DISTINCT s.thread_id) AS count
                FROM (SELECT thread_id, message_id FROM mailbox_seen
                       WHERE mailbox_id = mailbox_membership.mailbox_id AND membership_id = mailbox_membership.id
                         AND seen_at IS NULL LIMIT %s) s
                JOIN mailbox_message m ON m.mailbox_id = mailbox_membership.mailbox_id AND m.id = s.message_id
               GROUP BY 1) u ON u.folder_id = f.id
  WHERE f.mailbox_id = mailbox_membership.mailbox_id)
"""
_DRAFTS = """
(SELECT count(*) FROM mailbox_draft d
  WHERE d.mailbox_id = mailbox_membership.mailbox_id AND d.author_id = mailbox_membership.user_id)
"""


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder as the rail shows it. `count` is of unread threads; of drafts on the shelf of drafts."""

    id: UUID
    role: str
    count: int

    @property
    def label(self) -> str:
        return str(Folder.Role(self.role).label)

    @property
    def told(self) -> str:
        """The count as shown."""
        return f"{AT_MOST}+" if self.count >= AT_MOST else str(self.count)


@dataclass(frozen=True, slots=True)
class Box:
    """A mailbox of a person, with its shelves."""

    membership: Membership
    shelves: tuple[Shelf, ...]

    @property
    def mailbox(self) -> Mailbox:
        return self.membership.mailbox

    @property
    def name(self) -> str:
        return in_words(self.mailbox.display_name)

    @property
    def inbox(self) -> Shelf:
        return self.shelf("inbox") or self.shelves[0]

    def shelf(self, role: str) -> Shelf | None:
        return next((shelf for shelf in self.shelves if shelf.role == role), None)

    def seen(self, folders: set[UUID]) -> "Box":
        """The same once one thread was read in these folders: the statement above ran before it was opened."""
        shelves = (replace(s, count=max(0, s.count - 1)) if s.id in folders else s for s in self.shelves)
        return replace(self, shelves=tuple(shelves))


def boxes(memberships: QuerySet[Membership]) -> list[Box]:
    """`memberships` as access.mailboxes_of gives them."""
    rows = memberships.annotate(
        shelves=RawSQL(_SHELVES, [AT_MOST * 2], output_field=JSONField()),  # noqa: S611  (two constants)
        draft_count=RawSQL(_DRAFTS, [], output_field=IntegerField()),  # noqa: S611
    )
    return [Box(row, tuple(_shelf(s, row.draft_count) for s in row.shelves)) for row in rows]


def _shelf(row: list[str | int], drafts: int) -> Shelf:
    role = str(row[1])
    count = drafts if role == Folder.Role.DRAFTS else min(int(row[2]), AT_MOST)
    return Shelf(UUID(str(row[0])), role, count)
