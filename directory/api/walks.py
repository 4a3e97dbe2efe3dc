"""The order in which rows are walked: each walk reads one index, forward from where the last page ended, up to a limit.

A search is some ranges of one walk after another. What is asked besides filters what they give. The planner is left no
other way: what it could turn around, or read whole to hash it, stands behind OFFSET 0 (each EXISTS too); plans are made
with scans of tables switched off.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from directory.api import people, places, roles
from directory.api.meanings import DOMAIN
from directory.api.sql import Bound, Range, both
from directory.fhir.parameters import ORGANIZATION, PRACTITIONER, ROLE

_LOWEST = -(1 << 63)


@dataclass(frozen=True, slots=True)
class Walk:
    """`source` and `order` (column, type); `ids` are the two numbers of a resource, the second one 0 when it has one.

    `where` always holds. A range's ends are of the first column; its rows are those of `by_ids`. `index` serves it (a pattern).
    """

    source: str
    order: tuple[tuple[str, str], ...]
    index: str
    ids: tuple[str, str] = ("t.id", "0::bigint")
    where: str = "TRUE"
    by_ids: str = ""
    is_distinct: bool = False


_PERSON, _PLACE = "directory_practitioner t", "directory_organization t"
_MAILBOX = "directory_mailboxaddress m"
_ID = ("t.id", "bigint")
_ROW = "CROSS JOIN LATERAL (SELECT * FROM {0} x WHERE x.id = {1} OFFSET 0) t"
_PAIRS_AT = (
    "CROSS JOIN LATERAL (SELECT DISTINCT s.practitioner_id, s.organization_id FROM directory_practitionerrole s"
    " WHERE s.{0} = t.id AND s.organization_id IS NOT NULL OFFSET 0) r"
)
_PAIR = ("r.practitioner_id", "r.organization_id")
_BY_PERSON = (("r.practitioner_id", "bigint"), ("r.organization_id", "bigint"))
_BY_PLACE = (("r.organization_id", "bigint"), ("r.practitioner_id", "bigint"))
_ROLE = "directory_practitionerrole r"
_IN_FORCE = "m.vanished_at IS NULL AND NOT m.is_hidden"


def _text(column: str) -> tuple[tuple[str, str], ...]:
    return ((f'{column} COLLATE "C"', "text"), _ID)


def _mailboxes(source: str, scope: str, ids: tuple[str, str] = ("t.id", "0::bigint")) -> dict[str, Walk]:
    where = f"{_IN_FORCE} AND {scope.format(m='m')}"
    orders = (
        ("address", "m.address", "directory_address"),
        ("domain", DOMAIN.format(m="m"), "directory_address_domain"),
    )
    return {
        name: Walk(source, ((column, "text"), ("m.id", "bigint")), index, ids, where) for name, column, index in orders
    }


WALKS: dict[str, dict[str, Walk]] = {
    PRACTITIONER: {
        "id": Walk(_PERSON, (_ID,), "directory_practitioner_pkey"),
        "ids": Walk(_PERSON, (_ID,), "directory_practitioner_pkey", by_ids="t.id = ANY({0})"),
        "gone": Walk(_PERSON, (_ID,), "directory_person_gone", where="t.vanished_at IS NOT NULL"),
        "named": Walk(_PERSON, _text("t.name_keys[1]"), "directory_person_named"),
        "changed": Walk(_PERSON, (("t.changed_at", "timestamptz"), _ID), "directory_person_changed"),
        "trade": Walk("", (("x.id", "bigint"),), "directory_role_trade", ("x.id", "0::bigint")),  # see _by_trade
        **_mailboxes(f"{_MAILBOX} {_ROW.format('directory_practitioner', 'm.practitioner_id')}", people.SCOPE),
    },
    ORGANIZATION: {
        "id": Walk(_PLACE, (_ID,), "directory_organization_pkey"),
        "ids": Walk(_PLACE, (_ID,), "directory_organization_pkey", by_ids="t.id = ANY({0})"),
        "gone": Walk(_PLACE, (_ID,), "directory_place_gone", where="t.vanished_at IS NOT NULL"),
        "named": Walk(_PLACE, _text("t.name_keys[1]"), "directory_place_named"),
        "postcode": Walk(_PLACE, _text("t.postcode"), "directory_place_postcode"),
        "town": Walk(_PLACE, _text("t.town_keys[1]"), "directory_place_town"),
        "changed": Walk(_PLACE, (("t.changed_at", "timestamptz"), _ID), "directory_place_changed"),
        **_mailboxes(f"{_MAILBOX} {_ROW.format('directory_organization', 'm.organization_id')}", places.SCOPE),
    },
    ROLE: {
        "id": Walk(_ROLE, _BY_PLACE, "directory_role_at", _PAIR, "r.organization_id IS NOT NULL", is_distinct=True),
        "person": Walk(
            _ROLE, _BY_PERSON, "directory_role_of", _PAIR, "r.organization_id IS NOT NULL",
            "r.practitioner_id = ANY({0})", is_distinct=True,
        ),
        "place": Walk(_ROLE, _BY_PLACE, "directory_role_at", _PAIR, by_ids="r.organization_id = ANY({0})", is_distinct=True),
        "pairs": Walk(
            "unnest({0}, {1}) w(a, b) CROSS JOIN LATERAL (SELECT s.practitioner_id, s.organization_id"
            " FROM directory_practitionerrole s WHERE s.organization_id = w.b AND s.practitioner_id = w.a LIMIT 1) r",
            _BY_PERSON, "directory_role_(at|of)", _PAIR, is_distinct=True,
        ),
        "trade": Walk(
            "(SELECT DISTINCT p.id FROM unnest({0}) w(q) CROSS JOIN LATERAL (SELECT s.practitioner_id AS id"
            " FROM directory_practitionerrole s WHERE s.qualification_id = w.q OFFSET 0) p"
            f" OFFSET 0) t {_PAIRS_AT.format('practitioner_id')}",
            _BY_PERSON, "directory_role_trade", _PAIR,
        ),
        "postcode": Walk(
            f"{_PLACE} {_PAIRS_AT.format('organization_id')}", (*_text("t.postcode"), _BY_PLACE[1]),
            "directory_place_postcode", _PAIR,
        ),
        "town": Walk(
            f"{_PLACE} {_PAIRS_AT.format('organization_id')}", (*_text("t.town_keys[1]"), _BY_PLACE[1]),
            "directory_place_town", _PAIR,
        ),
        "changed": Walk(
            f"{_PERSON} {_PAIRS_AT.format('practitioner_id')}",
            (("t.changed_at", "timestamptz"), _ID, _BY_PLACE[0]), "directory_person_changed", _PAIR,
        ),
        **_mailboxes(
            f"{_MAILBOX} CROSS JOIN LATERAL (SELECT m.practitioner_id, m.organization_id OFFSET 0) r", roles.SCOPE, _PAIR
        ),
    },
}  # fmt: skip
_WIDTH = 3  # columns of a position


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page ended: in which range of which walk, at which values of its order, as text."""

    branch: int
    walk: str
    at: tuple[str, ...]


