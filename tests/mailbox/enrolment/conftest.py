"""A telephone in the pocket of who comes in, and the worker's turn at the caller's word."""

import re
from collections.abc import Callable

import pytest
from django.utils import timezone

from auth_otp import channels
from mailbox.enrolment import sweep
from tests.auth_otp.conftest import Pocket

PASSWORD = "vingt-gouttes-au-coucher"


class Telephone(Pocket):
    """`link` and `digits` of the last SMS."""

    @property
    def text(self) -> str:
        return self.messages[-1].body

    @property
    def link(self) -> str:
        return re.search(r"https?://[^/\s]+(/\S+)", self.text)[1]

    @property
    def digits(self) -> str:
        return re.search(r"(?<!\d)\d{6}(?!\d)", self.text)[0]


@pytest.fixture
def pocket(monkeypatch) -> Telephone:
    telephone = Telephone()
    monkeypatch.setattr(channels, "carrier", lambda: telephone)
    return telephone


@pytest.fixture
def turn() -> Callable[[], int]:
    """What beat rings."""
    return lambda: sweep.look_over(timezone.now())
