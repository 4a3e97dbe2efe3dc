"""Browsers of the cast, signed in, and letters in the mailbox they share."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from playwright.sync_api import Page

from auth_otp.models import User
from mailbox import store
from mailbox.models import Mailbox, Message
from tests.auth_otp.conftest import pocket  # noqa: F401  (the telephone, for walks that sign in)
from tests.mailbox.test_store import filing, letter

HTMX = {"HX-Request": "true"}


@pytest.fixture
def base(dupont) -> str:
    return f"/b/{dupont.pk}"


@pytest.fixture
def browser(sign_in) -> Callable[[User], Client]:
    """A signed-in browser of that person."""

    def open_one(user: User) -> Client:
        client = Client()
        sign_in(client, user)
        return client

    return open_one


@pytest.fixture
def at(open_page, sign_in, live_server) -> Callable[..., Page]:
    """A page of a signed-in person, at that address."""

    def opened(user, url: str, **how) -> Page:
        client, page = Client(), open_page(**how)
        sign_in(client, user)
        key = client.cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": live_server.url}])
        page.goto(url)
        return page

    return opened


@pytest.fixture
def author(client, sign_in, claire, trust, dupont) -> Client:
    """The browser of one who writes."""
    sign_in(client, claire)
    return client


@pytest.fixture
def file(dupont) -> Callable[..., Message]:
    """File one letter now (or minutes ago) in the shared mailbox."""

    def one(subject="Ordonnance", *, minutes=0, box: Mailbox | None = None, raw: bytes = b"", **fields) -> Message:
        words = {name: fields.pop(name) for name in ("message_id", "refs", "sender", "body") if name in fields}
        words.setdefault("message_id", f"{subject}-{minutes}@x".replace(" ", "-"))
        how = filing(raw or letter(subject, **words), **fields)
        at = timezone.now() - timedelta(minutes=minutes)
        how = type(how)(**{name: getattr(how, name) for name in how.__slots__} | {"filed_at": at})
        [message] = store.file(box or dupont, [how])
        return message

    return one


@pytest.fixture
def statements() -> Callable[[Callable[[], object]], int]:
    """How many SQL statements an act costs, transactions' own words left out."""

    def count(act: Callable[[], object]) -> int:
        with CaptureQueriesContext(connection) as captured:
            act()
        return sum(not q["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")) for q in captured)

    return count
