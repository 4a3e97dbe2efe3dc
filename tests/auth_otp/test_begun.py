"""What is begun without being signed in: how much of it anybody may have."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from uuid_utils.compat import uuid7

from auth_otp import allowances, begun, channels

NOW = datetime(2026, 11, 23, 9, 41, tzinfo=UTC)


def from_(address: str):
    request = RequestFactory().get("/", REMOTE_ADDR=address)
    request.user = AnonymousUser()
    return request


def test_attack_locking_everybody_out_by_sms_that_anybody_may_ask_for(db, settings, pocket):
    """They came out of the day's SMS: who has no account at all used it up, and nobody signed in by SMS before midnight."""
    settings.SMS_DAILY_LIMIT = 8
    asked = 0
    for number in range(9):
        try:
            begun.ask_mobile(from_(f"203.0.{number}.9"), uuid7(), f"+3363998{number:04}", now=NOW)
        except allowances.UsedUp:
            break
        asked += 1
        channels.send(channels.SMS(f"+3363998{number:04}", "x"))
    assert asked == 2
    for _ in range(6):
        channels.send(channels.SMS("+33639980001", "x"))


def test_the_networks_of_one_customer_are_one(db, monkeypatch):
    """Attack: a /48 of IPv6 has 65,536 of them."""
    monkeypatch.setattr(begun, "_BEGINNINGS", 2)
    for number in range(2):
        begun.ration(from_(f"2001:db8:1:{number:x}::1"), "reset", now=NOW)
    with pytest.raises(allowances.UsedUp):
        begun.ration(from_("2001:db8:1:ff::1"), "reset", now=NOW)
