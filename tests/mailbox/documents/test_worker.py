"""Examining what was filed: patients, words, chips; once, under a lease, with an antivirus that may be away."""

import getpass
import shutil
import socket
import subprocess
import threading
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from mailbox import finding
from mailbox.documents import clamd, examining, facts, persons, queue, worker
from mailbox.documents.worker import examine_due
from mailbox.models import Examination, Mailbox, Message, Patient, Sorting, ThreadPatient
from mailbox.query import Query
from mailbox.reply import Temporary
from mssweb import tally
from tests.mailbox.quarantine.made import INS, PDF, XDM, photo

LATER = timedelta(days=3650)


def whole(message: Message, box) -> facts.Facts:
    return facts.open_facts(Examination.objects.get(message=message), box.keys)


def test_a_letter_with_documents_gives_chips_words_and_its_patient_after_its_filing_and_not_in_it(came, dupont):
    subject = "XDM/1.0/DDM+Ordonnance PAT-TROIS Dominique 05/03/1979"
    message = came(("IHE_XDM.zip", XDM), ("ordonnance.pdf", PDF), subject=subject, examined=False)
    assert not Patient.objects.exists(), "ECO.2.1.2"
    row = Examination.objects.get(message=message)
    assert (row.due_at, row.box) == (message.filed_at, None)
    modseq = type(dupont).objects.get(pk=dupont.pk).modseq
    assert examine_due(timezone.now() + LATER) == 1
    assert examine_due(timezone.now() + LATER) == 0
    row.refresh_from_db()
    brief = facts.open_brief(row, dupont.keys)
    assert brief.chips == (("Ordonnance", "pill"),)
    assert type(dupont).objects.get(pk=dupont.pk).modseq == modseq + 1, "who reads it is told"
    assert finding.find(dupont, Query(words=("amoxicilline",))).messages == [message], (
        "a word of the CDA and of the PDF"
    )
    [patient] = Patient.objects.all()
    assert persons.read_patient(patient, dupont).ins == INS
    assert ThreadPatient.objects.get(patient=patient).thread_id == message.thread_id
    assert INS.encode() not in bytes(row.box) + bytes(patient.box)


def test_one_patient_is_one_row_whether_the_ins_comes_first_last_or_never(came, dupont):
    told = "XDM/1.0/DDM+Ordonnance PAT-TROIS Dominique 05/03/1979"
    came(subject=told, mid="a@x")
    came(subject="XDM/1.0/DDM+CR PAT-TROIS Dominique 1979-03-05", mid="b@x")
    assert Patient.objects.get().ins_token is None
    came(("IHE_XDM.zip", XDM), mid="c@x")
    assert Patient.objects.get().ins_token is not None
    came(("IHE_XDM.zip", XDM), mid="d@x")
    came(subject="XDM/1.0/DDM+CR PAT-QUATRE Dominique 1979-03-05", mid="e@x")
    assert Patient.objects.count() == 2
    assert ThreadPatient.objects.count() == 5


def test_a_letter_without_files_or_patient_is_not_queued(came):
    came(subject="Bonjour", examined=False)
    assert not Examination.objects.exists()


def test_a_worker_that_lost_its_lease_writes_nothing_and_one_that_died_delays(came, dupont, monkeypatch):
    message = came(("a.pdf", PDF), examined=False)
    taken = worker._settle

    def stolen(row, *given):
        Examination.objects.filter(pk=row.pk).update(attempts=3)
        taken(row, *given)

    monkeypatch.setattr(worker, "_settle", stolen)
    examine_due(timezone.now() + LATER)
    assert Examination.objects.get(message=message).box is None
    monkeypatch.setattr(worker, "_settle", taken)
    assert examine_due(timezone.now() + LATER) == 0, "its lease holds"
    assert examine_due(timezone.now() + 2 * LATER) == 1
    assert whole(message, dupont).files[0].notice == "crashed", "tried too often: not parsed any more"


def test_a_document_that_kills_whoever_examines_it_ends_told_on_screen_and_counted(came, browser, claire, base, caplog):
    message, modseq = came(("a.pdf", PDF), examined=False), Mailbox.objects.get().modseq
    Sorting.objects.create(message=message, mailbox=message.mailbox, due_at=timezone.now() + 9 * LATER)
    Examination.objects.filter(pk=message.pk).update(attempts=queue.MAX_ATTEMPTS + 1)
    tally.taken()
    assert examine_due(timezone.now() + LATER) == 1
    row = Examination.objects.get(message=message)
    assert (row.due_at, row.is_given_up) == (None, True)
    assert tally.taken()["examinations", "given_up"] == 1
    assert str(message.pk) in caplog.text and "a.pdf" not in caplog.text
    assert Sorting.objects.get().due_at < timezone.now() + 2 * LATER, "its rules wait no more"
    assert Mailbox.objects.get().modseq > modseq, "who reads it is told"
    page = browser(claire).get(f"{base}/fil/{message.thread_id}/").content.decode()
    assert "Ce fichier n’a pas pu être examiné" in page and "analyse en cours" not in page
    assert "apercu" not in page, "nothing more is tried with it"


