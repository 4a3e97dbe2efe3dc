"""A telephone for the people of the tests, and a browser that waits for its code."""

import pytest
from django.db import connection
from django.test import Client
from playwright.sync_api import Locator, Page

from auth_otp import challenges, channels, tasks
from auth_otp.models import User
from tests.conftest import PASSWORD


class Pocket:
    """The telephone: keeps what was sent, unless the carrier is told to fail."""

    def __init__(self) -> None:
        self.messages: list[channels.SMS] = []
        self.calls: list[channels.Call] = []
        self.error: channels.CarrierError | None = None
        self.verification = ""  # as Twilio Verify names it

    def send(self, sms: channels.SMS) -> channels.Taken:
        if self.error:
            raise self.error
        self.messages.append(sms)
        return channels.Taken(f"SM{len(self.messages)}" if sms.report_to else "", self.verification)

    def call(self, call: channels.Call) -> channels.Taken:
        if self.error:
            raise self.error
        self.calls.append(call)
        return channels.Taken()

    @property
    def code(self) -> str:
        return self.messages[-1].body.split("code est ")[1][:6]

    @property
    def wrong(self) -> str:
        return "000000" if self.code != "000000" else "111111"


@pytest.fixture
def pocket(monkeypatch) -> Pocket:
    """Wake-ups arrive at once, and SMS in this pocket."""
    pocket = Pocket()
    monkeypatch.setattr(channels, "carrier", lambda: pocket)
    monkeypatch.setattr(tasks, "wake_sender", challenges.send)
    return pocket


def code_field(page: Page) -> Locator:
    """Once it is there: the SMS is in the pocket by then."""
    field = page.get_by_label("Code", exact=True)
    field.wait_for()
    return field


def give_password(client: Client, login: str, given: str = PASSWORD, **extra: str):
    return client.post("/connexion/", {"login": login, "password": given, **extra})


def until_somebody_waits() -> None:
    """For a row that another transaction holds; two seconds at most."""
    with connection.cursor() as cursor:
        for _ in range(200):
            cursor.execute("SELECT pg_sleep(0.01), count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[1]:
                return


@pytest.fixture
def waiting(client, anne: User, pocket, django_capture_on_commit_callbacks) -> Client:
    """Anne's browser: she has given the password and holds the SMS."""
    with django_capture_on_commit_callbacks(execute=True):
        assert give_password(client, anne.login)["Location"] == "/connexion/code/"
    return client
