"""The one door: who is let in, who is told no, and what is written down when a message is opened."""

from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import Http404
from django.test import RequestFactory

from mailbox import access, marks, store
from mailbox.models import Mailbox, Membership, Seen, open_mailbox
from mssweb.audit.models import AuditEvent
from tests.conftest import DOMAIN
from tests.mailbox.test_store import NOW, filing, letter, unread

RIGHTS = ("write", "send", "manage")


@pytest.mark.parametrize(
    ("login", "allowed"), [("anne", {"write", "send", "manage"}), ("claire", {"write", "send"}), ("hugo", set())]
)
def test_each_role_does_what_it_may_and_is_refused_the_rest(request, dupont, login, allowed):
    user = request.getfixturevalue(login)
    assert access.access_mailbox(user, dupont.pk).mailbox == dupont
    for right in RIGHTS:
        if right in allowed:
            access.access_mailbox(user, dupont.pk, **{right: True})
        else:
            with pytest.raises(PermissionDenied):
                access.access_mailbox(user, dupont.pk, **{right: True})


def test_stranger_sees_not_found_whatever_is_asked(dupont, stranger):
    for rights in ({}, {"write": True}, {"send": True}, {"manage": True}):
        with pytest.raises(Http404):
            access.access_mailbox(stranger, dupont.pk, **rights)
    assert list(access.mailboxes_of(stranger)) == []


def test_a_member_without_the_right_to_send_writes_but_does_not_send(dupont, claire):
    dupont.memberships.filter(user=claire).update(may_send=False)
    access.access_mailbox(claire, dupont.pk, write=True)
    with pytest.raises(PermissionDenied):
        access.access_mailbox(claire, dupont.pk, send=True)


def test_a_suspended_or_closed_mailbox_is_read_only_and_a_destroyed_one_is_gone(dupont, anne):
    for state in ("suspended", "closed"):
        Mailbox.objects.update(state=state)
        access.access_mailbox(anne, dupont.pk)
        for right in ("send", "write", "manage"):
            with pytest.raises(PermissionDenied):
                access.access_mailbox(anne, dupont.pk, **{right: True})
    for state in ("deleted", "requested"):
        Mailbox.objects.update(state=state)
        with pytest.raises(Http404):
            access.access_mailbox(anne, dupont.pk)


def test_people_only_look_at_what_an_application_received_and_only_its_managers(tenant, domain, anne, claire):
    app = open_mailbox(
        tenant=tenant, domain=domain, address=f"lgo-applicatif@{DOMAIN}", kind="APP", display_name="LGO", state="active"
    )
    Membership.objects.create(mailbox=app, user=anne, role="manager")
    assert access.access_mailbox(anne, app.pk).can_manage
    with pytest.raises(PermissionDenied, match="logiciel"):
        access.access_mailbox(anne, app.pk, send=True)
    with pytest.raises(Http404):
        access.access_mailbox(claire, app.pk)


def test_rows_of_another_mailbox_do_not_exist_even_for_a_member_of_both(dupont, annes_box, anne):
    [message] = store.file(annes_box, [filing(letter())])
    here, there = access.access_mailbox(anne, dupont.pk), access.access_mailbox(anne, annes_box.pk)
    assert access.access_message(there, message.pk) == message
    for door, row in ((access.access_message, message.pk), (access.access_thread, message.thread_id)):
        with pytest.raises(Http404):
            door(here, row)
    assert access.access_threads(here, [message.thread_id]) == []
    folder = annes_box.folders.get(role="inbox")
    for wanted in (folder.pk, "nowhere", "", uuid4()):
        with pytest.raises(Http404):
            access.access_folder(here, wanted)


def test_opening_marks_and_audits_once_per_person_and_message(dupont, anne, claire):
    [message] = store.file(dupont, [filing(letter())])
    request = RequestFactory().get("/")
    for user in (anne, claire):
        membership = access.access_mailbox(user, dupont.pk)
        for _ in range(3):
            request.user = user
            access.open_message(request, membership, message)
    events = AuditEvent.objects.filter(action="message.open", subject_id=str(message.pk))
    assert sorted(e.actor_id for e in events) == sorted([anne.pk, claire.pk])
    assert {(e.mailbox_id, e.client, e.facts == {}) for e in events} == {(dupont.pk, "127.0.0.1", True)}
    opened = Seen.objects.filter(message=message, opened_at__isnull=False).order_by("opened_at")
    assert [seen.membership.user for seen in opened] == [anne, claire]


def test_what_is_destroyed_as_one_opens_it_is_not_found(dupont, anne, monkeypatch):
    [message] = store.file(dupont, [filing(letter())])
    membership, request = access.access_mailbox(anne, dupont.pk), RequestFactory().get("/")
    request.user = anne

    def gone(*given: object) -> None:
        raise IntegrityError  # as the commit does, whose foreign keys are looked at last

    monkeypatch.setattr(access.notify, "changed", gone)
    with pytest.raises(Http404):
        access.open_message(request, membership, message)
    assert not AuditEvent.objects.filter(action="message.open").exists()


def test_marking_unread_and_opening_again_tells_no_second_opening(dupont, anne):
    [message] = store.file(dupont, [filing(letter())])
    membership, request = access.access_mailbox(anne, dupont.pk), RequestFactory().get("/")
    request.user = anne
    access.open_message(request, membership, message)
    inbox = access.access_folder(membership, "inbox")
    marks.mark_unseen(membership=membership, thread_ids=[message.thread_id], folders=[inbox.pk])
    assert Seen.objects.get(membership=membership).seen_at is None
    access.open_message(request, membership, message)
    assert Seen.objects.get(membership=membership).seen_at is not None
    assert AuditEvent.objects.filter(action="message.open").count() == 1


def test_marking_read_is_not_an_opening(dupont, anne):
    [message] = store.file(dupont, [filing(letter())])
    membership = access.access_mailbox(anne, dupont.pk)
    marks.mark_seen(membership=membership, thread_ids=[message.thread_id], now=NOW)
    assert not Seen.objects.filter(message=message, opened_at__isnull=False).exists()
    assert not AuditEvent.objects.filter(action="message.open").exists()


def test_what_was_filed_before_a_member_came_is_read_until_opened(dupont, stranger):
    [message] = store.file(dupont, [filing(letter())])
    newcomer = dupont.memberships.create(user=stranger, role="member")
    assert unread(newcomer) == 0
    request = RequestFactory().get("/")
    request.user = stranger
    access.open_message(request, newcomer, message)
    assert AuditEvent.objects.filter(action="message.open", actor=stranger).count() == 1
