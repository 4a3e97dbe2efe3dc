"""What the sessions of one process share: limits, counts, and who may send and receive, now. Refuses to read a message."""

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from psycopg_pool import AsyncConnectionPool

from mailbox.inbound import accept
from mailbox.inbound.limits import Limits
from mailbox.inbound.protocol import Session
from mailbox.inbound.tarpit import Tarpit
from mailbox.inbound.wake import Waker
from mailbox.mime.address import domain_of, normalise
from mailbox.traces.refusals import Refusals
from mailbox.trust import policy
from mailbox.trust.certificates import PeerCertificate
from mailbox.trust.revocation import NOTHING, Finding, Held, Standing
from mailbox.whitelist import CurrentList

if TYPE_CHECKING:
    from mailbox.inbound.server import Connection

_HEAVY_AT_ONCE = 2  # sealing and sending hold a large message four times
_ASKED_SECONDS = 6.0  # of a responder, the wait for those before included
_UNTOLD = Finding(Standing.UNKNOWN, "no-authority")
_CACHE_SECONDS = 3.0  # how late a closed or full mailbox may still receive


@dataclass
class Receiver:
    """What the sessions of one process share."""

    pool: AsyncConnectionPool
    tls: ssl.SSLContext | None  # None until a certificate could be read
    hostname: str
    limits: Limits
    waker: Waker
    list_limit: timedelta
    current: CurrentList | None = None
    revoked: Held = NOTHING
    issuers: Sequence[x509.Certificate] = ()  # the pinned authority's certificates
    ask: Callable[[PeerCertificate, datetime], Finding | None] = lambda peer, now: None  # a responder; takes seconds
    postmaster: str = ""  # the address that receives for it where no mailbox has its name
    in_flight: int = 0  # bytes of messages being read or accepted
    heavy: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_HEAVY_AT_ONCE))
    sessions: Counter[str] = field(default_factory=Counter)
    tarpit: Tarpit = field(init=False)
    refusals: Refusals = field(default_factory=Refusals)  # not written yet
    connections: set["Connection"] = field(default_factory=set)
    _known: dict[str, tuple[float, accept.Open]] = field(default_factory=dict)
    _asker: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "ocsp"))

    def __post_init__(self) -> None:
        self.tarpit = Tarpit(self.limits)

    def session(self) -> Session:
        return Session(self.hostname, self.limits.max_message, self.limits.max_recipients, has_tls=self.tls is not None)

    async def judge(self, peer: PeerCertificate | None, address: str) -> policy.Verdict:
        """May this certificate speak for that reverse-path, now? The responder is asked only when all else agrees."""
        now = datetime.now(UTC)
        finding = _UNTOLD  # while the authority's own file does not read, nobody is a stranger
        if peer and self.issuers:
            finding = self.revoked.finding(peer.issuer_key, int(peer.serial, 16), now)
        verdict = self._decide(peer, finding, address, now)
        if peer and verdict.is_open and (answer := await self._asked(peer, now)):
            verdict = self._decide(peer, answer, address, now)
        return verdict

    def crl_of(self, peer: PeerCertificate | None) -> str:
        """The number of the list of revocations that answers for that certificate."""
        crl = self.revoked.crls.get(peer.issuer_key) if peer else None
        return str(crl.number) if crl and crl.number is not None else ""

    async def _asked(self, peer: PeerCertificate, now: datetime) -> Finding | None:
        """Beside the loop, in a thread of its own: sealing must not wait for it."""
        waiting = asyncio.get_running_loop().run_in_executor(self._asker, self.ask, peer, now)
        try:
            return await asyncio.wait_for(waiting, _ASKED_SECONDS)
        except TimeoutError:
            return None

    def _decide(self, peer: PeerCertificate | None, finding: Finding, address: str, now: datetime) -> policy.Verdict:
        listed = self.current
        return policy.decide(
            listed.white_list if listed else None,
            peer=peer,
            finding=finding,
            sender_domain=domain_of(address) if address else None,
            listed_age=listed.age(now) if listed else timedelta.max,
            limit=self.list_limit,
        )

    async def recipient(self, address: str) -> accept.Open:
        """An open mailbox, remembered a few seconds; Permanent otherwise."""
        key, now = normalise(address), time.monotonic()
        if (known := self._known.get(key)) and now - known[0] < _CACHE_SECONDS:
            return known[1]
        found = await accept.find_recipient(self.pool, key, self.postmaster)
        if len(self._known) > 10_000:
            self._known.clear()
        self._known[key] = (now, found)
        return found
