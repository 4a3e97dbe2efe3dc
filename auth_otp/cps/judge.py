"""Whom does a reading name? All that is asked of a card, in one place, whatever an edge has checked before."""

from datetime import datetime

from cryptography import x509
from django.conf import settings

from auth_otp.cps import authority, certificate, lists
from auth_otp.cps.certificate import CardRefused, Holder
from auth_otp.cps.refusals import Refusal
from auth_otp.cps.ticket import Reading


def judge(reading: Reading, *, now: datetime) -> Holder:
    """CardRefused otherwise. What TLS did not verify names nobody, though everything here should say the contrary."""
    if not reading.certificate:
        raise CardRefused(Refusal.NO_CARD)
    card = certificate.load(reading.certificate)
    try:
        return _judged(card, reading, now)
    except CardRefused as refused:
        refused.serial = certificate.serial_of(card)
        raise


def _judged(card: x509.Certificate, reading: Reading, now: datetime) -> Holder:
    issuer = authority.issuer_key_of(card)
    if not issuer:
        raise CardRefused(Refusal.FOREIGN)
    certificate.check(card, now=now, policies=settings.CPS_POLICIES)
    holder = certificate.holder_of(card, number_in=settings.CPS_NUMBER_IN)
    if (is_revoked := lists.is_listed(issuer, card.serial_number, now)) is not False:
        raise CardRefused(Refusal.REVOKED if is_revoked else Refusal.UNCERTAIN)
    if not reading.is_verified:
        raise CardRefused(Refusal.FOREIGN)
    return holder
