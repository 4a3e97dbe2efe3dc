"""`make refs`: each requirement of the references (deploy/requirements.tsv) with the lines that meet it and their tests.

A line meets a requirement by naming it; what no line of the product names is not met, and told so. Refuses, with an exit
code, an id that the table does not know and one that no test names.
"""

import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "deploy" / "requirements.tsv"
_ID = re.compile(r"(?:ECO\.\d+\.\d+\.\d+|(?:SC\.)?(?:MSS|SSI)/(?:CONF|UX|IE|va1)\.\d+|ANN/va1\.\d+)(?!\d)")
_READ = {".py", ".html", ".js"}


@dataclass(frozen=True, slots=True)
class Requirement:
    id: str
    also: str  # the same in another reference
    text: str
    missing: str  # what of it is not done yet


def requirements() -> list[Requirement]:
    lines = TABLE.read_text(encoding="utf-8").splitlines()[1:]
    return [Requirement(*line.split("\t")) for line in lines]


def named(files: Iterable[Path]) -> dict[str, list[str]]:
    """By id, the places `file:line` that name it."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in files:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for one in dict.fromkeys(_ID.findall(line)):
                found[one].append(f"{path.relative_to(ROOT)}:{number}")
    return found


def tracked() -> list[Path]:
    told = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S607
    return [path for name in told.split("\0") if (path := ROOT / name).suffix in _READ and path.is_file()]


def faults(known: Iterable[Requirement], product: dict[str, list[str]], tests: dict[str, list[str]]) -> Iterator[str]:
    ids = {one for requirement in known for one in (requirement.id, requirement.also)}
    for one, places in sorted((product | tests).items()):
        if one not in ids:
            yield f"{places[0]}: {one} is in no reference that we know"
    for one, places in sorted(product.items()):
        if one in ids and one not in tests:
            yield f"{places[0]}: {one} is named by no test"


def main() -> int:
    files = tracked()
    is_test = {path: path.relative_to(ROOT).parts[0] == "tests" for path in files}
    product, tests = (named(path for path in files if is_test[path] is told) for told in (False, True))
    known = requirements()
    for one in known:
        told = f"{one.id} ({one.also})" if one.also else one.id
        print(f"{told}: {one.text}" + (f" [missing: {one.missing}]" if one.missing else ""))
        where, by = (
            [place for name in (one.id, one.also) for place in found.get(name, [])] for found in (product, tests)
        )
        print(f"  {', '.join(where)}\n  tested: {', '.join(by) or 'by nothing'}" if where else "  NOT MET")
    met = sum(one.id in product or one.also in product for one in known)
    print(f"\n{met} of {len(known)} requirements are met by some line; {len(known) - met} are not.")
    wrong = list(faults(known, product, tests))
    print("\n".join(wrong), file=sys.stderr)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
