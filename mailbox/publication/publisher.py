"""Who brings a change to the national directory: the interface, its two errors, and the adapter that only writes down.

A publisher answers what it did, or raises: Temporary (later; what is unknown is), Permanent (a person must act, the
reason says how). KeyRefused and Unavailable are temporary for every mailbox: nobody tries the next one.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, Protocol

from mailbox.publication import patch
from mailbox.publication.entry import Carrier
from mailbox.publication.states import Change, Publish

type Act = Literal["insert", "replace", "delete", "none"]


@dataclass(frozen=True, slots=True)
class Answer:
    """A known success. `none`: it stood there, or was gone, already."""

    act: Act


class PublicationError(Exception):
    """`reason` is shown to administrators, in French; it holds no secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(type(self).__name__)
        self.reason = reason


class Temporary(PublicationError):
    """`wait`: no sooner, the server asks."""

    def __init__(self, reason: str, wait: timedelta | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class Unavailable(Temporary):
    """The directory itself does not answer, or has had enough."""


class KeyRefused(Unavailable):
    """Our key, or the lack of one: every further call would be refused, and counted against us."""


class Permanent(PublicationError):
    """It will never work as it stands."""


class Publisher(Protocol):
    def publish(self, change: Change) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What would be sent."""

    method: str
    target: str
    body: patch.Json


@dataclass(slots=True)
class DryRun:
    """Sends nothing: `sent` is what a publisher would send if the directory held what we know of it."""

    sent: list[Rehearsed] = field(default_factory=list)

    def publish(self, change: Change) -> Answer:
        answer, carrier, body = _composed(change)
        self.sent.append(Rehearsed("PATCH", str(carrier), body))
        return answer


def _composed(change: Change) -> tuple[Answer, Carrier, patch.Json]:
    if not isinstance(change, Publish):
        return Answer("delete"), change.carrier, patch.delete(change.carrier, change.address)
    if change.is_known:
        return Answer("replace"), change.entry.carrier, patch.replace(change.entry)
    return Answer("insert"), change.entry.carrier, patch.insert(change.entry)
