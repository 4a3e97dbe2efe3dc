"""From lines of a file to rows of COPY's text format, table by table. Pure: runs in processes of its own on a first load.

Each thing goes once while it is remembered: a file names a person and a place several times.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from directory import extract, identity, trades
from directory.extract import ActivityLine, Line, MailboxLine, Person, Place, SkillLine, Trade
from directory.fold import array, fold, key, name_keys, place_words, structure_keys, town_keys

TABLES = ("qualification", "practitioner", "organization", "role", "address")
MAX_TOLD = 1000  # rejected lines kept, per load
_SALT = b"3"  # another one when another thing is read from a line: every line is then new
MAX_PLACE_WORDS = 24
_REMEMBERED = 8_192
NULL = "\\N"


def digest(line: bytes) -> int:
    return identity.of_line(line, _SALT)


@dataclass(slots=True)
class Block:
    """What some lines became: text for each table, and the lines that could not be read, by number."""

    texts: dict[str, list[str]] = field(default_factory=lambda: {table: [] for table in TABLES})
    kept: int = 0
    rejected: int = 0
    told: list[tuple[int, str]] = field(default_factory=list)


class Rows:
    """Values become rows, each person, place and trade once while it is remembered."""

    def __init__(self) -> None:
        self._block = Block()
        self._person = lru_cache(_REMEMBERED)(self._new_person)
        self._place = lru_cache(_REMEMBERED)(self._new_place)
        self._trade = lru_cache(_REMEMBERED)(self._new_trade)

    def taken(self) -> Block:
        """What was added since the last time."""
        block, self._block = self._block, Block()
        return block

    def put(self, line: str, value: Line) -> None:
        """`line`: the digest that the rows are known by."""
        match value:
            case MailboxLine():
                self._put_mailbox(line, value)
            case ActivityLine(person, trade, place, mode, function):
                where = self._place(place) if place else NULL
                self._put("role", (line, self._person(person, trade), where, self._trade(trade), mode, function, "f"))
            case SkillLine(person, trade):
                self._put("role", (line, self._person(person, trade), NULL, self._trade(trade), "", "", "t"))

    def _put(self, table: str, values: Iterable[str]) -> None:
        """No value holds a tab or a line end, extract rejects them."""
        row = "\t".join(values)
        if "\\" in row:
            row = row.replace("\\", "\\\\").replace("\\\\N", NULL)
        self._block.texts[table].append(row)

    def _put_mailbox(self, line: str, value: MailboxLine) -> None:
        who = self._person(value.person, value.trade) if value.person and value.trade else NULL
        where = self._place(value.place) if value.place else NULL
        row_id = str(identity.mailbox(value.address, who, where))
        services = array(name for name, _ in structure_keys(value.service)) if value.service else "{}"
        paperless = NULL if value.is_paperless is None else "t" if value.is_paperless else "f"
        self._put("address", (line, row_id, value.address, value.kind, who, where, value.service, services, paperless))

    def _new_person(self, person: Person, trade: Trade) -> str:
        row_id = str(identity.person(person.idnps))
        rank = "0" if trade.speciality else "1"
        names, first = array(name_keys(person.last_name)), key(fold(person.first_name).split())
        self._put("practitioner", (row_id, rank, person.idnps, person.rpps, "t" if person.is_checked else "f",
                                   person.title, person.last_name, person.first_name, names, first,
                                   self._trade(trade)))  # fmt: skip
        return row_id

    def _new_trade(self, trade: Trade) -> str:
        row_id = str(identity.qualification(*trade))
        self._put("qualification", (row_id, *trade, trades.words(*trade[1:])))
        return row_id

    def _new_place(self, place: Place) -> str:
        row_id, names = str(identity.organization(place.key)), structure_keys(place.name)
        self._put("organization", (row_id, place.key, place.name, array(name for name, _ in names),
                                   array(more for _, more in names), array(_told(place)), place.town,
                                   array(town_keys(place.town)), *place[3:]))  # fmt: skip
        return row_id


def _told(place: Place) -> list[str]:
    return place_words(place.name, place.address_line, place.town, place.postcode)[:MAX_PLACE_WORDS]


class Encoder(Rows):
    """Reads lines below one header."""

    def __init__(self, header: extract.Header) -> None:
        super().__init__()
        self._read = extract.reader(header)

    def add(self, number: int, line: bytes, line_id: int) -> bool:
        """Is this line kept? A line that is no UTF-8 refuses the file (UnicodeDecodeError)."""
        try:
            self.put(str(line_id), self._read(line.decode()))
        except extract.Rejected as error:
            self._block.rejected += 1
            if len(self._block.told) < MAX_TOLD:
                self._block.told.append((number, str(error)))
            return False
        self._block.kept += 1
        return True
