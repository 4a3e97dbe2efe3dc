"""All of a mailbox leaves with its managers, by a fresh proof, in a file that others read."""

import importlib.util
import io
import re
import sysconfig
import tracemalloc
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from auth_otp.models import Session
from mailbox import archive, contacts, draft_files, drafts, store
from mailbox.contacts import Card
from mailbox.drafts import DraftText
from mailbox.mime import mbox
from mailbox.mime.parse import decoded, parse
from mailbox.models import Blob, Draft, Mailbox, Membership
from mssweb.audit.models import AuditEvent
from tests.conftest import PASSWORD
from tests.mailbox.test_store import filing, letter

AT = datetime(2026, 11, 27, 9, 5, tzinfo=UTC)


def standard_mailbox():
    """The standard library's own reader, which our package's name hides."""
    path = Path(sysconfig.get_path("stdlib")) / "mailbox.py"
    spec = importlib.util.spec_from_file_location("standard_mailbox", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_lines_that_look_like_the_next_message_are_quoted_and_none_is_lost(tmp_path):
    raw = b"Subject: a\r\n\r\nFrom here\r\n>From there\r\nFromage\r\n"
    file = tmp_path / "x.mbox"
    file.write_bytes(b"".join([*mbox.entry(raw, AT), *mbox.entry(b"Subject: b\r\n\r\nfin", AT)]))
    assert file.read_bytes().startswith(b"From MAILER-DAEMON Fri Nov 27 09:05:00 2026\nSubject: a\n")
    read = list(standard_mailbox().mbox(file))
    assert [message["Subject"] for message in read] == ["a", "b"]
    assert read[0].get_payload() == ">From here\n>>From there\nFromage\n"


def leave(client, url: str) -> zipfile.ZipFile:
    """As a browser without scripts does: the page that the button leads to has the file fetched."""
    page = client.post(url, follow=True)
    assert page.redirect_chain == [(url, 302)]
    [file] = re.findall('http-equiv="refresh" content="0; url=([^"]+)"', page.text)
    answer = client.get(file)
    assert answer["Content-Disposition"].startswith("attachment; ")
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


@pytest.fixture
def lived(dupont, anne) -> Mailbox:
    store.file(dupont, [filing(letter(message_id=f"{n}@x", subject=f"Lettre {n}")) for n in range(3)])
    store.file(dupont, [filing(letter(message_id="s@x"), folder_role="sent", direction="out")])
    member = Membership.objects.get(mailbox=dupont, user=anne)
    contacts.add_all(
        member, [Card("a:x@a.example", "Léa =Vial", "", "x@a.example", note="Rappeler")], now=timezone.now()
    )
    return dupont


def test_a_manager_takes_all_of_it_by_a_fresh_proof_and_it_is_told(client, sign_in, anne, lived, tmp_path):
    sign_in(client, anne)
    url = f"/b/{lived.pk}/exporter/"
    assert "4 messages" in client.get(url).content.decode()
    Session.objects.update(proven_at=timezone.now() - timedelta(minutes=11))
    for answer in (client.get(url), client.post(url), client.get(f"{url}fichier/", follow=True).redirect_chain[-1]):
        there = answer[0] if isinstance(answer, tuple) else answer["Location"]
        assert there.startswith("/confirmer/"), "a session left open at the counter"
    client.post("/confirmer/", {"password": PASSWORD})
    assert not AuditEvent.objects.filter(action="mailbox.export").exists()
    taken = leave(client, url)
    assert taken.testzip() is None
    assert {"Réception.mbox", "Envoyés.mbox", "Contacts.csv", "LISEZ-MOI.txt"} <= set(taken.namelist())
    (tmp_path / "in").write_bytes(taken.read("Réception.mbox"))
    assert [message["Subject"] for message in standard_mailbox().mbox(tmp_path / "in")] == [
        "Lettre 0",
        "Lettre 1",
        "Lettre 2",
    ]
    assert "Rappeler" in taken.read("Contacts.csv").decode()
    assert "Réception.mbox : 3 messages" in taken.read("LISEZ-MOI.txt").decode()
    [told] = AuditEvent.objects.filter(action="mailbox.export")
    assert (told.actor, told.mailbox_id, told.facts) == (anne, lived.pk, {"count": 4, "drafts": 0})


@pytest.fixture
def begun(dupont, claire) -> Draft:
    """By Claire: a patient, a doctor in blind copy, somebody who has no address yet, words and a file."""
    text = DraftText(
        to='"VIDAL Marguerite" <248057511604235@patient.mssante.fr>, Dr Lemaire', cc="a@b@c",
        bcc="f.lemaire@hopital.mssante.example", subject="Canari\0 é", text="apixaban\n5 mg",
    )  # fmt: skip
    row = drafts.save(Membership.objects.get(mailbox=dupont, user=claire), uuid7(), text, version=0, now=AT)
    draft_files.attach(dupont, row, name="Compte rendu.pdf", content_type="application/pdf", data=b"%PDF-1.7")
    return row


def exported(mailbox) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(archive.stream(mailbox, timezone.now()))))


