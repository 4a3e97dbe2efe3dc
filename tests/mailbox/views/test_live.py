"""Live events over a real Valkey: heard, replayed, ended. Statements and connections are given back at once."""

import asyncio
import json
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import AsyncClient
from django.urls import reverse
from django.utils import timezone

from auth_otp.models import Session
from mailbox.views import live
from mailbox.watching import incidents
from mssweb import notify

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def listener(sign_in, claire, dupont) -> AsyncClient:
    client = AsyncClient()
    sign_in(client, claire)
    return client


@pytest.fixture(autouse=True)
async def thread_of_questions():
    """asgiref asks the database from a thread of its own, which would keep its connection past the test database."""
    yield
    await sync_to_async(connections.close_all)()


async def listen(client: AsyncClient, **headers: str) -> AsyncIterator[str]:
    answer = await client.get("/evenements/", headers={"Accept": "text/event-stream", **headers})
    assert answer["Content-Type"] == "text/event-stream"
    return aiter(answer.streaming_content)


async def heard(stream: AsyncIterator[bytes]) -> dict[str, str]:
    """The next event (comments and the retry line are passed over)."""
    async with asyncio.timeout(5):
        async for block in stream:
            fields = dict(line.partition(": ")[::2] for line in block.decode().strip().split("\n"))
            if "event" in fields:
                return fields
    raise AssertionError("the stream ended")


async def test_a_change_is_heard_with_how_far_the_mailbox_got(listener, dupont):
    stream = await listen(listener)
    hello = await heard(stream)
    assert (hello["event"], json.loads(hello["data"]), hello["id"]) == ("hello", [], f"{dupont.pk}:0")
    await sync_to_async(notify.changed)(dupont.pk, 7)
    event = await heard(stream)
    assert (event["event"], json.loads(event["data"]), event["id"]) == ("changed", [str(dupont.pk)], f"{dupont.pk}:7")
    await sync_to_async(notify.changed)(uuid4(), 1)  # of somebody else
    await sync_to_async(notify.changed)(dupont.pk)
    assert (await heard(stream))["id"] == f"{dupont.pk}:7"
    await stream.aclose()


async def test_what_was_missed_is_told_on_return(listener, dupont):
    dupont.modseq = 9
    await dupont.asave()
    for last, told in ((f"{dupont.pk}:9", []), (f"{dupont.pk}:4", [str(dupont.pk)]), ("nonsense", [str(dupont.pk)])):
        stream = await listen(listener, **{"Last-Event-ID": last})
        assert json.loads((await heard(stream))["data"]) == told
        await stream.aclose()


async def test_the_kill_channel_ends_every_stream_of_the_person(listener, claire, anne):
    stream = await listen(listener)
    await heard(stream)
    await sync_to_async(notify.kill)(anne.pk)
    await sync_to_async(notify.kill)(claire.pk)
    assert (await heard(stream))["event"] == "end"
    assert [block async for block in stream] == []


@pytest.mark.parametrize("ending", ["locked", "gone"])
async def test_a_heartbeat_ends_the_stream_of_a_session_that_is_over(listener, claire, monkeypatch, ending):
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.05)
    stream = await listen(listener)
    await heard(stream)
    rows = Session.objects.filter(user=claire)
    await (rows.aupdate(locked_at=timezone.now()) if ending == "locked" else rows.adelete())
    assert (await heard(stream))["event"] == "end"


async def test_a_mailbox_that_is_never_silent_keeps_no_locked_session_s_stream(listener, claire, dupont, monkeypatch):
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.05)
    stream = await listen(listener)
    await heard(stream)
    await Session.objects.filter(user=claire).aupdate(locked_at=timezone.now())
    for _ in range(500):
        await sync_to_async(notify.changed)(dupont.pk)
        if (await heard(stream))["event"] == "end":
            return
    raise AssertionError("the stream goes on")


async def test_a_lock_ends_the_streams_of_the_person_at_once(listener, claire):
    stream = await listen(listener)
    await heard(stream)
    await listener.post(reverse("auth_otp:lock"))
    assert (await heard(stream))["event"] == "end"


@pytest.mark.parametrize("ending", ["removed", "locked"])
async def test_what_ends_before_the_subscription_ends_the_stream_too(listener, claire, dupont, monkeypatch, ending):
    subscribe = live._subscribe

    async def late(channel, names):
        if ending == "removed":
            await dupont.memberships.filter(user=claire).adelete()
        else:
            await Session.objects.filter(user=claire).aupdate(locked_at=timezone.now())
        await subscribe(channel, names)

    monkeypatch.setattr(live, "_subscribe", late)
    stream = await listen(listener)
    assert (await heard(stream))["event"] == "end"


async def test_listening_is_no_gesture_and_holds_no_connection(listener, claire):
    before = (await Session.objects.aget(user=claire)).gesture_at
    stream = await listen(listener)
    await heard(stream)
    assert await sync_to_async(lambda: connections["default"].connection is None)()
    assert (await Session.objects.aget(user=claire)).gesture_at == before
    await stream.aclose()


async def test_a_stranger_to_the_door_hears_nothing(db):
    answer = await AsyncClient().get("/evenements/", headers={"Accept": "text/event-stream"})
    assert answer.status_code == 401


async def test_a_stream_tells_how_the_service_stands_at_once_and_when_it_changes(
    listener, dupont, settings, monkeypatch
):
    """By its own clock: a worker or a Redis that is dead publishes nothing."""
    settings.PROBE_SECONDS = 270.0
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.02)
    monkeypatch.setattr(incidents, "_RECHECK_SECONDS", 0.0)
    now = timezone.now()
    incidents.forget()
    stream = await listen(listener)
    assert (await heard(stream))["event"] == "hello"
    assert await heard(stream) == {"event": "service", "data": '""'}
    await sync_to_async(incidents.open_one)("in", since=now, detail="x")
    assert await heard(stream) == {"event": "service", "data": f'"in:{int(now.timestamp())}"'}
    await sync_to_async(incidents.close)(["in"], proof=now, now=now)
    assert (await heard(stream))["data"] == '""'
    incidents.forget()
