"""What an open thread has shown, told back by the page that asks for news.

No order of messages says it alone: an id is drawn and a time of arrival known before a message is filed, large ones
long before; and modseq grows with every mark and every move.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from mailbox.models import Message
from mailbox.views.letters import SHOWN

_TOLD = re.compile(r"([0-9]{1,18})((?:-[0-9a-f]{8})*)")


@dataclass(frozen=True, slots=True)
class Sight:
    """`modseq` of the mailbox before the page was drawn; `ends` of the ids of its newest messages."""

    modseq: int
    ends: frozenset[str]

    @classmethod
    def read(cls, told: str) -> Self | None:
        found = _TOLD.fullmatch(told)
        return cls(int(found[1]), frozenset(found[2].split("-")[1:])) if found else None

    def misses(self, message: Message) -> bool:
        return message.modseq > self.modseq and _end(message.pk) not in self.ends


def sight(modseq: int, message_ids: Iterable[UUID]) -> str:
    """As `Sight.read` reads it; ids oldest first."""
    return "-".join([str(modseq), *map(_end, list(message_ids)[-SHOWN:])])


def _end(message_id: UUID) -> str:
    """Its last 32 bits, which are random (UUIDv7)."""
    return message_id.hex[-8:]
