"""Letters with documents in the shared mailbox, examined by the real quarantine."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from mailbox import store
from mailbox.documents.worker import examine_due
from mailbox.mime.compose import Outgoing, OutgoingFile, compose
from mailbox.mime.values import Address
from mailbox.models import Message
from tests.mailbox.test_store import NOW, filing
from tests.mailbox.views.conftest import at, base, browser  # noqa: F401

DR = "dr.lemaire@hopital.mssante.example"


@pytest.fixture
def came(dupont) -> Callable[..., Message]:
    """A letter with these files as (name, bytes), filed; examined too unless told not to."""

    def one(
        *files: tuple[str, bytes], subject="Documents", refs: tuple[str, ...] = (), mid="1@x", examined=True
    ) -> Message:
        outgoing = Outgoing(
            from_=Address("Dr Lemaire", DR), to=(Address("", dupont.address),), subject=subject, text="Bonjour.",
            files=tuple(OutgoingFile(name, "application/octet-stream", data) for name, data in files), message_id=mid,
            date=NOW, references=refs, in_reply_to=refs[-1] if refs else "",
        )  # fmt: skip
        [message] = store.file(dupont, [filing(compose(outgoing))])
        if examined:
            examine_due(timezone.now() + timedelta(days=3650))
        return message

    return one
