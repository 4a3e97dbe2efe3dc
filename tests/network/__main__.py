"""`deploy/python -m tests.network --messages 5000 --seed 1`: the full form, four operators and every fault, as a table."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import pytest


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.network", description=__doc__)
    parser.add_argument("--messages", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.NamedTemporaryFile(prefix="mssweb-network-", suffix=".txt") as report:
        os.environ |= {
            "SOAK": "1", "NETWORK_MESSAGES": str(given.messages), "NETWORK_SEED": str(given.seed), "NETWORK_REPORT": report.name,
        }  # fmt: skip
        wanted = "tests/network/test_network.py::test_letters_between_four_operators_whatever_breaks"
        code = pytest.main([wanted, "-p", "tests.engines"])
        print(Path(report.name).read_text(), end="")
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
