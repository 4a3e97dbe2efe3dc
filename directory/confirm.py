"""One person's addresses, asked of the Annuaire Santé at this moment, against those that we hold. Changes nothing here:
the hourly sync brings what is new.
"""

from dataclasses import dataclass
from datetime import datetime

from directory import client
from directory.client import ApiError, Client, Permanent
from directory.fhir.read import Mailbox, PractitionerRole
from directory.fhir.read import Practitioner as Told
from directory.models import MailboxAddress, Practitioner, Source

WITHIN = 3.0  # seconds that a person waits


@dataclass(frozen=True, slots=True)
class Confirmation:
    """`code` and `is_ours`: why there was no answer, and whether an administrator has to do with it."""

    at: datetime
    confirmed: tuple[str, ...] = ()
    fresh: tuple[MailboxAddress, ...] = ()  # as the page shows one; of no table
    missing: tuple[str, ...] = ()
    is_known: bool = True
    is_closed: bool = False
    code: str = ""
    is_ours: bool = False


def is_possible(person: Practitioner) -> bool:
    """A key is configured, and the person has a number of the RPPS."""
    return client.is_configured() and len(person.rpps) == 11 and person.rpps.isdigit()


def confirm(person: Practitioner, annuaire: Client, *, now: datetime) -> Confirmation:  # ANN/va1.04
    try:
        pages = annuaire.person(person.rpps, within=WITHIN)
    except ApiError as error:
        return Confirmation(now, code=error.code, is_ours=isinstance(error, Permanent))
    resources = [one for page in pages for one in page.resources]
    people = [one for one in resources if isinstance(one, Told) and one.rpps == person.rpps]
    is_closed = bool(people) and not any(one.is_active for one in people)
    roles = [one for one in resources if isinstance(one, PractitionerRole)]
    asked: list[Told | PractitionerRole] = [*people, *roles] if people and not is_closed else []
    told = {box.address: box for one in asked if one.is_active for box in one.mailboxes}
    held = set(person.addresses.filter(vanished_at=None).values_list("address", flat=True))
    return Confirmation(
        now, tuple(sorted(held & told.keys())), tuple(_shown(told[one], now) for one in sorted(told.keys() - held)),
        tuple(sorted(held - told.keys())), bool(people), is_closed,
    )  # fmt: skip


def _shown(box: Mailbox, now: datetime) -> MailboxAddress:
    kind = box.kind or MailboxAddress.Kind.PERSON
    return MailboxAddress(
        address=box.address, kind=kind, service=box.service, source=Source.API, confirmed_at=now, first_seen=now
    )
