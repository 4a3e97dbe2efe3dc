"""Heartbeats and leases: who is alive, and who does what only one may do. Any host may take over an expired lease."""

from datetime import datetime, timedelta

from mailbox.models import Lease

_HOLD = timedelta(minutes=1)


def beat(name: str, holder: str, *, now: datetime) -> None:
    """Say that `name` is alive now."""
    Lease.objects.update_or_create(name=name, defaults={"holder": holder[:80], "until": now + _HOLD, "beat_at": now})


def take(name: str, holder: str, *, now: datetime, hold: timedelta = _HOLD) -> bool:
    """True when `holder` has the lease until now + hold: it was free, expired, or already theirs."""
    Lease.objects.get_or_create(name=name, defaults={"holder": "", "until": now, "beat_at": now})
    free = Lease.objects.filter(name=name, until__lte=now) | Lease.objects.filter(name=name, holder=holder)
    return bool(free.update(holder=holder[:80], until=now + hold, beat_at=now))


def is_alive(name: str, *, now: datetime, within: timedelta = _HOLD) -> bool:
    return Lease.objects.filter(name=name, beat_at__gte=now - within).exists()
