"""The provider, asked: what it publishes (kept an hour), its keys, tokens, who somebody is, the telephone (CIBA).

Each exchange is bounded as a whole (mssweb.exchange: no redirect, one deadline, no compression) and so is how many there are at
once: a provider that is slow or mad costs its own door, never the others. Keeps no access token (ECO.1.2.5).
"""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from auth_otp.psc import metadata
from auth_otp.psc.client import Client
from auth_otp.psc.errors import Away, Refused
from auth_otp.psc.metadata import Metadata
from mssweb import exchange
from mssweb.exchange import Answer, NoAnswer

if TYPE_CHECKING:
    from auth_otp.psc.tokens import Key

SCOPE = "openid scope_all"
_SECONDS, _MOST = 6.0, 256 * 1024  # of one exchange
_KEPT, _STALE = 3600.0, 24 * 3600.0  # seconds: what is published is asked for anew; serves while the provider is away
_PAUSE = 20.0  # seconds after a failure in which nobody waits for what is published again
_AGAIN = 60.0  # seconds between two looks for a key that is not known: nobody makes us ask at will
_AT_ONCE, _WAIT = 8, 1.0  # exchanges of this process; seconds to wait for one's turn
_CIBA = "urn:openid:params:grant-type:ciba"
_ERRORS = frozenset(  # RFC 6749 §5.2, CIBA Core §11 and §13: what may be kept of a refusal
    {
        "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope",
        "authorization_pending", "slow_down", "expired_token", "access_denied", "unknown_user_id", "invalid_binding_message",
        "expired_login_hint_token", "missing_user_code", "invalid_user_code",
    }
)  # fmt: skip
_turns = threading.BoundedSemaphore(_AT_ONCE)


