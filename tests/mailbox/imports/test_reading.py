"""What people bring: any file of a mail program is read message by message, and a hostile one costs nothing."""

import contextlib
import io
import struct
import tarfile
import zipfile
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbox.imports import mboxes, reading, shelves
from mailbox.imports.values import Fault, Found, Mark, Place, Unreadable
from mailbox.mime import mbox

MOST = 100_000
AT = datetime(2019, 3, 5, 8, 30, 15, tzinfo=UTC)
SEEN = frozenset({Mark.SEEN})
BEGINNING = Place()


def mail(number: int | str, body: bytes = b"Bonjour\r\n") -> bytes:
    return f"From: a@b.example\r\nSubject: {number}\r\n\r\n".encode() + body


def read(data: bytes, name: str = "x", start: Place = BEGINNING, most: int = MOST) -> list[Found]:
    return list(reading.messages(io.BufferedReader(io.BytesIO(data)), len(data), name, start=start, most=most))


def box(*mails: bytes, marks: frozenset[Mark] = SEEN) -> bytes:
    told = mboxes.told(marks)
    return b"".join(b"".join(mbox.entry(one, AT, told)) for one in mails)


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return held.getvalue()


def tarred(files: dict[str, bytes], mode: str = "w", **how) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode=mode, **how) as archive:
        for name, data in files.items():
            one = tarfile.TarInfo(name)
            one.size = len(data)
            archive.addfile(one, io.BytesIO(data))
    return held.getvalue()


def test_what_was_written_as_mbox_is_read_back_byte_for_byte_with_its_time_and_marks():
    odd = mail(1, b"From here\r\n>From there\r\n>>From both\r\n\r\nFrom a friend\r\n")
    marks = frozenset({Mark.FLAGGED, Mark.ANSWERED, Mark.FORWARDED, Mark.SENT})
    found = read(box(odd, mail(2, b"fin\r\n\r\n")) + box(mail(3), marks=marks), "Archives.mbox")
    assert [one.raw for one in found] == [odd, mail(2, b"fin\r\n\r\n"), mail(3)]
    assert [one.marks for one in found] == [SEEN, SEEN, marks]
    assert {one.at for one in found} == {AT} and {one.folder for one in found} == {"Archives.mbox"}


def test_an_mbox_of_others_is_split_at_true_separators_only_and_tells_what_was_read():
    data = (
        b"From - Tue Mar 05 08:30:15 2019\nX-Mozilla-Status: 0001\nX-Mozilla-Status2: 00000000\nSubject: a\n\n"
        b"From now on\n\nFrom the start of a paragraph\n\n"
        b"From x@y.example Tue Mar  5 08:30:15 +0100 2019\r\nSubject: b\r\nStatus: O\r\n\r\nfin\r\n\r\n"
        b"From x@y.example  Tue Mar  5 08:30:15 2019\nSubject: c\nX-Mozilla-Status: 0004\n\nfin"
    )
    first, second, third = read(data)
    assert b"From now on\r\n\r\nFrom the start" in first.raw and first.raw.endswith(b"paragraph\r\n")
    assert second.raw == b"Subject: b\r\nStatus: O\r\n\r\nfin\r\n", "a field of others is part of the message"
    assert (first.marks, second.marks, third.marks) == (SEEN, frozenset(), frozenset({Mark.FLAGGED}))


def test_reading_goes_on_where_it_stood():
    data = zipped({"Sent.mbox": box(*map(mail, range(4))), "a.eml": mail("a")})
    for whole in (data, tarred({"Sent.mbox": box(*map(mail, range(4))), "a.eml": mail("a")}, "w:gz")):
        found = read(whole)
        assert [one.raw for one in found] == [*map(mail, range(4)), mail("a")]
        for done, one in enumerate(found, 1):
            assert [x.raw for x in read(whole, start=one.after)] == [x.raw for x in found[done:]]
    plain = box(*map(mail, range(4)))
    assert [x.raw for x in read(plain, start=read(plain)[1].after)] == [mail(2), mail(3)]


@pytest.mark.parametrize("pack", [zipped, tarred, lambda files: tarred(files, "w:gz", format=tarfile.GNU_FORMAT)])
def test_a_maildir_gives_folders_and_flags(pack):
    found = read(
        pack(
            {
                "Maildir/cur/1551774615.M1P2.host:2,FRS": mail(1),
                "Maildir/new/1551774616.M1P3.host": mail(2),
                "Maildir/tmp/1551774617.M1P4.host": mail("unfinished"),
                "Maildir/.Envoy&AOk-s/cur/1551774618.M1P5.host!2,PS": mail(3),
                "Maildir/.Archives.2019/cur/" + "9" * 120 + ":2,S": mail(4),
                "Maildir/dovecot-uidlist": b"3 V1\n",
            }
        )
    )
    told = [(one.folder, shelves.role_of(one.folder), "".join(sorted(one.marks))) for one in found]
    assert told == [
        ("INBOX", "inbox", "FRS"), ("INBOX", "inbox", ""), (".Envoyés", "sent", "PS"), (".Archives.2019", "archive", "S"),
    ]  # fmt: skip
    assert found[0].at == AT and [one.raw for one in found] == [mail(n) for n in (1, 2, 3, 4)]


