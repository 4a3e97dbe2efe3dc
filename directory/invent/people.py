"""Invented people, each made from its number alone: who, what, where, reached how. Same seed, same person.

RPPS begin 99 (real ones 10) and carry their key, save a few that are faulty as published; addresses end in
`.mssante.example`; phones are of the ranges kept for fiction.
"""

from bisect import bisect_right
from dataclasses import dataclass

from directory.invent import days, family, places, trades
from directory.invent.domains import Domains
from directory.invent.draws import ALL, rpps, share, source
from directory.invent.given import given
from directory.invent.land import Land, slug
from directory.invent.structures import BY_NAME, Structures
from directory.invent.trades import Skill, Trade

_BUSY = tuple(share(part) for part in (0.15, 0.73, 0.92, 0.98))  # under: 0 places, 1, 2, 3; else 4
_CALM = tuple(share(part) for part in (0.27, 0.94, 0.99, 0.999))
_BOXES = tuple(share(part) for part in (0.85, 0.96, 0.99))  # of who has one: 1, 2, 3; else 4
_COMPOUND, _PARTICLE, _FAULTY, _STRUCTURED, _AWAY = share(0.055), share(0.006), share(0.0002), share(0.5), share(0.12)
_MODES = {"S": "S|Salarié", "L": "L|Libéral, indépendant, artisan, commerçant", "B": "B|Bénévole"}
_NOBLE = ("de ", "de La ", "du ", "d'", "de Saint-", "de ")


@dataclass(frozen=True, slots=True)
class Where:
    """A place of exercise as a line tells it."""

    key: str
    name: str
    town: str
    postcode: str
    department: str
    activity: str  # columns 20 to 47
    mailbox: str  # 2 columns, a tab, 13 columns
    sector: str


@dataclass(frozen=True, slots=True)
class Activity:
    place: Where | None
    mode: str
    section: str
    role: str
    kind: str


@dataclass(frozen=True, slots=True)
class Box:
    address: str
    place: Where | None
    is_shown_upper: bool


@dataclass(frozen=True, slots=True)
class Being:
    number: int
    rpps: str
    is_woman: bool
    first_name: str
    last_name: str
    trade: Trade
    category: tuple[str, str]
    skills: tuple[Skill, ...]
    department: int
    places: int
    boxes: int
    drawn: tuple[int, ...]
    past: days.Past