@dataclass(frozen=True, slots=True)
class Tokens:
    """An answer of the token endpoint. `refresh_seconds`: how long `refresh` serves, when it says so."""

    access: str = field(repr=False)
    identity: str = field(repr=False)
    refresh: str = field(repr=False)
    refresh_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question on its way to a telephone."""

    request_id: str = field(repr=False)
    seconds: int
    interval: int


class Provider:
    """For one client; one of them a process, kept by `provider`."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._lock = threading.Lock()
        self._metadata: tuple[float, Metadata] | None = None
        self._failed: tuple[float, str] | None = None
        self._keys: dict[str, Key] = {}
        self._keys_at = self._looked_at = -_STALE

    def metadata(self) -> Metadata:
        """Kept an hour; for a day while the provider does not answer, which is asked again every twenty seconds."""
        kept, now = self._metadata, time.monotonic()
        if kept and now - kept[0] < _KEPT:
            return kept[1]
        try:
            found = self._published(now)
        except Away:
            if kept and now - kept[0] < _STALE:
                return kept[1]
            raise
        self._metadata = (now, found)
        return found

    def _published(self, now: float) -> Metadata:
        if self._failed and now - self._failed[0] < _PAUSE:
            raise Away(self._failed[1])
        try:
            told = self._asked("GET", self.client.issuer + metadata.DOCUMENT)
        except Away as error:
            self._failed = (now, error.code)
            raise
        self._failed = None
        return metadata.read(told, issuer=self.client.issuer, is_mutual=self.client.is_mutual)

    def key(self, kid: str) -> "Key":
        """One that is unknown is looked for, once a minute at most: keys change (RFC 7517 §4.5)."""
        with self._lock:
            now = time.monotonic()
            is_old = now - self._keys_at > _KEPT
            if (is_old or kid not in self._keys) and now - self._looked_at > _AGAIN:
                self._look_for_keys(now)
        if kid not in self._keys:
            raise Refused("key")
        return self._keys[kid]

    def _look_for_keys(self, now: float) -> None:
        from auth_otp.psc import tokens

        self._looked_at = now
        try:
            self._keys = tokens.keys(self._asked("GET", self.metadata().keys))
        except Away:
            if now - self._keys_at > _STALE:
                self._looked_at = -_STALE
                raise
        else:
            self._keys_at = now

    def exchange(self, *, code: str, verifier: str, there: str, now: float) -> Tokens:
        """An authorization code for tokens (RFC 7636 §4.5)."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": there, "code_verifier": verifier}
        return _tokens(self._posted(self.metadata().token, form, now))

    def refresh(self, token: str, *, now: float) -> Tokens:
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return _tokens(self._posted(self.metadata().token, form, now))

    def person(self, access_token: str) -> Mapping[str, object]:
        headers = {"Authorization": f"Bearer {access_token}"}
        return self._asked("GET", self.metadata().userinfo, headers)

    def ask_telephone(self, *, national_id: str, words: str, channel: str, now: float) -> Asked:
        """CIBA, poll mode (client-and-documents §8.2)."""
        there = self.metadata().backchannel
        if not there:
            raise Refused("no-ciba")
        form = {
            "scope": SCOPE, "acr_values": self.client.acr, "login_hint": national_id, "binding_message": words,
            "channel": channel,
        }  # fmt: skip
        told = self._posted(there, form, now)
        request_id = told.get("auth_req_id")
        if not isinstance(request_id, str) or not 0 < len(request_id) <= 4_000:
            raise Refused("ciba")
        return Asked(request_id, _whole(told, "expires_in", 120, 10, 600), _whole(told, "interval", 5, 1, 60))

    def answer_of_telephone(self, request_id: str, *, now: float) -> Tokens:
        """Refused("authorization_pending") until the person has answered."""
        return _tokens(self._posted(self.metadata().token, {"grant_type": _CIBA, "auth_req_id": request_id}, now))

    def _posted(self, there: str, form: Mapping[str, str], now: float) -> Mapping[str, object]:
        headers, proof = self.client.proof(now)
        body = urlencode({**form, **proof}).encode()
        return self._asked("POST", there, {**headers, "Content-Type": "application/x-www-form-urlencoded"}, body)

    def _asked(
        self, method: str, there: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Mapping[str, object]:
        context = self.client.context() if there.startswith("https:") else None
        if not _turns.acquire(timeout=_WAIT):
            raise Away("busy")
        try:
            answer = exchange.ask(
                method, there, {"Accept": "application/json", **(headers or {})}, seconds=_SECONDS, most=_MOST, body=body,
                context=context,
            )  # fmt: skip
        except NoAnswer as error:
            raise Away(error.code) from None
        finally:
            _turns.release()
        return _told(answer)


@lru_cache(maxsize=4)
def provider(client: Client) -> Provider:
    return Provider(client)


def _told(answer: Answer) -> Mapping[str, object]:
    """A JSON object of a 200; what it calls an error, as Refused; else Away: what is unknown is temporary."""
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        told = None
    if answer.status == 200 and isinstance(told, dict):
        return told
    if answer.status in {400, 401, 403}:
        code = told.get("error") if isinstance(told, dict) else None
        raise Refused(code if isinstance(code, str) and code in _ERRORS else "refused")
    raise Away(f"status-{answer.status}" if answer.status != 200 else "unreadable")


def _tokens(told: Mapping[str, object]) -> Tokens:
    if str(told.get("token_type", "")).lower() != "bearer":
        raise Refused("token_type")
    access, identity, refresh = (told.get(name, "") for name in ("access_token", "id_token", "refresh_token"))
    if not (isinstance(access, str) and isinstance(identity, str) and isinstance(refresh, str) and access):
        raise Refused("tokens")
    if not (access.isascii() and access.isprintable()):  # it goes into a header
        raise Refused("tokens")
    seconds = _whole(told, "refresh_expires_in", 0, 0, 12 * 3600)
    return Tokens(access, identity, refresh, seconds or None)


def _whole(told: Mapping[str, object], name: str, default: int, low: int, high: int) -> int:
    value = told.get(name, default)
    return min(max(value, low), high) if isinstance(value, int) and not isinstance(value, bool) else default
