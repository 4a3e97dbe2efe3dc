"""A real server as a peer of the sessions: mutual TLS, whole replies, and how long one waits for one that does not come."""

import socket
import ssl
from contextlib import suppress

from tests.sessions import Recorded
from tests.sessions.ours import HELLO, answers, envelope

_QUIET_SECONDS, _LATE_SECONDS = 0.1, 0.5  # nothing for so long: there is no more, or as many as were wanted do not come


class Wire:
    """One conversation with whoever listens on that port."""

    def __init__(self, one: Recorded, port: int, context: ssl.SSLContext, names: dict[str, str]) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._is_over = False
        self._read(1)
        if one.begins != "clear":
            self.say(HELLO, 1)
            assert self.say(b"STARTTLS\r\n", 1)[0].startswith("220")
            self._socket = context.wrap_socket(self._socket)
            self.say(HELLO, 1)
        if one.begins == "envelope":
            self.say(envelope(names), 2)

    def say(self, data: bytes, expected: int) -> list[str]:
        if self._is_over:
            return []
        with suppress(OSError):  # it may have hung up half-way: what it said before is read all the same
            self._socket.sendall(data)
        return self._read(expected)

    def close(self) -> None:
        self._socket.close()

    def _read(self, expected: int) -> list[str]:
        said = b""
        self._socket.settimeout(10 if expected else _QUIET_SECONDS)
        try:
            while came := self._socket.recv(65536):
                said += came
                self._socket.settimeout(_QUIET_SECONDS if len(answers(said)) >= expected else _LATE_SECONDS)
            self._is_over = True
        except TimeoutError:
            pass
        except OSError:
            self._is_over = True
        return answers(said) + (["closed"] if self._is_over else [])
