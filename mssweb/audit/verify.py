"""Walk the chain from its first day to its last link, and name the first place where it is not as it was sealed.

Reads in bounded memory (a few batches at a time) and changes nothing. Needs the audit keys. What it cannot see is said in
SECURITY, The journal: chiefly an end that was cut off, unless `expected` is a head noted outside the database.
"""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, cast

from django.db import connection
from django.db.models import Max

from mssweb import crypto, keys
from mssweb.audit import chain, keeper
from mssweb.audit.chain import Kind
from mssweb.audit.models import AuditEvent, DayHead, Link, Purge

LATE = timedelta(hours=1)  # between an event and its commit: no transaction of ours that records one lasts so long
_LINKS = 100  # links at a time, with their marks: less than 2 MB
_EVENTS = 2000  # events at a time
_WHEN = "%Y-%m-%d %H:%M:%S"
_BEYOND = """
SELECT link, id FROM audit_auditevent WHERE link > greatest((SELECT max(number) FROM audit_link), %s) ORDER BY link LIMIT 1
"""  # one statement: links that are made meanwhile are seen with their events

type Found = list[tuple[Any, ...]]  # values of chain.EVENT_FIELDS


class Broken(Exception):
    """The first broken link; its text is the line for a person."""

    def __init__(self, kind: Kind, what: str, *, batch: int = 0, day: date | None = None) -> None:
        where = (
            f"batch {batch} of {day}" if batch and day else f"batch {batch}" if batch else f"day {day}" if day else ""
        )
        super().__init__(": ".join(filter(None, (kind, where, what))))
        self.kind, self.where, self.batch, self.day = kind, where, batch, day


@dataclass
class Whole:
    """What was walked: counts, and the end of the chain (`number:digest`), to be noted outside."""

    events: int = 0
    links: int = 0
    days: int = 0
    purged_days: int = 0
    waiting: int = 0
    head: str = ""


@dataclass
class Walk:
    """Where a walk stands: what the next link must follow, and since when nothing waited."""

    whole: Whole = field(default_factory=Whole)
    number: int = 0
    digest: bytes = chain.GENESIS
    emptied_at: datetime | None = None


def verify(*, since: date | None = None, until: date | None = None, expected: str = "") -> Whole:
    """The counts of a whole chain; Broken at the first place where it is not. Days before `since` are only counted by heads.

    Events, links and heads of days after `until` are not looked at. `expected` («number:digest») is a head of former times.
    """
    walk = Walk()
    purged = _purged()
    last = Link.objects.aggregate(last=Max("number"))["last"] or 0  # before heads: of days before its own all have one
    days = list(DayHead.objects.order_by("day"))
    if expected:
        _expect(expected, days)
    former = None
    for head in days:
        if until and head.day > until:
            return walk.whole
        _check_day(head, former)
        if head.day <= purged or (since and head.day < since):
            walk.whole.purged_days += head.day <= purged
            walk.number, walk.digest = head.last_link, bytes(head.head)
        else:
            before = walk.whole.events
            _walk_links(walk, head.last_link, head.day)
            if (walk.digest, walk.whole.events - before) != (bytes(head.head), head.count):
                raise Broken(Kind.CHANGED, "its head is not that of its links", day=head.day)
        walk.whole.days += 1
        former = head
    if until is None:
        _walk_open_day(walk, last, former, purged)
    return walk.whole


def _purged() -> date:
    """The last day that a proof of purge covers, once all proofs are checked; the first of dates when there is none."""
    until, number, previous = date.min, 0, chain.GENESIS
    for proof in Purge.objects.order_by("number"):
        where = f"proof of purge {proof.number}"
        if proof.number != number + 1 or bytes(proof.previous) != previous:
            raise Broken(Kind.REMOVED, f"{where}: the one before it is missing")
        if not _is_sealed(proof) or proof.first_day <= until:
            raise Broken(Kind.CHANGED, f"{where}: it is not as it was sealed")
        kept = DayHead.objects.filter(day__gte=proof.first_day, day__lte=proof.last_day).order_by("-day").first()
        if kept is None or bytes(kept.digest) != bytes(proof.head):
            raise Broken(Kind.HEAD_MISSING, f"{where} ends with it", day=proof.last_day)
        until, number, previous = proof.last_day, proof.number, bytes(proof.digest)
    return until


def _check_day(head: DayHead, former: DayHead | None) -> None:
    if not _is_sealed(head):
        raise Broken(Kind.CHANGED, "its head is not as it was sealed", day=head.day)
    last, digest = (former.last_link, bytes(former.digest)) if former else (0, chain.GENESIS)
    if head.first_link != last + 1 or bytes(head.previous) != digest:
        lost = Link.objects.filter(number=last + 1).first()
        told = f"the head of {head.day} follows another one"
        raise Broken(
            Kind.HEAD_MISSING, told if lost else f"a day before {head.day}: {told}", day=lost.day if lost else None
        )