def test_drafts_of_everybody_leave_too_with_their_files_and_nothing_typed_is_lost(client, sign_in, anne, dupont, begun):
    sign_in(client, anne)
    url = f"/b/{dupont.pk}/exporter/"
    assert "1 brouillon" in client.get(url).text
    taken = leave(client, url)
    [name] = [one for one in taken.namelist() if one.startswith("Brouillons/")]
    assert name == "Brouillons/0001 2026-11-27 Claire MARTIN.eml"
    parsed = parse(raw := taken.read(name))
    assert [a.addr_spec for a in parsed.to] == ["248057511604235@patient.mssante.fr"] and not parsed.cc
    assert b"Bcc: f.lemaire@hopital.mssante.example\r\n" in raw and parsed.warnings == ()
    assert (parsed.subject, parsed.date, parsed.headers["comments"]) == ("Canari é", AT, "Brouillon de Claire MARTIN")
    assert "Dr Lemaire\nCc : a@b@c\n\napixaban\n5 mg" in parsed.text
    [file] = parsed.attachments
    assert (file.filename, decoded(raw, file)) == ("Compte rendu.pdf", b"%PDF-1.7")
    assert "Brouillons : 1 brouillon\n" in taken.read("LISEZ-MOI.txt").decode()
    assert AuditEvent.objects.get(action="mailbox.export").facts == {"count": 0, "drafts": 1}


def test_a_draft_or_a_file_of_one_that_does_not_open_is_counted_and_the_rest_leaves(dupont, begun):
    Blob.objects.filter(pk=begun.files.get().blob_id).update(box=b"broken")
    taken = exported(dupont)
    assert "1 pièce(s) jointe(s) de brouillons ne s’ouvrent plus" in taken.read("LISEZ-MOI.txt").decode()
    assert b"apixaban" in taken.read(next(one for one in taken.namelist() if one.startswith("Brouillons/")))
    Draft.objects.update(box=b"broken")
    taken = exported(dupont)
    assert not [one for one in taken.namelist() if one.startswith("Brouillons/")]
    assert "1 message(s) ne s’ouvrent plus" in taken.read("LISEZ-MOI.txt").decode()


@pytest.mark.parametrize("state", ["suspended", "closed"])
def test_it_is_read_and_exported_while_suspended_or_in_grace_and_nothing_else(client, sign_in, anne, lived, state):
    Mailbox.objects.filter(pk=lived.pk).update(state=state)
    sign_in(client, anne)
    page = client.get(f"/b/{lived.pk}/inbox/").content.decode()
    assert "Lettre 2" in page and ("suspendue" if state == "suspended" else "clôturée") in page
    assert "Nouveau message" not in page, "nothing that does not work is shown"
    assert client.post(f"/b/{lived.pk}/brouillon/{uuid7()}/", {"action": "send"}).status_code == 403
    assert leave(client, f"/b/{lived.pk}/exporter/").namelist()
    Mailbox.objects.filter(pk=lived.pk).update(state="deleted")
    assert client.get(f"/b/{lived.pk}/exporter/").status_code == 404


def test_each_press_of_the_button_gives_one_file_within_two_minutes_of_that_mailbox(
    client, sign_in, anne, lived, annes_box, monkeypatch
):
    sign_in(client, anne)
    url, other = f"/b/{lived.pk}/exporter/", f"/b/{annes_box.pk}/exporter/"
    asked = f"{url}fichier/"
    assert client.get(asked)["Location"] == url, "no button was pressed"
    assert "Le téléchargement commence" in client.post(url, follow=True).text
    assert (
        client.get(f"{other}fichier/")["Location"] == other
        and "Le téléchargement commence" not in client.get(other).text
    )
    assert client.post(asked).status_code == 405
    assert client.get(asked).streaming and client.get(asked)["Location"] == url, "once"
    assert AuditEvent.objects.filter(action="mailbox.export").count() == 1
    client.post(url)
    later = timezone.now() + timedelta(minutes=2)
    monkeypatch.setattr("mailbox.views.exporting.timezone.now", lambda: later)
    assert client.get(asked)["Location"] == url, "too late"
    monkeypatch.undo()
    client.post(url)
    Membership.objects.filter(mailbox=lived, user=anne).update(role="member")
    assert client.get(asked).status_code == 403


def test_members_and_readers_do_not_export_and_strangers_see_nothing(client, sign_in, claire, hugo, stranger, lived):
    for user, status in ((claire, 403), (hugo, 403), (stranger, 404)):
        sign_in(client, user)
        url = f"/b/{lived.pk}/exporter/"
        asked = (client.get(url), client.post(url), client.get(f"{url}fichier/"))
        answers = {answer.status_code for answer in asked}
        assert answers == {status}, user


def test_what_does_not_open_is_counted_and_the_rest_leaves(lived):
    Blob.objects.filter(pk=lived.messages.first().blob_id).update(box=b"broken")
    taken = exported(lived)
    assert "1 message(s) ne s’ouvrent plus" in taken.read("LISEZ-MOI.txt").decode()


def test_memory_holds_one_message_whatever_the_mailbox_holds(dupont):
    """Peak of what Python holds: some copies of one letter, of the sixteen that are there."""
    body = "posologie\r\n" * 10_000
    for number in range(16):
        store.file(dupont, [filing(letter(body=body, message_id=f"{number}@x"))])
    box = Mailbox.objects.get(pk=dupont.pk)
    assert box.keys
    tracemalloc.start()
    try:
        assert sum(map(len, archive.stream(box, timezone.now()))) > 3_000
        assert tracemalloc.get_traced_memory()[1] < 8 * len(body)
    finally:
        tracemalloc.stop()
