"""What is older than its retention goes: whole days of the journal, verified first, each lot with a sealed proof.

Only the keeper's role may delete, and only events and links: heads of days and proofs stay, and the chain goes on from them.
A day that does not verify is not purged unless told so: it may be the evidence.
"""

from datetime import UTC, datetime, timedelta

from mssweb.audit import chain, keeper
from mssweb.audit.models import AuditEvent, DayHead, Link, Purge
from mssweb.audit.record import record
from mssweb.audit.verify import verify

_DAYS = 31  # of one transaction and one proof


def purge(now: datetime, *, days: int, even_broken: bool = False) -> list[Purge]:
    """Purge the days that ended more than `days` ago, the oldest first; the proofs. verify.Broken when they are not whole."""
    keeper.current_key()
    made: list[Purge] = []
    while proof := _purge_some(now, days=days, even_broken=even_broken):
        made.append(proof)
    return made


def _purge_some(now: datetime, *, days: int, even_broken: bool) -> Purge | None:
    over = now.astimezone(UTC).date() - timedelta(days=days)
    with keeper.keeping("purge") as mine:
        former = Purge.objects.order_by("-number").first()
        due = DayHead.objects.filter(day__lt=over).order_by("day")
        heads = list((due.filter(day__gt=former.last_day) if former else due)[:_DAYS]) if mine else []
        if not heads:
            return None
        first, last = heads[0], heads[-1]
        if not even_broken:
            verify(since=first.day, until=last.day)
        events, _ = AuditEvent.objects.filter(link__gte=first.first_link, link__lte=last.last_link).delete()
        links, _ = Link.objects.filter(number__gte=first.first_link, number__lte=last.last_link).delete()
        proof = Purge(
            number=former.number + 1 if former else 1, made_at=now, first_day=first.day, last_day=last.day,
            events=events, links=links, kept_days=days, head=last.digest,
            previous=former.digest if former else chain.GENESIS,
        )  # fmt: skip
        keeper.sealed(proof).save(force_insert=True)
        record(
            "audit.purge", subject=("purge", str(proof.number)), first_day=str(first.day), last_day=str(last.day), events=events
        )  # fmt: skip
        return proof
