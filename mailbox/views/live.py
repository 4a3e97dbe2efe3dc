"""Live events: one stream per browser, over Redis, replayed by modseq after a gap (design §10). Ids and counters only.

An event's id says how far each mailbox had got; a browser that comes back with it is told what it missed. The stream
ends when the kill channel says so (rights or sessions ended), when the session ends or is locked, and by itself every
hour: EventSource then comes back through the door.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from uuid import UUID

import redis.asyncio as redis
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET
from redis.exceptions import RedisError

from auth_otp.models import Session, User
from auth_otp.sessions import row_key
from mailbox import access
from mailbox.views.place import person
from mailbox.views.service import Service
from mssweb.notify import mailbox_channel, user_channel

HEARTBEAT_SECONDS = 20
LIFE_SECONDS = 3600
_RETRY_MS = 2000


@require_GET
def events(request: HttpRequest) -> StreamingHttpResponse:
    """Answered at once; no statement is held while the stream lasts."""
    user = person(request)
    stream = _stream(user, _reached(user), request.headers.get("Last-Event-ID", ""), request.session.session_key or "")
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(stream, content_type="text/event-stream", headers=headers)


def missed_since(last_event_id: str, reached: Mapping[UUID, int]) -> list[UUID]:
    """The mailboxes that changed since that event; none for a first visit, all for an id that says nothing."""
    if not last_event_id:
        return []
    known = dict(pair.partition(":")[::2] for pair in last_event_id.split(","))
    return [mailbox for mailbox, modseq in reached.items() if known.get(str(mailbox)) != str(modseq)]


def _reached(user: User) -> dict[UUID, int]:
    return {row.mailbox_id: row.mailbox.modseq for row in access.mailboxes_of(user)}


async def _stream(user: User, expected: dict[UUID, int], last_event_id: str, session_key: str) -> AsyncIterator[bytes]:
    """What the browser reads until the stream has to end."""
    await _release()
    yield f"retry: {_RETRY_MS}\n\n".encode()
    client = redis.Redis.from_url(settings.REDIS_URL)
    channel = client.pubsub()
    try:
        await _subscribe(channel, [user_channel(user.pk), *map(mailbox_channel, expected)])
        is_open, reached = await _read_again(user, session_key)
        if not is_open or reached.keys() != expected.keys():  # ended between the reading and the subscription
            yield _event("end", reached, [])
            return
        yield _event("hello", reached, [str(mailbox) for mailbox in missed_since(last_event_id, reached)])
        async for event in _events(channel, reached, session_key, user):
            yield event
    except RedisError:
        return  # the browser comes back by itself, with its Last-Event-ID
    finally:
        await channel.aclose()  # type: ignore[no-untyped-call]  # redis-py's annotation is missing
        await client.aclose()


async def _subscribe(channel: redis.client.PubSub, names: list[str]) -> None:
    """Once every channel is confirmed, nothing that is published is missed any more."""
    await channel.subscribe(*names)
    for _ in names:
        await channel.get_message(timeout=HEARTBEAT_SECONDS)


async def _events(
    channel: redis.client.PubSub, reached: dict[UUID, int], session_key: str, user: User
) -> AsyncIterator[bytes]:
    end, look_at, told = time.monotonic() + LIFE_SECONDS, time.monotonic() + HEARTBEAT_SECONDS, None
    if settings.PROBE_SECONDS:  # a page may be older than what it is told here: it compares
        yield _service_event(told := await _service(user))
    while (now := time.monotonic()) < end:
        if now >= look_at:  # by the clock: a mailbox that is never silent keeps no locked session's stream
            if not await _is_open(session_key):
                yield _event("end", reached, [])
                return
            look_at = time.monotonic() + HEARTBEAT_SECONDS
            yield b": alive\n\n"
            if told is not None and (state := await _service(user)) != told:
                yield _service_event(told := state)
            continue
        heard = await channel.get_message(ignore_subscribe_messages=True, timeout=look_at - now)
        if heard is None:
            continue
        event = json.loads(heard["data"])
        if "end" in event:
            yield _event("end", reached, [])
            return
        if "here" in event:
            yield f"event: present\ndata: {json.dumps(event)}\n\n".encode()
            continue
        mailbox_id, modseq = UUID(event["mailbox"]), event["modseq"]
        if modseq is not None:
            reached[mailbox_id] = max(reached.get(mailbox_id, 0), modseq)
        yield _event("changed", reached, [str(mailbox_id)])
        await asyncio.sleep(0)


def _event(name: str, reached: Mapping[UUID, int], mailboxes: list[str]) -> bytes:
    where = ",".join(f"{mailbox}:{modseq}" for mailbox, modseq in reached.items())
    return f"id: {where}\nevent: {name}\ndata: {json.dumps(mailboxes)}\n\n".encode()


def _service_event(state: str) -> bytes:
    """No id: a browser that comes back still says how far each mailbox had got."""
    return f"event: service\ndata: {json.dumps(state)}\n\n".encode()


@sync_to_async
def _service(user: User) -> str:
    """How the service stands (views/service.py): looked at here, so that a worker or a Redis that is dead is told too."""
    try:
        return Service(user, timezone.now()).state
    finally:
        connections.close_all()


@sync_to_async
def _is_open(session_key: str) -> bool:
    """Asked at each heartbeat, with a connection lent for the question."""
    try:
        return _has_session(session_key)
    finally:
        connections.close_all()


@sync_to_async
def _read_again(user: User, session_key: str) -> tuple[bool, dict[UUID, int]]:
    try:
        return _has_session(session_key), _reached(user)
    finally:
        connections.close_all()


def _has_session(session_key: str) -> bool:
    """Is the session still there and unlocked?"""
    now, idle = timezone.now(), timedelta(minutes=settings.IDLE_LOCK_MINUTES)
    session = Session.objects.filter(pk=row_key(session_key), expire_date__gt=now).first()
    return session is not None and not session.is_locked(now=now, idle=idle)


@sync_to_async
def _release() -> None:
    """Give the connection of the request back to the pool: streams last, connections are few."""
    connections.close_all()
