"""Heartbeats: who is alive (/healthz reads them, mssweb/views.py). And who holds what only one may do at a time."""

from datetime import datetime, timedelta

from django.db.models import Q

from mailbox.models import Lease

_HOLD = timedelta(minutes=1)


def beat(name: str, holder: str, *, now: datetime) -> None:
    """Say that `name` is alive now."""
    Lease.objects.update_or_create(name=name, defaults={"holder": holder[:80], "until": now + _HOLD, "beat_at": now})


def take(name: str, holder: str, *, now: datetime, hold: timedelta) -> bool:
    """Take or keep `name` until `now + hold`, unless another holds it still."""
    Lease.objects.get_or_create(name=name, defaults={"until": now, "beat_at": now})
    free = Lease.objects.filter(Q(until__lte=now) | Q(holder=holder), name=name)
    return bool(free.update(holder=holder, until=now + hold, beat_at=now))


def release(name: str, holder: str, *, now: datetime) -> None:
    Lease.objects.filter(name=name, holder=holder).update(until=now)


def pass_on(name: str, holder: str, *, to: str, until: datetime) -> None:
    """Leave it to somebody, or to nobody under a name that nobody has: a pause."""
    Lease.objects.filter(name=name, holder=holder).update(holder=to, until=until)
