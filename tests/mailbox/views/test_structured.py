"""A letter as a document of health, through the pages: written, built, sent, undone, replaced; what is refused in its place."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from uuid_utils.compat import uuid7

from mailbox import blobs, draft_files, drafts
from mailbox.documents import leaving, oppositions, persons
from mailbox.documents.worker import examine_due
from mailbox.mime.parse import decoded, parse
from mailbox.models import Draft, Message, Patient, Submission
from mailbox.outbound import objecting, worker
from mailbox.outbound.failure import explain
from mailbox.quarantine.inside import archive as opened
from mailbox.quarantine.values import Document, Person
from mailbox.reply import Permanent, Reply
from mailbox.structured import choice
from mailbox.traces.values import Met
from mailbox.views import structured
from mssweb.audit.models import AuditEvent
from tests.mailbox.documents.conftest import came  # noqa: F401
from tests.mailbox.quarantine.made import CDA, INS, PDF, XDM
from tests.mailbox.views.test_compose import DR, write

PATIENT = {
    "doc": "1", "doc_code": "57833-6", "doc_act": "2026-11-20", "doc_family": "Pat-Trois", "doc_given": "Dominique",
    "doc_born": "1979-03-05", "doc_sex": "F", "doc_ins": INS, "doc_oid": "1.2.250.1.213.1.4.10",
}  # fmt: skip
QUALIFIED = PATIENT | {"doc_qualified": "1"}
FIT = PDF + b"% <pdfaid:part>1</pdfaid:part>\n"  # says that it is a PDF/A-1: nothing is asked


def pdf(data: bytes = FIT, name: str = "scan.pdf", kind: str = "application/pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, kind)


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


def send(author, base, files=(), **fields):
    return write(author, author.get(f"{base}/nouveau/"), "send", files=files, to=DR, text="Bonjour", **fields)


def left(dupont) -> tuple[Message, bytes]:
    message = Message.objects.filter(direction="out").latest("filed_at")
    return message, blobs.read(message.blob, dupont)


def test_a_pdf_leaves_in_its_archive_and_beside_it_and_the_thread_shows_it(author, base, dupont):
    answer = send(author, base, [pdf(PDF)], **PATIENT)
    assert "ne se déclare pas PDF/A-1" in text(answer) and not Submission.objects.exists(), "asked once"
    draft = Draft.objects.get()
    assert INS.encode() not in bytes(draft.box)
    assert drafts.open_text(draft, dupont).subject == "Ordonnance PAT-TROIS Dominique 05/03/1979"
    write(author, answer, "send", to=DR, text="Bonjour", **PATIENT)
    message, raw = left(dupont)
    read = parse(raw)
    assert read.headers["x-mss-codecda"] == "57833-6" and read.headers["x-mss-ins"] == "N"  # ECO.2.4.1, ECO.2.4.2
    assert read.subject == "XDM/1.0/DDM+Ordonnance PAT-TROIS Dominique 05/03/1979"
    kinds = [(one.filename, one.content_type) for one in read.attachments]
    named = "20261120_Ordonnance_PAT-TROIS_Dominique.pdf"
    assert kinds == [("IHE_XDM.zip", "application/zip"), (named, "application/pdf")]
    archive, beside = (decoded(raw, one) for one in read.attachments)
    assert beside == PDF and INS.encode() not in raw + archive
    assert not Draft.objects.exists()
    assert AuditEvent.objects.get(action="document.send").facts == {"documents": 1, "ins": False}
    examine_due(timezone.now() + timedelta(minutes=1))
    page = text(author.get(f"{base}/fil/{message.thread_id}/?d=sent"))
    panel = page[page.index('id="papers"') : page.index('class="flow"')]
    assert panel.count('<li class="paper') == 1 and "Ordonnance" in panel and "PAT-TROIS Dominique" in page
    assert "empreinte" not in panel and "Annuler et remplacer" in page


def test_undone_it_is_the_same_draft(author, base, dupont):
    send(author, base, [pdf()], **QUALIFIED)
    submission = Submission.objects.get()
    page = author.post(f"{base}/envoi/{submission.pk}/annuler/", follow=True)
    kept = choice.read(drafts.open_text(Draft.objects.get(), dupont).document)
    assert kept and (kept.ins, kept.qualified, kept.act, kept.local) == (INS, "1", "2026-11-20", "")
    assert "20261120_Ordonnance" in text(page) and "IHE_XDM" not in text(page)


@pytest.mark.soak
def test_a_document_that_was_sent_is_replaced_in_its_thread(author, base, dupont):
    send(author, base, [pdf()], **QUALIFIED)
    message, raw = left(dupont)
    assert parse(raw).headers["x-mss-ins"] == "O"
    first = look(raw)
    again = author.get(f"{base}/message/{message.pk}/remplacer/")
    assert "Annule et remplace" in text(again) and DR in text(again)
    asked = dict(re.findall(r'name="(doc_(?:replaces|set_id|version))" value="([^"]*)"', again.content.decode()))
    given = QUALIFIED | asked
    write(author, again, "send", files=[pdf(FIT + b"\n")], to=DR, **given)
    newer, raw = left(dupont)
    assert newer.thread_id == message.thread_id
    assert parse(raw).subject.startswith("[Annule et remplace] XDM/1.0/DDM+Ordonnance")
    second = look(raw)
    assert (second.replaces, second.set_id, second.version) == (first.unique_id, first.set_id, "2")


def look(raw: bytes) -> Document:
    """The one document of an archive, as we read it; its bytes are ours, so here."""
    archive = next(one for one in parse(raw).attachments if one.filename == "IHE_XDM.zip")
    [document] = opened.look(decoded(raw, archive)).documents
    assert document.problems == ()
    return document


def test_what_cannot_leave_is_refused_in_its_place_and_nothing_is_lost(author, base, dupont):
    answer = send(author, base, **PATIENT | {"doc_family": "", "doc_qualified": "1", "doc_ins": INS[:-1] + "0"})
    assert answer.status_code == 422 and "Joignez le document" in text(answer)
    told = text(write(author, answer, "send", [pdf()], to=DR, **PATIENT | {"doc_family": "", "doc_code": "x"}))
    assert "Indiquez le nom de naissance" in told and "Choisissez le type" in told and "scan.pdf" in told
    told = text(send(author, base, [pdf(b"MZ" + b"x" * 99)], **PATIENT))
    assert "C’est un programme" in told
    chosen = choice.Choice(ins=INS)
    others = {"somebody-else": "Le patient destinataire n’est pas celui du document : son INS est différente."}
    for to, asked in ((f"{INS}@patient.mssante.fr", {}), ("248057511604235@patient.mssante.fr", others), (DR, {})):
        assert structured.somebody_else(drafts.DraftText(to=to), chosen) == asked, "ECO.2.2.6"
    assert not Submission.objects.exists()


def test_a_cda_leaves_as_it_is_with_its_pdf(author, base, dupont):
    files = [pdf(CDA, "doc.xml", "text/xml"), pdf()]
    answer = send(author, base, files, doc="1", doc_qualified="1", doc_sex="F")
    assert answer.status_code == 302, text(answer)
    _, raw = left(dupont)
    assert look(raw).patient.ins == INS and parse(raw).headers["x-mss-ins"] == "O"
    packed = next(decoded(raw, one) for one in parse(raw).attachments if one.filename == "IHE_XDM.zip")
    assert opened.bytes_of(opened.open_archive(packed), 3) == CDA
    person = Person(family="Pat-Trois", given="Dominique", born="19790305", ins=INS)
    oppositions.change(dupont, person, "professionals", is_opposed=True, today=timezone.localdate())
    files = [pdf(CDA, "doc.xml", "text/xml"), pdf()]
    answer = send(author, base, files, doc="1", doc_qualified="1", doc_sex="F")
    assert "Le patient s’oppose" in text(answer), "the patient that the CDA names, though nobody typed a name"


def test_a_patient_that_the_mailbox_knows_is_found_and_taken_without_scripts(author, base, dupont, annes_box, came):  # noqa: F811
    message = came(examined=False)
    person = Person(family="PAT-TROIS", given="Dominique", born="19790305", ins=INS, oid="1.2.250.1.213.1.4.10")
    [row] = persons.attach(dupont, message.thread_id, [person])
    for typed, is_found in (
        ("trois dom", True),
        ("05/03/1979", True),
        (INS[:6], True),
        (" ".join(INS), True),
        ("martin", False),
        ("t", False),
    ):
        answer = author.post(f"{base}/patients/", {"doc_find": typed})
        assert (f"patient:{row.pk}" in text(answer)) == is_found, typed
    page = write(author, author.get(f"{base}/nouveau/"), "patient:", doc="1", doc_find="pat-trois")
    assert f'value="patient:{row.pk}"' in text(page)
    page = write(author, page, f"patient:{row.pk}", doc="1")
    assert 'value="PAT-TROIS"' in text(page) and 'value="1979-03-05"' in text(page)
    assert 'name="doc_qualified" value="1" checked' not in text(page), "that is for whoever sends to say"
    assert f"patient:{row.pk}" in text(author.get(f"{base}/message/{message.pk}/repondre/")), "offered in its thread"
    other = Patient.objects.create(mailbox=annes_box, box=b"x")
    assert write(author, page, f"patient:{other.pk}", doc="1").status_code == 404


def test_what_a_patient_refuses_is_kept_sealed_and_keeps_their_documents_from_leaving(author, base, dupont):
    # va1.20, va1.22
    page = author.get(f"{base}/nouveau/")
    assert "Indiquez d’abord le nom" in text(write(author, page, "opposition:professionals:1", doc="1"))
    shown = text(write(author, page, "opposition:professionals:1", to=DR, **PATIENT))
    assert "S’oppose à l’envoi à des professionnels" in shown and "Lever" in shown
    row, today = Patient.objects.get(), timezone.localdate().isoformat()
    assert oppositions.read(row, dupont) == oppositions.Opposition(professionals=today)
    assert b"2026" not in bytes(row.opposition_box)
    told = AuditEvent.objects.get(action="patient.opposed")
    assert (told.subject_id, told.facts) == (str(row.pk), {"whom": "professionals"})
    without_ins = {name: value for name, value in PATIENT.items() if name not in {"doc_ins", "doc_oid"}}
    refused = text(send(author, base, [pdf()], **without_ins))
    assert "Le patient s’oppose à l’envoi de ses documents à des professionnels" in refused
    assert not Submission.objects.exists()
    other = Person(family="Pat-Trois", given="Dominique", born="19790305", ins="255069999999934")
    assert oppositions.of(dupont, other) == oppositions.Opposition(), "who has another INS is somebody else"
    write(author, page, "opposition:professionals:", **without_ins)
    assert oppositions.read(Patient.objects.get(), dupont) == oppositions.Opposition()
    send(author, base, [pdf()], **PATIENT)
    assert Submission.objects.count() == 1


def test_an_opposition_is_of_the_recipients_that_it_names():
    both = oppositions.Opposition(patient="2026-11-20")
    assert oppositions.refused(both, ["dr@x.mssante.fr"]) == ""
    assert "Mon espace santé" in oppositions.refused(both, ["dr@x.mssante.fr", f"{INS}@patient.mssante.fr"])


def test_an_opposition_noted_after_the_sending_stops_the_document_as_it_leaves(author, base, dupont):
    send(author, base, [pdf()], **PATIENT)
    sent = Submission.objects.select_related("message", "mailbox__key").get()
    [row] = sent.recipients.all()
    person, today = Person(family="Pat-Trois", given="Dominique", born="19790305"), timezone.localdate()
    oppositions.change(dupont, person, "patient", is_opposed=True, today=today)
    objecting.check([row], sent, Met())  # what is refused is another sending
    oppositions.change(dupont, person, "professionals", is_opposed=True, today=today)
    worker.send_due(timezone.now() + timedelta(hours=1))
    row.refresh_from_db()
    assert row.state == "failed" and "s’oppose" in explain(Reply(row.reply_code, row.reply_enhanced, row.reply_text))
    page = text(author.get(f"{base}/fil/{sent.message.thread_id}/?d=sent"))
    assert "le patient s’oppose à cet envoi" in page
    assert Message.objects.filter(direction="in", thread=sent.message.thread_id).count() == 1, "its author is told"
    examine_due(timezone.now() + timedelta(hours=1))
    with pytest.raises(Permanent):
        objecting.check([row], sent, Met())  # by what its documents say too


def test_what_was_chosen_is_saved_by_itself_and_files_that_joined_meanwhile_are_not_left_behind(
    author, base, dupont, claire, monkeypatch
):  # fmt: skip
    url = f"{base}/brouillon/{uuid7()}/"
    author.post(url, {"kind": "new", **QUALIFIED}, headers={"X-Background": "1"})
    draft = Draft.objects.get()
    kept = choice.read(drafts.open_text(draft, dupont).document)
    assert kept and (kept.family, kept.qualified) == ("Pat-Trois", "1")
    built = leaving.prepare

    def while_building(*given, **how):
        draft_files.attach(dupont, draft, name="b.pdf", content_type="application/pdf", data=FIT)
        return built(*given, **how)

    monkeypatch.setattr(leaving, "prepare", while_building)
    page = author.get(url)
    told = text(write(author, page, "send", [pdf()], to=DR, **QUALIFIED))
    assert "b.pdf" in told and not Submission.objects.exists()


def test_only_what_we_sent_is_replaced(author, base, came):  # noqa: F811
    assert author.get(f"{base}/message/{came(('IHE_XDM.zip', XDM), examined=False).pk}/remplacer/").status_code == 404
