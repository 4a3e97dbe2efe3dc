"""Organization: what each of its parameters asks of the database."""

from directory import identity
from directory.api import meanings, texts
from directory.api.meanings import Meaning, Reader
from directory.api.sql import Bound, either, folded
from directory.fhir import systems
from directory.fhir.outcome import unsupported
from directory.fhir.parameters import CONTAINS, EXACT
from directory.fhir.query import Criterion, token
from directory.fold import fold

# Of a mailbox: it is nobody's in particular. Not as IS NULL, which the planner would take for the bound of an index.
SCOPE = "num_nulls({m}.practitioner_id) = 1 AND num_nulls({m}.organization_id) = 0"
_SHAPES = {
    sort: f"(t.key LIKE '{sort}%%' AND length(t.key) = {length})" for sort, length in (("F", 10), ("C", 15), ("R", 15))
}
_TYPES = {"IDNST": either(_SHAPES.values()), "SIRET": _SHAPES["C"], "RPPSRG": _SHAPES["R"]}
_KEYS = {"1": "F", "3": "C", "4": "R"}  # what an IDNST begins with (annuaire.md §2.4)


def _address(criterion: Criterion, bound: Bound) -> Meaning:
    """The town or the postcode, from their indexes; the street too when `:contains` looks for it."""
    town = meanings.walked(texts.TOWN, "town", criterion, bound)
    postcode = meanings.walked(texts.POSTCODE, "postcode", criterion, bound)
    told = [town.condition, postcode.condition]
    if criterion.modifier == CONTAINS:
        asked = [fold(value) for value in texts.values(criterion)]
        told += [f"strpos({folded('t.address_line')}, {bound(one, 'text')}) > 0" for one in asked]
        return Meaning(either(told), needs_more=True, of_active=True)
    ranges = [*postcode.ranges, *meanings.on("town", texts.ranges(texts.TOWN, criterion), unless=postcode.condition)]
    return Meaning(either(told), tuple(ranges), meanings.PLACE, is_exact=criterion.modifier != EXACT, of_active=True)


def _typed(criterion: Criterion, _: Bound) -> Meaning:
    if {"FINEG", "FINEJ"} & {token(value)[1] for value in criterion.values}:
        raise unsupported("Les extractions ne disent pas si un FINESS est géographique ou juridique.", criterion.name)
    return meanings.typed(criterion, _TYPES)


def _identifier(criterion: Criterion, bound: Bound) -> Meaning:
    keys: list[str] = []
    of_system: list[str] = []
    for value in criterion.values:
        system, code = token(value)
        if not code:
            of_system.append(_of_system(system))
        keys += _keys(system, code.upper()) if code else []
    found = meanings.by_row("t.id", "ids", [identity.organization(one) for one in keys], bound)
    return Meaning(either([found.condition, *of_system])) if of_system else found


def _keys(system: str | None, code: str) -> list[str]:
    """How a structure with this identifier may be named in our rows (directory.extract.structure_key)."""
    told = _KEYS.get(code[:1], "") + code[1:] if code[:1] in _KEYS else ""
    match system:
        case systems.IDNST:
            return [told] if told else []
        case systems.FINESS:
            return [f"F{code}"]
        case systems.RPPS_RANK | systems.RPPS:  # annuaire.md §2.4: both are met
            return [f"R{code}"]
        case None:
            return [f"F{code}", f"C{code}", f"R{code}", code, *([told] if told else [])]
        case "":
            return [f"C{code}", code]  # the SIRET is told without a system
    return []


def _of_system(system: str | None) -> str:
    match system:
        case systems.IDNST:
            return _TYPES["IDNST"]
        case systems.FINESS:
            return _SHAPES["F"]
        case systems.RPPS_RANK:
            return _TYPES["RPPSRG"]
    return "FALSE"


MEANINGS: dict[str, Reader] = {
    "_id": lambda criterion, bound: meanings.by_row("t.id", "ids", meanings.row_ids(criterion.values), bound),
    "_lastUpdated": meanings.updated,
    "active": meanings.active,
    "address": _address,
    "address-city": lambda criterion, bound: meanings.walked(texts.TOWN, "town", criterion, bound),
    "address-postalcode": lambda criterion, bound: meanings.walked(texts.POSTCODE, "postcode", criterion, bound),
    "identifier": _identifier,
    "identifier-type": _typed,
    "mailbox-mss": lambda criterion, bound: meanings.mailbox(criterion, SCOPE, "{m}.organization_id = t.id", bound),
    "name": lambda criterion, bound: meanings.walked(texts.NAME, "named", criterion, bound, meanings.NAMED),
}
