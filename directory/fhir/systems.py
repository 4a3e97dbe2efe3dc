"""Names of the national code systems and extensions (annuaire.md §2, §3.3). Pure."""

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
MODE = nos("TRE_R23-ModeExercice")
FUNCTION = nos("TRE_R21-Fonction")
SECTOR = nos("TRE_R02-SecteurActivite")
MAIL_TYPE = nos("TRE_R256-TypeMessagerie")
MAILBOX_TYPE = nos("TRE_R257-TypeBAL")

EMAIL_TYPE = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-contact-point-email-type"
MAILBOX_METADATA = "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/as-ext-mailbox-mss-metadata"
