"""OVHcloud: its SMS API, requests signed as its guide says. Refuses calls: it has none; and to log a number or a body.

Source: «API SMS Cookbook» and «First steps with the OVHcloud APIs» (docs.ovhcloud.com): POST /sms/{serviceName}/jobs, and
the header X-Ovh-Signature. An SMS with a code is no advertising: `noStopClause`, or it would wait for the morning.
It reports no delivery to us: what it took is «envoyé», and no more.
"""

import hashlib
import json
import ssl
from collections.abc import Mapping
from datetime import datetime

from django.utils import timezone

from auth_otp.carrier import SMS, Call, CarrierError, Taken
from auth_otp.twilio_codes import NOT_NOW, REFUSED
from mssweb import exchange

_API = "https://eu.api.ovh.com/1.0"
_TIMEOUT_SECONDS = 10.0  # of the whole exchange; with another carrier's below a sending's lease
_MOST = 65536  # bytes of an answer
_NUMBER = "L’opérateur SMS ne connaît pas votre numéro. Faites-le corriger par l’administrateur."


class OVH:
    """One SMS account: `given` as mssweb.knobs.ovh makes it."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given

    def send(self, sms: SMS) -> Taken:
        given = self._given
        if not (
            given["service"] and given["application_key"] and given["application_secret"] and given["consumer_key"]
        ):
            raise CarrierError(REFUSED, code="not-configured", is_temporary=False)
        asked: dict[str, object] = {
            "receivers": [sms.to], "message": sms.body, "noStopClause": True, "priority": "high", "coding": "7bit",
            "validityPeriod": 5,
        }  # fmt: skip
        asked |= {"sender": given["sender"]} if given["sender"] else {"senderForResponse": True}
        told = self._post(f"/sms/{given['service']}/jobs", json.dumps(asked, ensure_ascii=False))
        if told.get("invalidReceivers"):
            raise CarrierError(_NUMBER, code="invalid-receiver", is_temporary=False, is_personal=True)
        return Taken()

    def call(self, call: Call) -> Taken:
        raise CarrierError(REFUSED, code="no-calls", is_temporary=False)

    def _post(self, path: str, body: str) -> dict[str, object]:
        url, now = f"{self._given['base_url'] or _API}{path}", timezone.now()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "X-Ovh-Application": self._given["application_key"],
            "X-Ovh-Consumer": self._given["consumer_key"],
            "X-Ovh-Timestamp": _seconds(now),
            "X-Ovh-Signature": signature(self._given, method="POST", url=url, body=body, at=now),
        }
        context = ssl.create_default_context() if url.startswith("https://") else None
        try:
            answer = exchange.ask(
                "POST", url, headers, seconds=_TIMEOUT_SECONDS, most=_MOST, body=body.encode(), context=context
            )
        except exchange.NoAnswer:
            raise CarrierError(NOT_NOW, code="unreachable", is_temporary=True) from None
        return _read(answer.status, answer.body)


def signature(given: Mapping[str, str], *, method: str, url: str, body: str, at: datetime) -> str:
    """$1$ and the SHA-1 of what makes the request, joined by plus signs."""
    parts = (given["application_secret"], given["consumer_key"], method, url, body, _seconds(at))
    return f"$1${hashlib.sha1('+'.join(parts).encode(), usedforsecurity=False).hexdigest()}"


def _read(status: int, raw: bytes) -> dict[str, object]:
    """What was done; CarrierError: ours when the request was refused, the moment's when the server failed."""
    if status >= 500 or status in {408, 409, 429}:
        raise CarrierError(NOT_NOW, code=str(status), is_temporary=True)
    if status >= 300:
        raise CarrierError(REFUSED, code=str(status), is_temporary=False)
    try:
        told = json.loads(raw)
    except ValueError:
        raise CarrierError(NOT_NOW, code="unreadable", is_temporary=True) from None
    return told if isinstance(told, dict) else {}


def _seconds(at: datetime) -> str:
    return str(int(at.timestamp()))
