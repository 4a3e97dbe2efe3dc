"""PractitionerRole, a person at a place: what each of its parameters asks of the database. `r` is the pair."""

from dataclasses import replace

from directory.api import meanings, texts, trades
from directory.api.meanings import Meaning, Reader
from directory.api.sql import Bound, Range, either, folded
from directory.fhir import systems
from directory.fhir.outcome import unsupported
from directory.fhir.query import Criterion, token

# Of a mailbox: it is of a person at a place where that person practises.
SCOPE = (
    "num_nulls({m}.practitioner_id, {m}.organization_id) = 0 AND EXISTS (SELECT FROM directory_practitionerrole s"
    " WHERE s.practitioner_id = {m}.practitioner_id AND s.organization_id = {m}.organization_id OFFSET 0)"
)
_HELD = "{m}.practitioner_id = r.practitioner_id AND {m}.organization_id = r.organization_id"
# By its number first, whatever else is asked: a range of towns or dates would be read again for each row.
_ROW = "EXISTS (SELECT FROM (SELECT * FROM {0} z WHERE z.id = {1} OFFSET 0) t WHERE {{0}} OFFSET 0)"
_AT = _ROW.format("directory_organization", "r.organization_id")
_OF = _ROW.format("directory_practitioner", "r.practitioner_id")
# A discipline told by the file of savoir-faire has no place: it is exercised at all of them.
_EXERCISED = (
    "EXISTS (SELECT FROM directory_practitionerrole x WHERE x.practitioner_id = r.practitioner_id"
    " AND (x.organization_id = r.organization_id OR x.organization_id IS NULL) AND x.qualification_id = ANY({0}) OFFSET 0)"
)
_MODE = (
    "EXISTS (SELECT FROM directory_practitionerrole x WHERE x.practitioner_id = r.practitioner_id"
    " AND x.organization_id = r.organization_id AND {0} OFFSET 0)"
)


def _updated(criterion: Criterion, bound: Bound) -> Meaning:
    found = meanings.updated(criterion, bound)
    return Meaning(_OF.format(found.condition), found.ranges, found.rank)


def _active(criterion: Criterion, _: Bound) -> Meaning:
    return Meaning("TRUE" if True in meanings.flags(criterion) else "FALSE")


def _specialty(criterion: Criterion, bound: Bound) -> Meaning:
    """Never the only criterion; a rare one leads all the same, before a large town."""
    held = trades.asked(criterion)
    ranges = (Range("trade", ids=(held,)),) if trades.is_rare(held) else ()
    return Meaning(_EXERCISED.format(bound(held, "bigint[]")), ranges, meanings.NAMED, needs_more=True)


def _of(resource: str, column: str, walk: str) -> Reader:
    return lambda criterion, bound: meanings.by_row(column, walk, meanings.referenced(criterion, resource), bound)


def _placed(text: texts.Text, walk: str, criterion: Criterion, bound: Bound) -> Meaning:
    found = meanings.walked(text, walk, criterion, bound)
    return replace(found, condition=_AT.format(found.condition), of_active=False)


def _by_id(criterion: Criterion, bound: Bound) -> Meaning:
    pairs = [ids for value in criterion.values if (ids := pair_of(value))]
    people, at = [one for one, _ in pairs], [one for _, one in pairs]
    asked = f"{bound(people, 'bigint[]')}, {bound(at, 'bigint[]')}"
    told = f"(r.practitioner_id, r.organization_id) IN (SELECT * FROM unnest({asked}))"
    return Meaning(told, (Range("pairs", ids=(people, at)),), meanings.IDS, is_exact=True)


def pair_of(reference: str) -> tuple[int, int] | None:
    person, _, place = reference.partition("-")
    ids = meanings.row_ids([person, place])
    return (ids[0], ids[1]) if len(ids) == 2 else None


def _role(criterion: Criterion, _: Bound) -> Meaning:
    """Modes only: of functions the directory keeps labels, no code."""
    found = []
    for value in criterion.values:
        system, code = token(value)
        if system not in {None, systems.MODE}:
            raise unsupported("Seul le mode d’exercice (R23) est cherché.", criterion.name)
        begins = [systems.MODES[code]] if code in systems.MODES else [] if code else list(systems.MODES.values())
        found += [f"{folded('x.mode')} LIKE '{one}%%'" for one in begins]
    return Meaning(_MODE.format(either(found)), needs_more=True)


MEANINGS: dict[str, Reader] = {
    "_id": _by_id,
    "_lastUpdated": _updated,
    "active": _active,
    "mailbox-mss": lambda criterion, bound: meanings.mailbox(criterion, SCOPE, _HELD, bound),
    "organization": _of("Organization", "r.organization_id", "place"),
    "practitioner": _of("Practitioner", "r.practitioner_id", "person"),
    "role": _role,
    "specialty": _specialty,
    "organization.address-postalcode": lambda criterion, bound: _placed(texts.POSTCODE, "postcode", criterion, bound),
    "organization.address-city": lambda criterion, bound: _placed(texts.TOWN, "town", criterion, bound),
}
