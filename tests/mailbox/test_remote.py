"""Remote images: what is fetched and what is not, from real hosts of HTTP; where nobody is led, whatever a name says."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

import pytest

from mailbox import remote
from mailbox.mime.pictures import kind_of
from mssweb.exchange import NoAnswer
from tests.mailbox.views.test_bodies import PIXEL

type Told = tuple[int, dict[str, str], bytes]


@contextmanager
def host(answers: dict[str, Told]) -> Iterator[tuple[int, list]]:
    """A host of the web that gives `answers` by path, and what it was asked."""
    asked: list = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, dict(self.headers)))
            status, headers, body = answers.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield server.server_port, asked
    finally:
        server.shutdown()
        server.server_close()


def to(url: str) -> Told:
    return 302, {"Location": url}, b""


@pytest.fixture
def web(settings):
    answers = {
        "/a.png": (200, {"Content-Type": "text/html", "Set-Cookie": "a=b"}, PIXEL),
        "/page": (200, {"Content-Type": "image/png"}, b"<script>alert(1)</script>"),
        "/svg": (200, {"Content-Type": "image/svg+xml"}, b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        "/huge": (200, {}, PIXEL + bytes(remote.MAX_BYTES)),
        "/bomb": (200, {}, PIXEL[:16] + b"\0\1\0\0\0\1\0\0" + PIXEL[24:]),
        "/once": to("/a.png#x"),
        "/loop": to("/loop"),
        "/metadata": to("http://169.254.169.254/latest/meta-data/"),
        "/inside": to("http://10.0.0.1/x.png"),
        "/v6": to("http://[::ffff:127.0.0.1]/x.png"),
        "/file": to("file:///etc/passwd"),
        "/port": to("http://example.com:22/"),
        "/who": to("http://me:secret@example.com/"),
        "/odd": to("http://[::1"),
        "/gzip": (200, {"Content-Encoding": "gzip"}, PIXEL),
    }
    with host(answers) as (port, asked):
        settings.REMOTE_PEERS_OF_TESTS = frozenset({("127.0.0.1", port)})
        yield f"http://127.0.0.1:{port}", asked


def test_a_picture_comes_as_what_its_bytes_are_and_we_say_nothing_of_ourselves(web):
    base, asked = web
    assert remote.fetch(f"{base}/a.png") == PIXEL
    assert remote.fetch(f"{base}/once") == PIXEL
    for _, headers in asked:
        assert headers.keys() == {"Host", "Connection", "User-Agent", "Accept", "Accept-Encoding"}


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/page", "no-picture"), ("/svg", "no-picture"), ("/bomb", "no-picture"), ("/absent", "no-picture"),
        ("/huge", "too-large"), ("/loop", "redirections"), ("/gzip", "encoded"), ("/port", "port"),
        ("/metadata", "broken"), ("/inside", "broken"), ("/v6", "broken"),
        ("/file", "address"), ("/who", "address"), ("/odd", "address"),
    ],
)  # fmt: skip
def test_what_is_no_picture_or_leads_where_nobody_goes_is_not_fetched(web, path, code):
    base, asked = web
    with pytest.raises(NoAnswer) as refused:
        remote.fetch(base + path)
    assert refused.value.code == code
    assert len(asked) <= remote.MAX_STEPS


def test_a_host_that_drips_is_left_in_the_time_of_all_steps(monkeypatch, settings):
    monkeypatch.setattr(remote, "SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as slow:
        settings.REMOTE_PEERS_OF_TESTS = frozenset({("127.0.0.1", slow.getsockname()[1])})
        begun = time.monotonic()
        with pytest.raises(NoAnswer) as refused:
            remote.fetch(f"http://127.0.0.1:{slow.getsockname()[1]}/")
        assert refused.value.code == "too-slow" and time.monotonic() - begun < 5


def test_a_host_of_our_own_machine_is_never_asked_whatever_its_name(settings):
    with host({"/": (200, {}, PIXEL)}) as (port, asked):
        settings.REMOTE_PEERS_OF_TESTS = frozenset()
        for url in (
            f"http://127.0.0.1:{port}/",
            f"http://localhost:{port}/",
            "http://localhost/",
            "http://0/",
            "http://0x7f.1/",
        ):
            with pytest.raises(NoAnswer):
                remote.fetch(url)
        assert asked == []


def test_what_a_name_leads_to_is_asked_once_and_it_alone_is_connected_to(monkeypatch, settings):
    """A name that answers otherwise the second time (rebinding) has no second time."""
    answers = iter([[(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, 80))] for a in ("10.1.2.3", "127.0.0.1")])

    def resolve(host, port, *args, flags=0):
        if flags:
            raise socket.gaierror
        return next(answers)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(NoAnswer):
        remote.fetch("http://rebond.example/")
    assert len(list(answers)) == 1


REFUSED = """0.0.0.0 10.0.0.1 100.64.0.1 127.0.0.1 169.254.169.254 172.16.0.1 192.0.2.1 192.168.1.1 198.18.0.1 203.0.113.1
224.0.0.1 240.0.0.1 255.255.255.255 :: ::1 ::ffff:8.8.8.8 ::127.0.0.1 64:ff9b::a00:1 64:ff9b:1::1 2002:7f00:1:: 2001:0:1::
2001:db8::1 fc00::1 fd12::1 fe80::1 fe80::1%eth0 fec0::1 ff02::1 5.196.0.7 2a01:e0a::7 x"""


@pytest.mark.parametrize("address", REFUSED.split())
def test_no_address_inside_is_reachable(settings, address):
    settings.OWN_NETWORKS = (ip_network("5.196.0.0/24"), ip_network("2a01:e0a::/32"))
    assert not remote.is_reachable(address)


def test_a_public_address_is_reachable():
    assert remote.is_reachable("9.9.9.9") and remote.is_reachable("2620:fe::fe")


_ODD = ("ftp://x.fr/", "//x.fr/", "http:///x", "http://x.fr:99999/", "http://é.fr/", "http://x.fr/\r\nX: y",
        "http://x.fr\\@y.fr/", "https://x.fr:80/", "http://x.fr:443/", "data:x", "")  # fmt: skip


@pytest.mark.parametrize("url", _ODD)
def test_an_address_that_is_not_of_the_web_is_not_asked(url):
    with pytest.raises(NoAnswer):
        remote.fetch(url)


def test_a_picture_is_known_by_its_bytes():
    webp = b"RIFF\0\0\0\0WEBPVP8X" + bytes(8) + b"\x0f\0\0\x0f\0\0"
    assert [kind_of(data) for data in (PIXEL, b"GIF89a\1\0\1\0", b"\xff\xd8\xff\xe0", webp)] == [
        "image/png", "image/gif", "image/jpeg", "image/webp",
    ]  # fmt: skip
    for data in (b"", b"GIF89a\xff\xff\xff\xff", PIXEL[:20], webp[:24] + b"\xff" * 6, b"<svg/>", b"\0" + PIXEL, b"BM"):
        assert kind_of(data) == ""
