"""How the provider knows us: by a secret, by what our key signs, by our certificate; over TLS that is verified."""

import ssl
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from auth_otp.psc import claims, metadata
from auth_otp.psc.client import MUTUAL, SIGNED, Client
from auth_otp.psc.errors import Away, Refused
from auth_otp.psc.provider import Provider
from mailbox.management.demo.authority import Authority, operator_name
from mailbox.management.demo.wallet.minting import Fault
from mailbox.management.demo.wallet.serving import listening, served
from mailbox.management.demo.wallet.wallet import Wallet
from mssweb import doors_psc
from tests.auth_otp.psc.conftest import ANNE, BACK
from tests.auth_otp.psc.test_tokens import came, granted


def test_a_secret_goes_encoded_as_the_standard_wants(wallet, provider):
    assert came(provider, granted(wallet))  # it holds a blank and an ampersand
    wrong = Provider(Client(wallet.issuer, "mssweb", secret="another"))
    with pytest.raises(Refused) as caught:
        came(wrong, granted(wallet))
    assert caught.value.code == "invalid_client"
    assert wallet.secret not in repr(provider.client)


def test_a_key_signs_for_this_issuer_alone(wallet, tmp_path: Path):
    key = ECKey.generate_key("P-256", private=True)
    (tmp_path / "ours.pem").write_bytes(key.as_pem(private=True))
    wallet.accepts, wallet.client_key = "signed", key
    assert came(
        Provider(Client(wallet.issuer, "mssweb", method=SIGNED, key=str(tmp_path / "ours.pem"))), granted(wallet)
    )
    wallet.client_key = ECKey.generate_key("P-256", private=True)
    with pytest.raises(Refused):
        came(Provider(Client(wallet.issuer, "mssweb", method=SIGNED, key=str(tmp_path / "ours.pem"))), granted(wallet))
    with pytest.raises(Away):
        came(Provider(Client(wallet.issuer, "mssweb", method=SIGNED, key=str(tmp_path / "none.pem"))), granted(wallet))


@pytest.fixture
def secured(tmp_path: Path):
    """The provider of the espace de confiance: TLS of its authority, a certificate asked of its clients."""
    authority = Authority()
    chain = authority.chain_pem
    ours = authority.issue(operator_name("mssweb")).write(tmp_path, "ours", chain=chain)
    theirs = authority.issue(operator_name("127.0.0.1")).write(tmp_path, "theirs", chain=chain)
    (tmp_path / "ca.pem").write_bytes(authority.ca_pem)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*theirs)
    tls.load_verify_locations(tmp_path / "ca.pem")
    tls.verify_mode = ssl.CERT_OPTIONAL
    server = listening()
    wallet = Wallet(f"https://127.0.0.1:{server.server_port}", "mssweb", "", [BACK], [ANNE], accepts="mutual")
    with served(wallet, server, tls=tls):
        yield (
            wallet,
            Client(
                wallet.issuer,
                "mssweb",
                method=MUTUAL,
                certificate=str(ours[0]),
                key=str(ours[1]),
                ca=str(tmp_path / "ca.pem"),
            ),
        )


def test_a_certificate_is_shown_and_tokens_are_bound_to_it(secured):
    """Attack: a token of another client's certificate (RFC 8705)."""
    wallet, client = secured
    client.context().check_hostname = False  # the authority of the tests names no address
    assert came(Provider(client), granted(wallet)).person.rpps == "99900000011"
    given = granted(wallet)
    wallet.fault = Fault.UNBOUND
    with pytest.raises(Refused) as caught:
        came(Provider(client), given)
    assert caught.value.code == "cnf"


