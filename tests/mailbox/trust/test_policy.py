"""The decision, as a table: who may speak for a domain, who may receive for one, and what is said to who may not."""

from datetime import UTC, datetime, timedelta

import pytest

from mailbox.trust import policy
from mailbox.trust.certificates import PeerCertificate
from mailbox.trust.revocation import Finding, Standing
from mailbox.trust.whitelist import WhiteList
from mssweb.authorities import parse_dn

NOW, WEEK = datetime(2026, 11, 23, 9, 0, tzinfo=UTC), timedelta(days=7)
FRESH, OLD = timedelta(days=7), timedelta(days=7, seconds=1)


def certificate(name: str) -> PeerCertificate:
    return PeerCertificate(parse_dn(f"CN={name},C=FR"), f"CN={name},C=FR", "1", NOW + WEEK, ())


HOSPITAL, LAB, NOBODY = certificate("mx.hopital"), certificate("mx.labo"), certificate("mx.inconnu")
LIST = WhiteList(NOW, {"hopital.example": frozenset({HOSPITAL.dn}), "labo.example": frozenset({LAB.dn})}, 2)

GOOD, REVOKED = Finding(Standing.GOOD, "crl"), Finding(Standing.REVOKED, "revoked-keyCompromise")
UNKNOWN, FOREIGN = Finding(Standing.UNKNOWN, "crl-ended"), Finding(Standing.FOREIGN, "issuer-not-pinned")


@pytest.mark.parametrize(
    ("listed", "peer", "domain", "age", "reply", "reason"),
    [
        (LIST, HOSPITAL, "hopital.example", FRESH, None, "listed"),
        (LIST, HOSPITAL, None, FRESH, None, "null-sender"),
        (LIST, HOSPITAL, "labo.example", FRESH, policy.NAME_NOT_LISTED, "dn-not-listed"),
        (LIST, NOBODY, "hopital.example", FRESH, policy.NAME_NOT_LISTED, "dn-not-listed"),
        (LIST, NOBODY, None, FRESH, policy.NAME_NOT_LISTED, "dn-not-listed"),
        (LIST, HOSPITAL, "ailleurs.example", FRESH, policy.NOT_LISTED, "domain-not-listed"),
        (LIST, None, "hopital.example", FRESH, policy.NO_CERTIFICATE, "no-certificate"),
        (LIST, None, None, FRESH, policy.NO_CERTIFICATE, "no-certificate"),
        (LIST, HOSPITAL, "hopital.example", OLD, policy.LIST_UNAVAILABLE, "list-unavailable"),
        (LIST, HOSPITAL, None, OLD, policy.LIST_UNAVAILABLE, "list-unavailable"),
        (None, HOSPITAL, "hopital.example", FRESH, policy.LIST_UNAVAILABLE, "list-unavailable"),
    ],
)
def test_who_may_speak_for_a_domain(listed, peer, domain, age, reply, reason):
    verdict = policy.decide(listed, peer=peer, finding=GOOD, sender_domain=domain, listed_age=age, limit=WEEK)
    assert (verdict.reply, verdict.reason, verdict.passes) == (reply, reason, reply is None)


@pytest.mark.parametrize(
    ("listed", "peer", "domain", "age", "reply", "reason"),
    [
        (LIST, LAB, "labo.example", FRESH, None, "listed"),
        (LIST, HOSPITAL, "labo.example", FRESH, policy.PEER_NAME_NOT_LISTED, "dn-not-listed"),
        (LIST, None, "labo.example", FRESH, policy.PEER_NO_TLS, "no-certificate"),
        (LIST, LAB, "ailleurs.example", FRESH, policy.PEER_NOT_LISTED, "domain-not-listed"),
        (LIST, LAB, "labo.example", OLD, policy.OUR_LIST_UNAVAILABLE, "list-unavailable"),
        (None, LAB, "labo.example", FRESH, policy.OUR_LIST_UNAVAILABLE, "list-unavailable"),
    ],
)
def test_who_may_receive_for_a_domain(listed, peer, domain, age, reply, reason):
    verdict = policy.decide_outbound(listed, peer=peer, finding=GOOD, domain=domain, listed_age=age, limit=WEEK)
    assert (verdict.reply, verdict.reason, verdict.passes) == (reply, reason, reply is None)


@pytest.mark.parametrize(
    ("peer", "domain", "finding", "inbound", "outbound"),
    [
        (HOSPITAL, "hopital.example", GOOD, None, None),
        (HOSPITAL, "hopital.example", REVOKED, policy.NOT_ACCEPTED, policy.PEER_REVOKED),
        (HOSPITAL, "hopital.example", FOREIGN, policy.NOT_ACCEPTED, policy.PEER_FOREIGN),
        (HOSPITAL, "hopital.example", UNKNOWN, policy.LIST_UNAVAILABLE, policy.OUR_CRL_UNAVAILABLE),
        (HOSPITAL, "labo.example", UNKNOWN, policy.NAME_NOT_LISTED, policy.PEER_NAME_NOT_LISTED),
        (HOSPITAL, "ailleurs.example", UNKNOWN, policy.NOT_LISTED, policy.PEER_NOT_LISTED),
    ],
)
def test_who_is_revoked_or_of_another_authority_is_refused_and_who_is_unknown_waits(
    peer, domain, finding, inbound, outbound
):
    given = {"peer": peer, "finding": finding, "listed_age": FRESH, "limit": WEEK}
    coming, going = (
        policy.decide(LIST, sender_domain=domain, **given),
        policy.decide_outbound(LIST, domain=domain, **given),
    )
    assert (coming.reply, going.reply) == (inbound, outbound)
    assert {coming.is_open, going.is_open} == {finding is UNKNOWN and domain == "hopital.example"}
    if domain == "hopital.example":
        assert coming.reason == (finding.reason if coming.reply else "listed")
        assert policy.decide(LIST, sender_domain=None, **given).reply == inbound, "a report neither"


def test_a_refusal_is_permanent_and_an_absent_list_is_not():
    refusals = {name: reply for name, reply in vars(policy).items() if isinstance(reply, policy.Reply)}
    absent = {"LIST_UNAVAILABLE", "OUR_LIST_UNAVAILABLE", "OUR_CRL_UNAVAILABLE"}
    assert {name for name, reply in refusals.items() if reply.is_temporary} == absent
    assert all(reply.is_permanent for name, reply in refusals.items() if name not in absent)
