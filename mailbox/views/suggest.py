"""Who may be meant, as one types in the composer: known correspondents, colleagues, the directory, and then strangers.

A stranger wrote here, was never written to and is not in the directory: the name is of their own choosing, and comes
after everybody the directory names so. What is typed is posted, and neither logged nor kept.
"""

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

_MOST, _STRANGERS = 10, 3


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
    known, strangers = _known(mailbox, typed)
    once: dict[str, Person | Suggestion] = {one.address: one for one in known}
    for listed in lookup.suggest(typed, limit=_MOST):
        once.setdefault(listed.address, listed)
    return [*list(once.values())[:_MOST], *strangers[:_STRANGERS]]


def _known(mailbox: Mailbox, typed: str) -> tuple[list[Person], list[Person]]:
    """Those one knows, and strangers. Named as in the directory, or else as they name themselves."""
    met, colleagues = correspondents.recent(mailbox), correspondents.colleagues(mailbox)
    names = {a: colleagues.get(a) or one.name for a, one in met.items()} | colleagues
    people = [Address(name, address) for address, name in names.items()]
    seen = faces(mailbox, people)
    known: list[Person] = []
    strangers: list[Person] = []
    for address in people:
        spec = address.addr_spec
        person, listed = seen.of(address), seen.known.get(spec)
        told = [person.name, person.detail, address.display_name, spec.partition(".mssante")[0]]
        if listed:
            told += [listed.organization, listed.service, listed.trade]
        if lookup.is_called(typed, told):
            is_known = listed or spec in colleagues or met[spec].was_written_to
            shown = replace(person, detail="") if person.detail == person.address else person
            (known if is_known else strangers).append(shown)
    return known, strangers
