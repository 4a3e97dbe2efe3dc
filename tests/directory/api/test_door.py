"""Only a key opens, within the rights and the pace of its program; each call is told, never what was asked."""

import json
from datetime import timedelta

import pytest
import redis
from django.utils import timezone

from directory.api import door
from directory.models import ApiKey, ApiProgram, Practitioner
from mssweb.audit.models import AuditEvent

PATHS = (
    "Practitioner",
    "PractitionerRole",
    "Organization",
    "Organization/0000000000000000",
    "_page?id=x",
    "Patient",
    "",
)


@pytest.fixture(autouse=True)
def _empty_counters(program):
    """Counters outlive a test: programs are new each time, and so are their counters' names."""
    assert program.pk


def outcome(answer) -> str:
    told = json.loads(answer.content)
    assert told["resourceType"] == "OperationOutcome"
    return told["issue"][0]["code"]


def test_nothing_but_metadata_answers_without_a_key(client, annuaire, ask):
    for path in PATHS:
        answer = client.get(f"/fhir/{path}")
        assert (answer.status_code, outcome(answer)) == (401, "login"), path
        assert answer["WWW-Authenticate"].startswith("Bearer")
    assert client.post("/fhir/Organization/_search").status_code == 401
    assert client.get("/fhir/metadata").status_code == 200


def test_a_browser_s_session_opens_nothing_and_is_not_even_read(
    client, sign_in, make_user, annuaire, django_assert_num_queries
):
    sign_in(client, make_user("admin@x.example", "Ada", "Ministre", is_staff=True, is_superuser=True))
    with django_assert_num_queries(1):  # the key that is none
        answer = client.get("/fhir/Organization")
    assert answer.status_code == 401
    assert not answer.cookies
    assert "Cookie" not in answer["Vary"]


def test_either_header_carries_the_key_and_an_address_never_does(client, key, annuaire):
    for headers in ({"ESANTE-API-KEY": key}, {"Authorization": f"Bearer {key}"}, {"Authorization": f"bearer {key}"}):
        assert client.get("/fhir/Organization", headers=headers).status_code == 200
    for headers in ({"Authorization": f"Basic {key}"}, {"ESANTE-API-KEY": key[:-1]}, {"ESANTE-API-KEY": key.partition(".")[0]},
                    {"ESANTE-API-KEY": f"x{key}"}, {"ESANTE-API-KEY": "é" * 300}):  # fmt: skip
        assert client.get("/fhir/Organization", headers=headers).status_code == 401, headers
    assert client.get(f"/fhir/Organization?ESANTE-API-KEY={key}").status_code == 401


def test_no_row_holds_a_key_and_a_replaced_one_ends_with_its_grace(program, key, client, annuaire):
    now = timezone.now()
    other = door.issue(program, now=now, grace=timedelta(hours=1))
    secrets = [one.partition(".")[2].encode() for one in (key, other)]
    assert all(bytes(row.digest) not in secrets and len(bytes(row.digest)) == 32 for row in ApiKey.objects.all())
    for told in (key, other):
        assert client.get("/fhir/Organization", headers={"ESANTE-API-KEY": told}).status_code == 200
    ApiKey.objects.exclude(ends_at=None).update(ends_at=now)
    assert client.get("/fhir/Organization", headers={"ESANTE-API-KEY": key}).status_code == 401
    assert client.get("/fhir/Organization", headers={"ESANTE-API-KEY": other}).status_code == 200
    door.issue(program, now=timezone.now(), grace=timedelta())
    assert program.keys.count() == 2  # the first one is gone
    assert client.get("/fhir/Organization", headers={"ESANTE-API-KEY": other}).status_code == 401


def test_a_stopped_program_is_refused_at_once(program, ask, annuaire):
    ask("Organization")
    ApiProgram.objects.update(is_active=False)
    ask("Organization", 401)


def test_a_program_reads_what_it_may_and_nothing_along_with_it(program, ask, annuaire):
    ApiProgram.objects.update(may_read_practitioner=False)
    ask("Practitioner", 403)
    ask(f"Practitioner/{Practitioner.objects.first().ref}", 403)
    ask.post("Practitioner", 403)
    ask("PractitionerRole")
    ask("PractitionerRole", 403, _include="PractitionerRole:practitioner")
    ask("PractitionerRole", 403, _include="*")
    ask("PractitionerRole", _include="PractitionerRole:organization")
    ApiProgram.objects.update(may_read_practitionerrole=False)
    ask("Organization", 403, _revinclude="PractitionerRole:organization")
    ask("Organization")


