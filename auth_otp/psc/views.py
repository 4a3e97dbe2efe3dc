"""To Pro Santé Connect and back: to sign in, to reopen a locked session, to show once more who one is.

Three questions, one answer each: `begin` seals what must come back, `back` believes what was verified and nothing else.
"""

from datetime import datetime

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from auth_otp import allowances, entry, identity, parking, throttle
from auth_otp.arrival import arrive
from auth_otp.means import Means
from auth_otp.models import SectorLink, Session
from auth_otp.psc import attempt, following, where
from auth_otp.psc.attempt import Attempt, Purpose
from auth_otp.psc.claims import NoNumber
from auth_otp.psc.client import Client, client
from auth_otp.psc.errors import Away, Refused
from auth_otp.psc.leaving import show_out
from auth_otp.psc.pages import refused
from auth_otp.psc.provider import SCOPE, Provider, provider
from auth_otp.psc.who import Came, came
from auth_otp.ways import safe, target, too_soon
from mssweb import tally
from mssweb.audit.record import client_address, record
from mssweb.crypto import same

_FOR = {"verrou": Purpose.UNLOCK, "confirmer": Purpose.PROVE}  # as addresses call it
_DENIED = {"access_denied", "login_required", "interaction_required", "consent_required"}


@never_cache
@require_safe
def begin(request: HttpRequest) -> HttpResponse:
    """To the provider. A form would not get there: our policy lets forms lead to ourselves alone (CSP form-action)."""
    here, now = client(), timezone.now()
    if here is None:
        return redirect("auth_otp:sign_in")
    purpose = _FOR.get(request.GET.get("pour", ""), Purpose.SIGN_IN)
    row = entry.row_of(request)
    if (purpose is Purpose.SIGN_IN) == entry.is_verified(request):  # in already, or nobody is in who could unlock
        return HttpResponseRedirect(target(request))
    session = str(row.ref) if row is not None and purpose is not Purpose.SIGN_IN else ""
    must_prove = purpose is not Purpose.SIGN_IN or "autre" in request.GET or attempt.has_just_left(request, now=now)
    must_prove = must_prove or bool(parking.of(request, now=now))  # whose session is open there is not who sits here
    begun = attempt.begin(purpose, there=target(request), now=now, session=session, must_prove=must_prove)
    try:
        response = HttpResponseRedirect(_question(provider(here), begun))
    except (Away, Refused) as error:
        return refused(request, "away", code=error.code, again=request.get_full_path(), there=begun.there)
    attempt.remember(response, request, begun, now=now)
    return response


@never_cache
@require_safe
def back(request: HttpRequest) -> HttpResponse:
    """The answer, to the attempt that this browser holds and to no other (state), by the issuer that was asked (RFC 9207)."""
    here, now = client(), timezone.now()
    if here is None:
        return redirect("auth_otp:sign_in")
    begun = attempt.find(request, request.GET.get("state", ""), now=now)
    if begun is None or begun.purpose is Purpose.LEAVE:
        return refused(request, "expired", again=reverse("auth_otp:sign_in"))
    try:
        allowances.take_answer(throttle.network(client_address(request)), now=now)
    except allowances.UsedUp as full:
        return too_soon(request, full.wait, back=_again(begun))
    response = _answered(request, provider(here), begun, now)
    attempt.forget(response, request, begun, now=now)
    return response


def _answered(request: HttpRequest, there: Provider, begun: Attempt, now: datetime) -> HttpResponse:
    again = _again(begun)
    try:
        _check_issuer(request, there)
        if error := request.GET.get("error", ""):
            why = "denied" if error in _DENIED else "away"
            return refused(request, why, code="error", again=again, there=begun.there)
        known = there.exchange(
            code=request.GET.get("code", "")[:4_000], verifier=begun.verifier, there=where.back(), now=now.timestamp()
        )
        since = float(begun.at) if begun.must_prove else None
        arrived = came(there, known, nonce=begun.nonce, now=now, since=since)
    except (NoNumber, Away, Refused) as error:
        return refused(request, error.why, code=getattr(error, "code", ""), again=again, there=begun.there)
    if begun.purpose is Purpose.SIGN_IN:
        return enter(request, arrived, there=begun.there, now=now, again=again, here=there.client)
    return _reopen(request, there.client, arrived, begun, now)


