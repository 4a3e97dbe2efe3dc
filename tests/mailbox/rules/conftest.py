"""Rules of the shared mailbox, and letters that meet them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from mailbox import store
from mailbox.models import Mailbox, Membership, Message, Rule
from mailbox.rules import book
from mailbox.rules.values import Acts, Condition, Words
from mailbox.rules.worker import sort_due
from tests.mailbox.test_store import letter

DR = "f.lemaire@hopital.mssante.example"
SUBJECT = (Condition("subject", "ordonnance"),)


@pytest.fixture
def manager(dupont, anne) -> Membership:
    return Membership.objects.select_related("mailbox__key", "mailbox__tenant", "user").get(mailbox=dupont, user=anne)


@pytest.fixture
def rule(manager) -> Callable[..., Rule]:
    def made(name="Ordonnances", conditions=SUBJECT, *, by=None, stops=False, needs_all=True, **acts) -> Rule:
        words = Words(name, tuple(conditions), Acts(**acts), needs_all, stops)
        return book.make(by or manager, words, now=timezone.now())

    return made


def come(mailbox: Mailbox, raw: bytes | None = None, *, sorts=True, mail_from=DR, mid="1@x", **fields) -> Message:
    """A letter filed now, and sorted."""
    filing = store.Filing(
        raw=raw if raw is not None else letter(message_id=mid), folder_role="inbox", direction="in",
        filed_at=timezone.now(), mail_from=mail_from, is_verified=True, **fields,
    )  # fmt: skip
    [message] = store.file(mailbox, [filing])
    if sorts:
        sort_due(timezone.now() + timedelta(seconds=1))
    return Message.objects.select_related("thread", "folder").get(pk=message.pk)
