"""The whole country at a smaller size: all files together, the next day's differences, in place and beside."""

from collections import Counter
from io import BufferedReader, BytesIO
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from directory import beside, extract, identity, invent, lookup, reading, spelling, sync
from directory.models import (
    DirectoryLoad,
    Entry,
    MailboxAddress,
    Organization,
    Practitioner,
    PractitionerRole,
    Word,
)
from directory.rows import Block

PEOPLE = 3_000
FILES = ("PS_LibreAcces_Personne_activite", "PS_LibreAcces_SavoirFaire", "Extraction_Correspondance_MSSante")


@pytest.fixture(scope="module")
def days(tmp_path_factory) -> list[Path]:
    """Two days of the same small country."""
    folders = [tmp_path_factory.mktemp(f"day{day}") for day in (1, 2)]
    for day, folder in enumerate(folders, start=1):
        plan = invent.Plan(
            people=PEOPLE, seed=5, day=day, stamp=f"2026112{day}0213", is_plain=True, is_zip=True, truth=10
        )
        invent.write(plan, folder)
    return folders


def published(folder: Path) -> set[str]:
    """The addresses of a day's file, those that no reader takes left out."""
    lines = next(folder.glob(f"{FILES[2]}*.txt")).read_text(encoding="utf-8").splitlines()[1:]
    written = {cells[1].strip().lower() for line in lines if len(cells := line.split("|")) == 31}
    return {address for address in written if " " not in address}


def load(folder: Path, *, zipped: bool = False) -> list[DirectoryLoad]:
    paths = sorted(folder.glob("*.zip")) if zipped else [next(folder.glob(f"{name}*.txt")) for name in FILES]
    return sync.load(paths, clock=timezone.now)


def state() -> list[object]:
    """All that a search or a page reads, whatever the way it was loaded."""
    found: list[object] = [
        sorted(Practitioner.objects.filter(vanished_at=None).values_list("pk", "last_name", "first_name", "source")),
        sorted(
            Organization.objects.filter(vanished_at=None).values_list(
                "pk", "name", "town", "department", "sector", "source"
            )
        ),
        sorted(PractitionerRole.objects.values_list("line", "practitioner", "qualification")),
        sorted(MailboxAddress.objects.filter(vanished_at=None).values_list("pk", "address", "service")),
        Counter(
            Entry.objects.values_list("owner", "organization", "qualification", "name", "first", "town", "reachable")
        ),
        sorted(Word.objects.values_list("kind", "key", "weight")),
    ]
    return found


def every_row_that_one_names_is_there() -> None:
    with connection.cursor() as cursor:
        for child, column, parent in (
            ("practitionerrole", "practitioner_id", "practitioner"), ("practitionerrole", "organization_id", "organization"),
            ("practitionerrole", "qualification_id", "qualification"), ("mailboxaddress", "practitioner_id", "practitioner"),
            ("mailboxaddress", "organization_id", "organization"), ("entry", "mailbox_id", "mailboxaddress"),
            ("entry", "practitioner_id", "practitioner"), ("practitioner", "qualification_id", "qualification"),
        ):  # fmt: skip
            cursor.execute(
                f"SELECT count(*) FROM directory_{child} c WHERE c.{column} IS NOT NULL"
                f" AND NOT EXISTS (SELECT FROM directory_{parent} p WHERE p.id = c.{column})"
            )
            assert cursor.fetchone() == (0,), f"{child}.{column}"


def test_archives_and_texts_give_the_same_directory(db, days):  # ANN/va1.01
    rows = load(days[0], zipped=True)
    assert [row.state for row in rows] == ["done"] * 3
    assert {row.kind for row in rows} == {"activities", "skills", "mailboxes"}
    assert all(len(row.sha256) == 64 and row.percent == 100 and row.finished_at for row in rows)
    zipped = state()
    again = load(days[0])
    assert [(row.added, row.vanished) for row in again] == [(0, 0)] * 3
    assert state() == zipped
    assert Practitioner.objects.count() == PEOPLE
    ours = MailboxAddress.objects.filter(kind="ORG", organization__sector="Pharmacie d'officine").first()
    assert lookup.by_address([ours.address])[ours.address].sector == "Pharmacie d'officine"


