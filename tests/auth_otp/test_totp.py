"""Codes of an authenticator: the vectors of the RFC, clocks that stray, and what an application is told."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from auth_otp import totp

SECRET = b"12345678901234567890"
NOW = datetime(2026, 11, 27, 9, 41, 10, tzinfo=UTC)  # ten seconds into its step


@pytest.mark.parametrize(
    ("second", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_rfc_6238_appendix_b(second, code):
    assert totp.code_of(SECRET, second // 30) == code


def test_clock_skew_a_clock_may_stray_by_one_step_and_no_more():
    """Attack: clock skew; a code read a minute ago, or of a minute to come. Two steps are refused, either way."""
    code = totp.code_of(SECRET, totp.step_of(NOW))
    for seconds, is_right in ((-41, False), (-40, True), (0, True), (49, True), (50, False), (3600, False)):
        assert (totp.matching(SECRET, code, now=NOW + timedelta(seconds=seconds)) is not None) is is_right, seconds
    assert totp.matching(SECRET, "", now=NOW) is None


def test_an_application_is_told_what_every_application_reads():
    secret = totp.draw()
    read = urlsplit(totp.uri(secret, "anne.dupont@pharmacie.example"))
    assert (read.scheme, read.netloc, read.path) == ("otpauth", "totp", "/mssweb:anne.dupont%40pharmacie.example")
    facts = {name: value for name, [value] in parse_qs(read.query).items()}
    assert facts == {
        "secret": totp.in_groups(secret).replace(" ", ""), "issuer": "mssweb", "algorithm": "SHA1", "digits": "6",
        "period": "30",
    }  # fmt: skip
    assert len(facts["secret"]) == 32
