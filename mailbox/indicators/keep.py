"""What is due: days that are over, and the month that is. Run every hour by worker; missing one hour misses nothing."""

import logging
from contextlib import suppress
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.db import transaction

from mailbox.indicators.count import Kept, count_day
from mailbox.indicators.days import day_of, days_of, month_before
from mailbox.indicators.writer import chosen
from mailbox.models import Indicator, IndicatorMonth
from mssweb.audit.record import record

log = logging.getLogger(__name__)

_AGAIN = timedelta(days=2)  # what arrived before midnight may be filed, so traced, after it
_MOST = timedelta(days=62)  # caught up in one run
_WRITTEN_ON = 4  # of the month: all its days have been counted again by then


def look(now: datetime) -> None:
    today = day_of(now)
    last = Indicator.objects.order_by("-day").values_list("day", flat=True).first()
    day = max(min(last or today, today) - _AGAIN + timedelta(days=1), today - _MOST)
    day = min(day, today - _AGAIN)
    while day < today:
        with suppress(Kept):
            count_day(day, now)
        day += timedelta(days=1)
    month = month_before(today)
    if today.day >= _WRITTEN_ON and not IndicatorMonth.objects.filter(month=month).exists():
        write_month(month, now)


def write_month(month: date, now: datetime) -> int | None:
    """Give a month to the writer; how many lines, None when there is no writer, no figure, or it could not be."""
    writer, rows = chosen(), list(Indicator.objects.filter(day__in=days_of(month)).order_by("day", "name", "labels"))
    if writer is None or not rows:
        return None
    try:
        made = writer.write(month, rows)
    except OSError as error:
        log.error("indicators of %s not written: %s", f"{month:%Y-%m}", type(error).__name__)
        return None
    digest = sha256(made).hexdigest()
    with transaction.atomic():
        IndicatorMonth.objects.update_or_create(
            month=month, defaults={"written_at": now, "rows": len(rows), "sha256": digest}
        )
        record("indicators.write", subject=("month", f"{month:%Y-%m}"), rows=len(rows), sha256=digest)
    return len(rows)
