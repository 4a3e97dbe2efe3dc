"""Internal notes of a thread and the calls in them: written, changed, erased; what calls somebody, listed for them.

Plain forms; htmx gets the parts of the pane that changed. Refuses to show or take a word by a URL.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from mailbox import access, notes, store
from mailbox.mime.threads import visible_subject
from mailbox.models import Mention
from mailbox.views import listing
from mailbox.views.place import Place, inside, person
from mssweb.audit.record import record

_LISTED = 60  # calls on their page
_EXCERPT = 160


@dataclass(frozen=True, slots=True, repr=False)
class Listed:
    """One call of the reader, on its page."""

    thread_id: UUID
    note_id: UUID
    author: str
    initials: str
    at: datetime
    subject: str
    excerpt: str
    is_waiting: bool


@sensitive_post_parameters()
@require_POST
@inside(write=True)
def write(request: HttpRequest, place: Place, thread_id: UUID) -> HttpResponse:
    """A new note at the end of a thread."""
    text = notes.clean(request.POST.get("note", ""))
    if not text:
        messages.error(request, "Une note sans texte ne s’enregistre pas.")
        return _back(request, place, access.access_thread(place.membership, thread_id).pk)
    try:
        with transaction.atomic():
            thread = access.access_thread(place.membership, thread_id, lock=True)
            note = notes.write(place.membership, thread, text, now=timezone.now())
            record("note.create", request=request, mailbox_id=place.mailbox.pk, subject=("note", note.pk))
    except notes.Full:
        messages.error(request, "Ce fil a déjà autant de notes qu’il en accepte : rien n’a été ajouté.")
    return _back(request, place, thread_id)


@sensitive_post_parameters()
@require_POST
@inside(write=True)
def change(request: HttpRequest, place: Place, note_id: UUID) -> HttpResponse:
    """Other words for one's own note, or none any more."""
    now, action = timezone.now(), request.POST.get("action", "")
    text = notes.clean(request.POST.get("note", ""))
    with transaction.atomic():
        store.lock(place.mailbox.pk)  # before the note, as who destroys its thread
        note = access.access_note(place.membership, note_id)
        if action == "erase":
            notes.erase(note, place.mailbox, now=now)
            messages.success(request, "Note effacée.")
        elif action == "change" and text:
            notes.change(note, place.mailbox, text, now=now)
        elif action == "change":
            messages.error(request, "Une note sans texte ne s’enregistre pas ; elle peut s’effacer.")
            return _back(request, place, note.thread_id)
        else:
            raise Http404
        record(f"note.{action}", request=request, mailbox_id=place.mailbox.pk, subject=("note", note.pk))
    return _back(request, place, note.thread_id)


@require_GET
@inside()
def mentions(request: HttpRequest, place: Place) -> HttpResponse:
    """What calls this person, those that wait first; looking at the list opens nothing."""
    return render(request, "mailbox/team/mentions.html", {"shell": place.at("mentions"), "mentions": _listed(place)})


@require_GET
def team(request: HttpRequest, mailbox_id: UUID) -> JsonResponse:
    """The members by id, for the scripts that name who is here and suggest whom to call."""
    membership = access.access_mailbox(person(request), mailbox_id, bare=True)
    rows = (
        membership.mailbox.memberships.standing().select_related("user").order_by("user__last_name", "user__first_name")
    )
    told = [{"id": str(r.user_id), "name": r.user.get_full_name(), "initials": r.user.initials} for r in rows]
    answer = JsonResponse({"me": str(membership.user_id), "team": told})
    answer["Cache-Control"] = "no-store"
    return answer


def _back(request: HttpRequest, place: Place, thread_id: UUID) -> HttpResponse:
    """The thread as it is now. With htmx, the answer is its news: gaps that changed, toasts."""
    asked = request.POST.get("d", "")[:40]
    if not request.htmx:  # type: ignore[attr-defined]  # django_htmx.middleware
        url = reverse("mailbox:thread", args=[place.mailbox.pk, thread_id])
        return redirect(f"{url}?d={asked}#gap-end" if asked.isalnum() or _is_id(asked) else f"{url}#gap-end")
    answer = render(request, "mailbox/team/_noted.html", {"shell": place})
    answer["HX-Trigger"] = "mss:refresh"
    return answer


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _listed(place: Place) -> list[Listed]:
    """Two statements."""
    box = place.mailbox
    rows = (
        Mention.objects.filter(mailbox=box, membership=place.membership, note__box__isnull=False)
        .select_related("note", "note__author")
        .order_by("-note__at", "-pk")[:_LISTED]
    )
    found = list(rows)
    subjects = listing.subjects(place, {row.thread_id for row in found})
    told = [
        Listed(
            thread_id=row.thread_id,
            note_id=row.note_id,
            author=row.note.author.get_full_name() if row.note.author else "Ancien membre",
            initials=row.note.author.initials if row.note.author else "?",
            at=row.note.at,
            subject=visible_subject(subjects.get(row.thread_id, "")) or "(sans objet)",
            excerpt=notes.seen(bytes(row.note.box or b""), box, row.note_id).text[:_EXCERPT],
            is_waiting=row.seen_at is None,
        )
        for row in found
    ]
    return sorted(told, key=lambda one: not one.is_waiting)
