"""Receipts asked of a mailbox: answered or not by who reads, by its rule; integration errors told by hand."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from mailbox import access, receipts
from mailbox.mime import mdn
from mailbox.models import Mailbox, Message
from mailbox.outbound.submit import Refused
from mailbox.views.place import Place, inside
from mssweb.audit.record import record

_TOO_LATE = "Un collègue a déjà répondu à cette demande."


class Rule(forms.Form):
    receipts = forms.ChoiceField(choices=Mailbox.Receipts.choices, widget=forms.RadioSelect)


@require_POST
@inside(send=True)
def answer(request: HttpRequest, place: Place, message_id: UUID) -> HttpResponse:
    """«Envoyer» or «Ne pas envoyer», once for the mailbox (ECO.3.1.6)."""
    message = access.access_message(place.membership, message_id)
    if request.POST.get("action") == "decline":
        done = receipts.decline(mailbox=place.mailbox, message=message, by=place.user, request=request)
        return _back(request, place, message, "Aucun accusé ne sera envoyé." if done else _TOO_LATE, is_done=done)
    try:
        done = receipts.answer(
            mailbox=place.mailbox, message=message, by=place.user, now=timezone.now(), request=request
        )
    except Refused as refused:
        return _back(request, place, message, _why("L’accusé", refused), is_done=False)
    return _back(request, place, message, "Accusé de lecture envoyé." if done else _TOO_LATE, is_done=done)


@require_POST
@inside(send=True)
def integration(request: HttpRequest, place: Place, message_id: UUID) -> HttpResponse:
    """The document does not fit our software: its sender is told, with a code (reference client §6.2)."""
    message, code = access.access_message(place.membership, message_id), request.POST.get("code", "")
    if code not in mdn.CODES:
        return _back(request, place, message, "Choisissez l’erreur à signaler.", is_done=False)
    try:
        done = receipts.report_integration(
            mailbox=place.mailbox, message=message, code=code, by=place.user, now=timezone.now(), request=request
        )
    except Refused as refused:
        return _back(request, place, message, _why("L’erreur", refused), is_done=False)
    told = "Erreur signalée à l’expéditeur du document." if done else "Une erreur est déjà signalée pour ce message."
    return _back(request, place, message, told, is_done=done)


@require_http_methods(["GET", "POST"])
@inside(manage=True)
@transaction.atomic
def rule(request: HttpRequest, place: Place) -> HttpResponse:
    """What the mailbox does when a receipt is asked for: its managers say."""
    form = Rule(request.POST or None, initial={"receipts": place.mailbox.receipts})
    if request.method == "POST":
        if not form.is_valid():
            raise Http404
        chosen = form.cleaned_data["receipts"]
        Mailbox.objects.filter(pk=place.mailbox.pk).update(receipts=chosen)
        record("mailbox.receipts", request=request, mailbox_id=place.mailbox.pk, rule=chosen)
        messages.success(request, "Règle enregistrée.")
        return redirect("mailbox:receipts", place.mailbox.pk)
    return render(request, "mailbox/receipts.html", {"shell": place.at("receipts"), "form": form})


def _why(what: str, refused: Refused) -> str:
    return f"{what} n’a pas été envoyé : " + " ".join(refused.reasons.values())


def _back(request: HttpRequest, place: Place, message: Message, said: str, *, is_done: bool) -> HttpResponse:
    (messages.success if is_done else messages.error)(request, said)
    thread = reverse("mailbox:thread", args=[place.mailbox.pk, message.thread_id])
    return redirect(f"{thread}?ouvrir={message.pk}#m-{message.pk}")
