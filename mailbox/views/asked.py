"""What a list is asked: a filter, a label, an order; as its address says it, and as rows are chosen by it.

Each order has a keyset of its own, so that page two hundred costs what page one does. Refuses what it does not know: an
address that was made up shows the whole folder.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.http import urlencode

from mailbox.models import Folder, FolderThread, ThreadLabel
from mailbox.views.place import Place
from mssweb.shown import Shown

TODO, MINE, LATE, REMINDERS = "a-traiter", "a-moi", "retard", "rappels"
FILTERS: Mapping[str, str] = {
    "": "Tous", "non-lus": "Non lus", MINE: "À moi", "non-attribues": "Non attribués", "patients": "Patients",
    "pieces": "Avec document", TODO: "À traiter", "attente": "En attente de réponse", "faits": "Faits", LATE: "En retard",
    REMINDERS: "Rappels",
}  # fmt: skip
SORTS: Mapping[str, str] = {
    "": "Plus récents",
    "ancien": "Plus anciens",
    "taille": "Plus volumineux",
    "etat": "Par état",
}
SHARED = {MINE, "non-attribues"}  # filters that say nothing where nobody shares
RECEIVED = {"non-lus", LATE, REMINDERS}  # … and where nothing is received
RANKS = {TODO: 0, "attente": 1, "faits": 2}


@dataclass(frozen=True, slots=True)
class Asked(Shown):
    kind: str = ""
    label: UUID | None = None
    sort: str = ""

    @property
    def query(self) -> str:
        """For an address: '' or «f=…&e=…&tri=…»."""
        told = {"f": self.kind, "e": str(self.label or ""), "tri": self.sort}
        return urlencode({name: value for name, value in told.items() if value})

    @property
    def suffix(self) -> str:
        return f"?{self.query}" if self.query else ""

    @property
    def is_plain(self) -> bool:
        return not self.kind and self.label is None

    @property
    def order(self) -> "Order":
        if self.kind == REMINDERS:
            return ORDERS[REMINDERS]
        return ORDERS["retard" if self.kind == LATE and not self.sort else self.sort]

    def but(self, **fields: str | UUID | None) -> "Asked":
        return replace(self, **fields)  # type: ignore[arg-type]  # fields of its own

    @property
    def here(self) -> str:
        """The entry of the rail that is this list, '' when it is its folder's."""
        return f"e:{self.label}" if self.label else self.kind if self.kind in {TODO, MINE, LATE, REMINDERS} else ""


def read(given: QueryDict | Mapping[str, str]) -> Asked:
    kind, sort = given.get("f") or "", given.get("tri") or ""
    try:
        label = UUID(given.get("e") or "")
    except ValueError:
        label = None
    return Asked(kind if kind in FILTERS else "", label, sort if sort in SORTS else "")


def asked(request: HttpRequest) -> Asked:
    return read(request.GET)


def chips(place: Place, folder: Folder) -> list[tuple[str, str]]:
    """The filters that say something of this folder."""
    left_out = set() if place.mailbox.is_shared else set(SHARED)
    if folder.role in {Folder.Role.SENT, Folder.Role.ARCHIVE, Folder.Role.TRASH, Folder.Role.SPAM}:
        left_out |= {LATE, REMINDERS} | (RECEIVED if folder.role == Folder.Role.SENT else set())
    if not place.mailbox.answer_hours:
        left_out.add(LATE)
    return [(value, words) for value, words in FILTERS.items() if value not in left_out]


def narrowed(
    rows: QuerySet[FolderThread], kind: str, *, mailbox: UUID, user: UUID | None = None, label: UUID | None = None,
    late: datetime | None = None,
) -> QuerySet[FolderThread]:  # fmt: skip
    """The rows that answer the filter and the label; what concerns unread marks and reminders is listing.py's.

    `user`: whose they are; `late`: what waits since before. Each as far as the filter asks for it.
    """
    if label:
        labelled = ThreadLabel.objects.filter(mailbox=mailbox, label=label, thread=OuterRef("thread_id"))
        rows = rows.filter(Exists(labelled))
    told: Mapping[str, Q] = {
        MINE: Q(assigned_to=user),
        "non-attribues": Q(rank=0, assigned_to__isnull=True),
        "patients": Q(has_patient=True),
        "pieces": Q(has_attachments=True),
        LATE: Q(waits_since__lt=late),
        **{kind: Q(rank=rank) for kind, rank in RANKS.items()},
    }
    return rows.filter(told[kind]) if kind in told else rows


@dataclass(frozen=True, slots=True)
class Order:
    """`key`: what a row is placed by, as text, its thread last; `names` of these. `after`: the rows that follow a key."""

    by: tuple[str, ...]
    names: tuple[str, ...]
    key: Callable[[FolderThread], tuple[str, ...]]
    after: Callable[..., Q]

    def read(self, key: Sequence[str]) -> dict[str, datetime | UUID | int | Decimal]:
        """A key by its names."""
        return {name: _TYPES[name](text) for name, text in zip(self.names, key, strict=True)}


_TYPES: Mapping[str, Callable[[str], datetime | UUID | int | Decimal]] = {
    "at": datetime.fromisoformat, "thread": UUID, "size": int, "rank": int, "turn": Decimal, "is_awake": lambda text: text == "1",
}  # fmt: skip
ORDERS: Mapping[str, Order] = {
    "": Order(
        ("-last_at", "-thread_id"), ("at", "thread"),
        lambda row: (row.last_at.isoformat(), str(row.thread_id)),
        lambda at, thread: Q(last_at__lte=at) & (Q(last_at__lt=at) | Q(thread_id__lt=thread)),
    ),
    "ancien": Order(
        ("last_at", "thread_id"), ("at", "thread"),
        lambda row: (row.last_at.isoformat(), str(row.thread_id)),
        lambda at, thread: Q(last_at__gte=at) & (Q(last_at__gt=at) | Q(thread_id__gt=thread)),
    ),
    "taille": Order(
        ("-size", "-thread_id"), ("size", "thread"),
        lambda row: (str(row.size), str(row.thread_id)),
        lambda size, thread: Q(size__lte=size) & (Q(size__lt=size) | Q(thread_id__lt=thread)),
    ),
    "etat": Order(
        ("rank", "-last_at", "-thread_id"), ("rank", "at", "thread"),
        lambda row: (str(row.rank), row.last_at.isoformat(), str(row.thread_id)),
        lambda rank, at, thread: Q(rank__gte=rank) & (
            Q(rank__gt=rank) | Q(last_at__lt=at) | Q(last_at=at, thread_id__lt=thread)
        ),
    ),
    "retard": Order(
        ("waits_since", "thread_id"), ("at", "thread"),
        lambda row: (row.waits_since.isoformat() if row.waits_since else "", str(row.thread_id)),
        lambda at, thread: Q(waits_since__gte=at) & (Q(waits_since__gt=at) | Q(thread_id__gt=thread)),
    ),
    REMINDERS: Order(  # those to come, the next one first; then those that came, the last one first (listing.py)
        ("is_awake", "turn", "thread_id"), ("is_awake", "turn", "thread"),
        lambda row: (str(int(vars(row)["is_awake"])), str(vars(row)["turn"]), str(row.thread_id)),
        lambda is_awake, turn, thread: Q(is_awake__gt=is_awake) | Q(is_awake=is_awake, turn__gt=turn)
        | Q(is_awake=is_awake, turn=turn, thread_id__gt=thread),
    ),
}  # fmt: skip
