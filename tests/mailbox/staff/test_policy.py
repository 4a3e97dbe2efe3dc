"""The rules of a structure as values: what is read of a row, whoever wrote it, and what is in force on a day."""

from datetime import date

import pytest

from auth_otp.means import Means
from mailbox.staff import policy
from mailbox.staff.policy import Policy, Told, Way

DAY = date(2026, 12, 1)
STRICT = Policy(refused=frozenset({Way.SMS, Way.TOTP}), idle_minutes=5, hours=4, managers_admit=False)


def test_what_is_kept_is_read_again():
    for told in (Told(), Told(STRICT), Told(Policy(), STRICT, DAY), Told(STRICT, Policy(), DAY)):
        assert policy.read(policy.kept(told)) == told


@pytest.mark.parametrize(
    "kept",
    [
        None, [], "sms", 7, {}, {"refused": "sms"}, {"refused": None}, {"refused": {"sms": 1}}, {"idle_minutes": "5"},
        {"idle_minutes": True}, {"idle_minutes": -1}, {"idle_minutes": 600}, {"hours": 99}, {"hours": 1.5},
        {"managers_admit": "no"}, {"next": {"refused": ["sms"]}}, {"next": {"on": "demain"}}, {"next": 3}, {"next": {"on": 5}},
        {"refused": [["sms"], {}, None]},
    ],
)  # fmt: skip
def test_of_what_is_no_rule_nothing_is_believed(kept):
    assert policy.read(kept) == Told()


def test_passkeys_are_never_refused_so_that_nobody_is_without_a_way():
    """Attack: refusing all ways, by a form or a row written by hand."""
    told = policy.read({"refused": ["passkey", "sms", "totp", "psc", "cps", "password+sms", "*"]})
    assert told.now.refused == frozenset(Way)
    assert told.now.means == frozenset(Means) - {Means.PASSKEY}


def test_announced_rules_are_in_force_on_their_day_and_not_before():
    told = Told(Policy(), STRICT, DAY)
    assert [told.at(day) for day in (date(2026, 11, 30), DAY, date(2027, 1, 1))] == [Policy(), STRICT, STRICT]
    assert [told.is_due(day) for day in (date(2026, 11, 30), DAY)] == [False, True]
    assert not Told(STRICT).is_due(DAY)


def test_an_authenticator_that_is_refused_takes_its_recovery_codes_with_it():
    assert Policy(refused=frozenset({Way.TOTP})).means == {Means.PASSWORD_TOTP, Means.PASSWORD_RECOVERY}


def test_what_rules_say():
    assert Policy().says == []
    assert STRICT.says == [
        "le code par SMS, l’application d’authentification ne sont pas acceptés",
        "la session se verrouille après 5 minutes sans geste",
        "elle se termine après 4 heures",
    ]
