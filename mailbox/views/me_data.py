"""One's own data, taken away as a file; and one's account, ended after seven days. Both with a fresh proof.

Refuses to end what would be nobody's: the page says what to hand on first.
"""

from datetime import timedelta

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods

from auth_otp import allowances, erasure, proof
from auth_otp.proof import Worth
from mailbox import account_data
from mailbox.views import me
from mailbox.views.place import person
from mssweb.audit.record import record

_MOST, _SPAN = 10, timedelta(hours=1)


@require_http_methods(["GET", "POST"])
@proof.asked(Worth.STRONGEST, to_read=False)
@me.mine
def data(request: HttpRequest) -> HttpResponse:
    """What leaves; a POST makes it leave."""
    user, now = person(request), timezone.now()
    if request.method != "POST":
        return me.show(request, "me_account", page="data", most=account_data.MOST)
    try:
        with transaction.atomic():
            allowances.take(f"data {user.pk}", _MOST, _SPAN, now=now)
            record("user.export", request=request, subject=("user", user.pk))
    except allowances.UsedUp:
        messages.error(request, "Vous avez déjà pris vos données plusieurs fois\u00a0: réessayez dans une heure.")
        return redirect("mailbox:me_data")
    answer = HttpResponse(account_data.bundle(user, now), content_type="application/zip")
    name = f"mes-donnees-{timezone.localdate():%Y-%m-%d}.zip"
    answer["Content-Disposition"] = str(content_disposition_header(True, name))
    return answer


@require_http_methods(["GET", "POST"])
@me.mine
def leaving(request: HttpRequest) -> HttpResponse:
    """Asked, with a proof; taken back by whoever is in."""
    user, act = person(request), request.POST.get("action", "")
    if act == "keep":
        if erasure.keep(request, user=user):
            messages.success(request, "Votre compte est gardé\u00a0: rien n’est supprimé.")
        return redirect("mailbox:me_account")
    answer: HttpResponse = _ask(request) if act == "leave" else _page(request)
    return answer


@proof.asked(Worth.STRONGEST)
def _ask(request: HttpRequest) -> HttpResponse:
    user = person(request)
    if not erasure.hindrances(user) and user.leaving_at is None and "understood" in request.POST:
        erasure.ask(request, user=user, now=timezone.now())
    return redirect("mailbox:me_leaving")


def _page(request: HttpRequest) -> HttpResponse:
    user = person(request)
    kept = [] if user.leaving_at else erasure.hindrances(user)
    return me.show(request, "me_account", page="leaving", leaving_at=user.leaving_at, hindrances=kept)
