"""Every letter between operators is delivered once or known to have failed, whatever breaks on the way.

The short form has three real servers and the faults that have been the worst; `python -m tests.network` has four, and all.
"""

import os
import time

import pytest

from tests import peers
from tests.network import network
from tests.network.census import Census
from tests.network.faults import Faults

pytestmark = [
    pytest.mark.wire,
    pytest.mark.kill,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(bool(network.WHY_NOT), reason=network.WHY_NOT),
]
REPORT = os.environ.get("NETWORK_REPORT", "/dev/null")


def counted(operators: network.Network, faults: Faults, seconds: float) -> Census:
    """Once nothing waits anywhere."""
    faults.heal(everything=True)
    operators.settle(operators.is_quiet, seconds)
    census = Census(operators)
    with open(REPORT, "a") as report:
        print(*census.table(faults), sep="\n", file=report)
    assert census.lost == []
    assert all(pair.delivered for pair in census.pairs.values()), "\n".join(census.table(faults))
    for domain in operators.servers:
        assert census.twice(domain) <= census.allowed(domain, faults), "\n".join(census.table(faults))
    assert not any(pair.twice for (_, at), pair in census.pairs.items() if at == peers.OURS), "never in our own store"
    return census


def test_letters_between_three_operators_are_delivered_once_or_known_to_have_failed(trust, dupont, claire):
    with network.running(trust, dupont, claire, seed=int(os.environ.get("NETWORK_SEED", "1"))) as operators:
        faults, wire = Faults(operators), operators.wires[peers.OURS]
        for kind, domain, met in (
            ("cut", peers.OURS, lambda: wire.was_cut == 2),
            ("killed", peers.OURS, lambda: not operators.servers[peers.HOSPITAL].waiting()),
            ("storm", peers.OURS, lambda: wire.was_stormy > 2),
            ("not listed", peers.HOSPITAL, lambda: "decision=dn-not-listed" in operators.servers[peers.OURS].log),
        ):
            faults.make(kind, domain, 60.0)
            operators.write(15)
            operators.settle(met, 20)
            faults.heal(everything=True)
        census = counted(operators, faults, 30)
    assert sum(pair.sent for pair in census.pairs.values()) > 40
    assert sum(pair.failed for pair in census.pairs.values()) > 0


@pytest.mark.soak
@pytest.mark.timeout(3000)
def test_letters_between_four_operators_whatever_breaks(trust, dupont, claire):
    wanted, seed = int(os.environ.get("NETWORK_MESSAGES", "500")), int(os.environ.get("NETWORK_SEED", "1"))
    with network.running(trust, dupont, claire, seed=seed, others=3) as operators:
        faults, began = Faults(operators), time.monotonic()
        while len(operators.letters) < wanted:
            operators.write(20)
            faults.any()
            operators.press()
            time.sleep(0.2)
        census = counted(operators, faults, 300)
        with open(REPORT, "a") as report:
            print(f"{len(operators.letters)} letters in {time.monotonic() - began:.0f} s, seed {seed}", file=report)
    assert faults.made.total() > wanted // 40
    assert len(census.pairs) == 12
