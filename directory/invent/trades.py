"""Professions, their numbers in France (annuaire.md §6.1), their skills and how they practise."""

from dataclasses import dataclass

from directory.invent.draws import spread

_SM = "S", "Spécialité ordinale"
_SPECIALITIES = (
    """
SM54 Médecine générale=30|SM53 Spécialiste en Médecine générale=52|SM26 Qualifié en Médecine générale=18
SM04 Cardiologie et Maladies vasculaires=6|SM73 Médecine cardiovasculaire=1.5
SM79 Médecine cardiovasculaire option cardiologie interventionnelle=.3|SM40 Pédiatrie=8
SM15 Dermatologie et Vénéréologie=3.6|SM20 Gynécologie-obstétrique=5|SM19 Gynécologie médicale=1.2|SM38 Ophtalmologie=5.6
SM42 Psychiatrie=13|SM43 Psychiatrie, option enfant et adolescent=1.8|SM44 Radio-diagnostic=8
SM74 Radiologie et imagerie médicale=1.5|SM02 Anesthésie-réanimation=11.5|SM36 Oncologie, option médicale=1.2
SM37 Oncologie, option radiothérapie=.9|SM41 Pneumologie=3.2|SM48 Rhumatologie=2.6|SM18 Gériatrie=2.4|SM30 Néphrologie=1.9
SM32 Neurologie=2.8|SM03 Biologie médicale=2.8|SM39 Oto-rhino-laryngologie=2.4|SM34 ORL et Chirurgie cervico-faciale=.7
SM16 Endocrinologie et Métabolisme=1.7|SM62 Endocrinologie, diabétologie, nutrition=.5
SM24 Gastro-entérologie et Hépatologie=4|SM25 Médecine du travail=4.6|SM59 Médecine d'urgence=3.4
SM29 Médecine physique et de réadaptation=2|SM08 Chirurgie orthopédique et Traumatologie=3.6|SM05 Chirurgie générale=2.4
SM14 Chirurgie viscérale et digestive=1.8|SM12 Chirurgie urologique=1.4
SM10 Chirurgie plastique reconstructrice et esthétique=1|SM13 Chirurgie vasculaire=.7|SM31 Neuro-chirurgie=.6
SM11 Chirurgie thoracique et cardio-vasculaire=.5|SM09 Chirurgie infantile=.3|SM01 Anatomie et Cytologie pathologiques=1.6
SM49 Santé publique et Médecine sociale=1.6|SM27 Médecine interne=2.4|SM57 Allergologie=.4|SM61 Médecine vasculaire=.9
SM58 Maladies infectieuses et tropicales=.4|SM46 Médecine intensive-réanimation=.6|SM28 Médecine nucléaire=.8
SM17 Génétique médicale=.3|SM21 Hématologie=.6|SM22 Hématologie, option Maladie du sang=.4|SM50 Stomatologie=.5
SM56 Chirurgie orale=.2|SM33 Neuro-psychiatrie=.2|SM60 Médecine légale et expertises médicales=.2
SM87 Pédiatrie option néonatologie=.2|SM93 Psychiatrie option psychiatrie personne âgée=.2|SM99 Discipline à venir=.1
""".strip()
    .replace("\n", "|")
    .split("|")
)
_GENERAL = 3  # of them are general practice
_MORE = """
CAPA Capacité:
CAPA01 Addictologie clinique=5|CAPA02 Aide médicale urgente=16|CAPA03 Allergologie=5
CAPA05 Evaluation et Traitement de la douleur=6|CAPA10 Médecine et Biologie du sport=12
C Compétence:
C05 Médecine appliquée aux sports=8|C07 Cardiologie=2|C23 Gynécologie médicale et Obstétrique=3
C25 Gynécologie médicale=4|C29 Maladies de l'appareil digestif=2
DNQ Diplôme d'études spécialisées complémentaires non qualifiant:
DSM200 Addictologie=5|DSM201 Allergologie et Immunologie clinique=3|DSM219 Médecine du sport=4
DSM235 Médecine de la douleur et Médecine palliative=7|DSM220 Médecine d'urgence=8|DSM226 Nutrition=3
OP Orientation particulière:
80 Homéopathie=5|81 Acupuncture=5
DEC Droit d'exercice complémentaire:
DEC01 Addictologie=2|DEC02 Allergologie et Immunologie clinique=2|DEC15 Médecine du sport=2
""".strip().splitlines()


