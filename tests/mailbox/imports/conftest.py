"""Imports as they come, without a browser."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from mailbox.imports import desk, worker
from mailbox.imports.desk import Named
from mailbox.models import Import, Membership


@pytest.fixture
def manager(dupont, anne) -> Membership:
    return Membership.objects.select_related("mailbox__key").get(mailbox=dupont, user=anne)


@pytest.fixture
def send(manager) -> Callable[..., Import]:
    """Files of one import, whole, in pieces of `piece` bytes."""

    def sent(*files: bytes, piece: int = 1000, member: Membership = manager) -> Import:
        row = desk.begin(member, [Named(f"fichier {n}", len(data)) for n, data in enumerate(files)], now=timezone.now())
        for number, data in enumerate(files):
            for at in range(0, len(data), piece):
                desk.take(member.mailbox, row.pk, number, at, data[at : at + piece])
        assert desk.start(member.mailbox, row.pk, now=timezone.now())
        return row

    return sent


@pytest.fixture
def bring(send) -> Callable[..., Import]:
    def brought(*files: bytes, **how) -> Import:
        row = send(*files, **how)
        while worker.import_due(timezone.now()):
            pass
        row.refresh_from_db()
        return row

    return brought
