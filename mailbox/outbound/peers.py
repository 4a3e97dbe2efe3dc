"""A domain whose hosts do not answer is left alone, ever longer; then one message tries it (RFC 5321 §4.5.4.1).

What a peer says of one message is no sign of its being away: no connection, no TLS and 421 are.
"""

import logging
import random
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings

from mailbox.models import Peer
from mailbox.outbound.states import peer_wait
from mailbox.reply import Reply

log = logging.getLogger(__name__)

CLOSING = 421  # RFC 5321 §3.8: of the connection, whatever the command was


def may_probe(domain: str, *, now: datetime, until: datetime) -> bool:
    """Is the one message that tries this domain ours to send? Nobody else may before `until`."""
    return bool(Peer.objects.filter(domain=domain, not_before__lte=now).update(not_before=until))


def went_away(domain: str, reply: Reply, *, now: datetime, was_probe: bool) -> None:
    """Leave it alone. Several workers find out at once: only the one that was trying it again counts it again."""
    failures = 1
    if was_probe:
        known = Peer.objects.filter(domain=domain).values_list("failures", flat=True).first()
        failures = (known or 0) + 1
    said = {"reply_code": reply.code, "reply_enhanced": reply.enhanced[:12], "reply_text": reply.text[:500]}
    when = now + peer_wait(failures=failures, scale=settings.RETRY_SCALE, jitter=random.random())  # noqa: S311
    if was_probe and Peer.objects.filter(domain=domain).update(failures=failures, not_before=when, **said):
        return
    row = Peer(domain=domain, since=now, failures=failures, not_before=when, **said)
    if Peer.objects.bulk_create([row], ignore_conflicts=True):
        log.warning("domain=%s is left alone: %s %s", domain, reply.code, reply.enhanced)


def answered(domain: str) -> None:
    """It is there again."""
    if Peer.objects.filter(domain=domain).delete()[0]:
        log.info("domain=%s answers again", domain)


def try_next(domain: str, *, now: datetime) -> None:
    """The message that was to try it never asked it: the next one may, at once."""
    Peer.objects.filter(domain=domain).update(not_before=now)


def try_now(domains: Iterable[str], *, now: datetime) -> list[str]:
    """A person says so: one message tries each at once; which of them were left alone."""
    waiting = Peer.objects.select_for_update().filter(domain__in=domains, not_before__gt=now)
    found = list(waiting.values_list("domain", flat=True))
    Peer.objects.filter(domain__in=found).update(not_before=now)
    return found
