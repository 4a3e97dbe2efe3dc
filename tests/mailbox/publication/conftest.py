"""Mailboxes on a domain that the national directory takes, and that directory, over real HTTPS."""

from collections.abc import Iterator

import pytest

from mailbox.models import Domain, Mailbox, Membership, open_mailbox
from mailbox.publication import gateway
from tests.mailbox.publication.national import KEY, National

OURS = "officine.mssante.fr"
RPPS, FINESS = "99900000011", "750000002"


@pytest.fixture
def zone(db) -> Domain:
    return Domain.objects.create(name=OURS)


@pytest.fixture
def shared(tenant, zone) -> Mailbox:
    return open_mailbox(
        tenant=tenant, domain=zone, address=f"pharmacie@{OURS}", kind="ORG", display_name="P", state="active"
    )


@pytest.fixture
def hers(tenant, zone, anne) -> Mailbox:
    """Anne's own, PER."""
    box = open_mailbox(
        tenant=tenant, domain=zone, address=f"anne.dupont@{OURS}", kind="PER", display_name="A", state="active"
    )
    Membership.objects.create(mailbox=box, user=anne, role="manager")
    return box


@pytest.fixture(scope="session")
def national_server(space) -> Iterator[National]:
    files = space.issue("localhost")
    server = National(files.certificate, files.key)
    yield server
    server.close()


@pytest.fixture
def national(national_server, space, settings, monkeypatch) -> Iterator[National]:
    """Knows Anne and the pharmacy; nothing is published."""
    settings.PUBLISH_URL, settings.PUBLISH_KEY, settings.PUBLISH_CA = national_server.url, KEY, str(space.ca)
    settings.PUBLISH_PER_SECOND = 1e6
    monkeypatch.setattr(gateway, "_TIMEOUT", (2.0, 2.0))
    national_server.resources.clear()
    national_server.calls.clear()
    national_server.faults.clear()
    national_server.let_go.clear()
    national_server.newer = national_server.hides_applications = national_server.says_nothing = False
    national_server.person(RPPS)
    national_server.place(FINESS)
    yield national_server
    national_server.let_go.set()
