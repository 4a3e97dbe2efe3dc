"""A walk of floating composers: two at once over the list, one small, a reload, a lock in the middle, one sent."""

import re

import pytest
from playwright.sync_api import expect

from mailbox import blobs
from mailbox.mime.parse import parse, text_of
from mailbox.models import Draft, Message, Submission
from tests.conftest import PASSWORD
from tests.mailbox.views.test_compose import DR
from tests.mailbox.views.test_compose_walk import kept, lose
from tests.walking import look

pytestmark = [pytest.mark.walk, pytest.mark.django_db(transaction=True)]


def test_two_letters_are_written_over_the_list_and_survive_a_reload_and_a_lock(at, claire, dupont, base, trust):
    page = at(claire, f"{base}/inbox/")
    page.keyboard.press("c")
    first = page.get_by_role("dialog").first
    expect(first.get_by_role("textbox", name="Message", exact=True)).to_have_attribute("contenteditable", "true")
    expect(first.get_by_label("À", exact=True)).to_be_focused()
    first.get_by_label("À", exact=True).fill(DR)
    first.get_by_label("Objet").fill("Premier")
    words = first.get_by_role("textbox", name="Message", exact=True)
    words.press_sequentially("Bonjour ")
    first.get_by_title("Gras (Ctrl+B)").click()
    words.press_sequentially("Docteur")
    look(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    words.press("Escape")
    expect(words).to_be_hidden()
    page.keyboard.press("c")
    second = page.locator("[data-float]", has=page.locator("h2", has_text="Nouveau message"))
    second.get_by_label("Objet").fill("Second")
    lose("locked")
    second = page.locator("[data-float]", has=page.locator("h2", has_text="Second"))
    second.get_by_role("textbox", name="Message", exact=True).press_sequentially("Canari tapé trop tard")
    second.get_by_role("link", name="Me reconnecter").click()
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Déverrouiller").click()
    expect(page.locator("[data-float]")).to_have_count(2)
    expect(second.get_by_role("textbox", name="Message", exact=True)).to_have_text("Canari tapé trop tard")
    expect(second.locator("[data-float-state]")).to_have_text("Enregistré")
    page.context.set_offline(True)
    words = second.get_by_role("textbox", name="Message", exact=True)
    words.press("Control+End")  # faster than a person, the editor has not put its caret there yet
    words.press_sequentially(", puis hors ligne")
    expect(second.get_by_text("Hors connexion")).to_be_visible()
    page.context.set_offline(False)
    expect(second.locator("[data-float-state]")).to_have_text("Enregistré")
    expect(second.get_by_text("Hors connexion")).to_be_hidden()
    page.reload()
    first = page.locator("[data-float]", has=page.locator("h2", has_text="Premier"))
    expect(second.get_by_role("textbox", name="Message", exact=True)).to_have_text(
        "Canari tapé trop tard, puis hors ligne"
    )
    expect(first).to_have_class(re.compile("small"))
    first.get_by_title("Réduire (Échap)").click()
    expect(first.locator("strong")).to_have_text("Docteur")
    first.get_by_role("textbox", name="Message", exact=True).press("Control+Enter")
    expect(page.get_by_text("Message envoyé.")).to_be_visible()
    expect(first).to_have_count(0)
    expect(page).to_have_url(re.compile("/inbox/"))
    raw = blobs.read(Message.objects.get().blob, dupont)
    parsed = parse(raw)
    assert text_of(raw, parsed.text_part).strip() == "Bonjour Docteur"
    assert "<strong>Docteur</strong>" in text_of(raw, parsed.html)
    assert (Submission.objects.count(), Draft.objects.count(), kept(page)) == (1, 1, [])
    page.get_by_role("button", name="Annuler l’envoi").click()
    again = page.locator("[data-float]", has=page.locator("h2", has_text="Premier"))
    expect(again.locator("strong")).to_have_text("Docteur")
    expect(page).to_have_url(re.compile("/inbox/"))


@pytest.mark.soak
def test_no_letter_is_lost_or_taken_for_a_shortcut_while_the_editor_takes_the_place_of_the_field(
    at, claire, dupont, base, trust
):
    held = []
    page = at(claire, f"{base}/inbox/")
    page.route("**/prose/editor*", lambda route: held.append(route))  # noqa: PLW0108  (playwright marks what it is given)
    page.add_init_script("window.requestAnimationFrame = (act) => setTimeout(act, 1500, 0)")
    page.reload()
    page.keyboard.press("c")
    page.get_by_role("dialog").get_by_role("textbox", name="Message", exact=True).click()
    page.keyboard.type("Bi")
    held[0].continue_()
    page.locator("[data-float] [contenteditable=true]").wait_for()
    page.keyboard.type("en reçu")
    expect(page.locator("[data-float] [contenteditable=true]")).to_have_text("Bien reçu")


@pytest.mark.soak
def test_what_is_typed_while_a_letter_opens_is_of_the_letter_and_no_shortcut(at, claire, dupont, base, trust, file):
    file("INR de M. Nguyen")
    page = at(claire, f"{base}/inbox/")
    page.locator("#rows a.hit").first.click()
    page.locator("#pane[data-thread]").wait_for()
    page.route("**/repondre*/**", lambda route: (page.wait_for_timeout(300), route.continue_()))
    page.keyboard.press("r")
    page.keyboard.type("Merci, e")
    words = page.locator("[data-float] [contenteditable=true]")
    expect(words).to_have_text(re.compile("^Merci, e"))
    assert not Message.objects.filter(folder__role="archive").exists()
