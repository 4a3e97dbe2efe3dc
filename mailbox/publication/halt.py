"""The stop of the whole queue: our key was refused, so nothing is tried but one mailbox an hour, until it is accepted."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.http import HttpRequest

from mailbox.models import Halt
from mssweb.audit.record import ERROR, record

log = logging.getLogger(__name__)

_PROBE = timedelta(hours=1)


def current() -> Halt | None:
    return Halt.objects.first()


def holds(now: datetime) -> bool:
    return Halt.objects.filter(until__gt=now).exists()


def stop(reason: str, *, now: datetime) -> None:
    """The alarm is raised once: in the log, in the journal, and on the page of publications as long as it lasts."""
    with transaction.atomic():
        _, is_new = Halt.objects.update_or_create(
            id=1, defaults={"until": now + _PROBE, "reason": reason}, create_defaults={
                "until": now + _PROBE, "reason": reason, "since": now},
        )  # fmt: skip
        if is_new:
            record("publication.halt", result=ERROR)
            log.error("publication to the national directory stopped: the key is refused or missing")


def lift(*, request: HttpRequest | None = None) -> bool:
    """The key was accepted, or a person says that it will be."""
    with transaction.atomic():
        done, _ = Halt.objects.all().delete()
        if done:
            record("publication.resume", request=request)
    return bool(done)