def branch(
    resource: str, number: int, part: Range, conditions: Sequence[str], bound: Bound, *,
    after: tuple[str, ...] | None, limit: int | None,
) -> str:  # fmt: skip
    """The statement of one range: number of the range, position, and the ids of each resource. No limit: all."""
    walk = WALKS[resource][part.walk]
    most = bound(limit, "bigint")
    if not walk.source:
        return _by_trade(number, part, conditions, bound, after, most)
    source, told = walk.source, [*conditions, walk.where, *_bounds(walk, part, bound)]
    if walk.by_ids:
        told.append(walk.by_ids.format(bound(part.ids[0], "bigint[]")))
    elif part.ids:
        source = source.format(*(bound(ids, "bigint[]") for ids in part.ids))
    if part.match:
        told += [part.match.format(m="m"), _first_mailbox(walk, part)]
    if part.unless:
        told.append(f"NOT ({part.unless})")
    if after:
        told += _after(walk, after, bound)
    order = ", ".join(column for column, _ in walk.order)
    distinct = "DISTINCT " if walk.is_distinct else ""
    columns = ", ".join([*(column for column, _ in walk.order), *walk.ids])
    named = ", ".join([*(f"p{at}" for at in range(len(walk.order))), "a", "b"])
    return (
        f"SELECT {number} AS branch, {_position(len(walk.order))}, a, b FROM (SELECT {distinct}{columns} FROM {source}"
        f" WHERE {both(told)} ORDER BY {order} LIMIT {most}) found({named})"
    )


