"""A publisher of extractions over real TLS, with the certificate of an authority made for the run; it answers what it is told."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.peers import TrustSpace

type Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    server: "Server"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.server.seen.append(f"{self.command} {self.path}")
        self.server.answers[self.path](self)

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def begin(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    seen: list[str]
    answers: dict[str, Answer]

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is what some tests are about."""


@dataclass
class Publisher:
    port: int
    server: Server
    over: threading.Event = field(default_factory=threading.Event)  # ends bodies that never do

    @property
    def seen(self) -> list[str]:
        return self.server.seen

    def url(self, path: str = "/mss") -> str:
        return f"https://localhost:{self.port}{path}"

    def says(self, path: str, answer: Answer) -> None:
        self.server.answers[path] = answer

    def gives(self, path: str, content: bytes, name: str = "", **headers: str) -> None:
        if name:
            headers["Content_Disposition"] = f"attachment; filename={name}"

        def answer(ask: Handler) -> None:
            ask.begin(200, Content_Length=str(len(content)), **headers)
            if ask.command == "GET":
                ask.wfile.write(content)

        self.says(path, answer)


@contextmanager
def publishing(space: TrustSpace) -> Iterator[Publisher]:
    server = Server(("127.0.0.1", 0), Handler)
    server.seen, server.answers = [], {}
    files = space.issue("localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    publisher = Publisher(server.server_address[1], server)
    try:
        yield publisher
    finally:
        publisher.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
