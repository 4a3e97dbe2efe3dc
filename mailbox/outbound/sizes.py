"""How large a message the host of a domain takes: what it said when we wrote there last (RFC 1870 §4), dated.

What is old binds nobody: hosts grow, and a letter that is refused here never asks them again. Refuses to guess for a domain
that was never written to.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import QuerySet

from mailbox.mime.address import domain_of, normalise
from mailbox.models import PeerLimit

BELIEVED = timedelta(days=30)
_ALWAYS_TAKEN = 65_536  # octets that every host takes (RFC 5321 §4.5.3.1.7): no statement for most letters
_ADDED = 1_024  # of header lines that a letter leaves with (mime/leaving.py)
_DIGITS, _MOST = 20, 2**62  # what may stand there, what our column holds
_LEARNT = """
INSERT INTO mailbox_peerlimit AS p (domain, host, max_bytes, told_at) VALUES (%s, %s, %s, %s)
ON CONFLICT (domain) DO UPDATE SET host = excluded.host, max_bytes = excluded.max_bytes, told_at = excluded.told_at
 WHERE (p.host, p.max_bytes) <> (excluded.host, excluded.max_bytes) OR p.told_at < excluded.told_at - interval '12 hours'
"""


def learn(domain: str, host: str, said: str, *, now: datetime) -> None:
    """`said` is the parameter of SIZE, as it stands in the answer to EHLO. Less than every host takes is not believed."""
    limit = told(said)
    limit = max(limit, _ALWAYS_TAKEN) if limit else 0
    with connection.cursor() as cursor:
        cursor.execute(_LEARNT, [domain, host[:253], limit, now])


def told(said: str) -> int:
    """Octets; 0, no limit, for what is no number of twenty digits at most (RFC 1870 §3)."""
    return min(int(said), _MOST) if len(said) <= _DIGITS and said.isascii() and said.isdigit() else 0


def known(*, now: datetime) -> QuerySet[PeerLimit]:
    """Limits that are still believed."""
    return PeerLimit.objects.filter(max_bytes__gt=0, told_at__gt=now - BELIEVED)


def of(domains: Collection[str], *, now: datetime) -> Mapping[str, int]:
    return dict(known(now=now).filter(domain__in=domains).values_list("domain", "max_bytes"))


def refusals(addresses: Sequence[str], size: int, *, now: datetime) -> dict[str, str]:
    """Those whose host would not take so many bytes, and why, in French."""
    if size + _ADDED <= _ALWAYS_TAKEN:
        return {}
    limits = of({domain_of(normalise(one)) for one in addresses}, now=now)
    return {
        one: (
            f"Le serveur de {domain} refuse au-delà de {in_words(limit)} par message, pièces jointes encodées comprises :"
            " retirez des pièces, ou ce destinataire."
        )
        for one in addresses
        if (limit := limits.get(domain := domain_of(normalise(one)), 0)) and size + _ADDED > limit
    }


def in_words(limit: int) -> str:
    """Rounded down: what is said to fit does."""
    return f"{limit // 1_000_000}\xa0Mo" if limit >= 1_000_000 else f"{limit // 1_000}\xa0ko"
