"""A file is in force whole, or the directory stays as it was."""

import zipfile
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command

from directory import extract, invent, lookup, reading, sync
from directory.models import DirectoryLoad, Entry, MailboxAddress, Organization, Practitioner, PractitionerRole
from mssweb.audit.models import AuditEvent
from tests.directory.conftest import activity_text, folk, mailbox_text, put

ANNE = "anne.leveque@hopital.mssante.example"


def counts() -> tuple[int, ...]:
    return tuple(m.objects.count() for m in (Practitioner, Organization, PractitionerRole, MailboxAddress))


def test_a_load_says_what_it_did_and_dates_the_data(give):
    load = give(mailbox_text())
    assert (load.state, load.kind, load.lines_read, load.lines_rejected) == ("done", "mailboxes", 7, 0)
    assert (load.added, load.vanished) == (MailboxAddress.objects.count(), 0) == (7, 0)
    assert load.day == datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    event = AuditEvent.objects.get(action="directory.load")
    assert (event.result, event.facts["added"]) == ("ok", 7)
    entry = Entry.objects.get(practitioner__addresses__address=ANNE)
    assert (entry.name, entry.first, entry.town, entry.reachable) == ("leveque", "anne", "lille", True)


def test_loading_twice_changes_nothing(give, directory):
    before, seen = counts(), MailboxAddress.objects.get(address=ANNE).first_seen
    marks = sorted(Entry.objects.values_list("pk", flat=True)), sorted(PractitionerRole.objects.values_list("pk"))
    again = give(mailbox_text())
    give(activity_text(), "PS_LibreAcces_Personne_activite.txt")
    assert (again.added, again.vanished) == (0, 0)
    assert counts() == before
    assert MailboxAddress.objects.get(address=ANNE).first_seen == seen
    assert marks == (
        sorted(Entry.objects.values_list("pk", flat=True)), sorted(PractitionerRole.objects.values_list("pk"))
    )  # fmt: skip


def test_an_address_that_is_gone_vanishes_and_comes_back_as_new(give):
    first = give(mailbox_text())
    gone = give(mailbox_text(everyone=folk()[1:]))
    assert (gone.added, gone.vanished) == (0, 1)
    assert MailboxAddress.objects.get(address=ANNE).vanished_at == gone.started_at
    back = give(mailbox_text())
    assert (back.added, back.vanished) == (1, 0)
    anne = MailboxAddress.objects.get(address=ANNE)
    assert anne.vanished_at is None
    assert first.started_at < anne.first_seen == back.started_at


def test_a_line_per_address_is_not_promised_and_faulty_lines_are_told(give):
    lines = mailbox_text().splitlines()
    doubled = lines[1].replace("anne.leveque@", "ANNE.leveque@")
    load = give(
        "\r\n".join(["\ufeff" + lines[0], *lines[1:], doubled, "PER|trop court", "", "|" + lines[1][4:]]) + "\r\n"
    )
    assert (load.lines_read, load.lines_kept, load.lines_rejected) == (10, 8, 2)
    assert MailboxAddress.objects.count() == 7
    assert [line.number for line in load.rejected.all()] == [10, 12]
    assert all("leveque" not in line.reason for line in load.rejected.all())


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda text: text.replace("Adresse BAL", "Adresse", 1).encode(), "colonne absente : Adresse BAL"),
        (lambda text: text.replace("Code Profession", "Code", 1).encode(), "colonne absente : Code Profession"),
        (lambda text: text.encode("latin-1"), "UTF-8"),
        (lambda text: b"a;b;c\n1;2;3\n", "aucune des extractions"),
        (lambda text: text.splitlines()[0].encode() + b"\nx\ny\n", "2 lignes illisibles sur 2"),
        (lambda text: text.replace("L6LIGNEACHEMINEMENT", "L6", 1).encode(), "colonne absente : L6LIGNEACHEMINEMENT"),
        (lambda text: text.splitlines()[0].encode() + b"\n" + b"x" * 20_000, "1 lignes illisibles sur 1"),
        (lambda text: b"", "aucune des extractions"),
    ],
)
def test_a_file_that_is_not_right_is_refused_and_the_directory_stays(give, spoil, why):
    give(mailbox_text())
    before = counts()
    with pytest.raises(sync.DirectoryRefused, match=why):
        give(spoil(mailbox_text(everyone=folk()[:2])))
    assert counts() == before
    assert not MailboxAddress.objects.exclude(vanished_at=None).exists()
    load = DirectoryLoad.objects.first()
    assert (load.state, load.added, load.vanished) == ("refused", 0, 0)
    assert load.error
    assert AuditEvent.objects.filter(action="directory.load").latest("at").result == "error"


