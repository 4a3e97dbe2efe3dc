"""Mailboxes on a domain that the national directory takes, and that directory, over real HTTPS."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.utils import timezone

from directory.models import DirectoryLoad, MailboxAddress, Organization, Practitioner
from mailbox.models import Domain, Listing, Mailbox, Membership, open_mailbox
from mailbox.publication import desk, gateway, worker
from mssweb.audit.models import AuditEvent
from tests.mailbox.publication.national import KEY, National

OURS = "officine.mssante.fr"
DAY = datetime(2026, 1, 15, 2, 0, tzinfo=UTC)
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
    monkeypatch.setattr(gateway, "_SECONDS", 4.0)
    national_server.resources.clear()
    national_server.calls.clear()
    national_server.faults.clear()
    national_server.let_go.clear()
    national_server.newer = national_server.hides_applications = national_server.says_nothing = False
    national_server.person(RPPS)
    national_server.place(FINESS)
    yield national_server
    national_server.let_go.set()


@pytest.fixture
def extraction(db):
    """An extraction of `DAY`; returns what adds a line to it."""
    DirectoryLoad.objects.create(kind="mailboxes", state="done", file_name="x.txt", dated=DAY, started_at=DAY)

    def line(address: str, kind: str, *, rpps: str = "", structure: str = "", **more: object) -> MailboxAddress:
        number = MailboxAddress.objects.count() + 1
        who = rpps and Practitioner.objects.create(
            pk=number, idnps=f"8{rpps}", rpps=rpps, last_name="X", source=1, first_seen=DAY
        )
        where = structure and Organization.objects.create(pk=number, key=structure, name="X", source=1, first_seen=DAY)
        return MailboxAddress.objects.create(
            pk=number, line=number, address=address, kind=kind, practitioner=who or None, organization=where or None,
            first_seen=DAY, **more,
        )  # fmt: skip

    return line


def publish() -> int:
    """Compare and send, as beat and the worker do."""
    desk.look_over(timezone.now())
    return worker.publish_due(timezone.now())


def due_again() -> None:
    Listing.objects.filter(state__in=["pending", "sending"]).update(next_try_at=timezone.now())


def listing(box: Mailbox) -> Listing:
    return Listing.objects.select_related("mailbox").get(pk=box.pk)


def told(*actions: str) -> list[tuple[str, str, object]]:
    rows = (
        AuditEvent.objects.filter(action__in=actions)
        if actions
        else AuditEvent.objects.filter(action__startswith="listing.")
    )
    return [(row.action, row.result, row.facts.get("act")) for row in rows.order_by("pk")]
