"""How often something may be done in a time: codes for a person, to a number, from a network, and SMS in a day.

One statement counts and judges, so that many at once together never get more. Names stand under a keyed digest.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from auth_otp.models import Allowance, User
from mssweb import crypto, keys

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_CODES_AN_HOUR, _CODES_A_DAY = 15, 40  # of a person, to a number, sent again ones too; not answered
_QUESTIONS_AN_HOUR, _QUESTIONS_A_DAY = 4, 12  # on the telephone of one person (auth_otp.psc.telephone)
_ANSWERS_OF_A_NETWORK = 120  # an hour, brought back from Pro Santé Connect
_CODES_OF_A_NETWORK = 60  # an hour, to whomever; browsers that are not known there only
_NOTICES_OF_BROWSERS, _NOTICES_OF_CHANGES = 4, 10  # SMS an hour to a number
_CEREMONIES_OF_A_NETWORK = 3000  # an hour: each page of sign-in begins one, and keeps it five minutes
# Rows are taken in one order, so that no two that count together wait for each other
_TAKE = """
WITH asked AS (
  SELECT * FROM unnest(%(keys)s::bytea[], %(most)s::int[], %(until)s::timestamptz[]) AS x (key, most, until)
)
INSERT INTO auth_otp_allowance AS a (key, taken, until) SELECT key, 1, until FROM asked
 WHERE NOT EXISTS (SELECT FROM auth_otp_allowance b JOIN asked USING (key) WHERE b.until > %(now)s AND b.taken >= asked.most)
 ORDER BY key
ON CONFLICT (key) DO UPDATE SET
  taken = CASE WHEN a.until <= %(now)s THEN 1 ELSE a.taken + 1 END,
  until = CASE WHEN a.until <= %(now)s THEN EXCLUDED.until ELSE a.until END
WHERE a.until <= %(now)s OR a.taken < (SELECT most FROM asked WHERE asked.key = a.key)
RETURNING key, taken
"""
_GIVE_BACK = """
WITH held AS (SELECT key FROM auth_otp_allowance WHERE key = ANY(%(keys)s) ORDER BY key FOR UPDATE)
UPDATE auth_otp_allowance a SET taken = GREATEST(a.taken - %(count)s, 0) FROM held WHERE a.key = held.key
"""


class UsedUp(Exception):
    """The next one may be had after `wait`."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__()
        self.wait = wait


def take_code(user: User, *, network: str | None, now: datetime, number: str = "") -> None:
    """One code more that is asked for, in the caller's transaction: UsedUp takes back what was counted before it.

    `network` is where an unknown browser is; None for one that this person has signed in with, which is counted apart:
    a thief of the password who uses up what he may have leaves the pharmacist's own workstation its codes. `number`: one
    that is to become theirs.
    """
    _take_all(_rations(user, network, number), now)


def give_back(user: User, codes: int, *, network: str | None) -> None:
    """What was asked for and answered: who may enter is not kept from entering often, and no SMS was for nothing."""
    if codes:
        _give_back([name for name, _, _ in _rations(user, network)], codes)


def take_notice(number: str, *, is_of_change: bool, now: datetime) -> None:
    """One SMS more that tells its person what happened to their account. UsedUp when there was none left this hour."""
    kind, most = ("change", _NOTICES_OF_CHANGES) if is_of_change else ("browser", _NOTICES_OF_BROWSERS)
    _take(f"notice {kind} {number}", most, now + _HOUR, now)


def take_question(rpps: str, *, network: str | None, now: datetime) -> None:
    """One question more on the telephone of whoever has this number, if anybody has it: UsedUp when it rang enough.

    `network` as of `take_code`: strangers never use up what its person's own workstation may ask.
    """
    whose = "known" if network is None else "unknown"
    rations = [
        (f"question {whose} {rpps}", _QUESTIONS_AN_HOUR, _HOUR),
        (f"questions {whose} {rpps}", _QUESTIONS_A_DAY, _DAY),
    ]
    with transaction.atomic():
        _take_all([*rations, *([(f"asking {network}", _CODES_OF_A_NETWORK, _HOUR)] if network else [])], now)