def test_a_tab_is_a_control_character_and_costs_its_own_line_only(give):
    lines = mailbox_text().splitlines()
    lines[2] = lines[2].replace("Cabinet Le Goff", "Cabinet\tLe Goff")
    assert "\t" in lines[2]
    load = give("\n".join(lines) + "\n")
    assert (load.state, load.lines_kept, load.lines_rejected) == ("done", 6, 1)
    assert [(line.number, line.reason) for line in load.rejected.all()] == [(3, "caractère de contrôle")]


def test_what_the_database_does_not_copy_refuses_the_file_without_a_word_of_it(give, monkeypatch):
    give(mailbox_text())
    before = counts()
    monkeypatch.setattr(
        "directory.rows.Encoder._put", lambda self, table, row: self._block.texts[table].append("cite un nom")
    )
    with pytest.raises(sync.DirectoryRefused, match="base de données") as told:
        give(mailbox_text().replace("Lévêque", "Levesque"))
    assert "cite" not in f"{told.value}{told.value.__cause__}"
    load = DirectoryLoad.objects.first()
    assert (counts(), load.state, load.error) == (before, "refused", str(told.value))
    assert AuditEvent.objects.filter(action="directory.load").latest("at").result == "error"


def test_a_file_cut_short_is_refused_unless_meant(give, monkeypatch, tmp_path):
    monkeypatch.setattr(sync, "SHRINK_FROM", 6)
    give(mailbox_text())
    short = "\n".join(mailbox_text().splitlines()[:3])
    with pytest.raises(sync.DirectoryRefused, match="5 entrées sur 7"):
        give(short)
    assert not MailboxAddress.objects.exclude(vanished_at=None).exists()
    (tmp_path / "short.txt").write_text(short)
    assert put(tmp_path / "short.txt", may_shrink=True).vanished == 5


def test_people_who_left_go_unless_an_address_names_them(give, directory):
    lines = activity_text().splitlines()
    load = give("\n".join([lines[0], lines[1]]), "PS_LibreAcces_Personne_activite_202611240200.txt")
    assert (load.added, load.vanished) == (0, 1)
    assert Practitioner.objects.get(last_name="Adresse").vanished_at == load.started_at
    assert Practitioner.objects.exclude(vanished_at=None).count() == 1
    assert MailboxAddress.objects.filter(vanished_at=None).count() == 7


def archive(tmp_path, members: dict[str, str | bytes], name: str = "PS_LibreAcces_202611230200.zip") -> bytes:
    path = tmp_path / f"made-{name}"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for member, content in members.items():
            made.writestr(member, content)
    return path.read_bytes()


def test_an_archive_gives_the_file_we_know(give, tmp_path):
    content = archive(
        tmp_path, {"PS_LibreAcces_Dipl_AutExerc_1.txt": "Code diplôme obtenu|x\n", "b.txt": activity_text()}
    )
    assert give(content, "PS_LibreAcces_202611230200.zip").kind == "activities"
    with pytest.raises(sync.DirectoryRefused, match="aucun fichier connu"):
        give(archive(tmp_path, {"a.txt": "x\n", "b.txt": "y\n"}), "b.zip")


def test_an_archive_made_to_swell_or_broken_is_refused(give, tmp_path):
    bomb = archive(tmp_path, {"a.txt": invent.MAILBOX_HEADER + "\n" + " " * 5_000_000})
    with pytest.raises(sync.DirectoryRefused, match="démesurée"):
        give(bomb, "bomb.zip")
    with pytest.raises(sync.DirectoryRefused, match="plus de 16"):
        give(archive(tmp_path, {f"{n}.txt": "x" for n in range(17)}), "many.zip")
    sound = archive(tmp_path, {"a.txt": mailbox_text()})
    for place in (50, 200, 400):  # inside the compressed stream
        broken = bytearray(sound)
        broken[place] ^= 0xFF
        with pytest.raises(sync.DirectoryRefused):
            give(bytes(broken), "broken.zip")
    assert MailboxAddress.objects.count() == 0


def test_the_commands_write_files_that_load_the_same_for_the_same_seed(db, tmp_path, capsys):
    people = tmp_path / "people.json"
    people.write_text('[{"first_name": "Zoé", "last_name": "Fixe", "address": "zoe.fixe@medecin.mssante.example"}]')
    texts = []
    for turn in ("a", "b"):
        call_command(
            "generate_annuaire", people=300, seed=4, out=tmp_path / turn, people_file=people, stamp="202611230200"
        )
        texts.append([path.read_bytes() for path in sorted((tmp_path / turn).iterdir())])
    assert texts[0] == texts[1]
    call_command("sync_directory", *map(str, sorted((tmp_path / "a").iterdir())))
    assert "0 rejected" in capsys.readouterr().out
    assert MailboxAddress.objects.filter(address="zoe.fixe@medecin.mssante.example").exists()
    assert Practitioner.objects.count() == 301
    assert not MailboxAddress.objects.exclude(address__endswith=".mssante.example").exists()
    with pytest.raises(CommandError, match="1 of 1"):
        call_command("sync_directory", str(people))


