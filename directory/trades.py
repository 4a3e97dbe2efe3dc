"""What a pharmacist calls a profession or a discipline, over the official codes. Pure.

The labels of the file are always searched too (TRE_G15, JDV_J107); these are the words that no label holds: `kiné`,
`généraliste`, `cardiologue` (directory.disciplines).
"""

from directory import disciplines
from directory.fold import fold

_PROFESSIONS = {
    "10": "docteur medecin", "21": "pharmacien pharmacienne apothicaire", "26": "audio", "28": "opticien opticienne",
    "40": "dentiste", "50": "sage femme sagefemme maieuticien", "60": "infirmier infirmiere ide idel",
    "70": "kine kinesitherapeute masseur", "80": "podologue pedicure", "86": "technicien labo",
    "91": "orthophoniste", "93": "psychologue", "94": "ergotherapeute", "95": "dieteticien dieteticienne",
    "96": "psychomotricien", "98": "manipulateur radio",
}  # fmt: skip


def words(profession_code: str, profession: str, speciality_code: str, speciality: str) -> str:
    """Every folded word under which this trade may be asked for, each once, a blank before each."""
    told = (profession, speciality, _PROFESSIONS.get(profession_code, ""), disciplines.called(speciality_code))
    return "".join(f" {word}" for word in dict.fromkeys(" ".join(map(fold, told)).split()))
