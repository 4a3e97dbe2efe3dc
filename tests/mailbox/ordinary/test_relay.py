"""The relay of ordinary mail, against a real SMTP server: what it takes, puts off and refuses; never in clear by default."""

import socket
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mailbox.ordinary import relay


class Peer:
    """Answers as it is told; keeps what it took."""

    def __init__(self) -> None:
        self.answer, self.taken = "250 OK", []

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server, session, envelope) -> str:
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 OK"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def peer(settings):
    handler, port = Peer(), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    settings.ORDINARY_RELAY, settings.ORDINARY_TLS, settings.ORDINARY_USER = f"127.0.0.1:{port}", "none", ""
    settings.ORDINARY_FROM = "ne-pas-repondre@avis.example"
    yield handler
    controller.stop()


def test_the_relay_takes_a_mail_of_its_own_sender_puts_it_off_or_refuses_it(peer, settings):
    relay.send("x", "claire@courriel.example", b"Subject: x\r\n\r\nx\r\n")
    [(sender, to, raw)] = peer.taken
    assert (sender, to) == ("ne-pas-repondre@avis.example", ["claire@courriel.example"]) and b"Subject: x" in raw
    for answer, error in (("450 4.2.1 later", relay.Temporary), ("550 5.1.1 nobody", relay.Permanent)):
        peer.answer = answer
        with pytest.raises(error):
            relay.send("x", "claire@courriel.example", b"x")
    peer.answer, settings.ORDINARY_TLS = "250 OK", "starttls"
    with pytest.raises(relay.Temporary):
        relay.send("x", "claire@courriel.example", b"x")
    assert len(peer.taken) == 1, "a relay without TLS is given nothing"


def test_a_relay_that_is_away_is_temporary(settings):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        settings.ORDINARY_RELAY, settings.ORDINARY_TLS = f"127.0.0.1:{held.getsockname()[1]}", "none"
        with pytest.raises(relay.Temporary):
            relay.send("x", "claire@courriel.example", b"x")


def certificate(folder, host: str) -> tuple[ssl.SSLContext, str]:
    """What a server of that name shows, and the file of whom it is signed by: itself."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(7).not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    pem = made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    (folder / f"{host}.pem").write_bytes(pem)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / f"{host}.key").write_bytes(secret + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{host}.key")
    return context, str(folder / f"{host}.pem")


@pytest.mark.wire
@pytest.mark.filterwarnings("ignore:Requiring AUTH while")  # aiosmtpd does not see that all of it is TLS
@pytest.mark.parametrize("how", ["starttls", "implicit"])
def test_a_password_and_a_mail_go_by_tls_to_the_host_that_is_named_and_to_no_other(settings, tmp_path, how):
    def known(server, session, envelope, mechanism, told: LoginPassword) -> AuthResult:
        asked.append((told.login, told.password, bool(session.ssl) or how == "implicit"))
        return AuthResult(success=told.password == b"sesame", handled=False)

    handler, port, asked = Peer(), free_port(), list[tuple[bytes, bytes, bool]]()
    tls, ca = certificate(tmp_path, "localhost")
    over = {"tls_context": tls, "require_starttls": True} if how == "starttls" else {"ssl_context": tls}
    door = Controller(
        handler, hostname="127.0.0.1", port=port, authenticator=known, auth_required=True,
        auth_require_tls=how == "starttls", **over,
    )  # fmt: skip
    door.start()
    settings.ORDINARY_RELAY, settings.ORDINARY_TLS, settings.ORDINARY_CA = f"localhost:{port}", how, ca
    settings.ORDINARY_USER, settings.ORDINARY_PASSWORD, settings.ORDINARY_FROM = "avis", "sesame", "n@avis.example"
    try:
        relay.send("x", "claire@courriel.example", b"Subject: x\r\n\r\nx\r\n")
        assert asked == [(b"avis", b"sesame", True)] and len(handler.taken) == 1
        for wrong in ({"CA": ""}, {"CA": certificate(tmp_path, "ailleurs.example")[1]}, {"RELAY": f"127.0.0.1:{port}"}):
            for name, value in {"CA": ca, "RELAY": f"localhost:{port}", **wrong}.items():
                setattr(settings, f"ORDINARY_{name}", value)
            with pytest.raises(relay.Temporary):
                relay.send("x", "claire@courriel.example", b"x")
        assert (len(asked), len(handler.taken)) == (1, 1), "whoever it may be hears neither password nor mail"
        settings.ORDINARY_RELAY, settings.ORDINARY_PASSWORD = f"localhost:{port}", "autre"
        with pytest.raises(relay.Temporary):
            relay.send("x", "claire@courriel.example", b"x")
        assert len(handler.taken) == 1
    finally:
        door.stop()
