"""The list: order, pages, marks, filters, and what it costs."""

import re

import pytest

from mailbox import marks, store
from mailbox.models import Message
from mailbox.views import listing
from tests.mailbox.test_store import NOW, filing, letter
from tests.mailbox.views.conftest import HTMX


def subjects(page) -> list[str]:
    return re.findall(r'class="subj">(?:<span class="sign".*?</span></span>)?([^<]+)<', page.content.decode())


def test_the_front_page_is_the_inbox_of_the_first_mailbox(browser, anne, stranger, dupont, annes_box):
    assert browser(anne).get("/")["Location"] == f"/b/{dupont.pk}/inbox/"
    page = browser(stranger).get("/")
    assert "Aucune boîte aux lettres" in page.content.decode()
    assert 'class="button primary" href="/admin/"' not in page.content.decode()


def test_who_administers_without_a_mailbox_is_led_to_the_administration(browser, make_user):
    office = make_user("exploitation@mssweb.example", "Alix", "Moreau", is_staff=True)
    assert 'class="button primary" href="/admin/"' in browser(office).get("/").content.decode()


def test_the_newest_comes_first_with_who_wrote_and_without_the_xdm_prefix(browser, claire, base, file):
    file("Hier", minutes=1500)
    file("XDM/1.0/DDM+Lettre de liaison OUEDRAOGO Issa", minutes=1)
    page = browser(claire).get(f"{base}/inbox/")
    assert subjects(page) == ["Lettre de liaison OUEDRAOGO Issa", "Hier"]
    text = page.content.decode()
    assert "Dr Lemaire" in text
    assert "XDM/1.0" not in text
    assert "(2) Réception – Pharmacie Dupont" in text


def test_unread_is_personal(browser, claire, anne, base, file):
    message = file()
    mine, hers = browser(claire), browser(anne)
    mine.get(f"{base}/fil/{message.thread_id}/?d=inbox")
    assert 'class="row unread' not in mine.get(f"{base}/inbox/").content.decode()
    assert 'class="row unread' in hers.get(f"{base}/inbox/").content.decode()


def test_filters_are_links_and_keep_only_what_they_say(browser, claire, base, dupont, file):
    read = file("Lu", minutes=3)
    file("Non lu", minutes=2)
    with_file = letter("Avec pièce", message_id="p@x").replace(
        b"Date:", b'MIME-Version: 1.0\r\nContent-Type: application/pdf; name="a.pdf"\r\nDate:'
    )
    file(raw=with_file, minutes=1)
    marks.mark_seen(membership=dupont.memberships.get(user=claire), thread_ids=[read.thread_id], now=NOW)
    client = browser(claire)
    assert subjects(client.get(f"{base}/inbox/?f=non-lus")) == ["Avec pièce", "Non lu"]
    assert subjects(client.get(f"{base}/inbox/?f=pieces")) == ["Avec pièce"]
    assert len(subjects(client.get(f"{base}/inbox/?f=inconnu"))) == 3
    assert 'href="' + f"{base}/inbox/?f=non-lus" in client.get(f"{base}/inbox/").content.decode()


@pytest.fixture
def many(dupont) -> None:
    """120 threads, some of the same second."""
    letters = [filing(letter(f"Fil {n}", message_id=f"{n}@x"), n // 3) for n in range(120)]
    store.file(dupont, letters)


def test_pages_follow_each_other_without_gap_or_repeat(browser, claire, base, many):
    client, seen, url = browser(claire), [], f"{base}/inbox/"
    while url:
        page = client.get(url, headers=HTMX | {"HX-Target": "more"} if seen else {})
        seen += subjects(page)
        found = re.search(r'href="(\?apres=[^"]+)"', page.content.decode())
        url = f"{base}/inbox/{found[1]}" if found else ""
    assert len(seen) == len(set(seen)) == 120
    assert set(seen[:3]) == {"Fil 117", "Fil 118", "Fil 119"}


def test_a_cursor_is_sealed_and_a_forged_one_starts_again(browser, claire, base, many):
    client = browser(claire)
    first = client.get(f"{base}/inbox/")
    cursor = re.search(r"\?apres=([^\"&]+)", first.content.decode())[1]
    assert "2026" not in cursor
    for forged in ("x", "AAAA", cursor[:-8] + "AAAAAAA="):
        assert subjects(client.get(f"{base}/inbox/?apres={forged}")) == subjects(first)
    elsewhere = client.get(f"{base}/archive/?apres={cursor}")
    assert elsewhere.status_code == 200


def test_a_live_refresh_brings_rows_and_counters_only(browser, claire, base, many):
    answer = browser(claire).get(f"{base}/inbox/?n=100", headers=HTMX | {"HX-Target": "rows", "X-Background": "1"})
    text = answer.content.decode()
    assert len(subjects(answer)) == 100
    assert "<html" not in text
    assert 'id="counts"' in text
    assert len(subjects(browser(claire).get(f"{base}/inbox/?n=99999"))) == 120


def test_what_does_not_open_has_its_row_all_the_same(browser, claire, base, file):
    message = file("Perdu")
    Message.objects.filter(pk=message.pk).update(summary_box=b"\1\0not a box of this mailbox at all, really not")
    client = browser(claire)
    assert subjects(client.get(f"{base}/inbox/")) == ["Message illisible"]
    assert client.get(f"{base}/fil/{message.thread_id}/").status_code == 200
    body = client.get(f"{base}/message/{message.pk}/corps/").content.decode()
    assert "ne s’ouvre plus" in body


def test_empty_shelves_say_what_they_are_for(browser, claire, base):
    client = browser(claire)
    for role, words in (("inbox", "Rien à lire"), ("sent", "Aucun message envoyé"), ("trash", "La corbeille est vide")):
        assert words in client.get(f"{base}/{role}/").content.decode()
    assert client.get(f"{base}/nowhere/").status_code == 404


@pytest.mark.parametrize("count", [1, 50])
def test_a_page_of_the_list_costs_the_same_with_one_row_and_with_fifty(
    browser, claire, base, dupont, count, statements
):
    store.file(dupont, [filing(letter(f"Fil {n}", message_id=f"{n}@x"), n) for n in range(count)])
    client = browser(claire)
    client.get(f"{base}/inbox/")
    assert statements(lambda: client.get(f"{base}/inbox/")) <= 5


def test_rows_do_not_show_their_content_in_a_traceback(browser, claire, base, file):
    message = file("Canari")
    entry = listing.Entry(message, None, 1, False)
    assert "Canari" not in repr(entry)
