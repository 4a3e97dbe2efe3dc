"""The provider over HTTP, or TLS with certificates of clients, on 127.0.0.1."""

import base64
import hashlib
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit
from urllib.request import Request, urlopen

from joserfc import jwt
from joserfc.errors import JoseError

from mailbox.management.demo.wallet import pages
from mailbox.management.demo.wallet.minting import Fault
from mailbox.management.demo.wallet.wallet import OIDC, REALM, OAuthError, Wallet

_DOCUMENT = f"{REALM}/.well-known/wallet-openid-configuration"


@contextmanager
def served(wallet: Wallet, server: ThreadingHTTPServer, *, tls: ssl.SSLContext | None = None) -> Iterator[Wallet]:
    """While it lasts the provider answers at the server's port."""
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.RequestHandlerClass = type("Handler", (Handler,), {"wallet": wallet})
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield wallet
    finally:
        server.shutdown()
        server.server_close()


def listening(port: int = 0) -> ThreadingHTTPServer:
    """A port of its own, before the provider knows its addresses."""
    server = ThreadingHTTPServer(("127.0.0.1", port), BaseHTTPRequestHandler)
    server.daemon_threads = True
    return server


def tell_of_end(wallet: Wallet, token: str) -> int:
    """Back-channel logout: what the client answers."""
    body = urlencode({"logout_token": token}).encode()
    with urlopen(Request(wallet.leaves, body), timeout=5) as answer:  # noqa: S310  (the client's address, given by who starts us)
        return int(answer.status)


