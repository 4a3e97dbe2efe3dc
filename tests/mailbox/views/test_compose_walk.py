"""Walks of writing: who is suggested and who is chosen, files counted before they travel, what axe says of the page."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from auth_otp.models import Session, User
from mailbox.models import Draft, DraftFile, Submission, WritingChoice
from tests.auth_otp.test_walk import give_password
from tests.conftest import PASSWORD
from tests.depth import variant
from tests.directory.conftest import directory, give  # noqa: F401  (two Anne Martin among others)
from tests.walking import look, looked

pytestmark = [pytest.mark.walk, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(at, claire, dupont, base, trust) -> Page:
    """Of one who writes plain words (the editor has a walk of its own: test_float_walk.py)."""
    WritingChoice.objects.create(mailbox=dupont, user=claire, is_plain=True)
    page = at(claire, f"{base}/nouveau/")
    looked(page)
    return page


def test_nobody_is_written_to_who_was_not_chosen(page, directory):  # noqa: F811
    field, options = page.get_by_label("À", exact=True), page.get_by_role("option")
    for key in ("Enter", "Tab"):
        field.fill("")
        field.press_sequentially("anne martin")
        expect(options.first).to_be_visible()
        expect(page.locator("[role=option][aria-selected=true]")).to_have_count(0)
        field.press(key)
        expect(field).to_have_value("anne martin")
        expect(options.first).to_be_hidden()
    field.focus()
    page.get_by_label("Objet").focus()
    expect(page.locator("[data-refusals]")).to_contain_text("anne martin – Ce n’est pas une adresse")
    field.fill("")
    field.press_sequentially("anne martin")
    expect(options).to_have_count(2)
    chosen = options.nth(1).get_attribute("data-address")
    for key in ("ArrowUp", "Enter"):
        field.press(key)
    expect(field).to_have_value(f'"Anne MARTIN" <{chosen}>, ')


@pytest.mark.soak
def test_on_a_phone_homonyms_are_told_apart_and_every_recipient_is_seen(page, directory):  # noqa: F811
    page.set_viewport_size({"width": 390, "height": 800})
    field = page.get_by_label("À", exact=True)
    field.press_sequentially("anne martin")
    for address in page.locator(".suggestion-address").all():
        expect(address).to_be_visible()
        assert address.evaluate(
            "e => e.getBoundingClientRect().right <= innerWidth && e.scrollWidth <= e.clientWidth + 1"
        )
    field.fill(", ".join(f'"Laboratoire du Grand Hôpital {n}" <l{n}@hopital.mssante.example>' for n in range(4)))
    assert field.evaluate("e => e.scrollHeight <= e.clientHeight + 1 && e.scrollWidth <= e.clientWidth + 1")
    look(page)


def test_files_that_are_too_large_are_refused_before_they_travel(page, base):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method) if "/brouillon/" in request.url else None)
    page.evaluate("document.querySelector('[data-compose]').dataset.max = '10'")
    chooser = page.locator("[data-files]")
    chooser.set_input_files([{"name": "gros.pdf", "mimeType": "application/pdf", "buffer": b"x" * 11}])
    expect(page.get_by_text("Trop volumineux")).to_be_visible()
    assert (asked, chooser.evaluate("e => e.files.length")) == ([], 0)
    chooser.set_input_files([{"name": "petit.pdf", "mimeType": "application/pdf", "buffer": b"x" * 9}])
    expect(page.get_by_label("Pièces jointes", exact=True)).to_contain_text("petit.pdf")
    assert list(DraftFile.objects.values_list("size", flat=True)) == [9]


@pytest.mark.soak
def test_recipients_one_under_the_other_are_so_many_recipients(at, claire, base, trust):
    """As a list is pasted, without scripts."""
    page = at(claire, f"{base}/nouveau/", scripts=False)
    page.get_by_label("À", exact=True).fill("dr.lemaire@hopital.mssante.example\nx@gmail.example;\n")
    page.get_by_label("Objet").fill("INR")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_role("alert")).to_contain_text(re.compile("x@gmail.example – Ce domaine"))


def write(page: Page, words: str) -> None:
    page.get_by_label("Message", exact=True).press_sequentially(words)


def kept(page: Page) -> list[str]:
    """What waits in the tab, in clear if it were."""
    return page.evaluate("Object.entries(sessionStorage).filter(([name]) => name.startsWith('unsaved ')).flat()")


def test_a_draft_has_its_address_from_its_first_save_on(page):
    write(page, "Bonjour Docteur")
    expect(page.get_by_text("Brouillon enregistré à")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/brouillon/[0-9a-f-]{36}/$"))
    assert kept(page) == []
    page.reload()
    expect(page.get_by_label("Message", exact=True)).to_have_value("Bonjour Docteur")


def test_what_was_typed_before_the_scripts_are_there_is_saved_too(page, base):
    held = []
    page.route("**/compose.js", lambda route: held.append(route))  # noqa: PLW0108  (playwright marks what it is given)
    page.goto(f"{base}/nouveau/", wait_until="commit")
    write(page, "Bonjour Docteur")
    held[0].continue_()
    expect(page.get_by_text("Brouillon enregistré à")).to_be_visible()
    assert Draft.objects.count() == 1


@pytest.mark.parametrize("how", ["ended", variant("locked")])
@pytest.mark.parametrize("was_saved", [True, variant(False)])
def test_what_is_typed_after_the_session_was_lost_is_there_once_one_is_back(page, claire, pocket, how, was_saved):
    page.get_by_label("À", exact=True).fill("dr.lemaire@hopital.mssante.example")
    page.get_by_label("Objet").fill("INR")
    if was_saved:
        expect(page.get_by_text("Brouillon enregistré à")).to_be_visible()
    lose(how)
    write(page, "Canari tapé trop tard")
    expect(page.get_by_role("link", name="Me reconnecter")).to_be_visible()
    assert not any("Canari" in held for held in kept(page))
    assert kept(page)
    page.get_by_role("button", name="Envoyer").click()
    come_back(page, claire, pocket, how)
    field = page.get_by_label("Message", exact=True)
    expect(field).to_have_value("Canari tapé trop tard")
    expect(page.get_by_label("Objet")).to_have_value("INR")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_text("Message envoyé.")).to_be_visible()
    assert (Submission.objects.count(), Draft.objects.count(), kept(page)) == (1, 0, [])


def lose(how: str) -> None:
    if how == "ended":
        Session.objects.all().delete()
    else:
        Session.objects.update(locked_at=timezone.now())


def come_back(page: Page, user: User, pocket, how: str) -> None:
    if how == "ended":
        give_password(page, user.login)
        page.wait_for_url(re.compile("/connexion/code/"))
        page.get_by_label("Code", exact=True).press_sequentially(pocket.code)
    else:
        page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Déverrouiller").click()
    page.wait_for_url(re.compile(r"/(nouveau|brouillon/[0-9a-f-]+)/$"))


def test_a_colleague_on_the_same_tab_reads_nothing_of_it(page, claire, anne, pocket, base):
    lose("ended")
    write(page, "Canari")
    page.get_by_role("link", name="Me reconnecter").click()
    come_back(page, anne, pocket, "ended")
    expect(page.get_by_label("Objet")).to_be_visible()
    expect(page.get_by_label("Message", exact=True)).to_have_text("")
    assert len(kept(page)) == 2, "hers still waits, closed"


@pytest.mark.soak
def test_a_message_begun_anew_is_not_filled_with_the_words_of_another(page, base):
    page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError()); }")
    write(page, "Canari d’un autre patient")
    expect(page.get_by_text("Hors connexion")).to_be_visible()
    page.goto(f"{base}/inbox/")
    page.get_by_role("link", name="Nouveau message").first.click()
    expect(page.get_by_label("Message", exact=True)).to_have_value("")


@pytest.mark.soak
def test_signed_in_again_in_another_tab_the_text_saves_itself(page, claire, pocket):
    write(page, "Un")
    expect(page.get_by_text("Brouillon enregistré à")).to_be_visible()
    lose("ended")
    write(page, " deux")
    expect(page.get_by_role("link", name="Me reconnecter")).to_be_visible()
    other = page.context.new_page()
    other.goto(page.url)
    come_back(other, claire, pocket, "ended")
    expect(page.get_by_text("Brouillon enregistré à")).to_be_visible(timeout=15_000)
    other.reload()
    expect(other.get_by_label("Message", exact=True)).to_have_value("Un deux")


@pytest.mark.parametrize(("other", "told"), [variant("Enregistrer", "modifié ailleurs"), variant("Envoyer", "déjà parti"),
                                             variant("Supprimer le brouillon", "supprimé ailleurs")])  # fmt: skip
def test_what_a_second_tab_makes_impossible_to_save_is_kept_beside(page, other, told):
    page.get_by_label("À", exact=True).fill("dr.lemaire@hopital.mssante.example")
    page.get_by_label("Objet").fill("INR")
    write(page, "Un")
    expect(page.get_by_text("Brouillon enregistré à")).to_be_visible()
    expect(page).to_have_url(re.compile("/brouillon/"))
    first, second = page.url, page.context.new_page()
    second.goto(first)
    write(second, "Deux, ")
    second.get_by_role("button", name=other, exact=other == "Enregistrer").click()
    second.wait_for_load_state()
    if other != "Enregistrer":
        expect(second).not_to_have_url(first)
    else:
        expect(second.get_by_text("Brouillon enregistré", exact=True)).to_be_visible()
    write(page, " Trois")
    expect(page.locator("[data-saved]")).to_contain_text(told)
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text(told)
    expect(page.get_by_label("Message", exact=True)).to_have_value(re.compile(" Trois"))
    assert kept(page) == []
    page.get_by_label("Objet").fill("INR 2")
    expect(page.get_by_text("Brouillon enregistré à")).to_be_visible()
    assert page.url != first


@pytest.mark.soak
def test_on_a_telephone_what_keeps_a_message_from_leaving_is_beside_the_button(page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_label("À", exact=True).fill("dr.lemaire@hopital.mssante.example")
    page.get_by_label("Objet").fill("INR")
    write(page, "Ci-joint le bilan.")
    page.get_by_role("button", name="Envoyer").click()
    told = page.get_by_role("alert").get_by_text("Vous annoncez une pièce jointe")
    expect(told).to_be_visible()
    seen = (
        "e => e.contains(document.elementFromPoint(e.getBoundingClientRect().x + 2, e.getBoundingClientRect().y + 2))"
    )
    assert told.evaluate(seen), "nothing lies over it"
    look(page)
    page.get_by_label("À", exact=True).fill("Jean Dupont")
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_role("alert")).to_contain_text("Jean Dupont – Ce n’est pas une adresse")
    expect(page.get_by_label("À", exact=True)).to_be_focused()
