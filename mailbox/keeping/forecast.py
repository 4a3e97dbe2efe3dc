"""What will be emptied and when, as a manager is told: bins as days pass, the next batch of old messages, what stays.

Counts what stands there now, up to `MOST`; promises nothing, for holds are placed and lifted. Refuses to destroy.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import Coalesce

from mailbox.keeping import destroying, periods, sweep
from mailbox.models import Folder, Hold, Keeping, Mailbox, Message

MOST = 10_000
_SOON = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Bin:
    """`first_at`: when the next of its messages goes, None when none does; `soon` go within seven days; `held` stay."""

    role: str
    count: int
    held: int
    soon: int
    first_at: datetime | None

    @property
    def label(self) -> str:
        return str(Folder.Role(self.role).label)


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages filed before `cutoff` go at `goes_at`: `count` of them stand there now, of which `held` stay."""

    goes_at: datetime
    cutoff: datetime
    count: int
    held: int
    is_announced: bool

    @property
    def is_more(self) -> bool:
        return self.count > MOST


def held_threads(standing: Collection[Hold]) -> set[UUID] | None:
    """Of the holds that stand; None when the whole mailbox is held."""
    threads = {hold.thread_id for hold in standing}
    return None if None in threads else {one for one in threads if one}


def bins(mailbox: Mailbox, held: set[UUID] | None, *, now: datetime) -> list[Bin]:
    """One statement; a bin that is empty is told too."""
    put_at, days = Coalesce("moved_at", "filed_at"), timedelta(days=settings.TRASH_DAYS)
    stays = _held(held)
    rows = Message.objects.filter(mailbox=mailbox, folder__role__in=destroying.BINS).annotate(put_at=put_at)
    told = rows.values("folder__role").annotate(
        count=Count("pk"), held=Count("pk", filter=stays), oldest=Min("put_at", filter=~stays),
        soon=Count("pk", filter=~stays & Q(put_at__lte=now + _SOON - days)),
    )  # fmt: skip
    found = {
        row["folder__role"]: Bin(
            row["folder__role"],
            row["count"],
            row["held"],
            row["soon"],
            row["oldest"] and max(now, row["oldest"] + days),
        )
        for row in told
    }
    return [found.get(role) or Bin(role, 0, 0, 0, None) for role in destroying.BINS]


def batch(mailbox: Mailbox, held: set[UUID] | None, *, now: datetime) -> Batch | None:
    """None where the structure keeps messages for ever, or the mailbox is closed: then it goes as a whole."""
    months = mailbox.tenant.keep_months
    if not months or mailbox.state not in sweep.KEPT:
        return None
    row = Keeping.objects.filter(pk=mailbox.pk).first() or Keeping(mailbox=mailbox)
    goes_at = row.goes_at or periods.next_batch(now.astimezone(ZoneInfo(mailbox.tenant.time_zone)))
    row.cutoff = cutoff = row.cutoff or periods.cutoff(goes_at, months)
    ripe = sweep.ripe(row)
    return Batch(goes_at, cutoff, _count(ripe), _count(ripe.filter(_held(held))), row.told is not None)


def _held(held: set[UUID] | None) -> Q:
    return Q(pk__isnull=False) if held is None else Q(thread__in=held)


def _count(messages: QuerySet[Message]) -> int:
    return messages[: MOST + 1].count()