def _walk_open_day(walk: Walk, last: int, former: DayHead | None, purged: date) -> None:
    """Links after the last head, up to `last`, are of one day, not over; nothing lies outside links but what waits."""
    _walk_links(walk, last, None)
    kept = DayHead.objects.filter(day__gt=purged).order_by("day").first()
    lowest = kept.first_link if kept else (former.last_link + 1 if former else 1)
    if stray := AuditEvent.objects.filter(link__lt=lowest).values_list("link", "id").first():
        raise Broken(
            Kind.INSERTED, f"no such batch is kept, and event {stray[1]} says it is its own", batch=stray[0] or 0
        )
    if rest := Link.objects.filter(number__lt=lowest).first():
        raise Broken(Kind.INSERTED, "its day was purged, and it is there", batch=rest.number)
    with connection.cursor() as cursor:
        cursor.execute(_BEYOND, [walk.number])
        stray = cursor.fetchone()
    if stray:
        raise Broken(Kind.REMOVED, f"the batch itself is missing, and event {stray[1]} is its own", batch=stray[0])
    walk.whole.waiting = AuditEvent.objects.filter(link=None).count()
    walk.whole.head = f"{walk.number}:{walk.digest.hex()}"


def _walk_links(walk: Walk, last: int, day: date | None) -> None:
    """Links after where the walk stands up to `last`; of `day`, or all of one day when None."""
    while walk.number < last:
        first, end = walk.number + 1, min(walk.number + _LINKS, last)
        links = {link.number: link for link in Link.objects.filter(number__gte=first, number__lte=end)}
        with closing(_by_link(first, end)) as batches:
            number, found = next(batches, (0, []))
            for expected in range(first, end + 1):
                link = links.get(expected)
                if link is None:
                    raise Broken(Kind.REMOVED, "the batch itself is missing", batch=expected, day=day)
                _check_link(walk, link, day)
                _check_events(walk, link, found if number == expected else [])
                day = day or link.day
                if number == expected:
                    number, found = next(batches, (0, []))


def _by_link(first: int, end: int) -> Generator[tuple[int, Found]]:
    """Events of batches, a batch at a time, in the order of their ids."""
    rows = AuditEvent.objects.filter(link__gte=first, link__lte=end).order_by("link", "id")
    reading = cast("Generator[tuple[Any, ...]]", rows.sealed_values("link").iterator(chunk_size=_EVENTS))
    with closing(reading) as every:  # its cursor ends with the walk
        for number, events in groupby(every, key=itemgetter(0)):
            yield number, [event[1:] for event in islice(events, keeper.BATCH + 1)]  # more are not its own: bounded


def _check_link(walk: Walk, link: Link, day: date | None) -> None:
    broken = partial(Broken, batch=link.number, day=link.day)
    if not _is_sealed(link):
        if own := _own_number(link):
            raise broken(Kind.REORDERED, f"it is batch {own}")
        raise broken(Kind.CHANGED, "the batch itself is not as it was sealed")
    if bytes(link.previous) != walk.digest:
        raise broken(Kind.REORDERED, f"it does not follow batch {walk.number}")
    if day and link.day != day:
        raise Broken(Kind.HEAD_MISSING, f"batch {link.number} is of {link.day}", day=day)


def _own_number(link: Link) -> int:
    """Of a batch that stands in the place of another one; 0 when it is none of ours under any number."""
    elder = Link.objects.filter(digest=link.previous).first()
    moved = Link.objects.get(number=link.number)
    moved.number = elder.number + 1 if elder else 1
    for number in {moved.number, link.number + 1, link.number - 1}:  # its elder may have been moved too
        moved.number = number
        if _is_sealed(moved):
            return number
    return 0


def _check_events(walk: Walk, link: Link, found: Found) -> None:
    key, broken = keeper.key_of(link.key_id), partial(Broken, batch=link.number, day=link.day)
    differs = chain.compare(bytes(link.marks), [(event[0], chain.mark(key, event)) for event in found])
    if differs and differs.kind == Kind.REMOVED:
        raise broken(differs.kind, f"event {differs.place} of its {link.count} is missing")
    if differs:
        told = f"event {differs.event}, {differs.place} of {link.count}"
        if other := _batch_with(differs.mark):
            raise broken(Kind.REORDERED, f"{told}, is of batch {other}")
        raise broken(differs.kind, told)
    for event in found:
        if walk.emptied_at and event[1] < walk.emptied_at - LATE:
            late = f"dated {event[1]:{_WHEN}}, and was not there at {walk.emptied_at:{_WHEN}}"
            raise broken(Kind.INSERTED, f"event {event[0]} is {late}")
    walk.whole.events, walk.whole.links = walk.whole.events + link.count, walk.whole.links + 1
    walk.number, walk.digest = link.number, bytes(link.digest)
    walk.emptied_at = link.made_at if link.emptied else walk.emptied_at


def _batch_with(mark: bytes) -> int:
    """Reads all marks once: only when something is broken."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM audit_link WHERE position(%b::bytea IN marks) > 0 LIMIT 1", [mark])
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _is_sealed(row: Link | DayHead | Purge) -> bool:
    kind = type(row).__name__.lower()
    try:
        key = keeper.key_of(row.key_id)
    except keys.NoMasterKey as unknown:
        raise Broken(Kind.CHANGED, f"{kind} {row.pk}: {unknown}") from None
    return crypto.same(chain.seal(key, kind, row.sealed), bytes(row.digest))


def _expect(expected: str, days: list[DayHead]) -> None:
    number, _, digest = expected.partition(":")
    link = Link.objects.filter(number=int(number)).first()
    there = [bytes(link.digest)] if link else [bytes(head.head) for head in days if head.last_link == int(number)]
    if bytes.fromhex(digest) not in there:
        raise Broken(Kind.HEAD_MISSING, "the head that was noted is not in the chain", batch=int(number))
