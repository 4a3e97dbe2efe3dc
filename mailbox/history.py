"""What members did with threads, written beside the act and in its transaction. Refuses words: ids and states only."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from mailbox.models import ThreadEvent

Verb = ThreadEvent.Verb


def tell(
    verb: ThreadEvent.Verb,
    thread_ids: Iterable[UUID],
    *,
    mailbox_id: UUID,
    actor_id: UUID | None,
    now: datetime,
    person_id: UUID | None = None,
    word: str = "",
    folder_id: UUID | None = None,
    label_id: UUID | None = None,
    rule_id: UUID | None = None,
) -> None:
    """One event for each thread, in one statement; `actor_id` None is a rule or the service."""
    told = {"actor_id": actor_id, "person_id": person_id, "word": word, "folder_id": folder_id, "label_id": label_id}
    told |= {"rule_id": rule_id}
    ThreadEvent.objects.bulk_create(
        ThreadEvent(mailbox_id=mailbox_id, thread_id=thread_id, at=now, verb=verb, **told) for thread_id in thread_ids
    )


def by_rule(rule_id: UUID, thread_id: UUID, *, mailbox_id: UUID, at: datetime) -> None:
    """What verbs told at this instant, as of nobody, was this rule's doing. In their transaction."""
    told = ThreadEvent.objects.filter(mailbox=mailbox_id, thread=thread_id, at=at, actor=None, rule_id=None)
    told.update(rule_id=rule_id)
