"""Persons, files and times as the screen says them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.template.loader import render_to_string
from django.utils import timezone

from directory.lookup import Suggestion
from mailbox.mime.values import Address, Part
from mailbox.models import Mailbox
from mailbox.templatetags import mail
from mailbox.views import times
from mailbox.views.chips import KINDS, chips, notes
from mailbox.views.people import Faces, Person

US = Mailbox(address="pharmacie@officine.mssante.example", display_name="Pharmacie Dupont")
LEMAIRE = Suggestion(
    kind="person", title="Dr", first_name="Florence", last_name="Lemaire", profession="Médecin", speciality="Cardiologie",
    town="PARIS", organization="", address="f.lemaire@hopital.mssante.example", rpps_tail="", identity="1",
)  # fmt: skip


def faces() -> Faces:
    return Faces(US, {LEMAIRE.address: LEMAIRE})


@pytest.mark.parametrize(
    ("address", "name", "detail", "mark"),
    [
        (Address("", "F.Lemaire@hopital.mssante.EXAMPLE"), "Dr Florence LEMAIRE", "Cardiologie · Paris", "listed"),
        (Address("x", "pharmacie@officine.mssante.example"), "Pharmacie Dupont", "Notre boîte", "ours"),
        (Address("VIDAL Marguerite", "248@patient.mssante.fr"), "VIDAL Marguerite", "Mon espace santé", "patient"),
        (Address("Mme_VIDAL", "249@patient.mssante.fr"), "Mme VIDAL", "Mon espace santé", "patient"),
        (Address("Dr_Jean_LE GOFF_CH Sud", "j@x.example"), "Dr Jean LE GOFF", "CH Sud", ""),
        (Address("Accueil", "a@x.example"), "Accueil", "a@x.example", ""),
        (Address("", "a@x.example"), "a@x.example", "", ""),
        (Address("", ""), "Expéditeur inconnu", "", ""),
    ],
)
def test_who_wrote_is_a_person(address, name, detail, mark):
    person = faces().of(address)
    assert (person.name, person.detail, person.mark) == (name, detail, mark)


def test_a_patient_s_number_is_never_part_of_a_person():
    assert "248" not in faces().of(Address("", "248@patient.mssante.fr")).address


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Dr Florence LEMAIRE", "FL"),
        ("Laboratoire Bercy-Nation", "LN"),
        ("accueil", "AC"),
        ("a@x.example", "A"),
        ("", "?"),
    ],
)
def test_initials_leave_titles_out(name, initials):
    assert Person(name, "", "").initials == initials


def part(name: str, kind: str = "application/octet-stream", **how) -> Part:
    return Part("2", kind, "", "base64", how.get("disposition", "attachment"), name, how.get("cid", ""), 0, 10, 84_000)


def test_files_are_named_for_the_counter_and_pictures_of_the_body_are_no_files():
    logo = part("logo.png", "image/png", disposition="inline", cid="logo")
    files = [part("IHE_XDM.ZIP"), part("a.PDF"), part("photo.jpeg"), part("", "application/pdf"), part("x.exe"), logo]
    assert [c.label for c in chips(files)] == ["Document de santé", "PDF", "Image", "+ 2"]
    assert [n.name for n in notes(files)] == ["a.PDF", "photo.jpeg", "PDF sans nom", "x.exe", "IHE_XDM.ZIP"]


@pytest.mark.parametrize(("size", "words"), [(841, "841 octets"), (84_400, "84 ko"), (1_250_000, "1,2 Mo")])
def test_sizes_are_french(size, words):
    assert mail.bytes(size) == words


def test_times_are_said_as_people_do():
    now = datetime(2026, 11, 23, 9, 41, tzinfo=UTC)
    days = [now - timedelta(days=d) for d in (0, 1, 40, 400)]
    with timezone.override(ZoneInfo("Europe/Paris")):
        assert [times.briefly(at, now) for at in days] == ["10:41", "hier", "14 oct.", "19/10/2025"]
        assert [times.daily(at, now) for at in days[:3]] == ["10:41", "hier 10:41", "14 oct. 11:41"]
        assert [times.moment(at, now) for at in days[:3]] == ["à 10:41", "hier à 10:41", "le 14 oct. à 11:41"]
        assert mail.fully(now) == "lundi 23 novembre 2026 à 10:41"


def test_every_icon_of_a_row_is_in_the_page():
    sprite = render_to_string("mailbox/_sprite.html")
    for _, icon in KINDS.values():
        assert f'id="i-{icon}"' in sprite
