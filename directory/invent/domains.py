"""Domains of invented mailboxes: five thousand, as unequal as the real ones (annuaire.md §1.5).

Real: the first holds 11.6 % of the mailboxes, the first ten 46 %, the first fifty 66 %, and the median four mailboxes.
A profession's domain serves who practises it, an operator's serves anybody, the others serve their department.
"""

from bisect import bisect_right
from collections.abc import Sequence

from directory.invent.draws import ALL, Weights, share, source
from directory.invent.land import Department, Land, slug
from directory.invent.trades import Trade

SUFFIX = "mssante.example"
COUNT = 5_000
_OPERATORS = (
    ("medimail", 4.9),
    ("messagerie-pro", 3.9),
    ("hopitaux-paris", 3.2),
    ("sante-connect", 2.7),
    ("lettre-medicale", 2.5),
)
_GROUPS = 40  # domains of large hospitals and regions
_GROUPS_SHARE, _TAIL_SHARE = 20.0, 34.0
_ANCHORS = (
    (1, 1193.0),
    (450, 87.0),
    (951, 30.0),
    (1734, 10.0),
    (2459, 4.0),
    (4950, 0.7),
)  # rank after fifty, mailboxes
_SORTS = (
    "ch",
    "clinique",
    "gh",
    "labo",
    "ehpad",
    "msp",
    "cpts",
    "sante",
    "cabinet",
    "polyclinique",
    "gcs",
    "imagerie",
    "biologie",
)


def _sizes() -> list[float]:
    """Mailboxes by rank, straight between anchors once both are logarithms."""
    found, places = [], [rank for rank, _ in _ANCHORS]
    for rank in range(1, _ANCHORS[-1][0] + 1):
        at = min(bisect_right(places, rank), len(places) - 1)
        (left, high), (right, low) = _ANCHORS[at - 1], _ANCHORS[at]
        found.append(
            high * (low / high) ** ((rank - left) / (right - left)) if left > 1 else high * ((rank + 50) / 51) ** -1.137
        )
    return found


class Domains:
    """Which domain an address is in. With `asked`, those of a test space that has a white list: in no other."""

    def __init__(self, seed: int, country: Land, asked: Sequence[str] = ()) -> None:
        self._asked = tuple(asked)
        chance = source(seed, "domains")
        homes: list[list[tuple[str, float]]] = [[] for _ in country.departments]
        filled, goal = [0.0] * len(homes), [one.population for one in country.departments]
        for rank, size in enumerate(_sizes()):
            draws = chance(rank)
            choices = (country.anyone(draws[at]) for at in range(8))
            home = min(choices, key=lambda one: (filled[one] + size / 2) / goal[one])  # every department gets its part
            filled[home] += size
            homes[home].append((_label(country.departments[home], len(homes[home]), rank), size))
        for home, rows in enumerate(homes):
            if not rows:
                rows.append((_label(country.departments[home], 0, COUNT + home), 1.0))
        self._names = [[f"{label}.{SUFFIX}" for label, _ in rows] for rows in homes]
        self._which = [Weights([size for _, size in rows]) for rows in homes]
        self._groups, self._nearest = _groups(country)
        self._shared = [f"{label}.{SUFFIX}" for label, _ in _OPERATORS] + self._groups
        operators = [weight for _, weight in _OPERATORS]
        self._widely = Weights([*operators, *(weight * _GROUPS_SHARE for weight in _falling())])
        whole = sum(operators) + _GROUPS_SHARE + _TAIL_SHARE
        self._local = share(_TAIL_SHARE / whole)

    def of(self, trade: Trade | None, department: int, first: int, second: int) -> str:
        """Two draws choose; `trade` is None for a structure's mailbox."""
        if self._asked:
            return self._asked[(second >> 13) % len(self._asked)]
        if trade is not None and first < trade.domain_share * ALL:
            return f"{trade.domain}.{SUFFIX}"
        if second & 0xFFF < self._local >> 20:
            return self._names[department][self._which[department](second & ~0xFFF)]
        found = self._widely(second & ~0xFFF)
        if found >= len(_OPERATORS) and first & 7:  # one in eight is held far from where one works
            return self._groups[self._nearest[department]]
        return self._shared[found]


def _falling() -> list[float]:
    weights = [1 / (rank + 11) ** 1.18 for rank in range(_GROUPS)]
    return [weight / sum(weights) for weight in weights]


def _groups(country: Land) -> tuple[list[str], list[int]]:
    """University hospitals, named after the town of the largest departments; which is the nearest to each department."""
    large = sorted((one for one in country.departments if one.code != "75"), key=lambda one: -one.population)[:_GROUPS]
    seats = [one.communes[0].at for one in large]
    nearest = [
        min(range(len(seats)), key=lambda seat: (seats[seat][0] - at[0]) ** 2 + ((seats[seat][1] - at[1]) * 0.7) ** 2)
        for at in (one.communes[0].at for one in country.departments)
    ]
    return [f"chu-{slug(one.communes[0].town())}-{one.code}.{SUFFIX}" for one in large], nearest


def _label(department: Department, order: int, rank: int) -> str:
    town = slug(department.communes[order // 2 % len(department.communes)].town())[:30].strip("-")
    lap = order // (2 * len(department.communes))
    return f"{_SORTS[(rank + order) % len(_SORTS)]}-{town}{lap or ''}-{department.code.lower()}"
