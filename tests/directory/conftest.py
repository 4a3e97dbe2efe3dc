"""A small invented directory, written in the published layouts and loaded once per test that asks."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.utils import timezone

from directory import invent, sync, vocabulary
from directory.models import DirectoryLoad
from tests.directory.remembered import remembered

PEOPLE = [
    {"title": "Dr", "first_name": "Anne", "last_name": "Lévêque", "profession_code": "10", "profession": "Médecin",
     "speciality": "Cardiologie", "organization": "Centre hospitalier de Lille", "postcode": "59000", "town": "Lille",
     "address": "anne.leveque@hopital.mssante.example"},
    {"title": "Dr", "first_name": "Marie", "last_name": "Le Goff", "profession_code": "10", "profession": "Médecin",
     "speciality": "Pédiatrie", "organization": "Cabinet Le Goff", "postcode": "29200", "town": "Brest",
     "address": "marie.legoff@medecin.mssante.example"},
    {"title": "", "first_name": "Jean-Pierre", "last_name": "Martin-Dupont", "profession_code": "60",
     "profession": "Infirmier", "address": "jp.martin@infirmier.mssante.example"},
    {"title": "", "first_name": "Anne", "last_name": "Martin", "profession_code": "60", "profession": "Infirmier",
     "organization": "Clinique du Parc", "postcode": "33000", "town": "Bordeaux",
     "address": "anne.martin@clinique-du-parc.mssante.example"},
    {"title": "", "first_name": "Anne", "last_name": "Martin", "profession_code": "21", "profession": "Pharmacien",
     "organization": "Pharmacie des Halles", "postcode": "75012", "town": "Paris",
     "address": "anne.martin@halles.mssante.example"},
    {"organization": "Hôpital de la Miséricorde", "postcode": "14000", "town": "Le Mesnil-Saint-Ouen",
     "service": "Service de gériatrie", "address": "geriatrie@hopital.mssante.example", "finess": "140000006"},
    {"title": "Dr", "first_name": "Sans", "last_name": "Adresse", "profession_code": "10", "profession": "Médecin"},
]  # fmt: skip


def folk() -> list[invent.Person]:
    chosen = [invent.chosen(entry, number) for number, entry in enumerate(PEOPLE)]
    return [one for one in chosen if isinstance(one, invent.Person)]


HALLES = invent.Place("750000002", "Pharmacie des Halles", "1", "RUE DU PONT", "75012", "Paris", "")
OFFICES = (invent.Office("secretariat@halles.mssante.example", HALLES), invent.chosen(PEOPLE[5], 5))


def mailbox_text(everyone=None, offices=OFFICES) -> str:
    everyone = folk() if everyone is None else everyone
    return "\n".join(invent.mailbox_lines(everyone, offices, 1, dirt=False)) + "\n"


def activity_text() -> str:
    return "\n".join(invent.activity_lines(folk())) + "\n"


@pytest.fixture(autouse=True)
def _no_memory() -> Iterator[None]:
    """Words are kept by the process: each test has a database of its own."""
    vocabulary.forget()
    yield
    vocabulary.forget()


@pytest.fixture
def give(db, tmp_path) -> Callable[..., DirectoryLoad]:
    """Load a text (or bytes) as a file of that name."""

    def load(content: str | bytes, name: str = "Extraction_Correspondance_MSSante_202611230200.txt") -> DirectoryLoad:
        path: Path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return put(path)

    return load


def put(*paths: Path, may_shrink: bool = False) -> DirectoryLoad:
    """Load files together; the row of the last, or its refusal as an exception."""
    row = sync.load(paths, clock=timezone.now, may_shrink=may_shrink)[-1]
    row.refresh_from_db()
    if row.state != DirectoryLoad.State.DONE:
        raise sync.DirectoryRefused(row.error)
    return row


@pytest.fixture
def directory(give) -> None:
    """Both files, mailboxes first."""

    def load() -> None:
        give(mailbox_text())
        give(activity_text(), "PS_LibreAcces_Personne_activite_202611230200.txt")

    remembered("directory", load)
