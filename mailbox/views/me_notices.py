"""How one is told of new mail: on this workstation, by a sound, or at an ordinary address. Never a word of content.

`news` is what a browser asks after a live event: which mailboxes have something new for this person, and may say so now.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.db.models import Count, Exists, OuterRef
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from auth_otp import otp
from mailbox import access, preferences, tasks
from mailbox.mime.address import in_words
from mailbox.models import Message, OrdinaryAddress, OrdinaryMail, Preference, Seen, preference_of
from mailbox.ordinary import address, relay
from mailbox.quiet import is_quiet
from mailbox.views import me
from mailbox.views.place import person, zone_of
from mssweb import crypto

DAYS = ((1, "lundi"), (2, "mardi"), (3, "mercredi"), (4, "jeudi"), (5, "vendredi"), (6, "samedi"), (7, "dimanche"))
_LOOKS_BACK = timedelta(hours=1)  # what is older was told, or is no news
_WRONG = {
    otp.Outcome.WRONG: "Ce code n’est pas le bon.",
    otp.Outcome.EXPIRED: "Ce code a expiré\u00a0: demandez-en un autre.",
    otp.Outcome.EXHAUSTED: "Trop d’essais avec ce code\u00a0: demandez-en un autre.",
}


class Notices(forms.Form):
    tells_desktop = forms.BooleanField(required=False)
    tells_sound = forms.BooleanField(required=False)
    quiet_from = forms.TimeField(required=False)
    quiet_to = forms.TimeField(required=False)
    quiet_days = forms.TypedMultipleChoiceField(choices=DAYS, coerce=int, required=False)

    def clean(self) -> dict[str, object]:
        given = self.cleaned_data
        if bool(given.get("quiet_from")) != bool(given.get("quiet_to")):
            raise forms.ValidationError("Donnez les deux heures, ou aucune.")
        return given


@dataclass(frozen=True, slots=True, repr=False)
class Ordinary:
    """The ordinary address as the page shows it."""

    shown: str
    is_confirmed: bool
    is_stopped: bool
    has_failed: bool


@require_http_methods(["GET", "POST"])
@me.mine
def notices(request: HttpRequest) -> HttpResponse:
    user = person(request)
    held = list(access.mailboxes_of(user))
    form = Notices(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = set(request.POST.getlist("box"))
        silent = [one.mailbox_id for one in held if str(one.mailbox_id) not in told]
        preferences.change(user, request=request, **form.cleaned_data, silent_mailboxes=silent)
        messages.success(request, "Vos notifications sont enregistrées.")
        return redirect("mailbox:me_notices")
    chosen = preference_of(user)
    boxes = [
        (one.mailbox, in_words(one.mailbox.display_name), one.mailbox_id in chosen.silent_mailboxes) for one in held
    ]
    return me.show(
        request, "me_notices", form=form, boxes=boxes, days=DAYS, wanted_days=chosen.quiet_days or [d for d, _ in DAYS],
        has_relay=relay.is_there(), ordinary=_ordinary(user.pk),
    )  # fmt: skip


def _ordinary(user_id: UUID) -> Ordinary | None:
    row = OrdinaryAddress.objects.filter(user=user_id).first()
    if row is None:
        return None
    try:
        shown = address.read(row)
    except crypto.Unreadable:
        shown = "adresse illisible"
    last = OrdinaryMail.objects.filter(to=row).order_by("-asked_at").first()
    return Ordinary(shown, row.confirmed_at is not None, row.stopped_at is not None, bool(last and last.failure))


@require_POST
@me.mine
def ordinary(request: HttpRequest) -> HttpResponse:
    """The button says: a code to this address, this is the code, or no mail any more."""
    user, now, act = person(request), timezone.now(), request.POST.get("action")
    if not relay.is_there():
        raise Http404
    if act == "forget":
        address.forget(user, request=request)
        messages.success(request, "Cette adresse est oubliée\u00a0: plus aucun courriel n’y sera envoyé.")
    elif act == "confirm":
        outcome = address.confirm(user, request.POST.get("code", "")[:40], now=now, request=request)
        if outcome is otp.Outcome.OK:
            messages.success(request, "Adresse confirmée\u00a0: vous y serez averti des nouveaux messages.")
        else:
            messages.error(request, _WRONG.get(outcome, _WRONG[otp.Outcome.EXHAUSTED]))
    elif act == "ask":
        try:
            address.ask(user, request.POST.get("address", "")[:254], now=now, request=request)
        except address.Refused as words:
            messages.error(request, str(words))
        else:
            tasks.ring(tasks.tell_ordinary)
            messages.success(request, "Un code vous est envoyé à cette adresse.")
    else:
        raise Http404
    return redirect(reverse("mailbox:me_notices") + "#courriel")


@csrf_exempt  # the token is what allows it: a mail program posts it without any page of ours (RFC 8058 §3.2)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """The link of each such mail. A GET only shows: programs open links before people do."""
    if request.method == "POST":
        if not address.stop(token, now=timezone.now(), request=request):
            raise Http404
        return render(request, "mailbox/me/stop.html", {"is_done": True})
    if not address.is_stop(token):
        raise Http404
    return render(request, "mailbox/me/stop.html", {"is_done": False})


@require_GET
@never_cache
def news(request: HttpRequest) -> HttpResponse:
    """What arrived since `depuis` and is unread, by mailbox: names of our own mailboxes and counts. One statement more."""
    user, now = person(request), timezone.now()
    chosen = preference_of(user)
    since = max(_since(request), now - _LOOKS_BACK)
    told = []
    if chosen.tells_desktop or chosen.tells_sound:
        held = {
            m.mailbox_id: m
            for m in access.mailboxes_of(user)
            if _may_tell(m.mailbox_id, zone_of(m.mailbox), chosen, now)
        }
        unread = Seen.objects.filter(
            mailbox=OuterRef("mailbox"), membership__in=[m.pk for m in held.values()], message=OuterRef("pk"),
            thread=OuterRef("thread"), seen_at__isnull=True,
        )  # fmt: skip
        fresh = Message.objects.filter(
            Exists(unread),
            mailbox__in=list(held),
            filed_at__gt=since,
            filed_at__lte=now,
            direction="in",
            folder__role="inbox",
        )
        counts = fresh.order_by().values_list("mailbox").annotate(n=Count("pk"))
        told = [_line(held[pk].mailbox_id, in_words(held[pk].mailbox.display_name), n) for pk, n in counts]
    return JsonResponse({"at": now.isoformat(), "told": told})


def _line(mailbox_id: UUID, name: str, count: int) -> dict[str, object]:
    title = "Nouveau message" if count == 1 else f"{count} nouveaux messages"
    return {
        "title": f"{title} — {name}", "tag": str(mailbox_id), "url": reverse("mailbox:folder", args=[mailbox_id, "inbox"]),
    }  # fmt: skip


def _may_tell(mailbox_id: UUID, zone: ZoneInfo, chosen: Preference, now: datetime) -> bool:
    here = now.astimezone(zone)
    return mailbox_id not in chosen.silent_mailboxes and not is_quiet(here, chosen.quiet, chosen.quiet_days)


def _since(request: HttpRequest) -> datetime:
    try:
        at = parse_datetime(request.GET.get("depuis", ""))
    except ValueError:
        at = None
    if at is None or timezone.is_naive(at):
        raise Http404
    return at