def test_folders_are_known_by_their_names_in_french_and_english_and_the_rest_are_archives():
    known = {
        "Mail/Local Folders/Sent": "sent", "Réception.mbox": "inbox", "INBOX": "inbox", ".INBOX.Éléments envoyés": "sent",
        "Courrier indésirable": "spam", "Junk E-mail": "spam", "[Gmail]/Corbeille": "trash", "Inbox.sbd/Labo": "archive",
        "Brouillons/0001 Anne.eml": "drafts", "Factures": "archive", "": "archive", ".Trash.2019": "trash", "a" * 5000: "archive",
    }  # fmt: skip
    assert {path: shelves.role_of(path) for path in known} == known


def test_what_is_no_mail_is_refused_with_a_reason_and_the_rest_is_read():
    found = read(
        zipped(
            {
                "a.eml": mail(1), "photo.jpg": b"\xff\xd8\xff\xe0 picture", "inner.zip": zipped({"b.eml": mail(2)}),
                "vast.eml": mail(3, b"x" * MOST), "Contacts.csv": b"nom", "LISEZ-MOI.txt": b"Bonjour", "last.eml": mail(4),
            }
        )
    )  # fmt: skip
    assert [(one.name, one.fault) for one in found] == [
        ("a.eml", None), ("photo.jpg", Fault.NOT_MAIL), ("inner.zip", Fault.NESTED), ("vast.eml", Fault.TOO_LARGE),
        ("last.eml", None),
    ]  # fmt: skip
    assert not any(one.raw for one in found if one.fault)
    with pytest.raises(Unreadable):
        read(b"%PDF-1.7 no mail at all")
    assert [one.fault for one in read(box(mail(1, b"x" * MOST), mail(2)))] == [Fault.TOO_LARGE, None]
    assert [one.fault for one in read(b"")] == [Fault.EMPTY]


def test_what_is_encrypted_or_packed_otherwise_is_refused():
    locked = bytearray(zipped({"a.eml": mail(1)}))
    locked[locked.rindex(b"PK\1\2") + 8] |= 1
    assert [one.fault for one in read(bytes(locked))] == [Fault.ENCRYPTED]
    assert [one.fault for one in read(zipped({"a.eml": mail(1)}, zipfile.ZIP_LZMA))] == [Fault.METHOD]


@pytest.mark.parametrize("pack", [zipped, lambda f: tarred(f, "w:gz")])
def test_a_bomb_ends_the_reading_and_costs_little(pack):
    data = pack({"a.eml": mail(1), "b.mbox": box(mail(2, b"\0" * 3_000_000))})
    with pytest.raises(Unreadable) as said:
        read(data)
    assert said.value.fault is Fault.BOMB


def test_a_directory_that_lies_is_refused():
    data = bytearray(zipped({"a.eml": mail(1)}))
    end = data.rindex(b"PK\5\6")
    for count, at in ((0xFFFE, 0), (1, 0xFFFFFFF0), (1, 3)):
        struct.pack_into("<H", data, end + 10, count)
        struct.pack_into("<I", data, end + 16, at)
        with pytest.raises(Unreadable):
            read(bytes(data))
    broken = bytearray(zipped({"a.eml": mail(1), "b.eml": mail(2)}))
    broken[broken.index(b"PK\1\2") + 16] ^= 1  # the sum of the first
    assert [one.fault for one in read(bytes(broken))] == [Fault.BROKEN, None]
    with pytest.raises(Unreadable):
        read(tarred({"a.eml": mail(1)}, "w:gz")[:-40])


def test_names_lead_nowhere():
    """A name is compared and shown; nothing is opened by it."""
    found = read(zipped({"../../etc/passwd": mail(1), "/root/.ssh/cur/1:2,S": mail(2), "C:\\x.eml": mail(3)}))
    assert [one.fault for one in found] == [None] * 3


SHAPES = [
    zipped({"Sent.mbox": box(mail(1), mail(2)), "cur/1:2,S": mail(3)}), tarred({"Sent.mbox": box(mail(1)), "a.eml": mail(2)}),
    tarred({"x" * 200: mail(1)}, format=tarfile.PAX_FORMAT), box(mail(1), mail(2)), mail(1),
]  # fmt: skip


CHANGES = st.lists(st.tuples(st.integers(0, 3000), st.binary(max_size=8)), max_size=6)


@given(st.sampled_from(SHAPES), CHANGES, st.integers(0, 4000))
def test_whatever_was_done_to_a_file_it_is_read_or_refused(data, changes, cut):
    changed = bytearray(data)
    for at, new in changes:
        changed[at : at + len(new)] = new
    whole = bytes(changed[: len(changed) - cut] if cut < len(changed) // 2 else changed)
    with contextlib.suppress(Unreadable):
        assert all(not one.raw for one in read(whole) if one.fault)