def test_a_server_of_another_authority_is_not_spoken_to(secured):
    """Attack: whoever stands on the way with a certificate of their own."""
    wallet, client = secured
    for other in (Client(wallet.issuer, "mssweb", secret="s"), client):  # the system's; ours, which names another host
        with pytest.raises(Away) as caught:
            Provider(other).metadata()
        assert caught.value.code == "tls"
    assert wallet.asked == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "https://elsewhere.example"}, {"issuer": "https://psc.example/"}, {"token_endpoint": "http://psc.example/t"},
        {"jwks_uri": ""}, {"userinfo_endpoint": "file:///etc/passwd"}, {"authorization_endpoint": 3},
        {"token_endpoint": "http://127.0.0.1:1/t"},
    ],
)  # fmt: skip
def test_metadata_of_another_issuer_or_without_tls_is_refused(wrong):
    told = dict.fromkeys(
        ("token_endpoint", "jwks_uri", "userinfo_endpoint", "authorization_endpoint"), "https://psc.example/x"
    )
    assert metadata.read({**told, "issuer": "https://psc.example"}, issuer="https://psc.example").end_session == ""
    with pytest.raises(Refused):
        metadata.read({**told, "issuer": "https://psc.example", **wrong}, issuer="https://psc.example")


def test_addresses_for_clients_with_a_certificate_are_taken_by_them_alone():
    told = dict.fromkeys(
        ("token_endpoint", "jwks_uri", "userinfo_endpoint", "authorization_endpoint"), "https://psc.example/x"
    )
    told |= {"issuer": "https://psc.example", "mtls_endpoint_aliases": {"token_endpoint": "https://mtls.psc.example/t"}}
    assert metadata.read(told, issuer="https://psc.example").token == "https://psc.example/x"
    assert metadata.read(told, issuer="https://psc.example", is_mutual=True).token == "https://mtls.psc.example/t"


@pytest.mark.parametrize(
    "told",
    [
        {}, {"SubjectNameID": 899900000011}, {"SubjectNameID": "099900000011"}, {"SubjectNameID": "8999000000110"},
        {"SubjectNameID": "8\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669\u0661\u0662"},
        {"SubjectNameID": "899900000011", "preferred_username": "899900000029"},
        {"sub": "f:x:899900000011", "otherIds": [{"identifiant": "899900000011"}]},
    ],
)  # fmt: skip
def test_nobody_is_known_by_anything_but_the_national_number(told):
    with pytest.raises(claims.NoNumber):
        claims.read(told, subject="f:x:y")


def test_what_else_is_told_is_read_within_bounds_whatever_it_is():
    odd = {
        "exercices": [{"activities": [{"numeroFinessSite": "x" * 9999}, 3] * 50, "codeProfession": ["21"]}, "y"] * 50
    }
    person = claims.read(
        {"SubjectNameID": "899900000011", "given_name": "A\x00nne\n", "SubjectRefPro": odd}, subject="s"
    )
    assert person.given_name == "Anne" and person.profession == "" and len(person.activities) <= 400
    assert max(len(one.finess) for one in person.activities) == 200
    for refpro in (None, [], "x", {"exercices": {}}, {"exercices": [[]]}):
        assert claims.read({"SubjectNameID": "899900000011", "SubjectRefPro": refpro}, subject="s").activities == ()


def test_half_a_door_refuses_to_start(monkeypatch):
    for name, value in {"PSC_ISSUER": "https://psc.example/realm", "PSC_CLIENT_ID": "mssweb"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(doors_psc.ImproperlyConfigured, match="PSC_CLIENT_SECRET"):
        doors_psc.pro_sante_connect(process="web")
    monkeypatch.setenv("PSC_CLIENT_SECRET", "s")
    assert doors_psc.pro_sante_connect(process="web")["secret"] == "s"
    assert doors_psc.pro_sante_connect(process="smtpd")["secret"] == ""
    monkeypatch.setenv("PSC_CLIENT_AUTH", "none")
    with pytest.raises(doors_psc.ImproperlyConfigured, match="PSC_CLIENT_AUTH"):
        doors_psc.pro_sante_connect(process="web")
    monkeypatch.setenv("PSC_ISSUER", "http://psc.example")
    with pytest.raises(doors_psc.ImproperlyConfigured, match="PSC_ISSUER"):
        doors_psc.pro_sante_connect(process="web")
