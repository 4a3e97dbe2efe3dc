"""Which passwords are refused as they are chosen, and that nothing else is asked of them."""

import hashlib

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from auth_otp import passwords
from auth_otp.models import User
from tests.conftest import PASSWORD

ANNE = User(login="anne.dupont@pharmacie-dupont.example", first_name="Anne", last_name="Dupont", rpps="99900000011")


def refusals(password: str) -> set[str]:
    try:
        validate_password(password, ANNE)
    except ValidationError as errors:
        return {error.code for error in errors.error_list}
    return set()


@pytest.mark.parametrize(
    "password",
    [
        "qwerty123456",  # among the 190 of Django's 19,640 that have twelve characters
        "password-1234",
        "azertyuiopqsdf",
        "AnneDupont1948",
        "dupont-dupont",
        "mssweb-mssweb",
        "Pharmacie2026!",
        "novembre-2026",
        "aaaaaaaaaaaaaaaaaaaa",
        "motdepasse2026",
    ],
)
def test_common_passwords_names_and_words_of_the_place_are_refused(password):
    """Attack: spraying what many choose, or what is known of somebody."""
    assert "password_guessable" in refusals(password)


@pytest.mark.parametrize(
    "password", [PASSWORD, "vingt gouttes au coucher", "xkcjwqpzmvbtr", "çàéèù ñ ß ø 漢字かな", "quatre chevaux " * 12]
)
def test_no_composition_is_asked_and_sixty_four_characters_are_allowed(password):
    assert refusals(password) == set()


def test_eleven_characters_are_too_few():
    assert "password_too_short" in refusals("xk4jwqp.mvb")


def test_one_that_a_breach_has_shown_is_refused_in_clear_words(tmp_path, settings):
    """Attack: credential stuffing. The first, the last and one in the middle are found; neighbours are not."""
    known = [f"ordonnance-jaune-{n}" for n in range(300)]
    digests = sorted(hashlib.sha1(one.encode()).hexdigest().upper() for one in known)
    listed = tmp_path / "sha1.txt"
    listed.write_bytes(b"".join(f"{digest}:{n}\r\n".encode() for n, digest in enumerate(digests)))
    settings.BREACHED_PASSWORDS = str(listed)
    assert all(passwords._is_listed(listed, digest.encode()) for digest in digests)
    assert not any(passwords._is_listed(listed, f"{n:040X}".encode()) for n in range(0, 16**40, 16**40 // 99))
    assert refusals(known[7]) == {"password_breached"}
    with pytest.raises(ValidationError, match="fuite de données"):
        validate_password(known[0], ANNE)
