"""Names of the national code systems and extensions (annuaire.md §2, §3.3). Pure."""

import re

IDNPS = "urn:oid:1.2.250.1.71.4.2.1"
IDNST = "urn:oid:1.2.250.1.71.4.2.2"
RPPS = "https://rpps.esante.gouv.fr"
FINESS = "https://finess.esante.gouv.fr"
RPPS_RANK = "https://rppsrang.esante.gouv.fr"
IDENTIFIER_TYPES = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203"

_NOS = "https://mos.esante.gouv.fr/NOS"


def nos(table: str) -> str:
    """The canonical URL of a national table: `TRE_G15-ProfessionSante`."""
    return f"{_NOS}/{table}/FHIR/{table.replace('_', '-')}"


PROFESSION = nos("TRE_G15-ProfessionSante")
CATEGORY = nos("TRE_R09-CategorieProfessionnelle")
SPECIALITY = nos("TRE_R38-SpecialiteOrdinale")
SKILL_TYPE = nos("TRE_R04-TypeSavoirFaire")
COMPETENCE = nos("TRE_R39-Competence")
MODE = nos("TRE_R23-ModeExercice")
FUNCTION = nos("TRE_R21-Fonction")
MAIL_TYPE = nos("TRE_R256-TypeMessagerie")
MAILBOX_TYPE = nos("TRE_R257-TypeBAL")

EMAIL_TYPE = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-contact-point-email-type"
MAILBOX_METADATA = "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/as-ext-mailbox-mss-metadata"
INSEE_CODE = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-address-insee-code"
SOURCE = "https://annuaire.sante.fr"
SUBSETTED = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"

MODES = {"S": "salarie", "L": "liberal", "B": "benevole"}  # TRE_R23, by how the label of the file begins, folded

_SKILLS = (  # families of savoir-faire by the shape of their codes (annuaire.md §2.2): code system, type of TRE_R04
    (r"(SM|SCD|SI)\d+", SPECIALITY, "S"),
    (r"C\d+", COMPETENCE, "C"),
    (r"CEX\d+", "urn:oid:1.2.250.1.213.2.30", "CEX"),
    (r"CAPA\d+", "urn:oid:1.2.250.1.213.2.33", "CAPA"),
    (r"DEC\d+", "urn:oid:1.2.250.1.213.1.6.1.111", "DEC"),
    (r"DSM\d+", "urn:oid:1.2.250.1.213.2.32", "DNQ"),
    (r"FQ\d+", "urn:oid:1.2.250.1.213.2.35", "FQ"),
    (r"8[01]", "urn:oid:1.2.250.1.213.2.31", "OP"),
    (r"PAC\d+", "urn:oid:1.2.250.1.213.2.34", "PAC"),
    (r"SST\d+", "urn:oid:1.2.250.1.213.2.76", ""),
)


def skill(code: str) -> tuple[str, str]:
    """(code system, type) of a savoir-faire; two empty strings for a code of no known family."""
    return next(((system, sort) for shape, system, sort in _SKILLS if re.fullmatch(shape, code)), ("", ""))


def mode(label: str) -> str:
    """The code of TRE_R23 that this folded label is of; none for another label."""
    return next((code for code, begins in MODES.items() if label.startswith(begins)), "")
