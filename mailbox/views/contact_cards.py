"""One contact of the pharmacy's own directory: the star and the note of any page, and the page of a contact itself."""

from collections.abc import Mapping
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from mailbox import access, contacts, groups
from mailbox.contacts import MAX_ADDRESS, MAX_NAME, MAX_PHONE, Card, Origin
from mailbox.mime.address import is_patient, normalise
from mailbox.mime.words import printable
from mailbox.models import Contact, ContactGroup
from mailbox.views.contact_lines import lines, origin_of
from mailbox.views.form import uuid_of
from mailbox.views.place import Place, inside
from mssweb.audit.record import record

FULL = f"Le répertoire est plein ({contacts.MAX} contacts) : supprimez-en d’abord."
_TWICE = "Cette adresse est déjà dans le répertoire."
NO_ROOM = f"Il n’y a pas de place : pas plus de {groups.MAX_MEMBERS} contacts dans un groupe."


class OwnContact(forms.Form):
    """Who is not in the annuaire: a name or an address at least."""

    name = forms.CharField(label="Nom", max_length=MAX_NAME, required=False)
    detail = forms.CharField(label="Profession, structure, commune", max_length=MAX_NAME, required=False)
    address = forms.CharField(label="Adresse", max_length=MAX_ADDRESS, required=False)
    phone = forms.CharField(label="Téléphone", max_length=MAX_PHONE, required=False)

    def clean(self) -> dict[str, str]:
        given = {name: " ".join(printable(str(text)).split()) for name, text in self.cleaned_data.items()}
        given["address"] = normalise(given.get("address", ""))
        if fault := fault_of(given):
            field, words = fault
            self.add_error(field, words)
        return given


def fault_of(given: Mapping[str, str]) -> tuple[str, str] | None:
    """The field and the reason why this is no contact."""
    if not given.get("name") and not given["address"]:
        return "name", "Donnez un nom ou une adresse."
    if is_patient(given["address"]):
        return "address", "C’est l’adresse d’un patient : elle porte son identité de santé et ne se garde pas ici."
    if given["address"] and not contacts.is_address(given["address"]):
        return "address", "Ce n’est pas une adresse."
    return None


@sensitive_post_parameters()
@require_POST
@inside(write=True)
def keep(request: HttpRequest, place: Place) -> HttpResponse:
    """A star put or taken away, a note, a place in a group: of somebody shown on any page, named by `about`."""
    about, action = request.POST.get("about", "")[: MAX_ADDRESS + 2], request.POST.get("action", "")
    held = contacts.about(place.mailbox, [about]).get(about)
    card = held[1] if held else _fresh(request, about)
    try:
        with transaction.atomic():  # a group that is full, or gone, leaves nobody behind who is kept for nothing
            pk, card = contacts.keep(place.membership, card, now=timezone.now(), **_asked(request, place, action))
            said = _join(request, place, pk) if action == "join" else _SAID[action]
            is_gone = card.is_idle and groups.let_go(place.membership, pk)
            if held or not is_gone:
                _tell(request, place, "contact.change" if held else "contact.create", pk)
    except (contacts.Full, groups.Full) as full:
        messages.error(request, FULL if isinstance(full, contacts.Full) else NO_ROOM)
        return _back(request, place)
    if request.htmx:  # type: ignore[attr-defined]  # django_htmx.middleware
        return render(request, "mailbox/contacts/_star.html", _star(request, place, card))
    messages.success(request, said)
    return _back(request, place)


_SAID = {"star": "Ajouté aux favoris.", "unstar": "Retiré des favoris.", "note": "Note enregistrée."}


def _fresh(request: HttpRequest, about: str) -> Card:
    card = contacts.fresh(
        about, address=request.POST.get("address", ""), told=printable(request.POST.get("told", "")).strip()
    )
    if card is None:
        raise Http404
    return card


def _asked(request: HttpRequest, place: Place, action: str) -> dict[str, str | bool]:
    if action in {"star", "unstar"}:
        return {"is_favourite": action == "star"}
    if action == "note":
        return dict(contacts.noted(place.membership, request.POST.get("note", ""), now=timezone.now()))
    if action == "join":
        return {}
    raise Http404


@transaction.atomic
def _join(request: HttpRequest, place: Place, pk: UUID) -> str:
    row = access.access_group(place.membership, uuid_of(request.POST.get("group", "")))
    try:
        group = groups.add(place.membership, row, [pk], now=timezone.now())
    except ContactGroup.DoesNotExist:
        raise Http404 from None  # a colleague deleted it meanwhile
    record("group.change", request=request, mailbox_id=place.mailbox.pk, subject=("group", row.pk))
    return f"Ajouté au groupe « {group.name} »."