@dataclass(frozen=True, slots=True)
class Skill:
    kind: str
    kind_label: str
    code: str
    label: str


@dataclass(frozen=True, slots=True)
class Trade:
    code: str
    label: str
    people: int  # in the country
    women: float
    private: float  # who practises in a practice of theirs
    kinds: tuple[str, ...]  # of the structures where they are employed, the likeliest first
    boxes: float  # who has an address, at least
    domain: str = ""  # of the profession
    domain_share: float = 0.0
    is_busy: bool = False  # more places than others
    is_doctor: bool = False


def _skills(rows: list[str], kind: tuple[str, str]) -> list[tuple[Skill, float]]:
    return [(Skill(*kind, *text.split(" ", 1)), float(weight)) for text, weight in (row.split("=") for row in rows)]


def _further(lines: list[str]) -> list[tuple[Skill, float]]:
    """A line that ends with a colon names the kind of those that follow."""
    found, kind = list[tuple[Skill, float]](), _SM
    for line in lines:
        if line.endswith(":"):
            code, _, label = line[:-1].partition(" ")
            kind = code, label
        else:
            found += _skills(line.split("|"), kind)
    return found


GENERALISTS = spread(_skills(_SPECIALITIES[:_GENERAL], _SM), 8)
SPECIALISTS = spread(_skills(_SPECIALITIES[_GENERAL:], _SM), 13)
FURTHER = spread(_further(_MORE), 10)
ADVANCED = spread(_skills([
    "SI01 Exercice infirmier en pratique avancée pathologies chroniques stabilisées=6",
    "SI02 Exercice infirmier en pratique avancée oncologie et hémato-oncologie=2",
    "SI03 Exercice infirmier en pratique avancée maladie rénale chronique=.5",
    "SI04 Exercice infirmier en pratique avancée santé mentale=1.5", "SI05 Exercice infirmier en pratique avancée urgences=1",
], _SM), 8)  # fmt: skip
DENTAL = spread(
    _skills(["SCD01 Orthopédie dento-faciale=7", "SCD02 Chirurgie orale=2", "SCD03 Médecine bucco-dentaire=1"], _SM), 8
)

