"""Where invented people practise: the real communes, in proportion to their population (directory/data/communes.tsv)."""

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from directory.fold import fold
from directory.invent.draws import Weights

folded = fold.__wrapped__  # names met once would fill its memory
_FILE = Path(__file__).parent.parent / "data" / "communes.tsv"
_WHOLE = {"75056", "69123", "13055"}  # Paris, Lyon and Marseille are given by arrondissement too
_NAMES = dict(
    pair.split(" ", 1)
    for pair in (
        "01 Ain|02 Aisne|03 Allier|04 Alpes-de-Haute-Provence|05 Hautes-Alpes|06 Alpes-Maritimes|07 Ardèche|08 Ardennes|"
        "09 Ariège|10 Aube|11 Aude|12 Aveyron|13 Bouches-du-Rhône|14 Calvados|15 Cantal|16 Charente|17 Charente-Maritime|"
        "18 Cher|19 Corrèze|21 Côte-d'Or|22 Côtes-d'Armor|23 Creuse|24 Dordogne|25 Doubs|26 Drôme|27 Eure|28 Eure-et-Loir|"
        "29 Finistère|2A Corse-du-Sud|2B Haute-Corse|30 Gard|31 Haute-Garonne|32 Gers|33 Gironde|34 Hérault|"
        "35 Ille-et-Vilaine|36 Indre|37 Indre-et-Loire|38 Isère|39 Jura|40 Landes|41 Loir-et-Cher|42 Loire|43 Haute-Loire|"
        "44 Loire-Atlantique|45 Loiret|46 Lot|47 Lot-et-Garonne|48 Lozère|49 Maine-et-Loire|50 Manche|51 Marne|"
        "52 Haute-Marne|53 Mayenne|54 Meurthe-et-Moselle|55 Meuse|56 Morbihan|57 Moselle|58 Nièvre|59 Nord|60 Oise|61 Orne|"
        "62 Pas-de-Calais|63 Puy-de-Dôme|64 Pyrénées-Atlantiques|65 Hautes-Pyrénées|66 Pyrénées-Orientales|67 Bas-Rhin|"
        "68 Haut-Rhin|69 Rhône|70 Haute-Saône|71 Saône-et-Loire|72 Sarthe|73 Savoie|74 Haute-Savoie|75 Paris|"
        "76 Seine-Maritime|77 Seine-et-Marne|78 Yvelines|79 Deux-Sèvres|80 Somme|81 Tarn|82 Tarn-et-Garonne|83 Var|"
        "84 Vaucluse|85 Vendée|86 Vienne|87 Haute-Vienne|88 Vosges|89 Yonne|90 Territoire de Belfort|91 Essonne|"
        "92 Hauts-de-Seine|93 Seine-Saint-Denis|94 Val-de-Marne|95 Val-d'Oise|971 Guadeloupe|972 Martinique|973 Guyane|"
        "974 La Réunion|976 Mayotte|975 Saint-Pierre-et-Miquelon|977 Saint-Barthélemy|978 Saint-Martin|"
        "986 Wallis et Futuna|987 Polynésie française|988 Nouvelle-Calédonie"
    ).split("|")
)
_CROWDED = {"75": 1.45, "13": 1.25, "69": 1.22, "33": 1.2, "34": 1.25, "06": 1.3, "31": 1.25}  # where doctors settle


@dataclass(frozen=True, slots=True)
class Commune:
    code: str
    name: str
    postcodes: tuple[str, ...]
    at: tuple[float, float]  # degrees, (0, 0) when not known

    def town(self) -> str:
        """The town that a letter is sent to: `Paris`, not its arrondissement."""
        return self.name.split(" ")[0] if self.name.endswith("Arrondissement") else self.name


@dataclass(frozen=True, slots=True)
class Department:
    code: str
    name: str
    communes: tuple[Commune, ...]  # its large town, then the most populated first
    which: Weights
    population: int

    @property
    def prefix(self) -> str:
        """Two characters: what a FINESS number of the department begins with."""
        return self.code[:2]


@dataclass(frozen=True, slots=True)
class Land:
    departments: tuple[Department, ...]
    anyone: Weights
    doctors: Weights


@cache
def land() -> Land:
    """The country; 984 and 989, where nobody lives, left out."""
    found: dict[str, list[tuple[int, Commune]]] = {code: [] for code in _NAMES}
    with _FILE.open(encoding="utf-8") as lines:
        at = {name: place for place, name in enumerate(next(lines).rstrip("\n").split("\t"))}
        for line in lines:
            cells = line.rstrip("\n").split("\t")
            count, code = int(cells[at["population"]] or 0), cells[at["code"]]
            if count and code not in _WHOLE and cells[at["department"]] in found:
                commune = Commune(
                    code,
                    cells[at["name"]],
                    tuple(cells[at["postcodes"]].split(",")),
                    (float(cells[at["latitude"]] or 0), float(cells[at["longitude"]] or 0)),
                )
                found[cells[at["department"]]].append((count, commune))
    departments = tuple(_department(code, rows) for code, rows in found.items() if rows)
    people = [one.population for one in departments]
    doctors = [one.population * _CROWDED.get(one.code, 0.97) for one in departments]
    return Land(departments, Weights(people), Weights(doctors))


def _department(code: str, rows: list[tuple[int, Commune]]) -> Department:
    rows.sort(key=lambda row: (not row[1].name.endswith("Arrondissement"), -row[0], row[1].code))
    weights = [count + 3_000 * (count > 2_000) for count, _ in rows]  # little towns care for the villages around
    return Department(
        code, _NAMES[code], tuple(commune for _, commune in rows), Weights(weights), sum(count for count, _ in rows)
    )


@lru_cache(maxsize=8_192)
def slug(text: str) -> str:
    """For an address: `L’Haÿ-les-Roses` → `lhay-les-roses`."""
    return folded(text.replace("'", "").replace("’", "")).replace(" ", "-")