def _star(request: HttpRequest, place: Place, card: Card) -> dict[str, object]:
    return {
        "mailbox_id": place.mailbox.pk, "about": card.about, "address": card.address, "told": card.name,
        "name": card.name, "is_favourite": card.is_favourite, "can_write": True, "next": _next(request, place),
    }  # fmt: skip


def _next(request: HttpRequest, place: Place) -> str:
    asked = request.POST.get("next", "")[:4000]
    if asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None):
        return asked
    return reverse("mailbox:book", args=[place.mailbox.pk])


def _back(request: HttpRequest, place: Place) -> HttpResponse:
    asked_by = HttpResponseClientRedirect if request.htmx else HttpResponseRedirect  # type: ignore[attr-defined]
    return asked_by(_next(request, place))


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@inside(write=True)
@transaction.atomic
def new(request: HttpRequest, place: Place) -> HttpResponse:
    """Somebody who is not in the annuaire."""
    form = OwnContact(request.POST or None)
    if request.method == "POST" and form.is_valid():
        card = Card(**form.cleaned_data, origin=Origin.TYPED, about=_about(form))
        try:
            if contacts.add_all(place.membership, [card], now=timezone.now()):
                record("contact.create", request=request, mailbox_id=place.mailbox.pk)
                messages.success(request, "Contact ajouté.")
                return redirect("mailbox:book_everyone", place.mailbox.pk)
            form.add_error("address", _TWICE)
        except contacts.Full:
            form.add_error(None, FULL)
    context = {"shell": place.at("book"), "form": form}
    return render(request, "mailbox/contacts/new.html", context, status=422 if form.errors else 200)


def _about(form: OwnContact) -> str:
    address = form.cleaned_data["address"]
    return f"a:{address}" if address else ""


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@inside()
def contact(request: HttpRequest, place: Place, contact_id: UUID) -> HttpResponse:
    """A contact: read by all, changed by those who may write."""
    if request.method == "POST":
        access.check_right(place.membership, write=True)
    row = access.access_contact(place.membership, contact_id)
    action = request.POST.get("action", "")
    if action == "delete":
        return _delete(request, place, row)
    if action in {"star", "unstar", "note"}:
        return _told(request, place, row, action)
    return _shown(request, place, row)


@transaction.atomic
def _told(request: HttpRequest, place: Place, row: Contact, action: str) -> HttpResponse:
    """Its star or its note changed; a contact of which nothing is told any more is gone."""
    try:
        card = contacts.change(place.membership, row, now=timezone.now(), **_asked(request, place, action))
    except Contact.DoesNotExist:
        raise Http404 from None  # a colleague deleted it meanwhile
    _tell(request, place, "contact.change", row.pk)
    messages.success(request, _SAID[action])
    if card.is_idle and groups.let_go(place.membership, row.pk):
        return redirect("mailbox:book", place.mailbox.pk)
    return redirect("mailbox:contact", place.mailbox.pk, row.pk)


@transaction.atomic
def _shown(request: HttpRequest, place: Place, row: Contact) -> HttpResponse:
    """The page; an own contact has a form, which saves it."""
    card = contacts.seen(row, place.mailbox)
    told = {"name": card.name, "detail": card.detail, "address": card.address, "phone": card.phone}
    form = OwnContact(request.POST if request.method == "POST" else None, initial=told)
    if request.method == "POST":
        if not card.is_own:
            raise Http404
        if form.is_valid() and _saved(place, row, form):
            _tell(request, place, "contact.change", row.pk)
            messages.success(request, "Contact enregistré.")
            return redirect("mailbox:contact", place.mailbox.pk, row.pk)
    [line] = lines({row.pk: card})
    held = groups.all_of(place.mailbox)
    context = {
        "shell": place.at("book"),
        "line": line,
        "card": card,
        "form": form,
        "origin": origin_of(card),
        "groups": [(pk, one) for pk, one in held.items() if row.pk in one.members],
    }
    return render(request, "mailbox/contacts/contact.html", context, status=422 if form.errors else 200)


def _saved(place: Place, row: Contact, form: OwnContact) -> bool:
    try:
        contacts.change(place.membership, row, now=timezone.now(), about=_about(form), **form.cleaned_data)
    except contacts.Twice:
        form.add_error("address", _TWICE)
        return False
    except Contact.DoesNotExist:
        raise Http404 from None
    return True


@transaction.atomic
def _delete(request: HttpRequest, place: Place, row: Contact) -> HttpResponse:
    pk = row.pk
    groups.delete_contact(place.membership, row, now=timezone.now())
    _tell(request, place, "contact.delete", pk)
    messages.success(request, "Contact supprimé du répertoire.")
    return redirect("mailbox:book_everyone", place.mailbox.pk)


def _tell(request: HttpRequest, place: Place, action: str, pk: UUID) -> None:
    record(action, request=request, mailbox_id=place.mailbox.pk, subject=("contact", pk))
