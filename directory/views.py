"""The pages of the directory. Searches are POSTed, and neither logged nor kept.

Their results have an address, so that «back» finds them again: it holds what was asked, sealed for this session. It goes
along to the pages of people and structures (`r`), and so does the mailbox one came from (`b`): one writes from that one.
"""

import base64
from dataclasses import replace

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from directory import client, confirm, results
from directory.asked import BESIDE, Asked, of_form, of_text
from directory.asker import asker
from directory.map import outline
from directory.models import DirectoryLoad, MailboxAddress, Organization, Practitioner, PractitionerRole
from mssweb import crypto, keys
from mssweb.audit.record import ERROR, OK, record

_MOST_PEOPLE, _MOST_ROLES = 50, 150


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """The page, or what was found; a form is led to the address of its results."""
    is_posted, is_fragment = request.method == "POST", bool(request.htmx)  # type: ignore[attr-defined]  # django_htmx.middleware
    asked = of_form(dict(request.POST.lists())) if is_posted else _opened(request)
    kept = _kept(request, r=_sealed(request, asked)) if is_posted and asked.words else _kept(request)
    if is_posted and not is_fragment:
        return redirect(reverse("directory:search") + kept)
    found = results.page(asked, asker(request))
    context = {"page": found, "asked": asked, "outline": outline(), "kept": kept, **_source()}
    response = render(request, f"directory/search.html{'#found' if is_posted else ''}", context)
    if is_posted:
        response["HX-Replace-Url"] = reverse("directory:search") + kept
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def panel(request: HttpRequest) -> HttpResponse:
    """The search beside a letter: its form, then its answers as one types."""
    is_posted = request.method == "POST"
    asked = replace(of_form(dict(request.POST.lists())), shown=BESIDE) if is_posted else Asked()
    told = {"page": results.cards_only(asked, asker(request)), "asked": asked, "kept": _kept(request)}
    return render(request, f"directory/panel.html{'#answers' if is_posted else ''}", told)


@never_cache
@require_safe
def person(request: HttpRequest, row_id: int) -> HttpResponse:
    """A professional: places of exercise, mailboxes, and what the file says of each."""
    return _person(request, get_object_or_404(Practitioner.objects.select_related("qualification"), pk=row_id))


@never_cache
@require_POST
def check(request: HttpRequest, row_id: int) -> HttpResponse:
    """The page of a professional, with what the Annuaire Santé says of the addresses at this very moment."""
    found = get_object_or_404(Practitioner.objects.select_related("qualification"), pk=row_id)
    if not confirm.is_possible(found):
        raise Http404
    answer = confirm.confirm(found, client.from_settings(), now=timezone.now())
    record(
        "directory.check", request=request, subject=("practitioner", found.ref), result=ERROR if answer.code else OK,
        confirmed=len(answer.confirmed), fresh=len(answer.fresh), missing=len(answer.missing), code=answer.code,
    )  # fmt: skip
    return _person(request, found, check=answer)


def _person(request: HttpRequest, found: Practitioner, check: confirm.Confirmation | None = None) -> HttpResponse:
    roles = found.roles.select_related("organization", "qualification").order_by("is_skill", "organization__town", "pk")
    told = {
        "person": found,
        "roles": roles,
        "addresses": _listed(found.addresses.all()),
        "can_check": confirm.is_possible(found),
        "check": check,
    }
    return render(request, "directory/person.html", {**told, "kept": _kept(request), **_source()})


@never_cache
@require_safe
def structure(request: HttpRequest, row_id: int) -> HttpResponse:
    """A structure and the mailboxes of its services."""
    found = get_object_or_404(Organization, pk=row_id)
    addresses = _listed(found.addresses.filter(practitioner=None))
    told = {"structure": found, "addresses": addresses, "people": _people(found)}
    return render(request, "directory/structure.html", {**told, "kept": _kept(request), **_source()})


def _people(structure: Organization) -> list[PractitionerRole]:
    """Who works there, each once, in the order of names; one more than are shown. A hospital has thousands."""
    roles = structure.roles.filter(practitioner__vanished_at=None).select_related("practitioner", "qualification")
    once: dict[int, PractitionerRole] = {}
    for role in roles.order_by("practitioner__last_name", "practitioner__first_name")[:_MOST_ROLES]:
        once.setdefault(role.practitioner_id, role)
    return list(once.values())[: _MOST_PEOPLE + 1]


def _kept(request: HttpRequest, **fresh: str) -> str:
    """What goes along from page to page: the mailbox, and the results one came from."""
    told = {name: request.GET[name] for name in ("b", "r") if name in request.GET} | fresh
    return f"?{urlencode(told)}" if told else ""


def _sealed(request: HttpRequest, asked: Asked) -> str:
    box = crypto.seal(keys.purpose_key("search"), asked.to_text().encode(), _bound(request))
    return base64.urlsafe_b64encode(box).decode()


def _opened(request: HttpRequest) -> Asked:
    """What an address asks. Nothing when it is forged or of another session."""
    try:
        box = base64.urlsafe_b64decode(request.GET.get("r", ""))
        return of_text(crypto.unseal(keys.purpose_key("search"), box, _bound(request)).decode())
    except (crypto.Unreadable, ValueError):
        return Asked()


def _bound(request: HttpRequest) -> str:
    return f"directory:{request.session.session_key}"


def _listed(rows: QuerySet[MailboxAddress]) -> list[MailboxAddress]:
    """Each address once, those in force first."""
    once: dict[str, MailboxAddress] = {}
    for row in rows.select_related("organization").order_by("service", "address"):
        known = once.get(row.address)
        if known is None or (known.vanished_at and not row.vanished_at):
            once[row.address] = row
    return sorted(once.values(), key=lambda row: (row.vanished_at is not None, row.is_hidden, row.rank != 1))


def _source() -> dict[str, object]:
    """Which extraction is in force, whether it grows old, until when changes were followed (Licence Ouverte)."""
    load = DirectoryLoad.objects.in_force()
    last_read = DirectoryLoad.objects.last_read() if client.is_configured() else None
    return {"load": load, "last_read": last_read, "is_old": load is not None and load.is_old(timezone.now())}
