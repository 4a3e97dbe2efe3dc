"""What the provider says is believed when it is signed by its key, for us, now, for this sign-in; and no other way."""

import time
from datetime import UTC, datetime

import pytest

from auth_otp.psc import tokens, who
from auth_otp.psc.claims import NoNumber
from auth_otp.psc.errors import Away, Refused
from auth_otp.psc.provider import Provider
from mailbox.management.demo.wallet.minting import Fault
from tests.auth_otp.psc.conftest import ANNE, BACK, EMPLOYEE

VERIFIER = "v" * 43
CHALLENGE = "7xcDtPy0YjTLQC9Ca5ggNJPWdtfGuM8rQITyzrUXXD0"


def granted(wallet, holder=ANNE, nonce="of this sign-in") -> str:
    asked = {"redirect_uri": BACK, "nonce": nonce, "code_challenge": _challenge()}
    return wallet.grant(wallet.prove(holder), asked)


def _challenge() -> str:
    from auth_otp.psc.attempt import challenge

    return challenge(VERIFIER)


def came(provider: Provider, code: str, **given):
    now = datetime.now(UTC)
    told = provider.exchange(code=code, verifier=VERIFIER, there=BACK, now=now.timestamp())
    return who.came(provider, told, nonce="of this sign-in", now=now, **given)


def test_who_comes_with_a_card_is_known_by_their_number(wallet, provider):
    found = came(provider, granted(wallet))
    assert (found.person.rpps, found.person.family_name, found.person.profession) == ("99900000011", "DUPONT", "21")
    assert found.person.activities[0].finess == "750000002"
    assert found.sid in wallet.sessions
    assert found.tokens.refresh_seconds == 1800


def test_tokens_of_keycloak_s_kind_are_believed_and_not_by_another_algorithm_of_the_same_key(wallet, provider):
    wallet.mint.turn_to_rsa("RS256")
    assert came(provider, granted(wallet))
    wallet.mint.algorithm = "PS256"
    assert came(provider, granted(wallet))
    wallet.mint.algorithm = "RS512"
    with pytest.raises(Refused) as caught:
        came(provider, granted(wallet))
    assert caught.value.code == "alg"
    wallet.mint.algorithm = "RS256"
    wallet.fault = Fault.HS256
    with pytest.raises(Refused) as caught:
        came(provider, granted(wallet))
    assert caught.value.code == "alg"


def test_who_has_no_rpps_number_is_told_apart_from_a_fault(wallet, provider):
    with pytest.raises(NoNumber):
        came(provider, granted(wallet, EMPLOYEE))


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.NONCE, "nonce"), (Fault.EXPIRED, "exp"), (Fault.FUTURE, "iat"), (Fault.UNKNOWN_KEY, "key"),
        (Fault.STRANGE_KEY, "signature"), (Fault.UNSIGNED, "alg"), (Fault.HS256, "alg"), (Fault.AUDIENCE, "aud"),
        (Fault.PARTY, "azp"), (Fault.ISSUER, "iss"), (Fault.ACR, "acr"), (Fault.AT_HASH, "at_hash"),
        (Fault.USERINFO, "userinfo"), (Fault.CLAIMS, "number"), (Fault.DISCOVERY, "issuer"),
    ],
)  # fmt: skip
def test_attack_each_false_answer_of_a_provider_is_refused_for_what_is_false_in_it(wallet, provider, fault, code):
    """Attacks: replay (nonce, exp), forged signatures (none, HS256, a key of others), a token for another client or of
    another issuer, a weaker proof, a swapped access token, userinfo of somebody else."""
    given = granted(wallet)
    wallet.fault = fault
    if code == "number":
        with pytest.raises(NoNumber):
            came(provider, given)
        return
    with pytest.raises(Refused) as caught:
        came(provider, given)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("fault", "code"),
    [(Fault.SLOW, "too-slow"), (Fault.BROKEN, "status-500"), (Fault.HUGE, "too-large"), (Fault.REDIRECT, "status-302"),
     (Fault.GIBBERISH, "unreadable")],
)  # fmt: skip
def test_a_provider_in_disorder_is_away_and_a_redirection_is_not_followed(wallet, provider, fault, code, monkeypatch):
    monkeypatch.setattr("auth_otp.psc.provider._SECONDS", 0.3)
    given = granted(wallet)
    provider.metadata()
    wallet.fault = fault
    with pytest.raises(Away) as caught:
        came(provider, given)
    assert caught.value.code == code
    assert "/elsewhere" not in [path for path, _ in wallet.asked]


def test_a_code_serves_once_and_only_with_its_verifier(wallet, provider):
    """Attacks: replay of a code, and a code intercepted on its way back (RFC 7636)."""
    code, now = granted(wallet), time.time()
    with pytest.raises(Refused):
        provider.exchange(code=code, verifier="of a thief", there=BACK, now=now)
    code = granted(wallet)
    came(provider, code)
    with pytest.raises(Refused) as caught:
        came(provider, code)
    assert caught.value.code == "invalid_grant"


def test_a_proof_that_is_old_is_refused_where_a_new_one_was_asked_for(wallet, provider):
    """Attack: the session that a colleague left open at the provider unlocks theirs here."""
    assert came(provider, granted(wallet), since=time.time() - 5)
    given = granted(wallet)
    wallet.fault = Fault.OLD_PROOF
    with pytest.raises(Refused) as caught:
        came(provider, given, since=time.time() - 5)
    assert caught.value.code == "auth_time"


def test_clock_skew_half_a_minute_is_forgiven_and_no_more(wallet, provider):
    wallet.mint.skew = 25
    assert came(provider, granted(wallet))
    wallet.mint.skew = 40
    with pytest.raises(Refused):
        came(provider, granted(wallet))


def test_a_new_key_is_found_and_nobody_makes_us_ask_for_keys_at_will(wallet, provider):
    came(provider, granted(wallet))
    provider._looked_at -= 61
    wallet.mint.rotate()
    assert came(provider, granted(wallet))
    wallet.fault = Fault.UNKNOWN_KEY
    for _ in range(3):
        with pytest.raises(Refused):
            came(provider, granted(wallet))
    assert [path for path, _ in wallet.asked].count("/auth/realms/esante-wallet/protocol/openid-connect/certs") == 2


def test_a_key_set_yields_keys_that_sign_and_are_strong_enough(wallet):
    weak = {"kty": "RSA", "kid": "weak", "e": "AQAB", "n": "sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri"}
    secret = {"kty": "oct", "kid": "secret", "k": "c2VjcmV0"}
    published = wallet.mint.published()
    found = tokens.keys({"keys": [weak, secret, {"kid": 3}, "no key", {"kty": "EC", "kid": "odd"}, *published["keys"]]})
    assert list(found) == [wallet.mint.key.kid]
    assert tokens.keys({"keys": "none"}) == {}


@pytest.mark.parametrize("text", ["", "...", "a.b.c", "e30.e30.e30", b"[".hex() * 40_000, "é.é.é"])
def test_what_is_no_token_is_refused(text):
    with pytest.raises(Refused):
        tokens.verified(text, lambda kid: pytest.fail("no key is asked for"))
