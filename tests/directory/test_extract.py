"""The traps of the published files, by values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory import extract, invent

HEADER = extract.read_header(invent.MAILBOX_HEADER)
read = extract.reader(HEADER)
LINE = (
    'PER|Anne.EXEMPLE@Medecin.mssante.example|8|99900000011|899900000011|1|1750000002||DR|EXEMPLE "DITE" Modèle|Anne|C|Civil|'
    "10|Médecin|SM04|Cardiologie|O|CENTRE HOSPITALIER|||3|12|BIS|RUE|RUE DU MODÈLE||75012 PARIS CEDEX 12|75012|75|France"
)


def test_a_line_becomes_values_quotes_kept_and_address_lowered():
    fields = LINE.split("|")
    assert len(fields) == 31
    value = read(LINE)
    assert value.address == "anne.exemple@medecin.mssante.example"
    assert value.person.last_name == 'EXEMPLE "DITE" Modèle'
    assert (value.person.title, value.person.idnps, value.trade.profession_code) == ("Dr", "899900000011", "10")
    assert (value.place.key, value.place.town, value.place.postcode) == ("F750000002", "Paris", "75012")


@pytest.mark.parametrize(
    "spelling",
    [
        "\ufeff" + invent.MAILBOX_HEADER + "\r\n",
        invent.MAILBOX_HEADER + "|\n",
        invent.MAILBOX_HEADER.replace(" structure BAL", ""),
        invent.MAILBOX_HEADER.replace("|", " | ") + "|Colonne nouvelle",
        "|".join(reversed(invent.MAILBOX_HEADER.split("|"))),
    ],
)
def test_a_header_is_known_by_its_names(spelling):
    assert extract.read_header(spelling).kind == "mailboxes"
    with pytest.raises(extract.WrongHeader, match="Adresse BAL"):
        extract.read_header(spelling.replace("Adresse BAL", "Adresse"))


def test_activities_read_with_a_trailing_pipe_and_with_fewer_columns():
    person = invent.chosen({"first_name": "Léa", "last_name": "Exemple", "organization": "Cabinet", "town": "Pau"}, 1)
    header, line = invent.activity_lines([person])
    assert len(header.rstrip("|").split("|")) == 56
    assert extract.reader(extract.read_header(header))(line).place.town == "Pau"
    short = extract.read_header("|".join(header.split("|")[:48]))  # older vintages lack the last eight
    assert extract.reader(short)("|".join(line.split("|")[:48])).person.first_name == "Léa"


def test_other_files_are_not_ours():
    for header in ("", "a;b;c", "Type d'identifiant PP|Identifiant PP|Code type diplôme obtenu"):
        with pytest.raises(extract.WrongHeader):
            extract.read_header(header)


@pytest.mark.parametrize(
    ("change", "to"),
    [
        ("PER", ""), ("@", " "), ("Anne.EXEMPLE@", "@"), ("|899900000011|", "|8 99|"), ("France", "France|x"),
        ("|75012|", "|75\x00012|"), ('EXEMPLE "DITE" Modèle', ""),
    ],
)  # fmt: skip
def test_a_faulty_line_is_rejected_without_being_quoted(change, to):
    with pytest.raises(extract.Rejected) as caught:
        read(LINE.replace(change, to))
    assert "Modèle" not in str(caught.value)
    assert "exemple" not in str(caught.value).lower()


def test_types_to_come_load_with_whoever_they_name():
    shared = read(LINE.replace("PER", "CAB", 1))
    assert (shared.kind, shared.person.last_name, shared.place.key) == ("CAB", 'EXEMPLE "DITE" Modèle', "F750000002")
    machine = "APP|logiciel@officine.mssante.example|||||1750000002|" + "|" * 11 + "PHARMACIE" + "|" * 12
    value = read("|".join((machine.split("|") + [""] * 31)[:31]))
    assert (value.kind, value.person, value.place.name) == ("APP", None, "PHARMACIE")


def test_a_faulty_key_of_an_rpps_is_kept_and_flagged():
    assert read(LINE).person.is_checked
    faulty = read(LINE.replace("99900000011", "99900000012"))
    assert (faulty.person.rpps, faulty.person.is_checked) == ("99900000012", False)
    assert [extract.luhn(n) for n in ("99900000029", "750000002", "1x", "")] == [True, True, False, False]


def test_a_line_without_end_is_rejected():
    with pytest.raises(extract.Rejected, match="démesurée"):
        read(LINE + "x" * extract.MAX_LINE)


@given(st.text(max_size=200) | st.lists(st.text(max_size=10), min_size=31, max_size=31).map("|".join))
def test_any_line_is_values_or_rejected(line):
    try:
        value = read(line)
    except extract.Rejected:
        return
    assert value.address == value.address.lower()


@pytest.mark.parametrize(
    ("written", "kind", "key"),
    [
        ("750000002", "", "F750000002"), ("1750000002", "1", "F750000002"), ("F750000002", "", "F750000002"),
        ("99900000100019", "3", "C99900000100019"), ("499900000011001", "4", "R99900000011001"), ("", "", ""),
    ],
)  # fmt: skip
def test_a_structure_has_one_key_however_it_is_named(written, kind, key):
    assert extract.structure_key(written, kind) == key


def test_a_town_in_capitals_is_written_as_one_writes_it():
    line = LINE.replace("75012 PARIS CEDEX 12", "85000 LA ROCHE-SUR-YON")
    assert read(line).place.town == "La Roche-sur-Yon"


def test_a_street_holding_its_type_is_not_typed_twice():
    assert read(LINE).place.address_line == "12 BIS RUE DU MODÈLE"
