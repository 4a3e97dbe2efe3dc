"""Health: is everything that carries a message well (/healthz)? May pages be asked for here (/readyz)? Public, and tell
only names of parts."""

import logging
import smtplib
import ssl
from collections.abc import Callable
from datetime import timedelta

import redis
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from mssweb import keys

_WORKER_SILENCE = timedelta(seconds=30)  # ten sweeps
_ENDING = timedelta(days=7)  # of our certificate (trust-space §3)
_TRUST = """
SELECT (SELECT generated_at FROM mailbox_edition WHERE is_current),
       (SELECT max(next_update) FROM mailbox_revocationlist WHERE sha256 <> ''),
       (SELECT until FROM mailbox_watched WHERE name = 'certificate'),
       (SELECT cardinality(faults) FROM mailbox_watched WHERE name = 'certificate')
"""


class SaidByHealthz(logging.Filter):
    """A 503 of /healthz is its answer, not an error of ours: it does not fill the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "/healthz" not in record.getMessage() and "/readyz" not in record.getMessage()


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when web, database, Redis, worker, smtpd, the lists of the trust space and our certificate are well; 503 with
    the ailing parts named otherwise."""
    parts: dict[str, Callable[[], bool]] = {"database": _database, "redis": _redis, "worker": _worker, "smtpd": _smtpd}
    return _told([*(name for name, is_well in parts.items() if not is_well()), *_trust()])


@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """For balancers: may this process be given requests? What ails elsewhere is no reason to take it out."""
    parts: dict[str, Callable[[], bool]] = {"database": _database, "keys": _keys}
    return _told([name for name, is_well in parts.items() if not is_well()])


def _told(ailing: list[str]) -> JsonResponse:
    return JsonResponse({"status": "ailing" if ailing else "ok", "ailing": ailing}, status=503 if ailing else 200)


def _keys() -> bool:
    try:
        keys.ring()
    except ImproperlyConfigured:
        return False
    return True


def _trust() -> list[str]:
    """What of «whitelist», «crl», «certificate» is missing, old or at its end. A database that is away is named itself."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(_TRUST)
            made, next_update, until, faults = cursor.fetchone()
    except DatabaseError:
        return []
    now = timezone.now()
    ailing = [] if made and now - made <= timedelta(hours=settings.WHITE_LIST_ALARM_HOURS) else ["whitelist"]
    if not next_update or now > next_update + timedelta(hours=settings.CRL_GRACE_HOURS):
        ailing.append("crl")
    if faults or (until and until - now <= _ENDING):  # worker judged it; while it has not, nothing is known
        ailing.append("certificate")
    return ailing


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _redis() -> bool:
    try:
        return bool(redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2).ping())
    except redis.RedisError:
        return False


def _worker() -> bool:
    """Its heartbeat is a row that the sweep writes: beat, broker and worker are all needed for it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT beat_at FROM mailbox_lease WHERE name = 'worker'")
            row = cursor.fetchone()
    except DatabaseError:
        return False
    return bool(row and timezone.now() - row[0] < _WORKER_SILENCE)


def _smtpd() -> bool:
    """As a peer meets it: STARTTLS, and a certificate of the trust space that has not ended."""
    trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusted.check_hostname = False  # it bears the operator's name, and we come by an address
    try:
        trusted.load_verify_locations(settings.TRUST_CA)
        with smtplib.SMTP(settings.SMTP_HOST, settings.SMTP_PORT, "healthz", timeout=2) as peer:
            peer.starttls(context=trusted)
    except OSError:  # ssl.SSLError and smtplib.SMTPException are
        return False
    return True
