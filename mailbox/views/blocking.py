"""Senders of ordinary mail that a mailbox refuses: listed, added, taken out. Says so while nothing ordinary can arrive."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from mailbox import access, contacts, senders
from mailbox.mime.address import normalise
from mailbox.views.place import Place, inside
from mssweb.audit.record import record


class Refusal(forms.Form):
    address = forms.CharField(label="Adresse", max_length=contacts.MAX_ADDRESS, strip=True)

    def clean_address(self) -> str:
        spec = normalise(self.cleaned_data["address"])
        if not contacts.is_address(spec):
            raise forms.ValidationError("Cette adresse n’est pas valide.")
        if not senders.is_ordinary(spec):
            raise forms.ValidationError(
                "Cette adresse est de l’espace de confiance : ses messages arrivent toujours. "
                "Un message précis peut être mis à la corbeille ou parmi les indésirables."
            )
        return spec


@sensitive_post_parameters("address")
@require_http_methods(["GET", "POST"])
@inside()
def blocked(request: HttpRequest, place: Place) -> HttpResponse:
    """The page of the list; a POST adds an address, or takes one out by its id."""
    form = Refusal(request.POST if request.method == "POST" and "address" in request.POST else None)
    if request.method == "POST":
        access.check_right(place.membership, write=True)
        if not form.is_bound:
            return _unblocked(request, place)
        if form.is_valid() and _block(request, place, form):
            return redirect("mailbox:blocked", place.mailbox.pk)
    seen = {"shell": place.at("blocked"), "form": form, "blocked": senders.blocked(place.mailbox)}
    return render(request, "mailbox/reading/blocked.html", seen, status=422 if form.errors else 200)


@transaction.atomic
def _block(request: HttpRequest, place: Place, form: Refusal) -> bool:
    try:
        row = senders.block(place.membership, form.cleaned_data["address"], now=timezone.now())
    except senders.Full:
        form.add_error("address", f"Pas plus de {senders.MAX} expéditeurs : retirez-en d’abord.")
        return False
    record("sender.block", request=request, mailbox_id=place.mailbox.pk, subject=("sender", row))
    messages.success(request, "Expéditeur bloqué : ses messages iront parmi les indésirables.")
    return True


@transaction.atomic
def _unblocked(request: HttpRequest, place: Place) -> HttpResponse:
    try:
        row_id = UUID(request.POST.get("row", ""))
    except ValueError:
        raise Http404 from None
    if senders.unblock(place.mailbox, row_id):
        record("sender.unblock", request=request, mailbox_id=place.mailbox.pk, subject=("sender", row_id))
        messages.success(request, "Expéditeur débloqué.")
    return redirect("mailbox:blocked", place.mailbox.pk)
