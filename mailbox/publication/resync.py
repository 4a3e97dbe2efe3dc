"""Full resynchronisation: what the national extraction does not show as we want it becomes due again.

What was settled since that extraction is left alone: it could not show it. Nothing is sent here, and the sending looks
first (publication/fhir.py): a resynchronisation too many costs a few calls and changes nothing.
"""

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest

from directory import lookup
from mailbox.models import Listing, Mailbox
from mailbox.publication import desk
from mailbox.publication.compare import carrier_of, differences
from mailbox.publication.entry import Entry, Incomplete
from mailbox.publication.report import Held, everything
from mailbox.publication.states import STANDS, State
from mssweb.audit.record import record


def resync(now: datetime, *, request: HttpRequest | None = None) -> int | None:
    """How many mailboxes are due because of it; None when there is no extraction to compare with."""
    desk.look_over(now)
    day = lookup.extraction_day()
    if day is None:
        return None
    held, _ = everything()
    with transaction.atomic():
        doubted = [one.box.pk for one in held if _is_doubtful(one, day) and _doubt(one)]
        due = desk.consider(desk.listed().filter(pk__in=doubted), now)
        record("listing.resync", request=request, held=len(held), due=due)
    return due


def _is_doubtful(one: Held, day: datetime) -> bool:
    listing = one.box.listing
    if isinstance(one.want, Incomplete) or (listing.settled_at and listing.settled_at > day):
        return False
    if not isinstance(one.want, Entry):
        return bool(one.in_force)
    if not one.in_force:
        return listing.state == State.ACCEPTED and one.box.kind != Mailbox.Kind.APP
    return bool(differences(one.want, one.in_force))


def _doubt(one: Held) -> int:
    """What we believed stands there is not believed any more; where the extraction shows it, it is looked for."""
    listing, shown = one.box.listing, _shown_on(one)
    same = Listing.objects.filter(pk=listing.pk, mark=listing.mark).exclude(state=State.SENDING)
    return same.update(carrier=shown or listing.carrier, digest=STANDS if shown else "", mark="", state=State.PENDING)


def _shown_on(one: Held) -> str:
    """The carrier that it must leave, if any; else the right one."""
    carriers = [str(carrier) for line in one.in_force if (carrier := carrier_of(line))]
    wanted = str(one.want.carrier) if isinstance(one.want, Entry) else ""
    return next((carrier for carrier in carriers if carrier != wanted), carriers[0] if carriers else "")
