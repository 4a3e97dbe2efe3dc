"""What leaves by SMS or by a call: its words, the one door it passes, and which carrier takes it.

Refuses to log a number or a body (the demonstration shows them on purpose: it sends nothing real).
"""

import json
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from auth_otp import allowances, numbers, ovh_api
from auth_otp.carrier import SMS, Call, Carrier, CarrierError, Taken
from auth_otp.twilio_codes import REFUSED as _REFUSED
from mssweb import tally
from mssweb.audit.record import REFUSED, record

__all__ = [
    "DAILY", "SMS", "Call", "Carrier", "CarrierError", "Taken", "approve", "call", "can_call", "carrier", "is_report",
    "report_url", "send", "sms_file", "spoken", "text",
]  # fmt: skip

log = logging.getLogger(__name__)

_DIGITS = ("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf")
DAILY = "daily-limit"
_SPENT = "La limite d’envoi de SMS de la journée est atteinte. Prévenez l’administrateur de la messagerie."
_BAD_NUMBER = "{} Faites-le corriger par l’administrateur."


def text(code: str) -> str:
    """One SMS in the GSM alphabet; its last line is the origin-bound form, so that phones fill the field (WebOTP)."""
    host = urlsplit(settings.BASE_URL).hostname
    return f"mssweb : votre code est {code}. Ne le communiquez à personne. Valable 5 minutes.\n\n@{host} #{code}"


def spoken(code: str) -> str:
    """For a call: digits as words, which no voice reads as a number or a date."""
    return f"Bonjour. Votre code de connexion est : {', '.join(_DIGITS[int(digit)] for digit in code)}."


def send(sms: SMS) -> Taken:
    """The one door of what leaves, to a number that may get it: those kept from before are judged as well."""
    return _let_out(sms.to, lambda carrier: carrier.send(sms))


def call(to: str, code: str) -> Taken:
    """The same door, for a call that says the code."""
    return _let_out(to, lambda carrier: carrier.call(Call(to=to, words=spoken(code), code=code)))


def can_call() -> bool:
    return settings.SMS_CARRIER == "demo" or bool(settings.TWILIO["voice_from"] or settings.TWILIO["verify_service"])


def approve(verification: str) -> None:
    """Of the account that took it: the code was right. CarrierError when it cannot be told now."""
    for account in (settings.TWILIO, settings.TWILIO_FALLBACK):
        if account["verify_service"]:
            try:
                _twilio().Twilio(account).approve(verification)
            except CarrierError as error:
                if error.is_temporary:
                    raise
                continue  # it is the other account's, or was forgotten there
            return


def report_url(challenge_id: UUID) -> str:
    """Where reports on a challenge's SMS come to; none when nobody outside could reach us."""
    path = reverse("auth_otp:report", args=[challenge_id])
    return f"{settings.BASE_URL}{path}" if settings.BASE_URL.startswith("https://") else ""


def is_report(request: HttpRequest, challenge_id: UUID) -> bool:
    """Signed by one of our accounts, over the address that we gave it."""
    signature, url = request.headers.get("X-Twilio-Signature", ""), report_url(challenge_id)
    if not url:
        return False
    accounts = (settings.TWILIO, settings.TWILIO_FALLBACK)
    return any(_twilio().is_signed(one, url=url, form=request.POST, signature=signature) for one in accounts)


def carrier() -> Carrier:
    if settings.SMS_CARRIER == "demo":
        return Demo()
    first, *others = _carriers()
    return Either(first, others[0]) if others else first


def _carriers() -> Iterator[Carrier]:
    """In the order of SMS_CARRIER; Twilio's second account before another carrier."""
    for name in settings.SMS_CARRIER.split():
        if name == "ovh":
            yield ovh_api.OVH(settings.OVH)
        else:
            yield _twilio().Twilio(settings.TWILIO)
            if settings.TWILIO_FALLBACK["account_sid"]:
                yield _twilio().Twilio(settings.TWILIO_FALLBACK)


def _twilio() -> ModuleType:
    """Loaded by who sends, or hears, by it: a tenth of a second that other processes need not take to start."""
    from auth_otp import twilio_api

    return twilio_api


def _let_out[Given](number: str, ask: Callable[[Carrier], Given]) -> Given:
    """A judged number, out of the day's SMS; what the carrier does not take is given back, for each is tried many times."""
    try:
        numbers.mobile(number, settings.SMS_COUNTRIES)
    except numbers.NumberRefused as refused:
        raise CarrierError(_BAD_NUMBER.format(refused.words), code="number", is_temporary=False) from None
    is_last = _spend()
    try:
        given = ask(carrier())
    except CarrierError:
        allowances.give_back_sms()
        raise
    if is_last:
        _tell_limit()
    return given


class Either:
    """The second when the first is away or refuses us; not when the number is at fault. At worst the code comes twice."""

    def __init__(self, first: Carrier, second: Carrier) -> None:
        self._first, self._second = first, second

    def send(self, sms: SMS) -> Taken:
        return self._by_either(lambda carrier: carrier.send(sms))

    def call(self, call: Call) -> Taken:
        return self._by_either(lambda carrier: carrier.call(call))

    def _by_either[Given](self, ask: Callable[[Carrier], Given]) -> Given:
        try:
            return ask(self._first)
        except CarrierError as error:
            if error.is_personal:
                raise
            log.warning("first carrier: %s; the second is asked", error.code)
            tally.count("codes", "second")
            try:
                return ask(self._second)
            except CarrierError as again:
                raise (error if error.is_temporary and not again.is_personal else again) from None


class Demo:
    """Appends to MSSWEB_HOME/sms.jsonl and prints. Only with DEMO=1."""

    def send(self, sms: SMS) -> Taken:
        self._write(sms.to, sms.body)
        return Taken()

    def call(self, call: Call) -> Taken:
        self._write(call.to, f"Appel : « {call.words} »\n\n#{call.code}")
        return Taken()

    def _write(self, to: str, body: str) -> None:
        if not settings.DEMO:
            raise CarrierError(_REFUSED, code="demo-off", is_temporary=False)
        line = {"to": to, "body": body, "at": timezone.now().isoformat()}
        with sms_file().open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
        sys.stdout.write(f"SMS {to} : {body.splitlines()[0]}\n")
        sys.stdout.flush()


def sms_file() -> Path:
    path: Path = settings.MSSWEB_HOME / "sms.jsonl"
    return path


def _spend() -> bool:
    """One of the day's SMS; whether it is the last."""
    try:
        return allowances.take_sms(timezone.now())
    except allowances.UsedUp:
        raise CarrierError(_SPENT, code=DAILY, is_temporary=False) from None


def _tell_limit() -> None:
    """To the log, the journal and the metrics, once: as the last one leaves."""
    log.error("SMS_DAILY_LIMIT is reached: no SMS leaves before tomorrow (%s)", settings.SMS_DAILY_LIMIT)
    tally.count("codes", "limit")
    record("sms.limit", result=REFUSED, limit=settings.SMS_DAILY_LIMIT)
