"""The Annuaire Santé API, asked: people, roles and structures that changed, and one person now (annuaire.md §3).

Two errors: Temporary (the service is away, or asks us to wait) and Permanent (the key, the question). What is unknown is
temporary. Neither they nor any log hold a word of what was asked or answered.
"""

import random
import re
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Literal
from urllib.parse import urlencode, urlsplit

from django.conf import settings

from directory.fhir import read, systems
from directory.fhir.read import Page
from directory.gate import Gate, Shut
from mssweb import exchange
from mssweb.exchange import Answer, NoAnswer

HISTORY = timedelta(days=30)  # of changes, at most (annuaire.md §3.1)
MAX_BYTES = 8 * 1024 * 1024  # of one page; a hundred people are below one
MAX_PAGES = 2_000  # of one question
PER_PAGE = 100  # 200 at most is asked of users
_EXCHANGE_SECONDS = 35.0  # the service answers an outcome of its own after 30
_PAUSES = (1.0, 2.0, 4.0, 8.0)  # seconds before each new try, with jitter
_LONGEST_PAUSE = 60.0  # that the service may ask for and we still wait
_PASSING = {429, 500, 502, 503, 504}
_HAPI = re.compile(rb"HAPI-\d{4}")  # all that is kept of an outcome: its words may quote the question
_WORDS = {
    "bad-key": "l’Annuaire Santé refuse notre clé d’accès",
    "refused": "l’Annuaire Santé refuse notre demande",
    "busy": "l’Annuaire Santé demande d’attendre : trop d’appels",
    "unreadable": "la réponse de l’Annuaire Santé est illisible",
    "too-large": "la réponse de l’Annuaire Santé est démesurée",
    "elsewhere": "la suite de la réponse est à une autre adresse que l’Annuaire Santé",
    "loop": "la réponse de l’Annuaire Santé n’a pas de fin",
    "authorities": "le fichier DIRECTORY_API_CA est absent ou illisible",
    "uncounted": "le compteur des appels ne répond pas",
}
_AWAY = "l’Annuaire Santé ne répond pas"
type Kind = Literal["Practitioner", "PractitionerRole", "Organization"]


