"""Whom a pharmacy keeps in its own directory: favourites, private notes, people and addresses that the annuaire has not.

Everything that tells who, or why, is sealed with the mailbox's key; a row is found again by a blinded token of what it is
about. Refuses a patient's address, which is an identity, and more than `MAX` contacts.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from uuid_utils.compat import uuid7

from directory import listed, lookup
from mailbox.mime.address import is_patient, normalise
from mailbox.models import Contact, Mailbox, Membership
from mssweb import crypto

MAX = 2_000  # of a mailbox: all of them are opened for a page, in some milliseconds
MAX_NAME, MAX_ADDRESS, MAX_PHONE, MAX_NOTE = 200, 254, 40, 2_000  # characters


class Full(Exception):
    """There is no room for one more contact."""


class Twice(Exception):
    """Another contact is about that already."""


class Origin(StrEnum):
    """Where a contact comes from."""

    ANNUAIRE = "annuaire"
    LETTERS = "letters"
    TYPED = "typed"
    VCARD = "vcard"
    TABLE = "table"


@dataclass(frozen=True, slots=True, repr=False)
class Card:
    """What a box holds. `about` is `p:` or `s:` and the ref of a page of the annuaire, `a:` and an address, or ''.

    Of somebody of the annuaire, `name`, `detail` and `address` are as they were when kept: for searching, and for the day
    when the annuaire names them no more. `source` is what an imported file called its origin. Instants are ISO 8601.
    """

    about: str = ""
    name: str = ""
    detail: str = ""
    address: str = ""
    phone: str = ""
    note: str = ""
    noted_by: str = ""
    noted_at: str = ""
    is_favourite: bool = False
    origin: str = Origin.ANNUAIRE
    source: str = ""
    added_by: str = ""
    added_at: str = ""
    is_readable: bool = True

    @property
    def is_own(self) -> bool:
        """Did the pharmacy write it itself? Then it may change it."""
        return self.origin in {Origin.TYPED, Origin.VCARD, Origin.TABLE}

    @property
    def is_idle(self) -> bool:
        """Nothing is told of this one any more."""
        return not (self.is_own or self.is_favourite or self.note)

    @property
    def ref(self) -> str:
        """Of the page in the annuaire, '' when there is none."""
        return self.about[2:] if listed.is_ref(self.about) else ""

    @property
    def is_person(self) -> bool:
        return not self.about.startswith("s:")


_EMPTY = asdict(Card())
_BROKEN = Card(name="Fiche illisible", is_readable=False)


def all_of(mailbox: Mailbox) -> dict[UUID, Card]:
    """Every contact of a mailbox, one statement. One that does not open any more hides no other."""
    rows = Contact.objects.filter(mailbox=mailbox).values_list("pk", "box")
    key, named = mailbox.keys.summary, str(mailbox.pk)
    return {pk: _opened(key, bytes(box), _context(named, pk)) for pk, box in rows}


def about(mailbox: Mailbox, names: Iterable[str]) -> dict[str, tuple[UUID, Card]]:
    """Those kept among what is named so, one statement."""
    wanted = {_token(mailbox, name): name for name in names if name}
    rows = Contact.objects.filter(mailbox=mailbox, about_token__in=list(wanted)).values_list("pk", "about_token", "box")
    return {wanted[token]: (pk, _seen(mailbox, pk, bytes(box))) for pk, token, box in rows}


def read(contact: Contact, mailbox: Mailbox) -> Card:
    """crypto.Unreadable when the box was altered, moved, or is of another mailbox."""
    plain = crypto.unseal(mailbox.keys.summary, bytes(contact.box), _context(mailbox.pk, contact.pk))
    return Card(**json.loads(plain))


def seen(contact: Contact, mailbox: Mailbox) -> Card:
    """As lists show it."""
    return _seen(mailbox, contact.pk, bytes(contact.box))


def fresh(name: str, *, address: str = "", told: str = "") -> Card | None:
    """A card about what is named so, as the annuaire tells it; None when there is no such person, structure or address.

    `address` is the one to write to, if it is theirs. `told` is how one who is in no annuaire calls themselves.
    """
    if found := listed.by_ref([name]).get(name):
        chosen = address if address in found.addresses else found.face.address
        return Card(name, found.face.name, found.face.detail, chosen)
    made = of_addresses({name.removeprefix("a:"): told}, Origin.LETTERS) if name.startswith("a:") else []
    return made[0] if made else None


def of_addresses(told: Mapping[str, str], origin: Origin) -> list[Card]:
    """A card about each address that may be kept, as the annuaire names it or else as told; one statement."""
    names = {spec: name for spec, name in told.items() if is_address(spec)}
    faces = lookup.by_address(names)
    return [
        Card(f"a:{spec}", faces[spec].name, faces[spec].detail, spec) if spec in faces
        else Card(f"a:{spec}", name[:MAX_NAME], "", spec, origin=origin)
        for spec, name in names.items()
    ]  # fmt: skip


def is_address(spec: str) -> bool:
    """Has it the shape of an address that a contact may have?"""
    local, at, domain = spec.rpartition("@")
    is_whole = bool(local and at and domain) and len(spec) <= MAX_ADDRESS and spec.isprintable()
    return is_whole and spec == normalise(spec) and not set(spec) & set(' ,;<>"()') and not is_patient(spec)


def keep(membership: Membership, card: Card, *, now: datetime, **fields: str | bool) -> tuple[UUID, Card]:
    """Change what is kept about the same as `card`, or begin with `card`. Full when there is no room for one more."""
    mailbox = membership.mailbox
    with transaction.atomic():
        lock(mailbox)
        row = Contact.objects.filter(mailbox=mailbox, about_token=_token(mailbox, card.about)).first()
        if row is None:
            if Contact.objects.filter(mailbox=mailbox).count() >= MAX:
                raise Full
            pk, card = uuid7(), _signed(card, membership, now)
        else:
            pk, card = row.pk, read(row, mailbox)
        return pk, _write(membership, pk, replace(card, **fields), now)  # type: ignore[arg-type]  # fields of a Card


def noted(membership: Membership, note: str, *, now: datetime) -> dict[str, str]:
    """The fields of a note, with who wrote it and when."""
    text = note.replace("\r\n", "\n").strip()[:MAX_NOTE]
    by = membership.user.get_full_name() if text else ""
    return {"note": text, "noted_by": by, "noted_at": now.isoformat() if text else ""}


def change(membership: Membership, contact: Contact, *, now: datetime, **fields: str | bool) -> Card:
    """Change one contact. Twice when it would be about what another one is about."""
    mailbox = membership.mailbox
    with transaction.atomic():
        lock(mailbox)
        card = replace(read(Contact.objects.get(mailbox=mailbox, pk=contact.pk), mailbox), **fields)  # type: ignore[arg-type]  # as above
        others = Contact.objects.filter(mailbox=mailbox).exclude(pk=contact.pk)
        if card.about and others.filter(about_token=_token(mailbox, card.about)).exists():
            raise Twice
        return _write(membership, contact.pk, card, now)


def add_all(membership: Membership, cards: Iterable[Card], *, now: datetime) -> int:
    """Add own contacts; those about what is kept already are passed over. How many were added; Full adds none."""
    mailbox = membership.mailbox
    with transaction.atomic():
        lock(mailbox)
        held = set(Contact.objects.filter(mailbox=mailbox).values_list("about_token", flat=True))
        rows = []
        for card in cards:
            pk = uuid7()
            token = _token(mailbox, card.about or str(pk))
            if token not in held:
                held.add(token)
                box = _seal(mailbox, pk, _signed(card, membership, now))
                rows.append(Contact(pk=pk, mailbox=mailbox, about_token=token, updated_at=now, box=box))
        if len(held) > MAX:
            raise Full
        return len(Contact.objects.bulk_create(rows))


def _signed(card: Card, membership: Membership, now: datetime) -> Card:
    return replace(card, added_by=membership.user.get_full_name(), added_at=now.isoformat())


def _write(membership: Membership, pk: UUID, card: Card, now: datetime) -> Card:
    mailbox = membership.mailbox
    told = {"about_token": _token(mailbox, card.about or str(pk)), "updated_at": now, "box": _seal(mailbox, pk, card)}
    Contact.objects.update_or_create(pk=pk, mailbox=mailbox, defaults=told)
    return card


def lock(mailbox: Mailbox) -> None:
    """Until the end of the transaction: two browsers never keep the same person twice, nor one too many."""
    Mailbox.objects.select_for_update(no_key=True).values_list("pk").get(pk=mailbox.pk)


def _token(mailbox: Mailbox, name: str) -> int:
    return crypto.blind(mailbox.keys.index, f"contact:{name}")


def _seen(mailbox: Mailbox, pk: UUID, box: bytes) -> Card:
    return _opened(mailbox.keys.summary, box, _context(mailbox.pk, pk))


def _opened(key: crypto.Key, box: bytes, context: str) -> Card:
    try:
        return Card(**json.loads(crypto.unseal(key, box, context)))
    except crypto.Unreadable:
        return _BROKEN


def _seal(mailbox: Mailbox, pk: UUID, card: Card) -> bytes:
    return crypto.seal(mailbox.keys.summary, json.dumps(_plain(card)).encode(), _context(mailbox.pk, pk))


def _plain(card: Card) -> Mapping[str, str | bool]:
    """Only what is told: most fields of most cards are empty."""
    return {name: value for name, value in asdict(card).items() if value != _EMPTY[name]}


def _context(mailbox_id: UUID | str, contact_id: UUID) -> str:
    return f"contact:{mailbox_id}:{contact_id}:card"
