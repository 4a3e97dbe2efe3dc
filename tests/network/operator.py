"""What an operator of the network is, whatever serves it: an address, a desk where its people write, a store that is counted."""

import smtplib
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import Protocol

from tests import peers
from tests.network.place import Place

DOOR, DESK = 2525, 2587


@dataclass(frozen=True)
class Operator:
    domain: str
    address: str  # where its mail goes: the wire
    behind: str  # where its server is
    person: str

    @property
    def mailbox(self) -> str:
        return f"{self.person}@{self.domain}"


@dataclass(frozen=True)
class Letter:
    """Its Message-ID is what the census counts by. `to` may be nobody: then its sender must hear of it."""

    id: str
    by: Operator
    at: Operator
    to: str
    size: int
    handed_at: float

    @property
    def text(self) -> str:
        line = "Bonjour, voici ce que nous savons.\n"
        return line * (self.size // len(line) + 1)

    @property
    def raw(self) -> bytes:
        head = f"From: {self.by.mailbox}\nTo: {self.to}\nSubject: n\nMessage-ID: <{self.id}>\n"
        return f"{head}Date: Fri, 27 Nov 2026 10:00:00 +0100\n\n{self.text}".replace("\n", "\r\n").encode()


@dataclass
class Store:
    """What people of an operator have: letters by Message-ID, and of their own letters what reports say."""

    letters: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    confirmed: Counter[str] = field(default_factory=Counter)
    arrived: dict[str, float] = field(default_factory=dict)

    def add(self, found: Iterable[tuple[float, bytes]]) -> "Store":
        """Letters with the moments when they came."""
        for at, raw in found:
            message = message_from_bytes(raw)
            if any(part.get_content_type() == "message/delivery-status" for part in message.walk()):
                self._hear(message)  # of multipart/mixed too: so OpenSMTPD says it
                continue
            message_id = str(message["Message-ID"]).strip("<> ")
            self.letters[message_id] += 1
            self.arrived[message_id] = min(at, self.arrived.get(message_id, at))
        return self

    def _hear(self, report: Message) -> None:
        """RFC 3464: its action, and the letter it is about; one of a delay is no news."""
        parts = list(report.walk())
        action = next((part["Action"] for part in parts if part["Action"]), "").strip().lower()
        about = next((part["Message-ID"] for part in parts[1:] if part["Message-ID"]), None)
        if about is None:  # only the header of the letter: text/rfc822-headers
            headers = parts[-1].get_payload(decode=True) or b""
            about = message_from_bytes(headers)["Message-ID"]
        heard = {"failed": self.failed, "delivered": self.confirmed, "relayed": self.confirmed}.get(action)
        if heard is not None and about:
            heard[str(about).strip("<> ")] += 1


class Server(Protocol):
    """An operator's programs."""

    operator: Operator

    def start(self) -> None:
        """What does not run; returns when all of it answers."""

    def kill(self) -> None: ...
    def stop(self) -> None: ...
    def show(self, files: peers.Files) -> None:
        """Take that certificate from now on."""

    def press(self) -> None:
        """Try again now what waits."""

    def hand_in(self, letters: Iterable[Letter]) -> None: ...
    def waiting(self) -> int:
        """How many letters have not left."""

    def store(self) -> Store: ...


def hand_in(place: Place, by: Operator, letters: Iterable[Letter]) -> None:
    """People of that operator write: over its desk, with every report asked for (RFC 3461)."""

    def give() -> None:
        with smtplib.SMTP(by.behind, DESK, local_hostname="desk", timeout=20) as desk:
            desk.ehlo()
            for letter in letters:
                said = [desk.mail(by.mailbox, ["RET=HDRS"]), desk.rcpt(letter.to, ["NOTIFY=SUCCESS,FAILURE"])]
                said.append(desk.data(letter.raw))
                assert [code for code, _ in said] == [250] * 3, said

    place.do(give)


def wait_for(place: Place, by: Operator, port: int = DESK, seconds: float = 20) -> None:
    """Until a server greets."""

    def greeted() -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(OSError, smtplib.SMTPException), smtplib.SMTP(by.behind, port, timeout=2):
                return True
            time.sleep(0.02)
        return False

    assert place.do(greeted), f"{by.domain} does not answer"
