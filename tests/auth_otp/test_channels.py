"""Carriers: Twilio's client against a local server that speaks the paths and answers of its API; the demonstration's file."""

import json
from base64 import b64decode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from urllib.parse import parse_qs

import pytest

from auth_otp import channels, twilio_api

ACCOUNT, TOKEN, FROM = "AC" + "0" * 32, "secret-token", "+33700000000"
SMS = channels.SMS("+33639980001", channels.text("123456"))
GSM = set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ÄÖÑÜ§¿äöñüà") | {
    chr(c) for c in (*range(65, 91), *range(97, 123))
}


class Api:
    """What the server was asked, and what it has to answer next."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, list[str]]]] = []
        self.status, self.body = 201, json.dumps({"sid": "SM" + "1" * 32, "status": "queued"})
        self.answers = Event()
        self.answers.set()

    def refuse(self, status: int, code: int) -> None:
        self.status = status
        self.body = json.dumps({"code": code, "message": "No.", "more_info": "https://x.example", "status": status})


@pytest.fixture
def api(settings) -> Iterator[Api]:
    api = Api()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            who = b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()
            api.requests.append((self.path, who, form))
            api.answers.wait(10)
            body = api.body.encode()
            self.send_response(api.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    settings.SMS_CARRIER = "twilio"
    settings.TWILIO = {
        "account_sid": ACCOUNT, "auth_token": TOKEN, "from": FROM, "voice_from": "+33100000000", "verify_service": "",
        "base_url": f"http://127.0.0.1:{server.server_port}",
    }  # fmt: skip
    settings.TWILIO_FALLBACK = dict.fromkeys(settings.TWILIO, "")
    yield api
    api.answers.set()
    server.shutdown()
    server.server_close()


def failure() -> channels.CarrierError:
    with pytest.raises(channels.CarrierError) as caught:
        channels.carrier().send(SMS)
    return caught.value


def test_twilio_is_asked_as_its_api_wants(api):
    channels.carrier().send(SMS)
    [(path, who, form)] = api.requests
    assert path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    assert who == f"{ACCOUNT}:{TOKEN}"
    assert form == {"To": [SMS.to], "From": [FROM], "Body": [SMS.body]}


@pytest.mark.parametrize(
    ("status", "code", "is_temporary", "words"),
    [
        (400, 21211, False, "n’est pas valide"),
        (400, 21610, False, "STOP"),
        (400, 21614, False, "n’est pas celui d’un mobile"),
        (401, 20003, False, "administrateur"),
        (429, 20429, True, "surchargé"),
        (400, 99999, False, "refuse l’envoi"),
        (400, 21612, False, "pas de route"),
        (503, 20500, True, "ne répond pas"),
    ],
)
def test_each_refusal_of_twilio_has_clear_words(api, status, code, is_temporary, words):
    api.refuse(status, code)
    error = failure()
    assert (error.code, error.is_temporary) == (str(code), is_temporary)
    assert words in error.words
    assert SMS.to not in str(error)
    assert "123456" not in str(error)


def test_where_reports_are_wanted_the_carrier_is_told_and_gives_its_name_of_the_sms(api):
    asked = channels.SMS(SMS.to, SMS.body, report_to="https://mss.example.org/x/")
    assert channels.carrier().send(asked).name == "SM" + "1" * 32
    assert api.requests[0][2]["StatusCallback"] == ["https://mss.example.org/x/"]


def test_a_second_account_sends_when_the_first_is_away_or_refuses_us_not_for_a_wrong_number(api, settings):
    settings.TWILIO_FALLBACK = {**settings.TWILIO, "account_sid": "AC2", "from": "+33700000002"}
    api.refuse(400, 21614)
    assert failure().code == "21614"
    assert len(api.requests) == 1, "no other carrier would fare better"
    api.status, api.body = 201, json.dumps({"sid": "SM2"})
    settings.TWILIO = {**settings.TWILIO, "base_url": "http://127.0.0.1:1"}
    channels.carrier().send(SMS)
    assert api.requests[-1][1:] == (f"AC2:{TOKEN}", {"To": [SMS.to], "From": ["+33700000002"], "Body": [SMS.body]})
    api.refuse(401, 20003)
    assert (failure().code, failure().is_temporary) == ("unreachable", True), "the first may come back"


def test_a_call_says_the_digits_twice_in_french(api):
    channels.carrier().call(channels.Call(SMS.to, channels.spoken("042137"), "042137"))
    [(path, _, form)] = api.requests
    assert path == f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
    assert (form["To"], form["From"], form.keys()) == ([SMS.to], ["+33100000000"], {"To", "From", "Twiml"})
    assert '<Say language="fr-FR" loop="2">' in form["Twiml"][0]
    assert "zéro, quatre, deux, un, trois, sept." in form["Twiml"][0]
    api.refuse(400, 21215)
    with pytest.raises(channels.CarrierError) as refused:
        channels.carrier().call(channels.Call(SMS.to, "x", "x"))
    assert "L’appel vers le pays" in refused.value.words


def test_an_account_may_be_of_a_region(settings):
    """Twilio's client names hosts product.edge.region.twilio.com."""
    here = {
        "account_sid": ACCOUNT,
        "auth_token": TOKEN,
        "from": FROM,
        "verify_service": "",
        "base_url": "",
        "region": "ie1",
        "edge": "dublin",
    }
    client = twilio_api.Twilio(here)._client("from")
    assert client.get_hostname("https://api.twilio.com/x") == "https://api.dublin.ie1.twilio.com/x"


