"""Walks: the list as it looks: nothing moves under the pointer, nothing is covered or cut."""

import pytest
from playwright.sync_api import expect

from mailbox.models import Message
from tests.mailbox.views.test_rights import held  # noqa: F401  (a message in its undo window)
from tests.mailbox.views.test_walk import row
from tests.mailbox.views.test_walk_pane import changed

pytestmark = [pytest.mark.walk, pytest.mark.django_db(transaction=True)]

CUT = "found => found.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent)"


@pytest.fixture
def flagged(file) -> Message:
    message = file(
        "Un objet assez long pour tenir toute la largeur de la liste", message_id="1@x", body="Bonjour " * 30
    )
    Message.objects.filter(pk=message.pk).update(keywords=["$flagged"])
    return message


@pytest.mark.soak
def test_ticking_moves_nothing_and_all_can_still_be_ticked(at, claire, base, flagged, file):
    file("Autre", minutes=5)
    for width in (1440, 390):
        page = at(claire, f"{base}/inbox/")
        page.set_viewport_size({"width": width, "height": 800})
        before = row(page, "Autre").bounding_box()
        row(page, "Autre").locator(".pick").click()
        expect(page.get_by_text("1 sélectionné")).to_be_visible()
        assert row(page, "Autre").bounding_box() == before, width
        page.get_by_label("Tout sélectionner").check()
        expect(page.get_by_text("2 sélectionnés")).to_be_visible()


@pytest.mark.soak
def test_the_icons_of_a_hovered_row_cover_no_word_and_the_flag_stands_beside_the_time(at, claire, base, flagged):
    page = at(claire, f"{base}/inbox/")
    line = page.locator(".row").first
    line.hover()
    icons = line.locator(".quick").bounding_box()
    covered = line.locator(".role, .subj, .snip, .tags, .from").evaluate_all(
        """(found, icons) => found.filter((one) => {
          const box = one.getBoundingClientRect(), style = getComputedStyle(one);
          const right = box.right - parseFloat(style.paddingRight);
          return box.top < icons.y + icons.height - 2 && box.bottom > icons.y + 2 && right > icons.x;
        }).map((one) => one.className)""",
        icons,
    )
    assert covered == []
    flag, time = line.locator(".flagged").bounding_box(), line.locator("time").bounding_box()
    assert abs((flag["y"] + flag["height"] / 2) - (time["y"] + time["height"] / 2)) < 4


@pytest.mark.soak
def test_nothing_of_the_rail_is_cut(at, anne, base, annes_box, dupont):
    page = at(anne, f"{base}/membres/")
    page.set_viewport_size({"width": 1440, "height": 800})
    expect(page.locator(".rail").get_by_text("Nouveau message")).to_be_visible()
    assert page.locator(".rail a, .rail a span").evaluate_all(CUT) == []


@pytest.mark.soak
def test_what_has_left_is_no_more_said_to_wait(at, claire, base, held):  # noqa: F811
    page = at(claire, f"{base}/sent/")
    undo = page.get_by_role("button", name="Annuler l’envoi")
    changed(page)
    expect(undo).to_be_visible()
    held.recipients.update(state="relayed")
    changed(page)
    expect(page.locator("#rows").get_by_text("remis")).to_be_visible()
    expect(undo).to_have_count(0)
    expect(page.get_by_text("Pas encore parti")).to_have_count(0)
