"""How important its author says that a letter is: the three fields that readers know, written together, read leniently. Pure.

RFC 2156 §5.3.6 (Importance, Priority); X-Priority is what most programs write. None of them means «urgent care».
"""

from collections.abc import Iterator, Mapping

HIGH, LOW = "high", "low"
_PRIORITY = {HIGH: ("1 (Highest)", "urgent"), LOW: ("5 (Lowest)", "non-urgent")}
_READ = {"high": HIGH, "urgent": HIGH, "1": HIGH, "2": HIGH, "low": LOW, "non-urgent": LOW, "4": LOW, "5": LOW}


def fields(level: str) -> Iterator[tuple[str, str]]:
    """Header fields; none for a normal letter."""
    if level in _PRIORITY:
        number, priority = _PRIORITY[level]
        yield from (("Importance", level), ("X-Priority", number), ("Priority", priority))


def importance(headers: Mapping[str, str]) -> str:
    """high, low or '': the first field that says one of them."""
    said = (headers.get(name, "").strip().lower().split(" ")[0] for name in ("importance", "x-priority", "priority"))
    return next((level for word in said if (level := _READ.get(word))), "")
