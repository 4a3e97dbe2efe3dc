"""Pages follow one another without a gap or a repetition, by an address that tells nothing and opens for one program."""

import base64
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from directory import invent
from directory.api import contents, door, pages, trades
from directory.models import ApiProgram, MailboxAddress, Organization, Practitioner, PractitionerRole
from tests.depth import deep
from tests.directory.api.conftest import Asking
from tests.directory.api.test_plans import ASKED
from tests.directory.conftest import mailbox_text


def following(page) -> str:
    return next((link["url"] for link in page["link"] if link["relation"] == "next"), "")


@pytest.mark.soak
def test_every_walk_gives_each_resource_once_whatever_the_size_of_a_page(client, key, many):
    ask = Asking(client, key, is_judged=False)
    for resource, by_walk in ASKED.items():
        for name, asked in by_walk.items():
            narrow = {"family": "martin"} if (resource, name) == ("Practitioner", "named") else asked
            whole = [one["resource"]["id"] for one in ask.all_pages(resource, _count=200, **narrow)]
            told = ask(resource, _count=200, _total="accurate", **narrow)
            assert (len(whole), len(set(whole))) == (told["total"],) * 2, (resource, name)
            if len(whole) <= deep(60, 400):
                parts = [one["resource"]["id"] for one in ask.all_pages(resource, _count=23, **narrow)]
                assert parts == whole, (resource, name)


def test_all_of_each_resource_are_walked(ask, annuaire):
    assert len(ask.all_pages("Practitioner", _count=2)) == Practitioner.objects.count()
    assert len(ask.all_pages("Organization", _count=1)) == Organization.objects.count()
    pairs = PractitionerRole.objects.exclude(organization=None).values("practitioner", "organization").distinct()
    assert len(ask.all_pages("PractitionerRole", _count=3)) == pairs.count() > 3


def test_every_mailbox_in_force_is_told_once(ask, annuaire):
    """By the professional, the place of exercise or the structure (annuaire.md §3.3)."""
    told = [
        box["value"]
        for resource in ("Practitioner", "PractitionerRole", "Organization")
        for entry in ask.all_pages(resource)
        for box in entry["resource"].get("telecom", [])
        if box["system"] == "email"
    ]
    assert sorted(told) == sorted(MailboxAddress.objects.values_list("address", flat=True))


def test_who_has_several_of_the_mailboxes_asked_for_is_found_once(ask, give):
    someone = invent.chosen({"first_name": "Ada", "last_name": "Doublet", "address": "a1@a.mssante.example"}, 7)
    two = [
        someone,
        invent.Person(**{**_fields(someone), "addresses": ("a0@b.mssante.example", "a2@a.mssante.example")}),
    ]
    give(mailbox_text(everyone=two))
    [ada] = Practitioner.objects.values_list("pk", flat=True)
    assert MailboxAddress.objects.filter(practitioner=ada).count() == 3
    for asked in ({"mailbox-mss": "a"}, {"mailbox-mss": "a1,a0,a2"}, {"mailbox-mss:contains": "@a.,@b."}):
        assert len(ask.all_pages("Practitioner", _count=1, **asked)) == 1, asked
        assert ask("Practitioner", _total="accurate", **asked)["total"] == 1


def _fields(person):
    return {name: getattr(person, name) for name in person.__slots__}


def test_the_next_page_tells_nothing_and_opens_for_its_program_only(ask, client, annuaire):
    url = following(ask("Practitioner", _count=1, family="mar"))
    assert "mar" not in urlsplit(url).query.lower().replace(parse_qs(urlsplit(url).query)["id"][0].lower(), "")
    assert b"mar" not in base64.urlsafe_b64decode(parse_qs(urlsplit(url).query)["id"][0] + "==")
    assert ask.parsed(client.get(url, headers=ask.headers), 200)["link"][0] == {"relation": "self", "url": url}
    other = ApiProgram.objects.create(name="Autre", contact="x")
    stranger = Asking(client, door.issue(other, now=timezone.now()))
    for text, asking in ((url, stranger), (url[:-2], ask), (url + "A", ask), (url.partition("=")[0] + "=x", ask)):
        told = asking.parsed(client.get(text, headers=asking.headers), 400)
        assert told["issue"][0]["code"] == "invalid"
    ask("_page", 400)


