"""Whom one can write to: suggestions for what is being typed, and the faces behind addresses. The one door to this app.

Only addresses in force are answered. What is typed is never logged nor kept.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from directory import faces, geography, held, identity, preference, search, spelling, whereabouts, words
from directory.faces import Suggestion, by_address
from directory.fold import KINDS, fold, folded, stem, whole
from directory.models import Entry
from directory.preference import Candidate, Choice, Facts, Remembered, Use, day, refusals
from directory.published import Published, extraction_day, published
from directory.readings import trades_of
from directory.search import EVERYWHERE, Scope
from directory.vocabulary import END, Vocabulary, vocabulary

__all__ = [
    "EVERYWHERE", "MAX_ADDRESS", "MAX_TEXT", "AskFacts", "Candidate", "Choice", "Facts", "Found", "Published", "Remembered",
    "Scope", "Suggestion", "Use", "by_address", "caller", "chosen_place", "day", "department_of", "extraction_day", "find",
    "found", "is_empty", "is_enough", "owners_of", "preferred", "published", "ref_of_person", "ref_of_place", "refusals",
    "spelled", "suggest",
]  # fmt: skip
type AskFacts = Callable[[Collection[str], Collection[str]], Facts]  # of these owners, of these addresses
MAX_TEXT = search.MAX_TEXT
MAX_ADDRESS = 254
_ADDRESS_LETTERS = 3  # of an address being typed or pasted
_MOST_TRIES = 6  # corrections searched for
_IDENTIFIER_DIGITS = 9  # FINESS; RPPS has 11


def ref_of_person(idnps: str) -> str:
    """Of the page of who has this national number, known or not."""
    return identity.ref(identity.person(idnps))


def ref_of_place(finess: str) -> str:
    """Of the page of the structure that has this FINESS, known or not."""
    return identity.ref(identity.organization(f"F{finess}"))


def is_empty() -> bool:
    """Nothing was ever loaded, or an upgrade emptied it."""
    return not Entry.objects.exists()


@dataclass(frozen=True, slots=True)
class Found:
    """Whom a search found, and the words it was made with when those typed find nobody: «Résultats pour …»."""

    faces: list[Suggestion]
    meant: str = ""


def find(text: str, *, limit: int, scope: Scope = EVERYWHERE) -> Found:  # ECO.3.1.4, SC.MSS/UX.41
    """`found`; when nobody answers, the same with one typing error mended."""
    known = found(text, limit=limit, scope=scope)
    if known or "@" in text:
        return Found(known)
    asked = search.words(text)
    for typed in _mended(asked):
        if known := _searched(typed, scope, limit=limit, kinds_too=False):
            return Found(known, " ".join(typed))
    return Found([] if whereabouts.is_told(asked) else _there(asked, scope, limit=limit))


def _mended(typed: Sequence[str]) -> Iterator[list[str]]:
    """The words with one of them corrected: those that are no known word first, each by the commonest first.

    A trade is well written: « pharmacien » is no « pharmacie ».
    """
    known = vocabulary()
    meant_by = words.meant_by(typed)
    if any(_is_lost(word, known) for word, meant in zip(typed, meant_by, strict=True) if not meant):
        return
    near = [[] if known.is_trade(word) else meant for word, meant in zip(typed, meant_by, strict=True)]
    tries = [(typed[at] in meant, turn, at, word) for at, meant in enumerate(near) for turn, word in enumerate(meant)]
    for _, _, at, word in sorted(one for one in tries if one[3] != typed[one[2]])[:_MOST_TRIES]:
        yield [*typed[:at], word, *typed[at + 1 :]]


def _is_lost(word: str, known: Vocabulary) -> bool:
    """Nobody is called, lives or works so: to mend another word of the same search would find nobody either.

    For a word that no known one is near to. A short one or a number is never lost.
    """
    if len(word) < spelling.SHORTEST or word.isdecimal() or known.called(stem(word)):
        return False
    if known.town.holds(word) or known.first.holds(word) or geography.departments_beginning(word):
        return False
    return not Entry.objects.filter(name__gte=word, name__lt=word + END).exists()


def suggest(text: str, *, limit: int = 10) -> list[Suggestion]:
    """Who may be meant, likeliest first, one query: names, first names, towns and trades in any order, or an address."""
    return found(text, limit=limit)


def found(text: str, *, limit: int, scope: Scope = EVERYWHERE) -> list[Suggestion]:
    """`suggest`, narrowed and ordered by `scope`."""
    text = text.strip()
    if "@" in text or (text.isdigit() and len(text) >= _IDENTIFIER_DIGITS):
        return _by_identifier(text.lower()[:MAX_ADDRESS], scope, limit)
    typed = search.words(text)
    if not typed:
        return []
    known = _searched(typed, scope, limit=limit, kinds_too=False)
    if not known and KINDS & set(typed):  # no such place: those who practise there, then
        known = _searched(typed, scope, limit=limit, kinds_too=True)
    return known or (_there(typed, scope, limit=limit) if whereabouts.is_told(typed) else [])


def _searched(typed: Sequence[str], scope: Scope, *, limit: int, kinds_too: bool) -> list[Suggestion]:
    asked = search.statement(typed, scope, limit=limit, kinds_too=kinds_too)
    return faces.of_entries(*asked) if asked else []


def _there(typed: Sequence[str], scope: Scope, *, limit: int) -> list[Suggestion]:
    """Who is in that street or structure."""
    known = vocabulary()
    is_trade, trades = trades_of(typed, known.called, kinds_too=False)
    asked = whereabouts.statement(typed, is_trade, trades, known, scope, limit=limit)
    return faces.of_entries(*asked) if asked else []


def department_of(finess: str) -> str:
    """Its code, from the first characters of a FINESS number (`9701…` is Guadeloupe); "" for none."""
    code = f"97{finess[3:4]}" if finess.startswith("97") else finess[:2]
    return code if code in geography.DEPARTMENTS else ""


def is_enough(text: str) -> bool:
    """Is there something to search for? Two letters, an address or an identifier."""
    return bool(search.words(text))


def spelled(told: Iterable[str], *, private: str = "") -> str:
    """The words of what is told of somebody, each behind a blank, for `caller`. Those of `private` stay in no cache."""
    return " " + " ".join(whole([*fold(" ".join(told)).split(), *folded(private).split()]))


def caller(text: str) -> Callable[[str], bool]:
    """Does each word of `text` begin a word of what is `spelled`? For lists that are not the directory's."""
    starts = [f" {stem(one)}" for one in whole(search.words(text))]
    return lambda words: bool(starts) and all(start in words for start in starts)


