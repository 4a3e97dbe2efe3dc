"""A small client of clamd: one INSTREAM over its socket (clamd(8)). Bounded in time; knows no file, writes none.

Refuses to say clean for what it did not hear so.
"""

import socket
import struct
from time import monotonic

_CHUNK = 65_536
_SECONDS = 20.0  # for each exchange of bytes
_WHOLE = 60.0  # for a file
_ANSWER = 4096


class Away(Exception):
    """Nobody answers, or not in words that are known: asked again later."""


class Gone(Away):
    """Nobody is there at all."""


def scan(path: str, data: bytes) -> str:
    """`clean`, `infected` or `too_large` (its StreamMaxLength). Away otherwise. `path`: a Unix socket, or host:port."""
    try:
        line = _connected(path)
    except OSError:
        raise Gone from None
    try:
        with line:
            line.sendall(b"zINSTREAM\0")
            answer = _sent(line, data)
    except OSError:
        raise Away from None
    words = answer.rstrip(b"\0\n").decode("ascii", "replace")
    if "size limit exceeded" in words:
        return "too_large"
    if words.endswith(" FOUND"):
        return "infected"
    if words == "stream: OK":
        return "clean"
    raise Away


def _sent(line: socket.socket, data: bytes) -> bytes:
    """Its answer; a clamd that has had enough closes while one still writes, and says why."""
    until = monotonic() + _WHOLE
    try:
        for start in range(0, len(data), _CHUNK):
            _in_time(line, until)
            piece = data[start : start + _CHUNK]
            line.sendall(struct.pack("!I", len(piece)) + piece)
        line.sendall(b"\0\0\0\0")
    except (BrokenPipeError, ConnectionResetError):
        pass
    answer = b""
    try:
        while len(answer) < _ANSWER and (more := _in_time(line, until).recv(_ANSWER)):
            answer += more
    except ConnectionResetError:
        pass  # it closed with bytes of ours unread, once it had answered
    return answer


def _in_time(line: socket.socket, until: float) -> socket.socket:
    """The line, to wait on for as long as there is left; TimeoutError, an OSError, when there is not."""
    left = until - monotonic()
    if left <= 0:
        raise TimeoutError
    line.settimeout(min(left, _SECONDS))
    return line


def _connected(path: str) -> socket.socket:
    if path.startswith("/"):
        line = socket.socket(socket.AF_UNIX)
        line.settimeout(_SECONDS)
        try:
            line.connect(path)
        except OSError:
            line.close()
            raise
        return line
    host, _, port = path.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=_SECONDS)
