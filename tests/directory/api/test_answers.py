"""The answers of the server to whatever comes: statuses, types, dates."""

import json
from datetime import timedelta

import pytest
from django.db import OperationalError, ProgrammingError
from django.utils import timezone
from django.utils.http import http_date

from directory.api import pages
from directory.fhir.parameters import PARAMETERS
from directory.models import Organization, Practitioner, PractitionerRole
from tests.directory.api.conftest import Asking
from tests.directory.conftest import mailbox_text


def test_metadata_lists_exactly_what_is_understood(client, ask):
    told = Asking.parsed(client.get("/fhir/metadata"), 200)
    assert (told["fhirVersion"], told["kind"]) == ("4.0.1", "instance")
    for resource in told["rest"][0]["resource"]:
        named = {one["name"] for one in resource["searchParam"]}
        assert named - {"_count", "_elements", "_total", "_format"} == set(PARAMETERS[resource["type"]])
        assert [one["code"] for one in resource["interaction"]] == ["read", "search-type"]
    active = next(one for one in told["rest"][0]["resource"][0]["searchParam"] if one["name"] == "active")
    assert "Sans ce paramètre" in active["documentation"]


def test_each_parameter_of_metadata_is_accepted_and_any_other_refused(client, ask, annuaire):
    values = {"token": "x", "string": "x", "reference": "x", "date": "2026"}
    for resource, parameters in PARAMETERS.items():
        for name, one in parameters.items():
            value = "true" if name == "active" else values[one.kind]
            answer = client.get(f"/fhir/{resource}", {name: value}, headers=ask.headers)
            code = json.loads(answer.content).get("issue", [{"code": ""}])[0]["code"]
            assert (answer.status_code, code) in {(200, ""), (400, "too-costly")}, (resource, name)
        assert ask(resource, 400, telecom="x")["issue"][0]["code"] == "not-supported"


def test_each_resource_is_read_by_its_id_as_it_is_found(ask, annuaire):
    for resource in ("Practitioner", "PractitionerRole", "Organization"):
        for entry in ask(resource)["entry"]:
            assert ask(f"{resource}/{entry['resource']['id']}") == entry["resource"]
            assert entry["fullUrl"] == f"http://localhost:8000/fhir/{resource}/{entry['resource']['id']}"
    for unknown in (
        "Practitioner/0000000000000000",
        "Practitioner/x",
        "PractitionerRole/x-y",
        f"PractitionerRole/{'0' * 16}-{'0' * 16}",
    ):
        assert ask(unknown, 404)["issue"][0]["code"] == "not-found"
    leveque, place = Practitioner.objects.get(last_name="Lévêque"), Organization.objects.get(town="Brest")
    assert not PractitionerRole.objects.filter(practitioner=leveque, organization=place).exists()
    ask(f"PractitionerRole/{leveque.ref}-{place.ref}", 404)


def test_elements_make_a_subset_that_says_so(ask, annuaire):
    for told in (ask("Organization", _elements="name,address")["entry"][0]["resource"],
                 ask(f"Organization/{Organization.objects.first().ref}", _elements="name,address")):  # fmt: skip
        assert set(told) == {"resourceType", "id", "meta", "name", "address"}
        assert told["meta"]["tag"][0]["code"] == "SUBSETTED"
    ask(f"Organization/{Organization.objects.first().ref}", 400, family="x")
    ask(f"Organization/{Organization.objects.first().ref}", 400, _elements="photo")


def test_the_total_is_told_when_asked_for(ask, annuaire):
    assert "total" not in ask("Organization")
    assert ask("Organization", _total="accurate", _count=1)["total"] == Organization.objects.count()
    assert ask("Organization", _total="none", name="rien") == ask("Organization", _total="none", name="rien")
    assert "entry" not in ask("Organization", name="rien")


