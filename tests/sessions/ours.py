"""The pure machine as a peer of the sessions, and `python -m tests.sessions.ours`, which writes down what it answers."""

import re
import sys
from pathlib import Path

from mailbox.inbound import replies
from mailbox.inbound.protocol import Accept, AskRecipient, AskSender, Close, Event, Send, Session, StartTls
from mailbox.reply import Reply
from mailbox.trust.policy import NOT_LISTED
from tests.sessions import FOLDER, Recorded, corpus, play, told

NAMES = {
    "peer": "dr.lemaire@hopital.mssante.example",
    "us": "pharmacie@officine.mssante.example",
    "nobody": "inconnu@officine.mssante.example",
}
MAX_SIZE = 10_000
HELLO = b"EHLO mx.peer.example\r\n"
_UNKNOWN = Reply(550, "5.1.1", "Mailbox unavailable")


class Machine:
    """Knows one recipient and one listed domain."""

    def __init__(self, one: Recorded) -> None:
        self.session = Session("mx.test", MAX_SIZE)
        self._said = b""
        if one.begins != "clear":
            for line in (HELLO, b"STARTTLS\r\n", HELLO):
                self._play(self.session.feed(line))
        if one.begins == "envelope":
            self._play(self.session.feed(envelope(NAMES)))
        self._said = b""

    def say(self, data: bytes, expected: int = 0) -> list[str]:
        self._said = b""
        was_closed = self.session.is_closed
        self._play(self.session.feed(data))
        return answers(self._said) + (["closed"] if self.session.is_closed and not was_closed else [])

    def _play(self, events: object) -> None:
        for event in events:
            self._do(event)

    def _do(self, event: Event) -> None:
        match event:
            case Send(data):
                self._said += data
            case StartTls():
                self.session.tls_started()
            case AskSender(address):
                listed = not address or address.endswith("@hopital.mssante.example")
                self._play(self.session.answer(replies.SENDER_OK if listed else NOT_LISTED))
            case AskRecipient(address):
                known = address in {NAMES["us"], "postmaster"}
                self._play(self.session.answer(replies.RECIPIENT_OK if known else _UNKNOWN))
            case Accept():
                self._play(self.session.answer(Reply(250, "2.6.0", "Queued")))
            case Close():
                pass


def envelope(names: dict[str, str]) -> bytes:
    return f"MAIL FROM:<{names['peer']}>\r\nRCPT TO:<{names['us']}>\r\n".encode()


def answers(said: bytes) -> list[str]:
    lines = said.decode("ascii", "replace").split("\r\n")
    return [told(line) for line in lines if re.match(r"\d{3}( |$)", line)]


def main() -> None:
    """Record: what stands in S: is written anew. Read the difference before you keep it."""
    for path in sorted(FOLDER.glob("*.txt")):
        if path.stem != "differences":
            path.write_text(_recorded(path), encoding="utf-8")


def _recorded(path: Path) -> str:
    found = corpus()
    out: list[str] = []
    steps = iter(())
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            one = found[f"{path.stem}: {line[3:]}"]
            steps = play(one, NAMES, Machine(one).say)
        if not line.startswith("S"):
            out.append(line)
        elif not out[-1].startswith("S"):
            out += _folded(next(steps))
    return "\n".join(out) + "\n"


def _folded(given: list[str]) -> list[str]:
    lines: list[tuple[str, int]] = []
    for one in given:
        if lines and lines[-1][0] == one:
            lines[-1] = (one, lines[-1][1] + 1)
        else:
            lines.append((one, 1))
    return [f"S: {one}" if times == 1 else f"S*{times}: {one}" for one, times in lines] or ["S: nothing"]


if __name__ == "__main__":
    sys.exit(main())
