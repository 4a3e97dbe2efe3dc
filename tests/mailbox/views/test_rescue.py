"""Two tabs on one draft: what the later one typed is kept, with its files, and nothing is sent that nobody asked for."""

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from mailbox import blobs, draft_files, drafts, store
from mailbox.models import Draft, DraftFile, Message, Submission
from mailbox.views import cautions
from tests.depth import variant
from tests.mailbox.test_store import filing, letter
from tests.mailbox.views.test_compose import DR, hidden, write


def pdf(name: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(f"{name}.pdf", b"%PDF", content_type="application/pdf")


def kept(dupont) -> dict[str, list[str]]:
    """Subjects of the drafts, and their files."""
    rows = Draft.objects.order_by("pk")
    return {drafts.open_text(row, dupont).subject: [file.name for file in draft_files.of(row, dupont)] for row in rows}


def draft_url(page) -> str:
    return hidden(page)["action_url"]


@pytest.fixture
def late(author, base):
    """A page of a draft with a file, that another tab goes on from."""
    return write(author, author.get(f"{base}/nouveau/"), to=DR, subject="Un", text="x", files=[pdf("bilan")])


@pytest.mark.parametrize("action", ["save", "send"])
def test_what_two_tabs_changed_is_kept_twice_with_its_files(author, dupont, late, action):
    write(author, late, to=DR, subject="Deux", text="x")
    answer = write(author, late, action, to=DR, subject="Trois", text="x", files=[pdf("radio")])
    html = answer.content.decode()
    assert "modifié ailleurs" in html
    assert kept(dupont) == {"Deux": ["bilan.pdf"], "Trois": ["bilan.pdf", "radio.pdf"]}
    assert all(f'title="Retirer {name}.pdf"' in html for name in ("bilan", "radio"))
    assert not Submission.objects.exists()
    assert write(author, answer, "send", to=DR, subject="Trois", text="x").status_code == 302
    assert list(kept(dupont)) == ["Deux"]


def test_files_that_have_no_room_beside_are_named(author, late, monkeypatch):
    write(author, late, subject="Deux")
    monkeypatch.setattr(draft_files, "MAX_FILES", 1)
    answer = write(author, late, subject="Trois", files=[pdf("radio")])
    assert "«\xa0radio.pdf\xa0» n’a pas été joint" in answer.content.decode()
    assert DraftFile.objects.count() == 2


@pytest.mark.parametrize("action", ["save", "send"])
def test_words_added_to_what_another_tab_sent_are_a_new_draft(author, dupont, late, action):
    sent = {"to": DR, "subject": "Un", "text": "Deux comprimés\r\n\r\n> et  demi"}
    assert write(author, late, "send", **sent).status_code == 302
    again = write(author, late, action, **sent)
    assert again["Location"].endswith("/sent/"), "the same button twice"
    assert not Draft.objects.exists()
    answer = write(author, late, action, **sent | {"text": "Trois comprimés"})
    assert "déjà parti" in answer.content.decode()
    assert "Trois comprimés" in answer.content.decode()
    assert (list(kept(dupont)), Submission.objects.count()) == (["Un"], 1)


def test_a_file_added_to_what_another_tab_sent_is_a_new_draft_too(author, dupont, late):
    write(author, late, "send", to=DR, subject="Un", text="x")
    write(author, late, to=DR, subject="Un", text="x", files=[pdf("radio")])
    assert kept(dupont) == {"Un": ["radio.pdf"]}


@pytest.mark.parametrize("action", ["save", "send"])
def test_a_draft_deleted_in_another_tab_is_written_anew_and_not_sent_without_its_files(author, dupont, late, action):
    write(author, late, "delete")
    answer = write(author, late, action, to=DR, subject="Un", text="Encore")
    assert "supprimé ailleurs" in answer.content.decode()
    assert kept(dupont) == {"Un": []}
    assert not Submission.objects.exists()
    assert draft_url(answer) != draft_url(late)


@pytest.mark.parametrize(("act", "told"), [("save", "modifié"), ("send", "parti"), ("delete", "supprimé")])
def test_an_autosave_that_comes_too_late_is_told_why_and_writes_nothing(author, late, act, told):
    write(author, late, act, to=DR, subject="Deux", text="x")
    before = list(Draft.objects.values_list("pk", "version"))
    answer = author.post(draft_url(late), {"kind": "new", "version": "1"}, headers={"X-Background": "1"})
    assert (answer.status_code, told in answer.json()["why"]) == (409, True)
    assert list(Draft.objects.values_list("pk", "version")) == before


def test_a_draft_of_somebody_else_is_never_found(author, browser, anne, base, late):
    for version in ("0", "1", "7"):
        form = {"kind": "new", "version": version, "subject": "Canari"}
        assert browser(anne).post(draft_url(late), form).status_code == 404
    assert Draft.objects.count() == 1
    assert browser(anne).post(f"{base}/brouillon/{uuid4()}/", {"kind": "new"}).status_code == 200


def test_a_draft_deleted_elsewhere_while_it_is_sent_is_not_told_as_sent(author, dupont, late, monkeypatch):
    real = cautions.cautions

    def meanwhile(*given, **how):
        drafts.delete(Draft.objects.get())
        return real(*given, **how)

    monkeypatch.setattr(cautions, "cautions", meanwhile)
    html = write(author, late, "send", to=DR, subject="Deux", text="x").content.decode()
    assert "supprimé ailleurs" in html
    assert "déjà" not in html
    assert list(kept(dupont)) == ["Deux"]
    assert not Submission.objects.exists()


@pytest.mark.parametrize("act", ["transferer", variant("repondre")])
def test_what_answers_a_letter_that_is_destroyed_meanwhile_is_saved_shown_and_sent(author, base, dupont, act):
    """Its words are not lost: they leave as a letter of their own."""
    [source] = store.file(dupont, [filing(letter("INR", message_id="o@x", sender=f"Dr <{DR}>"))])
    saved = write(author, author.get(f"{base}/message/{source.pk}/{act}/"), to=DR, subject="Re", text="Oui.")
    store.remove(dupont, [source.pk])
    assert author.get(f"{base}/brouillon/{Draft.objects.get().pk}/").status_code == 200
    write(author, saved, "send", to=DR, subject="Re", text="Oui, demain.")
    assert not Draft.objects.exists()
    assert b"Oui, demain." in blobs.read(Message.objects.get(direction="out").blob, dupont)


def test_a_letter_is_called_back_though_what_it_answers_is_destroyed_and_a_file_has_no_room(
    author, base, dupont, monkeypatch
):
    [source] = store.file(dupont, [filing(letter("INR", message_id="o@x", sender=f"Dr <{DR}>"))])
    shown = author.get(f"{base}/message/{source.pk}/repondre/")
    write(author, shown, "send", to=DR, subject="Re", text="Oui.", files=[SimpleUploadedFile("bilan.txt", b"INR 2,4")])
    store.remove(dupont, [source.pk])
    monkeypatch.setattr(draft_files, "MAX_BYTES", 3)
    page = author.post(f"{base}/envoi/{Submission.objects.get().pk}/annuler/", follow=True).content.decode()
    assert "Envoi annulé" in page and "à joindre de nouveau : bilan.txt" in page
    assert drafts.open_text(Draft.objects.get(), dupont).text == "Oui."
