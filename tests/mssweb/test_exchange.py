"""Whatever a peer does slowly, one deadline ends it: handshake, headers, a body that has no length."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mssweb import exchange

pytestmark = pytest.mark.wire

HEADERS = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
RECORD = b"\x16\x03\x03\x3f\xff"  # of a handshake, and 16 kB of it announced


@contextmanager
def saying(first: bytes, drop: bytes) -> Iterator[int]:
    """A peer that says `first` at once, then `drop` again and again, 20 times a second."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = threading.Event()

        def serve() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(4096)
                peer.sendall(first)
                while drop and not ended.wait(0.05):
                    try:
                        peer.sendall(drop)
                    except OSError:
                        return

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        ended.set()
        thread.join()


@pytest.mark.parametrize(
    ("scheme", "first", "drop"),
    [("https", RECORD, b"\x00"), ("http", HEADERS, b"X-More: 1\r\n"), ("http", HEADERS + b"\r\n", b"more ")],
)
def test_what_drips_is_cut_when_the_time_is_over(scheme, first, drop):
    context = ssl.create_default_context() if scheme == "https" else None
    with saying(first, drop) as port:
        start = time.monotonic()
        with pytest.raises(exchange.NoAnswer) as told:
            exchange.ask("GET", f"{scheme}://127.0.0.1:{port}/", {}, seconds=0.3, most=1 << 20, context=context)
        assert told.value.code == "too-slow"
        assert time.monotonic() - start < 2.0


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (HEADERS + b"Content-Length: 9\r\n\r\nhalf", "broken"),
        (HEADERS + b"Content-Encoding: gzip\r\n\r\nx", "encoded"),
        (HEADERS + b"\r\n" + b"x" * 5_000, "too-large"),
        (b"hello\r\n\r\n", "broken"),
    ],
)
def test_what_cannot_be_used_is_told_by_a_code_without_the_address(said, code):
    with saying(said, b"") as port, pytest.raises(exchange.NoAnswer) as told:
        exchange.ask("GET", f"http://127.0.0.1:{port}/secret", {}, seconds=2.0, most=1_000)
    assert str(told.value) == told.value.code == code


def test_an_answer_comes_whole_with_its_status():
    with saying(b"HTTP/1.1 429 Slow\r\nRetry-After: 3\r\nContent-Length: 2\r\n\r\nno", b"") as port:
        answer = exchange.ask("POST", f"http://127.0.0.1:{port}/a?b=c", {}, seconds=2.0, most=10, body=b"{}")
    assert answer == exchange.Answer(429, b"no", "3")


def test_a_name_that_is_not_resolved_in_time_ends_like_all_else(monkeypatch):
    """The system's resolver cannot be stopped: it is left behind, eight at most, and addresses do not need it."""
    over, asked = threading.Event(), []
    real = socket.getaddrinfo

    def slow(host, *given, flags=0):
        if flags:
            return real(host, *given, flags=flags)
        asked.append(host)
        over.wait(5)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    for _ in range(10):
        start = time.monotonic()
        with pytest.raises(exchange.NoAnswer, match="too-slow"):
            exchange.ask(
                "GET", "https://espace.mssante.example/", {}, seconds=0.02, most=1, context=ssl.create_default_context()
            )
        assert time.monotonic() - start < 1
    assert len(asked) == 8
    with saying(HEADERS + b'ETag: "7"\r\nLast-Modified: \xe9\r\nContent-Length: 2\r\n\r\nno', b"") as port:
        answer = exchange.ask("GET", f"http://127.0.0.1:{port}/", {}, seconds=2.0, most=10)
    assert (answer.body, answer.etag, answer.modified) == (b"no", '"7"', "")
    over.set()
