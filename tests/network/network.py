"""Operators of a trust space on one machine: our own, Postfix with Dovecot, OpenSMTPD, another Postfix; wires and names between.

What it promises to whoever counts: `letters` are all that were handed in, `servers` hold what became of them.
"""

import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from django.core.management import call_command
from django.utils import timezone

from auth_otp.models import User
from mailbox import whitelist
from mailbox.management.demo.authority import ListedDomain
from mailbox.models import Mailbox
from tests import peers
from tests.network import dovecot, opensmtpd, place, postfix
from tests.network.names import Names
from tests.network.operator import DOOR, Letter, Operator, Server
from tests.network.ours import Ours
from tests.network.place import Place
from tests.network.wire import Wire, Wires

WHY_NOT = place.WHY_NOT or postfix.WHY_NOT or dovecot.WHY_NOT or opensmtpd.WHY_NOT
LABORATORY, CLINIC = "labo.mssante.example", "clinique.mssante.example"
_PEERS = ((peers.HOSPITAL, "dr.lemaire"), (LABORATORY, "biologiste"), (CLINIC, "dr.roux"))
_LEFT_OUT = {"root", "run", "state", "data", "queue", "spool"}  # of what NETWORK_KEEP keeps
_NOBODY = 0.04  # of letters go to nobody: their senders must hear of it


class Network:
    def __init__(
        self, space: peers.TrustSpace, mailbox: Mailbox, author: User, rng: random.Random, peers_: int
    ) -> None:
        self.space, self.rng, self.letters = space, rng, list[Letter]()
        named = [(peers.OURS, mailbox.address.partition("@")[0]), *_PEERS[:peers_]]
        operators = [Operator(d, f"10.99.0.{n}", f"10.99.1.{n}", who) for n, (d, who) in enumerate(named, 1)]
        self.files = {o.domain: self._certificate(o) for o in operators}
        self._list(operators)
        self.place = Place([address for o in operators for address in (o.address, o.behind)])
        self.names = Names(self.place, {o.domain: o.address for o in operators})
        self.wires = {o.domain: Wire(o.address, (o.behind, DOOR)) for o in operators}
        self._wires = Wires(self.place, list(self.wires.values()))
        makers: list[Callable[[Operator], Server]] = [
            lambda o: Ours(self.place, o, space, mailbox, author),
            *[lambda o: postfix.Postfix(self.place, o, space, self.files[o.domain])],
            *[lambda o: opensmtpd.OpenSmtpd(self.place, o, space, self.files[o.domain])],
            *[lambda o: postfix.Postfix(self.place, o, space, self.files[o.domain])],
        ]
        self.servers = {o.domain: make(o) for o, make in zip(operators, makers, strict=False)}

    def write(self, count: int) -> None:
        """Letters between any two, of sizes that a wire can tell from commands and of some that it cannot."""
        operators = [server.operator for server in self.servers.values()]
        for by in operators:
            others = [other for other in operators if other is not by]
            wanted = [self._letter(by, self.rng.choice(others)) for _ in range(self._share(count, len(operators)))]
            if wanted:
                self.servers[by.domain].hand_in(wanted)
                self.letters += wanted

    def settle(self, done: Callable[[], bool], seconds: float) -> None:
        """Press whoever is slow to try again, until that is so."""
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, (
                f"still on their way: {self.waiting()} {self.servers[peers.OURS].why_waiting()}"
            )
            self.press()
            time.sleep(0.3)

    def press(self) -> None:
        for server in self.servers.values():
            server.press()

    def is_quiet(self) -> bool:
        return not any(self.waiting().values())

    def waiting(self) -> dict[str, int]:
        return {domain: server.waiting() for domain, server in self.servers.items()}

    def close(self) -> None:
        if kept := os.environ.get("NETWORK_KEEP"):
            shutil.copytree(
                self.place.folder,
                kept,
                dirs_exist_ok=True,
                ignore=lambda *_: {"root", "run", "state", "data", "queue", "spool"},
            )
        for server in self.servers.values():
            with suppress(Exception):
                server.stop()
        self.names.close()
        self._wires.close()
        self.place.leave()

    def _share(self, count: int, among: int) -> int:
        return count // among + (self.rng.random() < count % among / among)

    def _letter(self, by: Operator, at: Operator) -> Letter:
        to = f"personne@{at.domain}" if by.domain != peers.OURS and self.rng.random() < _NOBODY else at.mailbox
        size = self.rng.choice((500, 16_000, 16_000, 40_000))
        name = f"{len(self.letters)}.{self.rng.getrandbits(48):x}@{by.domain}"
        return Letter(name, by, at, to, size, time.time())

    def _certificate(self, operator: Operator) -> peers.Files:
        known = {peers.OURS: self.space.ours, peers.HOSPITAL: self.space.hospital}
        return known.get(operator.domain) or self.space.issue(f"mx.{operator.domain}")

    def _list(self, operators: list[Operator]) -> None:
        rows = [ListedDomain(o.domain, self.space.issued[f"mx.{o.domain}"].dn) for o in operators]
        whitelist.load(self.space.document(rows=rows), now=timezone.now())
        whitelist.forget()


@contextmanager
def running(
    space: peers.TrustSpace, mailbox: Mailbox, author: User, *, seed: int, others: int = 2
) -> Iterator[Network]:
    call_command("grant_roles")
    network = Network(space, mailbox, author, random.Random(seed), others)
    try:
        for server in reversed(network.servers.values()):  # ours last: its processes are loading meanwhile
            server.start()
        yield network
    finally:
        network.close()
