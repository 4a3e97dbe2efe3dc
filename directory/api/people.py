"""Practitioner: what each of its parameters asks of the database."""

from collections.abc import Iterator

from directory import identity
from directory.api import meanings, texts, trades
from directory.api.meanings import Meaning, Reader
from directory.api.sql import END, Bound, Range, between, both, either, key_of, merged
from directory.fhir import systems
from directory.fhir.outcome import invalid
from directory.fhir.parameters import CONTAINS, EXACT
from directory.fhir.query import Criterion, token
from directory.fold import fold

_TYPES = {"IDNPS": "TRUE", "RPPS": "t.rpps <> ''"}
_SYSTEMS = {systems.IDNPS: "IDNPS", systems.RPPS: "RPPS"}
_WRITTEN = "(t.last_name, t.last_name || ' ' || t.first_name, t.first_name || ' ' || t.last_name)"
_MAX_WORDS = 6  # of a name that may be cut anywhere
# Of a mailbox: it is the person's, and of no place where the person practises; that one is the PractitionerRole's.
SCOPE = (
    "num_nulls({m}.practitioner_id) = 0 AND ({m}.organization_id IS NULL OR NOT EXISTS (SELECT FROM directory_practitionerrole s"
    " WHERE s.practitioner_id = {m}.practitioner_id AND s.organization_id = {m}.organization_id OFFSET 0))"
)


def _family(criterion: Criterion, bound: Bound) -> Meaning:
    return meanings.walked(texts.FAMILY, "named", criterion, bound, meanings.NAMED)


def _given(criterion: Criterion, bound: Bound) -> Meaning:
    return Meaning(texts.condition(texts.GIVEN, criterion, bound), needs_more=True, of_active=True)


def _name(criterion: Criterion, bound: Bound) -> Meaning:
    """The family name, with the first name before or after it."""
    conditions, ranges = [], []
    for value in texts.values(criterion):
        if criterion.modifier == CONTAINS:
            asked = bound(texts.asked_of(texts.FAMILY, value, criterion.name), "text")
            conditions += [f"strpos({text.column}, {asked}) > 0" for text in (texts.FAMILY, texts.GIVEN)]
            continue
        ways = list(_ways(value))
        if not ways:
            raise invalid("Ni lettre ni chiffre dans une valeur.", criterion.name)
        ranges += [(family, family + END) for family, _ in ways]
        if criterion.modifier == EXACT:
            told = bound(value, "text")
            conditions.append(f"{told} IN {_WRITTEN}")
        else:
            conditions += [_called(family, given, bound) for family, given in ways]
    return Meaning(either(conditions), meanings.on("named", merged(ranges)), meanings.NAMED,
                   needs_more=not ranges, of_active=True)  # fmt: skip


def _ways(value: str) -> Iterator[tuple[str, str]]:
    """(how the family name begins, how the first name does), for every cut."""
    words = fold(value).split()
    if words:
        yield key_of(" ".join(words)), ""
    for at in range(1, len(words) if len(words) <= _MAX_WORDS else 0):
        before, after = key_of(" ".join(words[:at])), key_of(" ".join(words[at:]))
        yield before, after
        yield after, before


def _called(family: str, given: str, bound: Bound) -> str:
    told = [between(texts.FAMILY.column, family, family + END, bound, "text")]
    if given:
        told.append(between(texts.GIVEN.column, given, given + END, bound, "text"))
    return both(told)


def _identifier(criterion: Criterion, bound: Bound) -> Meaning:
    ids: list[int] = []
    of_system: list[str] = []
    for value in criterion.values:
        system, code = token(value)
        if system and not code:
            of_system.append(_TYPES.get(_SYSTEMS.get(system, ""), "FALSE"))
        if code and system in {None, systems.IDNPS}:
            ids.append(identity.person(code))
        if code and system in {None, systems.RPPS}:
            ids.append(identity.person(f"8{code}"))  # annuaire.md §2.4
    found = meanings.by_row("t.id", "ids", ids, bound)
    return Meaning(either([found.condition, *of_system])) if of_system else found


def _qualification(criterion: Criterion, bound: Bound) -> Meaning:
    held = trades.asked(criterion)
    asked = bound(held, "bigint[]")
    return Meaning(
        f"(t.qualification_id = ANY({asked}) OR EXISTS (SELECT FROM directory_practitionerrole q"
        f" WHERE q.practitioner_id = t.id AND q.qualification_id = ANY({asked}) OFFSET 0))",
        (Range("trade", ids=(held,)),), meanings.TRADE, is_exact=True, of_active=True,
    )  # fmt: skip


MEANINGS: dict[str, Reader] = {
    "_id": lambda criterion, bound: meanings.by_row("t.id", "ids", meanings.row_ids(criterion.values), bound),
    "_lastUpdated": meanings.updated,
    "active": meanings.active,
    "family": _family,
    "given": _given,
    "identifier": _identifier,
    "identifier-type": lambda criterion, bound: meanings.typed(criterion, _TYPES),
    "mailbox-mss": lambda criterion, bound: meanings.mailbox(criterion, SCOPE, "{m}.practitioner_id = t.id", bound),
    "name": _name,
    "qualification-code": _qualification,
}