def test_what_may_have_killed_its_worker_is_claimed_alone(came):
    """Else the letters that were claimed beside it would lose their attempts, and be given up untouched."""
    made = [came((f"{name}.txt", b"x"), mid=f"{name}@x", examined=False).pk for name in "abcd"]
    rows, now = Examination.objects.filter(due_at__lt=timezone.now()), timezone.now()
    rows.filter(pk=made[1]).update(attempts=1)
    rows.filter(pk=made[2]).update(attempts=7, box=b"known")  # waits for the antivirus
    claims = [{pk for pk, _ in queue.claim(now, count=4)} for _ in range(3)]
    assert sorted(claims, key=len) == [set(), {made[1]}, {made[0], made[2], made[3]}]


def test_a_store_that_is_away_for_long_costs_no_letter_its_examination(came, dupont, monkeypatch):
    message, read = came(("a.pdf", PDF), examined=False), examining.blobs.read_range

    def away(*given):
        raise Temporary

    monkeypatch.setattr(examining.blobs, "read_range", away)
    for days in range(1, 9):
        assert examine_due(timezone.now() + days * LATER) == 1
    monkeypatch.setattr(examining.blobs, "read_range", read)
    examine_due(timezone.now() + 9 * LATER)
    assert whole(message, dupont).files[0].kind == "pdf"


def test_a_long_queue_is_examined_in_turns_so_that_leases_count_from_the_hour_that_it_is(came, monkeypatch):
    for name in "abc":
        came((f"{name}.txt", b"x"), mid=f"{name}@x", examined=False)
    clock = iter((0.0, 1.0, 25.0))
    monkeypatch.setattr(worker, "_BATCH", 1)
    monkeypatch.setattr(worker, "monotonic", lambda: next(clock))
    assert examine_due(timezone.now() + LATER) == 1
    clock = iter((0.0, 1.0, 200.0, 200.0))
    monkeypatch.setattr(worker, "_BATCH", 4)
    now = timezone.now() + LATER
    assert examine_due(now) == 1
    left = Examination.objects.filter(due_at=now)
    assert [row.attempts for row in left] == [0], "its lease would have ended while another was examined"


def test_what_arrives_now_does_not_wait_behind_what_was_imported_nor_the_other_way_round(came, monkeypatch):
    monkeypatch.setattr(worker, "_BATCH", 1)
    made = [came((f"{name}.txt", b"x"), mid=f"{name}@x", examined=False) for name in "abcd"]
    for days, message in enumerate(made):
        Examination.objects.filter(message=message).update(due_at=timezone.now() - timedelta(days=9 - days))
    asked, settle = [], worker._settle
    monkeypatch.setattr(worker, "_settle", lambda row, *given: (asked.append(row.pk), settle(row, *given)))
    examine_due(timezone.now())
    assert asked == [made[n].pk for n in (3, 0, 2, 1)]


@pytest.fixture
def scanner(settings):
    """A clamd that answers what it is told, over a real socket."""
    listening = socket.create_server(("127.0.0.1", 0))
    answers: list[bytes] = []
    heard: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                line, _ = listening.accept()
            except OSError:
                return
            with line:
                got = b""
                while not got.endswith(b"\0\0\0\0"):
                    got += line.recv(65536)
                heard.append(got)
                line.sendall(answers.pop(0))

    threading.Thread(target=serve, daemon=True).start()
    settings.CLAMD_SOCKET = f"127.0.0.1:{listening.getsockname()[1]}"
    yield answers, heard
    listening.close()


def test_clamd_is_asked_in_its_words_and_only_its_ok_is_clean(scanner, settings):
    answers, heard = scanner
    answers += [b"stream: OK\0", b"stream: Eicar-Test FOUND\0", b"INSTREAM size limit exceeded. ERROR\0", b"what\0"]
    assert clamd.scan(settings.CLAMD_SOCKET, b"x" * 70_000) == "clean"
    assert heard[0].startswith(b"zINSTREAM\0\x00\x01\x00\x00xxx")
    assert clamd.scan(settings.CLAMD_SOCKET, b"x") == "infected"
    assert clamd.scan(settings.CLAMD_SOCKET, b"x") == "too_large"
    with pytest.raises(clamd.Away):
        clamd.scan(settings.CLAMD_SOCKET, b"x")
    with pytest.raises(clamd.Away):
        clamd.scan("/nowhere/clamd.ctl", b"x")