class Handler(BaseHTTPRequestHandler):
    """Of one provider, which `served` names."""

    wallet: Wallet
    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        length = min(int(self.headers.get("Content-Length", 0)), 100_000)
        self._answer(dict(parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True)))

    def log_message(self, *_: object) -> None:
        return

    def _answer(self, form: dict[str, str]) -> None:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.wallet.asked.append((parts.path, form or query))
        try:
            if (self.wallet.fault is Fault.DOWN or parts.path.startswith(OIDC)) and self._fails():
                return
            self._routed(parts.path, form, query)
        except OAuthError as error:
            self._json({"error": error.code}, status=error.status)

    def _routed(self, path: str, form: dict[str, str], query: dict[str, str]) -> None:
        match path:
            case _ if path == _DOCUMENT:
                self._json(self.wallet.metadata())
            case "/auth":
                self._authorize(form or query, is_choice=bool(form))
            case "/telephone":
                self._telephone(form)
            case _ if path == f"{OIDC}/certs":
                self._json(self.wallet.mint.published())
            case _ if path == f"{OIDC}/token":
                self._is_client(form)
                self._json(self.wallet.token(form, thumbprint=self._thumbprint()))
            case _ if path == f"{OIDC}/ext/ciba/auth":
                self._is_client(form)
                self._json(self.wallet.ask(form))
            case _ if path == f"{OIDC}/userinfo":
                self._json(self.wallet.userinfo(self.headers.get("Authorization", "").removeprefix("Bearer ")))
            case _ if path == f"{OIDC}/logout":
                self._leave(query)
            case _:
                self.send_error(404)

    def _authorize(self, asked: dict[str, str], *, is_choice: bool) -> None:
        if (fault := self.wallet.refused(asked)) == "client":
            self.send_error(400)
            return
        if fault:
            self._back(asked, {"error": fault})
            return
        sid = "" if asked.get("prompt") == "login" else self._cookie()
        if is_choice:
            holder = next((one for one in self.wallet.holders if one.national_id == asked.get("holder")), None)
            if holder is None:
                self._back(asked, {"error": "access_denied"})
                return
            sid = self.wallet.prove(holder)
        if sid not in self.wallet.sessions:
            self._page(pages.choose(self.wallet.holders, {k: v for k, v in asked.items() if k != "holder"}))
            return
        self._back(asked, {"code": self.wallet.grant(sid, asked)}, sid=sid)

    def _back(self, asked: dict[str, str], told: dict[str, str], *, sid: str = "") -> None:
        told = {**told, "state": asked.get("state", ""), "iss": self.wallet.issuer}
        if self.wallet.fault is Fault.MIX_UP:
            told["iss"] = "https://elsewhere.example"
        if self.wallet.fault is Fault.NO_ISSUER:
            del told["iss"]
        self._elsewhere(f"{asked['redirect_uri']}?{urlencode(told)}", cookie=sid)

    def _telephone(self, form: dict[str, str]) -> None:
        if question := self.wallet.questions.get(form.get("question", "")):
            question.state = form.get("answer", "denied")
            self._elsewhere("/telephone")
            return
        if (proved := self.wallet.end(form.get("end", ""))) and self.wallet.leaves:
            tell_of_end(self.wallet, self.wallet.mint.logout(sid=form["end"], subject=proved.holder.subject))
        self._page(pages.telephone(self.wallet.questions, self.wallet.sessions))

    def _leave(self, asked: dict[str, str]) -> None:
        """RP-Initiated Logout 1.0 §2; the session is the one that the hint names."""
        try:
            told = jwt.decode(asked.get("id_token_hint", ""), self.wallet.mint.key, [self.wallet.mint.algorithm]).claims
        except (JoseError, ValueError):
            self.send_error(400)
            return
        self.wallet.end(str(told.get("sid")))
        there = asked.get("post_logout_redirect_uri", "")
        if there in self.wallet.returns:
            self._elsewhere(f"{there}?{urlencode({'state': asked.get('state', '')})}", cookie="left")
        else:
            self._page(pages.left())

    def _is_client(self, form: dict[str, str]) -> None:
        if not _CLIENTS[self.wallet.accepts](self, form):
            raise OAuthError("invalid_client", 401)

    def _by_basic(self, form: dict[str, str]) -> bool:
        given = self.headers.get("Authorization", "").removeprefix("Basic ")
        who, _, secret = base64.b64decode(given).decode().partition(":")
        return (unquote_plus(who), unquote_plus(secret)) == (self.wallet.client_id, self.wallet.secret)

    def _by_signature(self, form: dict[str, str]) -> bool:
        try:
            told = jwt.decode(form.get("client_assertion", ""), self.wallet.client_key, ["RS256", "ES256"]).claims  # type: ignore[arg-type]
        except (JoseError, ValueError):
            return False
        is_ours = told["iss"] == told["sub"] == self.wallet.client_id and told["aud"] == self.wallet.issuer
        return bool(is_ours and told["exp"] > self.wallet.mint.now())

    def _by_certificate(self, form: dict[str, str]) -> bool:
        return bool(self._thumbprint()) and form.get("client_id") == self.wallet.client_id

    def _thumbprint(self) -> str:
        peer = self.connection.getpeercert(binary_form=True) if isinstance(self.connection, ssl.SSLSocket) else None
        return base64.urlsafe_b64encode(hashlib.sha256(peer).digest()).rstrip(b"=").decode() if peer else ""

    def _fails(self) -> bool:
        match self.wallet.fault:
            case Fault.SLOW:
                time.sleep(1.5)
            case Fault.BROKEN | Fault.DOWN:
                self.send_error(500)
            case Fault.HUGE:
                self._sent(200, "application/json", b'{"x": "' + b"x" * 2_000_000 + b'"}')
            case Fault.REDIRECT:
                self._elsewhere(f"{self.wallet.base}/elsewhere")
            case Fault.GIBBERISH:
                self._sent(200, "text/html", b"<html>[[[[")
            case _:
                return False
        return True

    def _cookie(self) -> str:
        kept = SimpleCookie(self.headers.get("Cookie", "")).get("wallet")
        return kept.value if kept else ""

    def _json(self, told: dict[str, object], *, status: int = 200) -> None:
        self._sent(status, "application/json", json.dumps(told).encode())

    def _page(self, page: bytes) -> None:
        self._sent(200, "text/html; charset=utf-8", page)

    def _elsewhere(self, there: str, *, cookie: str = "") -> None:
        self._sent(302, "", b"", {"Location": there} | ({"Set-Cookie": f"wallet={cookie}; HttpOnly"} if cookie else {}))

    def _sent(self, status: int, kind: str, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            return  # who asked had heard enough


_CLIENTS = {"basic": Handler._by_basic, "signed": Handler._by_signature, "mutual": Handler._by_certificate}
