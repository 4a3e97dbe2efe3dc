"""A walk that presses every key of the table, one after the other, and sees each do what the help says of it."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from mailbox import phrases, store
from mailbox.models import Message, Submission
from mailbox.views.shortcuts import SHORTCUTS
from tests.mailbox.test_store import filing, letter
from tests.mailbox.views.test_compose import DR
from tests.mailbox.views.test_walk import row
from tests.walking import look

pytestmark = [pytest.mark.walk, pytest.mark.soak, pytest.mark.django_db(transaction=True)]
CAPS = {"Entrée": "Enter", "Suppr": "Delete", "Échap": "Escape", "Ctrl": "Control"}


class Keys:
    """A keyboard that remembers which keys of the table were pressed."""

    def __init__(self, page: Page) -> None:
        self.page, self.pressed = page, set[str]()

    def __call__(self, keys: str) -> None:
        self.pressed.add(keys)
        caps = [CAPS.get(cap, cap) for cap in keys.split()]
        for one in ["+".join(caps)] if caps[0] == "Control" else caps:
            self.page.keyboard.press(one)


def test_every_key_of_the_table_does_what_the_help_says(at, claire, base, dupont, trust):
    told = [
        letter(f"Fil {n}", message_id=f"{n}@x").replace(b"\r\nSubject", f"\r\nCc: {DR}\r\nSubject".encode())
        for n in range(6)
    ]
    store.file(dupont, [filing(raw, n, is_verified=True) for n, raw in enumerate(told)])
    member = dupont.memberships.get(user=claire)
    words = phrases.trimmed("Merci", "Merci de votre envoi.", "merci")
    phrases.create(member, "reply", words, is_own=True, now=timezone.now())
    page = at(claire, f"{base}/inbox/")
    page.set_viewport_size({"width": 1440, "height": 900})
    keys = Keys(page)
    _list(page, keys)
    _thread(page, keys)
    _letters(page, keys)
    _places(page, keys)
    assert keys.pressed == {one.keys for one in SHORTCUTS}
    assert {m.folder.role for m in Message.objects.filter(direction="in").select_related("folder")} == {
        "inbox", "archive", "trash",
    }  # fmt: skip
    assert Submission.objects.count() == 1


def _list(page: Page, keys: Keys) -> None:
    keys("j k")
    expect(row(page, "Fil 5").locator("a.hit")).to_be_focused()
    box = row(page, "Fil 5").locator(".pick input")
    keys("x")
    expect(box).to_be_checked()
    row(page, "Fil 3").locator(".pick").click(modifiers=["Shift"])
    keys.pressed.add("Maj clic")
    expect(page.locator("#rows .pick input:checked")).to_have_count(3)
    page.get_by_role("button", name="Abandonner la sélection").click()
    row(page, "Fil 5").locator("a.hit").focus()
    keys("e")
    expect(row(page, "Fil 5")).to_have_count(0)
    keys("Suppr")
    expect(row(page, "Fil 4")).to_have_count(0)
    keys("Entrée")
    expect(page.locator("#subject")).to_have_text("Fil 3")


def _thread(page: Page, keys: Keys) -> None:
    keys("m")
    expect(row(page, "Fil 3").get_by_text("attribué à vous")).to_be_attached()
    keys("t")
    expect(page.locator("#stand")).to_contain_text("Fait")
    for key, menu in (("l", "label"), ("v", "move"), ("b", "snooze")):
        keys(key)
        expect(page.locator(f"#pane-{menu}")).to_be_visible()
        keys("Échap")
        expect(page.locator(f"#pane-{menu}")).to_be_hidden()
    page.locator("#subject").focus()
    keys("n")
    note = page.locator("#pane textarea:focus")
    expect(note).to_be_visible()
    note.press("Escape")
    page.locator("#subject").focus()
    keys("?")
    help_ = page.get_by_role("dialog", name="Raccourcis clavier")
    expect(help_.locator("dt")).to_have_count(len(SHORTCUTS))
    look(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    keys("Échap")
    expect(help_).to_be_hidden()
    keys("/")
    expect(page.get_by_role("searchbox").first).to_be_focused()
    page.locator("#subject").focus()


def _letters(page: Page, keys: Keys) -> None:
    for key, subject in (("r", "Re : Fil 3"), ("a", "Re : Fil 3"), ("f", "Tr : Fil 3")):
        keys(key)
        letter_ = page.locator("[data-float]:not(.small)")
        expect(letter_.locator("[name=subject]")).to_have_value(subject)
        expect(letter_.locator("[name=to]" if key == "r" else "[name=cc]")).to_have_value(
            re.compile(re.escape(DR if key == "a" else "f.lemaire" if key == "r" else "") or "^$")
        )
        expect(letter_.locator(".editor-words")).to_be_visible()
        letter_.locator("[name=subject]").focus()
        keys("Échap")
        expect(page.locator("[data-float].small")).to_have_count(1)
        page.locator("[data-float].small [data-float-close]").click()
        expect(page.locator("[data-float]")).to_have_count(0)
        page.locator("#subject").focus()
    keys("c")
    new = page.locator("[data-float]")
    new.locator("[name=to]").fill(DR)
    new.locator("[name=subject]").fill("INR")
    words = new.locator(".editor-words")
    words.press_sequentially(";merci")
    page.keyboard.press("Tab")
    keys.pressed.add(";mot Tab")
    expect(words).to_contain_text("Merci de votre envoi.")
    keys("Ctrl Entrée")
    expect(page.get_by_text("Message envoyé.")).to_be_visible()
    page.locator("#subject").focus()


def _places(page: Page, keys: Keys) -> None:
    keys("u")
    expect(page.locator("#pane[data-thread]")).to_have_count(0)
    expect(row(page, "Fil 3")).to_have_class(re.compile("unread"))
    for key, place in (("g s", "sent/"), ("g d", "drafts/"), ("g t", "inbox/?f=a-traiter"), ("g i", "inbox/")):
        keys(key)
        expect(page).to_have_url(re.compile(re.escape(place) + "$"))
        page.wait_for_load_state()  # its scripts hear keys from then on
