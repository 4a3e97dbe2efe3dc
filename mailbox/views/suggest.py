"""Who may be meant, as one types in the composer: known correspondents, then colleagues, then the directory.

What is typed is posted, and neither logged nor kept.
"""

from collections.abc import Iterator
from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from directory import lookup
from directory.lookup import Suggestion
from mailbox import correspondents
from mailbox.mime.values import Address
from mailbox.models import Mailbox
from mailbox.views.people import Person, faces
from mailbox.views.place import Place, inside

_MOST = 10


@sensitive_post_parameters("q")
@require_POST
@inside(send=True)
def suggest(request: HttpRequest, place: Place) -> HttpResponse:
    """Options of a list box; nothing when nobody is found."""
    found = _found(place.mailbox, request.POST.get("q", ""))
    return render(request, "directory/_suggestions.html", {"suggestions": found})


def _found(mailbox: Mailbox, typed: str) -> list[Person | Suggestion]:
    """Each address once, five statements."""
    if not lookup.is_enough(typed):
        return []
    once: dict[str, Person | Suggestion] = {one.address: one for one in _known(mailbox, typed)}
    for listed in lookup.suggest(typed, limit=_MOST):
        once.setdefault(listed.address, listed)
    return list(once.values())[:_MOST]


def _known(mailbox: Mailbox, typed: str) -> Iterator[Person]:
    """Named as in the directory, or else as they name themselves."""
    names = correspondents.colleagues(mailbox)
    names = {a: names.get(a) or name for a, name in correspondents.recent(mailbox).items()} | names
    people = [Address(name, address) for address, name in names.items()]
    seen = faces(mailbox, people)
    for address in people:
        person, listed = seen.of(address), seen.known.get(address.addr_spec)
        told = [person.name, person.detail, address.display_name, address.addr_spec.partition(".mssante")[0]]
        if listed:
            told += [listed.organization, listed.service, listed.trade]
        if lookup.is_called(typed, told):
            yield replace(person, detail="") if person.detail == person.address else person
