"""The pharmacy's own directory, shared by the members of a mailbox: favourites, groups, recent correspondents, everyone.

What is typed to search is posted, and kept nowhere. Whoever reads the mailbox reads it; whoever may write changes it.
"""

from collections.abc import Mapping
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from directory import listed, lookup
from mailbox import access, contacts, correspondents, groups
from mailbox.contacts import Card, Origin
from mailbox.groups import Group
from mailbox.mime.values import Address
from mailbox.outbound.submit import MAX_RECIPIENTS
from mailbox.views.contact_lines import Line, about_of, by_name, called, judged, lines, page_of
from mailbox.views.people import Faces
from mailbox.views.place import Place, inside
from mssweb.audit.record import record

SHOWN = 100  # lines of a page: beyond, a few letters are quicker
_RECENT = 60


@require_GET
@inside()
def favourites(request: HttpRequest, place: Place) -> HttpResponse:
    held = contacts.all_of(place.mailbox)
    chosen = {pk: card for pk, card in held.items() if card.is_favourite}
    return _page(request, place, "favourites", held, by_name(chosen))


@require_GET
@inside()
def everyone(request: HttpRequest, place: Place) -> HttpResponse:
    """All that is kept: favourites, people with a note, members of groups, and those that the pharmacy wrote itself."""
    held = contacts.all_of(place.mailbox)
    return _page(request, place, "everyone", held, by_name(held))


@require_http_methods(["GET", "POST"])
@inside()
def groups_page(request: HttpRequest, place: Place) -> HttpResponse:
    """The groups; a POST makes one."""
    if request.method == "POST":
        return _create(request, place)
    held = contacts.all_of(place.mailbox)
    return _page(request, place, "groups", held, {})


@require_GET
@inside()
def recent(request: HttpRequest, place: Place) -> HttpResponse:
    """Whom this mailbox wrote with last, as the annuaire names them."""
    met = list(correspondents.recent(place.mailbox).items())[:_RECENT]
    seen = Faces(place.mailbox, lookup.by_address(address for address, _ in met))
    return _page(request, place, "recent", contacts.all_of(place.mailbox), {}, recent=_recent_lines(seen, met))


@sensitive_post_parameters("q")
@require_http_methods(["GET", "POST"])
@inside()
def search(request: HttpRequest, place: Place) -> HttpResponse:
    """Contacts and groups that what is typed names; all that is kept while nothing is."""
    typed = request.POST.get("q", "").strip()[: lookup.MAX_TEXT]
    if request.method == "GET":
        return redirect("mailbox:book", place.mailbox.pk)
    held = contacts.all_of(place.mailbox)
    return _page(request, place, "search", held, by_name(called(held, typed) if typed else held), typed=typed)


def _page(
    request: HttpRequest, place: Place, tab: str, held: Mapping[UUID, Card], shown: Mapping[UUID, Card],
    *, typed: str = "", recent: list[tuple[Line, object]] | None = None,
) -> HttpResponse:  # fmt: skip
    kept = groups.all_of(place.mailbox)
    is_called = lookup.caller(typed)
    named = {pk: one for pk, one in kept.items() if not typed or is_called(lookup.spelled([one.name]))}
    first = dict(list(shown.items())[:SHOWN])
    context = {
        "shell": place.at("book"),
        "tab": tab,
        "typed": typed,
        "lines": lines(first) if first else [],
        "is_cut": len(shown) > SHOWN,
        "found": len(shown),
        "recent": recent,
        "groups": [(pk, one, _told(one, held)) for pk, one in named.items()] if tab in {"groups", "search"} else [],
        "counts": {"favourites": sum(card.is_favourite for card in held.values()), "groups": len(kept), "everyone": len(held)},
        "limit": MAX_RECIPIENTS,
        "day": listed.day_of_data(),
    }  # fmt: skip
    part = "#found" if request.htmx.target == "book" else ""  # type: ignore[attr-defined]  # django_htmx.middleware
    return render(request, f"mailbox/contacts/book.html{part}", context)


def _told(group: Group, held: Mapping[UUID, Card]) -> str:
    """The first names of a group, and how many others."""
    names = [card.name or card.address for pk in group.members if (card := held.get(pk))]
    more = len(names) - 3
    return ", ".join(names[:3]) + (f" et {more} autre{'s' if more > 1 else ''}" if more > 0 else "")


def _recent_lines(seen: Faces, met: list[tuple[str, correspondents.Correspondent]]) -> list[tuple[Line, object]]:
    """Each as the annuaire names them, else as they name themselves."""
    made, dates = [], []
    for spec, one in met:
        face = seen.known.get(spec)
        person = seen.of(Address(one.name, spec))
        about = about_of(face) if face else f"a:{spec}"
        card = Card(about, person.name, "", spec, origin=Origin.ANNUAIRE if face else Origin.LETTERS)
        detail = person.detail if person.detail != spec else ""
        made.append(Line(None, card, person.name, detail, spec, page=page_of(face) if face else ""))
        dates.append(one.last_at)
    return list(zip(judged(made), dates, strict=True))


@transaction.atomic
def _create(request: HttpRequest, place: Place) -> HttpResponse:
    access.check_right(place.membership, write=True)
    name = request.POST.get("name", "").strip()
    if not name:
        messages.error(request, "Donnez un nom au groupe.")
        return redirect("mailbox:book_groups", place.mailbox.pk)
    try:
        pk = groups.create(place.membership, name, now=timezone.now())
    except groups.Full:
        messages.error(request, f"Pas plus de {groups.MAX} groupes : supprimez-en un d’abord.")
        return redirect("mailbox:book_groups", place.mailbox.pk)
    record("group.create", request=request, mailbox_id=place.mailbox.pk, subject=("group", pk))
    return redirect("mailbox:group", place.mailbox.pk, pk)