def test_the_next_day_in_place_is_the_next_day_made_anew(db, days):
    load(days[0])
    rows = {row.kind: row for row in load(days[1])}
    in_place = state()
    every_row_that_one_names_is_there()
    before, after = (published(folder) for folder in days)
    assert rows["mailboxes"].vanished == len(before - after) > 0
    assert rows["mailboxes"].added == len(after - before) > 0
    gone = set(MailboxAddress.objects.exclude(vanished_at=None).values_list("address", flat=True))
    assert before - after <= gone
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM directory_entry")
        for table in beside.TABLES:
            cursor.execute(f"DELETE FROM {table}")
    load(days[1])
    anew = state()
    for mine, theirs in zip(in_place, anew, strict=True):
        assert mine == theirs


def shape(cursor) -> list[tuple[str, ...]]:
    """Indexes, constraints and rights of the tables."""
    cursor.execute(
        "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s) UNION ALL"
        " SELECT conrelid::regclass::text, conname, contype::text FROM pg_constraint"
        " WHERE conrelid::regclass::text = ANY(%s) AND contype IN ('p', 'u') UNION ALL"
        " SELECT c.relname, a.grantee::regrole::text, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a"
        " WHERE c.relname = ANY(%s) AND c.relkind = 'r' ORDER BY 1, 2, 3",
        [list(beside.TABLES)] * 3,
    )
    return cursor.fetchall()


def test_what_was_made_beside_has_the_shape_and_the_rights_of_what_it_replaces(db, days):
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE tests_reader")
        cursor.execute("GRANT SELECT, MAINTAIN ON " + ", ".join(beside.TABLES) + " TO tests_reader")
        before = shape(cursor)
        load(days[0])
        assert shape(cursor) == before
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 'directory_beside'")
        assert cursor.fetchone() == (0,)
        cursor.execute("DROP OWNED BY tests_reader")
        cursor.execute("DROP ROLE tests_reader")


def test_one_refused_file_among_others_changes_nothing_and_the_others_come_in_force(db, days, tmp_path):
    people, skills, boxes = (next(days[0].glob(f"{name}*.txt")) for name in FILES)
    broken = tmp_path / people.name
    broken.write_bytes(people.read_bytes()[:-4_000] + b"\xff\n")
    rows = sync.load([broken, skills, boxes], clock=timezone.now)
    assert [row.state for row in rows] == ["refused", "done", "done"]
    assert "UTF-8" in rows[0].error
    assert not PractitionerRole.objects.filter(is_skill=False).exists()
    assert MailboxAddress.objects.count() > 100
    assert Entry.objects.exists()


def test_two_processes_read_what_one_reads(days, monkeypatch):
    whole = next(days[0].glob(f"{FILES[0]}*.txt")).read_bytes()
    monkeypatch.setattr(reading, "_BLOCK", 400)
    monkeypatch.setattr(reading, "_FROM", 1)

    def read(content: bytes) -> tuple[list[str], list[tuple[int, str]]]:
        blocks: list[Block] = []
        raw = BufferedReader(BytesIO(content))
        header = extract.read_header(raw.readline().decode())
        reading.all_new(raw, header, blocks.append, size=len(content))
        roles = [row for block in blocks for row in block.texts["role"]]
        return roles, [told for block in blocks for told in block.told]

    together = read(whole)
    with pytest.raises(UnicodeDecodeError):
        read(whole + b"\xff\n")
    monkeypatch.setattr(reading, "_FROM", 1 << 40)
    assert read(whole) == together
    assert len(together[0]) > PEOPLE


def test_the_same_person_has_the_same_page_in_every_installation():
    assert identity.person("899900000011") == identity.row_id(identity.ref(identity.person("899900000011")))
    assert identity.ref(identity.person("899900000011")) == "636f1a7777c240be"
    assert len({identity.person("1"), identity.organization("1"), identity.number("1")}) == 3


@pytest.mark.parametrize(
    ("typed", "meant", "is_near"),
    [
        ("martin", "martin", True), ("matin", "martin", True), ("marttin", "martin", True), ("mertin", "martin", True),
        ("matrin", "martin", True), ("martni", "martin", True), ("amrtin", "martin", True), ("martin", "martins", True),
        ("martine", "marin", False), ("nitram", "martin", False), ("mrtni", "martin", False), ("", "ab", False),
    ],
)  # fmt: skip
def test_one_slip_is_near_and_shares_a_spelling(typed, meant, is_near):
    assert spelling.is_near(typed, meant) is is_near
    if is_near:
        assert set(spelling.spellings(typed)) & set(spelling.spellings(meant))


def test_a_directory_that_an_upgrade_emptied_says_so(db, days):
    assert lookup.is_empty()
    load(days[0])
    assert not lookup.is_empty()
