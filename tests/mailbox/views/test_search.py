"""Searching: posted, answered at once, paged by a sealed cursor, kept nowhere."""

import re

import pytest

from mailbox import store
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
    assert "<mark>apixaban</mark>" in text
    assert not re.search(r'(href|action|hx-\w+)="[^"]*apix', text, re.I)
    assert client.get(f"{base}/recherche/?q=apixaban").content.decode().count("INR") == 0


def test_nothing_found_says_what_to_try(browser, claire, base, file):
    file(body="amoxicilline")
    client = browser(claire)
    text = client.post(f"{base}/recherche/", {"q": "amox"}, follow=True).content.decode()
    assert "Aucun message ne contient le mot entier «&nbsp;amox&nbsp;»" in text
    assert "Les mots sont cherchés entiers" in text
    assert "Essayez un seul mot" in text
    assert (
        "tous ces mots entiers" in client.post(f"{base}/recherche/", {"q": "amox vial"}, follow=True).content.decode()
    )


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