def test_an_infected_file_is_never_parsed_and_one_that_waits_is_scanned_later_without_being_parsed_again(
    came, dupont, scanner, settings, monkeypatch
):
    answers, _ = scanner
    address, settings.CLAMD_SOCKET = settings.CLAMD_SOCKET, "/nowhere/clamd.ctl"
    message = came(("a.pdf", PDF), ("b.jpg", photo()))
    row = Examination.objects.get(message=message)
    assert (row.scan, row.due_at is None) == ("waiting", False)
    assert [f.verdict for f in whole(message, dupont).files] == ["waiting", "waiting"]
    settings.CLAMD_SOCKET = address
    answers += [b"stream: OK\0", b"stream: Eicar FOUND\0"]
    monkeypatch.setattr(examining.runner, "look", None)
    examine_due(timezone.now() + 2 * LATER)
    row.refresh_from_db()
    assert (row.scan, row.due_at) == ("infected", None)
    assert [(f.verdict, f.notice) for f in whole(message, dupont).files] == [("clean", ""), ("infected", "infected")]


def test_every_file_is_scanned_in_as_many_turns_as_it_takes_and_only_the_first_are_opened(
    came, dupont, scanner, settings, monkeypatch
):
    answers, heard = scanner
    monkeypatch.setattr(examining, "MAX_OPENED", 1)
    monkeypatch.setattr(examining, "_SECONDS", 0.0)
    message = came(("a.txt", b"un"), ("b.pdf", PDF), ("c.pdf", b"MZ" + PDF), ("d.pdf", PDF), examined=False)
    row = Examination.objects.get(message=message)
    answers += [b"stream: OK\0", b"stream: Eicar FOUND\0", b"what\0", b"stream: OK\0", b"stream: OK\0"]
    for turn, (known, scan) in enumerate([(1, "clean"), (2, "infected"), (3, "infected"), (4, "infected")], 1):
        examine_due(timezone.now() + turn * LATER)
        row.refresh_from_db()
        found = whole(message, dupont)
        assert (len(found.files), found.is_partial, row.scan, row.attempts) == (known, known < 4, scan, int(known == 4))
        assert row.due_at, "one is not scanned yet"
    settings.CLAMD_SOCKET, address = "/nowhere/clamd.ctl", settings.CLAMD_SOCKET
    examine_due(timezone.now() + 5 * LATER)
    settings.CLAMD_SOCKET = address
    examine_due(timezone.now() + 6 * LATER)
    row.refresh_from_db()
    told = [(file.kind, file.notice, file.verdict) for file in whole(message, dupont).files]
    assert told == [
        ("text", "", "clean"), ("", "infected", "infected"), ("program", "program", "clean"), ("pdf", "", "clean")
    ]  # fmt: skip
    assert (row.due_at, len(heard)) == (None, 5)


@pytest.mark.wire
def test_a_real_clamd_knows_the_file_of_its_signature_and_no_other(tmp_path):
    """A database of one line of ours."""
    sign, path = b"X5O!P%@AP-mssweb-essai", tmp_path / "clamd.ctl"
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "ours.ndb").write_text(f"Mssweb.Essai:0:*:{sign.hex()}\n")
    (tmp_path / "clamd.conf").write_text(
        f"Foreground yes\nLocalSocket {path}\nDatabaseDirectory {tmp_path}/db\n"
        f"TemporaryDirectory {tmp_path}\nStreamMaxLength 1M\n"
        f"User {getpass.getuser()}\n"
    )
    clamav = subprocess.Popen([shutil.which("clamd") or "/usr/sbin/clamd", "-c", str(tmp_path / "clamd.conf")])
    try:
        until = time.monotonic() + 60
        while not path.exists() and time.monotonic() < until:
            time.sleep(0.1)
        assert clamd.scan(str(path), b"avant " + sign + b" apres") == "infected"
        assert clamd.scan(str(path), PDF) == "clean"
        assert clamd.scan(str(path), b"x" * 3_000_000) == "too_large"
    finally:
        clamav.kill()
        clamav.wait()
    with pytest.raises(clamd.Away):
        clamd.scan(str(path), PDF)
