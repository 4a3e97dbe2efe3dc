"""Which passwords are refused as they are chosen, and that nothing else is asked of them."""

import gzip
import hashlib
import random
from pathlib import Path

import pytest
from django.contrib.auth import password_validation
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from auth_otp import known, passwords
from auth_otp.models import User
from tests.auth_otp.conftest import give_password
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


def test_a_password_is_taken_exactly_as_it_is_typed(anne, pocket):
    """No end is cut, no letter changed, no space taken away (ASVS 6.2.8)."""
    anne.set_password(chosen := " Été " + "quatre chevaux " * 12)
    anne.save()
    near = [chosen.strip(), chosen.lower(), chosen[:72], chosen + "s", chosen]
    answers = [give_password(Client(REMOTE_ADDR=f"10.1.{n}.1"), anne.login, one) for n, one in enumerate(near)]
    assert [answer.status_code for answer in answers] == [422] * 4 + [302]


def test_what_takes_long_to_judge_is_judged_in_part(monkeypatch):
    """Attack: two seconds of the processor a request, by signs that stand for letters; time grows with the square of these."""
    read = []
    monkeypatch.setattr("zxcvbn.zxcvbn", lambda text, user_inputs: read.append(text) or {"guesses": 10**9})
    refusals("4@8({[<369&#!1|0$5+7%2" * 9)
    assert [len(text) for text in read] == [32]


def test_eleven_characters_are_too_few():
    assert "password_too_short" in refusals("xk4jwqp.mvb")


@pytest.mark.parametrize(
    "password",
    [
        "Mailcreated5240",
        "Sojdlg123aljg",
        "dfg5Fhg5VGFh1",
        "frephiotohaij65",
        "Doomsayer.2.7mords.VV",
        "MAILcreated5240",
    ],
)
def test_one_of_the_list_that_is_shipped_is_refused_as_breached_in_other_capitals_too(password):
    """Attack: credential stuffing with the lists that everybody has. One of each, and one in other capitals."""
    assert "password_breached" in refusals(password)


def test_the_list_that_is_shipped_holds_what_a_list_of_others_does_and_refuses_nothing_else():
    """Django's, which is not among its sources: 190 of twelve characters. By chance: one in 10**14."""
    theirs = gzip.decompress((Path(password_validation.__file__).parent / "common-passwords.txt.gz").read_bytes())
    long = [one for one in theirs.decode().split("\n") if len(one) >= known.SHORTEST]
    assert sum(map(known.is_known, long)) > 0.7 * len(long) > 100  # of the others, half are broken encodings
    words, rng = ["ordonnance", "bleue", "gouttes", "coucher", "vingt", "quatre", "chevaux", "lune"], random.Random(6)
    chosen = {" ".join(rng.choices(words, k=4)) + str(n) for n in range(2_000)}
    assert not any(map(known.is_known, chosen))
    listed = known.LISTED.read_bytes()
    digests = [listed[at : at + 8] for at in range(0, len(listed), 8)]
    assert digests == sorted(set(digests))
    assert 3_000 < len(digests) < 2**64 / 10**14  # ASVS 6.2.4: the 3,000 most common that fit


def test_the_list_is_made_of_what_is_long_enough_in_any_order_and_both_its_ends_are_found(tmp_path):
    many = [f"ordonnance-jaune-{n}" for n in range(300)]
    listed = tmp_path / "known.bin"
    listed.write_bytes(known.packed([*many, *reversed(many), "trop-court"]))
    assert listed.stat().st_size == 300 * 8
    assert all(known.is_known(one.upper(), listed) for one in many)
    assert not known.is_known("trop-court", listed)


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
