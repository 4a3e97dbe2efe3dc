"""The authority's addresses over HTTP: lists of revocations and answers of OCSP, as the test tells; who asks is counted."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from mailbox.management.demo.authority import Authority

type Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Published:
    url: str = ""
    asked: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    answer: Answer = lambda handler: None

    def file(self, body: bytes) -> None:
        self.answer = lambda handler: _send(handler, 200, body)

    def status(self, code: int, **headers: str) -> None:
        self.answer = lambda handler: _send(handler, code, b"", **headers)

    def drips(self, body: bytes = b"\x30") -> None:
        """Announces much, and sends a byte now and then."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.end_headers()
            while not self.over.wait(0.02):
                handler.wfile.write(body)

        self.answer = answer


def _send(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is what some tests are about."""


@contextmanager
def publishing() -> Iterator[Published]:
    here = Published()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here.asked += 1
            here.answer(self)

        def log_message(self, *_: object) -> None:
            return

    with _Server(("127.0.0.1", 0), Handler) as server:
        here.url = f"http://127.0.0.1:{server.server_port}/ACI-EL-ORG.crl"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield here
        here.over.set()
        server.shutdown()


def answered(
    authority: Authority, about: x509.Certificate, *, nonce: bytes | None, at: datetime, until: datetime | None,
    signer=None, revoked: bool = False, status=ocsp.OCSPCertStatus.GOOD, shown: bool = True,
) -> bytes:  # fmt: skip
    """DER of an answer; `signer` is a delegate, `shown`: its certificate comes with the answer."""
    certificate, key = signer or authority.ocsp_signer
    status = ocsp.OCSPCertStatus.REVOKED if revoked else status
    builder = ocsp.OCSPResponseBuilder().add_response(
        about, authority.intermediate, hashes.SHA1(), status, at, until, at - timedelta(hours=1) if revoked else None,
        x509.ReasonFlags.key_compromise if revoked else None,
    )  # fmt: skip
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, certificate)
    if shown and signer:
        builder = builder.certificates([certificate])
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def says(
    authority: Authority, about: x509.Certificate, **how: object
) -> Callable[[ocsp.OCSPRequest], tuple[int, bytes]]:
    """An answer of now about that certificate, whatever is asked."""
    now = datetime.now(UTC).replace(microsecond=0)
    return lambda question: (
        200,
        answered(authority, about, nonce=nonce_of(question), at=now, until=now + timedelta(hours=1), **how),
    )


@contextmanager
def responding(says) -> Iterator[tuple[str, list[bytes]]]:
    """A responder over HTTP: `says` makes the answer of the question."""
    asked: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.rfile.read(int(self.headers["Content-Length"])))
            status, body = says(ocsp.load_der_ocsp_request(asked[-1]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    with _Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", asked
        server.shutdown()


def nonce_of(question: ocsp.OCSPRequest) -> bytes:
    return question.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
