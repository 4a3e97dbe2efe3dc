"""«Réglages de la boîte»: what its managers decide for everybody who works in it."""

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from mailbox.models import Mailbox
from mailbox.views.place import Place, inside
from mssweb.audit.record import record
from mssweb.notify import changed

MAX_HOURS = 30 * 24


class Patience(forms.Form):
    """How long a correspondent may wait for an answer; 0: as long as it takes."""

    answer_hours = forms.IntegerField(min_value=0, max_value=MAX_HOURS, label="Délai de réponse, en heures")


@require_http_methods(["GET", "POST"])
@inside(manage=True)
@transaction.atomic
def settings(request: HttpRequest, place: Place) -> HttpResponse:
    mailbox = place.mailbox
    form = Patience(request.POST or None, initial={"answer_hours": mailbox.answer_hours})
    if request.method == "POST" and form.is_valid():
        hours = form.cleaned_data["answer_hours"]
        Mailbox.objects.filter(pk=mailbox.pk).update(answer_hours=hours)
        record("mailbox.patience", request=request, mailbox_id=mailbox.pk, hours=hours)
        changed(mailbox.pk)
        messages.success(request, "Réglages enregistrés.")
        return redirect("mailbox:settings", mailbox.pk)
    context = {"shell": place.at("settings"), "form": form}
    return render(request, "mailbox/settings.html", context, status=422 if form.errors else 200)
