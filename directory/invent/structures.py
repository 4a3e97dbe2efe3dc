"""Invented structures, each made from its number alone: a kind, a department, a commune, an address, a FINESS number."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from directory.invent import family, places
from directory.invent.draws import ALL, Draws, Weights, luhn_closed, source
from directory.invent.land import Department, Land
from directory.invent.places import Site

NATION = 1_950_000  # people: the numbers below are the country's


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    count: int
    sector: tuple[str, str]
    titles: tuple[str, ...]  # {} is what the place is called, {town} where it is
    boxes: float  # on average
    identified: str = "finess"


_OFFICINE = ("SA33", "Pharmacie d'officine")
KINDS = (
    Kind("hospital", 3_000, ("SA01", "Etablissement public de santé"),
         ("Centre hospitalier de {town}", "Hôpital {}", "Centre hospitalier {}", "Hôpital local de {town}"), 9.6),
    Kind("clinic", 1_900, ("SA04", "Etablissement privé non PSPH"),
         ("Clinique {}", "Polyclinique {}", "Clinique {} de {town}"), 4.3),
    Kind("pharmacy", 21_000, _OFFICINE, (*("Pharmacie {}",) * 3, "Grande Pharmacie {}", "Selarl Pharmacie {}"), 0.63),
    Kind("lab", 4_600, ("SA25", "Laboratoire de biologie médicale"), ("Laboratoire {}", "Laboratoire de biologie médicale {}",
         "Biogroupe {town}"), 0.9),
    Kind("ehpad", 7_500, ("SA17", "Etablissement pour personnes âgées"),
         ("EHPAD {}", "Résidence {}", "Maison de retraite {}"), 0.9),
    Kind("house", 2_600, ("SA52", "Maison de santé"), ("Maison de santé {}", "MSP {}", "Pôle de santé de {town}"), 0.8),
    Kind("centre", 3_200, ("SA05", "Centre de santé"),
         ("Centre de santé {}", "Centre de soins {}", "Centre municipal de santé de {town}"), 0.7),
    Kind("group", 26_000, ("SA08", "Cabinet de groupe"),
         ("Cabinet {}", "SCM {}", "Cabinet médical {}", "Selarl {}"), 0.25, "siret"),
    Kind("social", 13_000, ("SA16", "Etablissement pour personnes handicapées"),
         ("IME {}", "MAS {}", "Foyer {}", "SESSAD {}", "CMPP {}", "Association {}"), 0.5),
    Kind("optician", 14_000, ("SA30", "Autre établissement"), ("Optique {}", "Les Opticiens {}", "Audition {}"), 0.0, "siret"),
    Kind("imaging", 1_400, ("SA29", "Centre d'imagerie"), ("Imagerie médicale {}", "Centre de radiologie {}"), 1.4),
    Kind("transport", 3_000, ("SA30", "Autre établissement"), ("Ambulances {}", "Taxi-ambulances {}"), 0.05, "siret"),
)  # fmt: skip
BY_NAME = {kind.name: place for place, kind in enumerate(KINDS)}
SERVICES = tuple("""
Secrétariat médical|Cardiologie|Urgences|Service de gériatrie|Pharmacie à usage intérieur|Biologie médicale|Oncologie
Pédiatrie|Maternité|Pneumologie|Neurologie|Chirurgie viscérale|Chirurgie orthopédique|Imagerie médicale|Anesthésie
Gastro-entérologie|Endocrinologie et diabétologie|Néphrologie|Dialyse|Psychiatrie adulte|Pédopsychiatrie|Rhumatologie
Médecine interne|Maladies infectieuses|Réanimation|Dermatologie|Ophtalmologie|ORL|Urologie|Hospitalisation à domicile
Soins de suite|Addictologie|Soins palliatifs|Service social|Bureau des admissions|Médecine physique et réadaptation
Équipe mobile de gériatrie|Consultations externes|DIM|Chirurgie vasculaire
""".strip().replace("\n", "|").split("|"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Structure:
    """`activity` and `mailbox` are its columns, written once for all its lines."""

    kind: int
    number: int  # among its kind
    rank: int  # among its kind and department: 0 is the largest
    department: Department
    key: str  # F…, C…, R…: what names it in the files
    site: Site
    activity: str
    mailbox: str
    sector: str


class Structures:
    """All of a country of so many people. A small country lacks some kinds in some departments."""

    def __init__(self, seed: int, people: int, country: Land) -> None:
        self._country = country
        self._draws = source(seed, "structures")
        self.counts = tuple(max(round(kind.count * people / NATION), 1) for kind in KINDS)
        shares = list(accumulate(one.population for one in country.departments))
        self._starts = tuple([count * share // shares[-1] for share in (0, *shares)] for count in self.counts)
        self._before = (0, *accumulate(self.counts))
        self.total = self._before[-1]
        self.of = lru_cache(maxsize=6_000)(self._of)

    def located(self, number: int) -> tuple[int, int]:
        """Kind and number of the n-th structure of all."""
        kind = bisect_right(self._before, number) - 1
        return kind, number - self._before[kind]

    def near(self, kind: int, department: int, draw: int) -> Structure:
        """One of that kind and department, the first ones oftener for hospitals; of the country where there is none."""
        start, end = self._starts[kind][department : department + 2]
        if start == end:
            start, end = 0, self.counts[kind]
        part = draw / ALL
        if KINDS[kind].boxes > 1:
            part *= part * part
        return self.of(kind, start + int((end - start) * part))

    def _of(self, kind: int, number: int) -> Structure:
        starts = self._starts[kind]
        place = bisect_right(starts, number) - 1
        rank, department = number - starts[place], self._country.departments[place]
        draws = self._draws(self._before[kind] + number)
        named, what = self._name(kind, rank, draws), KINDS[kind]
        commune = department.communes[_commune(department.which, what, rank, draws[0])]
        serial = self._before[kind] + number
        town = commune.town()
        named = named.replace("de {town}", _of_town(town)).replace("{town}", town)
        site = places.site(named, commune, draws)
        if what.identified == "siret":
            siren = luhn_closed(f"99{serial:06d}")
            identity = places.Identity("C", luhn_closed(f"{siren}0001"), siren, "", "")
        else:
            legal = luhn_closed(f"{department.prefix}{800_000 + serial // 2:06d}".replace("A", "0").replace("B", "0"))
            finess = _finess(department.prefix, serial)
            identity = places.Identity("F", finess, "", finess, f"{department.prefix}{legal[2:]}")
        activity, mailbox = places.columns(identity, site, department, draws)
        sector = f"{what.sector[0]}|{what.sector[1]}"
        return Structure(
            kind, number, rank, department, identity.kind + identity.number, site, activity, mailbox, sector
        )

    def _name(self, kind: int, rank: int, draws: Draws) -> str:
        what = KINDS[kind]
        title = what.titles[0] if what.name == "hospital" and rank == 0 else what.titles[draws[2] % len(what.titles)]
        return title.replace("{}", _called(draws, what.name), 1)


def _of_town(town: str) -> str:
    """`du Mans`, `d'Annecy`, `des Ulis`, `de La Rochelle`."""
    if town.startswith("Le "):
        return f"du {town[3:]}"
    if town.startswith("Les "):
        return f"des {town[4:]}"
    return f"d'{town}" if town[0] in "AEIOUÉÈÎÔ" else f"de {town}"


def _commune(which: Weights, kind: Kind, rank: int, draw: int) -> int:
    """The first hospital of a department is in its first town."""
    return 0 if rank == 0 and kind.name in {"hospital", "clinic"} else which(draw)


def _called(draws: Draws, kind: str) -> str:
    part = draws[3] % 100
    if part < 55 and kind != "optician":
        return _pick(places.CALLED, draws[4])
    if part < 75:
        return _pick(places.SAINTS, draws[4])
    return family.name(family.rank(draws[4]))


def _pick(names: Sequence[str], draw: int) -> str:
    return names[draw % len(names)]


def _finess(prefix: str, serial: int) -> str:
    digits = f"{prefix}{serial:06d}"
    return digits + luhn_closed(digits.replace("A", "0").replace("B", "0"))[-1]
