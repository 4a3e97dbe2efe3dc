"""What the pharmacy's own directory gives to the suggestions of the composer: favourites first, and whole groups.

Refuses to offer an address that left the annuaire, or that one cannot write to.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from directory.lookup import Suggestion
from mailbox import contacts, groups
from mailbox.contacts import Card, Origin
from mailbox.drafts import joined
from mailbox.groups import Group
from mailbox.mime.values import Address
from mailbox.models import Mailbox
from mailbox.outbound.submit import MAX_RECIPIENTS, check_recipients
from mailbox.views.people import Person
from mailbox.views.proposals import Proposal


@dataclass(slots=True, repr=False)
class Book:
    """The directory of a mailbox by address; `refused` are those that are not to be offered."""

    held: dict[UUID, Card]
    groups: dict[UUID, Group]
    cards: dict[str, Card]
    refused: set[str] = field(default_factory=set)

    def ranked(self, names: Mapping[str, str]) -> dict[str, str]:
        """Favourites, those of `names`, the other contacts; an own contact by the pharmacy's name for it."""
        called = {spec: card.name for spec, card in self.cards.items()}
        first = [spec for spec, card in self.cards.items() if card.is_favourite]
        order = dict.fromkeys((*first, *names, *self.cards))
        return {spec: called.get(spec) or names.get(spec, "") for spec in order}

    def judge(self, known: Mapping[str, Suggestion], met: Container[str]) -> None:
        """Who left the annuaire, or is outside the trust space: two statements at most, none when all are listed."""
        doubtful = [spec for spec in self.cards if spec not in known and spec not in met]
        gone = {spec for spec in doubtful if self.cards[spec].origin == Origin.ANNUAIRE}
        self.refused = gone | check_recipients(doubtful).keys() if doubtful else set()

    def marked(self, person: Person) -> Person:
        card = self.cards.get(person.address)
        if card is None or not card.is_favourite:
            return person
        return replace(person, detail=" · ".join(part for part in ("Favori", person.detail) if part))


def read(mailbox: Mailbox) -> Book:
    """Two statements."""
    held = contacts.all_of(mailbox)
    return Book(held, groups.all_of(mailbox), {card.address: card for card in held.values() if card.address})


def groups_of(book: Book) -> list[Proposal]:
    """Once judged: those that have somebody to write to."""
    return [offer for group in book.groups.values() if (offer := _offer(book, group))]


def _offer(book: Book, group: Group) -> Proposal | None:
    cards = [book.held[pk] for pk in group.members if pk in book.held]
    names = {card.address: card.name for card in cards if card.address and card.address not in book.refused}
    if len(names) > MAX_RECIPIENTS:
        told = f"{len(names)} destinataires : trop pour un message, qui en porte {MAX_RECIPIENTS} au plus"
        return Proposal(group.name, told, "", "", is_too_large=True)
    typed = joined([Address(name, spec) for spec, name in names.items()])
    some = f" sur {len(cards)} contacts" if len(names) < len(cards) else ""
    told = f"Groupe · {len(names)} destinataire{'s' if len(names) > 1 else ''}{some}"
    return Proposal(group.name, told, "", "", typed=typed) if typed else None
