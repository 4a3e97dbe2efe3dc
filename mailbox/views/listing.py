"""The threads of a folder, in the order that is asked: pages of fifty told by sealed cursors, in one statement each.

A cursor says where the last page ended, and nothing else. A message that does not open any more has its entry all the
same. What a member set aside is not shown to that member until it is due (snoozing.py); then it stands at that time.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, DecimalField, Exists, F, OuterRef, QuerySet, Subquery, When
from django.db.models.functions import Extract
from django.utils import timezone

from mailbox.documents import facts
from mailbox.documents.facts import Brief
from mailbox.mime.threads import visible_subject
from mailbox.mime.values import Address
from mailbox.models import Folder, FolderThread, Message, Recipient, Seen, Snooze, Submission, ThreadLabel
from mailbox.summary import Summary, open_summary
from mailbox.views import wide
from mailbox.views.asked import REMINDERS, Asked, narrowed
from mailbox.views.place import Place
from mssweb import crypto, keys

PAGE = 50
_MOST_AWAKE = 100  # reminders that came, in one folder
_SECONDS = DecimalField(max_digits=20, decimal_places=6)
_TURN = Case(  # of a reminder: the next to come first, the last that came first
    When(woken_at__isnull=True, then=Extract("due_at", "epoch", output_field=_SECONDS)),
    default=-Extract("woken_at", "epoch", output_field=_SECONDS),
    output_field=_SECONDS,
)
_WORST = ("failed", "delayed", "held", "queued", "sending", "relayed", "delivered", "cancelled")


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """A message to tell in a row, before faces are known. `row` is the list row, None in what was searched."""

    message: Message
    told: Summary
    count: int
    is_unread: bool
    row: FolderThread | None = None
    labels: Sequence[UUID] = ()
    due_at: datetime | None = None  # of a reminder of this member
    woken_at: datetime | None = None
    brief: Brief | None = None  # what its documents are, and of whom

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


def listing(place: Place, folder: Folder, want: Asked, *, cursor: str = "", limit: int = PAGE) -> Listing:
    awake = _awake(place, folder, want)
    found = _wanted(place, folder, want, but_awake=bool(awake))
    last = _open_cursor(cursor, folder, want)
    if last:
        found = found.filter(want.order.after(*last))
    page = list(found.order_by(*want.order.by)[: limit + 1])
    if awake:
        page = _merged(page, awake, want, last)[: limit + 1]
    following = _seal_cursor(page[limit - 1], folder, want) if len(page) > limit else ""
    return Listing([_entry(place, row) for row in page[:limit]], following)


def some(place: Place, folder: Folder, thread_ids: Sequence[UUID], want: Asked, *, stands: bool = False) -> list[Entry]:
    """The entries of these threads in a folder that answer what is asked, to draw their rows again.

    `stands`: with their threads, for one of them says how it stands.
    """
    found = _wanted(place, folder, want, but_awake=False).filter(thread_id__in=thread_ids)
    return [_entry(place, row) for row in (found.select_related("thread") if stands else found)]


def thread_ids(place: Place, folder: Folder, want: Asked, *, most: int) -> list[UUID]:
    """Of all that a list holds, `most` at most: for an act on everything."""
    found = _wanted(place, folder, want, but_awake=False).order_by(*want.order.by)
    return list(found.values_list("thread_id", flat=True)[:most])


def beside(place: Place, folder: Folder, thread_id: UUID, want: Asked) -> UUID | None:
    """The thread that stands after this one, else the last before it; None where it stands alone, or not at all."""
    found = _wanted(place, folder, want, but_awake=False)
    row = found.filter(thread_id=thread_id).first()
    if row is None:
        return None
    others = found.exclude(thread_id=thread_id).order_by(*want.order.by).values_list("thread_id", flat=True)
    return others.filter(want.order.after(*want.order.key(row))).first() or others.last()


def subjects(place: Place, thread_ids: Iterable[UUID]) -> dict[UUID, str]:
    """What each of these threads is about, by its first message; one statement."""
    found = Message.objects.filter(mailbox=place.mailbox, thread_id__in=list(thread_ids))
    firsts = found.order_by("thread_id", "filed_at", "pk").distinct("thread_id")
    return {message.thread_id: summary_of(place, message).subject for message in firsts}


def addresses(entries: Iterable[Entry]) -> list[Address]:
    """Whom to look up: the first of each row."""
    return [entry.people[0] for entry in entries if entry.people]


def states_of(entries: Iterable[Entry]) -> dict[UUID, str]:
    """The least advanced recipient of each message that was sent: what still needs an eye."""
    sent = {entry.message.pk: entry.message.mailbox_id for entry in entries if entry.is_outgoing}
    if not sent:
        return {}
    boxes = set(
        sent.values()
    )  # one: named on both tables, so that what is cut by mailbox is read in one piece (design §9)
    told = Recipient.objects.filter(mailbox__in=boxes, submission__mailbox__in=boxes, replaced_by=None)
    told = told.filter(submission__message__in=list(sent))
    pairs = told.values_list("submission__message", "state")
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


def brief_of(place: Place, message: Message) -> Brief | None:
    """None as long as nothing is known of its documents, or when the box is altered."""
    try:
        return facts.open_brief(getattr(message, "examination", None), place.mailbox.keys)
    except crypto.Unreadable:
        return None


def _threads(place: Place, folder: Folder, want: Asked) -> QuerySet[FolderThread]:
    # LIMIT keeps PostgreSQL from hashing everything that is unread: it looks once for each row of the page
    box = place.mailbox.pk
    unread = _unread(place).filter(
        thread=OuterRef("thread_id"), message__mailbox=box, message__folder=OuterRef("folder")
    )
    labels = ThreadLabel.objects.filter(mailbox=box, thread=OuterRef("thread_id")).values("label")
    rows = FolderThread.objects.filter(mailbox=box, newest__mailbox=box, thread__mailbox=box)
    rows = wide.once(rows, wide.folders(place, folder, want), wide.spared(place, folder, want))
    told = {"unread": Subquery(unread.values("pk")[:1]), "count": F("thread__message_count")}
    if place.box and place.box.labels:
        told["marked"] = ArraySubquery(labels)
    if place.box and (place.box.asleep or place.box.awake):
        own = _snoozes(place).filter(thread=OuterRef("thread_id"))
        told |= {"due_at": Subquery(own.values("due_at")[:1]), "woken_at": Subquery(own.values("woken_at")[:1])}
    if want.kind == REMINDERS:
        own = _snoozes(place).filter(thread=OuterRef("thread_id"))
        told |= {"is_awake": Exists(own.filter(woken_at__isnull=False)), "turn": Subquery(own.values(at=_TURN)[:1])}
    return rows.select_related("newest__examination").defer("newest__examination__box").annotate(**told)


def _wanted(place: Place, folder: Folder, want: Asked, *, but_awake: bool) -> QuerySet[FolderThread]:
    found = narrowed(_threads(place, folder, want), want, place, timezone.now())
    if want.kind == "non-lus":
        unread = _unread(place).filter(message__folder__in=wide.folders(place, folder, want))
        found = found.filter(thread_id__in=unread.values("thread_id"))
    if want.kind == REMINDERS:
        return found.filter(thread_id__in=_snoozes(place).values("thread_id"))
    if folder.role not in {Folder.Role.INBOX, Folder.Role.NONE} or place.box is None:
        return found
    own = _snoozes(place).filter(thread=OuterRef("thread_id"))
    if place.box.asleep:  # what came since it was set aside shows it at once
        found = found.exclude(Exists(own.filter(woken_at__isnull=True, set_at__gte=OuterRef("last_at"))))
    return found.exclude(Exists(own.filter(woken_at__isnull=False))) if but_awake else found


def _awake(place: Place, folder: Folder, want: Asked) -> list[FolderThread]:
    """Threads whose reminder came, placed at that time; where lists are by date, newest first. No statement without one."""
    if place.box is None or not place.box.awake or want.order is not Asked().order:
        return []
    if folder.role not in {Folder.Role.INBOX, Folder.Role.NONE}:
        return []
    own = _snoozes(place).filter(woken_at__isnull=False)
    found = _wanted(place, folder, want, but_awake=False).filter(thread_id__in=own.values("thread_id"))
    rows = list(found[:_MOST_AWAKE])
    for row in rows:
        row.last_at = max(row.last_at, row.woken_at)  # type: ignore[attr-defined]  # annotated by _threads
    return rows


def _merged(
    page: list[FolderThread], awake: list[FolderThread], want: Asked, last: tuple[str, ...] | None
) -> list[FolderThread]:
    def place(row: FolderThread) -> tuple[datetime, UUID]:
        return row.last_at, row.thread_id

    after = (datetime.fromisoformat(last[0]), UUID(last[1])) if last else None
    awake = [row for row in awake if after is None or place(row) < after]
    return sorted((*page, *awake), key=place, reverse=True)


def _snoozes(place: Place) -> QuerySet[Snooze]:
    return Snooze.objects.filter(mailbox=place.mailbox, membership=place.membership)


def _unread(place: Place) -> QuerySet[Seen]:
    return Seen.objects.filter(mailbox=place.mailbox, membership=place.membership, seen_at__isnull=True)


def _entry(place: Place, row: FolderThread) -> Entry:
    told = vars(row)  # annotated by _threads
    return Entry(
        row.newest, summary_of(place, row.newest), told["count"], told["unread"] is not None, row,
        told.get("marked") or (), told.get("due_at"), told.get("woken_at"), brief_of(place, row.newest),
    )  # fmt: skip


def _context(folder: Folder, want: Asked) -> str:
    return f"list:{folder.pk}:{want.order.by[0]}"


def _seal_cursor(last: FolderThread, folder: Folder, want: Asked) -> str:
    text = " ".join(want.order.key(last)).encode()
    return base64.urlsafe_b64encode(crypto.seal(keys.purpose_key("cursor"), text, _context(folder, want))).decode()


def _open_cursor(cursor: str, folder: Folder, want: Asked) -> tuple[str, ...] | None:
    """Where the page before ended; a forged or foreign cursor, or one of another order, starts again from the first."""
    if not cursor:
        return None
    try:
        box = base64.urlsafe_b64decode(cursor)
        return tuple(crypto.unseal(keys.purpose_key("cursor"), box, _context(folder, want)).decode().split(" "))
    except (crypto.Unreadable, ValueError):
        return None
