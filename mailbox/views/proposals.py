"""Whom the composer proposes, each with the address to write to and why: one statement for the whole list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from directory import lookup
from directory.lookup import AskFacts, Choice, Suggestion
from mailbox.views.people import Person


@dataclass(frozen=True, slots=True, repr=False)
class Proposal:
    """One line of a list: somebody, or a group. `note` says why this address of several, or what speaks against it."""

    name: str
    detail: str
    rpps_tail: str
    address: str
    note: str = ""
    is_warning: bool = False
    is_placed: bool = False  # of several equal ones, that of the town that was typed
    typed: str = ""  # the members of a group, as the composer takes them
    is_too_large: bool = False  # a group of more people than a message carries


def proposals(found: Sequence[Person | Suggestion], typed: str, facts: AskFacts) -> list[Proposal]:
    """In the order of `found`, each address once; a person's is the preferred one when nothing needs asking."""
    listed = [one for one in found if isinstance(one, Suggestion)]
    places = {one.owner: place for one in listed if (place := lookup.chosen_place(typed, one)) is not None}
    met = [one.address for one in found if isinstance(one, Person)]
    choices = lookup.preferred([one.owner for one in listed], addresses=met, places=places, facts=facts)
    made = (_proposal(one, _choice(one, choices), _is_placed(one, places)) for one in found)
    once: dict[str, Proposal] = {}
    for proposal in made:
        once.setdefault(proposal.address, proposal)
    return list(once.values())


def _is_placed(one: Person | Suggestion, places: Mapping[str, int]) -> bool:
    return isinstance(one, Suggestion) and one.owner in places


def _choice(one: Person | Suggestion, choices: Mapping[str, Choice]) -> Choice | None:
    """Of an address that several people share, the one so called; nobody's in particular otherwise."""
    if isinstance(one, Suggestion):
        return choices.get(one.owner)
    owners = lookup.owners_of(choices.values(), one.address, one.name)
    return owners[0] if len(owners) == 1 else None


def _proposal(one: Person | Suggestion, choice: Choice | None, is_placed: bool) -> Proposal:
    tail = one.rpps_tail if isinstance(one, Suggestion) else ""
    if choice is None:
        return Proposal(one.name, one.detail, tail, one.address)
    taken = choice.proposed
    if isinstance(one, Person) and not choice.is_certain:  # one of equals: that of their letters
        taken = choice.candidate(one.address) or taken
    told = taken.published
    shown = one
    if isinstance(one, Suggestion) and told.town:
        shown = replace(one, town=told.town, organization=told.organization)
    note = ", ".join(taken.flags) or (choice.reason if len(choice.ordered) > 1 else "")
    return Proposal(
        one.name, shown.detail, tail, taken.address, note, is_warning=bool(taken.flags),
        is_placed=is_placed and choice.is_certain,
    )  # fmt: skip
