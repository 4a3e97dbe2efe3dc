"""Heartbeats: who is alive. /healthz reads them (mssweb/views.py)."""

from datetime import datetime, timedelta

from mailbox.models import Lease

_HOLD = timedelta(minutes=1)


def beat(name: str, holder: str, *, now: datetime) -> None:
    """Say that `name` is alive now."""
    Lease.objects.update_or_create(name=name, defaults={"holder": holder[:80], "until": now + _HOLD, "beat_at": now})
