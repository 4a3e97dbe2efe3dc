"""`make bench [ONLY="reading send"] [SCALE=national]`: measurements on real engines of their own, as a table and JSON.

Absolute figures depend on the machine; compare figures of one run only.
"""

import argparse
import importlib
import os
import sys
from pathlib import Path

NAMES = (
    "receiving",
    "crowd",
    "sending",
    "against",
    "busiest",
    "reading",
    "documents",
    "suggesting",
    "browsing",
    "signing_in",
    "importing",
    "rules",
)  # and "backup", which is `make drill`


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=os.environ.get("ONLY", "").split() or NAMES)
    parser.add_argument("--quick", action="store_true", help="a tenth of the volume: to see that it runs")
    parser.add_argument("--scale", choices=["small", "national"], default=os.environ.get("SCALE", "small"),
                        help="national: the annuaire of the whole country, half an hour")  # fmt: skip
    asked = parser.parse_args()
    if asked.scale == "national" and asked.names == NAMES:
        asked.names = ["national"]
    from benchmarks import figures, stack

    found = []
    try:
        for name in asked.names:
            print(f"— {name} …", flush=True)
            with stack.engines():
                module = importlib.import_module(f"benchmarks.{name}")
                found += module.run(quick=asked.quick)
    finally:
        stack.remove()
    figures.show(found)
    print(f"\nkept in {figures.keep(found, Path('benchmarks/results'))}")
    return int(any(figure.verdict() == "BELOW FLOOR" for figure in found))


if __name__ == "__main__":  # spawned children import this module and must not run it
    sys.exit(main())
