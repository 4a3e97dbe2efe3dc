"""«Suivi»: what was sent, newest first, and what became of it; a page of fifty and every count, one statement each.

States are read where they live (`Recipient`), with their words as constants: a parameter would keep PostgreSQL from its
small partial indexes. Counts stop at `MOST`: more is more than anybody goes through. Refuses what lies in the trash.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, Case, Q, QuerySet, When
from django.db.models.expressions import RawSQL

from mailbox.mime.values import Address
from mailbox.models import Following, Recipient, preference_of
from mailbox.summary import Summary
from mailbox.views.listing import summary_of
from mailbox.views.place import Place
from mssweb import crypto, keys
from mssweb.prepared import prepared

PAGE, MOST = 50, 100
FILTERS: Mapping[str, str] = {
    "": "Tous", "attendues": "Réponse attendue", "attente": "En attente d’une réponse", "sans-reponse": "Sans réponse",
    "refuses": "Refusés", "retardes": "Retardés", "lus": "Lus", "programmes": "Programmés",
}  # fmt: skip
_OF_RECIPIENTS: Mapping[str, str] = {
    "refuses": "state = 'failed' AND replaced_by IS NULL",
    "retardes": "state = 'delayed'",
    "lus": "read_at IS NOT NULL",
    "programmes": "state = 'held'",
}
_OF_ANSWERS: Mapping[str, str] = {
    "attendues": "f.waits AND f.expected", "attente": "f.waits", "sans-reponse": "f.waits AND f.sent_at <= %(since)s",
}  # fmt: skip
DELAYS = (1, 2, 3, 5, 7, 14)  # days


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of them: the filter, whose, and since when nobody answered."""

    kind: str
    is_mine: bool
    since: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Sent:
    """One sending, before faces are known."""

    row: Following
    told: Summary
    recipients: list[Recipient]

    @property
    def people(self) -> tuple[Address, ...]:
        return (*self.told.to, *self.told.cc, *self.told.bcc)


@dataclass(frozen=True, slots=True, repr=False)
class Page:
    sent: list[Sent]
    next: str


def wanted(place: Place, kind: str, *, is_mine: bool, now: datetime) -> Wanted:
    """What a request asks; an unknown filter is all of them."""
    days = preference_of(place.user).answer_days
    return Wanted(kind if kind in FILTERS else "", is_mine, now - timedelta(days=days))


def page(place: Place, asked: Wanted, *, cursor: str = "") -> Page:
    """Two statements: the sendings, and their recipients."""
    last = _open_cursor(cursor, place, asked) or {}
    trash = place.box.shelf("trash") if place.box else None
    told: dict[str, UUID | datetime | None] = {
        "trash": trash.id if trash else None, "author": place.user.pk if asked.is_mine else None,
        "since": asked.since if asked.kind == "sans-reponse" else None,
    }  # fmt: skip
    rows = _page(asked.kind, mailbox=place.mailbox.pk, **{name: one for name, one in told.items() if one}, **last)
    shown, following = rows[:PAGE], _seal_cursor(rows[PAGE - 1], asked) if len(rows) > PAGE else ""
    by_sending: dict[UUID, list[Recipient]] = {row.pk: [] for row in shown}
    for one in _recipients(mailbox=place.mailbox.pk, sendings=list(by_sending)) if shown else ():
        by_sending[one.submission_id].append(one)
    return Page([Sent(row, summary_of(place, row.message), by_sending[row.pk]) for row in shown], following)


@prepared
def _page(
    kind: str, *, mailbox: UUID, trash: UUID | None = None, author: UUID | None = None, since: datetime | None = None,
    at: datetime | None = None, behind: UUID | None = None,
) -> QuerySet[Following]:  # fmt: skip
    """`at`, `behind`: where the page before ended."""
    found = Following.objects.filter(mailbox=mailbox, message__mailbox=mailbox).select_related("message")
    if trash:
        found = found.filter(Case(When(message__folder=trash, then=False), default=True))  # see _COUNT
    if author:
        found = found.filter(author=author)
    if words := _OF_RECIPIENTS.get(kind):
        is_so = RawSQL(words, (), output_field=BooleanField())  # noqa: S611  (a constant of this module)
        found = found.filter(pk__in=Recipient.objects.filter(is_so, mailbox=mailbox).values("submission"))
    elif kind in _OF_ANSWERS:
        found = found.filter(waits=True)
    if kind == "attendues":
        found = found.filter(expected=True)
    if since:
        found = found.filter(sent_at__lte=since)
    if at:
        found = found.filter(Q(sent_at__lt=at) | Q(pk__lt=behind), sent_at__lte=at)
    return found.order_by("-sent_at", "-pk")[: PAGE + 1]


@prepared
def _recipients(*, mailbox: UUID, sendings: list[UUID]) -> QuerySet[Recipient]:
    of_them = RawSQL("mailbox_recipient.submission_id = ANY(%s)", [sendings], output_field=BooleanField())
    return Recipient.objects.filter(of_them, mailbox=mailbox).order_by("pk")


def counts(place: Place, asked: Wanted) -> dict[str, int]:
    """By filter, up to MOST: of what may want an act. How many were sent, or read, nobody needs to know."""
    trash = place.box and place.box.shelf("trash")
    given = {
        "box": place.mailbox.pk, "me": place.user.pk, "trash": trash.id if trash else None, "since": asked.since,
    }  # fmt: skip
    conditions = {**_OF_ANSWERS, **{kind: _held_by(words) for kind, words in _OF_RECIPIENTS.items() if kind != "lus"}}
    mine = " AND f.author_id = %(me)s" if asked.is_mine else ""
    each = (_COUNT.format(condition=words, mine=mine, most=MOST) for words in conditions.values())
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(each)}", given)
        return dict(zip(conditions, cursor.fetchone() or (), strict=True))


# CASE, for the planner takes «another folder than the bin» for few where most messages are in one, and sorts them all
_COUNT = """(SELECT count(*) FROM (
  SELECT FROM mailbox_following f JOIN mailbox_message m ON m.id = f.message_id AND m.mailbox_id = f.mailbox_id
   WHERE f.mailbox_id = %(box)s
     AND CASE WHEN m.folder_id = %(trash)s THEN false ELSE true END AND {condition}{mine} LIMIT {most}) x)"""


def _held_by(words: str) -> str:
    return f"f.submission_id IN (SELECT submission_id FROM mailbox_recipient WHERE mailbox_id = %(box)s AND {words})"  # noqa: S608  (a constant of this module)


def _context(mailbox_id: UUID, asked: Wanted) -> str:
    return f"following:{mailbox_id}:{asked.kind}"


def _seal_cursor(last: Following, asked: Wanted) -> str:
    box = crypto.seal(
        keys.purpose_key("cursor"), f"{last.sent_at.isoformat()} {last.pk}".encode(), _context(last.mailbox_id, asked)
    )
    return base64.urlsafe_b64encode(box).decode()


def _open_cursor(cursor: str, place: Place, asked: Wanted) -> dict[str, datetime | UUID] | None:
    """Where the page before ended; a forged or foreign cursor starts again from the newest."""
    if not cursor:
        return None
    try:
        box = base64.urlsafe_b64decode(cursor)
        plain = crypto.unseal(keys.purpose_key("cursor"), box, _context(place.mailbox.pk, asked)).decode()
    except (crypto.Unreadable, ValueError):
        return None
    at, _, pk = plain.partition(" ")
    return {"at": datetime.fromisoformat(at), "behind": UUID(pk)}
