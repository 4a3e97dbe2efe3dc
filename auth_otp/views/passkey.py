"""The doors of a passkey: sign-in, second factor, lock, /confirmer/. One address each, asked twice by static/js/passkeys.js.

Without `credential` it gives what the browser needs to ask for the key; with it, where to go, or in words why not (422).
The key at sign-in says itself whose it is: no name is typed, and nothing is told of who exists.
"""

from collections.abc import Callable
from datetime import datetime

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from auth_otp import allowances, ceremonies, challenges, entry, otp, passkeys, throttle
from auth_otp.arrival import arrive
from auth_otp.ceremonies import Act
from auth_otp.means import Means
from auth_otp.models import Passkey, User
from auth_otp.views import sign_in
from auth_otp.ways import target
from mssweb.audit.record import client_address, record

type Then = Callable[[Passkey, datetime], str | HttpResponse]


@never_cache
@sensitive_post_parameters("credential")
@require_POST
def enter(request: HttpRequest) -> HttpResponse:
    """By the key alone."""
    if entry.is_verified(request):
        return there(target(request))
    if "credential" not in request.POST:
        try:
            allowances.take_ceremony(throttle.network(client_address(request)), now=timezone.now())
        except allowances.UsedUp:
            return words("Trop d’essais depuis votre réseau\u00a0: entrez avec votre mot de passe.", status=429)

    def arrived(passkey: Passkey, now: datetime) -> HttpResponse:
        return arrive(request, user=passkey.user, now=now, means=Means.PASSKEY, there=target(request), device=passkey)

    return ceremony(request, Act.ENTER, None, arrived)


@never_cache
@sensitive_post_parameters("credential")
@require_POST
def follow(request: HttpRequest) -> HttpResponse:
    """After the password: one try of this sign-in, like a code."""
    challenge = sign_in.pending(request)
    if challenge is None:
        return there("/connexion/")
    now, found = timezone.now(), list[Passkey]()

    def is_signed() -> bool:
        found.append(
            passkeys.check(request, act=Act.FOLLOW, given=request.POST["credential"], now=now, user=challenge.user)
        )
        return True

    if "credential" not in request.POST:
        return JsonResponse(ceremonies.ask(request, act=Act.FOLLOW, user=challenge.user, now=now))
    try:
        outcome = challenges.verify(
            challenge, binding=sign_in.binding(request), now=now, request=request, way=otp.Way.PASSKEY, by=is_signed
        )
    except passkeys.Refused as told:
        return words(told.words)
    if outcome is not otp.Outcome.OK:
        return words("Le délai est passé, ou trop d’essais ont été faits. Recommencez la connexion.")
    return there(sign_in.admit(request, challenge, otp.Way.PASSKEY, now, found[0]))


@never_cache
@sensitive_post_parameters("credential")
@require_POST
def unlock(request: HttpRequest) -> HttpResponse:
    """Of the session's own person only."""
    session, user = entry.row_of(request), request.user
    if session is None or not isinstance(user, User):
        return there("/connexion/")
    if session.locked_at is None:
        return there(target(request))

    def unlocked(_: Passkey, now: datetime) -> str:
        entry.unlock(request, session=session, now=now, proof=Means.PASSKEY)
        throttle.clear(request, user.pk)
        return target(request)

    return ceremony(request, Act.UNLOCK, user, unlocked)


@never_cache
@sensitive_post_parameters("credential")
@require_POST
def prove(request: HttpRequest) -> HttpResponse:
    """Before a sensitive act: the strongest proof there is."""
    user = request.user
    if not isinstance(user, User):
        return there("/connexion/")

    def proven(_: Passkey, now: datetime) -> str:
        entry.prove(request, proof=Means.PASSKEY, now=now)
        record("session.prove", request=request, means=Means.PASSKEY)
        return target(request)

    return ceremony(request, Act.PROVE, user, proven)


def ceremony(request: HttpRequest, act: Act, user: User | None, then: Then) -> HttpResponse:
    """First what the browser asks with, then what becomes of its answer."""
    now = timezone.now()
    if "credential" not in request.POST:
        return JsonResponse(ceremonies.ask(request, act=act, user=user, now=now))
    try:
        passkey = passkeys.check(request, act=act, given=request.POST["credential"], now=now, user=user)
    except passkeys.Refused as told:
        return words(told.words)
    return there(then(passkey, now))


def words(told: str, *, status: int = 422) -> HttpResponse:
    """Why not, which the page says where its person is."""
    return JsonResponse({"words": told}, status=status)


def there(way: str | HttpResponse) -> HttpResponse:
    """Where the page goes now, with the cookies of what leads there."""
    if isinstance(way, str):
        return JsonResponse({"there": way})
    answer = JsonResponse({"there": way["Location"]})
    answer.cookies = way.cookies
    return answer
