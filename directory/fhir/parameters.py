"""What our FHIR server understands, resource by resource: the one table that parsing and the CapabilityStatement read. Pure.

A parameter of the national API that is not here has no data in the extractions; asking for it is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass

PRACTITIONER, ROLE, ORGANIZATION = "Practitioner", "PractitionerRole", "Organization"
RESOURCES = (PRACTITIONER, ROLE, ORGANIZATION)
DEFAULT_COUNT, MAX_COUNT = 50, 200
EXACT, CONTAINS = "exact", "contains"


@dataclass(frozen=True, slots=True)
class Parameter:
    """`told`: what a developer must know of it, in French. `is_ours`: an extension of the national API."""

    kind: str  # token, string, reference, date (FHIR R4 §3.1.1.4)
    told: str = ""
    is_ours: bool = False

    @property
    def modifiers(self) -> tuple[str, ...]:
        return (EXACT, CONTAINS) if self.kind == "string" else ()


_ID = Parameter("token")
_ACTIVE = Parameter(
    "token",
    "Sans ce paramètre, les fermés répondent aussi, comme dans l’API nationale ; ils ne portent que leurs identifiants"
    " et ne sont trouvés que par _id, identifier ou _lastUpdated.",
)
_ALWAYS_ACTIVE = Parameter("token", "Un lieu d’exercice qui n’est plus publié n’existe plus : false ne trouve rien.")
_UPDATED = Parameter(
    "date",
    "Date d’écriture, à la date de l’extraction. Pour un suivi, reprendre le meta.lastUpdated du dernier Bundle lu.",
)
_MAILBOX = Parameter(
    "string",
    "Adresse MSSanté : son début ; « :contains » seul seulement sous la forme « @domaine ».",
)
_NEEDS_MORE = "« :contains » demande un autre critère."
PARAMETERS: Mapping[str, Mapping[str, Parameter]] = {
    PRACTITIONER: {
        "_id": _ID,
        "_lastUpdated": _UPDATED,
        "active": _ACTIVE,
        "family": Parameter("string", f"Nom d’exercice, rien d’autre. {_NEEDS_MORE}"),
        "given": Parameter("string", "Prénom d’exercice ; demande un autre critère."),
        "name": Parameter("string", f"Nom, « nom prénom » ou « prénom nom ». {_NEEDS_MORE}"),
        "identifier": Parameter("token", "IDNPS ou RPPS."),
        "identifier-type": Parameter("token", "IDNPS ou RPPS."),
        "mailbox-mss": _MAILBOX,
        "qualification-code": Parameter("token", "Profession (G15), catégorie (R09) ou savoir-faire (R38, R39…)."),
    },
    ROLE: {
        "_id": _ID,
        "_lastUpdated": _UPDATED,
        "active": _ALWAYS_ACTIVE,
        "mailbox-mss": _MAILBOX,
        "organization": Parameter("reference"),
        "practitioner": Parameter("reference"),
        "role": Parameter("token", "Mode d’exercice (R23 : S, L, B) ; demande un autre critère."),
        "specialty": Parameter(
            "token", "Profession (G15) ou savoir-faire (R38, R39…) exercé ; demande un lieu ou une personne.", True
        ),
        "organization.address-postalcode": Parameter("string", f"Code postal du lieu. {_NEEDS_MORE}", True),
        "organization.address-city": Parameter("string", f"Commune du lieu. {_NEEDS_MORE}", True),
    },
    ORGANIZATION: {
        "_id": _ID,
        "_lastUpdated": _UPDATED,
        "active": _ACTIVE,
        "address": Parameter("string", f"Commune ou code postal ; la voie avec « :contains ». {_NEEDS_MORE}"),
        "address-city": Parameter("string", f"Commune. {_NEEDS_MORE}"),
        "address-postalcode": Parameter("string", f"Code postal. {_NEEDS_MORE}"),
        "identifier": Parameter("token", "IDNST, FINESS, SIRET (sans système) ou RPPS-rang."),
        "identifier-type": Parameter("token", "IDNST, SIRET ou RPPSRG : le type d’un FINESS n’est pas connu."),
        "mailbox-mss": _MAILBOX,
        "name": Parameter("string", f"Nom. {_NEEDS_MORE}"),
    },
}
INCLUDES: Mapping[str, tuple[str, ...]] = {
    PRACTITIONER: (),
    ROLE: ("PractitionerRole:practitioner", "PractitionerRole:organization", "*"),
    ORGANIZATION: (),
}
REVINCLUDES: Mapping[str, tuple[str, ...]] = {
    PRACTITIONER: ("PractitionerRole:practitioner",),
    ROLE: (),
    ORGANIZATION: ("PractitionerRole:organization",),
}
CONTROLS = {
    "_count": Parameter("number", f"De 1 à {MAX_COUNT} ; {DEFAULT_COUNT} par défaut."),
    "_elements": Parameter("string", "Éléments de premier niveau."),
    "_total": Parameter("token", "none (défaut) ou accurate."),
    "_format": Parameter("token", "json."),
}
ELEMENTS: Mapping[str, frozenset[str]] = {
    PRACTITIONER: frozenset("id meta language active identifier name telecom qualification".split()),
    ROLE: frozenset("id meta language active practitioner organization code telecom".split()),
    ORGANIZATION: frozenset("id meta language active identifier name telecom address".split()),
}
