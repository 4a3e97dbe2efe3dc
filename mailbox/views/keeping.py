"""What is kept and what goes: holds, bins that are emptied, threads that are destroyed. Each act is confirmed and told.

Managers hold and lift, in any state in which the mailbox can be read; who may write empties bins. What is held stays, and
the page says so before and after.
"""

from functools import partial
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from auth_otp import proof
from auth_otp.proof import Worth
from mailbox import access
from mailbox.keeping import destroying, forecast, holds
from mailbox.mime.threads import visible_subject
from mailbox.models import Folder, Message, Thread
from mailbox.tasks import keep, ring
from mailbox.views import listing, marks, pages
from mailbox.views.form import uuid_of
from mailbox.views.place import Place, inside
from mssweb.audit.record import record, record_all


@require_http_methods(["GET", "HEAD", "POST"])
@inside()
@proof.asked(Worth.STRONGEST, to_read=False)
def keeping(request: HttpRequest, place: Place, thread_id: UUID | None = None) -> HttpResponse:
    """«Conservation»: of the mailbox, or of one thread of it."""
    access.check_keeping(place.membership)
    thread = access.access_thread(place.membership, thread_id) if thread_id else None
    fault = ""
    if request.method == "POST":
        fault = _held(request, place, thread)
        if not fault:
            return redirect(request.path)
    mailbox = place.mailbox
    standing, lifted = (holds.shown(mailbox, lifted=is_lifted) for is_lifted in (False, True))
    held, now = forecast.held_threads([one.hold for one in standing]), timezone.now()
    seen = {
        "shell": place.at("keeping"), "thread": thread, "fault": fault, "reason": request.POST.get("reason", "") if fault else "",
        "standing": [(held, _subject(place, held.hold.thread)) for held in standing if _concerns(held, thread)],
        "lifted": [(held, _subject(place, held.hold.thread)) for held in lifted if _concerns(held, thread)],
        "is_held": any(held.thread_id == thread_id for held in standing), "most": holds.MAX_REASON,
        "subject": _subject(place, thread), "days": settings.TRASH_DAYS, "months": mailbox.tenant.keep_months,
        "bins": [] if thread else forecast.bins(mailbox, held, now=now),
        "batch": None if thread else forecast.batch(mailbox, held, now=now),
    }  # fmt: skip
    return render(request, "mailbox/keeping/keeping.html", seen, status=422 if fault else 200)


def _concerns(held: holds.Held, thread: Thread | None) -> bool:
    return thread is None or held.thread_id in {None, thread.pk}


def _held(request: HttpRequest, place: Place, thread: Thread | None) -> str:
    """Place or lift; why not, or ''."""
    act, now = request.POST.get("action"), timezone.now()
    if act == "hold":
        reason = " ".join(request.POST.get("reason", "").split())
        if not reason:
            return "Écrivez le motif : il est gardé avec la conservation, scellé."
        with transaction.atomic():
            if thread:  # 404 for one that was destroyed since
                thread = access.access_thread(place.membership, thread.pk, lock=True)
            hold = holds.place(place.membership, reason, now=now, thread=thread)
            if hold:
                subject = ("thread", thread.pk) if thread else ("mailbox", place.mailbox.pk)
                record("hold.place", request=request, mailbox_id=place.mailbox.pk, subject=subject, hold=str(hold.pk))
        (messages.success if hold else messages.error)(
            request, "En conservation : rien n’en sera supprimé." if hold else "C’est déjà en conservation."
        )
    elif act == "lift":
        hold_id = uuid_of(request.POST.get("hold", ""))
        with transaction.atomic():
            done = holds.lift(place.membership, hold_id, now=now)
            if done:
                record("hold.lift", request=request, mailbox_id=place.mailbox.pk, subject=("hold", hold_id))
        (messages.success if done else messages.error)(
            request, "La conservation est levée." if done else "Elle était déjà levée."
        )
    else:
        raise Http404
    return ""


def _subject(place: Place, thread: Thread | None) -> str:
    """Of the newest message of a thread."""
    newest = (
        Message.objects.filter(mailbox=place.mailbox, thread=thread).order_by("-filed_at").first() if thread else None
    )
    return (visible_subject(listing.summary_of(place, newest).subject) or "(sans objet)") if newest else ""


@require_http_methods(["GET", "HEAD", "POST"])
@inside(write=True)
def empty(request: HttpRequest, place: Place, folder: str) -> HttpResponse:
    """«Vider la corbeille»: what goes, what stays and why; then it goes."""
    shelf = _bin(place, folder)
    now = timezone.now()
    if request.method == "POST":
        with transaction.atomic():
            purge = destroying.ask(place.mailbox, shelf, author_id=place.user.pk, now=now)
            record(
                "folder.empty",
                request=request,
                mailbox_id=place.mailbox.pk,
                subject=("folder", shelf.pk),
                role=shelf.role,
            )
        ring(keep)
        left = Message.objects.filter(mailbox=place.mailbox, folder=shelf).count()
        _say(request, purge.destroyed, left, going_on=purge.destroyed >= destroying.LOT)
        return redirect("mailbox:folder", place.mailbox.pk, shelf.role)
    told = destroying.fill(place.mailbox, destroying.in_bin(place.mailbox.pk, shelf, now))
    return render(request, "mailbox/keeping/empty.html", {"shell": place.at(shelf.role), "folder": shelf, "told": told})


@require_POST
@inside(write=True)
def destroy(request: HttpRequest, place: Place, folder: str) -> HttpResponse:
    """«Supprimer définitivement» what was ticked in a bin: asked for once more, then done."""
    shelf = _bin(place, folder)
    thread_ids = access.access_threads(place.membership, marks.threads_asked(request))
    found = Message.objects.filter(mailbox=place.mailbox, folder=shelf, thread_id__in=thread_ids)
    if "confirm" not in request.POST:
        seen = {
            "shell": place.at(shelf.role), "folder": shelf, "thread_ids": thread_ids,
            "told": destroying.fill(place.mailbox, found),
        }  # fmt: skip
        return render(request, "mailbox/keeping/empty.html", seen)
    tell = partial(record_all, "thread.destroy", thread_ids, request=request, mailbox_id=place.mailbox.pk)
    gone, left = destroying.threads(place.mailbox, thread_ids, shelf, tell)
    _say(request, gone, left)
    return redirect("mailbox:folder", place.mailbox.pk, shelf.role)


def _say(request: HttpRequest, gone: int, left: int, *, going_on: bool = False) -> None:
    if going_on and left:
        messages.success(request, "Suppression en cours : elle continue sans vous.")
        return
    kept = f" {left} gardé{'s' if left > 1 else ''} : en conservation, ou en cours d’envoi." if left else ""
    many = "s" if gone > 1 else ""
    done = f"{gone} message{many} supprimé{many} définitivement." if gone else "Rien n’a été supprimé."
    (messages.success if gone else messages.error)(request, done + kept)


def _bin(place: Place, name: str) -> Folder:
    shelf = pages.folder_asked(place, name)
    if shelf.role not in destroying.BINS:
        raise Http404
    return shelf
