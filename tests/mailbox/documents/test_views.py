"""The panel of a thread, previews and downloads: what is offered, what is refused, what is told to the journal."""

import io
import re
import zipfile

import pytest
from uuid_utils.compat import uuid7

from mailbox import draft_files, drafts
from mailbox.documents import facts
from mailbox.models import Examination
from mailbox.quarantine import runner
from mailbox.quarantine.values import Found
from mailbox.views import previews
from mssweb.audit.models import AuditEvent
from tests.mailbox.documents.conftest import DR  # noqa: F401
from tests.mailbox.quarantine.made import CDA, INS, PDF, XDM, described, narrated, photo
from tests.mailbox.test_store import NOW
from tests.mailbox.views.conftest import HTMX


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_a_thread_shows_its_patient_and_a_line_a_document_with_the_pdf_of_the_same(browser, claire, base, came):
    message = came(("IHE_XDM.zip", XDM), ("20261120_Ordonnance.pdf", PDF), ("facture.pdf", b"MZ" + b"x" * 99))
    client = browser(claire)
    page = text(client.get(f"{base}/fil/{message.thread_id}/?d=inbox"))
    assert "PAT-TROIS Dominique" in page, "ECO.3.1.2"
    assert "2 79 03 51 215 189 89" in page
    panel = page[page.index('id="papers"') : page.index('class="flow"')]
    assert panel.count('<li class="paper') == 2, "the CDA with its PDF, and the program"
    assert panel.count('<img src="data:image/webp;base64,') == 1, "a stamp of the PDF, none of the program"
    assert "C’est un programme" in panel
    assert len(re.findall(r"piece/\d/\d/apercu/", panel)) == 2
    row = text(client.get(f"{base}/inbox/"))
    assert "Ordonnance</span>" in row
    assert "PAT-TROIS Dominique · 05/03/1979" in row
    found = client.post(f"{base}/recherche/", {"q": "amoxicilline"}, follow=True)
    assert "PAT-TROIS Dominique · 05/03/1979" in text(found)


def test_a_preview_draws_pages_and_a_cda_and_each_is_told_once(browser, claire, hugo, base, came):
    message = came(("IHE_XDM.zip", XDM), ("ordonnance.pdf", PDF), examined=False)
    piece = f"{base}/message/{message.pk}/piece"
    client = browser(hugo)
    pdf = client.get(f"{piece}/3/apercu/")
    [image] = re.findall(r'<img class="sheet-picture" src="([^"]+)"', pdf.content.decode())
    drawn = client.get(image)
    assert (drawn["Content-Type"], drawn.content[:4]) == ("image/webp", b"RIFF")
    assert "no-store" in drawn["Cache-Control"]
    none = client.get(image.replace("page/0/", "page/7/"))
    assert none.status_code == 404 and "Image non affichée" in none.content.decode()
    cda = text(client.get(f"{piece}/2/3/apercu/", headers=HTMX))
    assert "<html" not in cda
    assert "Traitement" in cda
    assert "identité de test" in cda
    told = AuditEvent.objects.filter(action="document.preview", actor=hugo)
    assert [(e.facts["part"], e.facts["member"]) for e in told.order_by("at")] == [("3", -1), ("2", 3)]
    saved = client.get(f"{piece}/2/3/")
    assert (b"".join([saved.content]), saved["Content-Type"]) == (CDA, "application/octet-stream")
    assert "DOC0001.XML" in saved["Content-Disposition"]
    assert client.get(f"{piece}/2/99/").status_code == client.get(f"{piece}/9/apercu/").status_code == 404


def test_words_of_a_document_are_words_and_a_refused_one_is_a_notice_and_nothing_else(browser, claire, base, came):
    hostile = narrated("<paragraph>&lt;script&gt;alert(1)&lt;/script&gt; {{ shell }}</paragraph>")
    message = came(
        ("a.xml", hostile), ("b.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><ClinicalDocument>&a;</ClinicalDocument>')
    )
    client = browser(claire)
    shown = text(client.get(f"{base}/message/{message.pk}/piece/2/apercu/"))
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ shell }}" in shown
    refused = text(client.get(f"{base}/message/{message.pk}/piece/3/apercu/"))
    assert "définitions interdites" in refused
    assert '<article class="cda"' not in refused


