"""What administrators look at, in a browser: the home page with what waits, two editions of the white list compared."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import Client

from mailbox import whitelist
from mailbox.life import requests
from mailbox.life.requests import Wish
from mailbox.management.demo.authority import ListedDomain
from mailbox.models import Edition
from tests.mailbox.life.conftest import by

pytestmark = [pytest.mark.walk, pytest.mark.soak]
SHOTS = os.environ.get("SHOTS", "")  # a folder: what a person looks at after a change of these pages


def row(domain: str, operator: str, number: int = 0) -> ListedDomain:
    """As operators are named: CN, the identifier of their structure, its name (trust-space §1)."""
    host = f"mx{number or ''}.{domain}"
    return ListedDomain(domain, f"CN={host},OU=0002 431893825,O={operator},C=FR")


TOWNS = (
    "agen albi amiens angers annecy arles auch aurillac auxerre avignon bastia bayonne beauvais belfort blois".split()
)


@pytest.fixture
def editions(trust) -> Edition:
    """The newest of three: hospitals join, three operators leave, one changes its servers' certificates."""
    start, kept = datetime.now(UTC), trust.rows()
    away = [row(f"cabinet-{n}.medecin.mssante.fr", "SOCIETE DE MESSAGERIE") for n in range(3)]
    long = "ghu-psychiatrie-et-neurosciences-de-la-region-nouvelle-aquitaine.mssante.fr"
    before = [*kept, *away, *(row("chu-lille.mssante.fr", "CHU DE LILLE", n) for n in (1, 2))]
    after = [*kept, *(row(f"ch-{town}.mssante.fr", f"CENTRE HOSPITALIER {town.upper()}") for town in TOWNS),
             row(long, "GROUPEMENT HOSPITALIER UNIVERSITAIRE PSYCHIATRIE ET NEUROSCIENCES"),
             *(row("chu-lille.mssante.fr", "CHU DE LILLE", n) for n in (2, 3))]  # fmt: skip
    for seconds, rows in ((1, before), (2, after)):
        at = start + timedelta(seconds=seconds)
        whitelist.load(trust.document(at=at, rows=rows), now=at)
    return Edition.objects.latest("loaded_at")


@pytest.fixture
def office(open_page, sign_in, make_user, live_server):
    page, client = open_page(), Client()
    sign_in(client, make_user("admin@mssweb.example", "Ada", "Ministre", is_staff=True, is_superuser=True))
    name = django_settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
    return page


def seen(page, name: str) -> None:
    """Nothing hangs out of the screen; and the pictures, for who asks."""
    for width in (1440, 1024, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            if SHOTS:
                page.screenshot(path=Path(SHOTS) / f"{name}-{width}-{scheme}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)


def test_two_editions_are_compared_on_any_screen(office, editions):
    office.goto("/admin/mailbox/edition/")
    office.get_by_role("link", name="Voir", exact=True).first.click()
    seen(office, "differences")
    office.get_by_text("Comparer à une autre édition").click()
    seen(office, "differences-others")
    office.locator("details a").last.click()
    seen(office, "differences-first")


def test_the_home_page_says_what_waits(office, tenant, domain, claire):
    for label in ("Vaccination", "Dépistages"):
        wish = Wish(tenant=tenant, domain=domain, kind="ORG", label=label)
        requests.ask(wish, requests.offers(wish)[0], by(claire, "m"))
    office.goto("/admin/")
    seen(office, "admin-home")
    office.get_by_role("link", name="2 demandes de boîtes").click()
    office.locator("#result_list tbody tr").nth(1).wait_for()
