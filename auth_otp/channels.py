"""SMS carriers: Twilio, and the demonstration's file. A carrier sends or raises CarrierError with clear words.

Refuses to log a number or a body (the demonstration shows them on purpose: it sends nothing real).
"""

import json
import logging
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

import requests
from django.conf import settings
from django.utils import timezone
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from auth_otp import allowances, numbers
from mssweb import tally
from mssweb.audit.record import REFUSED, record

log = logging.getLogger(__name__)
logging.getLogger("twilio.http_client").setLevel(logging.WARNING)  # it tells addresses of our account at INFO

_TIMEOUT_SECONDS = 10.0
_NOT_NOW = "L’opérateur SMS ne répond pas. Un nouvel envoi est essayé toutes les dix secondes."
_REFUSED = "L’opérateur SMS refuse l’envoi. Prévenez l’administrateur de la messagerie."
_SPENT = "La limite d’envoi de SMS de la journée est atteinte. Prévenez l’administrateur de la messagerie."
_BAD_NUMBER = "{} Faites-le corriger par l’administrateur."
_WORDS = {  # Twilio's error codes: what they mean for the person who waits, and whether trying again may help
    20003: (_REFUSED, False),  # our credentials
    20404: (_REFUSED, False),  # our account or our number is unknown
    20429: ("L’opérateur SMS est surchargé. Un nouvel envoi est essayé toutes les dix secondes.", True),
    21211: ("Votre numéro de mobile n’est pas valide. Faites-le corriger par l’administrateur.", False),
    21408: ("L’envoi vers le pays de votre mobile n’est pas autorisé. Prévenez l’administrateur.", False),
    21610: ("Votre mobile a refusé nos SMS (STOP). Répondez START au dernier reçu, puis renvoyez le code.", False),
    21614: ("Votre numéro n’est pas celui d’un mobile. Faites-le corriger par l’administrateur.", False),
}


@dataclass(frozen=True, slots=True)
class SMS:
    """`to` in E.164."""

    to: str
    body: str


class CarrierError(Exception):
    """The carrier did not take the SMS. `words` are for the person, in French; `code` is for the audit."""

    def __init__(self, words: str, *, code: str, is_temporary: bool) -> None:
        super().__init__(code)
        self.words, self.code, self.is_temporary = words, code, is_temporary


class Carrier(Protocol):
    """Takes an SMS, or raises CarrierError."""

    def send(self, sms: SMS) -> None: ...


def text(code: str) -> str:
    """One SMS in the GSM alphabet; its last line is the origin-bound form, so that phones fill the field (WebOTP)."""
    host = urlsplit(settings.BASE_URL).hostname
    return f"mssweb : votre code est {code}. Ne le communiquez à personne. Valable 5 minutes.\n\n@{host} #{code}"


def send(sms: SMS) -> None:
    """The one door of what leaves, to a number that may get it: those kept from before are judged as well."""
    try:
        numbers.mobile(sms.to, settings.SMS_COUNTRIES)
    except numbers.NumberRefused as refused:
        raise CarrierError(_BAD_NUMBER.format(refused.words), code="number", is_temporary=False) from None
    _spend()
    carrier().send(sms)


def _spend() -> None:
    """Of the day's SMS; the last one is told to the log, the journal and the metrics, once."""
    try:
        is_last = allowances.take_sms(timezone.now())
    except allowances.UsedUp:
        raise CarrierError(_SPENT, code="daily-limit", is_temporary=False) from None
    if is_last:
        log.error("SMS_DAILY_LIMIT is reached: no SMS leaves before tomorrow (%s)", settings.SMS_DAILY_LIMIT)
        tally.count("codes", "limit")
        record("sms.limit", result=REFUSED, limit=settings.SMS_DAILY_LIMIT)


def carrier() -> Carrier:
    return Demo() if settings.SMS_CARRIER == "demo" else Twilio()


class Demo:
    """Appends to MSSWEB_HOME/sms.jsonl and prints. Only with DEMO=1."""

    def send(self, sms: SMS) -> None:
        if not settings.DEMO:
            raise CarrierError(_REFUSED, code="demo-off", is_temporary=False)
        line = {"to": sms.to, "body": sms.body, "at": timezone.now().isoformat()}
        with sms_file().open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
        sys.stdout.write(f"SMS {sms.to} : {sms.body.splitlines()[0]}\n")
        sys.stdout.flush()


def sms_file() -> Path:
    path: Path = settings.MSSWEB_HOME / "sms.jsonl"
    return path


class Twilio:
    """The Messaging API through Twilio's own client."""

    def send(self, sms: SMS) -> None:
        given = settings.TWILIO
        if not (given["account_sid"] and given["auth_token"] and given["from"]):
            raise CarrierError(_REFUSED, code="not-configured", is_temporary=False)
        try:
            client = Client(given["account_sid"], given["auth_token"], http_client=_HttpClient(given["base_url"]))
            client.messages.create(to=sms.to, from_=given["from"], body=sms.body)
        except TwilioRestException as error:
            words, again = _WORDS.get(error.code, (_NOT_NOW, True) if error.status >= 500 else (_REFUSED, False))
            raise CarrierError(words, code=str(error.code or error.status), is_temporary=again) from None
        except (requests.RequestException, TwilioException, ValueError):  # no answer in time, or not the API's
            raise CarrierError(_NOT_NOW, code="unreachable", is_temporary=True) from None


class _HttpClient(TwilioHttpClient):  # type: ignore[misc]  # the package is not typed
    """Twilio's client, with a time-out, and another host when a test gives one."""

    def __init__(self, base_url: str) -> None:
        super().__init__(timeout=_TIMEOUT_SECONDS)
        self._base = urlsplit(base_url) if base_url else None

    def request(self, method: str, url: str, *args: object, **kwargs: object) -> Response:
        if self._base:
            url = urlunsplit(urlsplit(url)._replace(scheme=self._base.scheme, netloc=self._base.netloc))
        return super().request(method, url, *args, **kwargs)
