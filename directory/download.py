"""HTTPS to who publishes the extractions: HEAD and GET, bounded in time, in bytes and in redirections.

Certificates are verified, always. A redirection stays with its host, or within data.gouv.fr. What is unknown is
temporary: it is asked again at the next hour.
"""

import hashlib
import shutil
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import BinaryIO
from urllib.parse import SplitResult, urljoin, urlsplit

from mssweb.exchange import Deadline, answered

MAX_BYTES = 2 * 1024**3  # the largest published file is 0.9 GB
KEPT_FREE = 512 * 1024**2  # bytes that a download leaves to the rest of the machine
MAX_REDIRECTIONS = 5
SILENCE_SECONDS = 30.0  # between two packets
HEAD_SECONDS, GET_SECONDS = 60.0, 3600.0  # in all
_CHUNK = 1 << 20
_LATER = frozenset({404, 408, 425, 429})  # 404: the file of the day is not there yet
_MOVED = frozenset({301, 302, 303, 307, 308})
_TOLD = (
    (socket.gaierror, "nom du serveur inconnu"), (TimeoutError, "pas de réponse"), (ConnectionRefusedError, "connexion refusée"),
    (ConnectionError, "connexion coupée"), (ssl.SSLError, "TLS en échec"),
)  # fmt: skip
_SHARED = ".data.gouv.fr"  # www.data.gouv.fr leads to static.data.gouv.fr

type Trust = Callable[[str], ssl.SSLContext]


class FetchError(Exception):
    """The reason is a French sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Temporary(FetchError):
    """The next hour may do."""


class Permanent(FetchError):
    """Only a person can mend it, or another version of the file."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Where the file was found at last, and what is said of it, by names in lower case."""

    url: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Got:
    answer: Answer
    path: Path
    sha256: str


def head(url: str, trust: Trust) -> Answer:
    with _asked("HEAD", url, trust, HEAD_SECONDS) as (answer, _, _):
        return answer


def get(
    url: str, trust: Trust, folder: Path, name_of: Callable[[Answer], str], tell: Callable[[int], None] = lambda done: None
) -> Got:  # fmt: skip
    """The file of that address, whole, in `folder`; `tell` is given its percentage."""
    with _asked("GET", url, trust, GET_SECONDS) as (answer, response, deadline):
        path = folder / name_of(answer)
        with path.open("xb") as file:
            digest = _copied(response, file, folder, deadline, tell)
        return Got(answer, path, digest)


def allowed(from_url: SplitResult, to_url: SplitResult) -> bool:
    """May an answer of the one lead to the other? Never away from https."""
    if to_url.scheme != "https" or to_url.username is not None or not to_url.hostname or not from_url.hostname:
        return False
    is_same = (from_url.hostname, from_url.port or 443) == (to_url.hostname, to_url.port or 443)
    is_family = all(f".{one.hostname}".endswith(_SHARED) and one.port in {None, 443} for one in (from_url, to_url))
    return is_same or is_family


@contextmanager
def _asked(
    method: str, url: str, trust: Trust, seconds: float
) -> Iterator[tuple[Answer, HTTPResponse, Deadline]]:  # fmt: skip
    """The answer at the end of the redirections, its body still to be read; errors in our two kinds."""
    with Deadline(seconds) as deadline:
        try:
            for _ in range(MAX_REDIRECTIONS + 1):
                context = trust(urlsplit(url).hostname or "")
                with answered(method, url, {}, deadline=deadline, silence=SILENCE_SECONDS, context=context) as response:
                    if response.status not in _MOVED:
                        _check_status(response.status)
                        yield (
                            Answer(url, {name.lower(): text for name, text in response.getheaders()}),
                            response,
                            deadline,
                        )
                        return
                    url = _next(url, response.getheader("Location", "") or "")
        except ssl.SSLCertVerificationError as error:
            raise Permanent(f"certificat refusé ({error.verify_message})") from None
        except (OSError, HTTPException) as error:
            raise Temporary(_late(seconds) if deadline.is_over else _words(error)) from None
    raise Permanent(f"plus de {MAX_REDIRECTIONS} redirections")


def _check_status(status: int) -> None:
    if status in _LATER or status >= 500:
        raise Temporary(f"réponse {status}")
    if status != 200:
        raise Permanent(f"réponse {status}")


def _next(url: str, location: str) -> str:
    target = urljoin(url, location)
    try:
        is_allowed = bool(location) and allowed(urlsplit(url), urlsplit(target))
    except ValueError:  # a port that is none
        is_allowed = False
    if not is_allowed:
        raise Permanent("redirection vers un autre serveur")
    return target


def _copied(
    response: HTTPResponse, file: BinaryIO, folder: Path, deadline: Deadline, tell: Callable[[int], None]
) -> str:
    """The SHA-256 of what was written: all that was announced, and no more than there is room for."""
    length, done, digest = response.length, 0, hashlib.sha256()
    if (length or 0) > MAX_BYTES:
        raise Permanent(f"fichier démesuré : {length} octets")
    _check_room(folder, length or 0)
    while chunk := response.read(_CHUNK):
        done += len(chunk)
        if done > MAX_BYTES:
            raise Permanent(f"fichier démesuré : plus de {MAX_BYTES} octets")
        _check_room(folder, len(chunk))
        file.write(chunk)
        digest.update(chunk)
        tell(min(99, done * 100 // length) if length else 0)
    if deadline.is_over:
        raise Temporary(_late(GET_SECONDS))
    if length is not None and done != length:
        raise Temporary(f"fichier incomplet : {done} octets sur {length}")
    return digest.hexdigest()


def _check_room(folder: Path, wanted: int) -> None:
    if shutil.disk_usage(folder).free < wanted + KEPT_FREE:
        raise Temporary("plus assez de place sur le disque")


def _late(seconds: float) -> str:
    return f"rien de complet en {seconds:.0f} s"


def _words(error: Exception) -> str:
    """Never a server's own."""
    return next((told for kind, told in _TOLD if isinstance(error, kind)), f"échange rompu ({type(error).__name__})")
