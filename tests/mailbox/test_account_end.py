"""An account that is closed leaves nothing with nobody: threads, the last manager, its own mailbox; and nothing comes back."""

import asyncio
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import AsyncClient, Client
from django.utils import timezone

from auth_otp.models import Reset, User
from mailbox import account_end, store
from mailbox.models import Mailbox, Membership, Message, Staff, Thread
from mssweb.audit.models import AuditEvent
from tests.mailbox.test_store import filing, letter
from tests.mailbox.views.test_live import heard, listen

NAMES = ("login", "rpps", "title", "first_name", "last_name", "profession", "phone")


def person(user: User) -> dict[str, str]:
    return {name: getattr(user, name) for name in NAMES}


@pytest.fixture
def boss(make_user) -> User:
    return make_user("admin@x.example", "Ada", "Ministre", is_staff=True, is_superuser=True)


@pytest.fixture
def desk(client, sign_in, boss) -> Client:
    sign_in(client, boss)
    return client


def deactivate(desk: Client, *people: User):
    chosen = {"action": "deactivate", "_selected_action": [str(one.pk) for one in people]}
    return desk.post("/admin/auth_otp/user/", chosen, follow=True)


def test_what_was_open_is_the_team_s_and_nothing_comes_back(desk, dupont, claire, anne):
    [message] = store.file(dupont, [filing(letter())])
    Thread.objects.update(assigned_to=claire)
    now = timezone.now()
    begun = Reset.objects.create(
        kind="factor",
        user=claire,
        reference=b"r",
        head=b"h",
        asked_at=now,
        until=now + timedelta(days=3),
        state="cooling",
    )
    deactivate(desk, claire)
    begun.refresh_from_db()
    assert begun.state == "cancelled"
    assert Thread.objects.get(pk=message.thread_id).assigned_to is None
    assert not Membership.objects.filter(user=claire).exists()
    assert set(Staff.objects.filter(user=claire).values_list("state", flat=True)) <= {"withdrawn"}
    told = AuditEvent.objects.get(action="membership.delete")
    assert (told.subject_id, told.mailbox_id) == (str(claire.pk), dupont.pk)
    again = desk.post(f"/admin/auth_otp/user/{claire.pk}/change/", person(claire) | {"is_active": "on"}, follow=True)
    assert "ne lui sont pas rendues" in again.text
    assert User.objects.get(pk=claire.pk).is_active and not Membership.objects.filter(user=claire).exists()


@pytest.mark.soak
def test_the_form_does_as_the_action_does(desk, dupont, claire):
    assert desk.post(f"/admin/auth_otp/user/{claire.pk}/change/", person(claire)).status_code == 302
    assert not Membership.objects.filter(user=claire).exists()


def test_a_nominative_mailbox_tells_its_writers_that_nobody_reads(desk, anne, annes_box, dupont, tenant):
    page = deactivate(desk, anne)
    assert Mailbox.objects.get(pk=annes_box.pk).state == "suspended"
    assert annes_box.memberships.get().user == anne, "its address stays hers"
    assert "n’a plus de titulaire en activité" in page.text and "n’a plus de responsable" in page.text


def test_of_the_last_manager_the_titulaire_takes_over_and_reads_so(desk, anne, claire, hugo, annes_box, dupont, tenant):
    dupont.memberships.filter(user=anne).delete()
    dupont.memberships.filter(user=claire).update(role="manager")
    before = Message.objects.filter(mailbox=annes_box).count()
    assert "en est maintenant responsable" in deactivate(desk, claire).text
    assert dupont.memberships.get(user=anne).role == "manager"
    assert Message.objects.filter(mailbox=annes_box).count() == before + 1
    assert AuditEvent.objects.filter(action="staff.take_over").count() == 1
    assert "n’a plus de responsable" in deactivate(desk, anne).text, "nobody answers for it any more"


def test_a_manager_who_is_suspended_is_none(desk, anne, claire, hugo, annes_box, dupont, tenant):
    """The last who may manage goes: the one whom the titulaire has suspended does not answer for the mailbox."""
    dupont.memberships.filter(user=anne).delete()
    dupont.memberships.filter(user__in=[claire, hugo]).update(role="manager")
    Staff.objects.filter(user=hugo).update(state="suspended")
    assert any("seul responsable" in said for said in account_end.hindrances(claire))
    deactivate(desk, claire)
    assert dupont.memberships.get(user=anne).role == "manager"


@pytest.mark.django_db(transaction=True)
async def test_a_live_stream_ends_within_a_second_of_the_departure(sign_in, claire, dupont, boss):
    listener, desk = AsyncClient(), Client()
    await sync_to_async(sign_in)(listener, claire)
    await sync_to_async(sign_in)(desk, boss)
    stream = await listen(listener)
    await heard(stream)
    await sync_to_async(deactivate)(desk, claire)
    async with asyncio.timeout(1):
        while (await heard(stream))["event"] != "end":
            pass
    assert (await listener.get("/moi/")).status_code == 302
    await sync_to_async(connections.close_all)()


@pytest.mark.soak
def test_a_mailbox_that_is_not_theirs_is_left_alone(desk, claire, dupont, annes_box):
    deactivate(desk, claire)
    assert Mailbox.objects.get(pk=annes_box.pk).state == "active" and dupont.memberships.count() == 2
