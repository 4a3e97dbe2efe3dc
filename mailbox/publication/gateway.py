"""One HTTPS call to the national gateway: the key, the authorities, the pace; what an answer means.

Bounded in bytes and in time. No redirect is followed: the key goes to one host. What is refused for good is said by the
directory itself, in an OperationOutcome; any other refusal is the gateway's, or a wrong address, and waits.
"""

import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from urllib.parse import urlencode

from django.conf import settings

from mailbox.publication.patch import Json
from mailbox.publication.publisher import KeyRefused, Permanent, Temporary, Unavailable
from mssweb import exchange
from mssweb.exchange import NoAnswer

_SECONDS = 45.0  # for the whole of a call: the gateway gives up after 30 s (annuaire.md §3.1)
_MAX_BYTES = 1024 * 1024
_MAX_WAIT = 3600  # seconds that a Retry-After may ask for
_MAX_REASON = 300
_LOCAL = 500  # an error of the directory's own: may be this mailbox's
_AWAY = frozenset({429, 502, 503, 504})
_MAYBE = frozenset({408, 409, 425})
_ODD = frozenset({"encoded", "too-large"})  # its size once expanded is anybody's guess

NO_KEY = "Aucune clé d’API n’est donnée au processus qui publie (PUBLISH_KEY ou PUBLISH_KEY_FILE)."
REFUSED_KEY = "L’annuaire national refuse notre clé d’API : demandez-en une à l’ANS, remplacez-la, puis « Reprendre »."
SILENT = "L’annuaire national ne répond pas. Un nouvel essai suit."
BUSY = "L’annuaire national demande d’attendre. Un nouvel essai suit."
UNREADABLE = "L’annuaire national répond autre chose que ce que son projet d’interface annonce. Un nouvel essai suit."
ELSEWHERE = "L’adresse PUBLISH_URL ne répond pas comme l’annuaire national (code {}). Un nouvel essai suit."


@dataclass(frozen=True, slots=True)
class Said:
    """A success, with its document (None when there is none that can be read)."""

    document: Json


class Refusal(Permanent):
    """The directory's own, with the code it answered."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


_paced = {"last": 0.0}


def call(method: str, resource: str, query: Mapping[str, str], body: Json | None = None) -> Said:
    """Said, or raises Refusal, Temporary, Unavailable or KeyRefused."""
    if not settings.PUBLISH_KEY:
        raise KeyRefused(NO_KEY)
    _pace()
    headers = {"ESANTE-API-KEY": settings.PUBLISH_KEY, "Accept": "application/fhir+json"}
    if body is not None:
        headers |= {"Content-Type": "application/fhir+json", "Prefer": "return=representation"}
    url = f"{settings.PUBLISH_URL.rstrip('/')}/{resource}?{urlencode(query)}"
    data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
    try:
        answer = exchange.ask(
            method, url, headers, seconds=_SECONDS, most=_MAX_BYTES, body=data, context=_context(settings.PUBLISH_CA)
        )
    except NoAnswer as error:
        if error.code in _ODD:
            raise Temporary(UNREADABLE) from None
        raise Unavailable(SILENT) from None
    except OSError:  # PUBLISH_CA cannot be read
        raise Unavailable(SILENT) from None
    return _meaning(answer.status, _document(answer.body), answer.retry_after)


@lru_cache(maxsize=2)
def _context(ca: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca or None)


def _pace() -> None:
    """The bound is of the application, not of a process: one worker publishes at a time (worker.py)."""
    wait = _paced["last"] + 1 / settings.PUBLISH_PER_SECOND - time.monotonic()
    if wait > 0:
        time.sleep(wait)
    _paced["last"] = time.monotonic()


def _document(body: bytes) -> Json:
    try:
        document: Json = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return document


def _meaning(status: int, document: Json, retry_after: str) -> Said:
    if 200 <= status < 300:
        return Said(document)
    if status in {401, 403}:
        raise KeyRefused(REFUSED_KEY)
    if status in _AWAY:
        raise Unavailable(BUSY, _wait(retry_after))
    words = _words(document)
    if status in _MAYBE or status >= _LOCAL:
        raise Temporary(f"L’annuaire national est en difficulté (code {status}). Un nouvel essai suit.")
    if words is None:
        raise Unavailable(ELSEWHERE.format(status))
    raise Refusal(status, words)


def _wait(text: str) -> timedelta | None:
    """A date is not read: the ladder does as well."""
    return timedelta(seconds=min(int(text[:6]), _MAX_WAIT)) if text.isascii() and text.isdigit() else None


def _words(document: Json) -> str | None:
    """What an OperationOutcome says, printable and short; None when it is none. Our key never comes back in it."""
    if not isinstance(document, Mapping) or document.get("resourceType") != "OperationOutcome":
        return None
    issues = document.get("issue")
    said = [_issue(issue) for issue in issues[:5]] if isinstance(issues, list) else []
    text = " ; ".join(words for words in said if words).replace(settings.PUBLISH_KEY, "…")
    shown = "".join(letter if letter.isprintable() else " " for letter in text[: 4 * _MAX_REASON])
    return " ".join(shown.split())[:_MAX_REASON]


def _issue(issue: object) -> str:
    """`diagnostics` of the R4 server in production; `details` of the draft."""
    if not isinstance(issue, Mapping):
        return ""
    details = issue.get("details")
    found = issue.get("diagnostics") or (details.get("text") if isinstance(details, Mapping) else None)
    return found if isinstance(found, str) else ""
