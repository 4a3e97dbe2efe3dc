"""One HTTP GET, bounded as a whole: a deadline for all of it, headers that drip included, and a size.

Follows no redirect, so that a key goes to no other host; asks for no compression, so that nothing swells. The standard
library's client: the time-outs of the others begin anew with each byte.
"""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

_CHUNK = 65_536


class NoAnswer(Exception):
    """Nothing that can be used came: unreachable, too slow, cut short, too large. A code, never the address."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    retry_after: str = ""


def get(
    url: str, headers: Mapping[str, str], *, seconds: float, most: int, context: ssl.SSLContext | None = None
) -> Answer:
    """`most`: bytes of the body. A context is for https."""
    place, deadline = urlsplit(url), time.monotonic() + seconds
    kind = (
        partial(http.client.HTTPSConnection, context=context) if place.scheme == "https" else http.client.HTTPConnection
    )
    target = place.path + (f"?{place.query}" if place.query else "")
    try:
        connection = kind(place.netloc, timeout=seconds)
        connection.connect()
        with connection.sock as sock:
            connection.sock = _Timed(sock, deadline)  # all that http.client asks of one
            connection.request("GET", target, headers={**headers, "Accept-Encoding": "identity", "Connection": "close"})
            return _answer(connection.getresponse(), most)
    except TimeoutError:
        raise NoAnswer("too-slow") from None
    except ssl.SSLError:
        raise NoAnswer("tls") from None
    except (OSError, http.client.HTTPException, ValueError):  # a status line or a length that is none
        raise NoAnswer("broken") from None


def _answer(told: http.client.HTTPResponse, most: int) -> Answer:
    if told.getheader("Content-Encoding", "identity").lower() != "identity":
        raise NoAnswer("encoded")
    body = bytearray()
    while chunk := told.read1(_CHUNK):
        body += chunk
        if len(body) > most:
            raise NoAnswer("too-large")
    if told.length:  # what the headers promised and the peer did not send
        raise NoAnswer("broken")
    return Answer(told.status, bytes(body), told.getheader("Retry-After", ""))


class _Timed:
    """A socket whose every wait ends at the same deadline. Its owner closes it: the answer is still read from it."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock, self._deadline = sock, deadline

    def hurried(self) -> socket.socket:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._sock

    def sendall(self, data: bytes) -> None:
        self.hurried().sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self))

    def close(self) -> None:
        """http.client does so before it reads."""


class _Reader(io.RawIOBase):
    def __init__(self, timed: _Timed) -> None:
        self._timed = timed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # always one here
        return self._timed.hurried().recv_into(buffer)
