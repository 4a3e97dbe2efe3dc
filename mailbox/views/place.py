"""Where a request stands: the person, their mailboxes, the one of this page. The only way from a URL to a mailbox here.

`inside` is what every view of a mailbox wears: a stranger gets 404, a member who may not 403 (access.py), times are
those of the pharmacy (overseas included), and nothing stays in the caches of a shared computer. What a view needs and
does not open any more is told by a page and the audit.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, wraps
from typing import Concatenate
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.views.decorators.cache import never_cache

from auth_otp import entry
from auth_otp.models import User
from mailbox import access, contacts, groups, shelves
from mailbox.contacts import Card
from mailbox.groups import Group
from mailbox.models import Mailbox, MailboxKey, Membership
from mailbox.shelves import Box
from mssweb import crypto, keys
from mssweb.audit.record import ERROR, REFUSED, record
from mssweb.prepared import prepared
from mssweb.shown import Shown

_IN_RAIL = {
    "inbox": "inbox", "sent": "send", "drafts": "file-pen", "archive": "archive", "spam": "circle-alert", "trash": "trash-2",
}  # fmt: skip
TODO, MINE, LATE, REMINDERS = (
    "a-traiter",
    "a-moi",
    "retard",
    "rappels",
)  # lists of the inbox that stand in the rail (asked.py)


CLOSED = (crypto.Unreadable, MailboxKey.DoesNotExist)  # an altered box, or all of them: the key was destroyed
_ASIDE = (*CLOSED, keys.NoMasterKey)  # what the annuaire goes on without


class NoMailbox(Http404):
    """A page of a mailbox, and the person has none; templates read it as nothing."""

    silent_variable_failure = True


@dataclass(frozen=True, slots=True)
class Way(Shown):
    """A list of the inbox in the rail. `counter` is the name of its count among those of the page."""

    kind: str
    label: str
    icon: str
    counter: str
    count: int

    @property
    def told(self) -> str:
        return shelves.told(self.count)


@dataclass(frozen=True)
class Place(Shown):
    """`box` is the mailbox of the page, None for a person who has none. Templates know it as `shell`."""

    user: User
    boxes: list[Box]
    box: Box | None
    is_confined: bool = False  # the session opens «Sécurité» alone (auth_otp.middleware)
    here: str = ""  # what aria-current marks: the role of a folder, «members», «directory»…

    @property
    def membership(self) -> Membership:
        if self.box is None:
            raise NoMailbox
        return self.box.membership

    @property
    def mailbox(self) -> Mailbox:
        return self.membership.mailbox

    @property
    def is_head(self) -> bool:
        """Does this person answer for a structure («Ma structure»)? Told with the boxes; asked for who has none."""
        if self.box is None:
            return not self.is_confined and access.headed_by(self.user).exists()
        return self.box.is_heads

    @property
    def others(self) -> list[Box]:
        return [box for box in self.boxes if box is not self.box]

    @property
    def rail(self) -> list[tuple[shelves.Shelf, str]]:
        """The shelves that exist for people, each with its icon."""
        if self.box is None:
            return []
        member = self.box.membership
        hidden = set() if member.has_drafts and member.may_send else {"drafts"}
        return [(s, _IN_RAIL[s.role]) for s in self.box.shelves if s.role in _IN_RAIL and s.role not in hidden]

    @property
    def ways(self) -> list[Way]:
        """Under the inbox: what there is to do, for whom."""
        if self.box is None:
            return []
        inbox, is_shared = self.box.inbox, self.mailbox.is_shared
        found = [Way(TODO, "À traiter", "circle-dot", f"{inbox.id}-todo", inbox.todo)]
        if is_shared:
            found.append(Way(MINE, "À moi", "user-check", f"{inbox.id}-mine", inbox.mine))
        if self.box.late or self.here == LATE:
            found.append(Way(LATE, "En retard", "clock-alert", f"{inbox.id}-late", self.box.late))
        if self.box.asleep or self.box.awake or self.here == REMINDERS:
            found.append(Way(REMINDERS, "Rappels", "alarm-clock", f"{inbox.id}-asleep", self.box.asleep))
        return found

    @cached_property
    def kept(self) -> dict[str, tuple[UUID, Card]]:
        """The contacts of the mailbox by what they are about, read once a page, when something of it asks."""
        try:
            held = contacts.all_of(self.mailbox)
        except _ASIDE:
            return {}
        return {card.about: (pk, card) for pk, card in held.items() if card.about}

    @cached_property
    def groups(self) -> dict[UUID, Group]:
        """The groups of the mailbox, read once a page too."""
        try:
            return groups.all_of(self.mailbox)
        except _ASIDE:
            return {}

    @property
    def counts(self) -> str:
        """Every counter of the page, for the script that refreshes them."""
        return " ".join(f"{key}:{count}" for box in self.boxes for key, count in _counts(box, own=box is self.box))

    @property
    def unread(self) -> int:
        """What the tab's title says."""
        return self.box.inbox.count if self.box else 0

    def at(self, here: str) -> "Place":
        return replace(self, here=here)

    def seen(self, folders: set[UUID]) -> "Place":
        """The same once a thread that was unread in these folders has been opened."""
        if not folders or self.box is None:
            return self
        return self._with(self.box, self.box.seen(folders))

    def heard(self, mentions: int) -> "Place":
        """The same once so many calls to this person were heard."""
        return self._with(self.box, self.box.heard(mentions)) if mentions and self.box else self

    def _with(self, old: Box, now: Box) -> "Place":
        return replace(self, box=now, boxes=[now if box is old else box for box in self.boxes])


