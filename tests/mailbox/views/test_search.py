"""Searching: posted, answered at once, paged by a sealed cursor, kept nowhere."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from mailbox import store
from mailbox.models import Thread
from mailbox.views.searching import OPERATORS
from tests.mailbox.test_store import filing, letter
from tests.mailbox.views.conftest import HTMX
from tests.mailbox.views.test_list import subjects

LIST = HTMX | {"HX-Target": "list"}


def test_what_is_searched_is_found_lit_and_in_no_address(browser, claire, base, file):
    file("INR de Mme Vial", minutes=1, body="apixaban majoré")
    file("Pansements")
    client = browser(claire)
    page = client.post(f"{base}/recherche/", {"q": "Apixàban"}, follow=True)
    text = page.content.decode()
    assert "INR de Mme Vial" in text
    assert "Pansements" not in text
    assert all(one in text for one in ("css/pages/documents.css", "css/pages/team.css", "js/triage.js")), (
        "a thread opens there"
    )
    assert "<mark>apixaban</mark>" in text
    assert not re.search(r'(href|action|hx-\w+)="[^"]*apix', text, re.I)
    assert client.get(f"{base}/recherche/?q=apixaban").content.decode().count("INR") == 0


def test_what_is_put_away_from_a_result_leads_back_to_the_search(browser, claire, base, file):
    message, client = file("INR de Mme Vial", body="apixaban majoré"), browser(claire)
    page = client.post(f"{base}/recherche/", {"q": "apixaban"}, follow=True)
    [url] = re.findall(rf'href="({base}/fil/{message.thread_id}/[^"]+)"', page.content.decode())
    url = url.replace("&amp;", "&")
    opened = client.get(url).content.decode()
    token = re.search(r'name="r" value="([^"]+)"', opened)[1]
    assert f'href="{base}/recherche/?r=' in opened and "apixaban" not in url
    form = {"thread": str(message.thread_id), "r": token, "next": url, "vu": ""}
    pane = HTMX | {"HX-Current-URL": f"http://testserver{url}"}
    where = client.post(f"{base}/inbox/action/", form | {"action": "archive"}, headers=pane)["HX-Push-Url"]
    assert "INR de Mme Vial" in client.get(where).content.decode(), "and what was searched is found there again"
    assert client.post(f"{base}/archive/action/", form | {"action": "restore"})["Location"] == where
    forged = client.post(f"{base}/inbox/action/", form | {"action": "archive", "r": token[:-4] + "abcd"})["Location"]
    assert forged == f"{base}/inbox/", "what is not of this session is no search"


def test_nothing_found_says_what_to_try_and_what_was_not_understood(browser, claire, base, file):
    file(body="amoxicilline")
    client = browser(claire)
    text = client.post(f"{base}/recherche/", {"q": "amox après:demain attribué:zoé"}, follow=True).content.decode()
    assert "Aucun message ne répond à" in text
    assert "trois premières lettres" in text
    assert "Essayez un seul mot" in text
    assert "«&nbsp;après:demain&nbsp;» n’a pas été compris" in text
    assert "«&nbsp;attribué:zoe&nbsp;» n’a pas été compris" in text


def test_operators_of_dates_people_and_marks_are_those_of_the_person_and_of_the_mailbox(
    browser, claire, anne, hugo, base, dupont, file
):
    taken, read, old = file("Pris", minutes=2), file("Lu", minutes=3), file("Ancien", minutes=60 * 24 * 40)
    Thread.objects.filter(pk=taken.thread_id).update(assigned_to=claire)
    client = browser(claire)
    client.get(f"{base}/fil/{read.thread_id}/")
    since = f"{timezone.now() - timedelta(20):%d/%m/%Y}"
    asked = {
        "attribué:moi": ["Pris"], "attribué:claire": ["Pris"], "attribué:hugo": [], "attribué:personne": ["Lu", "Ancien"],
        "non-lu": ["Pris", "Ancien"], f"après:{since}": ["Pris", "Lu"], f"avant:{since}": ["Ancien"],
        "non-lu -pris": ["Ancien"],
    }  # fmt: skip
    for typed, expected in asked.items():
        assert subjects(client.post(f"{base}/recherche/", {"q": typed}, follow=True)) == expected, typed
    assert old and subjects(browser(hugo).post(f"{base}/recherche/", {"q": "attribué:moi"}, follow=True)) == []


def test_what_may_be_typed_next_is_proposed_without_a_word_of_a_letter(browser, claire, hugo, stranger, base, file):
    file("Secret", is_verified=True)
    ask = lambda typed, who=claire: browser(who).post(f"{base}/recherche/aide/", {"q": typed})  # noqa: E731
    written = lambda typed: re.findall(r'data-writes="([^"]*)"', ask(typed).content.decode())  # noqa: E731
    assert written("") == [option.writes for option in OPERATORS][:8]
    assert written("inr ap") == ["après:"]
    assert written("attribué:c") == []
    assert "attribué:&quot;Hugo BERNARD&quot;" in written("attribué:hu")
    assert written("doc:ord") == ["doc:ordonnance"]
    assert written("de:lemai") == ["de:&quot;Dr Lemaire&quot;"]
    assert "Secret" not in ask("sec").content.decode()
    assert ask("de:lem", stranger).status_code == 404
    assert browser(claire).get(f"{base}/recherche/aide/").status_code == 405


@pytest.mark.parametrize("query", ["bonjour", "é", "de la", "?"])
def test_a_word_that_is_not_searched_alone_is_not_said_to_be_nowhere(browser, claire, base, file, query):
    file(body="Bonjour, é")
    text = browser(claire).post(f"{base}/recherche/", {"q": query}, follow=True).content.decode()
    assert "ne peut pas être cherché seul" in text
    assert "trop courant ou trop court" in text
    assert "Aucun message" not in text
    assert "Rien trouvé" not in text


def test_searched_words_are_escaped(browser, claire, base, file):
    file("<b>Dose</b> & suite", minutes=1)
    text = browser(claire).post(f"{base}/recherche/", {"q": "dose"}, follow=True).content.decode()
    assert "&lt;b&gt;<mark>Dose</mark>&lt;/b&gt; &amp; suite" in text
    assert (
        'value="&lt;script&gt;"'
        in browser(claire).post(f"{base}/recherche/", {"q": "<script>"}, follow=True).content.decode()
    )


def test_a_thread_is_one_line_and_pages_follow(browser, claire, base, dupont):
    store.file(dupont, [filing(letter(f"Ordonnance {n}", message_id=f"{n}@x"), n) for n in range(60)])
    store.file(dupont, [filing(letter("Re: Ordonnance 59", message_id="60@x", refs=["59@x"]), 61)])
    client = browser(claire)
    first = client.post(f"{base}/recherche/", {"q": "ordonnance"}, follow=True).content.decode()
    cursor = re.search(r'name="apres" value="([^"]+)"', first)[1]
    following = client.post(
        f"{base}/recherche/", {"q": "ordonnance", "apres": cursor}, headers=HTMX | {"HX-Target": "more"}
    )
    shown = re.findall(r'id="t-([^"]+)"', first) + re.findall(r'id="t-([^"]+)"', following.content.decode())
    assert len(shown) == len(set(shown)) == 60
    assert "<html" not in following.content.decode()


def test_a_stranger_searches_nothing_and_another_mailbox_stays_apart(browser, anne, stranger, base, annes_box, file):
    file("Secret de la pharmacie")
    assert browser(stranger).post(f"{base}/recherche/", {"q": "secret"}, follow=True).status_code == 404
    own = browser(anne).post(f"/b/{annes_box.pk}/recherche/", {"q": "secret"}, follow=True)
    assert subjects(own) == []


def test_a_search_costs_at_most_eight_statements(browser, claire, base, dupont, statements):
    store.file(dupont, [filing(letter(f"Ordonnance {n}", message_id=f"{n}@x"), n) for n in range(60)])
    client = browser(claire)
    assert statements(lambda: client.post(f"{base}/recherche/", {"q": "ordonnance"}, headers=LIST)) <= 8


def test_results_have_an_address_that_holds_the_words_sealed_for_this_session_and_mailbox(
    browser, claire, anne, base, annes_box, file
):
    file("INR de Mme Vial", body="apixaban majoré")
    client = browser(claire)
    address = client.post(f"{base}/recherche/", {"q": "apixaban"})["Location"]
    assert re.fullmatch(rf"{base}/recherche/\?r=[\w%-]+", address)
    assert subjects(client.get(address)) == ["INR de Mme Vial"]
    pushed = client.post(f"{base}/recherche/", {"q": "apixaban"}, headers=LIST)["HX-Push-Url"]
    assert subjects(client.get(pushed)) == ["INR de Mme Vial"]
    for forged in (f"{base}/recherche/?r=AAAA", f"{base}/recherche/?r=apixaban", f"{base}/recherche/?q=apixaban"):
        assert subjects(client.get(forged)) == []
    again = browser(claire).get(address).content.decode()
    assert "apixaban" not in again
    hers = browser(anne).post(f"{base}/recherche/", {"q": "apixaban"})["Location"]
    assert subjects(browser(anne).get(hers.replace(base, f"/b/{annes_box.pk}"))) == []
