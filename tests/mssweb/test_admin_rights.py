"""Access to the admin is not a right in it: without the permission of a model, none of its pages answers."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from auth_otp.models import CardList, Enrolment, Reset, Session, User
from directory.models import ApiProgram, DirectoryLoad, Extraction, Override, RejectedLine
from mailbox import store
from mailbox.models import (
    Arrival,
    Credential,
    Incident,
    Listing,
    Mailbox,
    MailboxRequest,
    Peer,
    PeerLimit,
    Probe,
    Recipient,
    Submission,
    Watched,
    WhiteListSource,
)
from mailbox.traces.write import insert
from mssweb.audit import keeper
from mssweb.audit.models import AuditEvent
from mssweb.audit.purge import purge
from mssweb.audit.record import record
from tests.mailbox.test_store import filing, letter
from tests.mailbox.traces.test_refusals import LINE


@pytest.fixture
def clerk(make_user) -> User:
    """Let into the admin, and given nothing there."""
    return make_user("commis@mssweb.example", "Colin", "Commis", is_staff=True)


@pytest.fixture
def desk(client, clerk, sign_in) -> Client:
    sign_in(client, clerk)
    return client


@pytest.fixture
def allow(clerk) -> Callable[[str], None]:
    def give(codename: str) -> None:
        clerk.user_permissions.add(Permission.objects.get(codename=codename))

    return give


@pytest.fixture
def waiting(dupont, claire) -> Recipient:
    """A sending that failed, in a mailbox, with a row of every other model that the admin shows."""
    now = timezone.now()
    [message] = store.file(dupont, [filing(letter(), folder_role="sent", direction="out")])
    act = Submission.objects.create(
        mailbox=dupont, message=message, author=claire, mail_from=dupont.address, submitted_at=now, size=1
    )
    Arrival.objects.create(mailbox=dupont, mail_from="x@a.example", size=1, box=b"", arrived_at=now, due_at=now)
    load = DirectoryLoad.objects.create(file_name="x.txt", started_at=now)
    RejectedLine.objects.create(load=load, number=2, reason="nom absent")
    ApiProgram.objects.create(name="LGO", contact="x@lgo.example")
    Extraction.objects.create(url="https://x.example/PS", asked_at=now, outcome="current")
    Override.objects.create(kind="hide", address="x@a.example", row=1, reason="r", author=claire, created_at=now)
    record("session.lock", actor_id=claire.pk)
    Listing.objects.create(mailbox=dupont)
    Peer.objects.create(domain="a.example", since=now, failures=1, not_before=now, reply_code=451)
    WhiteListSource.objects.create(url="https://x.example/l", next_try_at=now)
    CardList.objects.create(url="http://x.example/l", next_try_at=now)
    Watched.objects.create(name="certificate", checked_at=now)
    Probe.objects.create(way="in", started_at=now)
    Incident.objects.create(kind="in", opened_at=now)
    Credential.objects.create(mailbox=dupont, certificate_dn="CN=x", serial="1", not_after=now)
    MailboxRequest.objects.create(
        tenant=dupont.tenant, domain=dupont.domain, kind="ORG", address="x@y", skeleton="x@y", display_name="x", reason="r",
        asked_by=claire, asked_at=now,
    )  # fmt: skip
    Reset.objects.create(kind="password", reference=b"r", head=b"h", asked_at=now, until=now)
    Enrolment.objects.create(rpps="99900000029", reference=b"r", head=b"h", asked_at=now, until=now)
    PeerLimit.objects.create(domain="a.example", host="mx.a.example", max_bytes=1, told_at=now)
    insert([LINE])
    call_command("grant_roles")
    for at in (now - timedelta(days=2), now - timedelta(days=1)):
        record("session.lock", actor_id=claire.pk)
        keeper.chain_due(at)
    purge(now, days=1)
    keeper.chain_due(now)
    return Recipient.objects.create(
        mailbox=dupont, submission=act, address="dr@a.example", domain="a.example", state="failed", not_before=now
    )


def test_every_page_of_every_model_refuses_staff_without_a_permission(desk, waiting, trust):
    assert desk.get("/admin/").status_code == 200
    for model in admin.site._registry:
        row: Model | None = model._default_manager.first()
        assert row is not None, model
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        pages = [base, f"{base}add/", *(f"{base}{row.pk}/{act}/" for act in ("change", "delete", "history"))]
        if model is User:
            pages.append(f"{base}{row.pk}/password/")
        if model is Mailbox:
            pages.append(f"{base}{row.pk}/vie/")
        for page in pages:
            assert (page, {desk.get(page).status_code, desk.post(page, {}).status_code}) == (page, {403})


def test_a_sending_is_tried_again_or_cancelled_with_the_permission_to_change_it_only(desk, waiting, allow):
    page = "/admin/mailbox/recipient/"
    for step, (permission, status, state) in enumerate(
        [(None, 403, "failed"), ("view_recipient", 200, "failed"), ("change_recipient", 302, "queued")]
    ):
        if permission:
            allow(permission)
        answer = desk.post(page, {"action": "try_again", "_selected_action": [str(waiting.pk)]})
        waiting.refresh_from_db()
        assert (step, answer.status_code, waiting.state) == (step, status, state)
    assert desk.post(page, {"action": "cancel", "_selected_action": [str(waiting.pk)]}).status_code == 302
    waiting.refresh_from_db()
    assert waiting.state == "cancelled"
    assert desk.post(f"{page}{waiting.pk}/change/", {"address": "autre@a.example"}).status_code == 403
    assert AuditEvent.objects.filter(action__startswith="recipient.").count() == 2


def test_sessions_are_ended_with_the_permission_to_delete_them_only(desk, anne, sign_in, allow):
    sign_in(Client(), anne)
    row = Session.objects.get(user=anne)
    allow("view_session")
    end = {"action": "end", "_selected_action": [row.pk]}
    desk.post("/admin/auth_otp/session/", end)
    assert Session.objects.filter(pk=row.pk).exists()
    allow("delete_session")
    desk.post("/admin/auth_otp/session/", end)
    assert not Session.objects.filter(pk=row.pk).exists()
