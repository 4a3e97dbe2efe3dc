"""Who refused: what we made ourselves is told as ours, the same words heard from a peer as the peer's."""

import pytest

from mailbox.outbound import hosts, transport, worker
from mailbox.outbound.attempts import LOCAL, why
from mailbox.outbound.failure import explain
from mailbox.outbound.transport import is_away, is_of_host
from mailbox.reply import LOCAL_ERROR, Reply
from mailbox.traces.reasons import PEER
from mailbox.trust import policy

OURS = [
    (transport.NO_TLS, "no-tls"), (transport.TLS_REFUSED, "tls"), (transport.UNREACHABLE, "unreachable"),
    (transport.OUR_TLS, "tls"), (transport.BROKEN, "broken"), (transport.NO_UTF8, "no-utf8"),
    (transport.TOO_BIG, "too-big"), (transport.CANNOT_CONVERT, "unfit"), (hosts.NO_DNS, "dns"), (hosts.NO_DOMAIN, "dns"),
    (hosts.NO_MAIL, "dns"), (hosts.NO_ADDRESS, "dns"), (hosts.LOOP, "loop"), (policy.OUR_CRL_UNAVAILABLE, "local-error"),
    (LOCAL_ERROR, "local-error"), (worker.GONE, "unknown-recipient"), (worker.FULL, "mailbox-full"),
]  # fmt: skip
NOBODY_ASKED = {
    transport.OUR_TLS, policy.OUR_LIST_UNAVAILABLE, policy.OUR_CRL_UNAVAILABLE, policy.PEER_NOT_LISTED
}  # fmt: skip


@pytest.mark.parametrize(("reply", "reason"), OURS)
def test_a_refusal_is_traced_as_ours_or_the_peer_s_by_who_made_it_whatever_its_words(reply, reason):
    heard = transport._reply(reply.code, f"{reply.enhanced} {reply.text}")
    assert [why(decision, reply) for decision in ("", "listed", LOCAL)] == [reason] * 3
    assert why("listed", heard) == PEER, "another installation says what we say: it is still theirs"
    assert why("dn-not-listed", reply) == why("dn-not-listed", heard) == "dn-not-listed", "a decision explains itself"
    assert heard == reply and explain(heard) == explain(reply), "people are told the same words"


def test_only_what_kept_us_from_asking_tells_nothing_of_the_host():
    others = {reply for reply, _ in OURS} | {policy.PEER_NAME_NOT_LISTED, policy.PEER_REVOKED, policy.PEER_FOREIGN}
    away = {transport.UNREACHABLE, transport.TLS_REFUSED, hosts.NO_DNS}
    assert {reply for reply in others | NOBODY_ASKED if not is_of_host(reply)} == NOBODY_ASKED | away
    assert {reply for reply in others | NOBODY_ASKED if is_away(reply)} == away
    assert is_of_host(Reply(450, "4.2.0", "busy", is_ours=False)) and is_away(Reply(421, "", "closing", is_ours=False))
