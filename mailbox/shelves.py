"""The mailboxes of a person, their shelves, labels and views, and what is counted on each, in one statement: the rail.

Counts are of threads, personal where they say unread, and bounded: the screen says «999+» to those who return from a long
absence. Names are opened when they are shown.
"""

from base64 import b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import IntegerField, JSONField, QuerySet
from django.db.models.expressions import RawSQL

from mailbox import cabinet, handovers
from mailbox.cabinet import ILLEGIBLE, Saved
from mailbox.handovers import Told
from mailbox.mime.address import in_words
from mailbox.models import Folder, Mailbox, MailboxKey, Membership
from mssweb import crypto, keys
from mssweb.shown import Shown

AT_MOST = 999
_SHUT = (crypto.Unreadable, MailboxKey.DoesNotExist, keys.NoMasterKey)

_SHELVES = """
(SELECT jsonb_agg(jsonb_build_array(f.id, f.role, coalesce(u.count, 0), encode(f.name_box, 'base64'), c.todo, c.free, c.mine)
                  ORDER BY f.position, f.id)
   FROM mailbox_folder f
   LEFT JOIN (SELECT m.folder_id, count(DISTINCT s.thread_id) AS count
                FROM (SELECT thread_id, message_id FROM mailbox_seen
                       WHERE mailbox_id = mailbox_membership.mailbox_id AND membership_id = mailbox_membership.id
                         AND seen_at IS NULL LIMIT %s) s
                JOIN mailbox_message m ON m.mailbox_id = mailbox_membership.mailbox_id AND m.id = s.message_id
               GROUP BY 1) u ON u.folder_id = f.id
   LEFT JOIN LATERAL (SELECT
     (SELECT count(*) FROM (SELECT FROM mailbox_folderthread r WHERE r.mailbox_id = f.mailbox_id AND r.folder_id = f.id
        AND r.rank = 0 AND f.role = 'inbox' LIMIT %s) x) AS todo,
     (SELECT count(*) FROM (SELECT FROM mailbox_folderthread r WHERE r.mailbox_id = f.mailbox_id AND r.folder_id = f.id
        AND r.rank = 0 AND r.assigned_to_id IS NULL AND f.role = 'inbox' LIMIT %s) x) AS free,
     (SELECT count(*) FROM (SELECT FROM mailbox_folderthread r WHERE r.mailbox_id = f.mailbox_id AND r.folder_id = f.id
        AND r.assigned_to_id = mailbox_membership.user_id AND r.rank < 2 AND f.role = 'inbox' LIMIT %s) x) AS mine
   ) c ON f.role = 'inbox'
  WHERE f.mailbox_id = mailbox_membership.mailbox_id)
"""
_DRAFTS = """
(SELECT count(*) FROM mailbox_draft d WHERE d.mailbox_id = mailbox_membership.mailbox_id
    AND (d.author_id = mailbox_membership.user_id OR d.is_offered))
"""
_MENTIONS = """
(SELECT count(*) FROM (SELECT FROM mailbox_mention c WHERE c.mailbox_id = mailbox_membership.mailbox_id
    AND c.membership_id = mailbox_membership.id AND c.seen_at IS NULL LIMIT %s) c)
"""
_HANDOVER = """
(SELECT CASE WHEN h.box IS NOT NULL AND h.id IS DISTINCT FROM mailbox_membership.handover_seen_id
             THEN jsonb_build_array(h.id, h.at, coalesce(a.first_name, ''), coalesce(a.last_name, ''),
                                    encode(h.box, 'base64')) END
   FROM mailbox_handover h LEFT JOIN auth_otp_user a ON a.id = h.author_id
  WHERE h.mailbox_id = mailbox_membership.mailbox_id ORDER BY h.at DESC, h.id DESC LIMIT 1)
"""
_LATE = """
(SELECT count(*) FROM (SELECT DISTINCT r.thread_id FROM mailbox_folderthread r WHERE r.mailbox_id = mailbox_membership.mailbox_id
    AND r.folder_id IN (SELECT f.id FROM mailbox_folder f WHERE f.mailbox_id = mailbox_membership.mailbox_id
                         AND f.role IN ('inbox', ''))
    AND mailbox_mailbox.answer_hours > 0
    AND r.waits_since < now() - make_interval(hours => mailbox_mailbox.answer_hours) LIMIT %s) x)
"""
_OWN = """
(SELECT jsonb_build_object(
  'labels', (SELECT jsonb_agg(jsonb_build_array(l.id, encode(l.name_box, 'base64'), l.colour)) FROM mailbox_label l
              WHERE l.mailbox_id = mailbox_membership.mailbox_id),
  'views', (SELECT jsonb_agg(jsonb_build_array(v.id, encode(v.box, 'base64'))) FROM mailbox_savedview v
             WHERE v.mailbox_id = mailbox_membership.mailbox_id AND v.membership_id = mailbox_membership.id),
  'people', (SELECT jsonb_agg(jsonb_build_array(p.id, p.first_name, p.last_name, m.role) ORDER BY p.first_name, p.last_name)
               FROM mailbox_membership m JOIN auth_otp_user p ON p.id = m.user_id
              WHERE m.mailbox_id = mailbox_membership.mailbox_id AND (mailbox_mailbox.kind = 'PER' OR EXISTS (
                SELECT FROM mailbox_staff w WHERE w.tenant_id = mailbox_mailbox.tenant_id AND w.user_id = m.user_id
                   AND w.state = 'authorised'))),
  'asleep', (SELECT count(*) FROM mailbox_snooze s WHERE s.mailbox_id = mailbox_membership.mailbox_id
               AND s.membership_id = mailbox_membership.id AND s.woken_at IS NULL),
  'awake', (SELECT count(*) FROM mailbox_snooze s WHERE s.mailbox_id = mailbox_membership.mailbox_id
               AND s.membership_id = mailbox_membership.id AND s.woken_at IS NOT NULL),
  'absence', (SELECT a.ends_at FROM mailbox_absence a WHERE a.mailbox_id = mailbox_membership.mailbox_id AND a.is_on
                AND a.begins_at <= now() AND a.ends_at > now()),
  'heads', EXISTS (SELECT FROM mailbox_tenant t WHERE t.holder_id = mailbox_membership.user_id) OR EXISTS (
    SELECT FROM mailbox_staff w WHERE w.user_id = mailbox_membership.user_id AND w.is_delegate AND w.state = 'authorised'),
  'density', (SELECT p.density FROM mailbox_preference p WHERE p.user_id = mailbox_membership.user_id)))
"""