def preferred(
    owners: Collection[str], *, addresses: Collection[str] = (), places: Mapping[str, int] | None = None,
    facts: AskFacts,
) -> dict[str, Choice]:  # fmt: skip
    """By owner (`Suggestion.owner`), its addresses, the one to write to first: one statement, and those of `facts`.

    `addresses` stand for whoever owns them, vanished ones too. `places` are the places of exercise asked for, by owner.
    `facts` is given all owners and all their addresses.
    """
    wanted = {address.strip().lower() for address in addresses if "\x00" not in address}
    known = held.of({owner for owner in owners if identity.is_owner(owner)}, wanted)
    told = facts(known.keys(), wanted | {one.address for owner in known.values() for one in owner.addresses})
    asked = places or {}
    made = (
        preference.choose(key, owner.name, owner.addresses, facts=told, place=asked.get(key))
        for key, owner in known.items()
    )
    return {choice.owner: choice for choice in made if choice}


def owners_of(choices: Iterable[Choice], address: str, name: str = "") -> list[Choice]:
    """Whose an address is: several people's may be told apart by the name that was written before it."""
    held = [choice for choice in choices if choice.candidate(address)]
    called = [choice for choice in held if name and fold(choice.name) == fold(name)]
    return called or held


def chosen_place(text: str, face: Suggestion) -> int | None:
    """The place of exercise that was asked for: a word typed begins the name of its town, and not the person's."""
    named = fold(f"{face.first_name} {face.last_name}").split()
    beside = [one for one in search.words(text) if not any(word.startswith(one) for word in named)]
    is_asked = any(word.startswith(one) for one in beside for word in fold(face.town).split())
    return face.place if face.kind == "person" and is_asked else None


def _by_identifier(text: str, scope: Scope, limit: int) -> list[Suggestion]:
    """A pasted address, RPPS, FINESS, SIRET or ADELI number, or the beginning of an address."""
    if "@" in text:
        if len(text) < _ADDRESS_LETTERS or "\x00" in text:
            return []
        return faces.with_address("m.address >= %s AND m.address < %s", [text, text + "\U0010ffff"], limit)
    owners = [identity.person(f"8{text}"), identity.person(f"0{text}"), identity.organization(f"F{text}"),
              identity.organization(f"C{text}")]  # fmt: skip
    reached = faces.with_address(
        "(m.practitioner_id = ANY(%s) OR m.organization_id = ANY(%s) AND m.practitioner_id IS NULL)",
        [owners[:2], owners[2:]], limit,
    )  # fmt: skip
    return reached if reached or scope.reachable_only else faces.of_entries(*search.of_owners(owners, limit=limit))