def test_a_program_without_the_right_to_search_names_whom_it_asks_for(program, ask, annuaire):
    ApiProgram.objects.update(may_search=False)
    leveque = Practitioner.objects.get(last_name="Lévêque")
    for asked in ({}, {"family": "lev"}, {"mailbox-mss": "anne"}, {"active": "true"}, {"identifier": "https://rpps.esante.gouv.fr|"},
                  {"qualification-code": "10"}, {"_lastUpdated": "ge2020"}):  # fmt: skip
        assert ask("Practitioner", 403, **asked)["issue"][0]["code"] == "forbidden", asked
    for asked in ({"identifier": leveque.rpps}, {"_id": leveque.ref}, {"identifier": leveque.rpps, "family": "x"}):
        ask("Practitioner", **asked)
    ask("PractitionerRole", **{"mailbox-mss:exact": "anne.leveque@hopital.mssante.example"})
    ask("PractitionerRole", practitioner=leveque.ref)
    ask(f"Practitioner/{leveque.ref}")


def test_beyond_its_pace_a_program_waits_until_the_minute_ends_and_the_journal_says_it_once(
    program, ask, annuaire, monkeypatch
):
    now = timezone.now().replace(second=48, microsecond=0)
    monkeypatch.setattr("directory.api.views.timezone.now", lambda: now)
    ApiProgram.objects.update(calls_per_minute=3)
    for _ in range(3):
        ask("Organization")
    for _ in range(2):
        answer = ask.client.get("/fhir/Organization", headers=ask.headers)
        assert (answer.status_code, outcome(answer), answer["Retry-After"]) == (429, "throttled", "12")
    assert AuditEvent.objects.filter(action="fhir.paced").count() == 1
    other = ApiProgram.objects.create(name="Autre", contact="x", calls_per_minute=3)
    assert (
        ask.client.get("/fhir/Organization", headers={"ESANTE-API-KEY": door.issue(other, now=now)}).status_code == 200
    )
    now += timedelta(seconds=12)
    ask("Organization")


def test_when_calls_cannot_be_counted_nobody_passes_and_is_told_to_come_back(ask, annuaire, monkeypatch):
    away = redis.Redis(unix_socket_path="/nonexistent/valkey.sock")
    monkeypatch.setattr(door, "_redis", lambda: away)
    answer = ask.client.get("/fhir/Organization", headers=ask.headers)
    assert (answer.status_code, outcome(answer), answer["Retry-After"]) == (503, "transient", "5")


def test_each_call_is_told_with_its_program_and_count_and_never_with_what_was_asked(program, ask, annuaire):
    leveque = Practitioner.objects.get(last_name="Lévêque")
    ask("Practitioner", family="leveque")
    ask.post("Practitioner", family="leveque")
    ask(f"Practitioner/{leveque.ref}")
    ask("Practitioner", 400, given="leveque")
    ask("leveque", 404)
    told = AuditEvent.objects.filter(action__startswith="fhir.").order_by("pk")
    assert [(one.action, one.result, one.facts) for one in told] == [
        ("fhir.search", "ok", {"resource": "Practitioner", "results": 1}),
        ("fhir.search", "ok", {"resource": "Practitioner", "results": 1}),
        ("fhir.read", "ok", {"resource": "Practitioner", "results": 1}),
        ("fhir.search", "refused", {"resource": "Practitioner", "status": 400}),
        ("fhir.search", "refused", {"resource": "?", "status": 404}),
    ]
    assert {(one.subject_kind, one.subject_id, one.actor_id) for one in told} == {("program", str(program.pk), None)}
    assert all(one.client == "127.0.0.1" for one in told)


def test_the_last_call_is_known_to_the_hour(program, ask, annuaire, django_assert_num_queries):
    ask("Organization")
    program.refresh_from_db()
    first = program.last_used_at
    assert first is not None
    ask("Organization")
    program.refresh_from_db()
    assert program.last_used_at == first