@pytest.fixture
def verify(api, settings) -> Api:
    settings.TWILIO = {**settings.TWILIO, "verify_service": "VA1"}
    api.body = json.dumps({"sid": "VE" + "1" * 32, "status": "pending"})
    return api


def test_verify_takes_our_code_and_is_told_that_it_was_right(verify):
    taken = channels.carrier().send(channels.SMS(SMS.to, SMS.body, "https://mss.example.org/x/", "123456"))
    assert taken == channels.Taken(verification="VE" + "1" * 32), "it reports to nobody"
    channels.carrier().call(channels.Call(SMS.to, "x", "123456"))
    channels.approve(taken.verification)
    paths, forms = [path for path, _, _ in verify.requests], [form for _, _, form in verify.requests]
    assert paths == ["/v2/Services/VA1/Verifications"] * 2 + [f"/v2/Services/VA1/Verifications/{taken.verification}"]
    assert forms[0] == {"To": [SMS.to], "Channel": ["sms"], "CustomCode": ["123456"], "Locale": ["fr"]}
    assert (forms[1]["Channel"], forms[2]) == (["call"], {"Status": ["approved"]})


def test_what_is_no_code_goes_by_messages_beside_verify(verify):
    channels.carrier().send(channels.SMS(SMS.to, "Votre mobile a été changé."))
    assert verify.requests[0][0].endswith("/Messages.json")


@pytest.mark.parametrize(
    ("status", "code", "is_temporary", "words"),
    [
        (429, 60203, False, "dix minutes"),
        (403, 60205, False, "mobile"),
        (403, 60204, False, "refuse"),
        (429, 60212, True, "surchargé"),
    ],
)
def test_each_refusal_of_verify_has_clear_words(verify, status, code, is_temporary, words):
    verify.refuse(status, code)
    with pytest.raises(channels.CarrierError) as refused:
        channels.carrier().send(channels.SMS(SMS.to, SMS.body, code="123456"))
    assert refused.value.is_temporary is is_temporary and words in refused.value.words


def test_a_time_out_is_temporary(api, monkeypatch):
    monkeypatch.setattr(twilio_api, "_TIMEOUT_SECONDS", 0.2)
    api.answers.clear()
    error = failure()
    assert (error.code, error.is_temporary) == ("unreachable", True)


def test_no_server_and_an_answer_that_is_no_json_are_temporary(api, settings):
    api.status, api.body = 502, "<html>Bad gateway</html>"
    assert failure().is_temporary
    settings.TWILIO = {**settings.TWILIO, "base_url": "http://127.0.0.1:1"}
    assert (failure().code, failure().is_temporary) == ("unreachable", True)


def test_without_credentials_the_words_send_to_the_administrator(settings):
    settings.SMS_CARRIER = "twilio"
    settings.TWILIO = settings.TWILIO_FALLBACK = dict.fromkeys(settings.TWILIO, "")
    assert (failure().code, failure().is_temporary) == ("not-configured", False)


def test_the_sms_is_one_segment_and_ends_in_the_form_that_browsers_read(settings):
    settings.BASE_URL = "https://messagerie.pharmacies-du-grand-est.mssante.example"
    body = channels.text("042137")
    assert body.splitlines()[-1] == "@messagerie.pharmacies-du-grand-est.mssante.example #042137"
    assert len(body) <= 160
    assert set(body) <= GSM


def test_the_demonstration_writes_a_line_and_only_in_demonstration(settings, tmp_path, capsys):
    settings.SMS_CARRIER, settings.DEMO, settings.MSSWEB_HOME = "demo", True, tmp_path
    channels.carrier().send(SMS)
    line = json.loads((tmp_path / "sms.jsonl").read_text(encoding="utf-8"))
    assert (line["to"], line["body"]) == (SMS.to, SMS.body)
    assert set(line) == {"to", "body", "at"}
    assert "123456" in capsys.readouterr().out
    settings.DEMO = False
    assert failure().code == "demo-off"
