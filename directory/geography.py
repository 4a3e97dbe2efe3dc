"""Where communes and departments are: names, codes, postcodes, distances. Pure; reads `data/communes.tsv` once, when asked.

Codes are INSEE's, and of three characters overseas. Places are centroids in degrees (WGS 84), distances kilometres
as the crow flies. What is not known is an empty answer, never an error: files and people write anything.
"""

import math
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice, takewhile
from pathlib import Path
from sys import intern
from typing import NamedTuple

from directory import fold

DEPARTMENTS: Mapping[str, str] = dict(
    line.split(" ", 1)
    for line in """\
01 Ain
02 Aisne
03 Allier
04 Alpes-de-Haute-Provence
05 Hautes-Alpes
06 Alpes-Maritimes
07 Ardèche
08 Ardennes
09 Ariège
10 Aube
11 Aude
12 Aveyron
13 Bouches-du-Rhône
14 Calvados
15 Cantal
16 Charente
17 Charente-Maritime
18 Cher
19 Corrèze
21 Côte-d’Or
22 Côtes-d’Armor
23 Creuse
24 Dordogne
25 Doubs
26 Drôme
27 Eure
28 Eure-et-Loir
29 Finistère
2A Corse-du-Sud
2B Haute-Corse
30 Gard
31 Haute-Garonne
32 Gers
33 Gironde
34 Hérault
35 Ille-et-Vilaine
36 Indre
37 Indre-et-Loire
38 Isère
39 Jura
40 Landes
41 Loir-et-Cher
42 Loire
43 Haute-Loire
44 Loire-Atlantique
45 Loiret
46 Lot
47 Lot-et-Garonne
48 Lozère
49 Maine-et-Loire
50 Manche
51 Marne
52 Haute-Marne
53 Mayenne
54 Meurthe-et-Moselle
55 Meuse
56 Morbihan
57 Moselle
58 Nièvre
59 Nord
60 Oise
61 Orne
62 Pas-de-Calais
63 Puy-de-Dôme
64 Pyrénées-Atlantiques
65 Hautes-Pyrénées
66 Pyrénées-Orientales
67 Bas-Rhin
68 Haut-Rhin
69 Rhône
70 Haute-Saône
71 Saône-et-Loire
72 Sarthe
73 Savoie
74 Haute-Savoie
75 Paris
76 Seine-Maritime
77 Seine-et-Marne
78 Yvelines
79 Deux-Sèvres
80 Somme
81 Tarn
82 Tarn-et-Garonne
83 Var
84 Vaucluse
85 Vendée
86 Vienne
87 Haute-Vienne
88 Vosges
89 Yonne
90 Territoire de Belfort
91 Essonne
92 Hauts-de-Seine
93 Seine-Saint-Denis
94 Val-de-Marne
95 Val-d’Oise
971 Guadeloupe
972 Martinique
973 Guyane
974 La Réunion
975 Saint-Pierre-et-Miquelon
976 Mayotte
977 Saint-Barthélemy
978 Saint-Martin
986 Wallis-et-Futuna
987 Polynésie française
988 Nouvelle-Calédonie
""".splitlines()
)

EARTH_KM = 6371.0088  # mean radius (IUGG)
_KM_A_DEGREE = math.radians(1) * EARTH_KM  # of latitude
_BEGINNING = 4  # letters of a department's name
_CELL = 0.25  # degrees: what is near is looked for in the cells around, not among 35,000
_DATA = Path(__file__).with_name("data") / "communes.tsv"
_ARRONDISSEMENT = re.compile(r"(\D+ )(\d+)(er?) Arrondissement")
_ALSO = {  # what people say -> code; the rest is folded from the name
    "iledelareunion": "974",
    "guyanefrancaise": "973",
    "wallis": "986",
    "polynesie": "987",
    "saintbarth": "977",
    "bouchedurhone": "13",
    "belfort": "90",
}


