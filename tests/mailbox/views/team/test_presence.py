"""Who is where: told live to members, forgotten soon, never a gesture, and asked before an answer leaves twice."""

import asyncio
import json
import time
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import AsyncClient
from uuid_utils.compat import uuid7

from auth_otp.models import Session
from mailbox import presence
from mailbox.models import Submission
from mailbox.presence import Doing
from mssweb import notify

SAID = {"action": "presence", "tab": "0a0b0c0d"}
QUIET = {"X-Background": "1"}


@pytest.fixture(autouse=True)
def _nobody_is_left(settings):
    url = settings.REDIS_URL
    yield
    if url != settings.REDIS_URL:
        settings.REDIS_URL = url
        notify.client.cache_clear()
    for key in notify.client().scan_iter("presence:*"):
        notify.client().delete(key)


def test_who_is_there_is_known_for_less_than_a_minute_and_writing_outweighs_reading():
    box, thread, other = uuid4(), uuid4(), uuid4()
    anne, claire = sorted([uuid4(), uuid4()])
    presence.say(box, anne, "aa", Doing(reads=(thread,)), now=1000)
    presence.say(box, anne, "bb", Doing(writes=(thread,)), now=1000)
    found = presence.say(box, claire, "cc", Doing(reads=(thread, other)), now=1010)
    assert found == sorted(
        [(str(anne), "w", str(thread)), (str(claire), "r", str(thread)), (str(claire), "r", str(other))]
    )
    assert {user for user, *_ in presence.here(box, now=1046)} == {str(claire)}, "Anne said nothing again"
    assert presence.say(box, claire, "cc", Doing(), now=1047) == []
    assert presence.here(box, now=1047) == []


def test_a_mailbox_keeps_no_more_browsers_than_it_shows(monkeypatch):
    monkeypatch.setattr(presence, "MOST", 3)
    box, doing = uuid4(), Doing(reads=(uuid4(),))
    for _ in range(5):
        presence.say(box, uuid4(), "aa", doing, now=1000)
    assert len(presence.here(box, now=1000)) == 3


def test_members_say_where_they_are_readers_only_read_and_strangers_hear_nothing(
    browser, claire, hugo, stranger, base, dupont
):
    thread = str(uuid7())
    say = f"{base}/presence/"
    assert browser(claire).post(say, SAID | {"ecrit": thread}).json() == {"here": [[str(claire.pk), "w", thread]]}
    reader = browser(hugo)
    assert reader.post(say, SAID | {"ecrit": thread}).status_code == 403
    assert [str(hugo.pk), "r", thread] in reader.post(say, SAID | {"lit": thread}).json()["here"]
    assert browser(stranger).post(say, SAID | {"lit": thread}).status_code == 404
    for wrong in ({"lit": "x"}, {"tab": "../"}, {"action": "else"}):
        assert browser(claire).post(say, SAID | wrong).status_code == 404
    presence.forget(dupont.pk, claire.pk)
    assert {user for user, *_ in presence.here(dupont.pk)} == {str(hugo.pk)}


def test_a_heartbeat_is_no_gesture_and_costs_two_statements(browser, claire, base, statements):
    client = browser(claire)
    before = Session.objects.get(user=claire).gesture_at
    told = []
    cost = statements(lambda: told.append(client.post(f"{base}/presence/", SAID | {"lit": uuid7()}, headers=QUIET)))
    assert (told[0].status_code, cost) == (200, 2)
    assert Session.objects.get(user=claire).gesture_at == before


def test_redis_that_is_away_shows_nobody_and_stops_nothing(browser, claire, base, settings):
    client, start = browser(claire), time.monotonic()
    settings.REDIS_URL = "redis://localhost:1"
    notify.client.cache_clear()
    assert client.post(f"{base}/presence/", SAID | {"lit": uuid7()}).json() == {"here": []}
    assert time.monotonic() - start < 1


def test_an_answer_asks_before_it_leaves_while_a_colleague_writes_one(author, base, file, anne, dupont):
    message = file("INR")
    form = {
        "kind": "reply",
        "source": str(message.pk),
        "to": "f.lemaire@hopital.mssante.example",
        "subject": "Re",
        "text": "x",
    }
    url = f"{base}/brouillon/{uuid7()}/"
    presence.say(dupont.pk, anne.pk, "aa", Doing(writes=(message.thread_id,)))
    asked = author.post(url, form | {"version": "0", "action": "send"})
    assert asked.status_code == 422
    assert "Anne DUPONT rédige aussi une réponse" in asked.content.decode()
    assert not Submission.objects.exists()
    sent = author.post(url, form | {"version": "1", "action": "send", "confirm": "writing"})
    assert sent.status_code == 302 and Submission.objects.exists()


@pytest.mark.django_db(transaction=True)
async def test_a_colleague_hears_within_a_second_who_reads_and_who_writes(sign_in, claire, anne, dupont):
    from tests.mailbox.views.test_live import heard, listen

    async def told(stream):
        while (event := await heard(stream))["event"] != "present":
            pass
        return json.loads(event["data"])

    browsers, streams, thread = [], [], str(uuid7())
    for user in (claire, anne):
        client = AsyncClient()
        await sync_to_async(sign_in)(client, user)
        browsers.append(client)
        streams.append(await listen(client))
        assert (await heard(streams[-1]))["event"] == "hello"
    for name, what in (("lit", "r"), ("ecrit", "w")):
        start = time.monotonic()
        await browsers[0].post(f"/b/{dupont.pk}/presence/", SAID | {name: thread})
        for stream in streams:
            async with asyncio.timeout(1):
                event = await told(stream)
            assert event == {"mailbox": str(dupont.pk), "here": [[str(claire.pk), what, thread]]}
        assert time.monotonic() - start < 1
    for stream in streams:
        await stream.aclose()
    await sync_to_async(connections.close_all)()
