"""Live events: a mailbox changed, a person's streams must end. Ids and counters only, over Redis.

A lost event loses nothing: browsers compare `modseq` when they reconnect. Refuses to carry content.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from functools import lru_cache
from uuid import UUID

import redis
from django.conf import settings
from django.db import transaction
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def client() -> redis.Redis:
    """Tried again once, for a connection that a restart broke: the library's own patience is four seconds a page."""
    once = Retry(NoBackoff(), 1)
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, retry=once)


def mailbox_channel(mailbox_id: UUID) -> str:
    return f"mailbox:{mailbox_id}"


def user_channel(user_id: UUID) -> str:
    return f"user:{user_id}"


def changed(mailbox_id: UUID, modseq: int | None = None) -> None:
    """After commit: readers of this mailbox refresh what they show. Without a modseq, only marks of persons changed."""
    all_changed({mailbox_id: modseq})


def all_changed(modseqs: Mapping[UUID, int | None]) -> None:
    """`changed` of many mailboxes, in one exchange with Redis."""
    if modseqs:
        _publish({mailbox_channel(box): {"mailbox": str(box), "modseq": modseq} for box, modseq in modseqs.items()})


def present(mailbox_id: UUID, here: Sequence[tuple[str, str, str]]) -> None:
    """At once, of no transaction: who is in which thread (mailbox/presence.py)."""
    client().publish(mailbox_channel(mailbox_id), json.dumps({"mailbox": str(mailbox_id), "here": here}))


def kill(user_id: UUID) -> None:
    """After commit: every stream of this person ends now (rights or sessions ended)."""
    _publish({user_channel(user_id): {"end": True}})


def _publish(events: Mapping[str, Mapping[str, object]]) -> None:
    transaction.on_commit(lambda: _send({channel: json.dumps(event) for channel, event in events.items()}))


def _send(events: Mapping[str, str]) -> None:
    try:
        with client().pipeline(transaction=False) as exchange:
            for channel, text in events.items():
                exchange.publish(channel, text)
            exchange.execute()
    except redis.RedisError as error:  # harmless: see the module's promise
        log.warning("%s live events not published: %s", len(events), type(error).__name__)
