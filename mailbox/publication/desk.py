"""From what we hold to the queue: what each mailbox wants published, and the row that is due when that is not what stands.

Nothing calls here for each possible cause (a member who leaves, a RPPS that is corrected, a FINESS): `look_over` compares
all of them every few minutes, so no cause can be forgotten. Who changes a mailbox may ask at once (`consider`).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import batched
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from mailbox.models import Listing, Mailbox, Membership
from mailbox.publication.entry import Carrier, Entry, Facts, Incomplete, Wanted, wanted
from mailbox.publication.states import STANDS, Change, Standing, State, at_rest, plan
from mssweb.audit.record import record

_AT_ONCE = 500
_STAYS = " Ce qui a été publié avant reste en place."


def listed() -> QuerySet[Mailbox]:
    """Mailboxes with all that their listing reads, in one query."""
    return (
        Mailbox.objects.filter(listing__isnull=False).select_related("tenant", "domain", "listing").order_by("address")
    )


def wanted_of(mailboxes: Sequence[Mailbox]) -> dict[UUID, Wanted]:
    """One query for any number of mailboxes that come from `listed`."""
    holders: dict[UUID, list[str]] = defaultdict(list)
    personal = [box.pk for box in mailboxes if box.kind == Mailbox.Kind.PER]
    managers = Membership.objects.filter(mailbox__in=personal, role=Membership.Role.MANAGER, user__is_active=True)
    for mailbox_id, rpps in managers.values_list("mailbox_id", "user__rpps").order_by("pk"):
        holders[mailbox_id].append(rpps)
    return {box.pk: wanted(_facts(box, tuple(holders[box.pk]))) for box in mailboxes}


def _facts(box: Mailbox, holders: tuple[str, ...]) -> Facts:
    listing = box.listing
    return Facts(
        address=box.address,
        kind=box.kind,
        state=box.state,
        is_domain_open=box.domain.state == "active",
        is_red_listed=box.red_list,
        is_withheld=listing.is_withheld,
        holders=holders,
        structure=listing.structure or box.tenant.finess,
        description=listing.description,
        service=listing.service,
        responsible=listing.responsible,
        rank=listing.rank,
        is_paperless=listing.is_paperless if settings.PUBLISH_DIGITIZATION else None,
    )


def change_of(box: Mailbox, want: Wanted) -> Change | None:
    listing = box.listing
    return plan(want, Standing(Carrier.read(listing.carrier), listing.digest), address=box.address, kind=box.kind)


def add_missing() -> int:
    """A listing for every mailbox that has none yet."""
    without = Mailbox.objects.filter(listing__isnull=True, is_technical=False).values_list("pk", flat=True)
    return len(Listing.objects.bulk_create((Listing(mailbox_id=pk) for pk in without), ignore_conflicts=True))


def look_over(now: datetime) -> int:
    """Compare all; returns how many listings are newly due."""
    add_missing()
    rows = Listing.objects.order_by("pk").values_list("pk", flat=True)
    return sum(consider(listed().filter(pk__in=some), now) for some in batched(rows, _AT_ONCE))


def consider(mailboxes: Iterable[Mailbox], now: datetime) -> int:
    """Make due what differs, put at rest what does not; returns how many are newly due. What is refused waits for a person
    or for another change; what is being sent is looked at again once it is settled."""
    boxes = list(mailboxes)
    wants = wanted_of(boxes)
    return sum(_consider(box, wants[box.pk], now) for box in boxes)


def ask(mailbox_id: UUID, now: datetime) -> int:
    """`consider` for one mailbox that was just opened or changed."""
    Listing.objects.get_or_create(mailbox_id=mailbox_id)
    return consider(listed().filter(pk=mailbox_id), now)


def _consider(box: Mailbox, want: Wanted, now: datetime) -> bool:
    listing, change = box.listing, change_of(box, want)
    if listing.state == State.SENDING:
        return False
    same = Listing.objects.filter(pk=box.pk, state=listing.state, mark=listing.mark)  # else a worker was quicker
    if change is None:
        rest, reason = at_rest(want), _reason(want, listing)
        if (listing.state, listing.reason) != (rest, reason):
            same.update(state=rest, reason=reason, mark="", attempts=0)
        return False
    if listing.mark == change.mark and listing.state in {State.PENDING, State.REJECTED}:
        return False
    return bool(same.update(state=State.PENDING, mark=change.mark, reason="", attempts=0, next_try_at=now))


def _reason(want: Wanted, listing: Listing) -> str:
    if isinstance(want, Entry):
        return ""
    return want.reason + (_STAYS if isinstance(want, Incomplete) and listing.carrier else "")


def supposed(addresses: Sequence[str] = ()) -> list[Change]:
    """What would be sent now, and nothing is written: of all mailboxes, or of these even if believed published."""
    boxes = Mailbox.objects.select_related("tenant", "domain", "listing").order_by("address")
    chosen = list(boxes.filter(address__in=addresses) if addresses else boxes)
    for box in chosen:
        listing = getattr(box, "listing", None) or Listing(mailbox=box)  # one that is not saved is the box's too
        if addresses and listing.digest:
            listing.digest = STANDS
    wants = wanted_of(chosen)
    return [change for box in chosen if (change := change_of(box, wants[box.pk]))]


def republish(listing: Listing, *, now: datetime, request: HttpRequest | None = None) -> bool:
    """Send it once more, whatever is believed to stand there; true when there is something to send."""
    return _again(listing, now, "listing.republish", request, is_withheld=False)


def withhold(listing: Listing, *, now: datetime, request: HttpRequest | None = None) -> bool:
    """Take it out until it is republished, also when another than this queue put it there."""
    [want] = wanted_of([listing.mailbox]).values()
    where = str(want.carrier) if isinstance(want, Entry) else ""
    return _again(listing, now, "listing.withhold", request, is_withheld=True, where=where)


def _again(
    listing: Listing, now: datetime, action: str, request: HttpRequest | None, *, is_withheld: bool, where: str = ""
) -> bool:
    """From what is known by now: a worker may have written where it stands since `listing` was read."""
    with transaction.atomic():
        row = Listing.objects.select_for_update().get(pk=listing.pk)
        stands = {"carrier": row.carrier or where} if is_withheld else {"digest": STANDS if row.digest else ""}
        state = row.state if row.state == State.SENDING else State.PENDING
        Listing.objects.filter(pk=row.pk).update(is_withheld=is_withheld, mark="", state=state, **stands)
        record(action, request=request, mailbox_id=row.pk, subject=("listing", row.pk))
        due = consider(listed().filter(pk=row.pk), now)
    return bool(due) or row.state == State.SENDING
