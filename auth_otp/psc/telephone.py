"""«Is it you?», asked of the e-CPS of whoever's number was typed (CIBA, poll mode), for a workstation that cannot follow a link.

A number that nobody has is answered as one that somebody has: it waits, and nobody confirms. How often a telephone may ring is
rationed, known browsers of its person apart. The words on both screens tell one's own question from a stranger's.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from auth_otp import allowances, browsers, throttle
from auth_otp.models import TelephoneQuestion, User
from auth_otp.psc import following
from auth_otp.psc.errors import Refused
from auth_otp.psc.provider import Asked, Provider
from auth_otp.psc.who import Came, came
from mssweb import crypto, keys
from mssweb.audit.record import client_address

MOBILE, CARD = (
    "MOBILE",
    "CARD",
)  # an e-CPS; a card in the reader of this machine, by CPS-Gestion (client-and-documents §8.2)
_VAIN = Asked("", seconds=120, interval=5)
_NOBODY = frozenset({"unknown_user_id", "access_denied", "invalid_request", "expired_login_hint_token"})
_WAITS, _OVER = frozenset({"authorization_pending", "slow_down"}), frozenset({"expired_token", "invalid_grant"})
_SLOWER = 5  # seconds that «slow_down» adds (CIBA Core §11)


@dataclass(frozen=True, slots=True)
class Begun:
    """A question, and the secret that who asked keeps of it."""

    question: TelephoneQuestion
    secret: str


class Denied(Exception):
    """On the telephone."""

    why = "phone_denied"  # of words.REFUSALS


class Expired(Exception):
    """Nobody answered in time, or this is not who asked."""

    why = "phone_expired"


def ask(request: HttpRequest, there: Provider, rpps: str, *, now: datetime, channel: str = MOBILE) -> Begun:
    """allowances.UsedUp when this telephone, or this network, has asked enough; Away and Refused as of the provider."""
    known = User.objects.filter(rpps=rpps).values_list("pk", flat=True).first()
    is_known = browsers.known_to(request, known or rpps) is not None
    network = None if is_known else throttle.network(client_address(request))
    allowances.take_question(rpps, network=network, now=now)
    words = f"mssweb {secrets.randbelow(9000) + 1000}"
    try:
        asked = there.ask_telephone(national_id=f"8{rpps}", words=words, channel=channel, now=now.timestamp())
    except Refused as error:
        if error.code not in _NOBODY:
            raise
        asked = _VAIN
    secret = secrets.token_urlsafe(32)
    question = TelephoneQuestion(
        binding=following.digest(secret), rpps=following.digest(rpps), words=words, interval=asked.interval,
        poll_at=now + timedelta(seconds=asked.interval), expires_at=now + timedelta(seconds=asked.seconds),
    )  # fmt: skip
    if asked.request_id:
        question.box = crypto.seal(keys.purpose_key("psc question"), asked.request_id.encode(), str(question.pk))
    question.save(force_insert=True)
    return Begun(question, secret)


def find(question_id: UUID, secret: str) -> TelephoneQuestion | None:
    """For who asked it alone."""
    return TelephoneQuestion.objects.filter(pk=question_id, binding=following.digest(secret)).first()


def is_pending(question: TelephoneQuestion) -> bool:
    """Not once it was confirmed: an answer that the provider did not finish is lost."""
    return TelephoneQuestion.objects.filter(pk=question.pk, state=question.State.PENDING).exists()


def answer(question: TelephoneQuestion, there: Provider, *, now: datetime) -> Came | None:
    """None: not yet. Denied, Expired, Away or Refused otherwise. The provider is asked as often as it allows, by one."""
    if question.state == question.State.DENIED:
        raise Denied
    if question.state != question.State.PENDING or now >= question.expires_at:
        raise Expired
    mine = TelephoneQuestion.objects.filter(pk=question.pk, state=question.State.PENDING, poll_at__lte=now)
    if not mine.update(poll_at=now + timedelta(seconds=question.interval)) or question.box is None:
        return None
    request_id = crypto.unseal(keys.purpose_key("psc question"), bytes(question.box), str(question.pk)).decode()
    try:
        tokens = there.answer_of_telephone(request_id, now=now.timestamp())
    except Refused as error:
        _note(question, error)
        return None
    if not _settle(question, question.State.DONE):
        raise Expired
    found = came(there, tokens, nonce=None, now=now)
    if not crypto.same(following.digest(found.person.rpps), bytes(question.rpps)):
        raise Refused("rpps")
    return found


def forget() -> None:
    """From the sweep."""
    TelephoneQuestion.objects.filter(expires_at__lte=timezone.now() - timedelta(hours=1)).delete()


def _note(question: TelephoneQuestion, error: Refused) -> None:
    """Raises what ends it."""
    if error.code == "slow_down":
        TelephoneQuestion.objects.filter(pk=question.pk).update(interval=min(question.interval + _SLOWER, 60))
    if error.code in _WAITS:
        return
    if error.code in _OVER:
        raise Expired from None
    if error.code == "access_denied":
        _settle(question, question.State.DENIED)
        raise Denied from None
    raise error


def _settle(question: TelephoneQuestion, state: str) -> bool:
    """Once: of two that hear the answer, one goes on."""
    rows = TelephoneQuestion.objects.filter(pk=question.pk, state=question.State.PENDING)
    return bool(rows.update(state=state, box=None))
