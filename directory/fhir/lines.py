"""What the API says becomes what the files would have said: whose mailboxes are where, in their form. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from directory import extract
from directory.extract import MailboxLine, Person, Place, Trade
from directory.fhir.read import Mailbox, Organization, Page, Practitioner, PractitionerRole


@dataclass(frozen=True, slots=True)
class Scope:
    """A person alone, a person at a place, or a place: all the mailboxes that the API gives for it.

    `idnps` is '' for a place, `keys` empty for a person alone. Who is closed has lost all mailboxes.
    """

    idnps: str
    keys: tuple[str, ...]
    is_active: bool
    mailboxes: tuple[Mailbox, ...] = ()
    person: Person | None = None
    trade: Trade | None = None
    place: Place | None = None

    def lines(self, key: str, trade: Trade | None) -> Iterator[MailboxLine]:
        """As a file would give them, the place under that key, the trade with its labels."""
        place = self.place and self.place._replace(key=key)
        for one in self.mailboxes:
            kind = one.kind or ("PER" if self.person else "ORG")
            yield MailboxLine(kind, one.address, one.service, one.is_paperless, self.person, trade, place)


@dataclass(frozen=True, slots=True)
class Told:
    """`rejected`: resources that could not be used: no name, no place where one is named, unreadable."""

    scopes: tuple[Scope, ...]
    rejected: int


def told(page: Page) -> Told:
    people = {one.id: one for one in page.resources if isinstance(one, Practitioner)}
    places = {one.id: one for one in page.resources if isinstance(one, Organization)}
    scopes, rejected = [], page.unread
    for one in page.resources:
        try:
            scopes += _scope(one, people, places)
        except extract.Rejected:
            rejected += 1
    return Told(tuple(scopes), rejected)


def _scope(
    one: Practitioner | PractitionerRole | Organization,
    people: dict[str, Practitioner],
    places: dict[str, Organization],
) -> list[Scope]:
    match one:
        case Practitioner():
            return [_of_person(one)]
        case Organization():
            return [_with_place(Scope("", one.keys, one.is_active, one.mailboxes), one)]
    if not one.is_active:
        return []  # it says no more whose it was: the next extraction will (annuaire.md §3.1)
    who, where = people.get(one.practitioner_id), places.get(one.organization_id)
    if who is None or (one.organization_id and where is None):
        raise extract.Rejected("rôle sans personne ou sans structure")  # IS#246
    if not who.is_active:
        return []
    scope = replace(_of_person(replace(who, mailboxes=one.mailboxes)), keys=where.keys if where else ())
    return [_with_place(scope, where) if where else scope]


def _of_person(who: Practitioner) -> Scope:
    scope = Scope(who.idnps, (), who.is_active, who.mailboxes)
    if not who.mailboxes:
        return scope
    person = extract.person_of(who.idnps, who.rpps, who.title, "", who.last_name, who.first_name)
    trade = extract.trade_of(
        who.category_code, who.profession_code, who.profession, who.speciality_code, who.speciality
    )
    return replace(scope, person=person, trade=trade)


def _with_place(scope: Scope, where: Organization) -> Scope:
    if not scope.mailboxes:
        return scope
    place = extract.place_of(
        where.keys[0], "", "", where.name, "", where.town, where.postcode, where.commune, where.number, "",
        where.street_type, where.street, where.phone, "",
    )  # fmt: skip
    if place is None:
        raise extract.Rejected("structure sans nom")
    return replace(scope, place=place)
