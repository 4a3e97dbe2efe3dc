"""What goes wrong, by seed: a fault begins, lasts some seconds and is healed; all are counted, cuts by the wires."""

import time
from collections import Counter
from collections.abc import Callable

from tests import peers
from tests.network.network import Network
from tests.network.ours import Ours
from tests.network.postfix import Postfix

type Heal = Callable[[], None]


class Faults:
    def __init__(self, network: Network) -> None:
        self._network, self.made = network, Counter[str]()
        self.kills: Counter[str] = Counter()  # of whom
        self._healing: list[tuple[float, Heal]] = []
        self._ailing: set[str] = set()
        self._kinds: dict[str, Callable[[str], Heal]] = {
            "killed": self._kill, "killed worker": self._kill_worker, "killed store": self._kill_store,
            "not listed": self._not_listed, "expired": self._expired, "storm": self._storm, "drip": self._drip,
            "cut": self._cut, "no DNS": self._no_dns,
        }  # fmt: skip

    def any(self) -> None:
        """One of them, somewhere where nothing else is wrong."""
        rng = self._network.rng
        kind, domain = rng.choice(list(self._kinds)), rng.choice(list(self._network.servers))
        self.heal()
        if domain not in self._ailing:
            self.make(kind, domain, rng.uniform(0.5, 3.0))

    def make(self, kind: str, domain: str, seconds: float) -> None:
        self.heal()
        heal = self._kinds[kind](domain)
        self.made[kind] += 1
        self._ailing.add(domain)
        self._healing.append((time.monotonic() + seconds, lambda: (heal(), self._ailing.discard(domain))[0]))

    def heal(self, *, everything: bool = False) -> None:
        """What has lasted long enough."""
        now = time.monotonic()
        due = [one for one in self._healing if everything or one[0] <= now]
        self._healing = [one for one in self._healing if one not in due]
        for _, act in due:
            act()

    def _kill(self, domain: str) -> Heal:
        """With -9, and back at once: its people could not write meanwhile."""
        server = self._network.servers[domain]
        server.kill()
        self.kills[domain] += 1
        server.start()
        return lambda: None

    def _kill_worker(self, domain: str) -> Heal:
        ours = next(server for server in self._network.servers.values() if isinstance(server, Ours))
        ours.kill_worker()
        self.kills[ours.operator.domain] += 1
        ours.start()
        return lambda: None

    def _kill_store(self, domain: str) -> Heal:
        kept = [server for server in self._network.servers.values() if isinstance(server, Postfix)]
        server = self._network.rng.choice(kept)
        server.store_of.kill()
        self.kills[server.operator.domain] += 1
        return server.store_of.start

    def _not_listed(self, domain: str) -> Heal:
        return self._shows(domain, self._network.space.unlisted)

    def _expired(self, domain: str) -> Heal:
        return self._shows(domain, self._network.space.expired)

    def _shows(self, domain: str, files: peers.Files) -> Heal:
        server = self._network.servers[domain]
        server.show(files)
        server.start()
        return lambda: (server.show(self._network.files[domain]), server.start())[1]

    def _storm(self, domain: str) -> Heal:
        return self._wire(domain, "stormy", True, False)

    def _drip(self, domain: str) -> Heal:
        return self._wire(domain, "drip", 0.05, 0.0)

    def _wire(self, domain: str, name: str, now: object, then: object) -> Heal:
        wire = self._network.wires[domain]
        setattr(wire, name, now)
        return lambda: setattr(wire, name, then)

    def _cut(self, domain: str) -> Heal:
        wire = self._network.wires[domain]
        wire.cuts += 2
        return lambda: setattr(wire, "cuts", 0)

    def _no_dns(self, domain: str) -> Heal:
        self._network.names.failing.add(domain)
        return lambda: self._network.names.failing.discard(domain)
