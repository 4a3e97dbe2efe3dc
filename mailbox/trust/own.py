"""What is wrong with our own certificate, and how near its end is (trust-space §3): codes, from facts alone. Pure.

Refuses to read a file: whoever holds the key says whether it fits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mailbox.trust.certificates import PeerCertificate
from mailbox.trust.revocation import Finding, Standing
from mailbox.trust.whitelist import WhiteList

WARNED_DAYS = (90, 60, 30, 7, 0)  # trust-space §3, and once it has ended
AILING_DAYS = 7
NOT_LISTED = "not-listed"


@dataclass(frozen=True, slots=True)
class Own:
    """Our certificate as it lies on disk; `peer` None when it does not read; `key`: a code of what ails the key, or none."""

    peer: PeerCertificate | None
    key: str = ""


def warned_at(not_after: datetime, now: datetime) -> int | None:
    """The last of WARNED_DAYS that has been reached, 0 once it has ended; None while it lasts longer than all."""
    return min((days for days in WARNED_DAYS if not_after - now <= timedelta(days=days)), default=None)


def faults(
    own: Own, *, finding: Finding, white_list: WhiteList | None, domains: Sequence[str], now: datetime
) -> list[str]:
    """Codes, «not-listed DOMAIN» for each of our domains that the edition in force does not give this name for.

    Without an edition nothing is said of listing: that the list is missing is told elsewhere.
    """
    if own.peer is None:
        return ["unreadable"]
    found = [own.key] if own.key else []
    if now > own.peer.not_after:
        found.append("ended")
    if finding.standing is Standing.FOREIGN:
        found.append("foreign")
    if finding.standing is Standing.REVOKED:
        found.append("revoked")
    if white_list is not None:
        found += [f"{NOT_LISTED} {name}" for name in domains if not white_list.allows(own.peer.dn, name)]
    return found
