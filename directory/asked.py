"""What a search page is asked: the words, and what its answers are narrowed to. Pure: forms and sealed addresses hold it.

Whatever a form or an old address says, it is a search: what means nothing is left out.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from directory.geography import DEPARTMENTS
from directory.readings import MAX_TEXT

PAGE, MOST = 25, 200  # cards shown at once, and after « Afficher plus »: beyond, one more word is quicker
BESIDE = 10  # cards beside a letter
DISTANCES = (5, 10, 20, 50, 100)  # kilometres from the pharmacy
KINDS = {"person": "Boîtes nominatives", "organization": "Boîtes de structures"}
_MAX_LABEL = 200


@dataclass(frozen=True, slots=True)
class Asked:
    words: str = ""
    with_all: bool = False  # those without an MSSanté address too
    profession: str = ""  # its label: codes of one profession are of one label
    discipline: str = ""  # directory.disciplines
    department: str = ""
    kind: str = ""
    km: int = 0  # around who asks; 0 is everywhere
    shown: int = PAGE

    @property
    def is_narrowed(self) -> bool:
        return bool(self.profession or self.discipline or self.department or self.kind or self.km)

    def to_text(self) -> str:
        return json.dumps(asdict(self))

    def more(self) -> "Asked":
        return replace(self, shown=min(self.shown * 2, MOST))


def of_form(told: dict[str, Sequence[str]]) -> Asked:
    """The last value of a field counts: a button of the map says its own after the form's; said twice, it is let go."""

    def one(name: str) -> str:
        values = told.get(name, [])
        return "" if len(values) == 2 and values[0] == values[1] else values[-1].strip() if values else ""

    return _kept(
        one("q"), one("all"), one("profession"), one("discipline"), one("department"), one("kind"), one("km"), one("n")
    )


def of_text(text: str) -> Asked:
    """Back from `to_text`; nothing when it is something else."""
    try:
        told = json.loads(text)
        return Asked(**told)
    except (ValueError, TypeError):
        return Asked()


def _kept(
    words: str, with_all: str, profession: str, discipline: str, department: str, kind: str, km: str, shown: str
) -> Asked:
    return Asked(
        words=words[:MAX_TEXT],
        with_all=bool(with_all),
        profession=profession[:_MAX_LABEL],
        discipline=discipline[:_MAX_LABEL],
        department=department if department in DEPARTMENTS else "",
        kind=kind if kind in KINDS else "",
        km=_number(km) if _number(km) in DISTANCES else 0,
        shown=max(PAGE, min(_number(shown), MOST)),
    )


def _number(text: str) -> int:
    return int(text[:4]) if text.isascii() and text[:4].isdigit() else 0
