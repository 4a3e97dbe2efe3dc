"""Twilio through its own client: the Messaging API and calls (Voice), or Verify; and the signature of its reports.

Verify (`verify_service`) takes our code into its own text («custom code»), never draws one: what is right is judged here,
and told to it (`approve`). What is no code goes by the Messaging API all the same.
Refuses to log a number or a body, and reports signed otherwise than by the account's token (Webhook Rules' shared keys).
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import requests
from django.http import QueryDict
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator, add_port, remove_port
from twilio.rest import Client
from twilio.twiml.voice_response import VoiceResponse

from auth_otp.carrier import SMS, Call, CarrierError, Taken
from auth_otp.twilio_codes import NOT_NOW, REFUSED, Fault, of_refusal
from mssweb import crypto

logging.getLogger("twilio.http_client").setLevel(logging.WARNING)  # it tells addresses of our account at INFO

_TIMEOUT_SECONDS = 7.0  # to connect, and again to answer; of two accounts together below a sending's lease


class Twilio:
    """One account: `given` as mssweb.knobs.account makes it."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given

    def send(self, sms: SMS) -> Taken:
        if sms.code and self._given["verify_service"]:
            return self._verify(sms.to, sms.code, "sms")
        told = {"status_callback": sms.report_to} if sms.report_to else {}
        client = self._client("from")
        with _in_words():
            made = client.messages.create(to=sms.to, from_=self._given["from"], body=sms.body, **told)
            return Taken(str(made.sid or "") if sms.report_to else "")

    def call(self, call: Call) -> Taken:
        if self._given["verify_service"]:
            return self._verify(call.to, call.code, "call")
        told = VoiceResponse()
        told.say(call.words, language="fr-FR", loop=2)
        client = self._client("voice_from")
        with _in_words():
            client.calls.create(to=call.to, from_=self._given["voice_from"], twiml=str(told))
        return Taken()

    def approve(self, verification: str) -> None:
        """The code of this one was given: Verify counts those that are not against its routes, and against us (60203)."""
        service = self._client("verify_service").verify.v2.services(self._given["verify_service"])
        with _in_words():
            service.verifications(verification).update(status="approved")

    def _verify(self, to: str, code: str, channel: str) -> Taken:
        service = self._client("verify_service").verify.v2.services(self._given["verify_service"])
        with _in_words():
            made = service.verifications.create(to=to, channel=channel, custom_code=code, locale="fr")
            return Taken(verification=str(made.sid or ""))

    def _client(self, sender: str) -> Client:
        given = self._given
        if not (given["account_sid"] and given["auth_token"] and given[sender]):
            raise CarrierError(REFUSED, code="not-configured", is_temporary=False)
        return Client(
            given["account_sid"],
            given["auth_token"],
            region=given.get("region") or None,
            edge=given.get("edge") or None,
            http_client=_HttpClient(given["base_url"]),
        )


@contextmanager
def _in_words() -> Iterator[None]:
    """What Twilio or the network refuses, as CarrierError."""
    try:
        yield
    except TwilioRestException as error:
        meaning = of_refusal(error.code, error.status)
        raise CarrierError(
            meaning.words,
            code=str(error.code or error.status),
            is_temporary=meaning.fault is Fault.MOMENT,
            is_personal=meaning.fault is Fault.NUMBER,
        ) from None
    except (requests.RequestException, TwilioException, ValueError):  # no answer in time, or not the API's
        raise CarrierError(NOT_NOW, code="unreachable", is_temporary=True) from None


def is_signed(given: Mapping[str, str], *, url: str, form: QueryDict, signature: str) -> bool:
    """By this account, which names itself in the form: X-Twilio-Signature over the address we gave and the form.

    Twilio signs with or without the port. Compared in constant time (the package's own comparison is not).
    """
    if not (given["auth_token"] and given["account_sid"]) or form.get("AccountSid") != given["account_sid"]:
        return False
    signer, parts = RequestValidator(given["auth_token"]), urlsplit(url)
    right = [signer.compute_signature(one, form).encode() for one in (remove_port(parts), add_port(parts))]
    return any(crypto.same(signature.encode(), one) for one in right)


class _HttpClient(TwilioHttpClient):  # type: ignore[misc]  # the package is not typed
    """Twilio's client, with a time-out, and another host when a test gives one."""

    def __init__(self, base_url: str) -> None:
        super().__init__(timeout=_TIMEOUT_SECONDS)
        self._base = urlsplit(base_url) if base_url else None

    def request(self, method: str, url: str, *args: object, **kwargs: object) -> Response:
        if self._base:
            url = urlunsplit(urlsplit(url)._replace(scheme=self._base.scheme, netloc=self._base.netloc))
        return super().request(method, url, *args, **kwargs)
