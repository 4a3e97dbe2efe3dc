"""The CapabilityStatement of our FHIR server: exactly what it understands, from the same table that it parses with. Pure."""

from directory.fhir.parameters import CONTROLS, EXACT, INCLUDES, PARAMETERS, RESOURCES, REVINCLUDES, Parameter
from directory.fhir.write import Resource

VERSION = "1"  # of the shapes: another one when an answer changes for the same data
DATE = "2026-11-26"
_TOLD = (
    "Annuaire Santé en lecture seule, d’après les extractions publiques en libre accès (Licence Ouverte v2). Tout paramètre,"
    " modificateur ou valeur inconnu est refusé (400). Les recherches par POST n’écrivent rien dans une adresse. Les textes"
    " se comparent sans accents ni casse, sauf avec « :exact ». La page suivante est à prendre telle quelle dans le lien"
    " « next »."
)
_EXTENSION = "Extension de ce serveur, absente de l’API nationale. "


def statement(base: str) -> Resource:
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": DATE,
        "kind": "instance",
        "software": {"name": "mssweb", "version": VERSION},
        "implementation": {"description": "Annuaire Santé, pour les logiciels de pharmacie", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "documentation": _TOLD,
                "security": {"cors": False, "description": "Une clé par programme : ESANTE-API-KEY, ou Authorization: Bearer."},
                "resource": [_resource(name) for name in RESOURCES],
            }
        ],
    }  # fmt: skip


def _resource(name: str) -> Resource:
    found: Resource = {
        "type": name,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "versioning": "no-version",
        "searchParam": [
            *(_parameter(key, one) for key, one in PARAMETERS[name].items()),
            *(_parameter(key, one) for key, one in CONTROLS.items()),
        ],
    }
    for key, offered in (("searchInclude", INCLUDES[name]), ("searchRevInclude", REVINCLUDES[name])):
        if offered:
            found[key] = list(offered)
    return found


def _parameter(name: str, one: Parameter) -> Resource:
    modifiers = f" Modificateurs : {', '.join(f':{name}' for name in one.modifiers)}." if EXACT in one.modifiers else ""
    told = ((_EXTENSION if one.is_ours else "") + one.told + modifiers).strip()
    return {"name": name, "type": one.kind} | ({"documentation": told} if told else {})
