"""Who may be meant, as one types in the composer: groups, favourites, correspondents, colleagues, the annuaire, strangers.

A stranger wrote here, was never written to and is not in the directory: the name is of their own choosing, and comes
after everybody the directory names so. What is typed is posted, and neither logged nor kept.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from directory import lookup
from directory.lookup import AskFacts, Scope, Suggestion
from mailbox import access, correspondents, habits
from mailbox.mime.values import Address
from mailbox.models import Mailbox
from mailbox.views import asking, contact_offers
from mailbox.views.people import Person, faces
from mailbox.views.place import CLOSED, person
from mailbox.views.proposals import Proposal, proposals

_MOST, _STRANGERS, _GROUPS = 10, 3, 3


@dataclass(frozen=True, slots=True, repr=False)
class _Met:
    """A correspondent or a colleague, and the words that may name them."""

    shown: Person
    told: str  # lookup.spelled
    is_known: bool
    identity: int | None  # the row of the annuaire


@dataclass(frozen=True, slots=True, repr=False)
class _Kept:
    modseq: int
    until: float
    people: list[_Met]
    groups: list[Proposal]
    facts: AskFacts  # of addresses; what the memory of choices holds stays sealed
    scope: Scope  # where one searches from


_KEPT_SECONDS = 10.0  # between two letters; older ones go when another mailbox is read. Names in clear, in memory only
_kept: dict[UUID, _Kept] = {}  # by mailbox; who may ask is judged at each request


@sensitive_post_parameters("q")
@never_cache
@require_POST
def suggest(request: HttpRequest, mailbox_id: UUID) -> HttpResponse:
    """Options of a list box; nothing when nobody is found. Without the counters of `inside`: it is asked at each letter."""
    mailbox = access.access_mailbox(person(request), mailbox_id, send=True, bare=True).mailbox
    typed = request.POST.get("q", "")
    try:
        proposed, meant = _proposed(_keep(mailbox), typed) if lookup.is_enough(typed) else ([], "")
    except CLOSED:  # nobody writes from there any more: its pages say so
        return HttpResponse(status=410)
    return render(request, "directory/_suggestions.html", {"suggestions": proposed, "meant": meant})


def _proposed(kept: _Kept, typed: str) -> tuple[list[Proposal], str]:
    """Two statements, and a dozen more when nobody has typed for a while. What was meant, if a typing error was mended."""
    is_called = lookup.caller(typed)
    groups = [one for one in kept.groups if is_called(lookup.spelled([one.name]))][:_GROUPS]
    found, meant = _found(kept, typed, is_alone=not groups)
    return [*groups, *proposals(found, typed, kept.facts)], meant


def _found(kept: _Kept, typed: str, *, is_alone: bool) -> tuple[list[Person | Suggestion], str]:
    """Each address once."""
    known, strangers = _known(kept, typed)
    once: dict[str, Person | Suggestion] = {one.address: one for one in known}
    answer = lookup.find(typed, limit=_MOST, scope=kept.scope)
    if answer.meant and (once or strangers or not is_alone):
        return [*once.values(), *strangers[:_STRANGERS]], ""  # who is known by these very letters is meant
    for listed in answer.faces:
        once.setdefault(listed.address, listed)
    return [*list(once.values())[:_MOST], *strangers[:_STRANGERS]], answer.meant


def met(mailbox: Mailbox, typed: str) -> list[Person]:
    """Those a mailbox writes with, strangers last, whom what is typed may name."""
    known, strangers = _known(_keep(mailbox), typed) if lookup.is_enough(typed) else ([], [])
    return [*known, *strangers]


def _known(kept: _Kept, typed: str) -> tuple[list[Person], list[Person]]:
    """Those one knows, and strangers, whom what is typed may name."""
    is_called = lookup.caller(typed)
    called = [one for one in kept.people if is_called(one.told)]
    return [one.shown for one in called if one.is_known], [one.shown for one in called if not one.is_known]


def _keep(mailbox: Mailbox) -> _Kept:
    """Read at the first letter and kept while one types; what is filed or chosen meanwhile counts at once."""
    now = time.monotonic()
    kept = _kept.get(mailbox.pk)
    if kept is None or kept.modseq != mailbox.modseq or now > kept.until:
        for pk in [pk for pk, one in list(_kept.items()) if now > one.until]:
            _kept.pop(pk, None)
        book = contact_offers.read(mailbox)
        people = list(_met(mailbox, book))
        known = tuple(one.identity for one in people if one.identity is not None)
        kept = _kept[mailbox.pk] = _Kept(
            mailbox.modseq, now + _KEPT_SECONDS, people, contact_offers.groups_of(book), habits.newest(mailbox),
            Scope(near=asking.near(mailbox), known=known),
        )  # fmt: skip
    return kept


def _met(mailbox: Mailbox, book: contact_offers.Book) -> Iterator[_Met]:
    """Favourites first. Named as in the annuaire, or else by the pharmacy, or else as they name themselves."""
    met, colleagues = correspondents.recent(mailbox), correspondents.colleagues(mailbox)
    names = {a: colleagues.get(a) or one.name for a, one in met.items()} | colleagues
    people = [Address(name, address) for address, name in book.ranked(names).items()]
    seen = faces(mailbox, people)
    book.judge(seen.known, names)
    for address in people:
        spec = address.addr_spec
        if spec in book.refused:
            continue
        person, listed = seen.of(address), seen.known.get(spec)
        told = [person.name, person.detail, address.display_name, spec.partition(".mssante")[0]]
        if listed:
            told += [listed.organization, listed.service, listed.trade]
        shown = replace(person, detail="") if person.detail == person.address else person
        is_known = bool(listed) or spec in colleagues or spec in book.cards or met[spec].was_written_to
        shown = book.marked(shown)
        yield _Met(shown, lookup.spelled(told), is_known, listed.identity if listed else None)
