"""The card's door: to the address where TLS asks for it, and back with a ticket that this browser alone redeems.

One door for three acts, as the session stands: to come in; to reopen one's locked session; to show once more who one is. The
number of the reading is in a signed cookie: nobody's session is made for who only looks at the door.
"""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from auth_otp import entry, identity, throttle
from auth_otp.arrival import arrive
from auth_otp.cps import edge, judge, ticket
from auth_otp.cps.certificate import CardRefused, Holder
from auth_otp.cps.refusals import WORDS, Refusal
from auth_otp.identity import Refused, Why
from auth_otp.means import Means
from auth_otp.models import SectorLink, User
from auth_otp.ways import safe, target
from mssweb.audit.record import REFUSED, record
from mssweb.crypto import same

_SALT, _LIFE = "auth_otp.card", timedelta(minutes=10)
_NUMBER = 32  # letters
_WHO = "a card"  # to the counters, which bound what the journal is told; nobody guesses a card, so nobody waits
_UNTOLD = {Refusal.NO_CARD, Refusal.STALE}  # anybody can ask for these without end
_WHY = {Why.UNKNOWN: Refusal.NOBODY, Why.INACTIVE: Refusal.CLOSED, Why.NO_RPPS: Refusal.NO_NUMBER}


@never_cache
@require_safe
def begin(request: HttpRequest) -> HttpResponse:
    """To the card's address, where the browser asks its person for a certificate and its code."""
    _open_or_404()
    number = ticket.new_number()
    response = HttpResponseRedirect(
        f"{settings.CPS_URL}{reverse('auth_otp:card_read')}?{urlencode({'demande': number})}"
    )
    response.set_cookie(
        _cookie(), signing.dumps([number, target(request)], salt=_SALT), max_age=_LIFE, httponly=True, samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip
    return response


@never_cache
@require_safe
def read(request: HttpRequest) -> HttpResponse:
    """At the card's address, behind nginx: what it says of the certificate, sealed. Not there for anybody else."""
    _open_or_404()
    if not edge.is_the_edge(request):
        if edge.says_it_is(request) and not throttle.count(request, _WHO, now=timezone.now()):
            record("card.forged", request=request, result=REFUSED)
        raise Http404
    number = request.GET.get("demande", "")
    if len(number) != _NUMBER or not number.isalnum():
        return redirect(f"{settings.BASE_URL}{reverse('auth_otp:sign_in')}")
    reading = ticket.Reading(*edge.certificate_of(request), number)
    sealed = ticket.seal(reading, now=timezone.now())
    return redirect(f"{settings.BASE_URL}{reverse('auth_otp:card_back')}?{urlencode({'billet': sealed})}")


@never_cache
@require_safe
def back(request: HttpRequest) -> HttpResponse:
    """At the main address: the ticket is redeemed, the card judged, and its holder comes in, or is told why not."""
    _open_or_404()
    response = _judged(request, timezone.now())
    response.delete_cookie(_cookie(), samesite="Lax")
    return response


def _judged(request: HttpRequest, now: datetime) -> HttpResponse:
    there = "/"
    try:
        number, there = _begun(request)
        holder = judge.judge(_redeemed(request, number, now), now=now)
        return _way_on(request, holder, there, now)
    except CardRefused as refused:
        if refused.refusal not in _UNTOLD and not throttle.count(request, _WHO, now=now):
            why, serial = refused.refusal.value, refused.serial
            record("card.refused", request=request, result=REFUSED, reason=why, serial=serial)
        return _refused_page(request, refused.refusal, there)


def _way_on(request: HttpRequest, holder: Holder, there: str, now: datetime) -> HttpResponse:
    """As the session stands. A card of somebody else opens nothing in it, and makes no account."""
    session, user = entry.row_of(request), request.user
    if session is None or not isinstance(user, User) or not entry.is_verified(request):
        link = _link(request, holder, now)
        record("card.accepted", request=request, actor_id=link.user_id, serial=holder.serial)
        return arrive(request, user=link.user, now=now, means=Means.CPS, there=there, device=link)
    if user.rpps != holder.rpps:
        raise CardRefused(Refusal.OTHER)
    _link(request, holder, now)
    record("card.accepted", request=request, serial=holder.serial)
    if session.is_locked(now=now, idle=timedelta(minutes=settings.IDLE_LOCK_MINUTES)) or entry.is_elsewhere(request):
        entry.unlock(request, session=session, now=now, proof=Means.CPS)
    else:
        entry.prove(request, proof=Means.CPS, now=now)
        record("session.prove", request=request, means=Means.CPS)
    return HttpResponseRedirect(safe(there))


def _link(request: HttpRequest, holder: Holder, now: datetime) -> SectorLink:
    try:
        return identity.recognised(request, kind=SectorLink.Kind.CPS, subject=f"8{holder.rpps}", now=now)
    except Refused as refused:
        raise CardRefused(_WHY[refused.why]) from None


def _begun(request: HttpRequest) -> tuple[str, str]:
    """The reading that this browser has asked for, and where it leads."""
    try:
        number, there = signing.loads(request.COOKIES.get(_cookie(), ""), salt=_SALT, max_age=_LIFE)
    except signing.BadSignature:
        raise CardRefused(Refusal.STALE) from None
    return number, there


def _redeemed(request: HttpRequest, number: str, now: datetime) -> ticket.Reading:
    reading = ticket.unseal(request.GET.get("billet", ""), now=now)
    if not same(reading.number.encode(), number.encode()):
        raise CardRefused(Refusal.REPLAYED)
    ticket.spend(reading, now=now)
    return reading


def _refused_page(request: HttpRequest, refusal: Refusal, there: str) -> HttpResponse:
    seen = {"words": WORDS[refusal], "is_absent": refusal is Refusal.NO_CARD, "next": safe(there)}
    return render(request, "auth_otp/card_refused.html", seen, status=403)


def _open_or_404() -> None:
    if not settings.CPS_URL:
        raise Http404


def _cookie() -> str:
    return settings.BROWSER_COOKIE_NAME.replace("_browser", "_card")
