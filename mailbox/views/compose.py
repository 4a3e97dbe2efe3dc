"""Writing: a new message, an answer, a forward; saved as one types (`sending` is what comes after).

A page asked by GET writes no row: the draft is born at its first save, under an id that the page proposed.
"""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods
from uuid_utils.compat import uuid7

from mailbox import access, draft_files, drafts, handing
from mailbox.drafts import DraftText
from mailbox.models import Draft, Submission
from mailbox.views import choosing, form, later, phrasing, rescue, sending, structured
from mailbox.views import handing as views_handing
from mailbox.views.choosing import Taken
from mailbox.views.place import Place, inside
from mssweb.audit.record import record


@require_http_methods(["GET", "POST"])
@inside(send=True)
def compose(request: HttpRequest, place: Place) -> HttpResponse:
    """An empty message, or one to somebody of the annuaire (posted: an address is no part of a URL)."""
    to, owner = request.POST.get("to", "")[:600], request.POST.get("owner", "")
    if told := choosing.remember(request, place, owner, to) if owner else "":
        messages.success(request, told)
    return form.show(request, place, uuid7(), drafts.begun(place.mailbox, DraftText(to=to)), version=0)


@require_GET
@inside(send=True)
def answer(request: HttpRequest, place: Place, message_id: UUID, kind: str) -> HttpResponse:
    """An answer or a forward, with its recipients, subject and quoted words."""
    if kind not in form.KINDS:
        raise Http404
    source = access.access_message(place.membership, message_id)
    text = drafts.begin(place.mailbox, form.KINDS[kind], source)
    return form.show(request, place, uuid7(), text, version=0, thread_id=source.thread_id)


@require_GET
@inside()
def drafts_list(request: HttpRequest, place: Place) -> HttpResponse:
    """The shelf of drafts: one's own, read-only where nobody writes any more."""
    access.check_drafts(place.membership)
    return render(
        request, "mailbox/compose/drafts.html", {"shell": place.at("drafts"), "drafts": drafts.of(place.membership)}
    )


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@inside()
def draft(request: HttpRequest, place: Place, draft_id: UUID) -> HttpResponse:
    """One draft: shown, saved, given files, sent, deleted. The button says which."""
    if request.method == "GET" and (not place.mailbox.accepts_mail or access.is_offered(place.membership, draft_id)):
        return _read(request, place, draft_id)
    access.check_right(place.membership, send=True)
    if request.method == "GET":
        return _shown(request, place, draft_id)
    text, version = form.read(request, place)
    if request.POST.get("action") == "delete":
        return _delete(request, place, draft_id, version, text)
    if submission := Submission.objects.filter(pk=draft_id, mailbox=place.mailbox).first():
        return rescue.after_sending(request, place, submission, text)
    taken = choosing.act(request, place, phrasing.act(request, place, structured.act(request, place, text)))
    text = taken.text
    try:
        with transaction.atomic():
            row = drafts.save(place.membership, draft_id, text, version=version, now=timezone.now())
            without_room = form.carry(request, place, row, text)
            if row.version == 1:
                _tell(request, place, "draft.create", draft_id)
        return _saved(request, place, row, taken, without_room)
    except drafts.Conflict:
        return rescue.after_conflict(request, place, draft_id, text)


def _shown(request: HttpRequest, place: Place, draft_id: UUID) -> HttpResponse:
    """In its form. A page that looks for the letters it had open is told which are not there: that is no error."""
    try:
        row = access.access_draft(place.membership, draft_id)
    except Http404:
        if request.headers.keys() >= {"X-Floating", "X-Background"}:
            return HttpResponse(status=204)
        raise
    return form.show(request, place, draft_id, drafts.open_text(row, place.mailbox), version=row.version, row=row)


def _read(request: HttpRequest, place: Place, draft_id: UUID) -> HttpResponse:
    """In a mailbox that only lets itself be read, or offered to the team: its words, the names of its files, no form."""
    row = access.access_draft(place.membership, draft_id, write=False)
    text, files = drafts.open_text(row, place.mailbox), draft_files.of(row, place.mailbox)
    why = handing.why(row, place.mailbox)
    seen = {"shell": place.at("drafts"), "draft": row, "text": text, "files": files, "why": why}
    return render(request, "mailbox/compose/read.html", seen)


def _saved(request: HttpRequest, place: Place, row: Draft, taken: Taken, without_room: list[str]) -> HttpResponse:
    """After the words are safe: answer the autosave, take a file out, send, or show the page again."""
    text = taken.text
    action = request.POST.get("action", "save")
    if request.headers.get("X-Background"):
        saved_at = f"{timezone.localtime():%H:%M}"  # of the pharmacy, as every other time on the screen
        return JsonResponse({"version": row.version, "at": saved_at, **form.left_out(without_room)})
    if action.startswith("detach:"):
        with transaction.atomic():
            draft_files.detach(access.access_draft_file(place.membership, row, form.uuid_of(action.partition(":")[2])))
            _tell(request, place, "draft.detach", row.pk)
    files = form.brought(request)
    with transaction.atomic():
        left = form.attach(place, row, files)
        reasons = form.left_out([*without_room, *left.without_room], left.unread)
        if request.FILES:
            _tell(request, place, "draft.attach", row.pk)
    if action == "hand" and not reasons:
        return views_handing.give(request, place, row.pk)
    if (action == "send" or action.startswith(later.LATER)) and not reasons:
        return sending.send(request, place, row, text)
    if taken.told:
        messages.success(request, taken.told)
    return form.show(
        request, place, row.pk, text, version=row.version, row=row, reasons=reasons, is_saved=not reasons,
        placed=taken.placed,
    )  # fmt: skip


@transaction.atomic
def _delete(request: HttpRequest, place: Place, draft_id: UUID, version: int, text: DraftText) -> HttpResponse:
    if version:
        drafts.delete(access.access_draft(place.membership, draft_id))
        _tell(request, place, "draft.delete", draft_id)
    messages.success(request, "Brouillon supprimé.")
    return form.back(request, place, access.find_message(place.membership, text.source))


def _tell(request: HttpRequest, place: Place, action: str, draft_id: UUID) -> None:
    record(action, request=request, mailbox_id=place.mailbox.pk, subject=("draft", draft_id))
