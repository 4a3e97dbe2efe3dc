"""Reports of delivery: signed by the carrier or refused, forward only, told to who waits."""

import pytest
from django.test import Client
from django.utils import timezone
from twilio.request_validator import RequestValidator

from auth_otp import challenges, otp
from auth_otp.models import Challenge
from mssweb.audit.models import AuditEvent

ACCOUNT, TOKEN = "AC" + "0" * 32, "secret-token"
HERE = "https://mss.example.org"


@pytest.fixture
def challenge(settings, waiting, pocket) -> Challenge:
    """Sent by an account whose reports reach us."""
    settings.BASE_URL = HERE
    none = {"account_sid": "", "auth_token": "", "from": "", "voice_from": "", "base_url": ""}
    none |= {"verify_service": ""}
    settings.TWILIO, settings.TWILIO_FALLBACK = {**none, "account_sid": ACCOUNT, "auth_token": TOKEN}, none
    Challenge.objects.update(due_at=timezone.now())
    challenges.send_due_codes()
    return Challenge.objects.get()


def report(
    challenge: Challenge, status: str, *, sid: str = "SM2", signed_as: str = TOKEN, at: str = HERE, **form: str
) -> int:
    path = f"/connexion/remise/{challenge.pk}/"
    form = {"MessageSid": sid, "MessageStatus": status, "AccountSid": ACCOUNT} | form
    signature = RequestValidator(signed_as).compute_signature(at + path, form)
    carrier = Client(enforce_csrf_checks=True)
    return carrier.post(path, form, headers={"X-Twilio-Signature": signature}).status_code


def test_who_waits_sees_the_sms_sent_then_delivered(challenge, waiting, pocket):
    assert pocket.messages[-1].report_to == f"{HERE}/connexion/remise/{challenge.pk}/"
    page = waiting.get("/connexion/code/").content.decode()
    assert "pas encore remis" in page
    assert "data-waiting" in page
    assert [report(challenge, status) for status in ("sent", "delivered", "sent", "undelivered")] == [204] * 4
    page = waiting.get("/connexion/code/").content.decode()
    assert "Remis à votre mobile" in page
    assert "data-waiting" not in page
    [event] = AuditEvent.objects.filter(action="code.report")
    assert (event.result, event.facts) == ("ok", {"delivery": "delivered", "code": None})


def test_what_was_not_delivered_says_why_and_is_forgotten_when_it_is_sent_again(challenge, waiting, pocket):
    assert report(challenge, "undelivered", ErrorCode="30003") == 204
    assert "votre mobile est éteint" in waiting.get("/connexion/code/").content.decode()
    assert AuditEvent.objects.get(action="code.report").facts == {"delivery": "undelivered", "code": "30003"}
    Challenge.objects.update(asked_at=timezone.now() - otp.RESEND_AFTER)
    challenges.resend(challenge, now=timezone.now())
    challenges.send(challenge.pk)
    report(challenge, "undelivered", sid="SM2", ErrorCode="30003")  # late, on the SMS before
    challenge.refresh_from_db()
    assert (challenge.carrier_id, challenge.delivery, challenge.failure) == ("SM3", "", "")


def test_a_report_that_comes_before_the_sender_has_settled_is_kept(challenge, pocket, monkeypatch):
    Challenge.objects.update(due_at=timezone.now(), carrier_id="", delivery="")
    sent = pocket.send

    def fast(sms):
        report(challenge, "delivered", sid="SM3")
        return sent(sms)

    monkeypatch.setattr(pocket, "send", fast)
    challenges.send(challenge.pk)
    challenge.refresh_from_db()
    assert (challenge.carrier_id, challenge.delivery, challenge.due_at) == ("SM3", "delivered", None)


def test_attack_forged_reports_are_refused_and_change_nothing(challenge, settings):
    """Telling who waits that the code never came, so that they ask for a call or tell it to a «helper»."""
    forged = [
        report(challenge, "undelivered", signed_as="guessed"),
        report(challenge, "undelivered", at="https://evil.example"),
        report(challenge, "undelivered", AccountSid="AC" + "9" * 32),
        Client().post(f"/connexion/remise/{challenge.pk}/", {"MessageStatus": "undelivered"}).status_code,
    ]
    settings.TWILIO = settings.TWILIO_FALLBACK  # attack: no token is configured, the empty one signs
    forged += [report(challenge, "undelivered", signed_as="", AccountSid=""), report(challenge, "undelivered")]
    assert forged == [403] * 6
    assert Challenge.objects.get().delivery == ""
    events = AuditEvent.objects.filter(action="code.report")
    assert {event.result for event in events} == {"refused"}
    assert len(events) == 6
    settings.BASE_URL = "http://localhost:8000"
    assert report(challenge, "sent", at="http://localhost:8000") == 403, "nobody was given such an address"


def test_a_report_on_an_unknown_code_answers_the_same_and_fills_no_journal(challenge):
    unknown = Challenge(pk="0198c0de-0000-7000-8000-000000000000")
    assert report(unknown, "sent", signed_as="guessed") == 403
    assert report(unknown, "delivered") == 204
    assert not AuditEvent.objects.filter(action="code.report").exists()


def test_a_report_signed_with_the_port_is_taken(challenge):
    assert report(challenge, "delivered", at=f"{HERE}:443") == 204
    assert Challenge.objects.get().delivery == "delivered"
