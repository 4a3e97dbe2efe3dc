"""What is asked of a card's certificate, and how its number is read: values alone."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from auth_otp.cps import certificate
from auth_otp.cps.certificate import CardRefused, Holder
from auth_otp.cps.refusals import WORDS, Refusal
from mailbox.management.demo.cards import SIGNATURE, CardAuthority, holder, of_organisation


def judged(issued, authority: CardAuthority, **asked) -> Holder | Refusal:
    try:
        read = certificate.load(issued.der)
        certificate.check(read, now=authority.now, policies=asked.pop("policies", ()))
        return certificate.holder_of(read, **asked)
    except CardRefused as refused:
        return refused.refusal


def test_the_number_is_read_from_the_subject_whatever_the_order_of_its_parts(cards):
    card = cards.issue("899900000011")
    assert judged(card, cards) == Holder("99900000011", f"{card.certificate.serial_number:x}")


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"subject": "99900000011"}, Refusal.NO_NUMBER),  # a bare RPPS: not what cards carry
        ({"subject": "0123456789"}, Refusal.NO_NUMBER),  # ADELI
        ({"subject": "8999000000111"}, Refusal.NO_NUMBER),
        ({"subject": "8٩9900000011"}, Refusal.NO_NUMBER),  # a digit of another script
        ({"subject": "899900000011/CPS"}, Refusal.NO_NUMBER),
        ({"subject": of_organisation()}, Refusal.ORGANISATION),
        ({"ended": True}, Refusal.ENDED),
        ({"begins": 1}, Refusal.NOT_BEGUN),
        ({"kind": SIGNATURE}, Refusal.SIGNATURE),
        ({"usages": [ExtendedKeyUsageOID.EMAIL_PROTECTION]}, Refusal.USAGE),
        ({"usages": [ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]}, Refusal.USAGE),
        ({"usages": None}, Refusal.USAGE),
    ],
)
def test_what_is_no_professional_s_certificate_of_authentication_names_nobody(cards, given, refusal):
    assert judged(cards.issue(**given), cards) is refusal


def test_two_numbers_are_none(cards):
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, cn) for cn in ("899900000011", "899900000029")]
    assert judged(cards.issue(x509.Name(parts)), cards) is Refusal.NO_NUMBER


def test_an_operator_may_ask_for_a_policy_and_say_where_the_number_stands(cards):
    plain, told = cards.issue(), cards.issue(policies=["1.2.3.4"])
    assert judged(plain, cards, policies={"1.2.3.4"}) is Refusal.POLICY
    assert judged(told, cards, policies={"1.2.3.4"}).rpps == judged(plain, cards).rpps
    elsewhere = x509.Name([*holder("Anne"), x509.NameAttribute(NameOID.USER_ID, "899900000011")])
    assert judged(cards.issue(elsewhere), cards) is Refusal.NO_NUMBER
    assert judged(cards.issue(elsewhere), cards, number_in="UID").rpps == "99900000011"


@pytest.mark.parametrize("der", [b"", b"?", b"0" * 9000, bytes.fromhex("3003020101")])
def test_what_is_no_certificate_is_unreadable(der):
    with pytest.raises(CardRefused) as refused:
        certificate.load(der)
    assert refused.value.refusal is Refusal.UNREADABLE


def test_the_last_second_counts(cards):
    read = certificate.load(cards.issue().der)
    certificate.check(read, now=read.not_valid_after_utc)
    with pytest.raises(CardRefused):
        certificate.check(read, now=read.not_valid_after_utc + timedelta(seconds=1))


def test_each_refusal_has_its_words():
    assert set(WORDS) == set(Refusal)