@dataclass(frozen=True, slots=True)
class Shelf(Shown):
    """A folder as the rail shows it. `count` is of unread threads; of drafts on the shelf of drafts.

    Of the inbox, how many are to do, of those nobody's, one's own.
    """

    id: UUID
    role: str
    count: int
    name: str = ""  # of one without a role
    todo: int = 0
    free: int = 0
    mine: int = 0

    @property
    def label(self) -> str:
        return str(Folder.Role(self.role).label) if self.role else self.name

    @property
    def key(self) -> str:
        """What names it in an address."""
        return self.role or str(self.id)

    @property
    def told(self) -> str:
        """The count as shown."""
        return told(self.count)


def told(count: int) -> str:
    return f"{AT_MOST}+" if count >= AT_MOST else str(count)


@dataclass(frozen=True, slots=True)
class Tab(Shown):
    """A label of the team."""

    id: UUID
    name: str
    colour: str

    @property
    def key(self) -> str:
        return str(self.id)


@dataclass(frozen=True, slots=True)
class Colleague(Shown):
    """A member of the mailbox; one who may be given its threads, or who only reads."""

    id: UUID
    first_name: str
    last_name: str
    may_take: bool

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def initials(self) -> str:
        return (self.first_name[:1] + self.last_name[:1]).upper() or "?"


