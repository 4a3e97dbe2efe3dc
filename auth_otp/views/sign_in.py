"""Sign in with a password, then a code by the strongest way one has. Right or wrong, known or not: one path, hash, answer.

A wrong password is told at once, the same way for people who do not exist: only the right one leads to a code, so that a
pharmacist who mistypes is not left waiting for an SMS that will never come.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django_otp.models import Device

from auth_otp import (
    allowances,
    browsers,
    challenges,
    channels,
    entry,
    factors,
    hashers,
    notices,
    otp,
    parking,
    throttle,
)
from auth_otp.arrival import arrive
from auth_otp.forms import CodeForm, RecoveryForm, SignInForm
from auth_otp.models import Challenge, Notice, User
from auth_otp.psc import leaving
from auth_otp.suggesting import suggest
from auth_otp.ways import target, too_soon
from mssweb import crypto, keys
from mssweb.audit.record import REFUSED, client_address, record
from mssweb.prepared import prepared

_ENROLLING = "Ce code ne sert plus\u00a0: ajoutez maintenant une clé d’accès ou une application d’authentification."
_MOST_NOTED = 10  # sign-ins that one browser began and did not end
_WRONG = "Identifiant ou mot de passe incorrect."
_ENDED = {
    otp.Outcome.EXPIRED: "Ce code a expiré. Recommencez la connexion pour en recevoir un autre.",
    otp.Outcome.EXHAUSTED: "Trop d’essais avec ce code. Recommencez la connexion pour en recevoir un autre.",
    otp.Outcome.USED: "Ce code a déjà servi. Recommencez la connexion pour en recevoir un autre.",
}
_ENDED_HERE = {  # where no code was sent
    otp.Outcome.EXPIRED: "Le délai est passé. Recommencez la connexion.",
    otp.Outcome.EXHAUSTED: "Trop d’essais. Recommencez la connexion.",
    otp.Outcome.USED: "Cette connexion est déjà faite. Recommencez-la.",
}
_WRONG_CODE = {
    otp.Way.SMS: "Ce code n’est pas le bon. Vérifiez le dernier SMS reçu\u00a0: il reste",
    otp.Way.TOTP: "Ce code n’est pas le bon, ou il a déjà servi. Attendez que l’application en affiche un autre\u00a0: il reste",
    otp.Way.RECOVERY: "Ce code de secours n’est pas le bon, ou il a déjà servi\u00a0: il reste",
    otp.Way.PASSKEY: "Servez-vous de votre clé d’accès, ou choisissez une autre façon\u00a0: il reste",
}
_BETTER = (
    "Vos structures n’acceptent pas cette façon de vous connecter\u00a0: entrez avec votre clé d’accès, Pro Santé Connect ou "
    "votre carte CPS. Vous ne l’avez plus\u00a0? Adressez-vous au titulaire de votre officine."
)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The password."""
    if entry.is_verified(request):
        return HttpResponseRedirect(target(request))  # a locked session is led on to its lock
    form = SignInForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _sign_in_page(request, form, status=422 if form.errors else 200)
    hashers.turns.look()
    now, name = timezone.now(), form.cleaned_data["login"]
    found = User.objects.named(name)  # the same statements when it is nobody's
    known = found.pk if found else None
    if wait := throttle.count(request, known or name, now=now):
        return too_soon(request, wait, who=known or name)
    with throttle.judging(request, known or name, now=now):
        user = authenticate(request, username=name, password=form.cleaned_data["password"])
    if not isinstance(user, User):
        record(
            "session.password_failed", request=request, result=REFUSED, subject=("user", known or ""), means="password"
        )
        form.refuse(_WRONG)
        return _sign_in_page(request, form, status=422)
    throttle.passed(request, user.pk, now=now)
    record("session.password_ok", request=request, actor_id=user.pk)
    return _go_on(request, user, form, now)


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The code of this sign-in, and of no other."""
    challenge = pending(request)
    if challenge is None:
        return redirect("auth_otp:sign_in")
    ways = factors.ways_of(challenge.user)
    if (way := _way(request, ways)) is None:
        return redirect("auth_otp:sign_in")
    form = _form(way, request.POST or None)
    if request.method == "POST" and form.is_valid():
        now, given = timezone.now(), form.cleaned_data["code"]
        outcome = challenges.verify(challenge, code=given, binding=binding(request), now=now, request=request, way=way)
        if outcome is otp.Outcome.OK:
            return admit(request, challenge, way, now)
        throttle.count(request, challenge.user_id, now=now, always=True)
        challenge.refresh_from_db(fields=["tries", "box", "due_at", "used_at"])
        ended = _ENDED if way is otp.Way.SMS else _ENDED_HERE
        form.add_error("code", ended.get(outcome) or _wrong_code(way, otp.MAX_TRIES - challenge.tries))
    return _code_page(request, challenge, form, way, ways)


@never_cache
@require_POST
def other_way(request: HttpRequest) -> HttpResponse:
    """Another way that this person has, for the same challenge and its count of tries. Only here is an SMS asked for then."""
    challenge = pending(request)
    if challenge is None:
        return redirect("auth_otp:sign_in")
    wanted = next((way for way in factors.ways_of(challenge.user) if way == request.POST.get("way")), None)
    if wanted:
        if wanted is otp.Way.SMS:
            try:
                challenges.ask_sms(challenge, now=timezone.now(), network=_network(request, challenge.user))
            except challenges.TooMany as told:
                return _too_many(request, challenge, told)
        request.session[entry.PENDING] = request.session[entry.PENDING] | {"way": wanted.value}
    return redirect("auth_otp:code")


@never_cache
@require_POST
def resend(request: HttpRequest) -> HttpResponse:
    """The same code once more. Too early is told on the page, with the time left."""
    return _ask_again(request, by_voice=False)


@never_cache
@require_POST
def call(request: HttpRequest) -> HttpResponse:
    """The same code, told by a call: for who asked for it again and got none."""
    return _ask_again(request, by_voice=True)


@never_cache
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    return leaving.leave(request)


def _go_on(request: HttpRequest, user: User, form: SignInForm, now: datetime) -> HttpResponse:
    """To the code, by the first way that is left to them."""
    if not (ways := factors.ways_of(user)):
        return _refuse_means(request, user, form, now)
    try:
        _begin(request, user, ways[0], now)
    except challenges.TooMany as told:
        record("code.refused", request=request, actor_id=user.pk, result=REFUSED)
        return too_soon(request, told.wait, who=user.pk, is_codes=True)
    return redirect("auth_otp:code")


def _refuse_means(request: HttpRequest, user: User, form: SignInForm, now: datetime) -> HttpResponse:
    """The password is right, and their structures want what they hold beside it: told to who gave it, and to its person."""
    record("session.means_refused", request=request, actor_id=user.pk, result=REFUSED, means="password")
    if _network(request, user) is not None:
        _note(request, user, now)
    form.refuse(_BETTER)
    return _sign_in_page(request, form, status=422)


def _begin(request: HttpRequest, user: User, way: otp.Way, now: datetime) -> None:
    """A fresh anonymous session waits for the code; the challenge is bound to its key."""
    network = _network(request, user)
    before = (request.session.get(entry.PENDING) or {}).get("noted", [])
    request.session.flush()
    request.session.create()
    challenge = challenges.issue(user=user, binding=binding(request), now=now, network=network, way=way)
    noted = [] if network is None else [_note(request, user, now)]
    request.session[entry.PENDING] = {
        "challenge": str(challenge.pk), "next": target(request), "way": way.value, "noted": [*before, *noted][-_MOST_NOTED:],
    }  # fmt: skip


def _note(request: HttpRequest, user: User, now: datetime) -> str:
    """An unknown browser gave the password: told, unless its code comes, by this sign-in or the next one of this browser."""
    return str(notices.note(Notice.Kind.PASSWORD_WITHOUT_CODE, request=request, user=user, now=now).pk)


def _ask_again(request: HttpRequest, *, by_voice: bool) -> HttpResponse:
    challenge = pending(request)
    if challenge is None:
        return redirect("auth_otp:sign_in")
    if by_voice and not _may_call(challenge):
        return redirect("auth_otp:code")
    network = _network(request, challenge.user)
    try:
        is_asked = challenges.resend(challenge, now=timezone.now(), network=network, by_voice=by_voice)
    except challenges.TooMany as told:
        return _too_many(request, challenge, told)
    if is_asked:
        return redirect("auth_otp:code")
    ways = factors.ways_of(challenge.user)
    return _code_page(request, challenge, CodeForm(), otp.Way.SMS, ways, is_too_early=True)


def _too_many(request: HttpRequest, challenge: Challenge, told: challenges.TooMany) -> HttpResponse:
    record("code.refused", request=request, actor_id=challenge.user_id, result=REFUSED)
    return too_soon(request, told.wait, back=reverse("auth_otp:code"), who=challenge.user_id, is_codes=True)


def _may_call(challenge: Challenge) -> bool:
    return channels.can_call() and challenge.asks >= otp.CALL_AFTER


def admit(
    request: HttpRequest, challenge: Challenge, way: otp.Way, now: datetime, device: Device | None = None
) -> HttpResponse:
    """The second factor of this sign-in was right; `device` is the one that gave it, when it is not the person's only one."""
    user, there = challenge.user, request.session[entry.PENDING]["next"]
    allowances.give_back(user, challenge.asks, network=_network(request, user))
    notices.withdraw(user.pk, request.session[entry.PENDING].get("noted", []))
    if way is not otp.Way.RECOVERY:
        response = arrive(request, user=user, now=now, means=factors.MEANS_OF[way], there=there, device=device)
        if way is otp.Way.SMS:
            suggest(request, user, now=now)
        return response
    is_enrolling = not factors.has_strong(user)  # by a code that a colleague handed over
    there = reverse(settings.FACTORS_PAGE) if is_enrolling else there
    response = arrive(request, user=user, now=now, means=factors.MEANS_OF[way], there=there, device=device)
    messages.warning(request, _ENROLLING if is_enrolling else _spent(factors.codes_left(user)))
    return response


