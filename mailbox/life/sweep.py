"""What time asks of mailboxes: ends of suspensions, closures, destruction, warnings of inactivity. Claimed rows.

A row is claimed by moving `due_at` behind a lease, many together and skipping those that others hold; a killed worker's rows
come back when it ends. One mailbox that fails keeps no other from being looked at.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Max

from mailbox.keeping import holds
from mailbox.life import desk, destroy, inactivity, notices, states
from mailbox.life.inactivity import Told
from mailbox.life.states import Act
from mailbox.models import Life, Mailbox, Membership
from mssweb import keys

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
_AT_ONCE = 100  # mailboxes of one turn
_INACTIVE = "Aucune connexion pendant {days} jours"

_CLAIM = """
UPDATE mailbox_life SET due_at = %(lease)s WHERE mailbox_id IN (
  SELECT mailbox_id FROM mailbox_life WHERE due_at <= %(now)s ORDER BY due_at LIMIT %(most)s FOR UPDATE SKIP LOCKED)
RETURNING mailbox_id
"""


def look_over(now: datetime) -> int:
    """Do what is due; returns how many mailboxes were looked at."""
    add_missing(now)
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"lease": now + LEASE, "now": now, "most": _AT_ONCE})
        claimed = [row[0] for row in cursor.fetchall()]
    for mailbox_id in claimed:
        try:
            _live(mailbox_id, now)
        except (states.Impossible, DatabaseError, keys.NoMasterKey) as error:  # looked at again when the lease ends
            log.warning("life of mailbox %s not advanced: %s", mailbox_id, type(error).__name__)
    notices.send_due(now)
    return len(claimed)


def add_missing(now: datetime) -> int:
    """A life for every mailbox that has none yet."""
    without = Mailbox.objects.filter(life__isnull=True).values_list("pk", flat=True)[:1000]
    return len(Life.objects.bulk_create((Life(mailbox_id=pk, due_at=now) for pk in without), ignore_conflicts=True))


def _live(mailbox_id: UUID, now: datetime) -> None:
    life = Life.objects.select_related("mailbox").get(pk=mailbox_id)
    state, by = life.mailbox.state, desk.By(now=now)
    if state == states.State.DELETED:
        _again(mailbox_id, None if destroy.go_on(life.mailbox) else now)
        return
    match states.due(state, suspended_until=life.suspended_until, closing_at=life.closing_at,
                     destroy_at=life.destroy_at, now=now):  # fmt: skip
        case Act.DESTROY if holds.is_held(mailbox_id):  # until it is lifted: asked again each day
            _again(mailbox_id, now + timedelta(days=1))
        case Act.DESTROY:
            destroy.begin(mailbox_id, by)
        case Act.CLOSE:
            desk.close(mailbox_id, by)
        case Act.RESUME:
            desk.resume(mailbox_id, by)
        case _:
            _watch(mailbox_id, now)


def _watch(mailbox_id: UUID, now: datetime) -> None:
    """Warn or close when it is time; and when to look again, written under the lock of the mailbox."""
    with transaction.atomic():
        mailbox, life = desk.held(mailbox_id)
        if mailbox.state not in states.ALIVE:
            life.due_at = life.destroy_at
        elif mailbox.kind == Mailbox.Kind.APP:  # software signs in nowhere yet
            life.due_at = _first(life, now + timedelta(days=365))
        elif not _is_ended(mailbox, life, now):
            life.save(update_fields=["ends_at", "warned"])
        else:
            desk.close(mailbox_id, desk.By(now=now, reason=_INACTIVE.format(days=settings.INACTIVITY_DAYS)))
            return
        life.save(update_fields=["due_at"])


def _is_ended(mailbox: Mailbox, life: Life, now: datetime) -> bool:
    """Has its year passed, and was it told so? Else what is to be told is, and `life` says when to look again."""
    allowed = timedelta(days=settings.INACTIVITY_DAYS)
    told = Told(life.ends_at, life.warned)
    look = inactivity.look(active_at=active_at(mailbox, life), told=told, allowed=allowed, now=now)
    life.ends_at, life.warned = look.told.ends_at, look.told.stage
    life.due_at = _first(life, look.again_at)
    if look.warn and life.ends_at and life.warned:
        notices.warn(mailbox, ends_at=life.ends_at, days=life.warned, now=now)
    return look.close


def active_at(mailbox: Mailbox, life: Life) -> datetime:
    """The last sign-in of a member; at least when it was opened, and when somebody opposed."""
    seen = Membership.objects.filter(mailbox=mailbox).aggregate(last=Max("user__last_login"))["last"]
    return max(at for at in (seen, life.kept_at, mailbox.created_at) if at)


def _first(life: Life, look_at: datetime) -> datetime:
    """Whatever comes first."""
    return min(at for at in (look_at, life.suspended_until, life.closing_at) if at)


def _again(mailbox_id: UUID, at: datetime | None) -> None:
    Life.objects.filter(pk=mailbox_id).update(due_at=at)
