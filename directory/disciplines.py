"""Disciplines over the official codes: each has had several over successive reforms (annuaire.md §2.2). Pure.

What is not grouped here is a discipline of its own, under the file's label.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Discipline:
    """`called` are folded words that no official label holds: `généraliste`, `cardiologue`."""

    name: str
    codes: tuple[str, ...]
    called: str


_TOLD = """
Médecine générale | SM26 SM53 SM54 | generaliste medecin traitant
Cardiologie | SM04 SM73 SM79 SM80 SM81 | cardiologue cardiologie
Pédopsychiatrie | SM43 SM92 | pedopsychiatre psychiatre
Psychiatrie | SM33 SM42 SM93 | psychiatre
Ophtalmologie | SM38 SM85 | ophtalmologue ophtalmologiste ophtalmo
Radiologie | SM44 SM55 SM74 SM94 | radiologue radiologie
Gynécologie | SM19 SM20 SM51 SM52 | gynecologue gyneco obstetricien
Anesthésie et réanimation | SM02 SM76 | anesthesiste reanimateur
Endocrinologie | SM16 SM62 | endocrinologue diabetologue
ORL | SM34 SM39 SM86 | orl oto rhino
Oncologie et hématologie | SM22 SM23 SM35 SM36 SM37 | oncologue cancerologue
Biologie médicale | SM03 SM63 SM64 SM65 SM66 SM67 | biologiste
Dermatologie | SM15 | dermatologue
Gériatrie | SM18 | geriatre
Gastro-entérologie | SM24 | gastroenterologue
Néphrologie | SM30 SM83 | nephrologue
Neurologie | SM32 SM84 | neurologue
Neurochirurgie | SM31 | neurochirurgien
Pédiatrie | SM40 SM87 SM88 SM89 SM90 | pediatre
Pneumologie | SM41 SM91 | pneumologue
Rhumatologie | SM48 | rhumatologue
Stomatologie | SM50 | stomatologue
Allergologie | SM57 | allergologue
Médecine d’urgence | SM59 SI05 | urgentiste urgences
Médecine vasculaire | SM61 | angiologue
Maladies infectieuses | SM58 | infectiologue
Médecine interne | SM27 SM72 | interniste
Chirurgie orthopédique | SM08 SM70 | orthopediste chirurgien
Urologie | SM12 | urologue chirurgien
Autres chirurgies | SM05 SM06 SM07 SM09 SM10 SM11 SM13 SM14 SM68 SM69 SM77 SM78 | chirurgien
Pratique avancée | SI01 SI02 SI03 SI04 | ipa pratique avancee
Orthodontie | SCD01 | orthodontiste
"""


def _read() -> tuple[Discipline, ...]:
    parts = ([part.strip() for part in line.split("|")] for line in _TOLD.strip().splitlines())
    return tuple(Discipline(name, tuple(codes.split()), called) for name, codes, called in parts)


GROUPS = _read()
_BY_CODE: Mapping[str, Discipline] = {code: group for group in GROUPS for code in group.codes}


def discipline_of(code: str, label: str) -> str:
    """Under which name a discipline is shown and chosen; "" when there is none."""
    return _BY_CODE[code].name if code in _BY_CODE else label


def called(code: str) -> str:
    return _BY_CODE[code].called if code in _BY_CODE else ""