def take(name: str, most: int, span: timedelta, *, now: datetime) -> None:
    """One more of what is called `name`, of `most` in `span`, in the caller's transaction; UsedUp when there was none left."""
    _take(name, most, now + span, now)


def take_answer(network: str, *, now: datetime) -> None:
    """One answer more that the provider is asked about, for whoever comes from there: UsedUp beyond what a pharmacy needs."""
    _take(f"answer {network}", _ANSWERS_OF_A_NETWORK, now + _HOUR, now)


def take_ceremony(network: str, *, now: datetime) -> None:
    """One page of sign-in more that asks for a passkey. UsedUp: nobody's, from there, for a while; passwords go on."""
    _take(f"ceremonies {network}", _CEREMONIES_OF_A_NETWORK, now + _HOUR, now)


def is_first(name: str, *, until: datetime, now: datetime) -> bool:
    """Whether nobody has asked this before, until then: of many at once, one is."""
    try:
        return _take(name, 1, until, now) == 1
    except UsedUp:
        return False


def take_sms(now: datetime) -> bool:
    """One SMS or call more of this day (ours, from midnight); whether it is the last. UsedUp when there was none left."""
    tomorrow = timezone.localtime(now).date() + _DAY
    midnight = timezone.make_aware(datetime.combine(tomorrow, time()))
    return _take("sms", settings.SMS_DAILY_LIMIT, midnight, now) == settings.SMS_DAILY_LIMIT


def give_back_sms() -> None:
    """What the carrier did not take costs nothing: an hour without it does not spend the day."""
    _give_back(["sms"], 1)


def forget() -> None:
    """From the sweep."""
    Allowance.objects.filter(until__lte=timezone.now()).delete()


def _rations(user: User, network: str | None, new: str = "") -> list[tuple[str, int, timedelta]]:
    """`new`: a number that is to become theirs, and may be anybody's: it takes nothing of who signs in by it."""
    whose, number = "new" if new else "known" if network is None else "unknown", new or user.phone
    rations = [
        (f"user {whose} {user.pk}", _CODES_AN_HOUR, _HOUR),
        (f"number {whose} {number}", _CODES_AN_HOUR, _HOUR),
        (f"day {whose} {number}", _CODES_A_DAY, _DAY),
    ]
    return rations if network is None else [*rations, (f"network {network}", _CODES_OF_A_NETWORK, _HOUR)]


def _take(name: str, most: int, until: datetime, now: datetime) -> int:
    """How many are taken by now; UsedUp when there was none left."""
    return _take_all([(name, most, until - now)], now)[0]


def _take_all(rations: Sequence[tuple[str, int, timedelta]], now: datetime) -> list[int]:
    """One of each, in one statement; UsedUp when one of them had none left: nothing was counted, or, where others ask at the
    same instant, the caller's transaction takes it back.
    """
    asked = {_key(name): (most, now + span) for name, most, span in rations}
    facts: dict[str, Any] = {
        "keys": list(asked), "most": [most for most, _ in asked.values()], "until": [until for _, until in asked.values()],
        "now": now,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, facts)
        taken = {bytes(key): int(count) for key, count in cursor.fetchall()}
    if len(taken) == len(asked):
        return [taken[key] for key in asked]
    rows = Allowance.objects.filter(key__in=asked, until__gt=now).values_list("key", "taken", "until")
    ends = [until for key, count, until in rows if count >= asked[bytes(key)][0]]
    raise UsedUp(max(ends, default=now) - now)


def _give_back(names: Sequence[str], count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, {"keys": [_key(name) for name in names], "count": count})


def _key(name: str) -> bytes:
    return crypto.digest(keys.purpose_key("allowance"), name.encode())