def enter(
    request: HttpRequest, arrived: Came, *, there: str, now: datetime, again: str, here: Client | None = None
) -> HttpResponse:
    """A session for who came, followed from now on; of four hours at most. `here`: their browser holds one of the provider."""
    rpps = arrived.person.rpps
    if entry.is_verified(request):
        is_theirs = getattr(request.user, "rpps", "") == rpps
        if is_theirs:
            return HttpResponseRedirect(safe(there))
        if here:
            return show_out(request, here, arrived.tokens.identity, why="occupied", there=there, now=now)
        return refused(request, "occupied", there=there)
    try:
        link = identity.recognised(request, kind=SectorLink.Kind.PSC, subject=f"8{rpps}", now=now)
    except identity.Refused as error:
        return refused(request, error.why.value, again=again, there=there)
    until = now + following.LONGEST
    with transaction.atomic():
        response = arrive(request, user=link.user, now=now, means=Means.PSC, there=there, device=link, until=until)
        following.follow(Session.objects.get(pk=entry.key_of(request)).ref, arrived, now=now)
    tally.count("psc", "opened")
    return response


def _reopen(request: HttpRequest, here: Client, arrived: Came, begun: Attempt, now: datetime) -> HttpResponse:
    """The session that asked, for its own person: its lock opens, or its act goes on."""
    row = entry.row_of(request)
    if row is None or not same(str(row.ref).encode(), begun.session.encode()) or not entry.is_verified(request):
        return refused(request, "expired", again=reverse("auth_otp:sign_in"))
    rpps = arrived.person.rpps
    held = SectorLink.objects.filter(user=row.user_id, user__rpps=rpps, kind=SectorLink.Kind.PSC, subject=f"8{rpps}")
    if not held.exists():
        return show_out(request, here, arrived.tokens.identity, why="another", there=begun.there, now=now)
    if row.means == Means.PSC:
        following.follow(row.ref, arrived, now=now)
    else:
        following.keep_hint(request, row.ref, arrived.tokens.identity)
    if begun.purpose is Purpose.UNLOCK:
        entry.unlock(request, session=row, now=now, proof=Means.PSC)
        throttle.clear(request, row.user_id or "")
    else:
        entry.prove(request, proof=Means.PSC, now=now)
        record("session.prove", request=request, means=Means.PSC.value)
    return HttpResponseRedirect(safe(begun.there))


def _question(there: Provider, begun: Attempt) -> str:
    """RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1. `must_prove`: a session that somebody left open there is not enough, and
    the answer says that it was not (`since`): whoever sits here can take it out of the address."""
    asked = {
        "response_type": "code", "client_id": there.client.client_id, "redirect_uri": where.back(), "scope": SCOPE,
        "acr_values": there.client.acr, "state": begun.state, "nonce": begun.nonce,
        "code_challenge": attempt.challenge(begun.verifier), "code_challenge_method": "S256",
    }  # fmt: skip
    if begun.must_prove:
        asked |= {"prompt": "login", "max_age": "0"}
    authorization = there.metadata().authorization
    return f"{authorization}{'&' if '?' in authorization else '?'}{urlencode(asked)}"


def _check_issuer(request: HttpRequest, there: Provider) -> None:
    """Mix-up (RFC 9207 §2.4): an answer names who gives it, where the provider says that it does."""
    given = request.GET.get("iss")
    if (given is None and there.metadata().names_issuer) or given not in {None, there.client.issuer}:
        raise Refused("mix-up")


def _again(begun: Attempt) -> str:
    names = {purpose: name for name, purpose in _FOR.items()}
    asked = {"next": begun.there} | ({"pour": names[begun.purpose]} if begun.purpose in names else {})
    return f"{reverse('auth_otp:psc')}?{urlencode(asked)}"
