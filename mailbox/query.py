"""What is typed in the search box -> what is meant: words, and operators in French and in English. Pure.

`de:lemaire objet:"ordonnance de sortie" après:01/11 non-lu pj: -facture apixaban`. What is not understood is told, never
dropped in silence. Refuses to know what a mailbox holds.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from mailbox.wording import fold, words

_PIECE = re.compile(
    r"""(?P<less>-?)(?:(?P<name>[^\W\d_][\w-]{0,11}):[ ]?)?(?:"(?P<quoted>[^"]*)"?|(?P<plain>[^\s"]*))"""
)
_NAMES = {
    "de": "sender", "from": "sender",
    "a": "recipient", "to": "recipient", "pour": "recipient",
    "objet": "subject", "sujet": "subject", "subject": "subject",
    "patient": "patient",
    "doc": "document", "document": "document", "type": "document",
    "pj": "file", "piece": "file", "fichier": "file", "file": "file", "attachment": "file",
    "avant": "until", "before": "until",
    "apres": "since", "depuis": "since", "after": "since", "since": "since",
    "attribue": "assigned", "assigne": "assigned", "assigned": "assigned",
    "est": "state", "is": "state", "has": "state",
}  # fmt: skip
_UNREAD = {"non-lu", "non-lus", "nonlu", "nonlus", "unread"}
_FILED = {"pj", "piece", "fichier", "file", "attachment"}
_DAYS = "lundi mardi mercredi jeudi vendredi samedi dimanche".split()
_MONTHS = "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre".split()
_NUMBERS = re.compile(r"(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}|\d{2}))?")
_AGO = re.compile(r"(\d{1,4}) ?(j|jours?|d|days?|sem|semaines?|w|weeks?|m|mois|months?|a|ans?|y|years?)")
_UNITS = {"j": 1, "d": 1, "s": 7, "w": 7, "m": 30, "a": 365, "y": 365}
MOST_WORDS = 12

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """Folded words, each to be found; of `subject`, one behind the other when they were quoted.

    `since` is the first day, `until` the first day that is out. `assigned` is «moi», «personne» or words of a name.
    `misread`: what was typed and cannot be understood, as typed.
    """

    words: Words = ()
    without: Words = ()
    sender: Words = ()
    recipient: Words = ()
    subject: Words = ()
    patient: Words = ()
    document: Words = ()
    file: Words = ()
    assigned: Words = ()
    phrases: tuple[Words, ...] = ()  # of the subject
    since: date | None = None
    until: date | None = None
    is_unread: bool = False
    has_file: bool = False
    misread: tuple[str, ...] = ()

    @property
    def asked(self) -> Words:
        """Every word that a message found must hold, wherever."""
        told = (self.words, self.sender, self.recipient, self.subject, self.patient, self.document, self.file)
        return tuple(dict.fromkeys(word for some in told for word in some))

    @property
    def is_sealed(self) -> bool:
        """Does it ask for what only an opened summary can tell?"""
        return bool(self.sender or self.recipient or self.subject or self.patient or self.document or self.file)

    @property
    def is_empty(self) -> bool:
        told = (self.asked, self.assigned, self.since, self.until, self.is_unread, self.has_file)
        return not any(told)


def read(typed: str, *, today: date) -> Query:
    """The query of a text of at most some hundred characters."""
    found = _Reading(today)
    for less, name, value, is_quoted in _pieces(typed):
        if less and not name:
            found.leave_out(value)
        else:
            found.take(name, value, is_quoted=is_quoted)
    return found.query()


def _pieces(typed: str) -> Iterator[tuple[bool, str, str, bool]]:
    """(taken away?, field, value, quoted?). A colon behind what is no operator (12:30) is of the words."""
    for match in _PIECE.finditer(typed):
        name = match["name"] or ""
        value, is_quoted = match["quoted"] or match["plain"] or "", match["quoted"] is not None
        if name and fold(name) not in _NAMES and fold(name) not in _UNREAD:
            name, value = "", f"{name} {value}"
        if name or value:
            yield bool(match["less"]), name, value, is_quoted


class _Reading:
    """A query on its way: what was read so far."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.told: dict[str, list[str]] = defaultdict(list)
        self.days: dict[str, date] = {}
        self.phrases: list[Words] = []
        self.is_unread = self.has_file = False

    def leave_out(self, value: str) -> None:
        self.told["without"] += words(value)

    def take(self, name: str, value: str, *, is_quoted: bool) -> None:
        """One piece, whose name is that of an operator or ''."""
        folded = fold(name)
        named = _NAMES.get(folded, "")
        if folded in _UNREAD or (named in ("", "state") and fold(value) in _UNREAD):
            self.is_unread = True
        elif (named == "state" and fold(value) in _FILED) or (named == "file" and not value):
            self.has_file = True
        elif not self._is_taken(named, value, is_quoted=is_quoted):
            self.told["misread"].append(f"{name}:{value}")

    def _is_taken(self, named: str, value: str, *, is_quoted: bool) -> bool:
        if named in ("since", "until"):
            day = day_of(value, today=self.today)
            self.days |= {named: day} if day else {}
            return day is not None
        folded = fold(value).split() if named == "assigned" else words(value)
        if named == "state" or (named and not folded):
            return False
        self.has_file |= named == "file"
        if named == "subject" and is_quoted:
            self.phrases.append(tuple(folded))
        self.told[named or "words"] += folded
        return True

    def query(self) -> Query:
        def of(name: str) -> Words:
            return tuple(self.told[name][:MOST_WORDS])

        return Query(
            words=of("words"), without=of("without"), sender=of("sender"), recipient=of("recipient"),
            subject=of("subject"), patient=of("patient"), document=of("document"), file=of("file"),
            assigned=of("assigned"), phrases=tuple(self.phrases), since=self.days.get("since"),
            until=self.days.get("until"), is_unread=self.is_unread, has_file=self.has_file, misread=of("misread"),
        )  # fmt: skip


