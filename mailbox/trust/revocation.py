"""Is a certificate revoked, by the lists of its issuer (CRL, RFC 5280 §5)? ECO.1.1.6, ECO.1.1.7, trust-space §3.

Lists are verified by mssweb/revoked.py. What no list in its time answers is unknown, never good. Pure: `now` is given.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto

from cryptography import x509

from mssweb.revoked import UNREADABLE, RevocationError, entry, listed_by


class Standing(Enum):
    GOOD = auto()
    REVOKED = auto()
    UNKNOWN = auto()  # nothing that is in its time answers
    FOREIGN = auto()  # not issued by a pinned authority: nobody need be asked


@dataclass(frozen=True, slots=True)
class Finding:
    """`reason` is a code for traces; `until` when a fresh answer must be had."""

    standing: Standing
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Crl:
    """One verified list. `revoked`: serial numbers, each with its reason."""

    issuer_key: bytes
    number: int | None
    this_update: datetime
    next_update: datetime
    revoked: Mapping[int, str] = field(repr=False)

    def is_older_than(self, other: "Crl") -> bool:
        """Neither number nor date may go backwards (RFC 5280 §5.2.3)."""
        return (self.number or -1) < (other.number or -1) or self.this_update < other.this_update


@dataclass(frozen=True, slots=True)
class Held:
    """The last good list of each pinned authority, by its key; `grace`: how long one serves past its end."""

    crls: Mapping[bytes, Crl]
    grace: timedelta = timedelta()

    def finding(self, issuer_key: bytes, serial: int, now: datetime) -> Finding:
        """`issuer_key` is the pinned authority's that signed the certificate (key_of), empty when none did."""
        if not issuer_key:
            return Finding(Standing.FOREIGN, "issuer-not-pinned")
        if (crl := self.crls.get(issuer_key)) is None:
            return Finding(Standing.UNKNOWN, "no-crl")
        until = crl.next_update + self.grace
        if reason := crl.revoked.get(serial):
            return Finding(Standing.REVOKED, f"revoked-{reason}", until)  # and stays so when the list has ended
        if now > until:
            return Finding(Standing.UNKNOWN, "crl-ended")
        return Finding(Standing.GOOD, "crl", until)


NOTHING = Held({})


def held(crls: Iterable[Crl], grace: timedelta) -> Held:
    """Of several lists of one authority the newest decides."""
    newest: dict[bytes, Crl] = {}
    for crl in crls:
        known = newest.get(crl.issuer_key)
        if known is None or not crl.is_older_than(known):
            newest[crl.issuer_key] = crl
    return Held(newest, grace)


def parse_crl(der: bytes, *, issuers: Sequence[x509.Certificate], now: datetime) -> Crl:
    """A list signed by one of the issuers, whole and begun; RevocationError otherwise. One that has ended is read."""
    listed = listed_by(der, issuers=issuers, now=now)
    try:
        revoked = dict(map(entry, listed.entries))
    except UNREADABLE:
        raise RevocationError("unreadable") from None
    return Crl(listed.issuer_key, listed.number, listed.this_update, listed.next_update, revoked)