def test_a_cda_whose_pictures_are_too_much_is_read_without_them(browser, claire, base, came, monkeypatch):
    message, look = came(("a.xml", narrated("<paragraph>Conclusion.</paragraph>")), examined=False), runner.look

    def heavy(given, *, words: bool = True):
        return look(given) if words else Found("xml", notice="timeout")

    monkeypatch.setattr(runner, "look", heavy)
    shown = text(browser(claire).get(f"{base}/message/{message.pk}/piece/2/apercu/"))
    assert "Conclusion." in shown and "images de ce document ne peuvent pas" in shown


def test_a_file_that_was_examined_is_opened_to_be_drawn_alone(browser, claire, base, came, monkeypatch):
    message = came(("a.pdf", PDF))
    monkeypatch.setattr(runner, "look", None)
    page = browser(claire).get(f"{base}/message/{message.pk}/piece/2/apercu/").content.decode()
    assert f'/piece/2/page/0/" width="{previews.WIDTH}" height="{round(842 * previews.WIDTH / 595)}"' in page


def test_mismatches_of_an_archive_stand_on_the_line(browser, claire, base, came):
    message = came(("IHE_XDM.zip", described(("DOC0001.XML", CDA), hash_of=b"autre", ins="255069999999934")))
    page = text(browser(claire).get(f"{base}/fil/{message.thread_id}/documents/"))
    for words in ("empreinte différente", "L’INS du document n’est pas celui", "plusieurs patients"):
        assert words in page


def test_all_files_of_a_thread_come_as_one_archive_under_names_of_their_own(browser, claire, base, came):
    message = came(("a.pdf", PDF), ("a.pdf", b"%PDF-autre"), ("photo.jpg", photo()), examined=False)
    answer = browser(claire).get(f"{base}/fil/{message.thread_id}/documents.zip")
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        assert archive.namelist() == ["a.pdf", "a (2).pdf", "photo.jpg"]
        assert archive.read("a.pdf") == PDF
    assert AuditEvent.objects.get(action="document.download_all").facts["count"] == 3


@pytest.fixture
def infected(came, dupont):
    """A letter whose first file the antivirus recognised."""
    message = came(("a.pdf", PDF), ("b.pdf", PDF))
    row = Examination.objects.get(message=message)
    found = facts.open_facts(row, dupont.keys)
    files = (facts.FileFacts("2", "", "infected", verdict="infected"), found.files[1])
    row.box = facts.seal("whole", facts.Facts(files), dupont.keys, dupont.pk, message.pk)
    row.scan = "infected"
    row.save()
    return message


def test_what_is_infected_is_shown_with_a_notice_and_given_to_nobody_a_manager_neither(
    browser, anne, base, dupont, infected
):
    client, piece = browser(anne), f"{base}/message/{infected.pk}/piece/2"
    page = text(client.get(f"{base}/fil/{infected.thread_id}/?d=inbox"))
    assert "L’antivirus a reconnu un virus" in page
    assert f"{piece}/apercu/" not in page
    assert "Virus écarté" in text(client.get(f"{base}/inbox/"))
    assert client.get(f"{piece}/").status_code == 403
    assert "virus" in text(client.get(f"{piece}/apercu/"))
    assert client.get(f"{piece}/page/0/").status_code == 404
    assert client.get(f"{piece}/0/").status_code == 403
    assert client.get(f"{piece.removesuffix('2')}3/").status_code == 200
    answer = client.get(f"{base}/fil/{infected.thread_id}/documents.zip")
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        assert archive.namelist() == ["b.pdf"]
    draft = drafts.save(dupont.memberships.get(user=anne), uuid7(), drafts.DraftText(), version=0, now=NOW)
    assert draft_files.carry(dupont, draft, infected, {"2", "3"}) == ["a.pdf"], "nor forwarded"
    assert [note.name for note in draft_files.of(draft, dupont)] == ["b.pdf"]
    draft_files.attach(dupont, draft, name="a.pdf", content_type="", data=b"x", part="2")  # before it was recognised
    given = {"kind": "forward", "source": infected.pk, "to": "a@b.example", "subject": "Tr", "text": "x", "version": 1}
    sent = client.post(f"{base}/brouillon/{draft.pk}/", {**given, "action": "send"})
    assert "un virus : retirez a.pdf" in text(sent)


def test_letters_of_before_are_examined_when_somebody_looks(browser, claire, base, came):
    message = came(("a.pdf", PDF), examined=False)
    Examination.objects.all().delete()
    page = text(browser(claire).get(f"{base}/fil/{message.thread_id}/?d=inbox"))
    assert "analyse en cours" in page
    assert Examination.objects.get(message=message).due_at
    assert INS not in page