_CARE = ("hospital", "ehpad", "clinic", "social", "centre")
TRADES = (
    Trade("10", "Médecin", 237_200, 0.50, 0.48, ("hospital", "hospital", "clinic", "group", "house", "centre", "lab"), 0.685,
          "medecin", 0.325, is_busy=True, is_doctor=True),
    Trade("21", "Pharmacien", 74_600, 0.67, 0.0, (*("pharmacy",) * 4, "hospital", "lab", "clinic"), 0.49,
          "pharmacien", 0.46),
    Trade("40", "Chirurgien-Dentiste", 45_800, 0.50, 0.78, ("group", "centre", "hospital"), 0.47, "chirurgien-dentiste", 0.56,
          is_doctor=True),
    Trade("50", "Sage-Femme", 25_400, 0.97, 0.36, ("hospital", "hospital", "clinic", "centre"), 0.545, "sage-femme", 0.3),
    Trade("60", "Infirmier", 640_000, 0.87, 0.21, (*("hospital",) * 3, "clinic", "ehpad", "social", "centre", "house"),
          0.11, "infirmier", 0.33, is_busy=True),
    Trade("70", "Masseur-Kinésithérapeute", 104_200, 0.52, 0.82, ("group", "hospital", "clinic", "house"), 0.5,
          "masseur-kinesitherapeute", 0.45),
    Trade("80", "Pédicure-Podologue", 14_500, 0.66, 0.95, ("group", "house"), 0.3),
    Trade("91", "Orthophoniste", 26_500, 0.97, 0.82, ("hospital", "social", "group"), 0.3),
    Trade("92", "Orthoptiste", 6_600, 0.86, 0.6, ("group", "hospital"), 0.2),
    Trade("93", "Psychologue", 77_000, 0.87, 0.34, ("hospital", "social", "centre", "ehpad"), 0.05),
    Trade("94", "Ergothérapeute", 16_000, 0.87, 0.2, _CARE, 0.06),
    Trade("95", "Diététicien", 16_500, 0.94, 0.4, ("hospital", "clinic", "house"), 0.08),
    Trade("96", "Psychomotricien", 16_000, 0.88, 0.3, ("social", "hospital", "ehpad"), 0.05),
    Trade("98", "Manipulateur ERM", 42_000, 0.71, 0.0, ("hospital", "clinic", "imaging"), 0.02),
    Trade("86", "Technicien de laboratoire médical", 45_400, 0.77, 0.0, ("lab", "hospital"), 0.01),
    Trade("28", "Opticien-Lunetier", 44_200, 0.56, 0.0, ("optician",), 0.01),
    Trade("26", "Audioprothésiste", 5_000, 0.55, 0.0, ("optician",), 0.05),
    Trade("81", "Orthoprothésiste", 2_200, 0.35, 0.0, ("optician",), 0.02),
    Trade("82", "Podo-orthésiste", 700, 0.4, 0.0, ("optician",), 0.02),
    Trade("83", "Orthopédiste-orthésiste", 1_600, 0.5, 0.0, ("optician", "pharmacy"), 0.02),
    Trade("32", "Physicien médical", 900, 0.45, 0.0, ("hospital", "clinic"), 0.1),
    Trade("31", "Assistant dentaire", 30_000, 0.97, 0.0, ("group", "centre"), 0.0),
    Trade("35", "Aide-soignant", 320_000, 0.9, 0.0, ("hospital", "ehpad", "ehpad", "clinic", "social"), 0.002),
    Trade("36", "Ambulancier", 30_000, 0.35, 0.0, ("transport", "hospital"), 0.0),
    Trade("37", "Auxiliaire de puériculture", 26_000, 0.99, 0.0, ("hospital", "social"), 0.0),
    Trade("38", "Préparateur en pharmacie hospitalière", 8_500, 0.85, 0.0, ("hospital",), 0.05),
    Trade("39", "Préparateur en pharmacie", 56_000, 0.9, 0.0, ("pharmacy",), 0.01),
    Trade("71", "Ostéopathe", 19_000, 0.5, 0.97, ("group",), 0.03),
    Trade("72", "Psychothérapeute", 12_000, 0.75, 0.8, ("social", "centre"), 0.02),
    Trade("73", "Chiropracteur", 1_500, 0.45, 0.98, ("group",), 0.0),
    Trade("41", "Assistant de service social", 12_000, 0.93, 0.0, ("hospital", "social"), 0.02),
    Trade("99", "Profession à venir", 600, 0.6, 0.0, ("hospital",), 0.0),
)  # fmt: skip
WHICH = spread(((trade, trade.people) for trade in TRADES), 16)

CATEGORIES = spread([(("C", "Civil"), 92.5), (("E", "Etudiant"), 3.5), (("F", "Fonctionnaire ou agent public"), 3.2),
                     (("M", "Militaire"), 0.8)])  # fmt: skip
SECTIONS = {"A": "Titulaire d'officine", "D": "Adjoint, remplaçant, gérant d'officine", "G": "Biologiste", "H": "Établissement",
            "E": "Outre-mer", "B": "Industrie"}  # fmt: skip