@dataclass(frozen=True)
class Box(Shown):
    """A mailbox of a person, with its shelves. `own` is what _OWN tells."""

    membership: Membership
    rows: tuple[tuple[Any, ...], ...]
    drafts: int = 0
    own: Mapping[str, Any] = field(default_factory=dict)
    late: int = 0  # threads of the inbox and of folders of the team whose correspondent waits for too long
    mentions: int = 0  # notes that call this person and wait for them
    sealed_handover: tuple[str, ...] = ()  # id, instant, names, box in base64; () when there is none to show

    @property
    def mailbox(self) -> Mailbox:
        return self.membership.mailbox

    @property
    def name(self) -> str:
        return in_words(self.mailbox.display_name)

    @cached_property
    def shelves(self) -> tuple[Shelf, ...]:
        return tuple(self._shelf(row) for row in self.rows)

    @property
    def folders(self) -> list[Shelf]:
        """Those that the team made, by name."""
        return sorted((s for s in self.shelves if not s.role), key=lambda shelf: shelf.name.casefold())

    @cached_property
    def labels(self) -> list[Tab]:
        found = [
            Tab(UUID(pk), self._name("label", pk, box), str(colour)) for pk, box, colour in self.own.get("labels") or ()
        ]
        return sorted(found, key=lambda tab: tab.name.casefold())

    @cached_property
    def views(self) -> list[tuple[UUID, Saved]]:
        found = [(UUID(pk), self._view(UUID(pk), box)) for pk, box in self.own.get("views") or ()]
        return sorted(found, key=lambda pair: pair[1].name.casefold())

    @cached_property
    def people(self) -> dict[UUID, Colleague]:
        found = self.own.get("people") or ()
        return {
            UUID(pk): Colleague(UUID(pk), first, last, role != Membership.Role.READER)
            for pk, first, last, role in found
        }

    @property
    def asleep(self) -> int:
        return int(self.own.get("asleep") or 0)

    @property
    def awake(self) -> int:
        return int(self.own.get("awake") or 0)

    @property
    def absent_until(self) -> datetime | None:
        """The last instant of the absence that answers now, None when nothing answers."""
        told = self.own.get("absence")
        return datetime.fromisoformat(told) - timedelta(microseconds=1) if told else None

    @property
    def is_heads(self) -> bool:
        """Of somebody who answers for the people of a structure, this one or another."""
        return bool(self.own.get("heads"))

    @property
    def density(self) -> str:
        return str(self.own.get("density") or "cosy")

    @property
    def mentions_told(self) -> str:
        return f"{AT_MOST}+" if self.mentions >= AT_MOST else str(self.mentions)

    @property
    def handover(self) -> Told | None:
        """The note at the top, unless this person put it aside."""
        if not self.sealed_handover:
            return None
        pk, at, first, last, box = self.sealed_handover
        author = f"{first} {last.upper()}".strip() or "Ancien membre"
        text = handovers.seen(b64decode(box), self.mailbox, UUID(pk))
        return Told(UUID(pk), author, datetime.fromisoformat(at), text)

    @property
    def inbox(self) -> Shelf:
        return self.shelf("inbox") or self.shelves[0]

    def shelf(self, key: str) -> Shelf | None:
        """By role, or by the id of one without."""
        return next((shelf for shelf in self.shelves if shelf.key == key), None)

    def seen(self, folders: set[UUID]) -> "Box":
        """The same once one thread was read in these folders: the statement above ran before it was opened."""
        rows = (
            (pk, role, max(0, count - 1) if UUID(pk) in folders else count, *rest)
            for pk, role, count, *rest in self.rows
        )
        return replace(self, rows=tuple(rows))

    def _shelf(self, row: tuple[Any, ...]) -> Shelf:
        pk, role, count, box, *counts = row
        name = "" if role else self._name("folder", pk, box)
        shown = self.drafts if role == Folder.Role.DRAFTS else min(int(count), AT_MOST)
        return Shelf(UUID(pk), str(role), shown, name, *(min(int(one or 0), AT_MOST) for one in counts))

    def _name(self, kind: str, row_id: str, box: str | None) -> str:
        try:
            key = self.mailbox.keys.summary
        except _SHUT:
            return ILLEGIBLE
        return cabinet.open_name(key, self.mailbox.pk, kind, UUID(row_id), b64decode(box or ""))

    def _view(self, row_id: UUID, box: str) -> Saved:
        try:
            return cabinet.open_view(self.mailbox.keys.summary, self.mailbox.pk, row_id, b64decode(box))
        except _SHUT:
            return Saved(ILLEGIBLE, "inbox")

    def heard(self, mentions: int) -> "Box":
        """The same once so many calls were heard."""
        return replace(self, mentions=max(0, self.mentions - mentions))


def boxes(memberships: Iterable[Membership]) -> list[Box]:
    """`memberships` as `counted` gives them."""
    return [_box(row) for row in memberships]


def counted(memberships: QuerySet[Membership]) -> QuerySet[Membership]:
    """`memberships` as access.mailboxes_of gives them, with all that a box tells."""
    most = [AT_MOST * 2, *[AT_MOST + 1] * 3]
    return memberships.annotate(
        shelves=RawSQL(_SHELVES, most, output_field=JSONField()),  # noqa: S611  (constants)
        draft_count=RawSQL(_DRAFTS, [], output_field=IntegerField()),  # noqa: S611
        own=RawSQL(_OWN, [], output_field=JSONField()),  # noqa: S611
        late_count=RawSQL(_LATE, [AT_MOST], output_field=IntegerField()),  # noqa: S611
        mention_count=RawSQL(_MENTIONS, [AT_MOST], output_field=IntegerField()),  # noqa: S611
        newest_handover=RawSQL(_HANDOVER, [], output_field=JSONField()),  # noqa: S611
    )


def _box(row: Any) -> Box:
    handover = tuple(row.newest_handover or ())
    return Box(
        row, tuple(map(tuple, row.shelves)), row.draft_count, row.own, row.late_count, row.mention_count, handover
    )