def _counts(box: Box, *, own: bool) -> Iterator[tuple[str, int]]:
    yield from ((str(shelf.id), shelf.count) for shelf in box.shelves)
    yield f"mentions-{box.mailbox.pk}", box.mentions
    if own:
        inbox, id = box.inbox, box.inbox.id
        yield from ((f"{id}-todo", inbox.todo), (f"{id}-mine", inbox.mine), (f"{id}-free", inbox.free))
        yield from ((f"{id}-late", box.late), (f"{id}-asleep", box.asleep))


@prepared
def _memberships(*, user: UUID) -> QuerySet[Membership]:
    return shelves.counted(access.mailboxes_of(user))


def place_of(user: User, mailbox_id: UUID | None = None) -> Place:
    """One statement. Without an id, the first mailbox."""
    boxes = shelves.boxes(_memberships(user=user.pk))
    for box in boxes:
        box.membership.user = user
    if mailbox_id is None:
        return Place(user, boxes, boxes[0] if boxes else None)
    found = next((box for box in boxes if box.mailbox.pk == mailbox_id), None)
    if found is None:
        raise Http404
    return Place(user, boxes, found)


type _View[**P] = Callable[Concatenate[HttpRequest, Place, P], HttpResponseBase]


def inside[**P](
    *, write: bool = False, send: bool = False, manage: bool = False
) -> Callable[[_View[P]], Callable[..., HttpResponseBase]]:
    """A view of one mailbox: it takes the Place in the stead of `mailbox_id`."""

    def wear(view: _View[P]) -> Callable[..., HttpResponseBase]:
        @never_cache
        @wraps(view)
        def enter(request: HttpRequest, mailbox_id: UUID, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            place = place_of(person(request), mailbox_id)
            with timezone.override(zone_of(place.mailbox)):
                try:
                    access.check_right(place.membership, write=write, send=send, manage=manage)
                    return view(request, place, *args, **kwargs)
                except CLOSED:
                    return _broken(request, place)
                except PermissionDenied:
                    _refused(request, place)
                    raise

        return enter

    return wear


def _refused(request: HttpRequest, place: Place) -> None:
    """ECO.4.1.2: what a member asked and may not do."""
    asked = request.resolver_match.view_name if request.resolver_match else ""
    record(
        "mailbox.refuse",
        request=request,
        mailbox_id=place.mailbox.pk,
        result=REFUSED,
        asked=asked,
        method=request.method,
    )


def _broken(request: HttpRequest, place: Place) -> HttpResponse:
    record("store.broken", request=request, mailbox_id=place.mailbox.pk, result=ERROR)
    return render(request, "mailbox/broken.html", {"shell": place}, status=410)


def zone_of(mailbox: Mailbox) -> ZoneInfo:
    return ZoneInfo(mailbox.tenant.time_zone)


def person(request: HttpRequest) -> User:
    """Who asks; the door of auth_otp lets nobody else through."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def shell(request: HttpRequest) -> dict[str, object]:
    """Context processor: bar and rail of pages that are of no mailbox (the directory), computed when shown."""
    return {"shell": SimpleLazyObject(lambda: shelter(request))}


def shelter(request: HttpRequest) -> Place:
    """The mailbox that a page of no mailbox is seen from, read once a request."""
    kept: Place = vars(request).setdefault("place", None) or _shelter(request)
    vars(request)["place"] = kept
    return kept


def _shelter(request: HttpRequest) -> Place:
    row = entry.row_of(request)
    if row is not None and row.is_confined:  # nothing of a mailbox, its name neither
        return Place(person(request), [], None, is_confined=True)
    try:
        wanted = UUID(request.GET.get("b", ""))
    except ValueError:
        return place_of(person(request))
    return place_of(person(request), wanted)
