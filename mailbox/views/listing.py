"""The threads of a folder, in the order that is asked: pages of fifty told by sealed cursors, in one statement each.

A cursor says where the last page ended, and nothing else. A message that does not open any more has its entry all the
same. What a member set aside is not shown to that member until it is due (snoozing.py); then it stands at that time.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Case, DecimalField, Exists, F, OuterRef, QuerySet, Subquery, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Extract
from django.utils import timezone

from mailbox.documents import facts
from mailbox.documents.facts import Brief
from mailbox.mime.threads import visible_subject
from mailbox.mime.values import Address
from mailbox.models import Folder, FolderThread, Message, Recipient, Seen, Snooze, Submission, ThreadLabel
from mailbox.summary import Summary, open_summary
from mailbox.views import wide
from mailbox.views.asked import LATE, MINE, ORDERS, REMINDERS, Asked, Order, narrowed
from mailbox.views.place import Place
from mssweb import crypto, keys
from mssweb.prepared import prepared

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """What decides the text of a statement of lists: ids and instants are its values (mssweb.prepared)."""

    kind: str = ""
    is_wide: bool = False  # of many folders
    order: Order = ORDERS[""]
    is_marked: bool = False  # there are labels
    is_snoozed: bool = False  # there are reminders of this member
    hides: bool = False  # what is set aside
    but_awake: bool = False
    is_stood: bool = False  # each with its thread
    limit: int = 0


def listing(place: Place, folder: Folder, want: Asked, *, cursor: str = "", limit: int = PAGE) -> Listing:
    if _is_vain(place, want):
        return Listing([], "")
    shape, values = _shape(place, folder, want), _values(place, folder, want)
    awake = _awake(place, folder, want, shape, values)
    last = _open_cursor(cursor, folder, want) or {}
    page = _page_of(replace(shape, but_awake=bool(awake), limit=limit + 1), values | last)
    if awake:
        page = _merged(page, awake, last)[: limit + 1]
    following = _seal_cursor(page[limit - 1], folder, want) if len(page) > limit else ""
    return Listing([_entry(place, row) for row in page[:limit]], following)


def some(place: Place, folder: Folder, thread_ids: Sequence[UUID], want: Asked, *, stands: bool = False) -> list[Entry]:
    """The entries of these threads in a folder that answer what is asked, to draw their rows again.

    `stands`: with their threads, for one of them says how it stands.
    """
    if _is_vain(place, want):
        return []
    shape = replace(_shape(place, folder, want), is_stood=stands)
    return [_entry(place, row) for row in _some(shape, threads=list(thread_ids), **_values(place, folder, want))]


def thread_ids(place: Place, folder: Folder, want: Asked, *, most: int) -> list[UUID]:
    """Of all that a list holds, `most` at most: for an act on everything."""
    if _is_vain(place, want):
        return []
    found = _wanted(_shape(place, folder, want), **_values(place, folder, want)).order_by(*want.order.by)
    return list(found.values_list("thread_id", flat=True)[:most])


def beside(place: Place, folder: Folder, thread_id: UUID, want: Asked) -> UUID | None:
    """The thread that stands after this one, else the last before it; None where it stands alone, or not at all."""
    if _is_vain(place, want):
        return None
    found = _wanted(_shape(place, folder, want), **_values(place, folder, want))
    row = found.filter(thread_id=thread_id).first()
    if row is None:
        return None
    others = found.exclude(thread_id=thread_id).order_by(*want.order.by).values_list("thread_id", flat=True)
    behind = want.order.after(**want.order.read(want.order.key(row)))
    return others.filter(behind).first() or others.last()


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


def _is_vain(place: Place, want: Asked) -> bool:
    """Nothing is late where nobody said how long one may wait."""
    return want.kind == LATE and not place.mailbox.answer_hours


def _shape(place: Place, folder: Folder, want: Asked) -> _Shape:
    box = place.box
    is_live = want.kind != REMINDERS and folder.role in {Folder.Role.INBOX, Folder.Role.NONE}
    return _Shape(
        kind=want.kind, is_wide=wide.is_wide(folder, want), order=want.order, is_marked=bool(box and box.labels),
        is_snoozed=bool(box and (box.asleep or box.awake)), hides=bool(is_live and box and box.asleep),
    )  # fmt: skip


def _values(place: Place, folder: Folder, want: Asked) -> dict[str, Any]:
    """What the statement of this shape is given, no more."""
    told: dict[str, UUID | datetime | list[UUID] | None] = {
        "mailbox": place.mailbox.pk, "member": place.membership.pk, "label": want.label,
        "user": place.user.pk if want.kind == MINE else None,
        "late": timezone.now() - timedelta(hours=place.mailbox.answer_hours) if want.kind == LATE else None,
    }  # fmt: skip
    told |= wide.values(place, folder, want)
    return {name: value for name, value in told.items() if value is not None}


def _threads(shape: _Shape, mailbox: UUID, member: UUID) -> QuerySet[FolderThread]:
    # LIMIT keeps PostgreSQL from hashing everything that is unread: it looks once for each row of the page
    unread = _unread(mailbox, member).filter(
        thread=OuterRef("thread_id"), message__mailbox=mailbox, message__folder=OuterRef("folder")
    )
    rows = FolderThread.objects.filter(mailbox=mailbox, newest__mailbox=mailbox, thread__mailbox=mailbox)
    told = {"unread": Subquery(unread.values("pk")[:1]), "count": F("thread__message_count")}
    if shape.is_marked:
        labels = ThreadLabel.objects.filter(mailbox=mailbox, thread=OuterRef("thread_id")).values("label")
        told["marked"] = ArraySubquery(labels)
    if shape.is_snoozed:
        own = _snoozes(mailbox, member).filter(thread=OuterRef("thread_id"))
        told |= {"due_at": Subquery(own.values("due_at")[:1]), "woken_at": Subquery(own.values("woken_at")[:1])}
    if shape.kind == REMINDERS:
        own = _snoozes(mailbox, member).filter(thread=OuterRef("thread_id"))
        told |= {"is_awake": Exists(own.filter(woken_at__isnull=False)), "turn": Subquery(own.values(at=_TURN)[:1])}
    rows = rows.select_related("newest__examination", *["thread"] * shape.is_stood)
    return rows.defer("newest__examination__box").annotate(**told)


def _wanted(
    shape: _Shape, *, mailbox: UUID, member: UUID, is_bare: bool = False, **asked: Any
) -> QuerySet[FolderThread]:
    """`is_bare`: without what a row tells."""
    rows = FolderThread.objects.filter(mailbox=mailbox) if is_bare else _threads(shape, mailbox, member)
    stands = wide.Where(**{name: asked.pop(name) for name in wide.NAMES if name in asked})
    found = narrowed(wide.once(rows, stands), shape.kind, mailbox=mailbox, **asked)
    if shape.kind == "non-lus":
        unread = _unread(mailbox, member).filter(stands.at("message__folder"))
        found = found.filter(thread_id__in=unread.values("thread_id"))
    own = _snoozes(mailbox, member)
    if shape.kind == REMINDERS:
        return found.filter(thread_id__in=own.values("thread_id"))
    own = own.filter(thread=OuterRef("thread_id"))
    if shape.hides:  # what came since it was set aside shows it at once
        found = found.exclude(Exists(own.filter(woken_at__isnull=True, set_at__gte=OuterRef("last_at"))))
    return found.exclude(Exists(own.filter(woken_at__isnull=False))) if shape.but_awake else found


def _page_of(shape: _Shape, values: Mapping[str, Any]) -> list[FolderThread]:
    """Reminders are placed by what no stand-in could stand for, and are few: their statement is written each time."""
    return list(_paged(shape, **values)) if shape.kind == REMINDERS else _page(shape, **values)


def _paged(shape: _Shape, **values: Any) -> QuerySet[FolderThread]:
    """`values` of the order's key: the rows behind it."""
    last = {name: values.pop(name) for name in shape.order.names if name in values}
    is_bare = shape.is_wide and shape.kind != REMINDERS
    found = _wanted(shape, is_bare=is_bare, **values)
    found = found.filter(shape.order.after(**last)) if last else found
    page = found.order_by(*shape.order.by)[: shape.limit]
    if not is_bare:
        return page
    told = _threads(shape, values["mailbox"], values["member"])  # of the fifty alone, and not of all that are sorted
    return told.filter(pk__in=page.values("pk")).order_by(*shape.order.by)


