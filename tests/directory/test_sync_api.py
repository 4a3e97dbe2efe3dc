"""Between two extractions the API is followed: what it gives stands beside the file's rows, and neither undoes the other."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError

from directory import client as api_client
from directory import lookup, merge_api, sync, sync_api, tasks
from directory.gate import Gate
from directory.models import DirectoryLoad, Entry, MailboxAddress, Organization, Practitioner, Source
from mssweb.audit.models import AuditEvent
from tests.directory import annuaire_api as api
from tests.directory.conftest import activity_text, folk, mailbox_text

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
LEVEQUE = "anne.leveque@hopital.mssante.example"
NEW = "nouvelle@cabinet.mssante.example"
RPPS = "99988877766"  # of nobody in the files
HALLES = "750000002"


@pytest.fixture
def server():
    with api.serve() as annuaire:
        yield annuaire


@pytest.fixture
def follow(server):
    """One sync at that instant."""

    def run(now: datetime = NOW) -> DirectoryLoad:
        annuaire = api_client.Client(server.base, api.KEY, Gate(f"test:{uuid4()}"), sleep=lambda seconds: None)
        row = sync_api.follow(annuaire, clock=lambda: now)
        row.refresh_from_db()
        return row

    return run


@pytest.fixture
def leveque(directory) -> Practitioner:
    return Practitioner.objects.get(last_name="Lévêque")


def in_force() -> set[str]:
    return set(MailboxAddress.objects.filter(vanished_at=None).values_list("address", flat=True))


def entry_rows() -> list[tuple[object, ...]]:
    fields = [field.name for field in Entry._meta.fields if field.name != "id"]
    return sorted(Entry.objects.values_list(*fields), key=repr)


def test_an_address_that_only_the_api_gives_is_found_and_says_where_it_comes_from(server, follow, leveque):
    before = in_force()
    server.hold(api.practitioner(leveque.rpps, "AUTRE NOM", "Anne", api.telecom(NEW)))
    load = follow()
    assert (load.state, load.kind, load.added, load.vanished, load.lines_read) == ("done", "api", 1, 0, 1)
    assert in_force() == {*before, NEW}
    row = MailboxAddress.objects.get(address=NEW)
    assert (row.source, row.practitioner_id, row.first_seen, row.confirmed_at) == (Source.API, leveque.pk, NOW, NOW)
    assert lookup.by_address([NEW])[NEW].last_name == "Lévêque"  # the file's name stays
    event = AuditEvent.objects.filter(action="directory.load").latest("at")
    assert (event.result, event.facts["kind"], event.facts["added"]) == ("ok", "api", 1)


def test_a_person_and_a_structure_that_no_file_knows_are_found_by_name_and_town(server, follow, directory):
    who = api.practitioner(RPPS, "NOUVEAU-VENU", "Léa", profession="10", speciality="SM04")
    where = api.organization(
        "750000028", "CABINET DU MODELE", api.telecom("cabinet@x.mssante.example", "ORG", service="Accueil")
    )
    server.hold(who, where, api.role(who, where, api.telecom(NEW)))
    assert follow().added == 2
    [face] = lookup.suggest("nouveauvenu paris")
    assert (face.name, face.address, face.town, face.profession) == ("Dr Léa NOUVEAU-VENU", NEW, "Paris", "Médecin")
    assert lookup.suggest("cabinet du modele")
    place = Organization.objects.get(key="F750000028")
    assert (place.address_line, place.postcode, place.department) == ("12 RUE DU MODELE", "75012", "75")
    assert {Practitioner.objects.get(rpps=RPPS).source, place.source} == {Source.API}


def test_what_the_file_gives_is_confirmed_and_stays_the_files(server, follow, leveque):
    row = MailboxAddress.objects.get(address=LEVEQUE)
    where = row.organization
    who = api.practitioner(leveque.rpps, "LÉVÊQUE", "Anne")
    place = api.organization(where.key[1:], where.name)
    server.hold(who, place, api.role(who, place, api.telecom(LEVEQUE)))
    before = entry_rows()
    load = follow()
    assert (load.added, load.vanished, entry_rows()) == (0, 0, before)
    after = MailboxAddress.objects.get(address=LEVEQUE)
    assert (after.pk, after.line, after.source, after.first_seen) == (
        row.pk,
        row.line,
        Source.MAILBOXES,
        row.first_seen,
    )
    assert after.confirmed_at == NOW


def test_the_next_extraction_neither_takes_the_apis_rows_for_its_own_nor_undoes_them(server, follow, give, leveque):
    server.hold(api.practitioner(leveque.rpps, "LÉVÊQUE", "Anne", api.telecom(NEW)))
    follow()
    again = give(mailbox_text())
    assert (again.added, again.vanished) == (0, 0)
    fewer = give(mailbox_text(everyone=folk()[:-1]))
    give(activity_text(), "PS_LibreAcces_Personne_activite.txt")
    assert fewer.vanished <= 1
    assert MailboxAddress.objects.get(address=NEW).vanished_at is None
    assert lookup.by_address([NEW])


def test_the_page_says_which_address_was_read_live_and_until_when_changes_were(
    client, sign_in, anne, server, follow, leveque, settings
):
    server.hold(api.practitioner(leveque.rpps, "LÉVÊQUE", "Anne", api.telecom(NEW)))
    follow()
    sign_in(client, anne)
    page = client.get(f"/annuaire/p/{leveque.ref}/").content.decode()
    assert page.count("Lue en direct dans l’Annuaire Santé le 26 novembre 2026") == 1
    assert "changements suivis" not in page
    settings.DIRECTORY_API_KEY = api.KEY
    page = client.get(f"/annuaire/p/{leveque.ref}/").content.decode()
    assert "changements suivis jusqu’au" in page and "26 novembre 2026 à 13:00" in page


def test_an_extraction_that_gives_the_address_takes_the_row_over_for_good(server, follow, give, directory):
    tomorrow = mailbox_text()
    lost = mailbox_text(everyone=folk()[1:])
    leveque = Practitioner.objects.get(last_name="Lévêque")
    row = MailboxAddress.objects.get(address=LEVEQUE)
    give(lost)
    assert LEVEQUE not in in_force()
    who, place = api.practitioner(leveque.rpps, "LÉVÊQUE", "Anne"), api.organization(row.organization.key[1:], "CH")
    server.hold(who, place, api.role(who, place, api.telecom(LEVEQUE)))
    assert follow().added == 1
    back = MailboxAddress.objects.get(pk=row.pk)
    assert (back.source, back.vanished_at, back.first_seen) == (Source.API, None, NOW)
    taken = give(tomorrow)
    assert (taken.added, taken.vanished) == (0, 0)
    row.refresh_from_db()
    assert (row.source, row.first_seen) == (Source.MAILBOXES, NOW)
    assert give(lost).vanished == 1  # the file's again: the file may take it back
    assert LEVEQUE not in in_force()


def test_silence_takes_back_what_the_api_gave_and_nothing_of_a_file(server, follow, leveque):
    anne = api.practitioner(leveque.rpps, "LÉVÊQUE", "Anne", api.telecom(NEW), api.telecom(f"autre.{NEW}"))
    server.hold(anne)
    assert follow().added == 2
    anne["meta"]["lastUpdated"] = "2026-11-27T00:00:00.000+01:00"
    anne["telecom"] = anne["telecom"][:1]
    load = follow(NOW + timedelta(hours=1))
    assert (load.added, load.vanished) == (0, 1)
    assert {NEW, LEVEQUE} <= in_force()
    gone = MailboxAddress.objects.get(address=f"autre.{NEW}")
    assert gone.vanished_at == NOW + timedelta(hours=1)
    del anne["telecom"]
    assert follow(NOW + timedelta(hours=2)).vanished == 1
    assert LEVEQUE in in_force()


def test_what_was_read_already_touches_nobody_and_what_changed_is_changed(server, follow, leveque, monkeypatch):
    box = api.telecom(NEW)
    anne = api.practitioner(leveque.rpps, "LÉVÊQUE", "Anne", box, updated="2026-11-28T00:00:00.000+01:00")
    server.hold(anne)
    follow()
    with monkeypatch.context() as patch:
        patch.setattr(sync_api.entries, "refresh", lambda cursor: pytest.fail("somebody was touched"))
        follow(NOW + timedelta(hours=1))
    row = MailboxAddress.objects.get(address=NEW)
    assert (row.confirmed_at, row.first_seen, row.kind) == (NOW + timedelta(hours=1), NOW, "PER")
    box["extension"][1]["extension"][0]["valueCodeableConcept"]["coding"][0]["code"] = "CAB"
    assert follow(NOW + timedelta(hours=2)).added == 0
    row.refresh_from_db()
    assert (row.kind, row.first_seen) == ("CAB", NOW)


def test_a_closed_person_or_structure_loses_all_addresses_until_a_file_gives_them_back(server, follow, give, leveque):
    server.hold(api.practitioner(leveque.rpps, "", "", active=False), api.organization(HALLES, "X", active=False))
    server.hold(api.role({}, None, active=False))
    load = follow()
    assert (load.vanished, load.state) == (2, "done")
    assert {LEVEQUE, "secretariat@halles.mssante.example"}.isdisjoint(in_force())
    assert "anne.martin@halles.mssante.example" in in_force()  # hers, not the structure's
    assert not lookup.by_address([LEVEQUE])
    assert give(mailbox_text()).added == 2
    assert LEVEQUE in in_force()


def test_what_only_the_api_gave_is_not_told_for_ever(server, follow, leveque):
    anne = api.practitioner(leveque.rpps, "LÉVÊQUE", "Anne", api.telecom(NEW))
    server.hold(anne)
    follow()
    server.resources.clear()
    assert follow(NOW + timedelta(days=29)).vanished == 0
    assert follow(NOW + merge_api.STALE + timedelta(minutes=1)).vanished == 1
    assert {"done"} == set(DirectoryLoad.objects.filter(kind="api").values_list("state", flat=True))
    assert DirectoryLoad.objects.filter(kind="api").count() == 2  # the first is older than the history


def test_a_sync_asks_since_the_last_one_and_never_more_than_thirty_days(server, follow, directory):
    DirectoryLoad.objects.filter(kind="mailboxes").update(dated=NOW - timedelta(days=2))
    for at, since in ((NOW, "2026-11-23T12%3A00"), (NOW + timedelta(hours=1), "2026-11-26T11%3A30"),
                      (NOW + timedelta(days=90), "2027-01-25T12%3A00")):  # fmt: skip
        server.asked.clear()
        assert follow(at).state == "done"
        assert [path.partition("?")[0].rpartition("/")[2] for path in server.asked] == [
            "Practitioner", "PractitionerRole", "Organization",
        ]  # fmt: skip
        assert all(f"_lastUpdated=ge{since}" in path for path in server.asked)


def test_what_cannot_be_used_is_counted_and_costs_nothing_else(server, follow, directory):
    lost = api.role({"id": "003-nobody"}, {"id": "001-nowhere"}, api.telecom("perdue@x.mssante.example"))
    nameless = api.practitioner("99900000029", "M??decin", "X", api.telecom("sans.nom@x.mssante.example"))
    server.hold(lost, nameless, api.practitioner("99900000037", "BON", "Jean", api.telecom(NEW)))
    load = follow()
    assert (load.state, load.added, load.lines_read, load.lines_rejected) == ("done", 1, 3, 2)
    assert "sans.nom@x.mssante.example" not in in_force()


@pytest.mark.parametrize(
    ("faults", "told"),
    [
        ([api.status(502)] * 5, "l’Annuaire Santé ne répond pas (502)"),
        ([api.body(b"{")] * 5, "la réponse de l’Annuaire Santé est illisible (unreadable)"),
        ([api.status(401)], "l’Annuaire Santé refuse notre clé d’accès (bad-key)"),
    ],
)
def test_an_outage_changes_nothing_and_is_told(server, follow, leveque, faults, told):
    before, entries = sorted(MailboxAddress.objects.values_list()), entry_rows()
    server.hold(api.practitioner(leveque.rpps, "LÉVÊQUE", "Anne", api.telecom(NEW)))
    server.faults += faults
    load = follow()
    assert (load.state, load.error, load.added) == ("refused", told, 0)
    assert (sorted(MailboxAddress.objects.values_list()), entry_rows()) == (before, entries)
    event = AuditEvent.objects.filter(action="directory.load").latest("at")
    assert (event.result, event.facts["kind"]) == ("error", "api")
    assert follow(NOW + timedelta(hours=1)).added == 1  # what was missed is caught up


def test_an_outage_in_the_middle_of_the_pages_brings_none_of_them(server, follow, leveque):
    server.hold(api.practitioner(leveque.rpps, "LÉVÊQUE", "Anne", api.telecom(NEW)))
    real = server.search

    def search(kind: str, asked: list[tuple[str, str]]) -> api.Json:
        if kind == "PractitionerRole":
            server.faults += [api.status(503)] * 4
            return {"resourceType": "OperationOutcome"}
        return real(kind, asked)

    server.search = search
    load = follow()
    assert (load.state, NEW in in_force()) == ("refused", False)


def test_an_answer_that_would_empty_the_directory_is_doubted(server, follow, directory, monkeypatch):
    monkeypatch.setattr(sync, "SHRINK_FROM", 6)
    before = in_force()
    server.hold(*(api.practitioner(one.rpps, "", "", active=False) for one in Practitioner.objects.exclude(rpps="")))
    load = follow()
    assert (load.state, load.vanished) == ("refused", 0)
    assert "disparaîtraient" in load.error
    assert in_force() == before


@pytest.mark.parametrize("error", [DatabaseError, psycopg.errors.CharacterNotInRepertoire])
def test_what_the_database_does_not_take_is_told_without_a_word_of_it(server, follow, leveque, monkeypatch, error):
    def refuse(*args: object) -> None:
        raise error("cite un nom")

    monkeypatch.setattr(merge_api, "take", refuse)
    assert follow().error == "la base de données n’a pas pris les changements"


@pytest.mark.django_db
def test_without_an_extraction_there_is_nothing_to_follow(server, follow):
    load = follow()
    assert (load.state, server.asked) == ("refused", [])
    assert "aucune extraction" in load.error


def test_the_task_asks_only_when_a_key_is_set_and_the_command_says_what_came(server, leveque, settings, capsys):
    server.hold(api.practitioner(leveque.rpps, "LÉVÊQUE", "Anne", api.telecom(NEW, shape="1.2.0")))
    settings.DIRECTORY_API_URL, settings.DIRECTORY_API_KEY = server.base, ""
    tasks.follow_api()
    assert server.asked == []
    with pytest.raises(CommandError, match="DIRECTORY_API_KEY"):
        call_command("sync_directory_api")
    settings.DIRECTORY_API_KEY = api.KEY
    tasks.follow_api()
    assert NEW in in_force()
    call_command("sync_directory_api")
    assert "0 resources read, 0 rejected, 0 addresses added, 0 vanished" in capsys.readouterr().out
    server.faults.append(api.status(401))
    with pytest.raises(CommandError, match="bad-key"):
        call_command("sync_directory_api")


def test_as_many_statements_for_one_address_as_for_many(server, follow, directory, django_assert_max_num_queries):
    later = "2026-11-28T00:00:00.000+01:00"

    def many(start: int, number: int) -> None:
        server.resources[:] = [
            api.practitioner(f"9990{n:07}", f"NOM{n}", "X", api.telecom(f"n{n}@x.mssante.example"), updated=later)
            for n in range(start, start + number)
        ]

    for start, number in ((0, 1), (10, 120)):
        many(start, number)
        with django_assert_max_num_queries(75):
            assert follow(NOW + timedelta(hours=start)).added == number
