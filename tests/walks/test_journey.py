"""The journey of README, on the product as `make run` starts it: sign in, read what the second operator sent, answer it,
see the answer delivered and its reply come back live; the colleague sees both. With scripts, without, at three widths.
"""

import re
import time

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import stack
from tests.walking import violations

pytestmark = [pytest.mark.walk, pytest.mark.timeout(150)]
WIDTHS = ((1440, 900), (1024, 768), (390, 844))


def browser_of(product: stack.Stack, chromium: Browser, *, scripts: bool = True) -> Page:
    """A browser of its own; an error of a script, or a breach of the CSP, fails the walk."""
    context = chromium.new_context(base_url=product.base_url, java_script_enabled=scripts, locale="fr-FR")
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"{page.url}: {error}"))
    page.on("console", lambda said: "Content Security Policy" in said.text and pytest.fail(said.text))
    return page


def sign_in(product: stack.Stack, page: Page, who: str) -> None:
    user = next(u for u in product.demo["users"] if u["login"].startswith(who))
    before = len(product.texts(user["phone"]))
    page.goto("/")
    page.get_by_label("Identifiant").fill(user["login"])
    page.get_by_label("Mot de passe", exact=True).fill(user["password"])
    page.get_by_role("button", name="Se connecter").click()
    stack.wait_until(lambda: len(product.texts(user["phone"])) > before, seconds=20, step=0.1)
    code = re.search(r"\d{6}", product.texts(user["phone"])[-1])[0]
    page.get_by_label("Code", exact=True).fill(code)
    page.get_by_label("Code", exact=True).press("Enter")
    expect(page).to_have_url(re.compile("/inbox/$"))


def look(page: Page, name: str) -> None:
    """Nothing hangs out at any width, and axe finds nothing."""
    page.wait_for_load_state()  # asked before, a page is measured without the style sheets that are still on the way
    for width, height in reversed(WIDTHS):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name}: {width}"
    found = violations(page)
    assert [(v["id"], [n["html"][:120] for n in v["nodes"][:2]]) for v in found] == [], f"{name}: {page.url}"


def test_the_whole_journey_in_a_browser_and_a_colleague_sees_it(product, chromium):
    anne, claire = browser_of(product, chromium), browser_of(product, chromium)
    sign_in(product, anne, "anne")
    received = anne.get_by_role("link", name=re.compile("Ordonnance de sortie PAT-TROIS"))
    expect(received).to_be_visible(timeout=20_000)
    look(anne, "inbox")
    received.click()
    expect(anne.frame_locator("iframe.body").last.get_by_text("Veuillez trouver")).to_be_visible()
    look(anne, "thread")

    anne.get_by_role("link", name="Répondre", exact=True).click()
    expect(anne.get_by_label("À", exact=True)).to_have_value(re.compile("dr.lemaire@hopital"))
    anne.get_by_label("Message", exact=True).press_sequentially("Bien reçu, merci Docteur.")
    expect(anne.get_by_text(re.compile("Brouillon enregistré à"))).to_be_visible(timeout=6000)
    look(anne, "compose")
    anne.get_by_role("button", name="Envoyer").click()
    expect(anne.get_by_text("Message envoyé.")).to_be_visible()

    def is_delivered() -> bool:
        anne.reload()
        return anne.get_by_text("remis", exact=True).count() > 0

    stack.wait_until(is_delivered, seconds=30, step=1)
    anne.goto("/")
    expect(anne.get_by_role("link", name=re.compile("Bien reçu, merci. Je fais"))).to_be_visible(timeout=20_000)

    sign_in(product, claire, "claire")
    thread = claire.get_by_role("link", name=re.compile("Bien reçu, merci. Je fais"))
    expect(thread).to_be_visible()
    thread.click()
    expect(claire.locator("#pane").get_by_text("3 messages").first).to_be_visible()
    look(claire, "answered")


def test_a_new_message_arrives_live_without_a_reload(product, chromium):
    page = browser_of(product, chromium)
    sign_in(product, page, "claire")
    expect(page.locator("a.hit").first).to_be_visible()
    time.sleep(1)  # the stream is opened by a worker of the browser: nothing to wait for from here
    from tests.mailbox.test_store import letter

    shared = next(m for u in product.demo["users"] for m in u["mailboxes"] if m.startswith("pharmacie"))
    with product.peer() as peer:
        raw = letter("Arrivée en direct", message_id="direct@hopital.mssante.example")
        peer.sendmail("dr.lemaire@hopital.mssante.example", [shared], raw)
    expect(page.get_by_text("Arrivée en direct")).to_be_visible(timeout=15_000)


@pytest.mark.soak
def test_reading_composing_sending_and_searching_work_without_javascript(product, chromium):
    page = browser_of(product, chromium, scripts=False)
    sign_in(product, page, "anne")
    page.get_by_role("searchbox").first.fill("hebdomadaire")
    page.get_by_role("searchbox").first.press("Enter")
    expect(page.get_by_text("Posologie méthotrexate").first).to_be_visible()
    page.locator("a.hit").first.click()
    expect(page.get_by_role("heading", name=re.compile("Posologie méthotrexate")).first).to_be_visible()
    page.get_by_role("link", name="Nouveau message").first.click()
    page.get_by_label("À", exact=True).fill("dr.lemaire@hopital.mssante.example")
    page.get_by_label("Objet").fill("refus")
    page.get_by_label("Message", exact=True).fill("Bonjour")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_text("Message envoyé.")).to_be_visible()

    def is_told() -> bool:
        page.goto("/")
        return page.get_by_text("Non remis : refus").count() > 0

    stack.wait_until(is_told, seconds=30, step=1)
