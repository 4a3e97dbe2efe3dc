"""The code by a call: offered once it was sent again in vain, by the same door and out of the same rations."""

import pytest
from django.utils import timezone

from auth_otp import otp
from auth_otp.models import Challenge
from mssweb.audit.models import AuditEvent

OFFER = "Appelez-moi"


@pytest.fixture
def voiced(settings, waiting):
    settings.TWILIO = {**settings.TWILIO, "voice_from": "+33100000000"}
    return waiting


def ask(browser, capture, way: str):
    Challenge.objects.update(asked_at=timezone.now() - otp.RESEND_AFTER)
    with capture(execute=True):
        return browser.post(f"/connexion/{way}/")


def test_a_call_is_offered_after_one_resend_and_tells_the_same_code(
    voiced, pocket, anne, django_capture_on_commit_callbacks
):
    assert OFFER not in voiced.get("/connexion/code/").content.decode()
    ask(voiced, django_capture_on_commit_callbacks, "appel")
    assert not pocket.calls, "not before it was sent again"
    ask(voiced, django_capture_on_commit_callbacks, "renvoyer")
    assert OFFER in voiced.get("/connexion/code/").content.decode()
    assert ask(voiced, django_capture_on_commit_callbacks, "appel")["Location"] == "/connexion/code/"
    [made] = pocket.calls
    assert (made.to, made.code, len(pocket.messages)) == (anne.phone, pocket.code, 2)
    assert "Un appel est parti à" in voiced.get("/connexion/code/").content.decode()
    assert AuditEvent.objects.filter(action="code.called", actor_id=anne.pk).count() == 1
    assert "dans" in voiced.post("/connexion/appel/").content.decode(), "too early is told"
    assert len(pocket.calls) == 1
    assert voiced.post("/connexion/code/", {"code": made.code})["Location"] == "/"


def test_attack_calls_bombing_comes_out_of_the_rations_of_sms(voiced, pocket, django_capture_on_commit_callbacks):
    ask(voiced, django_capture_on_commit_callbacks, "renvoyer")
    answers = [ask(voiced, django_capture_on_commit_callbacks, "appel").status_code for _ in range(15)]
    assert answers == [302] * 13 + [429] * 2
    assert len(pocket.calls) == 13


def test_without_a_number_that_calls_none_is_offered_nor_made(waiting, pocket, django_capture_on_commit_callbacks):
    ask(waiting, django_capture_on_commit_callbacks, "renvoyer")
    assert OFFER not in waiting.get("/connexion/code/").content.decode()
    ask(waiting, django_capture_on_commit_callbacks, "appel")
    assert not pocket.calls
