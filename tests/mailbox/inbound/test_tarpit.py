"""Patience and its end, on a clock of the tests: unknown recipients, sessions that bring nothing."""

from mailbox.inbound.limits import Limits, Patience
from mailbox.inbound.protocol import MAX_IDLE
from mailbox.inbound.tarpit import MAX_NETWORKS, Tarpit
from tests.mailbox.inbound.test_protocol import ENVELOPE, HELLO, codes, secure

HERE, THERE = "192.0.2.1", "2001:db8::/64"


def test_each_unknown_recipient_is_answered_later_and_after_twenty_the_network_waits():
    tarpit = Tarpit(Limits())
    waits = [tarpit.unknown(HERE, 100.0 + n) for n in range(20)]
    assert waits == [0, 1, 2, 4, 8, 16] + [30] * 14
    assert not tarpit.refuses(HERE, 200)
    assert tarpit.unknown(HERE, 200) is None, "the session ends"
    assert tarpit.refuses(HERE, 200 + 899) and not tarpit.refuses(HERE, 200 + 900)
    assert tarpit.unknown(HERE, 1_200) is None, "within the hour it has no more"
    assert not tarpit.refuses(THERE, 200) and tarpit.unknown(THERE, 200) == 0, "the others are not concerned"
    assert tarpit.unknown(HERE, 100 + 3_600) == 0, "an hour later it starts again"


def test_a_sender_whose_letters_arrive_is_never_held():
    """One old address in ten, for ever."""
    tarpit = Tarpit(Limits())
    for n in range(1_000):
        assert tarpit.unknown(HERE, n) == 0
        tarpit.reached(HERE, 9)
        assert not tarpit.refuses(HERE, n)
    tarpit.reached(THERE, 1)
    assert tarpit.unknown(THERE, 0) == 0 and tarpit.unknown(THERE, 0) == 1, "nothing is saved up"


def test_what_is_remembered_of_networks_is_bounded_and_forgets_the_oldest():
    tarpit = Tarpit(Limits())
    for n in range(MAX_NETWORKS):
        tarpit.unknown(str(n), 0)
    tarpit.unknown("0", 0)
    tarpit.unknown(HERE, 0)
    assert len(tarpit._asked) == MAX_NETWORKS
    assert tarpit.unknown("0", 0) == 2 and tarpit.unknown("1", 0) == 0


def test_a_command_a_message_and_a_session_each_have_their_time():
    patience = Patience(Limits(command_seconds=300, data_seconds=600, session_seconds=3_600), begun=1_000)
    assert patience.wait(1_000, is_receiving=False) == 300
    assert patience.wait(4_500, is_receiving=False) == 100, (
        "whoever says NOOP, or a recipient a minute, is late at last"
    )
    assert patience.wait(4_601, is_receiving=False) == 0
    assert patience.wait(4_590, is_receiving=True) == 300, "a message that has begun is not cut"
    assert patience.wait(5_100, is_receiving=True) == 90, "and has one time for the whole of it"
    patience.asked()
    assert patience.wait(5_200, is_receiving=True) == 300, "the next one has its own"


def test_commands_that_bring_nothing_are_counted_until_a_message_comes():
    for idle in (b"NOOP\r\n", b"RSET\r\n", b"VRFY anne\r\n", HELLO):
        peer = secure()
        peer.send(idle * (MAX_IDLE - 2))
        peer.send(ENVELOPE + b"DATA\r\n.\r\n")
        assert len(peer.accepted) == 1
        assert codes(peer.send(idle * (MAX_IDLE + 9)))[-1] == "421 4.7.0" and peer.closed == 1


def test_recipients_that_do_not_exist_are_no_errors_of_the_session():
    """They are the tarpit's, which knows the network."""
    peer = secure()
    said = codes(peer.send(b"MAIL FROM:<a@b.fr>\r\n" + b"RCPT TO:<inconnu@d.fr>\r\n" * 19 + b"RCPT TO:<c@d.fr>\r\n"))
    assert said == ["250 2.1.0"] + ["550 5.1.1"] * 19 + ["250 2.1.5"]
