"""Who was warned that a mailbox ends says no, by the link they hold, without signing in; and chooses how to be warned.

A GET only shows: programs open links before people do. A link that is forged, ended or of a mailbox that is closed is one 404.
"""

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mailbox.life import desk, opposition
from mailbox.models import NoticeChannel
from mailbox.views.place import person, zone_of
from mssweb.audit.record import record


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def oppose(request: HttpRequest, token: str) -> HttpResponse:
    """The page, then its confirmation. Whoever opposes twice is told the same."""
    now = timezone.now()
    told = opposition.read(token, now=now)
    mailbox = opposition.concerned(told[0]) if told else None
    if told is None or mailbox is None:
        raise Http404
    if request.method == "POST":
        opposition.oppose(mailbox.pk, opposition.by_link(request, now))
    with timezone.override(zone_of(mailbox)):
        is_kept = desk.life_of(mailbox.pk).ends_at is None
        seen = {"mailbox": mailbox, "ends_at": told[1], "is_kept": is_kept}
        return render(request, "mailbox/life/opposition.html", seen)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def channel(request: HttpRequest) -> HttpResponse:
    """The channel of warnings, a choice of each person (AU-037)."""
    user = person(request)
    row = NoticeChannel.objects.filter(user=user).first() or NoticeChannel(user=user)
    if request.method == "POST":
        if request.POST.get("channel") not in NoticeChannel.Channel.values:
            raise Http404
        with transaction.atomic():
            NoticeChannel.objects.update_or_create(user=user, defaults={"channel": request.POST["channel"]})
            record("channel.change", request=request, subject=("user", user.pk), channel=request.POST["channel"])
        messages.success(request, "Votre choix est enregistré.")
        return redirect("mailbox:channel")
    seen = {"row": row, "channels": NoticeChannel.Channel.choices, "phone": user.phone[-2:]}
    return render(request, "mailbox/life/channel.html", seen)
