"""One HTTP exchange, bounded as a whole: name, connection, handshake, headers that drip and body share one deadline.

Follows no redirect, so that a key goes to no other host. The standard library's client, its connection cut when the time
is over: the time-outs of all clients begin anew with each byte.
"""

import random
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse
from queue import Empty, SimpleQueue
from typing import cast
from urllib.parse import urlsplit

_CHUNK = 65_536
_FIRST_WAIT, _TOO_OFTEN_WAIT, _LAST_WAIT = timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=2)
_TOO_OFTEN = {403, 429}  # what a publisher says to who asks too often (trust-space §3)
_VALIDATOR = 200  # characters of an ETag or a date that are kept
_LOCATION = 2_100  # characters of where a redirection leads
_names = threading.BoundedSemaphore(8)  # of being resolved at once: nothing stops the system's resolver


class NoAnswer(Exception):
    """Nothing that can be used came: unreachable, too slow, cut short, too large. A code, never the address."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Answer:
    """`etag` and `modified` as the peer wrote them, for the next If-None-Match and If-Modified-Since (RFC 9110 §13.1)."""

    status: int
    body: bytes
    retry_after: str = ""
    etag: str = ""
    modified: str = ""
    location: str = ""  # of a redirection, as the peer wrote it


def patience(failures: int, answer: Answer | None = None) -> timedelta:
    """How long to leave a publisher alone after so many failures in a row: ever longer, at another moment than others do."""
    first = _TOO_OFTEN_WAIT if answer and answer.status in _TOO_OFTEN else _FIRST_WAIT
    wait: timedelta = min(first * 2 ** min(failures, 10), _LAST_WAIT) * random.uniform(0.8, 1)  # noqa: S311
    if answer and answer.retry_after.isascii() and answer.retry_after.isdigit():
        wait = max(wait, min(timedelta(seconds=int(answer.retry_after[:6])), _LAST_WAIT))
    return wait


class Deadline:
    """Cuts the connection when its time is over, whatever it is waiting for."""

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._end = time.monotonic() + seconds
        self._sock: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> "Deadline":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    @property
    def left(self) -> float:
        """Seconds; never none, so that what waits for them has a limit."""
        return max(0.001, self._end - time.monotonic())

    def watch(self, sock: socket.socket) -> None:
        self._sock = sock
        if self.is_over:
            self._cut()

    def _cut(self) -> None:
        self.is_over = True
        if self._sock is not None:
            try:
                socket.socket.shutdown(self._sock, socket.SHUT_RDWR)  # under TLS: whoever reads meets an end
            except OSError:
                return  # it had ended by itself


type Allows = Callable[[str], bool]
"""May this address, which the name led to, be connected to? What is asked is what is connected to: no second resolution."""


def ask(
    method: str, url: str, headers: Mapping[str, str], *, seconds: float, most: int, body: bytes | None = None,
    context: ssl.SSLContext | None = None, allows: Allows | None = None,
) -> Answer:  # fmt: skip
    """The whole answer. `most`: bytes of its body, which no compression swells. A context is for https."""
    asked = {**headers, "Accept-Encoding": "identity"}
    with Deadline(seconds) as deadline:
        try:
            with answered(
                method, url, asked, deadline=deadline, silence=seconds, body=body, context=context, allows=allows
            ) as response:
                told = _told(response, most)
        except (OSError, HTTPException, ValueError) as error:  # a status line or a length that is none
            raise NoAnswer(_code(error, deadline)) from None
        if deadline.is_over:  # a body without a length ends where it is cut
            raise NoAnswer("too-slow")
        return told


@contextmanager
def answered(
    method: str, url: str, headers: Mapping[str, str], *, deadline: Deadline, silence: float, body: bytes | None = None,
    context: ssl.SSLContext | None = None, allows: Allows | None = None,
) -> Iterator[HTTPResponse]:  # fmt: skip
    """The answer with its body still to be read; `silence`: seconds between two packets. Raises what the library does."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    with _connected(host, port, deadline, silence, allows) as plain:
        deadline.watch(plain)
        with _secured(plain, host, deadline, context if parts.scheme == "https" else None) as sock:
            connection = HTTPConnection(host, port)
            connection.sock = sock
            target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
            sent = {"Host": parts.netloc, "Connection": "close", **headers}
            connection.request(method, target, body, sent)
            with connection.getresponse() as response:
                yield response


def _connected(host: str, port: int, deadline: Deadline, silence: float, allows: Allows | None) -> socket.socket:
    """As socket.create_connection, each address in the time that is left; those that are not allowed are passed over."""
    failure: OSError = OSError("no address")
    for family, kind, protocol, _, place in _addresses(host, port, deadline):
        if allows is not None and not allows(place[0]):
            continue
        sock = socket.socket(family, kind, protocol)
        sock.settimeout(min(silence, deadline.left))
        try:
            sock.connect(place)
        except OSError as error:
            sock.close()
            failure = error
        else:
            sock.settimeout(silence)
            return sock
    raise failure


type _Places = list[tuple[int, int, int, str, tuple[str, int]]]


def _addresses(host: str, port: int, deadline: Deadline) -> _Places:
    """The system's resolver, in a thread that is left behind when the time is over; eight of them at most."""
    ask = partial(socket.getaddrinfo, host, port, 0, socket.SOCK_STREAM)
    with suppress(socket.gaierror):
        return cast(_Places, ask(flags=socket.AI_NUMERICHOST))  # an address needs nobody
    if not _names.acquire(timeout=deadline.left):
        raise TimeoutError
    found: SimpleQueue[_Places | OSError] = SimpleQueue()

    def resolve() -> None:
        try:
            found.put(cast(_Places, ask()))
        except (OSError, UnicodeError) as error:
            found.put(error if isinstance(error, OSError) else OSError("no name"))
        finally:
            _names.release()

    threading.Thread(target=resolve, daemon=True).start()
    try:
        told = found.get(timeout=deadline.left)
    except Empty:
        raise TimeoutError from None
    if isinstance(told, OSError):
        raise told
    return told


@contextmanager
def _secured(
    plain: socket.socket, host: str, deadline: Deadline, context: ssl.SSLContext | None
) -> Iterator[socket.socket]:
    if context is None:
        yield plain
        return
    with context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False) as sock:
        deadline.watch(sock)
        sock.do_handshake()
        yield sock


def _told(response: HTTPResponse, most: int) -> Answer:
    body = _whole(response, most)
    again, etag, modified = (response.getheader(name, "") for name in ("Retry-After", "ETag", "Last-Modified"))
    location = response.getheader("Location", "")[:_LOCATION]
    return Answer(response.status, body, again, _kept(etag), _kept(modified), location)


def _kept(validator: str) -> str:
    """What can be sent back in a header of ours; nothing of what cannot."""
    is_fit = len(validator) <= _VALIDATOR and validator.isascii() and validator.isprintable()
    return validator if is_fit else ""


def _whole(response: HTTPResponse, most: int) -> bytes:
    if response.getheader("Content-Encoding", "identity").lower() != "identity":
        raise NoAnswer("encoded")
    body = bytearray()
    while chunk := response.read1(_CHUNK):
        body += chunk
        if len(body) > most:
            raise NoAnswer("too-large")
    if response.length:  # what the headers promised and the peer did not send
        raise HTTPException
    return bytes(body)


def _code(error: Exception, deadline: Deadline) -> str:
    if deadline.is_over or isinstance(error, TimeoutError):
        return "too-slow"
    return "tls" if isinstance(error, ssl.SSLError) else "broken"
