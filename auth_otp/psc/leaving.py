"""The end of a session told both ways: ours to the provider (RP-Initiated Logout), its own to us (Back-Channel Logout 1.0)."""

import json

from django.http import HttpRequest, HttpResponse
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
from auth_otp.psc.provider import provider
from mssweb.audit.record import REFUSED, record

_SIGNED = frozenset(
    {"iss", "aud", "azp", "exp", "iat", "nbf", "events", "sub", "replay"}
)  # faults of what the provider signed


def leave(request: HttpRequest) -> HttpResponse:
    """Out here; and out there too, by a page of ours: a form of ours may lead nowhere else (CSP form-action)."""
    row, here, now = entry.row_of(request), client(), timezone.now()
    kept = following.kept(row.ref) if row is not None and here is not None else None
    entry.leave(request)
    if kept is None or here is None:
        return redirect("auth_otp:sign_in")
    begun = attempt.begin(Purpose.LEAVE, there="/", now=now)
    there = _farewell(here, kept.identity, begun.state)
    response = render(request, "auth_otp/psc/leaving.html", {"there": there}) if there else redirect("auth_otp:sign_in")
    attempt.remember(response, request, begun, now=now)  # until it is back: the next to come here proves who they are
    return response


@never_cache
@require_safe
def gone(request: HttpRequest) -> HttpResponse:
    """Back from the provider, which has ended its session."""
    now = timezone.now()
    begun = attempt.find(request, request.GET.get("state", ""), now=now)
    if begun is None or begun.purpose is not Purpose.LEAVE:
        return redirect("auth_otp:sign_in")
    response = render(request, "auth_otp/psc/gone.html")
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
    if not allowances.once(f"psc logout {told.jti}", tokens.instant(told.until), now=now):
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
