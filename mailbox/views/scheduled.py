"""«Programmés»: what leaves later, by whom and when; another time, or at once. Taking it back is `sending.cancel`."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db.models import Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from mailbox import access
from mailbox.mime.threads import visible_subject
from mailbox.models import Recipient, Submission
from mailbox.outbound import submit
from mailbox.summary import open_summary
from mailbox.views import later, sending
from mailbox.views.place import Place, inside, zone_of
from mssweb import crypto

_SHOWN = 100


@dataclass(frozen=True, slots=True, repr=False)
class Waiting:
    submission: Submission
    at: datetime
    subject: str
    to: str  # names of the recipients; patients' addresses masked by the template
    is_mine: bool


@require_GET
@inside(send=True)
def scheduled(request: HttpRequest, place: Place) -> HttpResponse:
    """The soonest first; what is only held for its undoing is not told."""
    soon = timezone.now() + timedelta(seconds=settings.UNDO_SECONDS)
    held = Submission.objects.filter(
        mailbox=place.mailbox, message__isnull=False, recipients__state=Recipient.State.HELD,
        recipients__not_before__gt=soon,
    )  # fmt: skip
    rows = held.annotate(at=Min("recipients__not_before")).select_related("message", "author").order_by("at")
    waiting = [_waiting(place, row, row.at) for row in rows[:_SHOWN]]
    presets = later.presets(timezone.localtime())
    seen = {"shell": place.at("scheduled"), "waiting": waiting, "presets": presets}
    return render(request, "mailbox/compose/scheduled.html", seen)


@require_POST
@inside(send=True)
def postpone(request: HttpRequest, place: Place, submission_id: UUID) -> HttpResponse:
    """Another time for a letter of one's own that waits; `now` lets it leave."""
    submission = access.access_held(place.membership, submission_id)
    action, now = request.POST.get("action", ""), timezone.now()
    try:
        at = now if action == "now" else _asked(request, place, action, now)
    except later.NoTime as why:
        messages.error(request, str(why))
        return redirect("mailbox:scheduled", place.mailbox.pk)
    if not submit.postpone(submission, at=at, request=request):
        messages.error(request, "Trop tard : le message est déjà parti.")
    else:
        messages.success(request, "Le message part." if action == "now" else f"Envoi programmé {sending.when(at)}.")
    return redirect("mailbox:scheduled", place.mailbox.pk)


def _asked(request: HttpRequest, place: Place, action: str, now: datetime) -> datetime:
    return later.asked(action, request.POST.get("later_at", ""), now=now, zone=zone_of(place.mailbox))


def _waiting(place: Place, row: Submission, at: datetime) -> Waiting:
    try:
        told = open_summary(row.copy, place.mailbox.keys)
    except crypto.Unreadable:
        return Waiting(row, at, "Message illisible", "", is_mine=False)
    names = ", ".join(one.display_name or one.addr_spec for one in (*told.to, *told.cc, *told.bcc)[:6])
    is_left = place.box is not None and row.author_id not in place.box.people
    is_mine = row.author_id == place.user.pk or (place.membership.can_manage and is_left)
    return Waiting(row, at, visible_subject(told.subject), names, is_mine)
