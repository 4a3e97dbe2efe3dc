"""«Sécurité»: an authenticator and codes are added and removed by their person alone, who proves who they are first."""

import base64
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from auth_otp import totp
from auth_otp.models import RecoveryCode, Session, TOTPDevice, User
from mssweb.audit.models import AuditEvent
from tests.conftest import PASSWORD

HERE, ADD = "/moi/securite/", "/moi/securite/application/"
REMOVE, CODES = "/moi/securite/application/retirer/", "/moi/securite/codes/"
PAPER = re.compile(r"<code>([a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4})</code>")


def shown(page: str) -> str:
    """The code that an application would show, of the key as the page groups it."""
    groups = re.search(r'me-key"><code>([A-Z2-7 ]+)</code>', page)[1]
    return totp.code_of(base64.b32decode(groups.replace(" ", "")), totp.step_of(timezone.now()))


def later() -> None:
    """What was proven is proven no more."""
    Session.objects.update(proven_at=timezone.now() - timedelta(minutes=11))


@pytest.fixture
def added(browser, claire):
    client = browser(claire)
    answer = client.post(ADD, {"code": shown(client.get(ADD).text)})
    return client, PAPER.findall(answer.text)


def test_an_authenticator_is_added_after_a_proof_by_its_code(browser, claire):
    client = browser(claire)
    assert "moins sûr" in client.get(HERE).text
    later()
    asked = client.get(ADD)
    assert asked["Location"] == "/confirmer/?next=%2Fmoi%2Fsecurite%2Fapplication%2F", (
        "a session left open is not enough"
    )
    assert client.post("/confirmer/", {"password": PASSWORD, "next": ADD})["Location"] == ADD
    page = client.get(ADD).text
    drawing = re.search(r'class="me-qr"[^>]*>(.*?)</div>', page, re.DOTALL)[1]
    assert "<svg" in drawing and "style=" not in drawing
    assert shown(browser(claire).get(ADD).text) != shown(page), "of this session alone"
    assert client.post(ADD, {"code": "12"}).status_code == 422 and not TOTPDevice.objects.exists()
    answer = client.post(ADD, {"code": shown(page)})
    papers = PAPER.findall(answer.text)
    assert len(set(papers)) == 10 and "no-store" in answer["Cache-Control"]
    assert not PAPER.search(client.get(HERE).text) and "10 sur 10" in client.get(HERE).text
    assert client.get(ADD)["Location"] == HERE, "one at a time"
    assert AuditEvent.objects.get(action="factor.add").actor_id == claire.pk
    told = str([event.facts for event in AuditEvent.objects.all()])
    assert not any(paper in told for paper in papers)


def test_recovery_codes_are_made_again_after_a_strong_proof(added):
    client, papers = added
    later()
    assert client.post(CODES)["Location"].startswith("/confirmer/?fort=1") and RecoveryCode.objects.filter(used_at=None)
    TOTPDevice.objects.update(last_step=0)
    given = {"password": PASSWORD, "code": papers[0], "fort": "1", "next": CODES}
    assert client.post("/confirmer/", given)["Location"] == CODES
    assert "Les 9 qui vous restent" in client.get(CODES).text
    again = PAPER.findall(client.post(CODES).text)
    assert len(again) == 10 and not set(again) & set(papers) and RecoveryCode.objects.count() == 10
    assert AuditEvent.objects.filter(action="factor.codes").count() == 1


def test_who_holds_nothing_stronger_than_an_sms_has_no_codes(browser, claire):
    client = browser(claire)
    assert client.get(CODES)["Location"] == client.post(CODES)["Location"] == HERE and not RecoveryCode.objects.exists()


def test_it_is_removed_and_this_session_goes_on(added, browser, claire, anne):
    client, _ = added
    assert browser(anne).post(REMOVE)["Location"] == HERE
    assert TOTPDevice.objects.filter(user=claire).exists(), "nobody removes another's"
    assert "de nouveau par SMS" in client.get(REMOVE).text
    assert client.post(REMOVE)["Location"] == HERE
    assert not TOTPDevice.objects.exists() and not RecoveryCode.objects.exists()
    assert client.get(HERE).status_code == 200 and Session.objects.get(user=claire).means == "password+sms"
    assert AuditEvent.objects.get(action="factor.remove").actor_id == claire.pk


def test_who_has_no_number_keeps_the_one_way_in(added, claire):
    """Nobody shuts themselves out: without it, the next sign-in asked for an SMS that goes nowhere."""
    client, _ = added
    User.objects.filter(pk=claire.pk).update(phone="")
    answer = client.post(REMOVE, follow=True)
    assert "votre seule façon d’entrer" in answer.text and TOTPDevice.objects.exists()


def test_a_code_that_comes_after_a_quarter_of_an_hour_is_told_so(browser, claire):
    assert "quinze minutes" in browser(claire).post(ADD, {"code": "123456"}).text


def test_codes_on_paper_stay_when_an_authenticator_is_added(browser, claire):
    """Renewed in silence, the sheet in the safe would have opened nothing."""
    client, paper = browser(claire), RecoveryCode.objects.create(user=claire, digest=b"of a passkey's person")
    handed = RecoveryCode.objects.create(user=claire, digest=b"for a day", until=timezone.now() + timedelta(days=1))
    answer = client.post(ADD, {"code": shown(client.get(ADD).text)}, follow=True)
    assert "restent les mêmes" in answer.text and TOTPDevice.objects.filter(user=claire).exists()
    assert RecoveryCode.objects.get() == paper != handed, "what was handed over has served"
