"""text/calendar -> content lines and components (RFC 5545 §3.1, §3.4). Linear; what is beyond the limits is left out.

Reads tolerantly (bare LF, lower case, a component that never ends); decides nothing of what lines mean.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_CHARACTERS = 500_000
_MAX_LINES = 5_000
_MAX_DEPTH = 5
_MAX_VALUE = 20_000
_FOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(
    r'([A-Za-z0-9-]{1,60}+)((?:;[A-Za-z0-9-]{1,60}+=(?:"[^"]*+"|[^";:,]*+)(?:,(?:"[^"]*+"|[^";:,]*+))*+)*+):(.*+)', re.S
)
_PARAMETER = re.compile(r';([A-Za-z0-9-]{1,60}+)=(?:"([^"]*+)"|([^";:]*+))')
_ESCAPED = re.compile(r"\\([nN,;\\])")


@dataclass(frozen=True, slots=True)
class Line:
    """`name` and names of `given` are in upper case; `value` as written."""

    name: str
    given: dict[str, str]
    value: str

    @property
    def text(self) -> str:
        """A value of type TEXT, without its escapes (§3.3.11)."""
        return _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], self.value).strip()


@dataclass(slots=True)
class Component:
    name: str
    lines: list[Line] = field(default_factory=list)
    inside: list["Component"] = field(default_factory=list)

    def first(self, name: str) -> Line | None:
        return next((line for line in self.lines if line.name == name), None)

    def every(self, name: str) -> Iterator[Line]:
        return (line for line in self.lines if line.name == name)

    def all_of(self, name: str) -> list["Component"]:
        return [one for one in self.inside if one.name == name]

    def text(self, name: str) -> str:
        line = self.first(name)
        return line.text if line else ""


def read(source: str) -> Component:
    """The calendar, as one component that may be empty."""
    root = Component("")
    stack = [root]
    for line in _lines(source):
        if line.name == "BEGIN" and len(stack) <= _MAX_DEPTH:
            child = Component(line.value.strip().upper()[:60])
            stack[-1].inside.append(child)
            stack.append(child)
        elif line.name == "END":
            if len(stack) > 1:
                stack.pop()
        else:
            stack[-1].lines.append(line)
    return next((one for one in root.inside if one.name == "VCALENDAR"), root)


def _lines(source: str) -> Iterator[Line]:
    unfolded = _FOLD.sub("", source[:MAX_CHARACTERS].lstrip("\ufeff"))
    for raw in unfolded.split("\n", _MAX_LINES)[:_MAX_LINES]:
        if match := _LINE.fullmatch(raw.rstrip("\r")):
            given = {name.upper(): quoted or bare for name, quoted, bare in _PARAMETER.findall(match[2])}
            yield Line(match[1].upper(), given, match[3][:_MAX_VALUE])
