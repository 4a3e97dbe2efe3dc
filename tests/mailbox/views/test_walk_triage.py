"""A walk: a team sorts its mailbox by keys, menus and the mouse; two of them at once; and what axe says of the new pages."""

import pytest
from playwright.sync_api import expect

from mailbox import cabinet
from mailbox.models import Folder
from tests.mailbox.views.test_walk import row
from tests.walking import look

pytestmark = [pytest.mark.walk, pytest.mark.soak, pytest.mark.django_db(transaction=True)]


def test_a_team_sorts_its_mailbox_by_keys_menus_and_the_mouse(at, claire, anne, base, dupont, file):
    for n, subject in enumerate(("Un", "Deux", "Trois")):
        file(subject, minutes=n)
    cabinet.make_folder(dupont, "EHPAD")
    cabinet.make_label(dupont, "Urgent", "danger")
    page = at(claire, f"{base}/inbox/")
    press = page.keyboard.press
    hers = at(anne, f"{base}/inbox/")
    press("j")
    press("m")
    expect(row(page, "Un").get_by_text("attribué à vous")).to_be_attached()
    hers.locator("[name=vu]").first.evaluate("() => document.getElementById('counts').dataset.modseq = '0'")
    row(hers, "Un").locator("a.hit").focus()
    hers.keyboard.press("m")
    expect(hers.get_by_text("Claire l’a pris")).to_be_visible()
    hers.get_by_role("button", name="Le faire quand même").click()
    expect(row(hers, "Un").get_by_text("attribué à vous")).to_be_attached()
    press("l")
    expect(page.locator("#list-label")).to_be_visible()
    press("Enter")
    expect(row(page, "Un").get_by_text("Urgent")).to_be_visible()
    row(page, "Deux").locator("a.hit").click()
    expect(page.locator("#stand")).to_contain_text("À traiter")
    press("t")
    expect(page.locator("#stand")).to_contain_text("Fait")
    press("b")
    expect(page.locator("#pane-snooze")).to_be_visible()
    press("ArrowDown")
    press("Enter")
    expect(row(page, "Deux")).to_have_count(0)
    expect(page.get_by_text("Mis de côté pour vous")).to_be_visible()
    page.get_by_role("button", name="Annuler", exact=True).click()
    expect(row(page, "Deux")).to_have_count(1)
    page.set_viewport_size({"width": 1440, "height": 900})
    row(page, "Trois").drag_to(page.locator(".rail").get_by_role("link", name="EHPAD"))
    expect(row(page, "Trois")).to_have_count(0)
    assert dupont.messages.filter(folder=Folder.objects.get(mailbox=dupont, role="")).count() == 1
    page.goto(f"{base}/dossiers/")
    look(page)
    hers.goto(f"{base}/reglages/")
    look(hers)
