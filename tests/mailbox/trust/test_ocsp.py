"""OCSP: the issuer's answer, or its delegate's, about that very certificate, of now, is believed; no other."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from mailbox.management.demo.authority import Authority, operator_name
from mailbox.responder import Responder
from mailbox.trust.ocsp import About, read, request
from mailbox.trust.revocation import Standing
from mssweb.revoked import RevocationError
from tests.mailbox.trust.published import answered, nonce_of, responding

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)
AUTHORITY = Authority(now=NOW)
PEER, OTHER = (
    x509.load_pem_x509_certificate(AUTHORITY.issue(operator_name(f"mx.{name}.example")).certificate) for name in "ab"
)
ABOUT = About(PEER.serial_number, AUTHORITY.intermediate)
NONCE = b"sixteen bytes it"


def answer(about: x509.Certificate = PEER, *, authority: Authority = AUTHORITY, **how: object) -> bytes:
    given = {"nonce": NONCE, "at": NOW, "until": NOW + HOUR, **how}
    return answered(authority, about, **given)


def said(der: bytes, now: datetime = NOW) -> tuple[Standing, str] | str:
    try:
        finding = read(der, about=ABOUT, nonce=NONCE, now=now)
    except RevocationError as error:
        return error.reason
    return finding.standing, finding.reason


GOOD = (Standing.GOOD, "ocsp")
REVOKED = (Standing.REVOKED, "revoked-keyCompromise")


def test_the_authority_or_its_delegate_answers_and_nobody_else():
    assert said(answer()) == said(answer(signer=AUTHORITY.responder())) == GOOD
    assert said(answer(revoked=True)) == said(answer(revoked=True, signer=AUTHORITY.responder())) == REVOKED
    for usages in ((ExtendedKeyUsageOID.SERVER_AUTH,), (ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)):
        assert said(answer(signer=AUTHORITY.responder(usages=usages))) == "ocsp-signature", "not for this purpose"
    assert said(answer(signer=AUTHORITY.responder(), shown=False)) == "ocsp-signature"
    assert said(answer(signer=Authority(now=NOW).responder())) == "ocsp-signature", "the same name, another key"
    assert said(answer(signer=AUTHORITY.sibling().responder())) == "ocsp-signature"
    late = NOW + timedelta(days=91)
    told = answer(signer=AUTHORITY.responder(), at=late, until=late + HOUR)
    assert said(told, late) == "ocsp-signature", "the delegate's certificate has ended"
    assert said(answer(at=late, until=late + HOUR), late) == GOOD


def test_an_answer_is_about_that_very_certificate():
    assert said(answer(OTHER)) == "ocsp-other-certificate"
    assert said(answer(authority=Authority(now=NOW), signer=AUTHORITY.ocsp_signer)) == "ocsp-other-certificate"
    assert said(answer(status=ocsp.OCSPCertStatus.UNKNOWN)) == "ocsp-unknown"


def test_an_answer_is_of_its_time():
    assert said(answer(until=NOW + HOUR), NOW + HOUR) == GOOD
    assert said(answer(until=NOW + HOUR), NOW + HOUR + timedelta(seconds=1)) == "ocsp-ended"
    assert said(answer(at=NOW + HOUR, until=NOW + 2 * HOUR)) == "ocsp-not-begun"
    assert said(answer(until=None), NOW + timedelta(minutes=15)) == GOOD
    assert said(answer(until=None), NOW + timedelta(minutes=16)) == "ocsp-ended", "no end told is soon"


def test_another_nonce_is_another_answer_and_none_is_a_stored_one():
    assert said(answer(nonce=b"another sixteen!")) == "ocsp-nonce"
    assert said(answer(nonce=None)) == GOOD


def test_what_is_cut_altered_or_no_success_is_refused():
    whole = answer()
    assert said(b"") == said(whole[:-5]) == said(b"<html>") == "ocsp-unreadable"
    assert said(b"\x30" * 70_000) == "ocsp-too-large"
    later = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
    assert said(later.public_bytes(Encoding.DER)) == "ocsp-unsuccessful"
    flipped = bytearray(whole)
    flipped[-3] ^= 1
    assert said(bytes(flipped)) in {"ocsp-signature", "ocsp-unreadable"}


@pytest.mark.wire
def test_an_answer_is_kept_until_its_end_and_asked_again_then():
    with responding(lambda question: (200, answer(nonce=nonce_of(question)))) as (url, asked):
        responder = Responder(url)
        assert [responder.ask(ABOUT, NOW).standing for _ in range(3)] == [Standing.GOOD] * 3
        assert len(asked) == 1
        question = ocsp.load_der_ocsp_request(asked[0])
        assert question.serial_number == PEER.serial_number
        assert responder.ask(ABOUT, NOW + HOUR + timedelta(seconds=1)).standing is Standing.UNKNOWN, (
            "the same answer has ended"
        )
        assert len(asked) == 2


@pytest.mark.wire
def test_a_responder_that_fails_is_left_alone_for_longer_each_time():
    with responding(lambda question: (403, b"")) as (url, asked):
        responder, now = Responder(url), NOW
        for number, quiet in enumerate((30, 60, 120, 240, 480, 900, 900), 1):
            assert responder.ask(ABOUT, now).reason == "ocsp-away"
            assert responder.ask(ABOUT, now + timedelta(seconds=quiet - 1)).standing is Standing.UNKNOWN
            assert len(asked) == number
            now += timedelta(seconds=quiet)


@pytest.mark.wire
def test_about_a_certificate_that_a_responder_does_not_know_it_is_not_asked_at_once_again_and_others_are():
    def says(question: ocsp.OCSPRequest) -> tuple[int, bytes]:
        about = PEER if question.serial_number == PEER.serial_number else OTHER
        known = ocsp.OCSPCertStatus.UNKNOWN if about is PEER else ocsp.OCSPCertStatus.GOOD
        return 200, answer(about, nonce=nonce_of(question), status=known)

    with responding(says) as (url, asked):
        responder = Responder(url)
        assert {responder.ask(ABOUT, NOW).reason for _ in range(3)} == {"ocsp-unknown"}
        assert len(asked) == 1
        assert responder.ask(About(OTHER.serial_number, AUTHORITY.intermediate), NOW).standing is Standing.GOOD


def test_a_question_names_one_certificate_and_has_its_nonce():
    question = ocsp.load_der_ocsp_request(request(ABOUT, NONCE))
    assert (question.serial_number, nonce_of(question)) == (PEER.serial_number, NONCE)
