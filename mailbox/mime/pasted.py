"""A list of addresses as it was pasted: from a table, another letter, a web page. Each becomes one recipient. Pure, bounded.

Reads addresses and the name that stands beside each; what is no address is kept as it was typed, so that nobody is left out
unseen.
"""

import re

from mailbox.mime.address import normalise
from mailbox.mime.values import Address

MAX, MAX_TEXT = 2_000, 100_000  # recipients, characters: what a message carries is told where it is written
_LINE = re.compile(r"[\r\n;]+|,(?![^<>\"]*\")")
_SPEC = re.compile(r"(?:mailto:)?([^\s<>,;:()\"'\[\]]{1,64}@[^\s<>,;:()\"'\[\]@]{1,253}[^\s<>,;:()\"'\[\]@.])", re.I)
_AROUND = " \t\u00a0\"'<>()[]|-–:.,"


def read(text: str) -> list[Address]:
    """In their order, each address once."""
    found: dict[str, Address] = {}
    for piece in _LINE.split(text[:MAX_TEXT]):
        for one in _of_line(piece.strip()):
            found.setdefault(normalise(one.addr_spec) or one.display_name, one)
    return list(found.values())[:MAX]


def _of_line(line: str) -> list[Address]:
    """`Dr Anne MARTIN\\tLille\\tanne@…`: the words before an address are its name; of several addresses, those before each."""
    specs = list(_SPEC.finditer(line))
    if not specs:
        words = line.strip(_AROUND)
        return [Address(" ".join(words.split()), "")] if words else []
    people, start = [], 0
    for spec in specs:
        people.append(Address(_name(line[start : spec.start()]), _unescaped(spec[1])))
        start = spec.end()
    if not people[0].display_name and len(people) == 1:  # the name stands behind, as in some tables
        people = [Address(_name(line[start:]), people[0].addr_spec)]
    return people


def _name(words: str) -> str:
    """The first cell of a table, without what encloses it."""
    cells = (" ".join(cell.strip(_AROUND).split()) for cell in words.split("\t"))
    return next((cell for cell in cells if any(map(str.isalpha, cell))), "").replace('"', "")[:100]


def _unescaped(spec: str) -> str:
    """Of a `mailto:`: what follows the address goes."""
    return spec.partition("?")[0].replace("%40", "@")
