"""What a pharmacist calls a profession or a discipline, over the official codes. Pure.

The labels of the file are always searched too (TRE_G15, JDV_J107); these are the words that no label holds: `kiné`,
`généraliste`, `cardiologue`. A discipline has several codes over successive reforms (annuaire.md §2.2).
"""

from directory.fold import fold

_PROFESSIONS = {
    "10": "docteur medecin", "21": "pharmacien pharmacienne apothicaire", "26": "audio", "28": "opticien opticienne",
    "40": "dentiste", "50": "sage femme sagefemme maieuticien", "60": "infirmier infirmiere ide idel",
    "70": "kine kinesitherapeute masseur", "80": "podologue pedicure", "86": "technicien labo",
    "91": "orthophoniste", "93": "psychologue", "94": "ergotherapeute", "95": "dieteticien dieteticienne",
    "96": "psychomotricien", "98": "manipulateur radio",
}  # fmt: skip
_DISCIPLINES = {
    "generaliste medecin traitant": "SM26 SM53 SM54",
    "cardiologue cardiologie": "SM04 SM73 SM79 SM80 SM81",
    "pedopsychiatre psychiatre": "SM43 SM92",
    "psychiatre": "SM33 SM42 SM93",
    "ophtalmologue ophtalmologiste ophtalmo": "SM38 SM85",
    "radiologue radiologie": "SM44 SM55 SM74 SM94",
    "gynecologue gyneco obstetricien": "SM19 SM20 SM51 SM52",
    "anesthesiste reanimateur": "SM02 SM76",
    "endocrinologue diabetologue": "SM16 SM62",
    "orl oto rhino": "SM34 SM39 SM86",
    "oncologue cancerologue": "SM22 SM23 SM35 SM36 SM37",
    "biologiste": "SM03 SM63 SM64 SM65 SM66 SM67",
    "dermatologue": "SM15",
    "geriatre": "SM18",
    "gastroenterologue": "SM24",
    "nephrologue": "SM30 SM83",
    "neurologue": "SM32 SM84",
    "neurochirurgien": "SM31",
    "pediatre": "SM40 SM87 SM88 SM89 SM90",
    "pneumologue": "SM41 SM91",
    "rhumatologue": "SM48",
    "stomatologue": "SM50",
    "allergologue": "SM57",
    "urgentiste urgences": "SM59 SI05",
    "angiologue": "SM61",
    "infectiologue": "SM58",
    "interniste": "SM27 SM72",
    "orthopediste chirurgien": "SM08 SM70",
    "urologue chirurgien": "SM12",
    "chirurgien": "SM05 SM06 SM07 SM09 SM10 SM11 SM13 SM14 SM68 SM69 SM77 SM78",
    "ipa pratique avancee": "SI01 SI02 SI03 SI04 SI05",
    "orthodontiste": "SCD01",
}
_BY_CODE: dict[str, str] = {}
for _words, _codes in _DISCIPLINES.items():
    for _code in _codes.split():
        _BY_CODE[_code] = f"{_BY_CODE.get(_code, '')} {_words}".strip()


def words(profession_code: str, profession: str, speciality_code: str, speciality: str) -> str:
    """Every folded word under which this trade may be asked for, each once, a blank before each."""
    told = (profession, speciality, _PROFESSIONS.get(profession_code, ""), _BY_CODE.get(speciality_code, ""))
    return "".join(f" {word}" for word in dict.fromkeys(" ".join(map(fold, told)).split()))
