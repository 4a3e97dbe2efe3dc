"""What a document of health is called: types, subject (ECO.2.1.3), name of its PDF (ECO.2.1.6), fields X-MSS-*."""

import re
from collections.abc import Sequence

from mailbox.quarantine.values import Person

PREFIX = "XDM/1.0/DDM+"
REPLACES = "[Annule et remplace]"  # client §1.4; before the prefix, as the official [KO …] tag stands
# LOINC codes that the reference names (§10), in the order of a pharmacy's counter. SYNTH is left out: no LOINC code,
# and the OID of its code system is not known.
TYPES = {
    "57833-6": "Ordonnance",
    "60593-1": "Dispensation",
    "87273-9": "Note de vaccination",
    "11369-6": "Historique de vaccinations",
    "96173-0": "Test rapide d’orientation diagnostique",
    "11502-2": "CR d’examens biologiques",
    "18748-4": "CR d’imagerie",
    "11490-0": "Lettre de liaison de sortie",
    "18761-7": "Lettre de liaison d’entrée",
}
_KIND = 40  # characters of a type in the name of a PDF
_UNFIT = re.compile(r'[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\\/:*?"<>|_]')


def line(label: str, person: Person, *, replaces: bool = False) -> str:
    """The subject as people read it: `<label> <NOM> <prenom> <birth date>`."""
    born = f"{person.born[6:8]}/{person.born[4:6]}/{person.born[:4]}" if len(person.born) >= 8 else ""
    told = " ".join(f"{label} {person.family.upper()} {first(person)} {born}".split())
    return f"{REPLACES} {told}" if replaces else told


def subject(label: str, person: Person, *, replaces: bool = False) -> str:
    """The same as it travels."""
    told = line(label, person)
    return f"{REPLACES} {PREFIX}{told}" if replaces else f"{PREFIX}{told}"


def first(person: Person) -> str:
    """The first of the first names."""
    return next(iter(person.given.replace(",", " ").split()), "")


def pdf_name(label: str, person: Person, act_day: str, number: str = "") -> str:
    """`<AAAAMMJJ>_<type ≤ 40>_<NOM>_<prenom>[_<file no.>].pdf` (reference §3.3)."""
    parts = [act_day, label[:_KIND], person.family.upper()[:80], first(person)[:80], number[:40]]
    return "_".join(clean for part in parts if (clean := " ".join(_UNFIT.sub(" ", part).split()))) + ".pdf"


def fields(codes: Sequence[str], *, is_qualified: bool) -> dict[str, str]:
    return {
        "X-MSS-CODECDA": ",".join(codes),  # ECO.2.4.1
        "X-MSS-INS": "O" if is_qualified else "N",  # ECO.2.4.2: O for a qualified INS alone
    }
