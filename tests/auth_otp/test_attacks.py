"""Attacks on the whole door: forgery, framing, a false host. Those on one step of it stand with the tests of that step."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from auth_otp.models import Session, User
from tests.auth_otp.conftest import give_password

# Believed without a form's token, for no cookie is believed there: programs by key, the link of a mail (RFC 8058), the
# carrier and Pro Santé Connect by their signatures
_BY_TOKEN = ("fhir/", "courriel/arreter/", "connexion/remise/", "connexion/psc/fin/")


def views(patterns=None, prefix=""):
    for item in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(item.pattern)
        if isinstance(item, URLResolver):
            yield from views(item.url_patterns, route)
        elif isinstance(item, URLPattern):
            yield route, item.callback


def test_csrf_every_view_of_the_url_map_wants_a_token_but_those_that_believe_no_cookie():
    """Attack: a page elsewhere posts with the cookie of who reads it. A new view is covered the day it is added."""
    assert "django.middleware.csrf.CsrfViewMiddleware" in settings.MIDDLEWARE
    known = list(views())
    assert len(known) > 100
    exempt = [route for route, view in known if getattr(view, "csrf_exempt", False)]
    assert exempt and all(route.startswith(_BY_TOKEN) for route in exempt), exempt


@pytest.mark.parametrize("path", ["/connexion/", "/nulle-part/"])
def test_host_header_that_is_not_ours_is_refused(client, path):
    """Attack: links of ours that lead elsewhere, a cache that keeps them."""
    assert client.get(path, headers={"Host": "evil.example"}).status_code == 400
    believed = client.get(path, headers={"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"})
    assert "evil.example" not in believed.content.decode() + believed.get("Location", "")


def test_clickjacking_no_page_of_the_door_is_shown_in_a_frame(client, anne, sign_in, waiting):
    """Attack: the door in a transparent frame of another site. Refusals and mistakes too."""
    inside, forged = Client(), Client(enforce_csrf_checks=True)
    sign_in(inside, anne)
    Session.objects.filter(user=anne).update(locked_at="2026-01-01T00:00Z")
    pages = [
        Client().get("/connexion/"),
        give_password(Client(), "personne@x.example", "au hasard"),
        waiting.get("/connexion/code/"),
        waiting.post("/connexion/renvoyer/"),
        inside.get("/verrou/"),
        inside.get("/deconnexion/"),
        forged.post("/connexion/"),
        *[give_password(Client(REMOTE_ADDR="203.0.113.9"), "a@x.example", "x") for _ in range(4)][-1:],
    ]
    assert [page.status_code for page in pages] == [200, 422, 200, 200, 200, 405, 403, 429]
    for page in pages:
        assert page["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in page["Content-Security-Policy"]


def test_rotation_each_sign_in_of_a_browser_has_a_key_of_its_own(client, anne, sign_in):
    """Attack: a key noted once, on a workstation that many use."""
    keys = set()
    for _ in range(2):
        sign_in(client, anne)
        keys.add(client.cookies[settings.SESSION_COOKIE_NAME].value)
        client.post("/deconnexion/")
    assert len(keys) == 2 and not Session.objects.filter(user=anne).exists()


def test_no_account_comes_with_the_product(db):
    """Attack: the name and password that every installation has (ASVS 6.3.2)."""
    assert not User.objects.exists()


def test_the_table_of_asvs_names_tests_that_exist():
    """SECURITY, ASVS 5.0: a test that is renamed is renamed there."""
    named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", Path("SECURITY.md").read_text())
    assert len(named) > 30
    for file, name in named:
        assert f"def {name}(" in (Path("tests") / file).read_text(), (file, name)


# Of ASVS 5.0.0, section by section: how many of levels 1 and 2, which come first in each. 10.3, 10.4, 10.6, 10.7 are not ours
_ASVS = {
    "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2,
    "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1, "10.1": 2, "10.2": 2, "10.5": 5,
}  # fmt: skip


def test_the_table_of_asvs_has_every_requirement_of_levels_1_and_2():
    told: set[str] = set()
    for line in Path("SECURITY.md").read_text().splitlines():
        cell = line.split("|")[1] if line.startswith("| ") else ""
        told |= set(re.findall(r"\b\d+\.\d+\.\d+\b", cell))
        for section, first, last in re.findall(r"\b(\d+\.\d+)\.(\d+) to \1\.(\d+)", cell):
            told |= {f"{section}.{n}" for n in range(int(first), int(last) + 1)}
    assert {f"{section}.{n + 1}" for section, count in _ASVS.items() for n in range(count)} - told == set()
