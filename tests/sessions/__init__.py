"""Recorded conversations: what is sent (C:) and what we answer to it (S:), read by people and played against anybody.

    == name of the session
    @clear                     it begins before EHLO; else inside TLS after EHLO, and after `@envelope` also MAIL and RCPT
    C: NOOP                    a line, its CRLF is added; lines one below the other are one write
    C~: un\\n                   bytes as they are: \\r \\n \\0 \\t \\xHH \\\\ are what they are in C
    C*30: NOOP                 thirty of them
    S: 250 2.0.0               a reply: its code, and the enhanced one where there is one
    S: closed                  the session is over; S: nothing  there is no answer

`{peer}` is an address that may send, `{us}` one that receives, `{nobody}` one at the same domain that does not exist.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent
_LINE = re.compile(r"([CS])(~?)(?:\*(\d+))?: ?(.*)")
_ESCAPE = re.compile(rb"\\(x[0-9a-f]{2}|.)")
_ESCAPES = {b"r": b"\r", b"n": b"\n", b"0": b"\0", b"t": b"\t", b"\\": b"\\"}
BEGINS = {"@clear": "clear", "@envelope": "envelope"}


@dataclass
class Step:
    sent: list[tuple[str, bool, int]] = field(default_factory=list)  # text, raw, times
    answered: list[str] = field(default_factory=list)

    def bytes(self, names: Mapping[str, str]) -> bytes:
        return b"".join(_bytes(text, names, raw=raw) * times for text, raw, times in self.sent)


@dataclass
class Recorded:
    """One conversation."""

    name: str
    begins: str = "tls"
    steps: list[Step] = field(default_factory=list)


def corpus() -> dict[str, Recorded]:
    return {one.name: one for path in sorted(FOLDER.glob("*.txt")) if path.stem != "differences" for one in read(path)}


def read(path: Path) -> list[Recorded]:
    found: list[Recorded] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            found.append(Recorded(f"{path.stem}: {line[3:]}"))
        elif line in BEGINS:
            found[-1].begins = BEGINS[line]
        elif match := _LINE.fullmatch(line):
            _take(found[-1].steps, match)
        elif line and not line.startswith("#"):
            raise ValueError(f"{path.name}: {line}")
    return found


def _take(steps: list[Step], match: re.Match[str]) -> None:
    who, raw, times, text = match.groups()
    if who == "C":
        if not steps or steps[-1].answered:
            steps.append(Step())
        steps[-1].sent.append((text, bool(raw), int(times or 1)))
    elif text != "nothing":
        steps[-1].answered += [text] * int(times or 1)


def _bytes(text: str, names: Mapping[str, str], *, raw: bool) -> bytes:
    for name, address in names.items():
        text = text.replace(f"{{{name}}}", address)
    data = _ESCAPE.sub(lambda found: _ESCAPES.get(found[1]) or bytes.fromhex(found[1][1:].decode()), text.encode())
    return data if raw else data + b"\r\n"


def play(one: Recorded, names: Mapping[str, str], say: Callable[[bytes, int], list[str]]) -> Iterator[list[str]]:
    """What somebody answers to each step; `say` is told how many replies we gave."""
    for step in one.steps:
        yield say(step.bytes(names), len(step.answered))


def told(reply: str) -> str:
    """«250 2.1.0», «354», of the line that ends a reply."""
    return reply[:9] if re.match(r"\d{3} [245]\.\d\.\d( |$)", reply) else reply[:3]


def classes(answers: list[str]) -> str:
    """«2 2 5 closed»; the same again and again is told once, with its number."""
    found: list[list[str]] = []
    for one in answers:
        kind = one if one == "closed" else one[0]
        if found and found[-1][0] == kind:
            found[-1].append(kind)
        else:
            found.append([kind])
    return " ".join(kinds[0] if len(kinds) == 1 else f"{kinds[0]}x{len(kinds)}" for kinds in found)
