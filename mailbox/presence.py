"""Who is in which thread, reading or writing: ids in Redis for less than a minute, told live to the members.

A browser says it again every `BEAT_SECONDS`, and what it does not say again is forgotten. Nothing of it is in the database,
in a log or in a letter; losing Redis shows nobody for a moment. Refuses more than `MOST` browsers a mailbox.
"""

import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import redis

from mssweb import notify

BEAT_SECONDS, KEPT_SECONDS = 20, 45
MOST = 200  # browsers of a mailbox
MOST_THREADS = 4  # of a browser
READ, WRITE = "r", "w"
log = logging.getLogger(__name__)

type Seen = tuple[str, str, str]  # user, READ or WRITE, thread


@dataclass(frozen=True, slots=True)
class Doing:
    """What one browser of a person shows: threads that are read, threads that are answered."""

    reads: tuple[UUID, ...] = ()
    writes: tuple[UUID, ...] = ()

    def __str__(self) -> str:
        pairs = [*((WRITE, one) for one in self.writes), *((READ, one) for one in self.reads)]
        return " ".join(f"{what}{thread}" for what, thread in pairs[:MOST_THREADS])


def say(mailbox_id: UUID, user_id: UUID, tab: str, doing: Doing, *, now: float | None = None) -> list[Seen]:
    """This browser is here; who is there now. Members are told when that changed. [] when Redis is away."""
    at = time.time() if now is None else now
    key, name = _key(mailbox_id), f"{user_id}:{tab}"
    try:
        held = _held(key)
        alive = {who: told for who, told in held.items() if _until(told) > at}
        before = present(alive)
        if str(doing) and (name in alive or len(alive) < MOST):
            alive[name] = f"{at + KEPT_SECONDS:.0f} {doing}"
        else:
            alive.pop(name, None)
        _write(key, held, alive)
        now_here = present(alive)
        if now_here != before or len(alive) != len(held):
            notify.present(mailbox_id, now_here)
    except redis.RedisError as error:  # harmless: see the module's promise
        log.warning("presence not kept: %s", type(error).__name__)
        return []
    return now_here


def here(mailbox_id: UUID, *, now: float | None = None) -> list[Seen]:
    """Who is there, for a page that asks once."""
    at = time.time() if now is None else now
    try:
        return present({who: told for who, told in _held(_key(mailbox_id)).items() if _until(told) > at})
    except redis.RedisError as error:
        log.warning("presence not read: %s", type(error).__name__)
        return []


def writers(mailbox_id: UUID, thread_id: UUID, *, but: UUID) -> list[UUID]:
    """Who else is writing an answer to that thread."""
    wanted = str(thread_id)
    return [
        UUID(user) for user, what, thread in here(mailbox_id) if (what, thread) == (WRITE, wanted) and user != str(but)
    ]


def forget(mailbox_id: UUID, user_id: UUID) -> None:
    """Every browser of a person who is no member any more."""
    try:
        key = _key(mailbox_id)
        held = _held(key)
        alive = {who: told for who, told in held.items() if not who.startswith(f"{user_id}:")}
        if alive != held:
            _write(key, held, alive)
            notify.present(mailbox_id, present(alive))
    except redis.RedisError as error:
        log.warning("presence not forgotten: %s", type(error).__name__)


def present(alive: Mapping[str, str]) -> list[Seen]:
    """Each person once a thread: writing outweighs reading. Sorted, so that the same is equal."""
    found: dict[tuple[str, str], str] = {}
    for who, told in alive.items():
        user = who.partition(":")[0]
        for word in told.split(" ")[1:]:
            what, thread = word[:1], word[1:]
            if found.get((user, thread)) != WRITE:
                found[user, thread] = what
    return sorted((user, what, thread) for (user, thread), what in found.items())


def _key(mailbox_id: UUID) -> str:
    return f"presence:{mailbox_id}"


def _held(key: str) -> dict[str, str]:
    raw: Mapping[bytes, bytes] = notify.client().hgetall(key)  # type: ignore[assignment]  # redis-py types both its clients as one
    return {who.decode(): told.decode() for who, told in raw.items()}


def _until(told: str) -> float:
    return float(told.partition(" ")[0])


def _write(key: str, held: Mapping[str, str], alive: Mapping[str, str]) -> None:
    changed: dict[Any, Any] = {who: told for who, told in alive.items() if held.get(who) != told}
    gone: Iterable[str] = held.keys() - alive.keys()
    with notify.client().pipeline(transaction=False) as exchange:
        if changed:
            exchange.hset(key, mapping=changed)
        if gone:
            exchange.hdel(key, *gone)
        exchange.expire(key, KEPT_SECONDS)
        exchange.execute()
