"""The chain of the journal: what an event, a link, a day and a proof of purge are as bytes, and what seals them.

Pure. An event has a mark (HMAC of all its fields, 16 bytes); a link holds the marks of its events in the order of their
ids, and its seal covers them, its own fields and the seal of the link before it; days and proofs of purge are chains too.
Refuses what is of no known type (KeyError): two different rows never give the same bytes.
The key is the caller's (mssweb/keys.py).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from mssweb import crypto

MARK_BYTES = 16  # of a mark: forging one that fits an event of one's choice takes 2^128 tries
GENESIS = bytes(32)  # what stands before the first link, day and proof
EVENT_FIELDS = (
    "id", "at", "actor_id", "process", "action", "mailbox_id", "subject_kind", "subject_id", "client", "result",
    "facts_digest",
)  # fmt: skip
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

type Value = str | int | bytes | UUID | datetime | date | None

_FORMS: dict[type, tuple[bytes, Callable[[Any], bytes]]] = {
    type(None): (b"n", lambda _: b""),
    str: (b"s", str.encode),
    int: (b"i", lambda value: b"%d" % value),
    bool: (b"o", lambda value: b"%d" % value),
    bytes: (b"b", bytes),
    memoryview: (b"b", bytes),
    UUID: (b"u", lambda value: value.bytes),
    datetime: (b"t", lambda value: b"%d" % ((value - _EPOCH) // _MICROSECOND)),
    date: (b"d", lambda value: value.isoformat().encode()),
}


class Kind(StrEnum):
    """What was done to the journal where it is not as it was sealed."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    REORDERED = "reordered"
    HEAD_MISSING = "head missing"


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where the events of a batch are not those that were sealed; `event` is who is there now."""

    kind: Kind
    place: int  # from 1, among the events of the batch
    event: UUID | None = None
    mark: bytes = b""


def chain_key(root: crypto.Key) -> crypto.Key:
    """By HKDF: an audit key that would serve anything else never serves the chain itself."""
    return crypto.subkey(root, "audit chain")


def mark(key: crypto.Key, event: Sequence[Value]) -> bytes:
    """`event` is the values of EVENT_FIELDS, in that order, as the database gives them."""
    return crypto.digest(key, packed("event", event))[:MARK_BYTES]


def seal(key: crypto.Key, kind: str, values: Sequence[Value]) -> bytes:
    """32 bytes over a row of the chain; `kind` (link, day, purge) keeps one from standing for another."""
    return crypto.digest(key, packed(kind, values))


def packed(kind: str, values: Sequence[Value]) -> bytes:
    """Every value as its type, its length and its bytes: no two lists of values have the same form."""
    out = [kind.encode(), b"\0"]
    for value in values:
        letter, form = _FORMS[type(value)]
        body = form(value)
        out += (letter, len(body).to_bytes(4), body)
    return b"".join(out)


def compare(sealed: bytes, found: Sequence[tuple[UUID, bytes]]) -> Difference | None:
    """The first difference between the marks of a link and the (id, mark) of the events that are its own now."""
    was = [sealed[at : at + MARK_BYTES] for at in range(0, len(sealed), MARK_BYTES)]
    now = [own for _, own in found]
    if was == now:
        return None
    gone, came = set(was) - set(now), set(now) - set(was)
    first_gone = next((place for place, own in enumerate(was, 1) if own in gone), 0)
    first_came = next((place for place, own in enumerate(now, 1) if own in came), 0)
    if came:
        kind = Kind.CHANGED if gone else Kind.INSERTED
        return Difference(kind, first_came, *found[first_came - 1])
    if gone:
        return Difference(Kind.REMOVED, first_gone)
    place = next(
        place for place in range(1, max(len(was), len(now)) + 1) if was[place - 1 : place] != now[place - 1 : place]
    )
    return Difference(Kind.REORDERED, place, *found[min(place, len(found)) - 1])
