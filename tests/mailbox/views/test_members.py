"""Who shares a mailbox: managers decide, the last one stays, everything is told, nominative mailboxes are left out."""

import re

import pytest

from mailbox.models import Membership
from mssweb import notify
from mssweb.audit.models import AuditEvent


@pytest.fixture
def killed(monkeypatch) -> list:
    """The people whose streams were ended."""
    told: list = []
    monkeypatch.setattr(notify, "kill", told.append)
    return told


def member(dupont, user) -> Membership:
    return dupont.memberships.get(user=user)


def test_only_managers_see_and_change_members(browser, anne, claire, hugo, stranger, base, dupont):
    assert "Claire MARTIN" in browser(anne).get(f"{base}/membres/").content.decode()
    row = member(dupont, hugo)
    for user, status in ((claire, 403), (hugo, 403), (stranger, 404)):
        client = browser(user)
        assert client.get(f"{base}/membres/").status_code == status
        assert client.post(f"{base}/membres/", {"login": stranger.login, "role": "manager"}).status_code == status
        assert client.post(f"{base}/membres/{row.pk}/", {"action": "remove"}).status_code == status
    assert dupont.memberships.count() == 3
    assert "Membres de la boîte" not in browser(claire).get(f"{base}/inbox/").content.decode()


def test_a_person_is_added_by_login_or_rpps_and_reads_at_once(browser, anne, stranger, base, dupont, killed):
    client = browser(anne)
    client.post(f"{base}/membres/", {"login": f" {stranger.login.upper()} ", "role": "reader"})
    row = member(dupont, stranger)
    assert (row.role, row.may_send) == ("reader", False)
    assert browser(stranger).get(f"{base}/inbox/").status_code == 200
    assert killed == [stranger.pk]
    event = AuditEvent.objects.get(action="membership.add")
    assert (event.actor, event.subject_id, event.mailbox_id) == (anne, str(stranger.pk), dupont.pk)
    assert event.facts == {"role": "reader", "may_send": False}


def test_unknown_twice_and_inactive_people_are_refused_in_place(browser, anne, claire, stranger, base):
    client = browser(anne)
    for login, words in (("inconnu@x", "Personne n’a cet identifiant"), (claire.login, "a déjà accès")):
        answer = client.post(f"{base}/membres/", {"login": login, "role": "member"})
        assert answer.status_code == 422
        assert words in answer.content.decode()
    stranger.is_active = False
    stranger.save()
    assert "désactivé" in client.post(f"{base}/membres/", {"login": stranger.login, "role": "member"}).content.decode()


def test_rights_change_and_end_at_once(browser, anne, claire, base, dupont, killed):
    client = browser(anne)
    url = f"{base}/membres/{member(dupont, claire).pk}/"
    client.post(url, {"action": "change", "role": "reader"})
    assert not member(dupont, claire).can_send
    client.post(url, {"action": "remove"})
    assert browser(claire).get(f"{base}/inbox/").status_code == 404
    assert killed == [claire.pk, claire.pk]
    assert set(AuditEvent.objects.filter(action__startswith="membership").values_list("action", flat=True)) == {
        "membership.change",
        "membership.remove",
    }


def test_a_reader_is_never_said_to_send(browser, anne, claire, stranger, base, dupont):
    client = browser(anne)
    sending = {"role": "reader", "may_send": "on"}
    client.post(f"{base}/membres/{member(dupont, claire).pk}/", {"action": "change", **sending})
    client.post(f"{base}/membres/", {"login": stranger.login, **sending})
    assert [member(dupont, user).may_send for user in (claire, stranger)] == [False, False]
    client.post(f"{base}/membres/{member(dupont, claire).pk}/", {"action": "change", **sending, "role": "member"})
    assert member(dupont, claire).can_send


def test_the_last_manager_stays_until_another_is_named(browser, anne, claire, base, dupont):
    client = browser(anne)
    own = f"{base}/membres/{member(dupont, anne).pk}/"
    for data in ({"action": "remove"}, {"action": "change", "role": "member"}):
        assert "garde au moins un responsable" in client.post(own, data, follow=True).content.decode()
    assert member(dupont, anne).can_manage
    client.post(
        f"{base}/membres/{member(dupont, claire).pk}/", {"action": "change", "role": "manager", "may_send": "on"}
    )
    assert client.post(own, {"action": "remove"})["Location"] == "/"
    assert not dupont.memberships.filter(user=anne).exists()


def test_members_of_another_mailbox_and_nominative_ones_are_not_there(browser, anne, base, annes_box):
    client = browser(anne)
    other = annes_box.memberships.get()
    assert client.post(f"{base}/membres/{other.pk}/", {"action": "remove"}).status_code == 404
    assert client.get(f"/b/{annes_box.pk}/membres/").status_code == 404


def test_removing_asks_first_and_apart_from_the_rights(browser, anne, base):
    page = browser(anne).get(f"{base}/membres/").content.decode()
    forms = re.findall(r"<form.*?</form>", page, re.S)
    removing = [form for form in forms if 'value="remove"' in form]
    assert len(removing) == 3
    assert not any("may_send" in form for form in removing)
    asked = re.findall(r'<details class="remove">.*?</details>', page, re.S)
    assert [one.count('value="remove"') for one in asked] == [1, 1, 1]
    assert "Claire MARTIN n’aura plus accès à cette boîte" in page
    assert "Vous n’aurez plus accès" in page
