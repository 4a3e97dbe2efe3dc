"""The messages that a rule would be met by, as a page lists them: when, who, what about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mailbox.mime.address import in_words, mask
from mailbox.mime.threads import visible_subject
from mailbox.models import Message
from mailbox.summary import open_summary
from mailbox.views.place import Place


@dataclass(frozen=True, slots=True, repr=False)
class Found:
    id: UUID
    thread_id: UUID
    at: datetime
    author: str
    subject: str


def found(place: Place, messages: Sequence[Message]) -> list[Found]:
    """Their summaries opened just before, and open."""
    return [_found(place, message) for message in messages]


def _found(place: Place, message: Message) -> Found:
    told = open_summary(message, place.mailbox.keys)
    author = in_words(told.author.display_name) or mask(told.author.addr_spec)
    return Found(
        message.pk, message.thread_id, message.filed_at, author, visible_subject(told.subject) or "(sans objet)"
    )