class People:
    """Everybody of a country of so many, as of a day."""

    def __init__(
        self, seed: int, people: int, country: Land, domains: Domains, structures: Structures, day: int = 1
    ) -> None:
        self._draws, self._acts = source(seed, "people"), source(seed, "activities")
        self._mail, self._changes = source(seed, "mail"), source(seed, "changes")
        self._renamed, self._kept = source(seed, "renamed"), dict[int, Activity]()
        self._country, self._domains, self._structures = country, domains, structures
        self.people, self.day = people, day
        self.count = people + days.newcomers(people, day)
        self._newcomers = days.newcomers(people, 2)

    def first_day(self, number: int) -> int:
        return 1 if number < self.people else 2 + (number - self.people) // self._newcomers

    def being(self, number: int) -> Being | None:
        """None once it has left."""
        drawn, then = self._draws(number), days.UNCHANGED
        if self.day > 1:
            then = days.past(self._changes, number, self.first_day(number), self.day)
            if then.is_gone:
                return None
        trade = trades.WHICH[drawn[0] >> 16]
        is_woman = drawn[1] < trade.women * ALL
        named = self._renamed(then.renamed << 40 | number) if then.renamed else drawn
        held = bisect_right(_BUSY if trade.is_busy else _CALM, drawn[6])
        identity = rpps(number)
        if drawn[15] < _FAULTY:
            identity = identity[:-1] + str((int(identity[-1]) + 1 + drawn[14] % 9) % 10)
        which = self._country.doctors if trade.is_doctor else self._country.anyone
        return Being(
            number, identity, is_woman, given(drawn[2], is_woman), _last_name(named), trade, trades.CATEGORIES[drawn[7] >> 20],
            _skills(trade, drawn), which(drawn[5]), held, _boxes(trade, drawn[11]), drawn, then,
        )  # fmt: skip

    def is_late(self, number: int) -> bool:
        """Half of who has several places: told far from the first one."""
        drawn = self._draws(number)
        if drawn[14] & 1 or drawn[6] < _BUSY[1]:
            return False
        return trades.WHICH[drawn[0] >> 16].is_busy or drawn[6] >= _CALM[1]

    def activity(self, one: Being, place: int) -> Activity:
        """The n-th of a person, 0 for the first; the structure is None for who has none. The last few are kept."""
        key = one.number << 3 | place
        if (found := self._kept.get(key)) is None:
            if len(self._kept) > 16:
                self._kept.clear()
            found = self._kept[key] = self._activity(one, place)
        return found

    def _activity(self, one: Being, place: int) -> Activity:
        salt = one.past.moved << 40 if place == 0 and one.places else 0
        drawn, trade = self._acts(salt | one.number << 3 | place), one.trade
        changed = self._acts(one.past.role << 40 | one.number << 3 | 7)[0] if place == 0 and one.past.role else drawn[4]
        is_private = drawn[0] < trade.private * ALL
        where = self._where(one, place, drawn, is_private) if one.places else None
        section, mode = "|", _MODES["L" if is_private else "B" if drawn[3] % 97 == 0 else "S"]
        role = _role(changed, is_private=is_private)
        if trade.code == "21":
            section, role, mode = _pharmacist(changed, where, mode)
        elif one.category[0] == "E":
            role = "FON-48|Interne" if trade.is_doctor else "FON-AU|Fonction non définie"
        if where is None:
            return Activity(None, mode if drawn[3] & 1 else "|", "|", "|", "|")
        kind = ("GENR02|Activité remplaçant", "GENR04|Activité non soignante")[drawn[5] & 1] if drawn[6] % 25 == 0 else (
            "GENR01|Activité standard de soin ou de pharmacien")  # fmt: skip
        return Activity(where, mode, section, role, kind)

    def _where(self, one: Being, place: int, drawn: tuple[int, ...], is_private: bool) -> Where:
        department = self._country.anyone(drawn[7]) if place and drawn[8] < _AWAY else one.department
        if is_private and drawn[9] % 5:
            return self._practice(one, place, department, drawn)
        kinds = one.trade.kinds
        kind = "group" if is_private else kinds[(one.drawn[12] >> 12) % len(kinds)]
        if place and not is_private:  # elsewhere than the first
            others = tuple(dict.fromkeys(kinds))
            kind = others[(others.index(kind) + place) % len(others)]
        found = self._structures.near(BY_NAME[kind], department, drawn[11])
        site = found.site
        return Where(found.key, site.name, site.town, site.postcode, found.department.code, found.activity, found.mailbox,
                     found.sector)  # fmt: skip

    def _practice(self, one: Being, place: int, department: int, drawn: tuple[int, ...]) -> Where:
        """One's own: known by the RPPS and a rank."""
        at = self._country.departments[department]
        title = "DU DR " if one.trade.is_doctor else ""
        name = f"CABINET {title}{places.plain(one.first_name)} {places.plain(one.last_name)}"
        site = places.site(name, at.communes[at.which(drawn[11])], drawn)
        identity = places.Identity("R", f"{one.rpps}{place + 1:03d}", "", "", "")
        activity, mailbox = places.columns(identity, site, at, drawn)
        return Where(f"R{identity.number}", name, site.town, site.postcode, at.code, activity, mailbox,
                     "SA07|Cabinet individuel")  # fmt: skip

    def box(self, one: Being, order: int) -> Box:
        drawn = self._mail(one.number << 4 | order)
        domain = self._domains.of(one.trade, one.department, drawn[0], drawn[1])
        place = None
        if one.places and drawn[2] < _STRUCTURED * 1.25:  # a fifth have no place
            place = self.activity(one, order % one.places).place
        last = _last_name(one.drawn) if one.past.renamed else one.last_name  # a marriage does not change an address
        local = _local(
            slug(one.first_name), slug(last), self._expected(one), drawn, order, is_doctor=one.trade.is_doctor
        )
        return Box(f"{local}@{domain}", place, drawn[3] % 97 == 0)

    def _expected(self, one: Being) -> float:
        if one.drawn[4] < _COMPOUND + _PARTICLE:
            return 0.0
        return family.bearers(family.rank(one.drawn[3]), self.people)

    def boxes(self, one: Being) -> tuple[int, ...]:
        """The numbers of its mailboxes: the last ones are closed first, a new one takes a number never used."""
        kept = tuple(range(max(one.boxes - one.past.closed, 0)))
        return (*kept, *(8 + order for order in range(one.past.opened)))[:8] if one.trade.boxes else kept


