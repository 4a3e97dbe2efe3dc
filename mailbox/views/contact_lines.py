"""A contact as lists show it: what the annuaire says today of whom is kept, and why one cannot be written to.

Seven statements at most for a page, whatever its length.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID
from zlib import crc32

from django.urls import reverse

from directory import listed, lookup
from directory.fold import fold
from directory.listed import Listed
from directory.lookup import Suggestion
from mailbox.contacts import Card, Origin
from mailbox.drafts import joined
from mailbox.mime.address import domain_of
from mailbox.mime.values import Address
from mailbox.outbound.submit import check_recipients
from mailbox.views.people import Person

_GONE = "N’est plus dans l’annuaire."
_UNPUBLISHED = "Pas d’adresse MSSanté publiée."
_WITHOUT = "Pas d’adresse."
_CIVILITY = re.compile(r"^(?:dr|docteur|pr|professeur|mme|mlle|m|me)\.? +", re.IGNORECASE)
_NO_DIGIT = re.compile(r"\D")
_CAPITALS = re.compile(r"\b[A-ZÀ-ÖØ-Þ][A-ZÀ-ÖØ-Þ'’ -]+")


ORIGINS = {
    Origin.ANNUAIRE: "annuaire de santé", Origin.LETTERS: "messages échangés", Origin.TYPED: "saisi par la pharmacie",
    Origin.VCARD: "importé d’une carte de visite (vCard)", Origin.TABLE: "importé d’un tableau (CSV)",
}  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class Line:
    """`flaw` says why one cannot write to `address`, '' when one can; `page` is where the annuaire tells more."""

    id: UUID | None
    card: Card
    name: str
    detail: str = ""
    address: str = ""
    phone: str = ""
    where: str = ""
    page: str = ""
    more: int = 0  # other addresses in force
    flaw: str = ""
    is_replaced: bool = False  # the address that was kept is published no more: another is shown

    @property
    def initials(self) -> str:
        return Person(self.name, "", self.address).initials

    @property
    def tone(self) -> str:
        return f"c{crc32((self.address or self.name).encode()) % 4 + 1}"

    @property
    def system(self) -> str:
        """The older messaging system of whose addresses this is one."""
        domain = domain_of(self.address)
        return "Apicrypt" if domain == "apicrypt.org" or domain.endswith(".apicrypt.org") else ""

    @property
    def typed(self) -> str:
        """As the composer takes it; '' when one cannot write."""
        return "" if self.flaw else joined([Address(self.name, self.address)])


def lines(cards: Mapping[UUID, Card]) -> list[Line]:
    """In the order of the cards."""
    known = listed.by_ref(card.about for card in cards.values())
    faces = lookup.by_address(card.address for card in cards.values() if card.address and not listed.is_ref(card.about))
    return judged([_line(pk, card, known.get(card.about), faces.get(card.address)) for pk, card in cards.items()])


def judged(made: list[Line]) -> list[Line]:
    """With what forbids to write to them: two statements."""
    refused = check_recipients(list(dict.fromkeys(line.address for line in made if line.address)))
    return [replace(line, flaw=line.flaw or refused.get(line.address, "")) for line in made]


def _line(pk: UUID, card: Card, known: Listed | None, face: Suggestion | None) -> Line:
    if listed.is_ref(card.about):
        return _of_page(pk, card, known)
    made = Line(pk, card, card.name or card.address, card.detail, card.address, card.phone)
    if face:
        made = replace(made, name=card.name if card.is_own and card.name else face.name,
                       detail=card.detail or face.detail, page=page_of(face))  # fmt: skip
    return made if made.address else replace(made, flaw=_WITHOUT)


def _of_page(pk: UUID, card: Card, known: Listed | None) -> Line:
    if known is None:
        return Line(pk, card, card.name, card.detail, card.address, flaw=_GONE)
    address = card.address if card.address in known.addresses else known.face.address
    flaw = "" if address else _GONE if known.is_gone else _UNPUBLISHED
    return Line(
        pk, card, known.face.name, known.face.detail, address, known.phone, known.where, page_of(known.face),
        more=max(0, len(known.addresses) - 1), flaw=flaw,
        is_replaced=bool(address and card.address) and address != card.address,
    )  # fmt: skip


def page_of(face: Suggestion) -> str:
    """The address of the page of the annuaire."""
    if not face.ref:
        return ""
    return reverse("directory:person" if face.kind == "person" else "directory:structure", args=[face.ref])


def origin_of(card: Card) -> str:
    """In words."""
    return ORIGINS[Origin(card.origin)]


def about_of(face: Suggestion) -> str:
    """What a contact about this one is about: a page of the annuaire; of a service of a structure, its own address."""
    if face.ref and not face.service:
        return f"{'p' if face.kind == 'person' else 's'}:{face.ref}"
    return f"a:{face.address}" if face.address else ""


def by_name(cards: Mapping[UUID, Card]) -> dict[UUID, Card]:
    """By family name: `Dr Florence LEMAIRE` and `Mme Lemaire` stand side by side."""
    return dict(sorted(cards.items(), key=lambda pair: (_sorting(pair[1].name or pair[1].address), pair[0])))


def _sorting(name: str) -> str:
    bare = _CIVILITY.sub("", name)
    family = _CAPITALS.search(bare)
    return fold(bare[family.start() :] if family else bare)


def called(cards: Mapping[UUID, Card], typed: str) -> dict[UUID, Card]:
    """Those whom what is typed names, by words of their name, trade, address, note or telephone."""
    digits, is_called = _NO_DIGIT.sub("", typed), lookup.caller(typed)
    return {pk: card for pk, card in cards.items()
            if is_called(_spelled(card)) or (len(digits) > 3 and digits in _NO_DIGIT.sub("", card.phone))}  # fmt: skip


def _spelled(card: Card) -> str:
    told = card.name, card.detail, card.address.partition("@")[0], card.address, card.source
    return lookup.spelled(told, private=card.note)