def day_of(typed: str, *, today: date) -> date | None:
    """The day, or the first of the month or year, that is meant; always one that has begun, where the year is not told."""
    text = fold(typed.strip())
    if text in ("aujourdhui", "aujourd'hui", "aujourd’hui", "today"):
        return today
    if text in ("hier", "yesterday"):
        return today - timedelta(1)
    if text in _DAYS:
        return today - timedelta((today.weekday() - _DAYS.index(text)) % 7 or 7)
    if ago := _AGO.fullmatch(text):
        days = int(ago[1]) * _UNITS[ago[2][0]]
        return today - timedelta(min(days, 36_500))
    return _month(text, today) or _numbers(text, today)


def _month(text: str, today: date) -> date | None:
    name, _, year = text.replace("-", " ").replace("/", " ").partition(" ")
    found = [n for n, month in enumerate(_MONTHS, 1) if len(name) > 2 and month.startswith(name)]
    if len(found) != 1 or (year and not re.fullmatch(r"\d{4}", year)):
        return None
    if year:
        return _date(int(year), found[0], 1)
    return _date(today.year - (found[0] > today.month), found[0], 1)


def _numbers(text: str, today: date) -> date | None:
    if re.fullmatch(r"\d{4}", text):
        return _date(int(text), 1, 1)
    if iso := re.fullmatch(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?", text):
        return _date(int(iso[1]), int(iso[2]), int(iso[3] or 1))
    if told := re.fullmatch(r"(\d{1,2})[/.](\d{4})", text):
        return _date(int(told[2]), int(told[1]), 1)
    if not (told := _NUMBERS.fullmatch(text)):
        return None
    day, month = int(told[1]), int(told[2])
    if told[3]:
        return _date(int(told[3]) + (2000 if len(told[3]) == 2 else 0), month, day)
    this = _date(today.year, month, day)
    return this if this is None or this <= today else _date(today.year - 1, month, day)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year > 1900 else None
    except ValueError:
        return None
