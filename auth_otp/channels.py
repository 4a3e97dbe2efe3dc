"""SMS carriers: Twilio, and the demonstration's file. A carrier sends or raises CarrierError with clear words.

Refuses to log a number or a body (the demonstration shows them on purpose: it sends nothing real).
"""

import json
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

_TIMEOUT_SECONDS = 10
_WORDS = {  # Twilio's error codes: what they mean for a person, and whether trying again may help
    20003: ("L’opérateur SMS refuse nos identifiants.", True),
    20429: ("L’opérateur SMS est surchargé.", True),
    21211: ("Ce numéro de téléphone n’est pas valide.", False),
    21408: ("L’envoi vers ce pays n’est pas autorisé.", False),
    21610: ("Ce numéro a refusé nos SMS (STOP).", False),
    21614: ("Ce numéro n’est pas un mobile.", False),
}


@dataclass(frozen=True, slots=True)
class Message:
    to: str
    body: str


class CarrierError(Exception):
    """The carrier did not take the message. `words` are for the person, `code` for the audit."""

    def __init__(self, words: str, *, code: str, is_temporary: bool) -> None:
        super().__init__(code)
        self.words, self.code, self.is_temporary = words, code, is_temporary


class Carrier(Protocol):
    def send(self, message: Message) -> None: ...


def text(code: str) -> str:
    """The SMS; its last line is the WebOTP form, so that phones fill the field."""
    host = urlsplit(settings.BASE_URL).hostname
    return f"mssweb : votre code est {code}. Ne le communiquez à personne. Valable 5 minutes.\n\n@{host} #{code}"


def carrier() -> Carrier:
    return Demo() if settings.SMS_CARRIER == "demo" else Twilio()


class Demo:
    """Appends to MSSWEB_HOME/sms.jsonl and prints. Only with DEMO=1."""

    def send(self, message: Message) -> None:
        if not settings.DEMO:
            raise CarrierError("Aucun opérateur SMS n’est configuré.", code="demo-off", is_temporary=False)
        line = json.dumps(
            {"to": message.to, "body": message.body, "at": timezone.now().isoformat()}, ensure_ascii=False
        )
        with sms_file().open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        sys.stdout.write(f"SMS {message.to} : {message.body.splitlines()[0]}\n")
        sys.stdout.flush()


def sms_file() -> Path:
    path: Path = settings.MSSWEB_HOME / "sms.jsonl"
    return path


class Twilio:
    """The Messaging API through Twilio's own client."""

    def send(self, message: Message) -> None:
        given = settings.TWILIO
        http = _HttpClient(given["base_url"])
        client = Client(given["account_sid"], given["auth_token"], http_client=http)
        try:
            client.messages.create(to=message.to, from_=given["from"], body=message.body)
        except TwilioRestException as error:
            words, again = _WORDS.get(error.code, ("L’opérateur SMS n’a pas pris le message.", error.status >= 500))
            raise CarrierError(words, code=str(error.code), is_temporary=again) from None
        except (requests.RequestException, TwilioException):
            raise CarrierError("L’opérateur SMS ne répond pas.", code="unreachable", is_temporary=True) from None


class _HttpClient(TwilioHttpClient):  # type: ignore[misc]  # the package is not typed
    """Twilio's client, with a time-out, and another host when a test gives one."""

    def __init__(self, base_url: str) -> None:
        super().__init__(timeout=_TIMEOUT_SECONDS)
        self._base = urlsplit(base_url) if base_url else None

    def request(self, method: str, url: str, *args: object, **kwargs: object) -> Response:
        if self._base:
            url = urlunsplit(urlsplit(url)._replace(scheme=self._base.scheme, netloc=self._base.netloc))
        return super().request(method, url, *args, **kwargs)
