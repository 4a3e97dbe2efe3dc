"""One's own settings: kept, applied, and nobody else's."""

import json
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from django.utils.http import urlencode

from auth_otp.models import Session, User
from mailbox.models import Preference
from mailbox.views.me_sessions import network_of
from mssweb.audit.models import AuditEvent
from tests.conftest import PASSWORD

NEW = "vaccination-verte-2031"
DISPLAY = {"theme": "dark", "text_size": "large", "undo_seconds": "30", "after_archive": "next"}


def test_what_is_chosen_is_on_every_page_and_costs_no_statement(browser, claire, anne, base, file, statements):
    file()
    client = browser(claire)
    before = statements(lambda: client.get(f"{base}/inbox/"))
    assert client.post("/moi/", DISPLAY).status_code == 302
    page = client.get(f"{base}/inbox/").text
    assert 'data-theme="dark"' in page and 'data-text="large"' in page and 'data-after="next"' in page
    assert '<link rel="stylesheet" href="/static/css/tokens-dark.css">' in page
    assert statements(lambda: client.get(f"{base}/inbox/")) == before
    assert "data-theme" not in browser(anne).get(f"{base}/inbox/").text
    assert AuditEvent.objects.filter(action="preference.change", actor=claire).count() == 1
    assert client.post("/moi/", DISPLAY | {"theme": "pink"}).status_code == 422
    assert Preference.objects.get().theme == "dark"


def test_keys_are_turned_off_for_the_person_and_the_delay_is_theirs(browser, claire, base):
    client = browser(claire)
    assert client.post("/moi/clavier/", {}, headers={"X-Background": "1"}).status_code == 204
    assert 'data-keys="off"' in client.get(f"{base}/inbox/").text
    client.post("/moi/clavier/", {"on": "1"})
    assert 'data-keys="off"' not in client.get(f"{base}/inbox/").text
    there = client.post("/moi/suivi/", {"answer_days": "7", "next": f"{base}/suivi/?f=sans-reponse"})
    assert there["Location"] == f"{base}/suivi/?f=sans-reponse"
    assert client.post("/moi/suivi/", {"answer_days": "7", "next": "//evil.example/b/"})["Location"] == "/moi/"
    for days in ("0", "x", "400", "²"):
        assert client.post("/moi/suivi/", {"answer_days": days}).status_code == 404
    assert Preference.objects.get().answer_days == 7


def test_sessions_are_one_s_own_and_end_one_or_all_the_others(browser, claire, anne):
    here, other, third, hers = browser(claire), browser(claire), browser(claire), browser(anne)
    page = here.get("/moi/sessions/").text
    assert page.count("cette session") == 1 and "Terminer toutes les autres (2)" in page
    of_anne = Session.objects.get(user=anne).pk
    here.post("/moi/sessions/", {"session": of_anne})
    assert hers.get("/moi/sessions/").status_code == 200, "nobody ends another's"
    own = Session.objects.filter(user=claire).order_by("created_at").first().pk
    here.post("/moi/sessions/", {"session": own})
    assert here.get("/moi/sessions/").status_code == 200, "nor the one that asks"
    last = Session.objects.filter(user=claire).order_by("created_at").last().pk
    here.post("/moi/sessions/", {"session": last})
    assert (other.get("/moi/").status_code, third.get("/moi/").status_code) == (200, 302)
    copied = Client()
    copied.cookies[settings.SESSION_COOKIE_NAME] = here.cookies[settings.SESSION_COOKIE_NAME].value
    here.post("/moi/sessions/", {"action": "others"})
    assert [one.get("/moi/").status_code for one in (here, other, copied)] == [200, 302, 302]
    assert AuditEvent.objects.filter(action="session.end_own", actor=claire).count() == 2


@pytest.mark.parametrize(
    ("address", "told"),
    [("192.0.2.77", "192.0.2.x"), ("2001:db8:1:2::9", "2001:db8:1::…"), ("127.0.0.1", "ce poste"), (None, "")],
)
def test_a_place_is_told_by_its_network(address, told):
    assert network_of(address) == told


def test_a_new_password_asks_the_old_one_and_ends_what_was_opened_with_it(browser, claire):
    here, other = browser(claire), browser(claire)

    def change(old=PASSWORD, new=NEW, twice=NEW):
        return here.post("/moi/mot-de-passe/", {"old": old, "new": new, "twice": twice})

    for given, words in (
        ({"new": "court", "twice": "court"}, "trop court"),
        ({"twice": NEW + "x"}, "pas les mêmes"),
        ({"new": PASSWORD, "twice": PASSWORD}, "choisissez-en un autre"),
        ({"old": "faux"}, "pas votre mot de passe actuel"),
    ):
        answer = change(**given)
        assert answer.status_code == 422 and words in answer.text, words
    assert User.objects.get(pk=claire.pk).check_password(PASSWORD)
    copied = Client()
    copied.cookies[settings.SESSION_COOKIE_NAME] = here.cookies[settings.SESSION_COOKIE_NAME].value
    assert change().status_code == 302
    assert copied.get("/moi/").status_code == 302, "whoever copied the cookie of this very session"
    assert User.objects.get(pk=claire.pk).check_password(NEW)
    assert (here.get("/moi/").status_code, other.get("/moi/").status_code) == (200, 302)
    assert AuditEvent.objects.filter(action="user.own_password", actor=claire).count() == 1


def news(client, *, minutes=30):
    query = urlencode({"depuis": (timezone.now() - timedelta(minutes=minutes)).isoformat()})
    return json.loads(client.get(f"/moi/notifications/nouvelles/?{query}").content)


def test_a_browser_is_told_the_name_of_the_mailbox_and_nothing_of_the_message(browser, claire, dupont, file, base):
    client = browser(claire)
    file("Ordonnance VIAL", minutes=5)
    assert news(client)["told"] == [], "nothing was asked for"
    here = timezone.localtime()
    given = {"tells_desktop": "on", "box": str(dupont.pk), "quiet_days": "1"}
    assert client.post("/moi/notifications/", given).status_code == 302
    page = client.get(f"{base}/inbox/").text
    assert "js/tell.js" in page and "data-tells-desktop" in page and "data-tells-sound" not in page
    told = news(client)
    assert told["told"] == [
        {"title": "Nouveau message — Pharmacie Dupont", "tag": str(dupont.pk), "url": f"{base}/inbox/"}
    ]
    assert "VIAL" not in json.dumps(told)
    assert news(client, minutes=1)["told"] == [], "it came before"
    quiet = {"quiet_from": f"{here - timedelta(minutes=9):%H:%M}", "quiet_to": f"{here + timedelta(minutes=9):%H:%M}"}
    client.post("/moi/notifications/", {"tells_desktop": "on", "box": str(dupont.pk), **quiet})
    assert news(client)["told"] == []
    client.post("/moi/notifications/", {"tells_desktop": "on"})
    assert Preference.objects.get().silent_mailboxes == [dupont.pk] and news(client)["told"] == []
    assert client.post("/moi/notifications/", {"quiet_from": "12:00"}).status_code == 422
    assert client.get("/moi/notifications/nouvelles/?depuis=hier").status_code == 404
    client.get(f"{base}/inbox/")
    assert "media-src 'self'" in client.get(f"{base}/inbox/")["Content-Security-Policy"]
    assert settings.SECURE_CSP["script-src"]
