"""vCards: what is written is read by another reader, and by ours; what others write is read; hostile files end quickly."""

import string

import pytest
import vobject
from hypothesis import example, given
from hypothesis import strategies as st

from mailbox.cards import vcard
from mailbox.cards.values import MAX_CARDS, Travelling, Unreadable, bounded, decoded

CARD = Travelling(
    name="Dr Anne LÉVÊQUE; « la, vraie »", detail="Médecin · Cardiologie", address="anne.leveque@hopital.mssante.example",
    phone="01 42 00 00 00", where="1 rue du Pont, 75012 Paris", note="L’après-midi ;\npas le jeudi, \\ jamais",
    source="Apicrypt", groups=("Cardio, du quartier", "Urgences"), is_favourite=True,
    uid="0199aaaa-0000-7000-8000-000000000001",
)  # fmt: skip
words = st.text(
    alphabet=st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.sampled_from(' ,;:\\"'), max_size=200
)


def test_another_reader_reads_what_is_written():
    written = vcard.write([CARD, CARD]).decode()
    [one, two] = list(vobject.readComponents(written))
    assert one.serialize() == two.serialize()
    assert (one.version.value, one.kind.value, one.uid.value) == ("4.0", "individual", f"urn:uuid:{CARD.uid}")
    assert (one.fn.value, one.email.value, one.tel.value) == (CARD.name, CARD.address, CARD.phone)
    assert (one.note.value, one.title.value) == (CARD.note, CARD.detail)
    assert [name.replace("\\,", ",") for name in one.categories.value] == ["Favoris", *CARD.groups]
    assert one.adr.value.street == CARD.where


def test_lines_are_of_75_octets_and_never_cut_a_character():
    written = vcard.write([Travelling(name="é" * 300, note="🜲" * 200)])
    lines = written.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    assert [line.decode() for line in lines][-1] == ""
    assert vobject.readOne(written.decode()).fn.value == "é" * 300


@given(name=words, note=words, phone=words)
@example(name="END:VCARD", note="\\n\\;,", phone="")
def test_whatever_is_written_is_read_back(name, note, phone):
    card = Travelling(name=bounded("name", name) or "x", note=bounded("note", note), phone=bounded("phone", phone))
    written = vcard.write([card])
    [read] = vcard.read(written.decode())
    assert (read.name, read.note, read.phone) == (card.name, card.note, card.phone)
    assert vobject.readOne(written.decode()).fn.value == card.name


def test_a_word_that_holds_line_ends_begins_no_property():
    [read] = vcard.read(vcard.write([Travelling(name="A\r\nEMAIL:x@y.fr\r\nEND:VCARD", note="a\u2028b\x0bc")]).decode())
    assert read.address == ""
    assert "EMAIL" in read.name


OTHERS = {
    "apple": (
        "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Lemaire;Florence;;Dr;\r\nFN:Dr Florence Lemaire\r\nORG:Hôpital;Cardiologie\r\n"
        "TITLE:Cardiologue\r\nitem1.EMAIL;type=INTERNET;type=pref:f.lemaire@hopital.mssante.example\r\nitem1.X-ABLabel:MSSanté\r\n"
        "item2.EMAIL:florence@medical75.apicrypt.org\r\nTEL;type=CELL:06 00 00 00 00\r\nPHOTO;ENCODING=b:AAAA\r\n AAAA\r\n"
        "NOTE:Préfère l’après-midi\\, ou\\nle soir\r\nEND:VCARD\r\n",
        [("Dr Florence Lemaire", "Cardiologue · Hôpital Cardiologie", address, "06 00 00 00 00")
         for address in ("f.lemaire@hopital.mssante.example", "florence@medical75.apicrypt.org")],
    ),
    "outlook 2.1": (
        "BEGIN:VCARD\nVERSION:2.1\nN;CHARSET=Windows-1252;ENCODING=QUOTED-PRINTABLE:L=E9v=EAque;Anne;;Dr\n"
        "ORG;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:Cabinet m=C3=A9dical =\nde Lille\nTEL;WORK;VOICE:03 20 00 00 00\n"
        "EMAIL;PREF;INTERNET:anne@lille.mssante.example\nEND:VCARD\n",
        [("Dr Anne Lévêque", "Cabinet médical de Lille", "anne@lille.mssante.example", "03 20 00 00 00")],
    ),
    "android, no name": ("BEGIN:VCARD\nVERSION:3.0\nFN:\nORG:Labo\nTEL:tel:+33142\nEND:VCARD", [("Labo", "Labo", "", "+33142")]),
    "a card that never ends": ("BEGIN:VCARD\nFN:A\nBEGIN:VCARD\nFN:B\nEND:VCARD\n", [("B", "", "", "")]),
}  # fmt: skip


@pytest.mark.parametrize("kind", OTHERS)
def test_what_others_write_is_read(kind):
    text, expected = OTHERS[kind]
    assert [(c.name, c.detail, c.address, c.phone) for c in vcard.read(text)] == expected


def test_the_line_where_a_card_began_is_known():
    assert [card.line for card in vcard.read("\nBEGIN:VCARD\nFN:A\nEND:VCARD\n\nBEGIN:VCARD\nFN:B\nEND:VCARD")] == [
        2,
        6,
    ]


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "text",
    [
        "", "x" * 900_000, "BEGIN:VCARD\n" * 70_000, "BEGIN:VCARD\nFN:" + "\n " * 400_000, "\n" * 900_000, "=" * 900_000,
        "BEGIN:VCARD\nN;ENCODING=QUOTED-PRINTABLE:" + "=\n" * 400_000, "BEGIN:VCARD\nFN;" + '"' * 900_000,
        "BEGIN:VCARD\nN:" + "\\" * 900_000, "BEGIN:VCARD\nN" + ";a" * 400_000, "BEGIN:VCARD\nEMAIL:a@b\n" * 30_000,
        "BEGIN:VCARD\nFN:x\nEND:VCARD\n" * (MAX_CARDS + 1),
    ],
)  # fmt: skip
def test_a_hostile_file_ends_quickly_in_a_sentence(text):
    with pytest.raises(Unreadable, match=r"[.]$"):
        vcard.read(text)


@given(st.text(alphabet=string.printable, max_size=300))
def test_no_text_breaks_the_reader(text):
    try:
        read = vcard.read(f"BEGIN:VCARD\n{text}\nEND:VCARD\n")
    except Unreadable:
        return
    assert all(card.name.isprintable() and len(card.name) <= 200 for card in read)


def test_a_file_that_is_no_text_or_too_large_is_refused_and_windows_is_understood():
    for data in (b"\0\1\2", b"x" * 1_000_001, b"PK\x03\x04\x00\x00"):
        with pytest.raises(Unreadable):
            decoded(data)
    assert (
        decoded("Lévêque".encode("cp1252")) == decoded("Lévêque".encode()) == decoded("Lévêque".encode("utf-16"))[-7:]
    )