_page = prepared(_paged)


@prepared
def _some(shape: _Shape, *, threads: list[UUID], **values: Any) -> QuerySet[FolderThread]:
    named = RawSQL("mailbox_folderthread.thread_id = ANY(%s)", [threads], output_field=BooleanField())
    return _wanted(shape, **values).filter(named)


@prepared
def _woken(shape: _Shape, *, mailbox: UUID, member: UUID, **values: Any) -> QuerySet[FolderThread]:
    own = _snoozes(mailbox, member).filter(woken_at__isnull=False)
    found = _wanted(shape, mailbox=mailbox, member=member, **values)
    return found.filter(thread_id__in=own.values("thread_id"))[:_MOST_AWAKE]


def _awake(place: Place, folder: Folder, want: Asked, shape: _Shape, values: Mapping[str, Any]) -> list[FolderThread]:
    """Threads whose reminder came, placed at that time; where lists are by date, newest first. No statement without one."""
    if place.box is None or not place.box.awake or want.order is not ORDERS[""]:
        return []
    if folder.role not in {Folder.Role.INBOX, Folder.Role.NONE}:
        return []
    rows = _woken(shape, **values)
    for row in rows:
        row.last_at = max(row.last_at, row.woken_at)  # type: ignore[attr-defined]  # annotated by _threads
    return rows


def _merged(page: list[FolderThread], awake: list[FolderThread], last: Mapping[str, Any]) -> list[FolderThread]:
    def place(row: FolderThread) -> tuple[datetime, UUID]:
        return row.last_at, row.thread_id

    awake = [row for row in awake if not last or place(row) < (last["at"], last["thread"])]
    return sorted((*page, *awake), key=place, reverse=True)


def _snoozes(mailbox: UUID, member: UUID) -> QuerySet[Snooze]:
    return Snooze.objects.filter(mailbox=mailbox, membership=member)


def _unread(mailbox: UUID, member: UUID) -> QuerySet[Seen]:
    return Seen.objects.filter(mailbox=mailbox, membership=member, seen_at__isnull=True)


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


def _open_cursor(cursor: str, folder: Folder, want: Asked) -> dict[str, datetime | UUID | int | Decimal] | None:
    """Where the page before ended; a forged or foreign cursor, or one of another order, starts again from the first."""
    if not cursor:
        return None
    try:
        box = base64.urlsafe_b64decode(cursor)
        key = crypto.unseal(keys.purpose_key("cursor"), box, _context(folder, want)).decode().split(" ")
        return want.order.read(key)
    except (crypto.Unreadable, ValueError):
        return None
