"""Two people work the same mailbox at once, each in a browser of their own: what one does, the other sees within a second."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Locator, expect

from tests.depth import deep
from tests.walks.test_journey import browser_of, look, sign_in

pytestmark = [pytest.mark.walk, pytest.mark.soak, pytest.mark.timeout(150)]
SUBJECT = re.compile("Pansements M. Lefèvre")
SOON = deep(5.0, 1.0)  # seconds: in the suite two browsers and a product share two processors with other tests
TOOK: dict[str, float] = {}


@contextmanager
def soon(seen: Locator, words: str) -> Iterator[None]:
    """What is done inside is shown by `seen`, which stands in the other browser."""
    yield
    start = time.monotonic()
    expect(seen).to_contain_text(words, timeout=SOON * 1000)
    TOOK[words] = time.monotonic() - start


def test_two_people_see_each_other_read_write_and_note_within_a_second(product, chromium, quiet):
    anne, claire = browser_of(product, chromium), browser_of(product, chromium)
    sign_in(product, anne, "anne")
    sign_in(product, claire, "claire")
    shared = claire.locator(".switcher .sheet a, .switcher", has_text="pharmacie-dupont").first
    expect(shared).to_be_attached()
    row = claire.locator("#rows > .row", has_text=SUBJECT)
    row.locator("a.hit").click()
    line, count = claire.locator("#pane [data-present]"), claire.locator(".rail [data-count^=mentions]")
    expect(claire.locator("#subject")).to_contain_text(SUBJECT)
    claire.wait_for_timeout(800)  # its stream is opened by a worker of the browser: nothing to wait for from here
    thread = claire.url
    with quiet():
        with soon(line, "Anne DUPONT lit ce fil."):
            anne.locator("#rows > .row", has_text=SUBJECT).locator("a.hit").click()
            anne.locator("#pane[data-thread]").wait_for()
        expect(row.locator(".here")).to_contain_text("Anne DUPONT")
        anne.keyboard.press("n")
        anne.keyboard.type("Vu avec l’infirmière : @Cla")
        expect(anne.get_by_role("option", name="Claire MARTIN")).to_be_visible()
        anne.keyboard.press("Enter")
        anne.keyboard.type("rappelle-la avant 17 h")
        before = int(count.text_content() or 0)
        with soon(claire.locator("#pane .note").last, "@Claire MARTIN rappelle-la avant 17 h"):
            anne.keyboard.press("Control+Enter")
        expect(count).to_have_text(str(before + 1), timeout=SOON * 1000)
        anne.get_by_role("link", name="Répondre", exact=True).wait_for()
        with soon(line, "Anne DUPONT rédige une réponse…"):
            anne.get_by_role("link", name="Répondre", exact=True).click()
            anne.wait_for_load_state()
        anne.get_by_role("textbox", name="Message", exact=True).press_sequentially("Bonjour")
        expect(anne.locator("[data-float-state]")).to_have_text("Enregistré", timeout=6000)
    claire.get_by_role("link", name="Marquer comme lue").click()
    expect(count).to_be_hidden()
    expect(claire.locator("#beside")).to_contain_text("Brouillon de Anne DUPONT")
    look(claire, "noted")
    claire.get_by_role("link", name="Répondre", exact=True).click()
    expect(claire.locator("[data-compose] [data-present]")).to_contain_text("Anne DUPONT rédige une réponse…")
    claire.get_by_role("textbox", name="Message", exact=True).press_sequentially("Bonjour")
    claire.get_by_role("button", name="Envoyer", exact=True).click()
    expect(claire.get_by_text("Anne DUPONT rédige aussi une réponse à ce fil")).to_be_visible()
    anne.get_by_text("Confier ce brouillon…").click()
    anne.get_by_label("Claire MARTIN", exact=True).check()
    anne.get_by_label(re.compile("Un mot")).fill("Il reste l’heure de passage")
    anne.get_by_role("button", name="Confier", exact=True).click()
    expect(anne.get_by_text("Brouillon confié à Claire MARTIN.")).to_be_visible()
    claire.goto(thread)
    expect(claire.locator("#pane")).to_contain_text("Brouillon confié à Claire MARTIN par Anne DUPONT")
    claire.get_by_role("link", name="Consignes").first.click()
    claire.get_by_label("Consignes de l’équipe").fill("Commande de Mme Vial à 16 h")
    anne.goto("/")
    expect(anne.locator("#rows > .row").first).to_be_visible()
    anne.wait_for_timeout(800)
    with quiet(), soon(anne.locator("#handover"), "Commande de Mme Vial à 16 h"):
        claire.locator("#main").get_by_role("button", name="Enregistrer").click()
    assert max(TOOK.values()) < SOON, TOOK
    for name, page in (("mentions/", claire), ("consignes/", claire), ("equipe/", claire), ("activite/", anne)):
        page.goto(f"{thread.partition('/fil/')[0]}/{name}")
        look(page, name)
    claire.goto(thread.partition("/fil/")[0] + "/consignes/")
    claire.get_by_role("button", name="Retirer les consignes").click()
    expect(claire.locator("#handover")).to_be_hidden()
