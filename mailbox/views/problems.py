"""«Signaler un problème»: the operator's support is told which message and what is wrong with it, never what it says.

Refuses any word of the person and any content, however much they wish it: ids, times and a reason that is chosen.
"""

from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from uuid_utils.compat import uuid7

from mailbox import access
from mailbox.mime.address import domain_of
from mailbox.mime.compose import Outgoing, compose, new_message_id
from mailbox.mime.values import Address
from mailbox.models import Message
from mailbox.outbound import house, submit
from mailbox.views.place import Place, inside
from mssweb.audit.record import record

REASONS = {
    "display": "Il s’affiche mal, ou pas du tout",
    "file": "Une pièce jointe ne s’ouvre pas",
    "sender": "L’expéditeur me paraît suspect",
    "late": "Il est arrivé très tard, ou plusieurs fois",
    "sent": "Il n’est pas parvenu à son destinataire",
    "other": "Autre chose",
}


class Problem(forms.Form):
    reason = forms.ChoiceField(
        choices=list(REASONS.items()), widget=forms.RadioSelect,
        error_messages={"required": "Choisissez ce qui ne va pas."},
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@inside()
def report(request: HttpRequest, place: Place, message_id: UUID) -> HttpResponse:
    """The page that says what will be told, word for word; a POST tells it."""
    message = access.access_message(place.membership, message_id)
    if request.method == "POST":
        access.check_right(place.membership, write=True)
    if not settings.SUPPORT_ADDRESS:
        raise Http404
    form = Problem(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _sent(request, place, message, form.cleaned_data["reason"])
    seen = {
        "shell": place.at("report"), "message": message, "form": form, "support": settings.SUPPORT_ADDRESS,
        "facts": _facts(place, message),
    }  # fmt: skip
    return render(request, "mailbox/reading/report.html", seen, status=422 if form.errors else 200)


def _facts(place: Place, message: Message) -> list[str]:
    way = "envoyé" if message.direction == Message.Direction.OUT else "reçu"
    return [
        f"Boîte : {place.mailbox.address}",
        f"Message : {message.pk}",
        f"Fil : {message.thread_id}",
        f"Message {way} le {timezone.localtime(message.filed_at):%d/%m/%Y à %H:%M:%S}, {message.size} octets",
        f"Signalé par : {place.user.get_full_name()}",
    ]


def _sent(request: HttpRequest, place: Place, message: Message, reason: str) -> HttpResponse:
    mailbox, now = place.mailbox, timezone.now()
    refused = submit.check_recipients([settings.SUPPORT_ADDRESS])
    if refused:
        messages.error(
            request, "Le signalement n’est pas parti : l’adresse du support n’est pas joignable. Téléphonez-lui."
        )
    else:
        facts = "\n".join(_facts(place, message))
        letter = Outgoing(
            from_=Address(mailbox.display_name, mailbox.address), to=(Address("Support", settings.SUPPORT_ADDRESS),),
            subject=f"Problème signalé : message {message.pk}",
            text=f"{REASONS[reason]}.\n\n{facts}\n\nAucun contenu n’est joint.\n",
            message_id=new_message_id(domain_of(mailbox.address), str(uuid7())), date=timezone.localtime(now),
            headers={"Auto-Submitted": "auto-generated"},
        )  # fmt: skip
        with transaction.atomic():
            house.send(mailbox, compose(letter), [settings.SUPPORT_ADDRESS], now=now)
            told = ("message", message.pk)
            record("problem.report", request=request, mailbox_id=mailbox.pk, subject=told, reason=reason)
            transaction.on_commit(submit.wake)
        messages.success(request, "Problème signalé au support, sans rien du contenu du message.")
    thread = reverse("mailbox:thread", args=[mailbox.pk, message.thread_id])
    return redirect(f"{thread}?ouvrir={message.pk}#m-{message.pk}")
