"""To the letter over a real socket: what pipelining, chunks, reports, postmaster and the tarpit come to."""

from contextlib import suppress

import pytest
from django.core.management import call_command

from mailbox.inbound.envelope import Envelope, unpack
from mailbox.models import Arrival, Domain, Mailbox, open_mailbox
from mssweb import crypto
from tests import peers
from tests.mailbox.test_store import letter

pytestmark = [pytest.mark.wire, pytest.mark.django_db(transaction=True)]
DR = f"dr.lemaire@{peers.HOSPITAL}"


@pytest.fixture
def roles(dupont) -> None:
    call_command("grant_roles")


def opened(mailbox: Mailbox) -> list[tuple[Envelope, bytes]]:
    arrivals = Arrival.objects.filter(mailbox=mailbox).order_by("id")
    return [
        unpack(crypto.unseal_with(mailbox.keys.private, bytes(one.box), f"arrival:{mailbox.pk}:{one.pk}"))
        for one in arrivals
    ]


def test_what_came_in_one_write_is_answered_in_one_and_a_letter_in_chunks_is_kept_octet_for_octet(
    trust, roles, dupont, annes_box
):
    raw = letter()[:-2] + b"un\ndeux\r.\r\n.\r\nsans fin de ligne"
    asked = (
        f"MAIL FROM:<{DR}> RET=HDRS ENVID=Q+2B1\r\n"
        f"RCPT TO:<{dupont.address}> NOTIFY=SUCCESS,delay ORCPT=rfc822;officine+2Bduty@ailleurs.example\r\n"
        f"RCPT TO:<{dupont.address.upper()}> NOTIFY=NEVER\r\nRCPT TO:<{annes_box.address}>\r\n"
    ).encode()
    with peers.smtpd(trust) as port, peers.connect(trust, port, trust.hospital) as client:
        client.sock.sendall(asked + b"NOOP\r\nBDAT 100\r\n" + raw[:100])
        said = client.sock.recv(10_000)  # one record of TLS: one write
        assert [line[:9] for line in said.split(b"\r\n")[:-1]] == [b"250 2.1.0"] + [b"250 2.1.5"] * 3 + [
            b"250 2.0.0"
        ] * 2
        client.sock.sendall(b"BDAT %d LAST\r\n%b" % (len(raw) - 100, raw[100:]))
        assert client.getreply()[1].startswith(b"2.6.0 Queued as")
        assert client.sendmail(DR, [dupont.address], letter()) == {}
    (envelope, kept), (plain, _) = opened(dupont)
    assert kept.endswith(b"\r\n" + raw), "behind our trace, as it came"
    assert (envelope.notify, envelope.orcpt) == ("SUCCESS,DELAY", "rfc822;officine+duty@ailleurs.example")
    assert (envelope.ret, envelope.envid, envelope.rcpt_to) == ("HDRS", "Q+1", dupont.address)
    (others, _), *more = opened(annes_box)
    assert (others.notify, others.orcpt, others.ret, more) == ("", "", "HDRS", [])
    assert (plain.notify, plain.orcpt, plain.envid, plain.ret) == ("", "", "", "")


def test_hundreds_of_questions_in_one_write_are_answered_in_their_order(trust, roles, dupont):
    round_ = f"MAIL FROM:<{DR}>\r\n".encode() + f"RCPT TO:<{dupont.address}>\r\n".encode() * 99 + b"RSET\r\n"
    with peers.receiver(trust) as smtpd, peers.connect(trust, smtpd.port, trust.hospital) as client:
        client.sock.sendall(round_ * 12 + b"NOOP\r\n")
        told = [client.getreply()[1][:5] for _ in range(12 * 101 + 1)]
        assert client.sendmail(DR, [dupont.address], letter()) == {}
    assert told == [b"2.1.0", *[b"2.1.5"] * 99, b"2.0.0"] * 12 + [b"2.0.0"]
    assert "RecursionError" not in smtpd.log.read_text()