def _spent(left: int) -> str:
    words = (
        f"il vous en reste {left}" if left else "c’était le dernier\u00a0: refaites-en dans Mes préférences, Sécurité"
    )
    return f"Un code de secours vient de servir\u00a0; {words}."


def pending(request: HttpRequest) -> Challenge | None:
    """The challenge of the sign-in that this session is in the middle of."""
    pending = request.session.get(entry.PENDING)
    if not pending:
        return None
    return next(iter(_waiting(pk=UUID(pending["challenge"]), binding=binding(request))), None)


@prepared
def _waiting(*, pk: UUID, binding: str) -> QuerySet[Challenge]:
    """With its person and their authenticator: one at most."""
    rows = Challenge.objects.select_related("user__totp_device").filter(user__is_active=True, used_at=None)
    return rows.filter(pk=pk, binding=binding)


def _network(request: HttpRequest, user: User) -> str | None:
    """None for a browser that is known: it has rations of its own, a thief afar ends no sign-in here."""
    is_known = browsers.known_to(request, user.pk) is not None
    return None if is_known else throttle.network(client_address(request))


def binding(request: HttpRequest) -> str:
    return crypto.digest(keys.purpose_key("binding"), (request.session.session_key or "").encode()).hex()


def _way(request: HttpRequest, ways: list[otp.Way]) -> otp.Way | None:
    """The one that was chosen, while the person has it; None when a code leads nowhere any more."""
    return next((way for way in ways if way == request.session[entry.PENDING]["way"]), ways[0] if ways else None)


