"""The recipients of a letter being written, as people: why this address, the others of theirs, what speaks against it.

A name without address is nobody until somebody chooses among those who bear it.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from directory import lookup
from directory.lookup import Candidate, Choice, Facts
from mailbox import habits
from mailbox.drafts import DraftText
from mailbox.mime.address import is_patient, normalise, parse_addresses
from mailbox.models import Mailbox
from mailbox.outbound.submit import MAX_RECIPIENTS
from mailbox.views.proposals import Proposal, proposals

_NAMES, _BEARERS = 3, 8  # names without address that are looked up, and how many who bear one are shown
FIELDS = ("to", "cc", "bcc")


@dataclass(frozen=True, slots=True, repr=False)
class Chosen:
    """One recipient. `choice` is None when the annuaire knows nobody in particular at that address."""

    name: str
    address: str
    flags: tuple[str, ...]
    choice: Choice | None = None
    is_placed: bool = False  # taken for the place that was asked for

    @property
    def candidate(self) -> Candidate | None:
        return self.choice.candidate(self.address) if self.choice else None

    @property
    def others(self) -> list[Candidate]:
        return [one for one in self.choice.ordered if one.address != self.address] if self.choice else []

    @property
    def is_remembered(self) -> bool:
        return bool(self.choice and self.choice.is_remembered and self.choice.proposed.address == self.address)

    @property
    def is_asked(self) -> bool:
        """Nothing tells this address from another one of theirs: somebody must choose."""
        if self.choice is None or self.choice.is_certain or self.is_placed or self.flags:
            return False
        return any(one.is_sound for one in self.others)

    @property
    def reason(self) -> str:
        if self.is_asked and self.choice:
            return self.choice.reason
        if self.is_placed:
            return "celle du lieu que vous avez cherché"
        return self.candidate.reason if self.candidate else ""

    @property
    def better(self) -> Candidate | None:
        """To write to instead of one that is flagged."""
        return next((one for one in self.others if one.is_sound), None) if self.flags else None


@dataclass(frozen=True, slots=True, repr=False)
class Bearers:
    """Who bears a name that was typed; none of them was chosen."""

    typed: str
    people: list[Proposal]
    is_cut: bool
    meant: str  # when a typing error was mended


@dataclass(frozen=True, slots=True, repr=False)
class Other:
    """`key` names it in a button; `shown` is masked."""

    key: str
    shown: str
    why: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Recipients:
    """Those whom something is known of."""

    people: list[Chosen]
    names: list[Bearers]
    has_patient: bool = False

    @property
    def flagged(self) -> list[Chosen]:
        return [one for one in self.people if one.flags]


def recipients(mailbox: Mailbox, text: DraftText, placed: Collection[str] = ()) -> Recipients:
    """Three statements for those with an address, and some for each name without; none for nobody."""
    typed = [one for field in FIELDS for one in parse_addresses(getattr(text, field))][:MAX_RECIPIENTS]
    named = {normalise(one.addr_spec): one.display_name for one in typed if "@" in one.addr_spec}
    has_patient = any(is_patient(address) for address in named)
    named = {address: name for address, name in named.items() if not is_patient(address)}
    bare = dict.fromkeys(one.display_name for one in typed if not one.addr_spec and lookup.is_enough(one.display_name))
    people = list(_people(mailbox, named, set(placed))) if named else []
    names = [found for name in list(bare)[:_NAMES] if (found := bearers(mailbox, name)).people]
    return Recipients(people, names, has_patient)


def others(text: DraftText, found: Recipients, refused: Mapping[str, str], masked: Callable[[str], str]) -> list[Other]:
    """Each recipient that has no line of its own among `found`, as it was typed."""
    told = {one.address for one in found.people if one.choice} | {one.typed for one in found.names}
    typed = [one for field in FIELDS for one in parse_addresses(getattr(text, field))][:MAX_RECIPIENTS]
    keys = dict.fromkeys(one.addr_spec or one.display_name for one in typed)
    return [
        Other(masked(key), masked(key), refused.get(key, ""))
        for key in keys
        if key and normalise(key) not in told and key not in told
    ]


def _people(mailbox: Mailbox, named: Mapping[str, str], placed: set[str]) -> Iterator[Chosen]:
    told, ask = Facts(), habits.of(mailbox)

    def facts(owners: Collection[str], addresses: Collection[str]) -> Facts:
        nonlocal told
        told = ask(owners, addresses)
        return told

    found = lookup.preferred((), addresses=named, facts=facts)
    refusals = lookup.refusals(list(named), told)
    for address, name in named.items():
        owners = lookup.owners_of(found.values(), address, name)
        if len(owners) == 1:
            [choice] = owners
            yield Chosen(choice.name, address, _flags(owners, address), choice, address in placed)
        elif flags := _flags(owners, address) if owners else refusals.get(address, ()):
            yield Chosen(name or address, address, flags)


def _flags(owners: Sequence[Choice], address: str) -> tuple[str, ...]:
    """Of several who own it: in whose name it is in force."""
    return min((one.flags for owner in owners if (one := owner.candidate(address))), key=len, default=())


def bearers(mailbox: Mailbox, typed: str) -> Bearers:
    found = lookup.find(typed, limit=_BEARERS + 1)
    people = proposals(found.faces[:_BEARERS], typed, habits.of(mailbox))
    return Bearers(typed, people, len(found.faces) > _BEARERS, found.meant)