def test_chunks_have_the_limits_of_lines(trust, roles, dupont):
    Mailbox.objects.filter(pk=dupont.pk).update(quota_bytes=15_000, used_bytes=10_000)
    with (
        peers.smtpd(trust, MAX_MESSAGE_BYTES=20_000, SMTP_LIMITS="bytes_in_flight=50000") as port,
        peers.connect(trust, port, trust.hospital) as client,
    ):
        for size, answered in (
            (6_000, b"4.2.2"),
            (16_000, b"5.2.2"),
            (20_001, b"5.3.4"),
            (500_000, b"5.3.4"),
            (4_000, b"2.6.0"),
        ):
            client.mail(DR)
            client.rcpt(dupont.address)
            client.sock.sendall(b"BDAT %d LAST\r\n%b" % (size, (letter() + b"x" * size)[:size]))
            assert client.getreply()[1].split()[0] == answered, size
    assert Arrival.objects.count() == 1


def test_postmaster_is_the_mailbox_of_that_name_else_the_one_that_is_told_else_nobody(trust, roles, dupont, domain):
    Domain.objects.create(name="fermee.mssante.example", state="closed")
    with peers.smtpd(trust) as port, peers.connect(trust, port, trust.hospital) as client:
        client.mail(DR)
        assert client.docmd("RCPT TO:<postmaster>")[0] == client.rcpt(f"postmaster@{domain.name}")[0] == 550
        own = open_mailbox(
            tenant=dupont.tenant, domain=domain, address=f"postmaster@{domain.name}", kind="ORG", display_name="x",
            state="active",
        )  # fmt: skip
        assert client.docmd("RCPT TO:<POSTMASTER>")[0] == 250
        client.data(letter())
    Mailbox.objects.filter(pk=own.pk).update(state="closed")
    with peers.smtpd(trust, POSTMASTER=dupont.address) as port, peers.connect(trust, port, trust.hospital) as client:
        client.mail(DR)
        assert client.docmd("RCPT TO:<Postmaster>")[0] == client.rcpt(f"POSTMASTER@{domain.name}")[0] == 250
        assert (
            client.rcpt("postmaster@ailleurs.example")[0] == client.rcpt("postmaster@fermee.mssante.example")[0] == 550
        )
        client.data(letter())
    assert [len(opened(box)) for box in (dupont, own)] == [1, 1]


def test_who_asks_for_many_that_do_not_exist_is_sent_away_for_a_while_and_others_are_not_held(trust, roles, dupont):
    with peers.smtpd(trust, SMTP_LIMITS="unknown_recipients=3 tarpit_seconds=0") as port:
        with peers.connect(trust, port, trust.hospital) as client:
            for _ in range(2):
                client.mail(DR)
                assert [client.rcpt(f"x{n}@{peers.OURS}")[0] for n in range(2)] == [550, 550]
                assert client.rcpt(dupont.address)[0] == 250, "who exists is not concerned"
                assert client.data(letter())[0] == 250, "and pays one back"
            client.mail(DR)
            assert [client.rcpt(f"x{n}@{peers.OURS}")[0] for n in range(2)] == [550, 421]
            with suppress(OSError):
                assert client.sock.recv(100) == b""
        with peers.connect(trust, port, trust.hospital) as client:
            assert client.mail(DR)[1].startswith(b"4.7.1")
            assert client.mail("")[0] == 451
    assert Arrival.objects.count() == 2


def test_an_answer_held_back_keeps_nobody_else_waiting_and_ends_with_its_session(trust, roles, dupont):
    with peers.smtpd(trust) as port, peers.connect(trust, port, trust.hospital) as held:
        held.mail(DR)
        held.sock.sendall(b"NOOP\r\n" + b"RCPT TO:<x@%b>\r\n" % peers.OURS.encode() * 8)
        assert [held.getreply()[0] for _ in range(2)] == [250, 550], "what is ready is not held"
        with peers.connect(trust, port, trust.hospital) as other:
            assert other.sendmail(DR, [dupont.address], letter()) == {}
        held.sock.settimeout(0.01)
        with pytest.raises(TimeoutError):
            held.sock.recv(100)
