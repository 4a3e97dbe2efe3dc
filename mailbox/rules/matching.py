"""Which rules a letter meets, and what they do to it together. Pure: a letter is what was known of it, nothing is asked.

Of documents nothing is known before they are examined: a condition on them is then neither true nor false, its rule waits,
and so do those after it, for their order is what their author meant.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from directory.fold import folded
from mailbox.mime.address import a_label
from mailbox.rules import values
from mailbox.rules.values import Acts, Condition, Words


@dataclass(frozen=True, slots=True, repr=False)
class Letter:
    """What conditions ask. `documents` are words of chips («Ordonnance»); of those, of `has_patient`, more may come."""

    senders: tuple[str, ...]  # each a name and an address
    domains: tuple[str, ...]
    trade: str = ""
    subject: str = ""
    documents: tuple[str, ...] = ()
    has_patient: bool = False
    has_files: bool = False
    is_verified: bool = False
    is_ordinary: bool = False
    is_examined: bool = True


@dataclass(frozen=True, slots=True, repr=False)
class Ready[Id]:
    """A rule as rows give it; `words` None when its box does not open: it is passed over."""

    id: Id
    words: Words | None


@dataclass(frozen=True, slots=True, repr=False)
class Decided[Id]:
    """The rules that are met, in their order, each with what is left for it to do; `waits` for documents."""

    met: tuple[tuple[Id, Acts], ...] = ()
    waits: bool = False


def decide[Id](rules: Sequence[Ready[Id]], letter: Letter, *, done: Collection[Id] = ()) -> Decided[Id]:
    """`done` did their part already, when the documents were still to be examined."""
    met: list[tuple[Id, Acts]] = []
    before = Acts()
    for rule in rules:
        if rule.words is None:
            continue
        answer = True if rule.id in done else is_met(rule.words, letter)
        if answer is None:
            return Decided(tuple(met), waits=True)
        if not answer:
            continue
        if rule.id not in done:
            met.append((rule.id, left(rule.words.acts, before)))
        before = joined(before, rule.words.acts)
        if rule.words.stops:
            break
    return Decided(tuple(met))


def left(acts: Acts, before: Acts) -> Acts:
    """Of what can be done once (a shelf, a person, a state, an answer), the first rule decides; labels and copies add up."""
    return replace(
        acts,
        folder="" if before.folder else acts.folder,
        assign="" if before.assign else acts.assign,
        status="" if before.status else acts.status,
        reply="" if before.reply else acts.reply,
        boxes=tuple(one for one in acts.boxes if one not in before.boxes),
    )


def joined(before: Acts, acts: Acts) -> Acts:
    return replace(
        before,
        folder=before.folder or acts.folder,
        assign=before.assign or acts.assign,
        status=before.status or acts.status,
        reply=before.reply or acts.reply,
        boxes=(*before.boxes, *acts.boxes),
    )


def is_met(words: Words, letter: Letter) -> bool | None:
    """None when it depends on documents that nobody looked at yet. A rule without conditions meets nothing."""
    answers = [_answer(condition, letter) for condition in words.conditions]
    if not answers:
        return False
    decisive = not words.needs_all  # one «no» of all, or one «yes» of any, is the answer
    if decisive in answers:
        return decisive
    return None if None in answers else not decisive


def _answer(condition: Condition, letter: Letter) -> bool | None:
    if condition.kind not in _ASKED:  # of a later version: it is never met, whichever way round
        return False
    found = _ASKED[condition.kind](condition.value, letter)
    return found if found is None else found is not condition.is_not


def _sender(value: str, letter: Letter) -> bool:
    """Part of an address as it is typed; else every word begins one of the name, accents and case aside."""
    typed = value.strip().lower()
    return bool(typed) and any(typed in one.lower() or _all_in(typed, one) for one in letter.senders)


def _domain(value: str, letter: Letter) -> bool:
    """That domain, or one below it."""
    wanted = a_label(value.strip().lstrip("@*."))
    return bool(wanted) and any(one == wanted or one.endswith(f".{wanted}") for one in letter.domains)


def _all_in(value: str, text: str) -> bool:
    wanted, there = folded(value).split(), folded(text).split()
    return bool(wanted) and all(any(one.startswith(word) for one in there) for word in wanted)


def _later(found: bool, letter: Letter) -> bool | None:
    return True if found else False if letter.is_examined else None


_ASKED: Mapping[str, Callable[[str, Letter], bool | None]] = {
    values.SENDER: _sender,
    values.DOMAIN: _domain,
    values.PROFESSION: lambda value, letter: _all_in(value, letter.trade),
    values.SUBJECT: lambda value, letter: _all_in(value, letter.subject),
    values.DOCUMENT: lambda value, letter: _later(value in letter.documents, letter),
    values.PATIENT: lambda _, letter: _later(letter.has_patient, letter),
    values.ATTACHMENT: lambda _, letter: letter.has_files,
    values.VERIFIED: lambda _, letter: letter.is_verified,
    values.ORDINARY: lambda _, letter: letter.is_ordinary,
}
