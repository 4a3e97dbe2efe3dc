"""Signing in by the e-CPS on one's telephone: a page that waits, and the same addresses for programs (Accept: application/json).

A program, as a browser: GET gives the cookie of CSRF; POST with its value in X-CSRFToken asks (`rpps`, and `channel=CARD` for a
card in a reader of that machine), then POST to the `poll` that it was told, every `again` seconds; at last the answer carries the
cookie of the session.
"""

from datetime import datetime, timedelta
from urllib.parse import urljoin
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from auth_otp import allowances, entry
from auth_otp.models import RPPS, TelephoneQuestion
from auth_otp.psc import attempt, telephone
from auth_otp.psc.attempt import Purpose
from auth_otp.psc.claims import NoNumber
from auth_otp.psc.client import client
from auth_otp.psc.errors import Away, Refused
from auth_otp.psc.pages import refused
from auth_otp.psc.provider import Provider, provider
from auth_otp.psc.views import enter
from auth_otp.psc.words import REFUSALS
from auth_otp.ways import target, too_soon
from mssweb.audit.record import REFUSED, record

_MINUTE = timedelta(minutes=1)


class NumberForm(forms.Form):
    rpps = forms.CharField(label="Numéro RPPS", max_length=20, validators=[RPPS])
    rpps.widget.attrs.update({"autocomplete": "username", "inputmode": "numeric", "autofocus": True})

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        if self.is_bound:
            typed = str(self.data.get("rpps", ""))
            self.data = {**self.data.dict(), "rpps": "".join(typed.split())}  # type: ignore[attr-defined]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The number; a telephone is asked."""
    here, now = client(), timezone.now()
    if here is None or not here.has_ciba:
        return redirect("auth_otp:sign_in")
    if entry.is_verified(request):
        return HttpResponseRedirect(target(request))
    form = NumberForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _form(request, form)
    again = reverse("auth_otp:psc_telephone")
    try:
        channel = (
            telephone.CARD
            if _is_program(request) and request.POST.get("channel") == telephone.CARD
            else telephone.MOBILE
        )
        begun = telephone.ask(request, provider(here), form.cleaned_data["rpps"], now=now, channel=channel)
    except allowances.UsedUp as full:
        if allowances.is_first("psc too many", until=now + _MINUTE, now=now):  # anybody can go on asking
            record("session.psc_refused", request=request, result=REFUSED, why="too_many")
        return _told(429, "too_many") if _is_program(request) else too_soon(request, full.wait, back=again)
    except (Away, Refused) as error:
        return _refused(request, "away", code=error.code)
    record("session.psc_asked", request=request, subject=("question", begun.question.pk))
    there = reverse("auth_otp:psc_waiting", args=[begun.question.pk])
    response: HttpResponse = HttpResponseRedirect(there)
    if _is_program(request):
        told = {"state": "pending", "poll": there, "words": begun.question.words, "again": begun.question.interval}
        response = JsonResponse(told, status=202)
    kept = attempt.of_telephone(begun.secret, there=target(request), now=now)
    attempt.remember(response, request, kept, now=now)
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def wait(request: HttpRequest, question_id: UUID) -> HttpResponse:
    """POST looks whether it was confirmed, and goes in when it was."""
    here, now = client(), timezone.now()
    held = [one for one in attempt.all_of(request, now=now) if one.purpose is Purpose.TELEPHONE]
    found = next(((one, row) for one in held if (row := telephone.find(question_id, one.state))), None)
    if here is None or found is None:
        return _refused(request, "expired")
    kept, question = found
    if request.method != "POST":
        return _waiting(request, question)
    response = _looked(request, provider(here), question, kept.there, now)
    if response is None:
        return _waiting(request, question)
    attempt.forget(response, request, kept, now=now)
    return response


def _looked(
    request: HttpRequest, there: Provider, question: TelephoneQuestion, way_on: str, now: datetime
) -> HttpResponse | None:
    """None: not yet, or the provider is away for a moment."""
    try:
        found = telephone.answer(question, there, now=now)
    except Away as error:
        return None if telephone.is_pending(question) else _refused(request, "away", code=error.code)
    except (telephone.Denied, telephone.Expired, NoNumber, Refused) as error:
        return _refused(request, error.why, code=getattr(error, "code", ""))
    if found is None:
        return None
    response = enter(request, found, there=way_on, now=now, again=reverse("auth_otp:psc_telephone"))
    if not _is_program(request):
        return response
    is_in = response.status_code == 302
    told = JsonResponse(
        {"state": "in" if is_in else "refused", "next": response.get("Location", "")}, status=200 if is_in else 403
    )
    told.cookies.update(response.cookies)
    return told


def _form(request: HttpRequest, form: NumberForm) -> HttpResponse:
    status = 422 if form.errors else 200
    if _is_program(request):
        get_token(request)  # sets its cookie
        return _told(status, "invalid" if form.errors else "ready")
    return render(request, "auth_otp/psc/telephone.html", {"form": form, "next": target(request)}, status=status)


def _waiting(request: HttpRequest, question: TelephoneQuestion) -> HttpResponse:
    if _is_program(request):
        return JsonResponse({"state": "pending", "again": question.interval}, status=202)
    return render(request, "auth_otp/psc/waiting.html", _seen(request, question))


def _seen(request: HttpRequest, question: TelephoneQuestion) -> dict[str, object]:
    here = client()
    telephone_of_demo = urljoin(here.issuer, "/telephone") if here and settings.DEMO else ""
    return {"question": question, "has_looked": request.method == "POST", "telephone": telephone_of_demo}


def _refused(request: HttpRequest, why: str, *, code: str = "") -> HttpResponse:
    page = refused(request, why, code=code, again=reverse("auth_otp:psc_telephone"))
    return _told(REFUSALS[why].status, why) if _is_program(request) else page


def _told(status: int, state: str) -> HttpResponse:
    return JsonResponse({"state": state}, status=status)


def _is_program(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "") == "application/json"
