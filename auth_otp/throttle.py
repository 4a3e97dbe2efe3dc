"""Growing delays, counted in four places: a person from an unknown browser or network (`pair`); and, of unknown browsers
only, an address, a neighbourhood (/24 or /48) whoever is tried there (password spraying), and a person from everywhere.

A browser that this person has signed in with is counted by itself and waits for none of the last three: nobody locks a
pharmacist out from afar, nor slows them down at their counter. Refuses to lock an account: whoever waits, waits a minute
for what others did, a quarter of an hour at most for what they did themselves.
Counted on the person's id, by whatever name they were called; on the name that was typed when it is nobody's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone

from auth_otp import browsers
from auth_otp.hashers import Busy
from auth_otp.models import Throttle
from mssweb import crypto, keys, tally
from mssweb.audit.record import REFUSED, client_address, record

_FORGET = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Limit:
    """After the `free`-th failure one waits a second, then twice as long each time, `most` seconds at most.

    A failure is forgotten every `leak` seconds without another.
    """

    place: str
    free: int
    most: int
    leak: int


PAIR = Limit("pair", free=3, most=900, leak=86400)
ADDRESS = Limit("address", free=10, most=60, leak=60)
NETWORK = Limit("network", free=30, most=60, leak=60)
PERSON = Limit("person", free=50, most=30, leak=60)
_OF = {limit.place: limit for limit in (PAIR, ADDRESS, NETWORK, PERSON)}

# Rows are taken in one order, so that no two tries wait for each other
_COUNT = """
WITH tried AS (
  SELECT * FROM unnest(%(keys)s::bytea[], %(free)s::int[], %(most)s::int[], %(leak)s::int[]) AS x (key, free, most, leak)
)
INSERT INTO auth_otp_throttle AS t (key, failures, free_at)
SELECT key, 1, %(now)s FROM tried ORDER BY key
ON CONFLICT (key) DO UPDATE SET (failures, free_at) = (
  SELECT n, %(now)s::timestamptz + make_interval(secs => CASE WHEN n < free THEN 0 ELSE LEAST(2 ^ LEAST(n - free, 20), most) END)
    FROM (SELECT free, most, 1 + CASE WHEN t.free_at < %(forgotten)s THEN 0 ELSE GREATEST(0, t.failures -
            GREATEST(0, floor(extract(epoch FROM %(now)s::timestamptz - t.free_at) / leak))::int) END AS n
            FROM tried WHERE tried.key = t.key) AS counted)
WHERE t.free_at <= %(now)s OR %(always)s
RETURNING key, failures
"""
_GIVE_BACK = """
WITH held AS (SELECT key FROM auth_otp_throttle WHERE key = ANY(%(keys)s) ORDER BY key FOR UPDATE)
UPDATE auth_otp_throttle t SET failures = GREATEST(t.failures - 1, 0), free_at = LEAST(t.free_at, %(now)s)
FROM held WHERE t.key = held.key
"""


def count(request: HttpRequest, who: UUID | str, *, now: datetime, always: bool = False) -> timedelta:
    """Count a try before it is made: as many at once as one likes, each is counted. Zero: it may be made.

    Else how long to wait, and nothing was counted; `always` counts even then, what was made already.
    `passed` and `clear` give back what a right answer was counted.
    """
    places = _places(request, who)
    limits = [_OF[place] for place in places]
    facts: dict[str, Any] = {
        "keys": list(places.values()),
        "free": [limit.free for limit in limits],
        "most": [limit.most for limit in limits],
        "leak": [limit.leak for limit in limits],
        "now": now,
        "always": always,
        "forgotten": now - _FORGET,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_COUNT, facts)
        counted = {bytes(key): failures for key, failures in cursor.fetchall()}
        if is_refused := len(counted) < len(places):
            transaction.set_rollback(True)  # nothing is counted in the places that were free
    if is_refused:
        return _wait(places, now)
    for place in (ADDRESS, NETWORK, PERSON):
        if counted.get(places.get(place.place, b"")) == place.free:
            _tell(request, place)
    return timedelta()


@contextmanager
def judging(request: HttpRequest, who: UUID | str, *, now: datetime) -> Iterator[None]:
    """Around what looks at the password: when it could not (`Busy`), the try is given back everywhere."""
    try:
        yield
    except Busy:
        _give_back(list(_places(request, who).values()), now)
        raise


def passed(request: HttpRequest, who: UUID | str, *, now: datetime) -> None:
    """The password was right: the places that others share are given back this try, and this one only."""
    shared = [key for place, key in _places(request, who).items() if place != PAIR.place]
    if shared:
        _give_back(shared, now)


def clear(request: HttpRequest, who: UUID | str) -> None:
    """They are who they say: their own tries are forgotten."""
    Throttle.objects.filter(key=_places(request, who)[PAIR.place]).delete()


def forget() -> None:
    """From the sweep."""
    Throttle.objects.filter(free_at__lt=timezone.now() - _FORGET).delete()


def _give_back(keys: list[bytes], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, {"keys": keys, "now": now})


def _wait(places: dict[str, bytes], now: datetime) -> timedelta:
    free_at = dict(Throttle.objects.filter(key__in=places.values()).values_list("key", "free_at"))
    ends = {place: free_at[key] for place, key in places.items() if key in free_at}  # a sweep may have been here
    longest = max(ends, key=lambda place: ends[place], default=PAIR.place)
    tally.count("slowed", longest)
    return max(ends.get(longest, now) - now, timedelta())


def _tell(request: HttpRequest, limit: Limit) -> None:
    """An administrator hears of it once, as the delays begin: the place and how many, nobody's name."""
    record("session.slowed", request=request, result=REFUSED, place=limit.place, count=limit.free)


def _places(request: HttpRequest, who: UUID | str) -> dict[str, bytes]:
    person, address = browsers.mark(who), client_address(request)
    if browser := browsers.known_to(request, who):
        return {PAIR.place: _key(f"{person} browser:{browser.id}")}
    return {
        PAIR.place: _key(f"{person} network:{network(address)}"),
        ADDRESS.place: _key(f"address:{address}"),
        NETWORK.place: _key(f"network:{network(address, wide=True)}"),
        PERSON.place: _key(f"person:{person}"),
    }


def _key(words: str) -> bytes:
    return crypto.digest(keys.purpose_key("throttle"), words.encode())


def network(address: str | None, *, wide: bool = False) -> str:
    """The /24 or the /64 that an address is in. `wide`: the /48, for one customer has as many /64 as they like."""
    if address is None:
        return "unknown"
    size = 24 if ip_address(address).version == 4 else 48 if wide else 64
    return str(ip_network(f"{address}/{size}", strict=False))
