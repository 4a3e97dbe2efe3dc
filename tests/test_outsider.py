"""One outsider visits every URL of the URL map: a new view is covered the day it is added (conventions, Tests).

Without a session nothing but sign-in, health and static files answers. A verified stranger never gets a row of others:
every address that names a mailbox answers 404 to them, whatever the method. A reader changes nothing anywhere: 403.
"""

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from mailbox import store
from tests.mailbox.test_store import filing, letter

_PUBLIC = re.compile(r"^(connexion/|healthz$|readyz$|static/|demo/|fhir/metadata$)")
_CONVERTED = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")
_REGEX_PART = re.compile(r"\(\?P<(?P<name>\w+)>[^)]*\)")


def routes(patterns=None, prefix: str = "") -> Iterator[str]:
    for item in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(item.pattern).lstrip("^").removesuffix("$").replace("\\Z", "")
        if isinstance(item, URLResolver):
            yield from routes(item.url_patterns, route)
        elif isinstance(item, URLPattern):
            yield route


def filled(route: str, values: dict[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        kind = match.groupdict().get("kind")
        fallback = {"int": "1", "slug": "x", "str": "x", "path": "x", None: "x"}.get(kind, str(uuid4()))
        return values.get(match["name"], fallback)

    return "/" + _REGEX_PART.sub(value, _CONVERTED.sub(value, route))


@pytest.fixture
def places(dupont) -> dict[str, str]:
    """Real ids of a mailbox that the outsider has no part in."""
    [message] = store.file(dupont, [filing(letter())])
    return {
        "mailbox": str(dupont.pk), "mailbox_id": str(dupont.pk), "thread": str(message.thread_id), "folder": "inbox",
        "thread_id": str(message.thread_id), "message": str(message.pk), "message_id": str(message.pk), "number": "1",
    }  # fmt: skip


def test_without_a_session_every_private_url_leads_to_sign_in(client, places):
    private = [route for route in routes() if not _PUBLIC.match(route)]
    assert len(private) > 20
    for route in private:
        for method in (client.get, client.post):
            answer = method(filled(route, places))
            assert answer.status_code in {302, 401, 403, 404, 405}, (route, answer.status_code)
            if answer.status_code == 302:
                assert "/connexion/" in answer["Location"], (route, answer["Location"])


def test_the_door_of_the_carrier_of_sms_is_deaf_to_who_signs_nothing(client, db):
    there = f"/connexion/remise/{uuid4()}/"
    assert client.get(there).status_code == 405
    assert client.post(there, {"MessageStatus": "delivered"}).status_code == 403


def test_a_verified_stranger_gets_404_for_every_url_of_a_mailbox(client, sign_in, stranger, places):
    sign_in(client, stranger)
    named = [route for route in routes() if "<uuid:mailbox" in route]
    assert len(named) > 10
    for route in named:
        statuses = {method(filled(route, places)).status_code for method in (client.get, client.post)}
        assert statuses <= {404, 405}, (route, statuses)
        assert 404 in statuses, (route, statuses)


_ASKS = re.compile(
    r"(recherche|recherche/aide|exporter|exporter/selection)/$"
)  # posted, and changes nothing; who may: life/test_export.py
_HOLDS = re.compile(r"conservation/$")  # holding for the law outlives what a mailbox may do: keeping/test_views.py


def test_a_reader_gets_403_for_everything_that_changes_a_mailbox(client, sign_in, hugo, places):
    sign_in(client, hugo)
    named = [route for route in routes() if "<uuid:mailbox" in route and not _ASKS.search(route)]
    statuses = {route: client.post(filled(route, places), {"action": "archive"}).status_code for route in named}
    assert {route: status for route, status in statuses.items() if status not in {403, 405}} == {}
    assert sum(status == 403 for status in statuses.values()) > 8


def test_in_a_suspended_mailbox_nobody_changes_anything(client, sign_in, anne, places, dupont):
    dupont.state = "suspended"
    dupont.save()
    sign_in(client, anne)
    named = [route for route in routes() if "<uuid:mailbox" in route and not _ASKS.search(route)]
    for route in named:
        if not _HOLDS.search(route):
            assert client.post(filled(route, places), {"action": "archive"}).status_code in {403, 405}, route


def test_a_stranger_who_is_no_administrator_sees_nothing_of_the_admin(client, sign_in, stranger, places):
    sign_in(client, stranger)
    for route in routes():
        if route.startswith("admin/"):
            assert client.get(filled(route, places)).status_code in {302, 403, 404}, route
