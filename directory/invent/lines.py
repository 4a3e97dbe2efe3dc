"""Lines of the four files for one invented person or structure, in the published layouts, dirt included (annuaire.md §6.2)."""

from directory.invent.draws import Draws, share
from directory.invent.land import folded
from directory.invent.people import Activity, Being, Box, Where
from directory.invent.places import NO_ADDRESS, NO_STRUCTURE, NOWHERE, plain
from directory.invent.trades import Skill

_TWICE, _CUT, _BROKEN = share(0.001), share(1 / 120_000), share(1 / 40_000)
_AGAIN, _BLANK, _UNKNOWN = share(0.0004), share(0.002), share(0.0003)
_NO_SKILL = "|||"
_AUTHORITY = {"10": "CNOM", "21": "CNOP", "40": "CNOCD", "50": "CNOSF", "60": "CNOI", "70": "CNOMK", "80": "CNOPP"}
_DIPLOMAS = {
    "10": "DE28|Diplôme d'État de docteur en médecine", "21": "DE26|Diplôme d'État de docteur en pharmacie",
    "40": "DE27|Diplôme d'État de docteur en chirurgie dentaire", "50": "DE10|Diplôme d'État de sage-femme",
    "60": "DE09|Diplôme d'État d'infirmier", "70": "DE06|Diplôme d'État de masseur-kinésithérapeute",
}  # fmt: skip


def shown(name: str, way: int) -> str:
    """One of the ways a family name is typed: capitals, capitals without accents, as it is."""
    way &= 15
    return name.upper() if way < 10 else plain(name) if way < 13 else name


def shown_first(name: str, way: int) -> str:
    way &= 31
    return name if way < 28 else name.upper() if way < 30 else "-".join(map(str.capitalize, folded(name).split()))


def title(one: Being) -> str:
    """Code and label of the title under which one practises."""
    if one.trade.is_doctor or one.trade.code == "21":
        return "PR|Professeur" if one.drawn[9] % 90 == 0 else "DR|Docteur" if one.drawn[9] % 10 < 8 else "|"
    return "|"


def _who(one: Being) -> str:
    sort = "MME|Madame" if one.is_woman else "M|Monsieur"
    code, label = ("Z", "Catégorie à venir") if one.drawn[10] < _UNKNOWN else one.category
    return (
        f"8|{one.rpps}|8{one.rpps}|{title(one)}|{sort}|{shown(one.last_name, one.drawn[12])}|"
        f"{shown_first(one.first_name, one.drawn[12] >> 4)}|{one.trade.code}|{one.trade.label}|{code}|{label}|"
    )


def skill(which: Skill) -> str:
    return f"{which.kind}|{which.kind_label}|{which.code}|{which.label}"


def activity(one: Being, act: Activity) -> str:
    told = skill(one.skills[0]) if one.skills else _NO_SKILL
    place = act.place
    columns, sector = (place.activity, place.sector) if place else (NOWHERE, "|")
    authority = _AUTHORITY.get(one.trade.code, "ARS")
    return f"{_who(one)}{told}|{act.mode}|{columns}|{authority}|{sector}|{act.section}|{act.role}|{act.kind}|\n"


def with_dirt(one: Being, line: str) -> str:
    """A line in a thousand is there twice; one in a hundred thousand is cut."""
    if one.drawn[10] > (1 << 32) - _TWICE:
        return line + line
    if one.drawn[14] < _CUT:
        return f"{line}{'|'.join(line.split('|')[:3])}\n"
    return line


def skills(one: Being) -> str:
    code, label = one.category
    who = (
        f"8|{one.rpps}|8{one.rpps}|{shown(one.last_name, one.drawn[12])}|{shown_first(one.first_name, one.drawn[12] >> 4)}|"
        f"{one.trade.code}|{one.trade.label}|{code}|{label}|"
    )
    return "".join([f"{who}{skill(which)}\n" for which in one.skills])


def diploma(one: Being) -> str:
    told = _DIPLOMAS.get(one.trade.code) or f"DE{one.trade.code}|Diplôme d'État ({one.trade.label})"
    return (
        f"8|{one.rpps}|8{one.rpps}|{shown(one.last_name, one.drawn[12])}|{shown_first(one.first_name, one.drawn[12] >> 4)}|"
        f"DE|Diplôme d'État français|{told}||||\n"
    )


def is_told_again(one: Being) -> bool:
    """Its first address is there a second time, of another place or of none."""
    return one.drawn[8] < _AGAIN


def mailbox(one: Being, box: Box, order: int) -> str:
    """Of a person."""
    line = person_box(one, box, box.place, one.drawn[13] >> order)
    if one.drawn[10] > (1 << 32) - _TWICE:
        return line + line
    if one.drawn[15] > (1 << 32) - _BROKEN:
        return f"{line}{line.replace('@', ' @ ', 1)}"
    return line


def person_box(one: Being, box: Box, place: Where | None, way: int) -> str:
    where, _, address = place.mailbox.partition("\t") if place else (NO_STRUCTURE, "", NO_ADDRESS)
    first = one.skills[0] if one.skills else None
    told = f"{first.code}|{first.label}" if first else "|"
    digital = "N" if one.drawn[9] % 12 == 0 else "O"
    return (
        f"PER|{_typed(box.address, box.is_shown_upper, one.drawn[7])}|8|{one.rpps}|8{one.rpps}|{where}||"
        f"{title(one).partition('|')[0]}|{shown(one.last_name, way)}|{shown_first(one.first_name, way >> 4)}|"
        f"{one.category[0]}|{one.category[1]}|{one.trade.code}|{one.trade.label}|{told}|{digital}|{address}\n"
    )


def _typed(address: str, is_upper: bool, draw: int) -> str:
    if is_upper:
        address = address.upper() if draw & 1 else address.title()
    return f" {address} " if draw & 0xFFFF0 < _BLANK >> 12 else address


def structure_box(columns: str, address: str, service: str, drawn: Draws) -> str:
    where, _, told = columns.partition("\t")
    typed = _typed(address, drawn[3] % 97 == 0, drawn[4])
    line = f"ORG|{typed}||||{where}|{service}||||||||||{'N' if drawn[5] % 15 == 0 else 'O'}|{told}\n"
    return line + line if drawn[6] < _TWICE else line
