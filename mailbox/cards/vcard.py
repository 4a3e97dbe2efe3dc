"""vCard: written as version 4.0 (RFC 6350), read from 2.1, 3.0 and 4.0 as programs really write them.

Reading is linear and never fails on a property it does not know: a card that has no name and no address is told by whoever
reads its line. A card with several addresses is as many contacts. Photographs, keys and sounds are passed over unread.
"""

import binascii
import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from mailbox.cards.values import MAX_CARDS, Travelling, Unreadable, bounded

_FOLD = 75  # octets of a line, RFC 6350 §3.2
_MAX_LINES, _MAX_LINE, _MAX_ADDRESSES = 100_000, 20_000, 10
_ESCAPES = str.maketrans({"\\": "\\\\", ",": "\\,", ";": "\\;", "\n": "\\n"})
_ESCAPED = re.compile(r"\\(.)", re.S)
_SPLIT = re.compile(r'((?:[^;:"]|"[^"]*")*)([;:])')
_PARTS = re.compile(r"((?:[^;\\]|\\.|\\$)*)(?:;|$)", re.S)
_FIELDS = {"FN", "N", "EMAIL", "TEL", "NOTE", "ORG", "TITLE", "ROLE", "NICKNAME", "X-ORIGIN"}


def write(cards: Iterable[Travelling]) -> bytes:
    """One vCard 4.0 after the other, lines of 75 octets ended by CRLF."""
    return b"".join(_folded(line) for card in cards for line in _written(card))


def _written(card: Travelling) -> Iterator[str]:
    yield "BEGIN:VCARD"
    yield "VERSION:4.0"
    yield f"KIND:{'individual' if card.is_person else 'org'}"
    if card.uid:
        yield f"UID:urn:uuid:{card.uid}"
    yield f"FN:{_escaped(card.name or card.address or '-')}"  # §6.2.1: at least one, never empty
    if card.detail:
        yield f"TITLE:{_escaped(card.detail)}"
    if card.address:
        yield f"EMAIL;TYPE=work:{_escaped(card.address)}"
    if card.phone:
        yield f'TEL;VALUE=text;TYPE="work,voice":{_escaped(card.phone)}'
    if card.where:
        yield f"ADR;TYPE=work:;;{_escaped(card.where)};;;;"
    names = [*(["Favoris"] if card.is_favourite else []), *card.groups]
    if names:
        yield f"CATEGORIES:{','.join(_escaped(name) for name in names)}"
    if card.note:
        yield f"NOTE:{_escaped(card.note)}"
    if card.source:
        yield f"X-ORIGIN:{_escaped(card.source)}"
    yield "END:VCARD"


def _escaped(text: str) -> str:
    """§3.4; what is no text of a line cannot end it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in lines if sign == "\n" or sign.isprintable()).translate(_ESCAPES)


def _folded(line: str) -> bytes:
    """§3.2: never inside the octets of one character."""
    out, held = [], b""
    for sign in line:
        octets = sign.encode()
        if len(held) + len(octets) > _FOLD:
            out.append(held)
            held = b" "
        held += octets
    return b"\r\n".join([*out, held]) + b"\r\n"


@dataclass(slots=True)
class _Card:
    """The properties of one card, the first of each but for addresses."""

    line: int
    told: dict[str, str] = field(default_factory=dict)
    emails: list[str] = field(default_factory=list)


def read(text: str) -> list[Travelling]:
    """The contacts of a file, at most MAX_CARDS; Unreadable when there is none."""
    found: list[Travelling] = []
    open_card: _Card | None = None
    for number, line in _unfolded(text):
        name, parameters, value = _property(line)
        if name == "BEGIN" and value.strip().upper() == "VCARD":
            open_card = _Card(number)
        elif name == "END" and open_card:
            found += _contacts(open_card)
            open_card = None
            if len(found) > MAX_CARDS:
                raise Unreadable(f"Ce fichier a plus de {MAX_CARDS} contacts.")
        elif open_card and name in _FIELDS:
            _take(open_card, name, _value(parameters, value))
    if not found:
        raise Unreadable("Aucune carte de visite (vCard) dans ce fichier.")
    return found


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Logical lines with the number of their first: continuations begin with a blank, those of 2.1 follow a last «=»."""
    held, start, is_quoted = "", 1, False
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        if number > _MAX_LINES:
            raise Unreadable("Ce fichier a trop de lignes.")
        if is_quoted and held.endswith("="):
            held = held[:-1] + line[:_MAX_LINE]
        elif line[:1] in {" ", "\t"} and held:
            held += line[1:] if len(held) < _MAX_LINE else ""
        else:
            if held:
                yield start, held[:_MAX_LINE]
            held, start = line[:_MAX_LINE], number
            is_quoted = "QUOTED-PRINTABLE" in line.partition(":")[0].upper()
        if len(held) > _MAX_LINE:
            held = held[:_MAX_LINE]
    if held:
        yield start, held[:_MAX_LINE]


def _property(line: str) -> tuple[str, list[str], str]:
    """`item1.EMAIL;TYPE=work:x@y` → (EMAIL, [TYPE=WORK], x@y)."""
    parts: list[str] = []
    at = 0
    while match := _SPLIT.match(line, at):
        parts.append(match[1])
        at = match.end()
        if match[2] == ":" or len(parts) > 50:
            break
    name = (parts or [""])[0].rpartition(".")[2].strip().upper()
    return name, [part.upper() for part in parts[1:]], line[at:]


def _value(parameters: list[str], value: str) -> str:
    if any("QUOTED-PRINTABLE" in one for one in parameters):
        try:
            data = quopri.decodestring(value.encode("utf-8", "replace"))
        except (binascii.Error, ValueError):
            return value
        is_utf8 = not any("CHARSET" in one and "UTF-8" not in one for one in parameters)
        return data.decode("utf-8" if is_utf8 else "cp1252", "replace")
    return value


def _take(card: _Card, name: str, value: str) -> None:
    if name == "EMAIL":
        if value.strip() and len(card.emails) < _MAX_ADDRESSES:
            card.emails.append(bounded("address", _text(value)).removeprefix("mailto:"))
    elif value.strip():
        card.told.setdefault(name, value)


def _text(value: str) -> str:
    """§3.4, backwards."""
    return _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)


def _components(value: str) -> list[str]:
    """Of a structured value: `DUPONT;Anne;;Dr;`."""
    return [_text(part) for part in _PARTS.findall(value)]


def _contacts(card: _Card) -> list[Travelling]:
    """One contact for each address."""
    told = card.told
    family, given, _, title = [*_components(told.get("N", "")), "", "", "", ""][:4]
    name = _text(told.get("FN", "")) or " ".join(part for part in (title, given, family) if part)
    organization = " ".join(part for part in _components(told.get("ORG", "")) if part)
    phone = _text(told.get("TEL", "")).removeprefix("tel:")
    trade = _text(told.get("TITLE", told.get("ROLE", "")))
    made = Travelling(
        name=bounded("name", name or _text(told.get("NICKNAME", "")) or organization),
        detail=bounded("detail", " · ".join(part for part in (trade, organization) if part)),
        phone=bounded("phone", phone),
        note=bounded("note", _text(told.get("NOTE", ""))),
        source=bounded("source", _text(told.get("X-ORIGIN", ""))),
        line=card.line,
    )  # fmt: skip
    return [replace(made, address=address) for address in dict.fromkeys(card.emails)] or [made]
