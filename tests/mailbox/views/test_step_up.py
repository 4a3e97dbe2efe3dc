"""What is sensitive asks who it is again: a session left open at the counter is not enough (ASVS 7.5)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from uuid_utils.compat import uuid7

from auth_otp.models import Session, User
from mailbox.models import Invitation, Membership
from tests.conftest import PASSWORD, verified_session

READ_TOO = ("membres/", "exporter/")
ACTS = {
    "membres/": {"login": "x@y.example", "role": "member"}, "exporter/": {},
    "conservation/": {"action": "hold", "reason": "Litige"},
}  # fmt: skip


@pytest.fixture
def left_open(client, sign_in, anne, dupont) -> Client:
    sign_in(client, anne)
    Session.objects.update(proven_at=timezone.now() - timedelta(minutes=11))
    return client


def is_asked(answer) -> bool:
    return answer.get("Location", "").startswith("/confirmer/")


def test_attack_a_session_left_open_does_nothing_that_is_sensitive(left_open, dupont, annes_box, claire):
    box = f"/b/{dupont.pk}/"
    for path, given in ACTS.items():
        assert is_asked(left_open.post(box + path, given)), path
        assert is_asked(left_open.get(box + path)) is (path in READ_TOO)
    member = Membership.objects.get(mailbox=dupont, user=claire)
    assert is_asked(left_open.post(f"{box}membres/{member.pk}/", {"action": "remove"}))
    assert is_asked(left_open.post(f"{box}invitation/{uuid7()}/"))
    assert is_asked(left_open.post(f"/boites/{annes_box.pk}/cloture/", {"on": "2027-01-01", "reason": "x"}))
    assert is_asked(left_open.post("/moi/sessions/", {"action": "others"}))
    assert left_open.get("/moi/sessions/").status_code == 200
    assert not Invitation.objects.exists() and member in Membership.objects.all()


def test_the_first_password_of_who_has_none_asks_for_a_fresh_proof_and_no_old_one(left_open, anne):
    """Whoever came by a door of the sector has no old one to give."""
    new = {"new": "trois-gélules-et-un-vélo", "twice": "trois-gélules-et-un-vélo"}
    assert left_open.post("/moi/mot-de-passe/", new).status_code == 422, "who has one gives it"
    anne.set_unusable_password()
    User.objects.filter(pk=anne.pk).update(password=anne.password)
    browser = Client()
    verified_session(browser, anne)
    Session.objects.update(proven_at=timezone.now() - timedelta(minutes=11))
    assert is_asked(browser.post("/moi/mot-de-passe/", new))
    verified_session(browser, anne)
    assert 'name="old"' not in browser.get("/moi/mot-de-passe/").text
    assert browser.post("/moi/mot-de-passe/", new).status_code == 302
    assert User.objects.get(pk=anne.pk).check_password(new["new"]) and not anne.check_password(PASSWORD)