class Place(NamedTuple):
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune, or a municipal arrondissement of Paris, Lyon, Marseille (these three are there whole, too)."""

    code: str  # INSEE, 5 characters: 59350, 2A004, 97801
    name: str
    department: str  # a key of DEPARTMENTS
    postcodes: tuple[str, ...]  # sorted; one may serve several communes, even of two departments
    population: int
    latitude: float
    longitude: float


class Nearby(NamedTuple):
    communes: tuple[Commune, ...]  # the nearest first
    departments: tuple[str, ...]  # of these communes, the nearest first


@cache
def communes() -> Mapping[str, Commune]:
    """By code, in the order of codes: 35,000, 12 MB, 0.2 s the first time. The index by key costs as much, when asked."""
    found: dict[str, Commune] = {}
    shared = cache(lambda postcodes: tuple(map(intern, postcodes.split(","))))  # one tuple for all that say the same
    with _DATA.open(encoding="utf-8") as lines:
        next(lines)  # the columns' names
        for line in lines:
            code, name, department, postcodes, population, latitude, longitude = line.rstrip("\n").split("\t")
            found[code] = Commune(
                code=code,
                name=name,
                department=intern(department),
                postcodes=shared(postcodes),
                population=int(population),
                latitude=float(latitude),
                longitude=float(longitude),
            )
    return found


def by_postcode(postcode: str) -> tuple[Commune, ...]:
    """The most peopled first. A CEDEX is of no commune: nothing."""
    return _by_postcode().get(postcode, ())


def by_key(key: str) -> tuple[Commune, ...]:
    """Communes written so once folded (`fold.town_keys`), the most peopled first: `saintdenis` is a dozen of them.

    Of an arrondissement, all that the trade writes: `paris12`, `paris12e`, `paris12eme`, `paris12earrondissement`.
    """
    return _by_key().get(key, ())


def postcode_beginning(digits: str) -> list[Commune]:
    """Communes that some postcode beginning so serves, the most peopled first."""
    postcodes = _postcodes()
    low, high = bisect_left(postcodes, digits), bisect_left(postcodes, digits + ":")  # ":" is after 9
    found = {one.code: one for postcode in postcodes[low:high] for one in _by_postcode()[postcode]}
    return sorted(found.values(), key=lambda one: -one.population)


@cache
def _postcodes() -> list[str]:
    return sorted(_by_postcode())


@cache
def _by_postcode() -> Mapping[str, tuple[Commune, ...]]:
    return _grouped((postcode, commune) for commune in communes().values() for postcode in commune.postcodes)


@cache
def _by_key() -> Mapping[str, tuple[Commune, ...]]:
    return _grouped((key, commune) for commune in communes().values() for key in _keys(commune.name))


def _grouped(pairs: Iterator[tuple[str, Commune]]) -> Mapping[str, tuple[Commune, ...]]:
    groups: dict[str, list[Commune]] = defaultdict(list)
    for name, commune in pairs:
        groups[name].append(commune)
    return {name: tuple(sorted(group, key=lambda commune: -commune.population)) for name, group in groups.items()}


def _keys(name: str) -> set[str]:
    """Those of `fold.town_keys`, without leaving 35,000 names in its memory."""
    words = fold.fold.__wrapped__(name).split()
    keys = {fold.key(words), fold.key(fold.bare(words))}
    if part := _ARRONDISSEMENT.fullmatch(name):
        town, number, ending = part.groups()
        town = fold.key(fold.fold(town).split())
        keys |= {f"{town}{number}", f"{town}{number:0>2}", f"{town}{number}{ending}", f"{town}{number}eme"}
    return keys


def department_of(postcode: str, insee_code: str = "") -> str:
    """The code of the department, "" when neither tells. The commune's code is believed first.

    A postcode that serves two departments (sixteen do) is of the one where most people have it. CEDEX, which no
    commune has, are read by their first digits; 98000 (Monaco), 99 (abroad) and whatever is no postcode are "".
    """
    code = insee_code.upper()
    if commune := communes().get(code):
        return commune.department
    if (prefix := _prefix(code)) in DEPARTMENTS and len(code) == 5:
        return prefix  # a commune since merged, or a foreign one refused
    people: Counter[str] = Counter()
    for commune in by_postcode(postcode):
        people[commune.department] += commune.population
    if people:
        return people.most_common(1)[0][0]
    if len(postcode) != 5 or not postcode.isdecimal():
        return ""
    if postcode.startswith("20"):  # a CEDEX: 200 and 201 are the south
        return "2A" if postcode < "20200" else "2B"
    return prefix if (prefix := _prefix(postcode)) in DEPARTMENTS else ""


def _prefix(code: str) -> str:
    return code[:3] if code.startswith(("97", "98")) else code[:2]


def department_named(words: str) -> str:
    """The code of what somebody typed: `nord`, `59`, `2a`, `Seine St Denis`, `cote d'or`, `la Réunion`; "" for no department.

    `paris` is one, and a town too: the caller knows which it asks for.
    """
    plain = fold.fold(words).split()
    if len(plain) == 1 and (code := plain[0].upper()) in DEPARTMENTS:
        return code
    names = _department_keys()
    return names.get(fold.key(plain)) or names.get(fold.key(fold.bare(plain)), "")


def departments_beginning(key: str) -> list[str]:
    """Codes of those whose name, folded in one word, begins so (four letters or all of it), or whose code it is."""
    if (code := key.upper()) in DEPARTMENTS:
        return [code]
    names = _department_keys()
    if key in names:
        return [names[key]]
    if len(key) < _BEGINNING:
        return []
    order = _department_order()
    found = takewhile(lambda name: name.startswith(key), islice(order, bisect_left(order, key), None))
    return sorted({names[name] for name in found})


@cache
def departments_from(code: str) -> tuple[str, ...]:
    """Every department, the nearest first, seen from a commune."""
    here = communes()[code]
    others = sorted(_in_departments(), key=lambda department: distance_km(here, _middle(department)))
    return tuple(dict.fromkeys([here.department, *others]))


@cache
def _middle(department: str) -> Place:
    """Where its people are, on average."""
    inside = _in_departments()[department]
    people = sum(one.population for one in inside) or 1
    return Place(
        sum(one.latitude * one.population for one in inside) / people,
        sum(one.longitude * one.population for one in inside) / people,
    )


@cache
def _in_departments() -> Mapping[str, list[Commune]]:
    found: dict[str, list[Commune]] = defaultdict(list)
    for commune in communes().values():
        found[commune.department].append(commune)
    return dict(found)


@cache
def _department_keys() -> Mapping[str, str]:
    return _ALSO | {key: code for code, name in DEPARTMENTS.items() for key in fold.town_keys(name)}


@cache
def _department_order() -> list[str]:
    return sorted(_department_keys())


def distance_km(a: Commune | Place, b: Commune | Place) -> float:
    """Along the great circle (haversine)."""
    a_latitude, a_longitude = map(math.radians, _place(a))
    b_latitude, b_longitude = map(math.radians, _place(b))
    chord = (
        math.sin((b_latitude - a_latitude) / 2) ** 2
        + math.cos(a_latitude) * math.cos(b_latitude) * math.sin((b_longitude - a_longitude) / 2) ** 2
    )
    return 2 * EARTH_KM * math.asin(math.sqrt(min(1.0, chord)))


def near(centre: Commune | Place, km: float) -> Nearby:
    """What lies within `km` (edge included) of the centre, itself among it. Raises ValueError when km < 0.

    For a user's radius (5 to 100 km); beyond a thousand it is all looked at, and slow. Does not cross the date line.
    """
    if not km >= 0:
        raise ValueError("a radius is a positive number of kilometres")
    found = [(distance_km(centre, commune), commune.code, commune) for commune in _around(_place(centre), km)]
    inside = tuple(commune for distance, _, commune in sorted(found) if distance <= km)
    return Nearby(inside, tuple(dict.fromkeys(commune.department for commune in inside)))


def _around(centre: Place, km: float) -> Iterator[Commune]:
    """More than what is within km, never less."""
    high = km / _KM_A_DEGREE
    wide = high / max(0.01, math.cos(math.radians(min(89.0, abs(centre.latitude) + high))))
    cells = _cells()
    for row in range(_cell(centre.latitude - high), _cell(centre.latitude + high) + 1):
        for column in range(_cell(centre.longitude - wide), _cell(centre.longitude + wide) + 1):
            yield from cells.get((row, column), ())


@cache
def _cells() -> Mapping[tuple[int, int], list[Commune]]:
    cells: dict[tuple[int, int], list[Commune]] = defaultdict(list)
    for commune in communes().values():
        cells[_cell(commune.latitude), _cell(commune.longitude)].append(commune)
    return dict(cells)


def _cell(degrees: float) -> int:
    return math.floor(degrees / _CELL)


def _place(where: Commune | Place) -> Place:
    return Place(where.latitude, where.longitude) if isinstance(where, Commune) else where
