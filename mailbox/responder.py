"""The OCSP responder, asked: one question at a time, a few seconds at most, each answer kept until its end.

What cannot be had is unknown. A responder that fails is left alone for a while, longer each time; one that has no answer
about a certificate is not asked about it again at once (trust-space §3: 403 for who asks too often).
"""

import logging
import secrets
import threading
from datetime import datetime, timedelta

from mailbox.trust.ocsp import CONTENT_TYPE, MAX_BYTES, About, read, request
from mailbox.trust.revocation import Finding, Standing
from mssweb.exchange import NoAnswer, ask
from mssweb.revoked import RevocationError

log = logging.getLogger(__name__)

_SECONDS = 4.0  # of a whole exchange
_QUIET, _MOST_QUIET = timedelta(seconds=30), timedelta(minutes=15)
_NOT_AGAIN = timedelta(minutes=5)  # about one certificate
_MOST = 10_000  # answers kept


class Responder:
    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._known: dict[tuple[int, bytes], tuple[datetime, Finding]] = {}
        self._failures = 0
        self._quiet_until: datetime | None = None

    def ask(self, about: About, now: datetime) -> Finding:
        """GOOD or REVOKED with its end, else UNKNOWN. Whoever comes meanwhile waits, and finds the answer."""
        key = (about.serial, about.names[1])
        with self._lock:
            until, known = self._known.get(key, (now, None))
            if known and now < until:
                return known
            if self._quiet_until and now < self._quiet_until:
                return Finding(Standing.UNKNOWN, "ocsp-away")
            return self._kept(key, about, now)

    def _kept(self, key: tuple[int, bytes], about: About, now: datetime) -> Finding:
        nonce = secrets.token_bytes(16)
        try:
            finding = read(self._posted(request(about, nonce)), about=about, nonce=nonce, now=now)
        except NoAnswer as error:
            self._failures += 1
            self._quiet_until = now + min(_QUIET * 2 ** min(self._failures - 1, 10), _MOST_QUIET)
            log.warning("OCSP not answered: %s", error.code)
            return Finding(Standing.UNKNOWN, "ocsp-away")
        except RevocationError as error:
            log.warning("OCSP answer refused: %s", error.reason)
            finding = Finding(Standing.UNKNOWN, error.reason)
        self._failures, self._quiet_until = 0, None
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[key] = (finding.until or now + _NOT_AGAIN, finding)
        return finding

    def _posted(self, question: bytes) -> bytes:
        answer = ask(
            "POST", self._url, {"Content-Type": CONTENT_TYPE}, seconds=_SECONDS, most=MAX_BYTES, body=question,
            context=None,
        )  # fmt: skip
        if answer.status != 200:
            raise NoAnswer(f"status-{answer.status}")
        return answer.body
