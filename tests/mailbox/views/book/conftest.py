"""The small invented annuaire, and what the pharmacy keeps of it."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from directory.models import Practitioner
from mailbox import contacts
from mailbox.contacts import Card
from mailbox.models import Membership
from tests.directory.conftest import _no_memory, directory, give  # noqa: F401  (fixtures)


def leveque() -> str:
    return f"p:{Practitioner.objects.get(last_name='Lévêque').ref}"


@pytest.fixture
def annuaire(directory) -> None:  # noqa: F811
    """The small invented one."""


@pytest.fixture
def load(give) -> Callable[..., object]:  # noqa: F811
    return give


@pytest.fixture
def book(base) -> str:
    return f"{base}/repertoire/"


@pytest.fixture
def here(dupont, claire) -> Membership:
    return Membership.objects.select_related("mailbox__key", "user").get(mailbox=dupont, user=claire)


@pytest.fixture
def fifty(here) -> Callable[[int], list]:
    def made(count: int) -> list:
        some = [Card(f"a:p{n}@x.mssante.example", f"Dr P{n}", address=f"p{n}@x.mssante.example", origin="typed",
                     is_favourite=True) for n in range(count)]  # fmt: skip
        contacts.add_all(here, some, now=timezone.now())
        return list(contacts.all_of(here.mailbox))

    return made


@pytest.fixture
def calm(trust, monkeypatch) -> None:
    """The white list in force is asked of the database once: counts of statements do not depend on the clock."""
    monkeypatch.setattr("mailbox.whitelist._RECHECK_SECONDS", 3600)
