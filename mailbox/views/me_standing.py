"""What «Sécurité» says first: what is missing, the one thing to do about it; then where and when this person came in.

Refuses to change anything: each line leads to the page that does.
"""

from dataclasses import dataclass
from datetime import datetime

from auth_otp import factors, notice_words, notices
from auth_otp.holdings import Held
from auth_otp.means import NAMES, Means
from auth_otp.models import User
from mailbox.views.me_sessions import network_of
from mssweb.audit.models import AuditEvent

MOST = 5  # sign-ins that are shown
FEW = 3  # recovery codes: fewer than these are told


@dataclass(frozen=True, slots=True)
class Step:
    """What to do first. `page` gives it, by the name of its address; none: nothing on this site does."""

    title: str
    text: str
    act: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class Entrance:
    """One sign-in, as the page tells it."""

    at: datetime
    means: str
    network: str


def first_step(held: Held, *, left: int, may_codes: bool, may_begin: bool, may_add_passkey: bool) -> Step | None:
    """Pure. None: nothing is missing. `left`: recovery codes."""
    if not held.is_strong:
        return _strong(held, may_begin=may_begin, may_add_passkey=may_add_passkey)
    if may_codes and left < FEW:
        return _codes(left)
    ways = held.passkeys + held.has_totp + held.has_psc + held.has_cps
    if not may_codes and ways == 1 and may_add_passkey:
        return Step(
            "Vous n’avez qu’un moyen de vous connecter",
            "Le jour où il manque, personne n’entre. Ajoutez une clé d’accès sur un autre appareil.",
            "Créer une autre clé d’accès", "me_passkey_add",
        )  # fmt: skip
    return None


def _strong(held: Held, *, may_begin: bool, may_add_passkey: bool) -> Step:
    title = "Votre compte ne tient qu’à un SMS" if held.has_sms else "Votre compte n’a pas encore de moyen sûr"
    if not may_begin:
        return Step(title, factors.BARRED)
    text = "Un numéro peut être détourné. Deux minutes, une fois\u00a0: vous entrerez plus vite, sans SMS à attendre."
    if may_add_passkey:
        return Step(title, text, "Créer ma clé d’accès", "me_passkey_add")
    return Step(title, text, "Régler une application", "me_application")


def _codes(left: int) -> Step:
    title = (
        f"Il ne vous reste {f'que {left} codes' if left > 1 else 'qu’un code'} de secours"
        if left
        else "Vous n’avez pas de code de secours"
    )
    text = "Le jour où votre appareil manque, ils vous font entrer sans attendre personne. À imprimer, et à garder sous clé."
    return Step(title, text, "Faire dix codes", "me_codes")


def entrances(user: User) -> list[Entrance]:
    """The last ones, the newest first."""
    rows = AuditEvent.objects.filter(actor=user, action="session.sign_in").order_by("-at")
    return [Entrance(row.at, _means(str(row.facts.get("means", ""))), network_of(row.client)) for row in rows[:MOST]]


def last_notice(user: User, *, now: datetime) -> tuple[datetime, str] | None:
    found = notices.lately(user, now=now)
    return (found[0].at, notice_words.title(found[0].kind)) if found else None


def _means(value: str) -> str:
    return NAMES[Means(value)] if value in set(Means) else ""