def test_a_missing_file_is_refused_by_name(db, tmp_path):
    with pytest.raises(sync.DirectoryRefused, match="illisible"):
        put(tmp_path / "none.txt")


def test_a_line_without_end_is_one_rejected_line(give):
    lines = mailbox_text().splitlines()
    load = give("\n".join([*lines[:3], "PER|" + "x" * 1_000_000, *lines[3:]]) + "\n")
    assert (load.lines_kept, load.lines_rejected) == (7, 1)
    assert [(line.number, line.reason) for line in load.rejected.all()] == [(4, "ligne démesurée")]


def test_an_address_of_two_people_is_both_of_theirs_and_neither_is_named_behind_it(give):
    lines = mailbox_text().splitlines()
    shared = [line.replace("marie.legoff@medecin", "anne.leveque@hopital") for line in lines]
    load = give("\n".join(shared) + "\n")
    assert (load.added, MailboxAddress.objects.filter(address=ANNE).count()) == (6, 2)
    assert {one.name for typed in ("leveque", "le goff") for one in lookup.suggest(typed)} == {
        "Dr Anne LÉVÊQUE", "Dr Marie LE GOFF",
    }  # fmt: skip
    face = lookup.by_address([ANNE])[ANNE]
    assert (face.kind, face.last_name, face.address) == ("organization", "", ANNE)


def test_the_file_of_activities_is_the_authority_on_names(give):
    give(activity_text(), "PS_LibreAcces_Personne_activite_202611230200.txt")
    give(mailbox_text().replace("Lévêque", "LEVEQUE"))
    assert Practitioner.objects.get(addresses__address=ANNE).last_name == "Lévêque"


def test_who_left_both_files_is_found_no_more_and_one_without_address_only_when_asked(give, directory):
    assert lookup.suggest("adresse") == []
    assert [one.name for one in lookup.found("adresse", limit=5, scope=lookup.Scope(reachable_only=False))] == [
        "Dr Sans ADRESSE"
    ]
    gone = activity_text().splitlines()[:-1]
    give("\n".join(gone) + "\n", "PS_LibreAcces_Personne_activite_202611240200.txt")
    assert lookup.found("adresse", limit=5, scope=lookup.Scope(reachable_only=False)) == []


def test_a_database_that_fails_is_told_and_changes_nothing(give, monkeypatch):
    give(mailbox_text())
    before = counts()

    def fail(cursor):
        cursor.execute("SELECT 1/0")

    monkeypatch.setattr("directory.entries.refresh", fail)
    with pytest.raises(sync.DirectoryRefused, match="base de données"):
        give(mailbox_text(everyone=folk()[:1]))
    assert counts() == before
    assert DirectoryLoad.objects.first().state == "refused"
    assert AuditEvent.objects.filter(action="directory.load").latest("at").result == "error"


def test_reading_a_file_keeps_no_line_in_memory(tmp_path, monkeypatch):
    import tracemalloc

    monkeypatch.setattr(reading, "_BLOCK", 100)
    monkeypatch.setattr(reading, "_FROM", 1 << 40)  # in this process, where memory is counted
    line = activity_text().splitlines()[1]
    path = tmp_path / "PS_LibreAcces_Personne_activite.txt"
    path.write_text("\n".join([invent.ACTIVITY_HEADER + "|", *[line] * 8_000]) + "\n")
    kept = []
    with path.open("rb") as raw:
        header = extract.read_header(raw.readline().decode())
        tracemalloc.start()
        reading.all_new(raw, header, lambda block: kept.append(block.kept), size=path.stat().st_size)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert (sum(kept), len(kept)) == (8_000, 80)
    assert peak < 1_000_000 < path.stat().st_size


def test_fixed_structures_and_domains_appear_in_what_is_generated(db, tmp_path):
    people = tmp_path / "people.json"
    people.write_text('[{"organization": "CH du Mans", "town": "Le Mans", "service": "Cardiologie", '
                      '"address": "cardio@hopital.mssante.example"}]')  # fmt: skip
    call_command(
        "generate_annuaire",
        people=200,
        out=tmp_path / "out",
        people_file=people,
        domains="a.mssante.example",
        plain=True,
    )
    text = next((tmp_path / "out").glob("Extraction*")).read_text()
    assert "ORG|cardio@hopital.mssante.example|" in text
    assert "@a.mssante.example|" in text
    assert all(extract.luhn(line.split("|")[3]) for line in text.splitlines()[1:] if line.startswith("PER"))


def test_a_first_load_of_nothing_but_refused_files_is_told_and_leaves_nothing_beside(give):
    with pytest.raises(sync.DirectoryRefused, match="illisibles"):
        give(mailbox_text().splitlines()[0] + "\nx\ny\n")
    load = DirectoryLoad.objects.get()
    assert (load.state, load.lines_kept, bool(load.finished_at)) == ("refused", 0, True)
    assert AuditEvent.objects.get(action="directory.load").result == "error"
    assert give(mailbox_text()).added == 7
