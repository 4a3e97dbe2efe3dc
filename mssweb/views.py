"""Health: is everything that carries a message well? Public, and tells only names of parts."""

import logging
import smtplib
import ssl
from collections.abc import Callable
from datetime import timedelta

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache

_WORKER_SILENCE = timedelta(seconds=30)  # ten sweeps


class SaidByHealthz(logging.Filter):
    """A 503 of /healthz is its answer, not an error of ours: it does not fill the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "/healthz" not in record.getMessage()


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when web, database, Redis, worker and smtpd are well; 503 with the ailing parts named otherwise."""
    parts: dict[str, Callable[[], bool]] = {"database": _database, "redis": _redis, "worker": _worker, "smtpd": _smtpd}
    ailing = [name for name, is_well in parts.items() if not is_well()]
    return JsonResponse({"status": "ailing" if ailing else "ok", "ailing": ailing}, status=503 if ailing else 200)


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
