"""What is done to threads: archive, delete, put back, read, unread, flag. Plain forms; htmx gets the parts that changed.

A move can be undone: the answer carries a signed note of what moved and whence.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from mailbox import access, marks, store
from mailbox.models import Folder, Message
from mailbox.views import listing, pages, people, rows
from mailbox.views.place import Place, inside, place_of
from mssweb.audit.record import record_all

_SALT = "mailbox.undo"
_UNDO_SECONDS = 3600
_MOST = 500  # threads in one act


@dataclass(frozen=True, slots=True)
class Act:
    """One act on threads of a folder. `said` is told with the count; `to` is the role they go to."""

    said: tuple[str, str]
    to: str = ""
    writes: bool = True


ACTS = {
    "archive": Act(("Archivé.", "{} fils archivés."), to=Folder.Role.ARCHIVE),
    "delete": Act(("Mis à la corbeille.", "{} fils mis à la corbeille."), to=Folder.Role.TRASH),
    "restore": Act(("Remis en réception.", "{} fils remis en réception."), to=Folder.Role.INBOX),
    "seen": Act(("", ""), writes=False),
    "unseen": Act(("", ""), writes=False),
    "flag": Act(("", "")),
    "unflag": Act(("", "")),
}


@require_POST
@inside()
def act(request: HttpRequest, place: Place, folder: str) -> HttpResponse:
    """The act named by the button, on the threads that were ticked (or the one that is open)."""
    name = request.POST.get("action", "")
    if name not in ACTS:
        raise Http404
    wanted = ACTS[name]
    access.check_right(place.membership, write=wanted.writes)
    shelf = pages.folder_asked(place, folder)
    thread_ids = access.access_threads(place.membership, _threads_asked(request))
    if not thread_ids:
        return _answer(request, place, shelf, [])
    if wanted.to:
        with transaction.atomic():
            _move(request, place, shelf, wanted, thread_ids)
        return _answer(request, place, shelf, thread_ids, gone=True)
    with transaction.atomic():
        _MARKS[name](request, place, shelf, thread_ids)
        record_all(f"thread.{name}", thread_ids, request=request, mailbox_id=place.mailbox.pk)
    return _answer(request, place, shelf, thread_ids, gone=name == "unseen")


@require_POST
@inside(write=True)
def undo(request: HttpRequest, place: Place) -> HttpResponse:
    """Put back exactly what one act moved."""
    try:
        note = signing.loads(request.POST.get("note", ""), salt=_SALT, max_age=_UNDO_SECONDS)
    except signing.BadSignature:
        raise Http404 from None
    if note["box"] != str(place.mailbox.pk) or note["who"] != str(place.user.pk):
        raise Http404
    with transaction.atomic():
        for folder_id, ids in note["from"].items():
            back = access.access_folder(place.membership, UUID(folder_id))
            store.move_messages(place.mailbox, [UUID(i) for i in ids], back)
        record_all("thread.undo", [UUID(t) for t in note["threads"]], request=request, mailbox_id=place.mailbox.pk)
    if request.htmx:  # type: ignore[attr-defined]  # django_htmx.middleware
        messages.success(request, "Annulé : tout est revenu à sa place.")
        answer = render(request, "mailbox/_toasts.html", {"shell": place})
        answer["HX-Trigger"] = "mss:refresh"
        return answer
    messages.success(request, "Annulé : tout est revenu à sa place.")
    return redirect("mailbox:folder", place.mailbox.pk, _role(note["role"]))


def _role(role: str) -> str:
    return role if role in Folder.Role.values and role else "inbox"


def _threads_asked(request: HttpRequest) -> list[UUID]:
    try:
        return [UUID(value) for value in request.POST.getlist("thread")[:_MOST]]
    except ValueError:
        raise Http404 from None


def _move(request: HttpRequest, place: Place, shelf: Folder, wanted: Act, thread_ids: list[UUID]) -> None:
    """Move, tell the audit, and leave the toast by which it is undone."""
    mailbox = place.mailbox
    to = pages.folder_asked(place, wanted.to)
    moved = store.move_threads(mailbox=mailbox, thread_ids=thread_ids, from_folder=shelf, to_folder=to)
    if wanted.to == Folder.Role.INBOX:  # what was sent from here goes back among what was sent
        sent = Message.objects.filter(mailbox=mailbox, pk__in=moved, direction=Message.Direction.OUT)
        store.move_messages(
            mailbox, list(sent.values_list("pk", flat=True)), pages.folder_asked(place, Folder.Role.SENT)
        )
    if not moved:  # a colleague was quicker
        messages.error(request, "Rien n’a bougé : ce n’était déjà plus dans ce dossier.")
        return
    record_all(f"thread.{request.POST['action']}", thread_ids, request=request, mailbox_id=mailbox.pk)
    note = {
        "box": str(mailbox.pk), "who": str(place.user.pk), "role": shelf.role,
        "from": {str(shelf.pk): [str(m) for m in moved]}, "threads": [str(t) for t in thread_ids],
    }  # fmt: skip
    one, many = wanted.said
    token = signing.dumps(note, salt=_SALT, compress=True)
    messages.info(request, one if len(thread_ids) == 1 else many.format(len(thread_ids)), extra_tags=token)


def _seen(request: HttpRequest, place: Place, shelf: Folder, thread_ids: list[UUID]) -> None:
    marks.mark_seen(membership=place.membership, thread_ids=thread_ids, now=timezone.now())


def _unseen(request: HttpRequest, place: Place, shelf: Folder, thread_ids: list[UUID]) -> None:
    marks.mark_unseen(membership=place.membership, thread_ids=thread_ids, folder=shelf)


def _flag(request: HttpRequest, place: Place, shelf: Folder, thread_ids: list[UUID]) -> None:
    """The flag stands on the newest message that the folder has; taking it away clears the whole thread."""
    on = request.POST["action"] == "flag"
    found = Message.objects.filter(mailbox=place.mailbox, thread_id__in=thread_ids)
    if on:
        ids = [entry.message.pk for entry in listing.some(place, shelf, thread_ids)]
    else:
        ids = list(found.filter(keywords__contains=[marks.FLAGGED]).values_list("pk", flat=True))
    marks.set_keyword(mailbox=place.mailbox, message_ids=ids, keyword=marks.FLAGGED, on=on)


_MARKS: dict[str, Callable[[HttpRequest, Place, Folder, list[UUID]], None]] = {
    "seen": _seen,
    "unseen": _unseen,
    "flag": _flag,
    "unflag": _flag,
}


def _answer(
    request: HttpRequest, place: Place, shelf: Folder, thread_ids: list[UUID], *, gone: bool = False
) -> HttpResponse:
    """Without htmx, back to the list. With it: rows that went or changed, counters, toast, and the pane if it is concerned.

    `gone`: the open thread has no reason to stay open (it moved, or is unread again).
    """
    if not request.htmx:  # type: ignore[attr-defined]  # django_htmx.middleware
        return redirect(_back(request, place, shelf, gone))
    opened = _opened(request)
    closes = gone and opened in thread_ids
    fresh = place_of(place.user, place.mailbox.pk).at(shelf.role)
    context = _changed(request, fresh, shelf, thread_ids, None if closes else opened)
    response = render(request, "mailbox/_acted.html", {"shell": fresh, "folder": shelf, "closes": closes, **context})
    if closes:
        response["HX-Push-Url"] = reverse("mailbox:folder", args=[place.mailbox.pk, shelf.role or shelf.pk])
    return response


def _changed(
    request: HttpRequest, place: Place, shelf: Folder, thread_ids: list[UUID], opened: UUID | None
) -> dict[str, object]:
    """The rows that left this list, or those to draw again; the flag of the thread that stays open."""
    if ACTS[request.POST["action"]].to:
        return {"gone": thread_ids, "rows": [], "flagged": None}
    entries = listing.some(place, shelf, thread_ids)
    faces = people.faces(place.mailbox, listing.addresses(entries))
    states = listing.states_of(entries) if shelf.role == Folder.Role.SENT else {}
    look = rows.look(place, faces, folder=shelf, opened=opened, states=states)
    flagged = next((e.message.is_flagged for e in entries if e.message.thread_id == opened), None)
    return {"gone": [], "rows": rows.rows(entries, look), "flagged": flagged}


def _back(request: HttpRequest, place: Place, shelf: Folder, gone: bool) -> str:
    """The page the form was on, when it still shows something."""
    target = request.POST.get("next", "")
    listed = reverse("mailbox:folder", args=[place.mailbox.pk, shelf.role or shelf.pk])
    if target.startswith(listed) or (not gone and target.startswith(f"/b/{place.mailbox.pk}/")):
        return target
    return listed


def _opened(request: HttpRequest) -> UUID | None:
    """The thread in the reading pane of the page that asks."""
    try:
        match = resolve((request.htmx.current_url_abs_path or "/").partition("?")[0])  # type: ignore[attr-defined]  # django_htmx.middleware
    except Resolver404:
        return None
    return match.kwargs.get("thread_id")
