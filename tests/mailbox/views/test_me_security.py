"""«Sécurité»: an authenticator is added and removed by its person alone, with the password; codes are shown once."""

import base64
import re

import pytest
from django.utils import timezone

from auth_otp import totp
from auth_otp.models import RecoveryCode, TOTPDevice, User
from mssweb.audit.models import AuditEvent
from tests.conftest import PASSWORD

HERE, ADD = "/moi/securite/", "/moi/securite/application/"
PAPER = re.compile(r"<code>([a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4})</code>")


def shown(page: str) -> str:
    """The code that an application would show, of the key as the page groups it."""
    groups = re.search(r'me-key"><code>([A-Z2-7 ]+)</code>', page)[1]
    return totp.code_of(base64.b32decode(groups.replace(" ", "")), totp.step_of(timezone.now()))


@pytest.fixture
def added(browser, claire):
    client = browser(claire)
    client.post(ADD, {"password": PASSWORD})
    answer = client.post(ADD, {"code": shown(client.get(ADD).text)})
    return client, PAPER.findall(answer.text)


def test_an_authenticator_is_added_with_the_password_and_its_code(browser, claire):
    client = browser(claire)
    assert "moins sûr" in client.get(HERE).text
    assert client.post(ADD, {"code": "123456"}).status_code == 200 and not TOTPDevice.objects.exists(), "nothing begun"
    refused = client.post(ADD, {"password": "faux"})
    assert refused.status_code == 422 and "<svg" not in refused.text.split("me-qr")[-1][:200]
    assert client.post(ADD, {"password": PASSWORD})["Location"] == ADD
    page = client.get(ADD).text
    drawing = re.search(r'class="me-qr"[^>]*>(.*?)</div>', page, re.DOTALL)[1]
    assert "<svg" in drawing and "style=" not in drawing
    assert "me-qr" not in browser(claire).get(ADD).text, "of this session alone"
    assert client.post(ADD, {"code": "12"}).status_code == 422 and not TOTPDevice.objects.exists()
    answer = client.post(ADD, {"code": shown(page)})
    papers = PAPER.findall(answer.text)
    assert len(set(papers)) == 10 and "no-store" in answer["Cache-Control"]
    assert not PAPER.search(client.get(HERE).text) and "10 sur 10" in client.get(HERE).text
    assert client.get(ADD)["Location"] == HERE, "one at a time"
    assert AuditEvent.objects.get(action="factor.add").actor_id == claire.pk
    told = str([event.facts for event in AuditEvent.objects.all()])
    assert not any(paper in told for paper in papers)


def test_recovery_codes_are_made_again_with_the_password(added):
    client, papers = added
    assert client.post(HERE, {"action": "codes", "password": "faux"}).status_code == 422
    again = PAPER.findall(client.post(HERE, {"action": "codes", "password": PASSWORD}).text)
    assert len(again) == 10 and not set(again) & set(papers) and RecoveryCode.objects.count() == 10
    assert AuditEvent.objects.filter(action="factor.codes").count() == 1


def test_it_is_removed_with_the_password_and_this_session_goes_on(added, browser, claire, anne):
    client, _ = added
    refused = client.post(HERE, {"action": "remove", "password": "faux"})
    assert refused.status_code == 422 and "pas votre mot de passe" in refused.text
    assert browser(anne).post(HERE, {"action": "remove", "password": PASSWORD})["Location"] == HERE
    assert TOTPDevice.objects.filter(user=claire).exists(), "nobody removes another's"
    assert client.post(HERE, {"action": "remove", "password": PASSWORD})["Location"] == HERE
    assert not TOTPDevice.objects.exists() and not RecoveryCode.objects.exists()
    assert client.get(HERE).status_code == 200
    assert AuditEvent.objects.get(action="factor.remove").actor_id == claire.pk


def test_who_has_no_number_keeps_the_one_way_in(added, claire):
    """Nobody shuts themselves out: without it, the next sign-in asked for an SMS that goes nowhere."""
    client, _ = added
    User.objects.filter(pk=claire.pk).update(phone="")
    page = client.get(HERE).text
    assert "Retirer l’application" not in page and "ne se retire pas" in page and "Refaire les codes" in page
    answer = client.post(HERE, {"action": "remove", "password": PASSWORD}, follow=True)
    assert "vous ne pourriez plus entrer" in answer.text and TOTPDevice.objects.exists()


def test_a_code_that_comes_after_a_quarter_of_an_hour_is_told_so(browser, claire):
    client = browser(claire)
    assert "quinze minutes" in client.post(ADD, {"code": "123456"}).text
