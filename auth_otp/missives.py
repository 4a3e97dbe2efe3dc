"""Codes and links that travel to who is not signed in: drawn, addressed, verified once. The row is the queue.

What is begun by a stranger draws its code at once and addresses it later, in a worker: what the stranger is answered, and
when, depends on nothing that is looked up. Refuses to send: whoever holds the words and the carrier does (mailbox.enrolment).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import models

from auth_otp import otp, signs
from auth_otp.models import Missive
from mssweb import crypto, keys

_Kind, _Way = Missive.Kind, Missive.Way
MAX_TRIES = 5
MOST_ASKS = 3  # the first, and two «Renvoyer»
AGAIN_AFTER = timedelta(seconds=60)
LASTS = {
    _Kind.ENROL: timedelta(hours=24), _Kind.MOBILE: timedelta(minutes=10), _Kind.ACTIVATE: timedelta(hours=72),
    _Kind.RESET_SMS: timedelta(minutes=15), _Kind.RESET_LETTER: timedelta(hours=24), _Kind.WARNING: timedelta(hours=24),
}  # fmt: skip
_LETTERS = {_Kind.ENROL, _Kind.RESET_LETTER}
_DIGITS = {_Kind.MOBILE, _Kind.RESET_SMS}  # a telephone fills them in
_COUNT_TRY = """
UPDATE auth_otp_missive SET tries = tries + 1
WHERE about = %s AND kind = %s AND used_at IS NULL AND tries < %s
RETURNING *
"""


@dataclass(frozen=True, slots=True)
class Content:
    """What a missive holds, and for whom: numbers in E.164, or addresses of the trust space."""

    secret: str
    to: tuple[str, ...]


def draw(kind: Missive.Kind, about: UUID, *, now: datetime, to: Sequence[str] = (), secret: str = "") -> Missive:
    """A new one in the stead of what there was; without `to` it waits for `address`. `secret`: of a link, drawn elsewhere."""
    secret = secret or (otp.draw() if kind in _DIGITS else signs.draw(signs.CODE))
    way = _Way.LETTER if kind in _LETTERS else _Way.SMS
    row, _ = Missive.objects.get_or_create(
        about=about, kind=kind, defaults={"way": way, "digest": b"", "asked_at": now, "expires_at": now, "asks": 0}
    )
    Missive.objects.filter(pk=row.pk).update(
        digest=_digest(row.pk, secret), box=_sealed(row.pk, Content(secret, tuple(to))), asked_at=now, sent_at=None,
        due_at=now if to else None, expires_at=now + LASTS[kind], used_at=None, tries=0, failure="",
        asks=models.F("asks") + 1,
    )  # fmt: skip
    row.refresh_from_db()
    return row


def address(kind: Missive.Kind, about: UUID, *, to: Sequence[str], now: datetime) -> bool:
    """The one that waits is for these: it is due from now on, and lasts from now. False too with another SECRET_KEY."""
    row = Missive.objects.filter(about=about, kind=kind, used_at=None, box__isnull=False).first()
    if row is None or not to:
        return False
    try:
        box = _sealed(row.pk, Content(content(row).secret, tuple(to)))
    except crypto.Unreadable:  # one that opens no more keeps nobody else's from leaving
        return False
    rows = Missive.objects.filter(pk=row.pk, digest=row.digest)
    return bool(rows.update(box=box, due_at=now, expires_at=now + LASTS[kind]))


def may_ask(kind: Missive.Kind, about: UUID, *, now: datetime) -> bool:
    """Once more: a minute after the last, three times in all; what does not exist may be asked for."""
    row = Missive.objects.filter(about=about, kind=kind).first()
    return row is None or (row.asks < MOST_ASKS and now >= row.asked_at + AGAIN_AFTER)


def may_try(kind: Missive.Kind, about: UUID) -> bool:
    """A try would be counted: whoever goes on after the last one fills neither the journal nor anything else."""
    return Missive.objects.filter(about=about, kind=kind, used_at=None, tries__lt=MAX_TRIES).exists()


def verify(kind: Missive.Kind, about: UUID, *, given: str, now: datetime) -> Content | None:
    """Count the try first and for good, in one statement, then judge. Of two right answers at once, one wins.

    None: wrong, over, used, tried too often, or of another: no difference is told.
    """
    counted = next(iter(Missive.objects.raw(_COUNT_TRY, [about, kind, MAX_TRIES])), None)
    if counted is None:
        return None
    typed = otp.cleaned(given) if kind in _DIGITS else signs.cleaned(given)
    is_right = crypto.same(_digest(counted.pk, typed), bytes(counted.digest))
    if not is_right or now >= counted.expires_at or counted.sent_at is None or counted.box is None:
        return None
    rows = Missive.objects.filter(pk=counted.pk, used_at=None, digest=counted.digest)
    return content(counted) if rows.update(used_at=now, box=None, due_at=None) else None


def withdraw(about: UUID, *, now: datetime) -> None:
    """No code or link of it serves, or leaves, any more."""
    Missive.objects.filter(about=about, used_at=None).update(used_at=now, box=None, due_at=None)


def content(row: Missive) -> Content:
    """crypto.Unreadable with another SECRET_KEY."""
    given = json.loads(crypto.unseal(keys.purpose_key("missive"), bytes(row.box or b""), _context(row.pk)))
    return Content(given["secret"], tuple(given["to"]))


def sweep(now: datetime) -> None:
    """What is over loses its secret; a week later, its row."""
    Missive.objects.filter(expires_at__lte=now, box__isnull=False).update(box=None, due_at=None)
    Missive.objects.filter(expires_at__lte=now - timedelta(days=7)).delete()


def _sealed(pk: UUID, what: Content) -> bytes:
    words = json.dumps({"secret": what.secret, "to": what.to}).encode()
    return crypto.seal(keys.purpose_key("missive"), words, _context(pk))


def _digest(pk: UUID, secret: str) -> bytes:
    """Of the signs alone, bound to the missive: the same elsewhere are another digest."""
    return crypto.digest(keys.purpose_key("missive digest"), f"{pk}:{secret.replace('-', '')}".encode())


def _context(pk: UUID) -> str:
    return f"missive:{pk}"
