"""Drafts that change hands, and the note at the top of a mailbox."""

import re

import pytest
from uuid_utils.compat import uuid7

from mailbox.models import Draft, Handover, ThreadEvent
from mssweb.audit.models import AuditEvent
from tests.mailbox.views.conftest import HTMX

WORDS = "paroles du brouillon"


@pytest.fixture
def message(file):
    return file("INR de M. Nguyen")


@pytest.fixture
def draft(author, base, message) -> Draft:
    """Claire's, answering a letter."""
    pk = uuid7()
    form = {"version": "0", "kind": "reply", "source": str(message.pk), "to": "dr.lemaire@hopital.mssante.example"}
    author.post(f"{base}/brouillon/{pk}/", form | {"subject": "Re : INR", "text": WORDS, "action": "save"})
    return Draft.objects.get(pk=pk)


def member(dupont, user) -> str:
    return str(dupont.memberships.get(user=user).pk)


def test_colleagues_see_that_there_is_a_draft_and_its_subject_and_none_of_its_words(browser, anne, hugo, draft, base):
    for user in (anne, hugo):
        page = browser(user).get(f"{base}/fil/{draft.thread_id}/").content.decode()
        assert re.search(r"Brouillon de <b>Claire MARTIN</b>.*Re : INR", page)
        assert WORDS not in page
        status = browser(user).get(f"{base}/brouillon/{draft.pk}/").status_code
        assert status == (404 if user == anne else 403)


def test_only_the_holder_edits_and_the_former_one_is_told(
    author, browser, anne, hugo, draft, base, dupont, claire, message
):
    url, form = (
        f"{base}/brouillon/{draft.pk}/",
        {"kind": "reply", "source": str(message.pk), "text": f"{WORDS}, et la fin"},
    )
    form |= {"version": "1", "action": "hand"}
    for version, wrong in enumerate((member(dupont, hugo), member(dupont, claire), str(uuid7()), "x"), 1):
        assert author.post(url, form | {"version": version, "hand_to": wrong}).status_code == 404, wrong
    assert browser(anne).post(url, form | {"hand_to": member(dupont, claire)}).status_code == 404, "not hers to give"
    given = {"version": "5", "hand_to": member(dupont, anne), "hand_why": "motcanari : finir la posologie"}
    assert author.post(url, form | given)["Location"] == f"{base}/fil/{draft.thread_id}/"
    row = Draft.objects.get(pk=draft.pk)
    assert (row.author, row.handed_by, row.version) == (anne, claire, 7) and b"motcanari" not in bytes(row.hand_box)
    page = browser(anne).get(f"{base}/brouillon/{draft.pk}/").content.decode()
    assert f"{WORDS}, et la fin" in page and re.search(r"Confié par <b>Claire MARTIN</b>.*finir la posologie", page)
    assert author.get(f"{base}/brouillon/{draft.pk}/").status_code == 404
    late = {"version": "1", "kind": "new", "subject": "tard", "text": "encore", "action": "save"}
    told = author.post(f"{base}/brouillon/{draft.pk}/", late, headers={"X-Background": "1"})
    assert told.status_code == 409 and "confié" in told.json()["why"]
    kept = author.post(f"{base}/brouillon/{draft.pk}/", late)
    assert "comme un second brouillon" in kept.content.decode()
    assert Draft.objects.get(pk=draft.pk).version == 7
    event = ThreadEvent.objects.get(verb="handed")
    assert (event.actor, event.person, event.thread_id) == (claire, anne, draft.thread_id)
    assert AuditEvent.objects.get(action="draft.hand").facts == {"to": str(anne.pk)}


def test_what_is_offered_to_the_team_is_read_by_all_edited_by_nobody_and_taken_once(
    author, browser, anne, hugo, stranger, draft, base
):
    url, hand = f"{base}/brouillon/{draft.pk}/", f"{base}/brouillon/{draft.pk}/prendre/"
    author.post(url, {"version": "1", "kind": "new", "text": WORDS, "action": "hand", "hand_to": "team"})
    for client in (author, browser(anne)):
        page = client.get(url).content.decode()
        assert WORDS in page and "Prendre ce brouillon" in page and "data-compose " not in page
        assert "à prendre" in client.get(f"{base}/drafts/").content.decode()
    late = {"version": "3", "kind": "new", "subject": "x", "text": "y", "action": "send"}
    assert author.post(url, late | {"action": "save"}, headers={"X-Background": "1"}).status_code == 409
    assert browser(hugo).post(hand, {"action": "take"}).status_code == 403
    assert browser(stranger).post(hand, {"action": "take"}).status_code == 404
    assert browser(anne).post(hand, {"action": "take"}).status_code == 302
    assert author.post(hand, {"action": "take"}).status_code == 404, "a colleague was quicker"
    assert AuditEvent.objects.get(action="draft.take").actor == anne
    row = Draft.objects.get(pk=draft.pk)
    assert (row.author, row.is_offered) == (anne, False)
    assert "data-compose" in browser(anne).get(url).content.decode()
    assert author.get(url).status_code == 404


def test_the_note_at_the_top_is_written_by_who_may_put_aside_by_each_and_shown_again_once_it_changes(
    browser, anne, claire, hugo, stranger, base
):
    url, note = f"{base}/consignes/", "consignecanari : commande à 16 h"
    for user, status in ((hugo, 403), (stranger, 404)):
        assert browser(user).post(url, {"text": note, "action": "save"}).status_code == status
    browser(claire).post(url, {"text": note, "version": "", "action": "save"})
    first = Handover.objects.get()
    assert b"consignecanari" not in bytes(first.box)
    reader = browser(hugo)
    page = reader.get(f"{base}/inbox/").content.decode()
    assert note in page and "Claire MARTIN" in page
    assert reader.post(url, {"action": "aside", "version": str(uuid7())}).status_code == 404
    answer = reader.post(url, {"action": "aside", "version": str(first.pk)}, headers=HTMX).content.decode()
    assert 'id="handover"' in answer and note not in answer
    assert note not in reader.get(f"{base}/inbox/").content.decode()
    assert note in browser(anne).get(f"{base}/inbox/").content.decode(), "put aside for oneself alone"
    late = browser(anne).post(url, {"text": "autre", "version": "", "action": "save"})
    assert late.status_code == 409 and "Claire MARTIN les a changées" in late.content.decode()
    browser(anne).post(url, {"text": "La suite", "version": str(first.pk), "action": "save"})
    assert "La suite" in reader.get(f"{base}/inbox/").content.decode()
    assert note in browser(anne).get(url).content.decode(), "managers read what stood there"
    assert note not in browser(claire).get(url).content.decode()
    newest = Handover.objects.order_by("-at").first()
    browser(claire).post(url, {"version": str(newest.pk), "action": "clear"})
    assert "La suite" not in reader.get(f"{base}/inbox/").content.decode()
    assert AuditEvent.objects.filter(action="handover.change").count() == 3


def test_the_note_costs_no_statement_of_a_list_nor_of_a_thread(browser, claire, base, file, statements):
    message, client = file("INR"), browser(claire)
    client.post(f"{base}/consignes/", {"text": "Consigne", "action": "save"})
    client.get(f"{base}/inbox/")
    assert statements(lambda: client.get(f"{base}/inbox/")) <= 5
    assert statements(lambda: client.get(f"{base}/fil/{message.thread_id}/?d=inbox")) <= 8
