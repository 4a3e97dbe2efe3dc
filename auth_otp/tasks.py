"""Celery: send a code, by its challenge's id only; sweep for wake-ups lost, notices, accounts that end, cards."""

import logging
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from kombu.exceptions import OperationalError

from auth_otp import allowances, challenges, erasure, notice_sms, throttle
from auth_otp.cps import lists, ticket
from auth_otp.psc import following, telephone
from auth_otp.sessions import SessionStore
from mssweb.celery import app

log = logging.getLogger(__name__)


@app.task(ignore_result=True)
def send_code(challenge_id: str) -> None:
    challenges.send(UUID(challenge_id))


@app.task(ignore_result=True)
def send_due_codes() -> None:
    challenges.send_due_codes()
    challenges.tell_approved()
    notice_sms.send_due(timezone.now())
    erasure.erase_due(timezone.now())
    throttle.forget()
    allowances.forget()
    SessionStore.clear_expired()  # with the addresses that they came from


@app.task(ignore_result=True)
def follow_cards() -> None:
    """The list of revoked cards, when it is due; nothing where no card opens."""
    if settings.CPS_URL:
        now = timezone.now()
        lists.refresh(now=now)
        ticket.forget(now=now)


@app.task(ignore_result=True)
def follow_psc() -> None:
    following.look_over(timezone.now())
    telephone.forget()


def wake_sender(challenge_id: UUID) -> None:
    """Never fails: the sweep finds what a lost wake-up left."""
    try:
        send_code.apply_async(args=(str(challenge_id),), expires=60, retry=False)
    except OperationalError as error:
        log.warning("wake-up not sent: %s", type(error).__name__)