class ApiError(Exception):
    """`code` for the audit, `words` for a person, in French."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    @property
    def words(self) -> str:
        return f"{_WORDS.get(self.code.partition(' ')[0], _AWAY)} ({self.code})"


class Temporary(ApiError):
    """May go better later. `retry_after`: seconds that the service asked for; `again`: worth another try at once."""

    def __init__(self, code: str, *, again: bool = True, retry_after: float = 0.0) -> None:
        super().__init__(code)
        self.again, self.retry_after = again, retry_after


class Permanent(ApiError):
    """Asking again changes nothing."""


def is_configured() -> bool:
    return bool(settings.DIRECTORY_API_KEY)


@dataclass(frozen=True, slots=True)
class Client:
    """`base` without a slash at its end. The rest is time and chance, for tests."""

    base: str
    key: str
    gate: Gate
    ca: str = ""  # a file of authorities; the system's when there is none
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    dice: Callable[[float, float], float] = field(default=random.uniform)

    def changed(self, kind: Kind, since: datetime, *, now: datetime, within: float) -> Iterator[Page]:
        """Pages of what was written since, closed resources too: without `active`, they are what tells a closure.

        Roles come with the people and structures that they name.
        """
        if now - since > HISTORY:
            raise ValueError("the service keeps thirty days of changes")
        asked = [("_lastUpdated", f"ge{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"), ("_count", str(PER_PAGE))]
        if kind == "PractitionerRole":
            asked += [("_include", f"{kind}:practitioner"), ("_include", f"{kind}:organization")]
        return self._pages(kind, asked, self.clock() + within)

    def person(self, rpps: str, *, within: float) -> list[Page]:
        """Who has this number, with his roles; whether he is active is for the reader to see."""
        asked = [("identifier", f"{systems.RPPS}|{rpps}"), ("_revinclude", "PractitionerRole:practitioner")]
        return list(self._pages("Practitioner", asked, self.clock() + within))

    def _pages(self, kind: Kind, asked: list[tuple[str, str]], until: float) -> Iterator[Page]:
        url, seen = f"{self.base}/{kind}?{urlencode(asked)}", set[str]()
        while url:
            if url in seen or len(seen) >= MAX_PAGES:
                raise Temporary("loop", again=False)
            seen.add(url)
            page = self._page(url, until)
            yield page
            url = page.next
            if url and not self._is_ours(url):
                raise Temporary("elsewhere", again=False)

    def _is_ours(self, url: str) -> bool:
        """Same origin, same prefix: the key goes nowhere else."""
        try:
            there, here = urlsplit(url), urlsplit(self.base)
            same = (there.scheme, there.hostname, there.port) == (here.scheme, here.hostname, here.port)
        except ValueError:
            return False
        is_plain = url.isascii() and url.isprintable() and not set(url) & {" ", "\\"} and ".." not in there.path
        is_below = there.path.startswith(f"{here.path}/") and "%" not in there.path
        return same and is_plain and is_below and "@" not in there.netloc

    def _page(self, url: str, until: float) -> Page:
        for pause in _PAUSES:
            try:
                return self._once(url, until)
            except Temporary as error:
                wait = error.retry_after or pause * self.dice(0.5, 1.0)
                if not error.again or wait > _LONGEST_PAUSE or self.clock() + wait >= until:
                    raise
            self.sleep(wait)
        return self._once(url, until)

    def _once(self, url: str, until: float) -> Page:
        """One call, counted before, judged after."""
        self._pass_gate(until)
        try:
            page = _judged(self._asked(url, until))
        except ApiError as error:
            self._tell(ok=isinstance(error, Permanent) or error.code == "busy")  # it is there, and answers
            raise
        self._tell(ok=True)
        return page

    def _asked(self, url: str, until: float) -> Answer:
        headers = {"ESANTE-API-KEY": self.key, "Accept": "application/fhir+json"}
        seconds = max(min(_EXCHANGE_SECONDS, until - self.clock()), 0.01)
        try:
            return exchange.ask("GET", url, headers, seconds=seconds, most=MAX_BYTES, context=_context(self.ca))
        except NoAnswer as error:
            raise Temporary(error.code, again=error.code != "too-large") from None

    def _pass_gate(self, until: float) -> None:
        try:
            while wait := self.gate.wait():
                if self.clock() + wait >= until:
                    raise Temporary("busy", again=False)
                self.sleep(wait)
        except Shut as error:
            raise Temporary(error.code, again=False) from None

    def _tell(self, *, ok: bool) -> None:
        try:
            self.gate.tell(ok=ok)
        except Shut:
            """Redis went away since the call was counted: the next one will not pass."""


def from_settings() -> Client:
    base = settings.DIRECTORY_API_URL.rstrip("/")
    mark = blake2b(f"{base} {settings.DIRECTORY_API_KEY}".encode(), digest_size=8).hexdigest()
    return Client(base, settings.DIRECTORY_API_KEY, Gate(f"directory:api:{mark}"), settings.DIRECTORY_API_CA)


@lru_cache(maxsize=2)
def _context(ca: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca or None)
    except OSError:  # ssl.SSLError is one
        raise Permanent("authorities") from None


def _judged(answer: Answer) -> Page:
    status = answer.status
    if status == 200:
        try:
            return read.page(answer.body)
        except read.Unreadable:
            raise Temporary("unreadable") from None
    if status in {401, 403}:
        raise Permanent("bad-key")
    if status == 429:
        raise Temporary("busy", retry_after=_seconds(answer.retry_after))
    if status in _PASSING:
        raise Temporary(str(status), retry_after=_seconds(answer.retry_after))
    if 400 <= status < 500:
        found = _HAPI.search(answer.body)
        raise Permanent(f"refused {status}" + (f" {found[0].decode()}" if found else ""))
    raise Temporary(str(status), again=False)  # a redirection: the key stays here


def _seconds(told: str) -> float:
    """Retry-After: seconds or a date (RFC 9110 §10.2.3); zero when it says nothing that we understand."""
    if told.isascii() and told.isdigit():
        return float(told[:9])
    try:
        return max((parsedate_to_datetime(told) - datetime.now(UTC)).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return 0.0
