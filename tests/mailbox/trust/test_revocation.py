"""A list of revocations: what the authority signed and that is in its time answers; everything else changes nothing."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from hypothesis import given
from hypothesis import strategies as st

from mailbox.management.demo.authority import ORGANISATIONS, Authority, operator_name
from mailbox.trust.certificates import from_der
from mailbox.trust.revocation import Held, Standing, held, parse_crl
from mssweb.authorities import issuer_of, key_of, pinned
from mssweb.revoked import MAX_BYTES, RevocationError

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
AUTHORITY = Authority(now=NOW)
ISSUERS = pinned(AUTHORITY.anchors, ORGANISATIONS)
KEY = key_of(AUTHORITY.intermediate)
SOUND, STOLEN = (AUTHORITY.issue(operator_name(f"mx.{name}.example")).certificate for name in ("sain", "vole"))


def serial(pem: bytes) -> int:
    return x509.load_pem_x509_certificate(pem).serial_number


def refused(der: bytes, now: datetime = NOW) -> str:
    with pytest.raises(RevocationError) as told:
        parse_crl(der, issuers=ISSUERS, now=now)
    return told.value.reason


def standing(lists: Held, pem: bytes, now: datetime = NOW) -> tuple[Standing, str]:
    finding = lists.finding(KEY, serial(pem), now)
    return finding.standing, finding.reason


def test_who_is_on_the_list_is_revoked_and_who_is_not_is_good_until_the_list_ends():  # ECO.1.1.6
    lists = held([parse_crl(AUTHORITY.crl([STOLEN], lasts=DAY), issuers=ISSUERS, now=NOW)], timedelta())
    assert standing(lists, SOUND) == standing(lists, SOUND, NOW + DAY) == (Standing.GOOD, "crl")
    assert standing(lists, STOLEN) == (Standing.REVOKED, "revoked-keyCompromise")
    late = NOW + DAY + timedelta(seconds=1)
    assert standing(lists, SOUND, late) == (Standing.UNKNOWN, "crl-ended")
    assert standing(lists, STOLEN, late)[0] is Standing.REVOKED, "what was revoked stays so"


def test_past_its_end_a_list_serves_as_long_as_the_operator_says_and_no_longer():  # ECO.1.1.7
    lists = held([parse_crl(AUTHORITY.crl(lasts=DAY), issuers=ISSUERS, now=NOW)], timedelta(hours=6))
    assert standing(lists, SOUND, NOW + DAY + timedelta(hours=6))[0] is Standing.GOOD
    assert standing(lists, SOUND, NOW + DAY + timedelta(hours=6, seconds=1)) == (Standing.UNKNOWN, "crl-ended")


def test_without_a_list_nobody_is_good_and_of_another_authority_nobody_need_be_asked():
    assert standing(held([], timedelta()), SOUND) == (Standing.UNKNOWN, "no-crl")
    finding = held([], timedelta()).finding(b"", serial(SOUND), NOW)
    assert (finding.standing, finding.reason) == (Standing.FOREIGN, "issuer-not-pinned")


def test_a_list_is_of_the_pinned_name_and_key():
    assert parse_crl(AUTHORITY.crl(), issuers=ISSUERS, now=NOW).issuer_key == KEY
    assert refused(Authority(now=NOW).crl()) == "signature", "the same name, another key"
    assert refused(AUTHORITY.sibling().crl()) == "other-issuer"
    assert refused(Authority(now=NOW, foreign=True).crl()) == "other-issuer"
    der = bytearray(AUTHORITY.crl([STOLEN]))
    at = bytes(der).index(serial(STOLEN).to_bytes((serial(STOLEN).bit_length() + 7) // 8))
    der[at + 3] ^= 1
    assert refused(bytes(der)) == "signature", "another certificate in it"


def test_a_list_is_in_its_time():
    assert refused(AUTHORITY.crl(at=NOW + timedelta(hours=1))) == "not-begun"
    assert parse_crl(AUTHORITY.crl(at=NOW + timedelta(minutes=4)), issuers=ISSUERS, now=NOW), "another's clock"


@pytest.mark.parametrize(
    ("extension", "critical", "told"),
    [
        (x509.DeltaCRLIndicator(1), True, "partial"),
        (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True, "critical-extension"),
        (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), False, None),
        *(
            (x509.IssuingDistributionPoint(None, None, *flags), True, told)
            for flags, told in (
                ((True, False, None, False, False), None),
                ((False, True, None, False, False), "partial"),
                ((False, False, frozenset({x509.ReasonFlags.superseded}), False, False), "partial"),
                ((False, False, None, True, False), "partial"),
                ((False, False, None, False, True), "partial"),
            )
        ),
    ],
)
def test_a_list_of_only_some_certificates_or_with_something_critical_that_we_do_not_know_is_refused(
    extension, critical, told
):
    der = AUTHORITY.crl(extensions=[(extension, critical)])
    if told:
        assert refused(der) == told
    else:
        assert parse_crl(der, issuers=ISSUERS, now=NOW).number == 1


def test_an_entry_of_another_authority_s_certificate_is_refused():
    """CertificateIssuer is critical: the list would be an indirect one."""
    name = x509.CertificateIssuer([x509.DirectoryName(AUTHORITY.root.subject)])
    entry = x509.RevokedCertificateBuilder(5, NOW).add_extension(name, critical=True).build()
    builder = x509.CertificateRevocationListBuilder(AUTHORITY.intermediate.subject, NOW, NOW + DAY)
    signed = builder.add_revoked_certificate(entry).sign(AUTHORITY._key, hashes.SHA256())
    assert refused(signed.public_bytes(serialization.Encoding.DER)) == "critical-extension"


def test_of_two_lists_the_newer_decides_by_number_and_by_date():
    def made(number: int | None, at: datetime):
        return parse_crl(AUTHORITY.crl(number=number, at=at), issuers=ISSUERS, now=NOW)

    old, new = made(7, NOW - DAY), made(8, NOW)
    assert old.is_older_than(new) and not new.is_older_than(old) and not new.is_older_than(new)
    assert made(9, NOW - DAY).is_older_than(new), "its date goes back"
    assert made(7, NOW).is_older_than(new), "its number goes back"
    assert made(None, NOW).is_older_than(new), "it has none any more"
    assert held([new, old], timedelta()) == held([old, new], timedelta()) == Held({KEY: new})


@given(st.binary(max_size=300), st.integers(0, 400))
def test_whatever_the_bytes_are_the_answer_is_a_reason(noise, at):
    der = AUTHORITY.crl([STOLEN])
    for bytes_ in (noise, der[:at], der[:at] + noise + der[at:]):
        if bytes_ != der:
            assert refused(bytes_) in {"unreadable", "signature", "algorithm", "other-issuer"}


def test_what_is_too_large_is_not_read():
    assert refused(b"\x30" * (MAX_BYTES + 1)) == "too-large"


def test_25000_revocations_are_read_in_a_second():
    builder = x509.CertificateRevocationListBuilder(AUTHORITY.intermediate.subject, NOW, NOW + DAY)
    reason = x509.CRLReason(x509.ReasonFlags.superseded)
    one = x509.RevokedCertificateBuilder(2**150 + 5, NOW).add_extension(reason, critical=False).build()
    object.__setattr__(builder, "_revoked_certificates", [one] * 25_000)
    der = builder.sign(AUTHORITY._key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    started = time.process_time()
    parse_crl(der, issuers=ISSUERS, now=NOW)
    assert time.process_time() - started < 1


def test_the_issuer_of_a_peer_is_pinned_by_name_and_key():  # ECO.1.1.10
    der = x509.load_pem_x509_certificate(SOUND).public_bytes(serialization.Encoding.DER)
    assert from_der(der, ISSUERS).issuer_key == KEY
    others = (AUTHORITY.sibling(), Authority(now=NOW), Authority(now=NOW, foreign=True))
    for other in others:
        assert from_der(der, [other.intermediate]).issuer_key == b""
        issued = x509.load_pem_x509_certificate(other.issue(operator_name("mx.sain.example")).certificate)
        assert issuer_of(issued, ISSUERS) is None
    assert from_der(der).issuer_key == b"", "closed when nobody is pinned"


def test_only_an_authority_of_that_name_that_a_root_of_the_file_signed_is_pinned():
    sibling, foreign = AUTHORITY.sibling(), Authority(now=NOW, foreign=True)
    assert pinned([*AUTHORITY.anchors, sibling.intermediate, *foreign.anchors], ORGANISATIONS) == ISSUERS
    assert pinned([AUTHORITY.intermediate], ORGANISATIONS) == (), "no root"
    assert pinned([foreign.root, AUTHORITY.intermediate], ORGANISATIONS) == ()
    shouted = "C=FR, O=asip-sante,OU=IGC-SANTE  TEST, CN=TEST AC IGC-SANTE ELEMENTAIRE ORGANISATIONS"
    assert pinned(AUTHORITY.anchors, shouted) == ISSUERS, "compared as the white list's names are"
    assert pinned(AUTHORITY.anchors, ORGANISATIONS.replace("TEST AC", "AC")) == ()
