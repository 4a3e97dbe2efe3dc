"""What is due to go, goes: bins after TRASH_DAYS, old messages once announced, folders that people empty. Claimed rows.

Small lots of one transaction each, one mailbox at a time under a lease: killed anywhere, another goes on. A mailbox that
fails keeps no other waiting longer than its turn.
"""

import logging
import time
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from mailbox.keeping import destroying, notices, periods
from mailbox.models import Folder, Keeping, Mailbox, MailboxKey, Message, Purge
from mailbox.reply import Temporary
from mssweb import crypto, keys, stopping
from mssweb.audit.record import record

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
AGAIN = timedelta(hours=6)  # between two looks at a mailbox of which nothing is due
KEPT = frozenset({Mailbox.State.ACTIVE, Mailbox.State.SUSPENDED})  # of which old messages go; others go as a whole
_TURN_SECONDS = 5.0
_AT_ONCE = 200  # mailboxes
_AWAY = (DatabaseError, Temporary, keys.NoMasterKey, crypto.Unreadable, MailboxKey.DoesNotExist)

_CLAIM = """
UPDATE mailbox_{table} SET due_at = %(lease)s WHERE {key} IN (
  SELECT {key} FROM mailbox_{table} WHERE due_at <= %(now)s ORDER BY due_at LIMIT %(most)s FOR UPDATE SKIP LOCKED)
RETURNING {key}
"""


def look_over(now: datetime) -> bool:
    """A turn; true when there is more to do."""
    until = time.monotonic() + _TURN_SECONDS
    _add_missing(now)
    more = False
    for pk in _claim("purge", "id", now, 1):
        more |= _empty(pk, until)
    for mailbox_id in _claim("keeping", "mailbox_id", now, _AT_ONCE):
        if time.monotonic() > until or stopping.is_asked():
            Keeping.objects.filter(pk=mailbox_id).update(due_at=now)
            more = True
            continue
        more |= _keep(mailbox_id, now, until)
    return more


def _claim(table: str, key: str, now: datetime, most: int) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM.format(table=table, key=key), {"lease": now + LEASE, "now": now, "most": most})
        return [row[0] for row in cursor.fetchall()]


def _add_missing(now: datetime) -> None:
    without = Mailbox.objects.filter(keeping__isnull=True).exclude(state=Mailbox.State.DELETED)
    ids = list(without.values_list("pk", flat=True)[:1000])
    if ids:
        Keeping.objects.bulk_create((Keeping(mailbox_id=pk, due_at=now) for pk in ids), ignore_conflicts=True)


def _empty(pk: UUID, until: float) -> bool:
    """Go on with a folder that somebody empties."""
    purge = Purge.objects.select_related("mailbox").get(pk=pk)
    try:
        while destroying.go_on(purge, purge.mailbox):
            if time.monotonic() > until or stopping.is_asked():
                Purge.objects.filter(pk=pk).update(due_at=timezone.now())
                return True
    except _AWAY as error:  # again when the lease ends
        log.warning("folder of mailbox %s not emptied: %s", purge.mailbox_id, type(error).__name__)
        return False
    return True


def _keep(mailbox_id: UUID, now: datetime, until: float) -> bool:
    """Look at one mailbox; true when it is not done with."""
    row = Keeping.objects.select_related("mailbox__key", "mailbox__tenant").get(pk=mailbox_id)
    if row.mailbox.state == Mailbox.State.DELETED:
        row.delete()
        return False
    try:
        is_done = _bins(row.mailbox, now, until) and _period(row, now, until)
    except _AWAY as error:
        log.warning("mailbox %s not kept as it should: %s", mailbox_id, type(error).__name__)
        return False
    row.due_at = _next(row, now) if is_done else now
    row.save()
    return not is_done


