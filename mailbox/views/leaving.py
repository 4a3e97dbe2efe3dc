"""Threads that were ticked leave as one file, with whoever may read them. Told to the audit before the first byte."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from mailbox import access, selection
from mailbox.selection import Kind
from mailbox.views import marks
from mailbox.views.place import Place, inside
from mssweb import streaming
from mssweb.audit.record import record_all

_KINDS: dict[str, tuple[Kind, str, str]] = {
    "zip": ("zip", "zip", "application/zip"),
    "mbox": ("mbox", "mbox", "application/mbox"),
}


@require_POST
@inside()
def selected(request: HttpRequest, place: Place) -> HttpResponseBase:
    """First what would leave, and as what; then it leaves."""
    thread_ids = access.access_threads(place.membership, marks.threads_asked(request))
    told = selection.size_of(place.mailbox, thread_ids)
    kind = request.POST.get("format", "")
    if kind not in _KINDS or not told.messages or told.is_too_much:
        return _page(request, place, thread_ids, told)
    return _file(request, place, thread_ids, kind)


def _page(request: HttpRequest, place: Place, thread_ids: list[UUID], told: selection.Leaving) -> HttpResponseBase:
    back = request.POST.get("next", "")
    if not back.startswith(f"/b/{place.mailbox.pk}/"):
        back = reverse("mailbox:folder", args=[place.mailbox.pk, "inbox"])
    seen = {"shell": place, "thread_ids": thread_ids, "told": told, "back": back, "most": selection.MAX}
    return render(request, "mailbox/keeping/selection.html", seen)


def _file(request: HttpRequest, place: Place, thread_ids: list[UUID], kind: str) -> HttpResponseBase:
    given, suffix, content_type = _KINDS[kind]
    if not thread_ids:
        raise Http404
    record_all("thread.export", thread_ids, request=request, mailbox_id=place.mailbox.pk)
    _ = place.mailbox.keys  # opened here: what does not open is a page, not a file that is cut
    pieces = selection.stream(place.membership, thread_ids, given)
    name = f"messages-{timezone.localdate():%Y-%m-%d}.{suffix}"
    return streaming.attachment(request, pieces, name=name, content_type=content_type)
