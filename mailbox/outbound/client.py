"""The client's half of an SMTP conversation: smtplib's, with replies that have an end, and commands in one write.

Knows nothing of trust or queues. What a host says after 421 is not waited for (RFC 5321 §3.8).
"""

import smtplib
from collections.abc import Sequence

from mailbox.outbound.peers import CLOSING

_REPLY_BYTES = 64 * 1024  # of one reply: a host that never ends it must not fill our memory

type Said = tuple[int, bytes]


class Client(smtplib.SMTP):
    """Raises smtplib.SMTPException or OSError when the conversation breaks."""

    def getreply(self) -> Said:
        """RFC 5321 §4.2.1; a reply that is none, or too long, is a lost connection."""
        assert self.sock is not None  # noqa: S101  (smtplib sends before it asks)
        self.file = self.file or self.sock.makefile("rb")
        said, left = [], _REPLY_BYTES
        try:
            while left > 0:
                line = self.file.readline(left)
                if not line.endswith(b"\n") or not line[:3].isdigit():
                    break
                left -= len(line)
                said.append(line[4:].strip(b" \t\r\n"))
                if line[3:4] != b"-":
                    return int(line[:3]), b"\n".join(said)
        except OSError:
            pass
        self.close()
        raise smtplib.SMTPServerDisconnected("no reply")

    def ask(self, commands: Sequence[str]) -> list[Said]:
        """A reply for each, written at once where the host takes that (RFC 2920), else up to the first refusal."""
        lines = [_line(command) for command in commands]
        if not self.has_extn("pipelining"):
            return self._ask_in_turn(lines)
        self.send(b"".join(lines))
        said: list[Said] = []
        while len(said) < len(lines):
            said.append(self.getreply())
            if said[-1][0] == CLOSING:
                return said + [said[-1]] * (len(lines) - len(said))
        return said

    def _ask_in_turn(self, lines: Sequence[bytes]) -> list[Said]:
        """MAIL that is refused wants no RCPT; no recipient, no DATA."""
        said: list[Said] = []
        for number, line in enumerate(lines):
            wants_data = number == len(lines) - 1
            if (number == 1 and said[0][0] >= 400) or (wants_data and all(code >= 400 for code, _ in said[1:])):
                return said
            self.send(line)
            said.append(self.getreply())
            if said[-1][0] == CLOSING:
                return said + [said[-1]] * (len(lines) - len(said))
        return said

    def content(self, raw: bytes) -> Said:
        """After 354. `raw` has no line end but CRLF (mime.transit): a dot that begins a line is doubled (§4.5.2)."""
        stuffed = raw.replace(b"\r\n.", b"\r\n..")
        self.send((b"." if raw.startswith(b".") else b"") + stuffed + b".\r\n")
        return self.getreply()


def _line(command: str) -> bytes:
    if not command.isprintable():
        raise ValueError("a command of several lines")
    return command.encode() + b"\r\n"