def _local(first: str, last: str, expected: float, drawn: tuple[int, ...], order: int, *, is_doctor: bool) -> str:
    """`jean.martin`; a person's further ones are spelled otherwise; a number follows a common name, as operators add."""
    shape = drawn[4] & 15
    text = f"{last}.{first}" if shape == 1 else f"dr.{first}.{last}" if is_doctor and shape == 0 else f"{first}.{last}"
    if order:
        others = f"{first[0]}.{last}", f"{first[0]}{last}", f"{first}-{last}"
        text = others[order - 1] if order < 4 else f"{last}.{first}.{order}"
    text = text[:54].strip("-.")
    if expected < 40 or shape & 12 == 0:
        return text
    return f"{text}{1 + drawn[5] % (997 if expected > 600 else 97)}"


def _last_name(drawn: tuple[int, ...]) -> str:
    name = family.name(family.rank(drawn[3]))
    if drawn[4] < _COMPOUND:
        return family.compound(drawn[9], name, family.name(family.rank(drawn[10])))
    if drawn[4] < _COMPOUND + _PARTICLE and " " not in name:
        before = _NOBLE[drawn[9] % len(_NOBLE)]
        return f"{before}{name}" if (before == "d'") == (name[0] in "AEIOUÉH") else f"de {name}"
    return name


def _boxes(trade: Trade, draw: int) -> int:
    """None, or one to four."""
    if draw >= trade.boxes * ALL:
        return 0
    part = draw / trade.boxes
    return 1 + bisect_right(_BOXES, part)


def _skills(trade: Trade, drawn: tuple[int, ...]) -> tuple[Skill, ...]:
    """The first is what the person is known for."""
    if trade.code == "10":
        first = trades.GENERALISTS[drawn[8] >> 24] if drawn[12] < 0.42 * ALL else trades.SPECIALISTS[drawn[8] >> 19]
        if drawn[13] < 0.43 * ALL:
            return (first,)
        more = trades.FURTHER[drawn[13] & 1023]
        return (first, more) if drawn[13] < 0.83 * ALL else (first, more, trades.FURTHER[drawn[14] & 1023])
    if trade.code == "60" and drawn[12] < 0.025 * ALL:
        return (trades.ADVANCED[drawn[8] >> 24],)
    if trade.code == "40" and drawn[12] < 0.1 * ALL:
        return (trades.DENTAL[drawn[8] >> 24],)
    return ()


def _role(draw: int, *, is_private: bool) -> str:
    part = draw % 100
    if is_private:
        return ("FON-01|Titulaire de cabinet" if part < 68 else "FON-17|Collaborateur" if part < 84 else
                "FON-22|Remplaçant" if part < 93 else "FON-02|Associé dans une société d'exercice")  # fmt: skip
    return ("FON-33|Salarié poste fixe" if part < 80 else "FON-AU|Fonction non définie" if part < 90 else
            "FON-43|Cadre" if part < 95 else "FON-18|Assistant")  # fmt: skip


def _pharmacist(draw: int, where: Where | None, mode: str) -> tuple[str, str, str]:
    """Section of the order, role, mode."""
    if where is None:
        return "|", "|", mode
    if "Pharmacie" in where.sector:
        if draw % 100 < 38:
            return f"A|{trades.SECTIONS['A']}", "FON-03|Titulaire d'officine", _MODES["L"]
        return f"D|{trades.SECTIONS['D']}", "FON-05|Adjoint" if draw % 7 else "FON-04|Remplaçant de titulaire", mode
    if where.sector.startswith("SA25"):
        return f"G|{trades.SECTIONS['G']}", "FON-41|Biologiste médical", mode
    return (
        f"H|{trades.SECTIONS['H']}",
        "FON-37|Pharmacien gérant de PUI" if draw % 3 == 0 else "FON-33|Salarié poste fixe",
        mode,
    )
