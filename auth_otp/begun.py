"""What somebody began without being signed in, found again by their browser or by its reference. Refuses to let anybody in.

A reference has 59 bits and is kept as a keyed digest; its first group is what its holder tells, face to face, whoever
recognises them: the approver types it, so that of two requests in one name the right one is chosen.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest

from auth_otp import allowances, missives, signs, throttle
from auth_otp.models import Enrolment, Missive, Reset, User
from mssweb import crypto, keys
from mssweb.audit.record import REFUSED, client_address, record

type Begun = Enrolment | Reset
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_BEGINNINGS, _LOOKS = 10, 30  # of a network, in an hour: begun; looked for by reference
_NUMBER_A_DAY, _ROW_A_DAY, _NETWORK_AN_HOUR = 5, 6, 20  # SMS that confirm a mobile
_PART = 4  # of the day's SMS, one in so many: whoever knocks keeps nobody out who signs in
_LETTERS_A_DAY, MOST_ADDRESSES = 3, 3  # to one pharmacist, whoever asks; of theirs, that the same code goes to
_HEADS = 10  # wrong ones typed by an approver, in an hour
_KEPT = "begun"  # key, in an anonymous session, of what it has begun


class WrongHead(Exception):
    """What the approver typed is not the beginning of that reference."""


def network(request: HttpRequest) -> str:
    return throttle.network(client_address(request), wide=True)


def new_reference() -> tuple[str, dict[str, Any]]:
    """As it is told, and what a row keeps of it."""
    reference = signs.draw(signs.REFERENCE)
    return reference, {"reference": _digest("reference", reference), "head": _digest("head", signs.head(reference))}


def ration(request: HttpRequest, what: str, *, now: datetime) -> None:
    """allowances.UsedUp: too many were begun from this network, whoever they name."""
    allowances.take(f"begin {what} {network(request)}", _BEGINNINGS, _HOUR, now=now)


def remember(request: HttpRequest, what: str, pk: UUID, reference: str = "") -> None:
    """This browser goes on with it. The reference is kept sealed, for the page that tells it."""
    box = crypto.seal(keys.purpose_key("reference shown"), reference.encode(), str(pk)).hex() if reference else ""
    request.session[_KEPT] = {**request.session.get(_KEPT, {}), what: {"id": str(pk), "box": box}}


def forget(request: HttpRequest, what: str) -> None:
    kept = {name: told for name, told in request.session.get(_KEPT, {}).items() if name != what}
    request.session[_KEPT] = kept


def remembered(request: HttpRequest, what: str) -> UUID | None:
    told = request.session.get(_KEPT, {}).get(what)
    return UUID(told["id"]) if told else None


def shown_reference(request: HttpRequest, what: str) -> str:
    """'' when this browser came back by typing it, or the key has changed."""
    told = request.session.get(_KEPT, {}).get(what)
    if not told or not told["box"]:
        return ""
    try:
        return crypto.unseal(keys.purpose_key("reference shown"), bytes.fromhex(told["box"]), told["id"]).decode()
    except crypto.Unreadable:
        return ""


def find(request: HttpRequest, model: type[Enrolment] | type[Reset], reference: str, *, now: datetime) -> Begun | None:
    """By what its holder typed. allowances.UsedUp: too many were looked for from this network."""
    allowances.take(f"look {network(request)}", _LOOKS, _HOUR, now=now)
    rows = model._default_manager.filter(reference=_digest("reference", reference), until__gt=now)
    found: Begun | None = rows.first()
    if found is None:
        record("begun.lost", request=request, result=REFUSED, subject=(model._meta.model_name or "", ""))
    return found


def check_head(row: Begun, typed: str, by: User, *, now: datetime) -> None:
    """WrongHead, which is counted; allowances.UsedUp after ten in an hour."""
    allowances.take(f"head {by.pk}", _HEADS, _HOUR, now=now)
    if not crypto.same(_digest("head", signs.head(typed)), bytes(row.head)):
        raise WrongHead


def ask_mobile(request: HttpRequest, about: UUID, number: str, *, now: datetime) -> None:
    """A code to this number, by SMS. allowances.UsedUp takes back what was counted before it: in a transaction."""
    take_part(now)
    allowances.take(f"mobile {number}", _NUMBER_A_DAY, _DAY, now=now)
    allowances.take(f"mobile of {about}", _ROW_A_DAY, _DAY, now=now)
    allowances.take(f"mobile from {network(request)}", _NETWORK_AN_HOUR, _HOUR, now=now)
    missives.draw(Missive.Kind.MOBILE, about, now=now, to=[number])


def take_part(now: datetime) -> None:
    """One SMS of those that a day has for who is not in. allowances.UsedUp."""
    allowances.take("mobile of anybody", max(1, settings.SMS_DAILY_LIMIT // _PART), _DAY, now=now)


def may_write(rpps: str, now: datetime) -> bool:
    """One letter with a code: nobody is bombed; past that, somebody decides."""
    try:
        with transaction.atomic():
            allowances.take("letters", settings.LETTERS_DAILY_LIMIT, _DAY, now=now)
            allowances.take(f"letters to {rpps}", _LETTERS_A_DAY, _DAY, now=now)
    except allowances.UsedUp:
        return False
    return True


def sealed_phone(about: UUID, number: str) -> bytes:
    return crypto.seal(keys.purpose_key("mobile confirmed"), number.encode(), str(about))


def phone_of(row: Begun) -> str:
    """'' before one is confirmed, and with another SECRET_KEY."""
    try:
        return crypto.unseal(keys.purpose_key("mobile confirmed"), bytes(row.phone_box or b""), str(row.pk)).decode()
    except crypto.Unreadable:
        return ""


def _digest(of: str, typed: str) -> bytes:
    return crypto.digest(keys.purpose_key(f"begun {of}"), signs.cleaned(typed).encode())
