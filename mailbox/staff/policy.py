"""The rules of a structure for signing in: which means it refuses, when a session is locked, when it ends. Pure.

Kept as JSON in Tenant.policy, with those that are announced for a day to come. What is read is what is understood: of
anything else, whoever wrote it, nothing is believed. Refuses to refuse passkeys: nobody is left without a way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from auth_otp.means import Means


class Way(StrEnum):
    """What a structure may refuse."""

    SMS = "sms"
    TOTP = "totp"
    PSC = "psc"
    CPS = "cps"


MEANS: Mapping[Way, frozenset[Means]] = {
    Way.SMS: frozenset({Means.PASSWORD_SMS}),
    Way.TOTP: frozenset({Means.PASSWORD_TOTP, Means.PASSWORD_RECOVERY}),
    Way.PSC: frozenset({Means.PSC}),
    Way.CPS: frozenset({Means.CPS}),
}
WORDS: Mapping[Way, str] = {
    Way.SMS: "le code par SMS",
    Way.TOTP: "l’application d’authentification",
    Way.PSC: "Pro Santé Connect",
    Way.CPS: "la carte CPS",
}
ACCEPTED = "une clé d’accès"  # always
IDLE = (0, 5, 10, 15, 30, 60)  # minutes; 0: as the operator says
HOURS = (0, 2, 4, 8, 10)  # 0: twelve


@dataclass(frozen=True, slots=True)
class Policy:
    """`managers_admit`: whoever manages a mailbox lets people into the structure too."""

    refused: frozenset[Way] = frozenset()
    idle_minutes: int = 0
    hours: int = 0
    managers_admit: bool = True

    @property
    def means(self) -> frozenset[Means]:
        return frozenset[Means]().union(*(MEANS[way] for way in self.refused))

    @property
    def words(self) -> list[str]:
        """What is refused, in words, always in one order."""
        return [WORDS[way] for way in Way if way in self.refused]

    @property
    def says(self) -> list[str]:
        """What it asks of who signs in, one claim each; [] when nothing."""
        said = [f"{', '.join(self.words)} {'ne sont pas acceptés' if len(self.words) > 1 else 'n’est pas accepté'}"]
        said = said if self.refused else []
        if self.idle_minutes:
            said.append(f"la session se verrouille après {self.idle_minutes} minutes sans geste")
        if self.hours:
            said.append(f"elle se termine après {self.hours} heures")
        return said


@dataclass(frozen=True, slots=True)
class Told:
    """Those in force, and those that come into force on `on`, the day of the structure."""

    now: Policy = Policy()
    coming: Policy | None = None
    on: date | None = None

    def at(self, today: date) -> Policy:
        return self.coming if self.coming is not None and self.on is not None and self.on <= today else self.now

    def is_due(self, today: date) -> bool:
        return self.at(today) is not self.now


def read(kept: object) -> Told:
    """Of what a row holds."""
    if not isinstance(kept, Mapping):
        return Told()
    coming = kept.get("next")
    on = _day(coming.get("on")) if isinstance(coming, Mapping) else None
    return Told(_policy(kept), _policy(coming) if isinstance(coming, Mapping) and on else None, on)


def kept(told: Told) -> dict[str, object]:
    """As a row holds it."""
    now = _written(told.now)
    if told.coming is None or told.on is None:
        return now
    return now | {"next": _written(told.coming) | {"on": told.on.isoformat()}}


def _policy(given: Mapping[str, object]) -> Policy:
    named = given.get("refused")
    ways = frozenset(way for way in Way if isinstance(named, list) and way.value in named)
    admits = given.get("managers_admit")
    return Policy(
        refused=ways,
        idle_minutes=_one_of(given.get("idle_minutes"), IDLE),
        hours=_one_of(given.get("hours"), HOURS),
        managers_admit=admits if isinstance(admits, bool) else True,
    )


def _written(policy: Policy) -> dict[str, object]:
    return {
        "refused": [way.value for way in Way if way in policy.refused], "idle_minutes": policy.idle_minutes,
        "hours": policy.hours, "managers_admit": policy.managers_admit,
    }  # fmt: skip


def _one_of(value: object, offered: tuple[int, ...]) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value in offered else 0


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
