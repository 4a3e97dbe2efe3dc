"""Tables: a double click in the French Excel opens them, no cell is a formula, and what others write is read."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailbox.cards import table
from mailbox.cards.values import MAX_CARDS, Travelling, Unreadable, bounded

CARD = Travelling(name="Dr Anne LÉVÊQUE", detail="Cardiologie ; Lille", address="a@b.fr", phone="+33 3 20 00 00 00",
                  note="L’après-midi\n« oui »", source="Apicrypt", groups=("Un", "Deux"), is_favourite=True)  # fmt: skip


def cells(written: bytes) -> list[list[str]]:
    assert written.startswith(b"\xef\xbb\xbf"), "Excel would read accents wrong"
    return list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_a_table_is_of_semicolons_with_a_byte_order_mark_and_notes_only_when_asked():
    head, row = cells(table.write([CARD], with_notes=True))
    assert (head[0], head[-1]) == ("Nom", "Note")
    assert row == ["Dr Anne LÉVÊQUE", "Cardiologie ; Lille", "a@b.fr", "'+33 3 20 00 00 00", "", "oui", "Un, Deux",
                   "Apicrypt", "L’après-midi\n« oui »"]  # fmt: skip
    assert b"midi" not in table.write([CARD], with_notes=False)
    assert table.write([CARD], with_notes=False).count(b"\r\n") == 2


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "   @"])
def test_no_cell_is_a_formula(begin):
    evil = f"{begin}HYPERLINK(0)"
    card = Travelling(
        name=evil, detail=evil, address=evil, phone=evil, where=evil, note=evil, source=evil, groups=(evil,)
    )
    _, row = cells(table.write([card], with_notes=True))
    assert [cell for cell in row if cell and cell != "oui" and not cell.startswith("'")] == []


@given(st.lists(st.text(max_size=80), min_size=4, max_size=4))
@example(["", "", "03\r\n20", "un\r\ndeux\rtrois"])
def test_whatever_is_written_is_read_back(told):
    name, detail, phone, note = (bounded(k, t) for k, t in zip(("name", "detail", "phone", "note"), told, strict=True))
    card = Travelling(name=name or "x", detail=detail, phone=phone, note=note)
    [read] = table.read(table.write([card], with_notes=True).decode())
    assert (read.name, read.detail, read.phone, read.note) == (card.name, detail, phone, note)


@pytest.mark.parametrize(
    "text",
    [
        "Nom;Prénom;E-mail;Téléphone;Fonction\nLévêque;Anne;a@b.fr;03 20;Cardiologue\n",
        "First Name,Last Name,E-mail Address,Business Phone,Job Title\r\nAnne,Lévêque,a@b.fr,03 20,Cardiologue\r\n",
        "Name,Given Name,Family Name,E-mail 1 - Value,Phone,Job Title\nAnne Lévêque,Anne,Lévêque,a@b.fr,03 20,Cardiologue\n",
        "courriel\tNOM\tprenom\ttel\tprofession\n mailto:a@b.fr \tLévêque\tAnne\t03 20\tCardiologue\n\n\n",
    ],
)
def test_what_others_write_is_read(text):
    [one] = table.read(text)
    assert (one.name, one.address, one.phone, one.detail, one.line) == (
        "Anne Lévêque",
        "a@b.fr",
        "03 20",
        "Cardiologue",
        2,
    )


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "text",
    [
        "", "rien;de;connu\na;b;c", "Nom\n", "Nom\n\n\n", 'Nom;Adresse\n"jamais fermé;a@b.fr\nB;b@b.fr', ";" * 900_000,
        "Nom\n" + '"' * 900_001, "Nom\n" + "x" * 900_000, "Nom\n" + "x\n" * (MAX_CARDS + 1), "\n" * 900_000,
    ],
)  # fmt: skip
def test_a_hostile_table_ends_quickly_in_a_sentence(text):
    with pytest.raises(Unreadable, match=r"[.]$"):
        table.read(text)
