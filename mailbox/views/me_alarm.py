"""«Ce n’était pas vous ?»: what happened to one's account in the last month, and one button that ends every other session.

Where notices lead. Refuses who has not shown lately who they are: a stolen session does not put its person out (ASVS 7.5.2).
"""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from auth_otp import entry, notice_words, notices, proof, reset
from auth_otp.models import Notice, User
from mailbox.views import me
from mailbox.views.place import person
from mssweb.audit.record import record


@dataclass(frozen=True, slots=True)
class Line:
    """One event, as the page tells it."""

    at: datetime
    title: str
    happened: str


@require_http_methods(["GET", "POST"])
@proof.asked()
@me.mine
def alarm(request: HttpRequest) -> HttpResponse:
    user, now = person(request), timezone.now()
    if request.method == "POST":
        with transaction.atomic():
            entry.renew(request)  # whoever copied the cookie of this one is out, too
            entry.end_all(user.pk, now=now, but=request.session.session_key)
            reset.cancel_of(request, user, now=now)
            record("session.alarm", request=request, subject=("user", user.pk))
        messages.success(
            request, "Vos autres sessions sont terminées. Changez maintenant ce que quelqu’un d’autre connaît."
        )
        return redirect("mailbox:me_password" if user.has_usable_password() else "mailbox:me_security")
    return me.show(request, "me_security", page="alarm", lines=[_line(row) for row in notices.lately(user, now=now)])


@require_POST
@me.mine
def choose(request: HttpRequest) -> HttpResponse:
    """An SMS at each browser that is new, or none. What else happens to an account is always told."""
    user, wants = person(request), "wants_browser_sms" in request.POST
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(wants_browser_sms=wants)
        record("preference.change", request=request, subject=("user", user.pk), names="wants_browser_sms")
    messages.success(request, "Votre choix est enregistré.")
    return redirect("mailbox:me_notices")


def _line(row: Notice) -> Line:
    said = notice_words.happened(row.kind, what=row.what, device=row.device, client=row.client, by_other=row.by_other)
    return Line(row.at, notice_words.title(row.kind), f"{said[:1].upper()}{said[1:]}.")
