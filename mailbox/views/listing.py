"""The threads of a folder, newest first: pages of fifty told by sealed cursors, in one statement each.

A cursor says where the last page ended, and nothing else. A message that does not open any more has its entry all the
same.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from mailbox.mime.threads import visible_subject
from mailbox.mime.values import Address
from mailbox.models import Folder, FolderThread, Message, Recipient, Seen, Submission
from mailbox.summary import Summary, open_summary
from mailbox.views.place import Place
from mssweb import crypto, keys

PAGE = 50
FILTERS = {"": "Tous", "non-lus": "Non lus", "pieces": "Avec pièce jointe"}
_WORST = ("failed", "delayed", "held", "queued", "sending", "relayed", "delivered", "cancelled")


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """A message to tell in a row, before faces are known."""

    message: Message
    told: Summary
    count: int
    is_unread: bool

    @property
    def is_outgoing(self) -> bool:
        return self.message.direction == Message.Direction.OUT

    @property
    def people(self) -> tuple[Address, ...]:
        """Who the row is about."""
        told = self.told
        return (*told.to, *told.cc, *told.bcc) if self.is_outgoing else (told.author,)


@dataclass(frozen=True, slots=True, repr=False)
class Listing:
    """One page of a folder. `next` is the cursor of the following page, '' at the end."""

    entries: list[Entry]
    next: str


def listing(place: Place, folder: Folder, *, kind: str = "", cursor: str = "", limit: int = PAGE) -> Listing:
    found = _threads(place, folder)
    if kind == "non-lus":
        found = found.filter(thread_id__in=_unread(place).filter(message__folder=folder).values("thread_id"))
    elif kind == "pieces":
        found = found.filter(has_attachments=True)
    if last := _open_cursor(cursor, folder):
        at, thread_id = last
        found = found.filter(Q(last_at__lt=at) | Q(thread_id__lt=thread_id), last_at__lte=at)
    page = list(found.order_by("-last_at", "-thread_id")[: limit + 1])
    following = _seal_cursor(page[limit - 1], folder) if len(page) > limit else ""
    return Listing([_entry(place, row) for row in page[:limit]], following)


def some(place: Place, folder: Folder, thread_ids: Sequence[UUID]) -> list[Entry]:
    """The entries of these threads in a folder, to draw their rows again."""
    return [_entry(place, row) for row in _threads(place, folder).filter(thread_id__in=thread_ids)]


def addresses(entries: Iterable[Entry]) -> list[Address]:
    """Whom to look up: the first of each row."""
    return [entry.people[0] for entry in entries if entry.people]


def states_of(entries: Iterable[Entry]) -> dict[UUID, str]:
    """The least advanced recipient of each message that was sent: what still needs an eye."""
    sent = [entry.message.pk for entry in entries if entry.is_outgoing]
    if not sent:
        return {}
    pairs = Recipient.objects.filter(submission__message__in=sent).values_list("submission__message", "state")
    found: dict[UUID, str] = {}
    for message_id, state in pairs:
        found[message_id] = worst([found.get(message_id, state), state])
    return found


def worst(states: Iterable[str]) -> str:
    return min(states, key=_WORST.index)


def held(place: Place, entries: Iterable[Entry], states: Mapping[UUID, str]) -> list[tuple[UUID, str]]:
    """What this person may still take back, as (submission, subject); no statement when nothing waits."""
    waiting = {e.message.pk: visible_subject(e.told.subject) for e in entries if states.get(e.message.pk) == "held"}
    if not waiting or not place.membership.can_send:
        return []
    found = Submission.objects.filter(mailbox=place.mailbox, author=place.user, message__in=waiting).order_by("pk")
    return [(pk, waiting[message_id]) for pk, message_id in found.values_list("pk", "message_id")]


def summary_of(place: Place, message: Message) -> Summary:
    """Its summary; of one that does not open, a word that says so."""
    try:
        return open_summary(message, place.mailbox.keys)
    except crypto.Unreadable:
        return Summary(subject="Message illisible", snippet="Le contenu scellé de ce message ne s’ouvre plus.")


def _threads(place: Place, folder: Folder) -> QuerySet[FolderThread]:
    # LIMIT keeps PostgreSQL from hashing everything that is unread: it looks once for each row of the page
    box = place.mailbox.pk
    unread = _unread(place).filter(thread=OuterRef("thread_id"), message__mailbox=box, message__folder=folder)
    return (
        FolderThread.objects.filter(mailbox=box, newest__mailbox=box, thread__mailbox=box, folder=folder)
        .select_related("newest")
        .annotate(unread=Subquery(unread.values("pk")[:1]), count=F("thread__message_count"))
    )


def _unread(place: Place) -> QuerySet[Seen]:
    return Seen.objects.filter(mailbox=place.mailbox, membership=place.membership, seen_at__isnull=True)


def _entry(place: Place, row: FolderThread) -> Entry:
    count, is_unread = row.count, row.unread is not None  # type: ignore[attr-defined]  # annotated by _threads
    return Entry(row.newest, summary_of(place, row.newest), count, is_unread)


def _seal_cursor(last: FolderThread, folder: Folder) -> str:
    text = f"{last.last_at.isoformat()} {last.thread_id}".encode()
    return base64.urlsafe_b64encode(crypto.seal(keys.purpose_key("cursor"), text, f"list:{folder.pk}")).decode()


def _open_cursor(cursor: str, folder: Folder) -> tuple[datetime, UUID] | None:
    """Where the page before ended; a forged or foreign cursor starts again from the newest."""
    if not cursor:
        return None
    try:
        box = base64.urlsafe_b64decode(cursor)
        at, _, thread_id = crypto.unseal(keys.purpose_key("cursor"), box, f"list:{folder.pk}").decode().partition(" ")
    except (crypto.Unreadable, ValueError):
        return None
    return datetime.fromisoformat(at), UUID(thread_id)
