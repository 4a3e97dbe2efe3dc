"""The relay of ordinary mail, against a real SMTP server: what it takes, puts off and refuses; never in clear by default."""

import socket

import pytest
from aiosmtpd.controller import Controller

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


@pytest.fixture
def peer(settings):
    handler = Peer()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
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
