"""The decision: may this certificate speak for that domain, with this edition? (trust-space §4.1, table §4.3.)

Pure. What is refused is said with a reply that discloses nothing; the reason is a code for traces. Closed by default:
no list, or one past its limit, is a temporary refusal.
"""

from dataclasses import dataclass
from datetime import timedelta

from mailbox.reply import Reply
from mailbox.trust.certificates import PeerCertificate
from mailbox.trust.whitelist import WhiteList

NO_CERTIFICATE = Reply(550, "5.7.1", "Client certificate of the trust space required")
NOT_LISTED = Reply(550, "5.7.1", "Sender domain is not in the white list")
NAME_NOT_LISTED = Reply(550, "5.7.1", "Certificate is not listed for the sender domain")
LIST_UNAVAILABLE = Reply(451, "4.3.0", "Trust data temporarily unavailable, try again later")
OUR_LIST_UNAVAILABLE = Reply(451, "4.3.0", "Our white list is too old")  # of ours to us: a peer says the one above
PEER_NOT_LISTED = Reply(550, "5.7.1", "Recipient domain is not in the white list")
PEER_NAME_NOT_LISTED = Reply(550, "5.7.1", "Certificate of the receiving host is not listed for the domain")
PEER_NO_TLS = Reply(550, "5.7.0", "Receiving host offers no TLS")


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reply` is None when it may pass; `reason` is a code."""

    reply: Reply | None
    reason: str

    @property
    def passes(self) -> bool:
        return self.reply is None


def is_fresh(listed_age: timedelta, limit: timedelta) -> bool:
    """The last good list serves until its limit (design, trust-space §4.3)."""
    return listed_age <= limit


def decide(
    white_list: WhiteList | None, *, peer: PeerCertificate | None, sender_domain: str | None, listed_age: timedelta,
    limit: timedelta,
) -> Verdict:  # fmt: skip
    """For MAIL FROM. `sender_domain` None is the null reverse-path: any listed operator may send a report."""
    if peer is None:
        return Verdict(NO_CERTIFICATE, "no-certificate")
    if white_list is None or not is_fresh(listed_age, limit):
        return Verdict(LIST_UNAVAILABLE, "list-unavailable")
    if sender_domain is None:
        return Verdict(None, "null-sender") if white_list.knows(peer.dn) else Verdict(NAME_NOT_LISTED, "dn-not-listed")
    if not white_list.lists(sender_domain):
        return Verdict(NOT_LISTED, "domain-not-listed")
    if not white_list.allows(peer.dn, sender_domain):
        return Verdict(NAME_NOT_LISTED, "dn-not-listed")
    return Verdict(None, "listed")


def decide_outbound(
    white_list: WhiteList | None, *, peer: PeerCertificate | None, domain: str, listed_age: timedelta, limit: timedelta
) -> Verdict:
    """For the host that receives mail of `domain`, once TLS is up."""
    if white_list is None or not is_fresh(listed_age, limit):
        return Verdict(OUR_LIST_UNAVAILABLE, "list-unavailable")
    if not white_list.lists(domain):
        return Verdict(PEER_NOT_LISTED, "domain-not-listed")
    if peer is None:
        return Verdict(PEER_NO_TLS, "no-certificate")
    if not white_list.allows(peer.dn, domain):
        return Verdict(PEER_NAME_NOT_LISTED, "dn-not-listed")
    return Verdict(None, "listed")
