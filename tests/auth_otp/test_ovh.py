"""OVHcloud against a local server that speaks its API: what is asked, how it is signed, what its refusals become."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from auth_otp import channels, ovh_api

SMS = channels.SMS("+33639980001", channels.text("123456"), code="123456")
KEYS = {"application_key": "ak", "application_secret": "as", "consumer_key": "ck"}


class Api:
    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.status, self.body = (
            200,
            b'{"totalCreditsRemoved":1,"invalidReceivers":[],"ids":[7],"validReceivers":["+33639980001"]}',
        )


@pytest.fixture
def api(settings) -> Iterator[Api]:
    api = Api()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            api.requests.append((self.path, dict(self.headers.items()), body))
            self.send_response(api.status)
            self.send_header("Content-Length", str(len(api.body)))
            self.end_headers()
            self.wfile.write(api.body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    settings.SMS_CARRIER = "ovh"
    settings.OVH = KEYS | {"service": "sms-ab1-1", "sender": "", "base_url": f"http://127.0.0.1:{server.server_port}"}
    settings.TWILIO = settings.TWILIO_FALLBACK = dict.fromkeys(settings.TWILIO, "")
    yield api
    server.shutdown()
    server.server_close()


def failure() -> channels.CarrierError:
    with pytest.raises(channels.CarrierError) as caught:
        channels.carrier().send(SMS)
    return caught.value


def test_the_signature_is_the_published_one():
    """$1$ + SHA1(AS+CK+METHOD+QUERY+BODY+TSTAMP), by another hand: printf '…' | sha1sum."""
    at = datetime.fromtimestamp(1366560945, UTC)
    signed = ovh_api.signature(KEYS, method="GET", url="https://eu.api.ovh.com/1.0/sms/", body="", at=at)
    assert signed == "$1$5c71fdc700a1f428a5850646668d25706f335706"


def test_one_sms_is_asked_for_at_once_and_without_the_words_of_advertising(api, settings):
    channels.carrier().send(SMS)
    [(path, headers, body)] = api.requests
    asked = json.loads(body)
    assert path == "/sms/sms-ab1-1/jobs" and headers["X-Ovh-Application"] == "ak"
    assert (asked["receivers"], asked["message"], asked["noStopClause"]) == ([SMS.to], SMS.body, True)
    assert asked["senderForResponse"] is True and "sender" not in asked
    at = datetime.fromtimestamp(int(headers["X-Ovh-Timestamp"]), UTC)
    url = settings.OVH["base_url"] + path
    assert headers["X-Ovh-Signature"] == ovh_api.signature(KEYS, method="POST", url=url, body=body.decode(), at=at)


@pytest.mark.parametrize(
    ("status", "body", "code", "is_temporary"),
    [
        (200, b'{"invalidReceivers":["+33639980001"],"ids":[]}', "invalid-receiver", False),
        (200, b"<html>", "unreadable", True),
        (403, b'{"message":"This credential is not valid"}', "403", False),
        (503, b"", "503", True),
        (429, b"", "429", True),
        (302, b"", "302", False),
    ],
)
def test_each_refusal_has_words_and_repeats_nothing(api, status, body, code, is_temporary):
    api.status, api.body = status, body
    error = failure()
    assert (error.code, error.is_temporary) == (code, is_temporary)
    assert error.words and SMS.to not in str(error)


def test_it_is_the_second_of_another_carrier_and_calls_are_not_its_own(api, settings):
    settings.SMS_CARRIER = "twilio ovh"
    settings.TWILIO = {
        **settings.TWILIO,
        "account_sid": "AC1",
        "auth_token": "x",
        "from": "+1",
        "base_url": "http://127.0.0.1:1",
    }
    channels.carrier().send(SMS)
    assert len(api.requests) == 1
    settings.SMS_CARRIER = "ovh"
    with pytest.raises(channels.CarrierError) as refused:
        channels.carrier().call(channels.Call(SMS.to, "x", "x"))
    assert refused.value.code == "no-calls" and not channels.can_call()


def test_without_credentials_and_without_a_server(api, settings):
    settings.OVH = {**settings.OVH, "base_url": "http://127.0.0.1:1"}
    assert (failure().code, failure().is_temporary) == ("unreachable", True)
    settings.OVH = dict.fromkeys(settings.OVH, "")
    assert failure().code == "not-configured"