def _form(way: otp.Way, data: QueryDict | None) -> CodeForm | RecoveryForm:
    return RecoveryForm(data) if way is otp.Way.RECOVERY else CodeForm(data)


def _wrong_code(way: otp.Way, left: int) -> str:
    return f"{_WRONG_CODE[way]} {left} essai{'s' if left > 1 else ''}."


def _sign_in_page(request: HttpRequest, form: SignInForm, *, status: int) -> HttpResponse:
    seen = {
        "form": form,
        "next": target(request),
        "is_demo": settings.DEMO,
        "may_enrol": settings.SELF_ENROLMENT,
        "parked": parking.of(request, now=timezone.now()),
    }
    return render(request, "auth_otp/sign_in.html", seen, status=status)


def _code_page(
    request: HttpRequest,
    challenge: Challenge,
    form: forms.Form,
    way: otp.Way,
    ways: list[otp.Way],
    *,
    is_too_early: bool = False,
) -> HttpResponse:
    now = timezone.now()
    seen: dict[str, Any] = {
        "form": form,
        "way": way.value,
        "others": [other.value for other in ways if other is not way],
        "challenge": challenge,
        "phone": challenge.user.phone[-2:],
        "is_ended": challenge.has_ended(now),
        "is_too_early": is_too_early,
        "resend_in": max(0, round((challenge.resend_at - now).total_seconds())),
        "may_call": way is otp.Way.SMS and _may_call(challenge),
        "is_demo": settings.DEMO,
    }
    return render(request, "auth_otp/code.html", seen, status=422 if form.errors else 200)
