"""«Consignes», the note at the top of a mailbox; and drafts that are handed over to a colleague or to the team.

Plain forms, answered by the page they came from. Who may write in the mailbox writes the note; its managers read earlier ones.
"""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from mailbox import access, handing, handovers
from mailbox.views.place import Place, inside, place_of
from mssweb.audit.record import record

_ASIDE = "aside"


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@inside()
def handover(request: HttpRequest, place: Place) -> HttpResponse:
    """The note in a form, with what came before it; put aside by anybody who reads."""
    action = request.POST.get("action", "")
    if request.method == "GET":
        return _page(request, place, "")
    access.check_right(place.membership, write=action != _ASIDE)
    version = _uuid(request.POST.get("version", ""))
    if action == _ASIDE:
        if version is None or not handovers.put_aside(place.membership, version):
            raise Http404
        if request.htmx:  # type: ignore[attr-defined]  # django_htmx.middleware
            context = {"shell": place_of(place.user, place.mailbox.pk)}
            return render(request, "mailbox/team/_handover.html", context)
        return redirect("mailbox:folder", place.mailbox.pk, "inbox")
    text = request.POST.get("text", "").replace("\r\n", "\n").replace("\0", "").strip()[: handovers.MAX]
    text = "" if action == "clear" else text
    try:
        with transaction.atomic():
            row = handovers.write(place.membership, text, over=version, now=timezone.now())
            if row:
                record("handover.change", request=request, mailbox_id=place.mailbox.pk, subject=("handover", row.pk))
    except handovers.Changed:
        return _page(request, place, text, is_late=True)
    messages.success(request, "Consignes enregistrées." if text else "Consignes retirées.")
    return redirect("mailbox:folder", place.mailbox.pk, "inbox")


def _page(request: HttpRequest, place: Place, typed: str, *, is_late: bool = False) -> HttpResponse:
    current = handovers.current(place.mailbox)
    context = {
        "shell": place.at("handover"),
        "current": current,
        "typed": typed if is_late else current.text if current else "",
        "is_late": is_late,
        "earlier": handovers.earlier(place.mailbox)[1:] if place.membership.can_manage else [],
        "max": handovers.MAX,
    }
    return render(request, "mailbox/team/handover.html", context, status=409 if is_late else 200)


@require_POST
@inside(send=True)
def take(request: HttpRequest, place: Place, draft_id: UUID) -> HttpResponse:
    """One takes a draft that is offered to the team."""
    if request.POST.get("action") != "take":
        raise Http404
    with transaction.atomic():
        if not handing.take(place.membership, draft_id, now=timezone.now()):
            raise Http404
        record("draft.take", request=request, mailbox_id=place.mailbox.pk, subject=("draft", draft_id))
    messages.success(request, "Ce brouillon est maintenant le vôtre.")
    return redirect("mailbox:draft", place.mailbox.pk, draft_id)


def give(request: HttpRequest, place: Place, draft_id: UUID) -> HttpResponse:
    """One's draft, whose words are saved, goes to a colleague or to the team, with a word."""
    to = None
    if (chosen := request.POST.get("hand_to", "")) != "team":
        member_id = _uuid(chosen)
        if member_id is None:
            raise Http404
        to = access.access_member(place.membership, member_id)
    with transaction.atomic():
        row = access.access_draft(place.membership, draft_id, lock=True)
        if to and (to.user_id == place.user.pk or not handing.may_hold(to)):
            raise Http404
        words = request.POST.get("hand_why", "").replace("\r\n", "\n").replace("\0", "").strip()[: handing.MAX]
        handing.hand(row, place.membership, to, words, now=timezone.now())
        whom = str(to.user_id) if to else "team"
        record("draft.hand", request=request, mailbox_id=place.mailbox.pk, subject=("draft", draft_id), to=whom)
    messages.success(request, f"Brouillon confié à {to.user.get_full_name() if to else 'l’équipe'}.")
    thread_id = row.thread_id
    if thread_id:
        return redirect("mailbox:thread", place.mailbox.pk, thread_id)
    return redirect("mailbox:drafts", place.mailbox.pk)


def receivers(place: Place) -> list[tuple[UUID, str]]:
    """Who may be given a draft: (membership, name); one statement."""
    rows = place.mailbox.memberships.standing().select_related("user", "mailbox").exclude(user=place.user)
    return [(r.pk, r.user.get_full_name()) for r in rows.order_by("user__last_name", "user__first_name") if r.can_send]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
