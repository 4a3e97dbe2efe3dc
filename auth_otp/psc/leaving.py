"""The end of a session told both ways: ours to the provider (RP-Initiated Logout), its own to us (Back-Channel Logout 1.0)."""

import json
from datetime import datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from auth_otp import allowances, entry
from auth_otp.models import Followed
from auth_otp.psc import attempt, following, where
from auth_otp.psc.attempt import Purpose
from auth_otp.psc.client import Client, client
from auth_otp.psc.errors import Away, ProviderError, Refused
from auth_otp.psc.pages import refused
from auth_otp.psc.provider import provider
from auth_otp.psc.words import REFUSALS
from mssweb.audit.record import REFUSED, record

_SIGNED = frozenset(
    {"iss", "aud", "azp", "exp", "iat", "nbf", "events", "sub", "replay"}
)  # faults of what the provider signed


def leave(request: HttpRequest) -> HttpResponse:
    """Out here; and out there too, by a page of ours: a form of ours may lead nowhere else (CSP form-action)."""
    row, here, now = entry.row_of(request), client(), timezone.now()
    identity = following.hint(request, row.ref) if row is not None and here is not None else ""
    entry.leave(request)
    if not identity or here is None:
        return redirect("auth_otp:sign_in")
    begun = attempt.begin(Purpose.LEAVE, there="/", now=now)
    there = _farewell(here, identity, begun.state)
    response = render(request, "auth_otp/psc/leaving.html", {"there": there}) if there else redirect("auth_otp:sign_in")
    attempt.remember(response, request, begun, now=now)  # until it is back: the next to come here proves who they are
    return response


def show_out(request: HttpRequest, here: Client, identity: str, *, why: str, there: str, now: datetime) -> HttpResponse:
    """Who is not let in, and would be by whoever presses the same link next: their session there ends, then they read why."""
    begun = attempt.begin(Purpose.LEAVE, there=there, now=now, session=why)
    farewell = _farewell(here, identity, begun.state)
    if not farewell:
        return refused(request, why, there=there)
    response = HttpResponseRedirect(farewell)
    attempt.remember(response, request, begun, now=now)
    return response


@never_cache
@require_safe
def gone(request: HttpRequest) -> HttpResponse:
    """Back from the provider, which has ended its session."""
    now = timezone.now()
    begun = attempt.find(request, request.GET.get("state", ""), now=now)
    if begun is None or begun.purpose is not Purpose.LEAVE:
        return redirect("auth_otp:sign_in")
    is_refused = begun.session in REFUSALS
    response = (
        refused(request, begun.session, there=begun.there) if is_refused else render(request, "auth_otp/psc/gone.html")
    )
    attempt.forget(response, request, begun, now=now)
    return response


@csrf_exempt  # by the provider, whose signature is asked for; no cookie counts here
@never_cache
@require_POST
def ended(request: HttpRequest) -> HttpResponse:
    """A session has ended at the provider: ours ends now. Deaf to what it did not sign for us, now, once."""
    here = client()
    if here is None:
        return HttpResponse(status=404)
    try:
        _end(here, request.POST.get("logout_token", ""))
    except Away:
        return HttpResponse(status=503)
    except Refused as error:
        if error.code in _SIGNED:
            record("session.psc_logout", request=request, result=REFUSED, code=error.code)
        told = json.dumps({"error": "invalid_request"})
        return HttpResponse(told, status=400, content_type="application/json")
    return HttpResponse()


def _end(here: Client, token: str) -> None:
    from auth_otp.psc import tokens

    now = timezone.now()
    expected = tokens.Expected(here.issuer, here.client_id, now.timestamp())
    told = tokens.logout(token, provider(here).key, expected)
    if not allowances.is_first(f"psc logout {told.jti}", until=tokens.instant(told.until), now=now):
        raise Refused("replay")
    rows = Followed.objects.filter(
        **({"sid": following.digest(told.sid)} if told.sid else {"subject": following.digest(told.subject)})
    )
    following.end(rows, why="logout")


def _farewell(here: Client, identity: str, state: str) -> str:
    """Empty where the provider has no such page, or does not answer."""
    try:
        there = provider(here).metadata().end_session
    except ProviderError:
        return ""
    asked = {"id_token_hint": identity, "post_logout_redirect_uri": where.gone(), "state": state}
    return f"{there}?{urlencode(asked)}" if there else ""
