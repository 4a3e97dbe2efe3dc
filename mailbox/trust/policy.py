"""The decision: may this certificate speak for that domain, with this edition and these revocations? (trust-space §4.1, §4.3.)

Pure. What is refused is said with a reply that discloses nothing; the reason is a code for traces. Closed by default:
no white list or none in its limit, no list of revocations or none in its time, is a temporary refusal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from mailbox.reply import Reply
from mailbox.trust.certificates import PeerCertificate
from mailbox.trust.revocation import Finding, Standing
from mailbox.trust.whitelist import WhiteList

NO_CERTIFICATE = Reply(550, "5.7.1", "Client certificate of the trust space required")
NOT_LISTED = Reply(550, "5.7.1", "Sender domain is not in the white list")
NAME_NOT_LISTED = Reply(550, "5.7.1", "Certificate is not listed for the sender domain")
LIST_UNAVAILABLE = Reply(451, "4.3.0", "Trust data temporarily unavailable, try again later")
# of ours to us: a peer says the one above
OUR_LIST_UNAVAILABLE = Reply(451, "4.3.0", "Our white list is too old", keeps_from_asking=True)
PEER_NOT_LISTED = Reply(550, "5.7.1", "Recipient domain is not in the white list", keeps_from_asking=True)
PEER_NAME_NOT_LISTED = Reply(550, "5.7.1", "Certificate of the receiving host is not listed for the domain")
NOT_ACCEPTED = Reply(550, "5.7.1", "Certificate is not accepted")  # revoked, or not of the authority: which is not told
OUR_CRL_UNAVAILABLE = Reply(451, "4.3.0", "Our revocation list is missing or has ended", keeps_from_asking=True)
PEER_REVOKED = Reply(550, "5.7.1", "Certificate of the receiving host is revoked")
PEER_FOREIGN = Reply(550, "5.7.1", "Certificate of the receiving host is not of the authority of the trust space")
PEER_NO_TLS = Reply(550, "5.7.0", "Receiving host offers no TLS")

_TO_SENDERS: Mapping[str, Reply] = {
    "list-unavailable": LIST_UNAVAILABLE,
    "domain-not-listed": NOT_LISTED,
    "dn-not-listed": NAME_NOT_LISTED,
}
_OF_HOSTS: Mapping[str, Reply] = {
    "list-unavailable": OUR_LIST_UNAVAILABLE,
    "domain-not-listed": PEER_NOT_LISTED,
    "no-certificate": PEER_NO_TLS,
    "dn-not-listed": PEER_NAME_NOT_LISTED,
}
_OF_FINDINGS: Mapping[Standing, Reply] = {
    Standing.FOREIGN: PEER_FOREIGN,
    Standing.REVOKED: PEER_REVOKED,
    Standing.UNKNOWN: OUR_CRL_UNAVAILABLE,
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reply` is None when it may pass; `reason` is a code. `is_open`: it would pass, were revocation known."""

    reply: Reply | None
    reason: str
    is_open: bool = False

    @property
    def passes(self) -> bool:
        return self.reply is None


def is_fresh(listed_age: timedelta, limit: timedelta) -> bool:
    """The last good list serves until its limit (design, trust-space §4.3)."""
    return listed_age <= limit


def decide(
    white_list: WhiteList | None, *, peer: PeerCertificate | None, finding: Finding, sender_domain: str | None,
    listed_age: timedelta, limit: timedelta,
) -> Verdict:  # fmt: skip
    """For MAIL FROM. `sender_domain` None is the null reverse-path: any listed operator may send a report.

    `finding` is of the peer's certificate. What is refused for good comes before what is not known yet.
    """
    if peer is None:
        return Verdict(NO_CERTIFICATE, "no-certificate")
    if finding.standing in {Standing.REVOKED, Standing.FOREIGN}:
        return Verdict(NOT_ACCEPTED, finding.reason)
    if fault := _fault(white_list, peer, sender_domain, listed_age, limit):
        return Verdict(_TO_SENDERS[fault], fault)
    if finding.standing is not Standing.GOOD:
        return Verdict(LIST_UNAVAILABLE, finding.reason, is_open=True)
    return Verdict(None, "null-sender" if sender_domain is None else "listed")


def decide_outbound(
    white_list: WhiteList | None, *, peer: PeerCertificate | None, finding: Finding, domain: str, listed_age: timedelta,
    limit: timedelta,
) -> Verdict:  # fmt: skip
    """For the host that receives mail of `domain`, once TLS is up."""
    if fault := _fault(white_list, peer, domain, listed_age, limit):
        return Verdict(_OF_HOSTS[fault], fault)
    if refusal := _OF_FINDINGS.get(finding.standing):
        return Verdict(refusal, finding.reason, is_open=finding.standing is Standing.UNKNOWN)
    return Verdict(None, "listed")


def decide_relayed(white_list: WhiteList | None, *, domain: str, listed_age: timedelta, limit: timedelta) -> Verdict:
    """For a relay of ours that meets the receiving host in our place: the domain is all that we know here."""
    if white_list is None or not is_fresh(listed_age, limit):
        return Verdict(OUR_LIST_UNAVAILABLE, "list-unavailable")
    return Verdict(None, "listed") if white_list.lists(domain) else Verdict(PEER_NOT_LISTED, "domain-not-listed")


def _fault(
    white_list: WhiteList | None, peer: PeerCertificate | None, domain: str | None, listed_age: timedelta, limit: timedelta
) -> str:  # fmt: skip
    """What the white list has against this certificate for that domain (None: for any); a code, empty when nothing."""
    if white_list is None or not is_fresh(listed_age, limit):
        return "list-unavailable"
    if domain is not None and not white_list.lists(domain):
        return "domain-not-listed"
    if peer is None:
        return "no-certificate"
    is_named = white_list.knows(peer.dn) if domain is None else white_list.allows(peer.dn, domain)
    return "" if is_named else "dn-not-listed"