def _position(width: int) -> str:
    return ", ".join(f"p{at}::text" if at < width else "''" for at in range(_WIDTH))


def _bounds(walk: Walk, part: Range, bound: Bound) -> list[str]:
    column, sort = walk.order[0]
    ends = ((">=", part.low), ("<", part.high))
    return [f"{column} {sign} {bound(end, sort)}" for sign, end in ends if end is not None]


def _after(walk: Walk, after: Sequence[str], bound: Bound) -> list[str]:
    """The comparison of rows, and the part of it that the first table's index can begin at."""
    values = [bound(value, sort) for value, (_, sort) in zip(after, walk.order, strict=True)]
    columns = [column for column, _ in walk.order]
    told = [f"({', '.join(columns)}) > ({', '.join(values)})"]
    if len(columns) == _WIDTH:
        told.append(f"({', '.join(columns[:2])}) >= ({', '.join(values[:2])})")
    return told


def _first_mailbox(walk: Walk, part: Range) -> str:
    """Who has several of the mailboxes asked for is found by the first of them."""
    column = walk.order[0][0]
    earlier = both(
        [
            part.match.format(m="e"),
            f"({column.replace('m.', 'e.')}, e.id) < ({column}, m.id)",
            "e.vanished_at IS NULL AND NOT e.is_hidden",
        ]
    )
    theirs = f"SELECT * FROM directory_mailboxaddress z WHERE {_same_owner(walk)} OFFSET 0"
    return f"NOT EXISTS (SELECT FROM ({theirs}) e WHERE {earlier} OFFSET 0)"


def _same_owner(walk: Walk) -> str:
    if walk.ids == _PAIR:
        return "z.practitioner_id = m.practitioner_id AND z.organization_id = m.organization_id"
    owner = "practitioner_id" if "m.practitioner_id OFFSET" in walk.source else "organization_id"
    return f"z.{owner} = m.{owner}"


def _by_trade(
    number: int, part: Range, conditions: Sequence[str], bound: Bound, after: Sequence[str] | None, most: str
) -> str:  # fmt: skip
    """The first people of each qualification, by their own row and by their activities, then the first of all."""
    least = bound(int(after[0]) if after else _LOWEST, "bigint")
    sign = ">" if after else ">="
    told = both(conditions)
    asked = bound(part.ids[0], "bigint[]")
    return (
        f"SELECT {number} AS branch, id::text, '', '', id AS a, 0::bigint AS b FROM (SELECT DISTINCT x.id"
        f" FROM unnest({asked}) w(id) CROSS JOIN LATERAL ("
        f"(SELECT t.id FROM {_PERSON} WHERE t.qualification_id = w.id AND t.id {sign} {least} AND {told}"
        f" ORDER BY t.id LIMIT {most})"
        " UNION ALL "
        "(SELECT DISTINCT r.practitioner_id FROM directory_practitionerrole r"
        f" {_ROW.format('directory_practitioner', 'r.practitioner_id')}"
        f" WHERE r.qualification_id = w.id AND r.practitioner_id {sign} {least} AND {told}"
        f" ORDER BY r.practitioner_id LIMIT {most})) x ORDER BY x.id LIMIT {most}) found"
    )