def test_an_answer_is_known_until_another_file_is_in_force(ask, client, annuaire, give):
    for path in ("Organization?name=pharm", f"Organization/{Organization.objects.first().ref}"):
        first = client.get(f"/fhir/{path}", headers=ask.headers)
        assert first["Cache-Control"] == "private, no-cache"
        by_tag = {"If-None-Match": first["ETag"]}
        by_date = {"If-Modified-Since": first["Last-Modified"]}
        for known in (by_tag, by_date):
            again = client.get(f"/fhir/{path}", headers={**ask.headers, **known})
            assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
        assert client.get(f"/fhir/{path}", headers={**ask.headers, "If-None-Match": 'W/"0"'}).status_code == 200
        old = {"If-Modified-Since": http_date((timezone.now() - timedelta(days=2)).timestamp())}
        assert client.get(f"/fhir/{path}", headers={**ask.headers, **old}).status_code == 200
    give(mailbox_text(offices=()))
    assert client.get("/fhir/Organization?name=pharm", headers={**ask.headers, **by_tag}).status_code == 200
    assert client.get("/fhir/Organization", headers=by_tag).status_code == 401  # a key first


@pytest.mark.parametrize("path", ["metadata", "Organization"])
def test_only_json_is_served(client, ask, annuaire, path):
    for accepted in ("application/fhir+json", "application/json;q=0.9, text/html", "*/*", "application/*"):
        assert client.get(f"/fhir/{path}", headers={**ask.headers, "Accept": accepted}).status_code == 200, accepted
    for accepted in ("application/fhir+xml", "text/html"):
        Asking.parsed(client.get(f"/fhir/{path}", headers={**ask.headers, "Accept": accepted}), 406)
    for asked in ("json", "application/fhir+json", "application/json"):
        told = client.get(f"/fhir/{path}", {"_format": asked}, headers={**ask.headers, "Accept": "text/html"})
        assert told.status_code == 200, asked
    Asking.parsed(client.get(f"/fhir/{path}", {"_format": "xml"}, headers=ask.headers), 406)


def test_what_is_no_reading_is_refused_with_what_is_offered(client, ask, annuaire):
    for method, path, offered in (
        ("post", "Organization", "GET, HEAD"), ("put", "Organization/x", "GET, HEAD"), ("delete", "Organization/x", "GET, HEAD"),
        ("patch", "Organization/x", "GET, HEAD"), ("get", "Organization/_search", "POST"), ("post", "metadata", "GET, HEAD"),
    ):  # fmt: skip
        answer = getattr(client, method)(f"/fhir/{path}", headers=ask.headers)
        assert (answer.status_code, answer["Allow"]) == (405, offered), (method, path)
        Asking.parsed(answer, 405)
    assert client.head("/fhir/Organization", headers=ask.headers).status_code == 200


def test_other_resources_and_addresses_are_not_found(ask, annuaire):
    for path in ("Patient", "Patient/1", "Organization/1/_history", "", "Organization/1/x"):
        assert "Practitioner, PractitionerRole, Organization" in ask(path, 404)["issue"][0]["diagnostics"], path


def test_a_body_that_is_no_form_is_refused(client, ask, annuaire):
    as_json = client.post("/fhir/Organization/_search", "{}", content_type="application/json", headers=ask.headers)
    Asking.parsed(as_json, 415)
    crowded = "&".join(f"name={n}" for n in range(3000))
    form = "application/x-www-form-urlencoded"
    Asking.parsed(client.post("/fhir/Organization/_search", crowded, content_type=form, headers=ask.headers), 400)
    Asking.parsed(client.get(f"/fhir/Organization?{crowded}", headers=ask.headers), 400)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(OperationalError("lévêque"), 503, "transient"), (ProgrammingError("lévêque"), 500, "exception")],
)
def test_a_database_that_fails_is_told_without_its_words(
    ask, client, annuaire, monkeypatch, caplog, error, status, code
):
    def fail(*_):
        raise error

    monkeypatch.setattr(pages, "_rows", fail)
    told = Asking.parsed(client.get("/fhir/Practitioner", {"family": "leveque"}, headers=ask.headers), status)
    assert told["issue"][0]["code"] == code
    assert type(error).__name__ in caplog.text
    assert "lévêque" not in caplog.text