def _bins(mailbox: Mailbox, now: datetime, until: float) -> bool:
    """Trash and spam lose what is in them since TRASH_DAYS."""
    for folder in Folder.objects.filter(mailbox=mailbox, role__in=destroying.BINS):
        old = destroying.in_bin(mailbox.pk, folder, now - timedelta(days=settings.TRASH_DAYS))
        if not _lots(mailbox, old, until, action="keeping.bin", role=folder.role):
            return False
    return True


def _lots(mailbox: Mailbox, messages: QuerySet[Message], until: float, *, action: str, role: str = "") -> bool:
    """Lot by lot, each told in its transaction; true when nothing is left that may go."""
    while True:
        with transaction.atomic():
            gone = destroying.lot(mailbox, messages)
            if gone:
                record(action, mailbox_id=mailbox.pk, count=gone, folder=role)
        if gone < destroying.LOT:
            return True
        if time.monotonic() > until or stopping.is_asked():
            return False


def _period(row: Keeping, now: datetime, until: float) -> bool:
    """The period of the structure: plan, announce, announce again, destroy; then plan the next batch."""
    mailbox, months = row.mailbox, row.mailbox.tenant.keep_months
    local = now.astimezone(ZoneInfo(mailbox.tenant.time_zone))
    if not months or mailbox.state not in KEPT:
        _plan(row, None)
        return True
    if row.goes_at is None:
        _plan(row, periods.next_batch(local), months)
    if row.goes_at is None or row.cutoff is None:
        return True
    if row.told is not None:  # a period that was made longer since counts, one that was made shorter is not announced
        row.cutoff = min(row.cutoff, periods.cutoff(row.goes_at.astimezone(local.tzinfo), months))
    due = periods.step(row.goes_at, row.told, now)
    if due:
        _tell(row, due, now, months, local)
    elif due == 0:
        if not _lots(mailbox, ripe(row), until, action="keeping.destroy"):
            return False
        _plan(row, periods.next_batch(local), months)
    return True


def _plan(row: Keeping, goes_at: datetime | None, months: int = 0) -> None:
    row.goes_at, row.told, row.announced_at = goes_at, None, None
    row.cutoff = periods.cutoff(goes_at, months) if goes_at else None


def _tell(row: Keeping, days: int, now: datetime, months: int, local: datetime) -> None:
    """What is announced is what will go, and no more; nothing to announce is nothing to destroy.

    Nobody has less than the days that were promised: what is told late goes later.
    """
    if row.goes_at is None:
        return
    is_late = row.goes_at - now < timedelta(days=days) - AGAIN
    if is_late and row.told is not None:
        row.goes_at = now + timedelta(days=days)
    count = 0 if is_late and row.told is None else destroying.free(ripe(row), row.mailbox_id).count()
    if not count:
        _plan(row, periods.next_batch(local), months)
        return
    with transaction.atomic():
        if notices.announce(
            row.mailbox, count=count, goes_at=row.goes_at, cutoff=row.cutoff or now, days=days, now=now
        ):
            row.told, row.announced_at = days, row.announced_at or now
            record("keeping.announce", mailbox_id=row.mailbox_id, count=count, days=days)


def ripe(row: Keeping) -> QuerySet[Message]:
    """What goes with the batch: filed before its cutoff, and there when it was announced.

    Ids are UUIDv7: what came since (an import of old mail) has a later one, and is announced with the next batch.
    """
    found = Message.objects.filter(mailbox=row.mailbox_id, filed_at__lt=row.cutoff).exclude(
        folder__role__in=destroying.BINS
    )
    return found.filter(pk__lt=_first_id(row.announced_at)) if row.announced_at else found


def _first_id(at: datetime) -> UUID:
    """No id that was given after `at` is smaller (RFC 9562 §5.7)."""
    return UUID(int=(int(at.timestamp() * 1000) + 1) << 80)


def _next(row: Keeping, now: datetime) -> datetime:
    later = [now + AGAIN]
    if row.goes_at:
        later.append(periods.next_look(row.goes_at, row.told))
    return max(min(later), now + timedelta(minutes=1))
