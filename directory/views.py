"""The pages of the directory. Searches are POSTed, and neither logged nor kept."""

from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from directory import lookup
from directory.cards import cards
from directory.models import DirectoryLoad, MailboxAddress, Organization, Practitioner

PAGE, MOST = 25, 200  # cards shown at once, and after « Afficher plus »: beyond, one more word is quicker


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """The page; a POST answers with cards, with or without a script."""
    typed = request.POST.get("q", "").strip()[: lookup.MAX_TEXT]
    with_all, shown = bool(request.POST.get("all")), _shown(request.POST.get("n", ""))
    found = cards(typed, limit=shown + 1, reachable_only=not with_all) if typed else []
    context = {
        "typed": typed,  # not «query»: that is what the mailbox's own search shows
        "with_all": with_all,
        "cards": found[:shown],
        "is_cut": len(found) > shown,
        "next": min(shown * 2, MOST) if shown < MOST else None,
        "too_short": typed and not lookup.is_enough(typed),
        **_source(),
    }
    return render(request, "directory/search.html", context)


@never_cache
@require_safe
def person(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A professional: places of exercise, mailboxes, and what the file says of each."""
    found = get_object_or_404(Practitioner.objects.select_related("qualification"), uuid=uuid)
    roles = found.roles.select_related("organization", "qualification").order_by("organization__town", "pk")
    context = {"person": found, "roles": roles, "addresses": _listed(found.addresses.all()), **_source()}
    return render(request, "directory/person.html", context)


@never_cache
@require_safe
def structure(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A structure and the mailboxes of its services."""
    found = get_object_or_404(Organization, uuid=uuid)
    addresses = _listed(found.addresses.filter(practitioner=None))
    return render(request, "directory/structure.html", {"structure": found, "addresses": addresses, **_source()})


def _listed(rows: QuerySet[MailboxAddress]) -> list[MailboxAddress]:
    """Each address once, those in force first."""
    once: dict[str, MailboxAddress] = {}
    for row in rows.select_related("organization").order_by("service", "address"):
        known = once.get(row.address)
        if known is None or (known.vanished_at and not row.vanished_at):
            once[row.address] = row
    return sorted(once.values(), key=lambda row: row.vanished_at is not None)


def _shown(text: str) -> int:
    return max(PAGE, min(int(text[:4]), MOST)) if text.isascii() and text.isdigit() else PAGE


def _source() -> dict[str, object]:
    """Which extraction is in force, and whether it grows old (Licence Ouverte: source and date are shown)."""
    load = DirectoryLoad.objects.in_force()
    return {"load": load, "is_old": load is not None and load.is_old(timezone.now())}