def test_a_page_of_yesterday_is_gone(ask, client, annuaire, monkeypatch):
    url = following(ask("Practitioner", _count=1))
    later = timezone.now() + timedelta(hours=25)
    monkeypatch.setattr("directory.api.views.timezone.now", lambda: later)
    assert ask.parsed(client.get(url, headers=ask.headers), 410)["issue"][0]["code"] == "expired"


def test_a_page_of_a_walk_that_is_no_longer_taken_is_gone(ask, client, annuaire, monkeypatch):
    url = following(ask("PractitionerRole", _count=1, specialty="10", **{"organization.address-city": "lille,brest"}))
    monkeypatch.setattr(trades, "_RARE", -1)  # the specialty is frequent now
    assert ask.parsed(client.get(url, headers=ask.headers), 410)["issue"][0]["code"] == "expired"


def test_rights_taken_away_hold_for_the_next_page_too(ask, client, annuaire):
    url = following(ask("Practitioner", _count=1))
    ApiProgram.objects.update(may_read_practitioner=False)
    ask.parsed(client.get(url, headers=ask.headers), 403)


def test_a_form_asks_the_same_without_an_address_and_its_next_page_too(ask, client, annuaire):
    by_get, by_post = ask("Practitioner", family="mar", _count=2), ask.post("Practitioner", family="mar", _count=2)
    assert by_get["entry"] == by_post["entry"]
    ask.parsed(client.get(following(by_post), headers=ask.headers), 200)
    form = "application/x-www-form-urlencoded"
    told = client.post("/fhir/Practitioner/_search?family=mar", "given=anne", content_type=form, headers=ask.headers)
    assert len(ask.parsed(told, 200)["entry"]) == 2


@pytest.mark.parametrize("resource", ["Practitioner", "PractitionerRole", "Organization"])
def test_as_many_statements_for_one_result_as_for_many(ask, many, resource, django_assert_num_queries):
    include = {"PractitionerRole": {"_include": "*"}, "Organization": {"_revinclude": "PractitionerRole:organization"},
               "Practitioner": {"_revinclude": "PractitionerRole:practitioner"}}[resource]  # fmt: skip
    expected = {"Practitioner": 14, "PractitionerRole": 14, "Organization": 13}[resource]
    ask(resource)
    for count in (1, 50):
        with django_assert_num_queries(expected):
            told = ask(resource, _count=count, **include)
        assert sum(entry["search"]["mode"] == "match" for entry in told["entry"]) == count


def test_what_comes_along_is_bounded_and_said(ask, annuaire, monkeypatch):
    whole = ask("Organization", _revinclude="PractitionerRole:organization")["entry"]
    monkeypatch.setattr(contents, "MAX_INCLUDED", 1)
    page = ask("Organization", _revinclude="PractitionerRole:organization")
    assert [entry["search"]["mode"] for entry in page["entry"]].count("include") == 1
    assert following(page)  # a shorter page, and nothing left out
    parts = ask.all_pages("Organization", _revinclude="PractitionerRole:organization")
    assert sorted(entry["fullUrl"] for entry in parts) == sorted(entry["fullUrl"] for entry in whole)
    monkeypatch.setattr(contents, "MAX_INCLUDED", 0)
    at = {"address-city": "lille", "_revinclude": "PractitionerRole:organization"}
    [issue] = ask("Organization", 400, **at)["issue"]
    assert (issue["code"], issue["expression"]) == ("too-costly", ["http._revinclude"])


def test_a_statement_that_lasts_is_cut_and_told(ask, annuaire, monkeypatch):
    monkeypatch.setattr(pages, "SECONDS", 0.05)
    monkeypatch.setattr(pages.searches, "page", lambda found, **_: ("SELECT pg_sleep(5)", {}))
    answer = ask.client.get("/fhir/Organization", headers=ask.headers)
    assert ask.parsed(answer, 503)["issue"][0]["code"] == "timeout"
    assert answer["Retry-After"]
