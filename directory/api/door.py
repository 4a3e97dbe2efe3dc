"""Who asks: a program, known by its key alone, within its rights and its pace. A browser's session opens nothing here.

Keys are told once, when made; the database holds digests. Two are valid while one takes the place of the other.
"""

import secrets
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256

import redis
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest

from directory.fhir.outcome import Refusal
from directory.models import ApiKey, ApiProgram
from mssweb.audit.record import REFUSED, record
from mssweb.crypto import same

GRACE = timedelta(days=7)  # how long a replaced key is still valid
_SECRET_BYTES, _MARK_BYTES = 32, 6
_MAX_KEY = 100  # characters of a header
_NOBODY = sha256(b"nobody's").digest()
_WINDOW = 60  # seconds
_KNOWN_TO_THE = timedelta(hours=1)  # how exact `last_used_at` is


def issue(program: ApiProgram, *, now: datetime, grace: timedelta = GRACE) -> str:
    """A new key, told once. Those before it end with the grace time, or when they were to end already."""
    mark, secret = secrets.token_hex(_MARK_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
    ends_at = now + grace
    with transaction.atomic():
        program.keys.filter(ends_at__lte=now).delete()
        program.keys.filter(Q(ends_at=None) | Q(ends_at__gt=ends_at)).update(ends_at=ends_at)
        ApiKey.objects.create(mark=mark, program=program, digest=_digest(secret), created_at=now)
    return f"{mark}.{secret}"


def program_of(request: HttpRequest, *, now: datetime) -> ApiProgram:
    """The program whose key came along; 401 or 429 otherwise. Counts the call."""
    mark, _, secret = _key(request).partition(".")
    row = ApiKey.objects.select_related("program").filter(mark=mark).first()
    is_same = same(bytes(row.digest) if row else _NOBODY, _digest(secret))
    if row is None or not is_same or not row.program.is_active or (row.ends_at and row.ends_at <= now):
        raise Refusal(
            401, "login", "Clé absente ou inconnue : en-tête ESANTE-API-KEY, ou Authorization: Bearer.",
            headers={"WWW-Authenticate": 'Bearer realm="fhir"'},
        )  # fmt: skip
    _pace(row.program, now)
    _note(row.program, now)
    return row.program


def _key(request: HttpRequest) -> str:
    """One header or the other, never a parameter: an address is written down by others."""
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    told = request.headers.get("ESANTE-API-KEY", "") or (bearer if scheme.lower() == "bearer" else "")
    told = told.strip()[:_MAX_KEY]
    return told if told.isascii() and told.isprintable() else ""


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


def _pace(program: ApiProgram, now: datetime) -> None:
    """So many calls in each minute of the clock. When they cannot be counted nobody passes: the limit is a promise."""
    second = int(now.timestamp())
    left = _WINDOW - second % _WINDOW
    try:
        count = _counted(f"fhir:{program.pk}:{second // _WINDOW}")
    except redis.RedisError:
        raise Refusal(503, "transient", "Compteur d’appels indisponible.", headers={"Retry-After": "5"}) from None
    if count > program.calls_per_minute:
        if count == program.calls_per_minute + 1:  # once a minute: the journal is no counter
            record("fhir.paced", subject=("program", program.pk), result=REFUSED, limit=program.calls_per_minute)
        told = f"Plus de {program.calls_per_minute} appels par minute."
        raise Refusal(429, "throttled", told, headers={"Retry-After": str(left)})


def _counted(name: str) -> int:
    """This call and those before it in its window; one exchange."""
    with _redis().pipeline() as pipe:
        pipe.incr(name)
        pipe.expire(name, 2 * _WINDOW)
        return int(pipe.execute()[0])


@lru_cache(maxsize=1)
def _redis() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)


def _note(program: ApiProgram, now: datetime) -> None:
    if program.last_used_at is None or now - program.last_used_at > _KNOWN_TO_THE:
        ApiProgram.objects.filter(pk=program.pk).update(last_used_at=now)
