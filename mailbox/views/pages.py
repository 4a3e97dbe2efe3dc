"""The front page and the list of a folder: whole page, rows that follow, rows refreshed by a live event.

One template, `mailbox/mail.html`, whose named parts are what htmx swaps (Django's template partials).
"""

from collections.abc import Iterable
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from mailbox import access, invitations, snoozing
from mailbox.keeping.destroying import BINS
from mailbox.mime.threads import visible_subject
from mailbox.models import Folder
from mailbox.staff import letters
from mailbox.views import asked as filters
from mailbox.views import listing as threads_of
from mailbox.views import people, rows
from mailbox.views.asked import asked as asked_of
from mailbox.views.letters import Letter, Post
from mailbox.views.listing import Listing
from mailbox.views.people import Faces
from mailbox.views.place import Place, inside, person, place_of
from mailbox.views.wide import is_wide

_REFRESHED = 200  # rows that a live event draws again at most
_EMPTY = {
    "inbox": ("inbox", "Rien à lire", "Les nouveaux messages arrivent ici d’eux-mêmes, sans recharger la page."),
    "sent": ("send", "Aucun message envoyé", "Ce que vous écrivez paraît ici, avec l’état de chaque destinataire."),
    "archive": ("archive", "Aucune archive", "Archiver un message le range ici ; il reste dans les recherches."),
    "trash": ("trash-2", "La corbeille est vide", "Ce qui est supprimé passe ici d’abord."),
    "spam": ("circle-alert", "Aucun indésirable", ""),
    "": (
        "folder",
        "Dossier vide",
        "Classez-y des messages : « Classer dans » sur un message, ou faites-les glisser jusqu’ici.",
    ),
}
_NOTHING = {
    "": ("list-filter", "Aucun message ne répond à ce filtre", ""),
    filters.TODO: ("circle-check", "Tout est traité", "Ce qui arrive, et ce à quoi on vous répond, revient ici."),
    filters.MINE: ("user-check", "Rien ne vous est attribué", "Touche m sur un message : il est à vous, et l’équipe le voit."),
    filters.LATE: ("circle-check", "Aucune réponse en retard", ""),
    filters.REMINDERS: ("alarm-clock", "Aucun rappel", "« Me le rappeler » (touche b) met un message de côté pour vous seul, "
                        "jusqu’à l’heure choisie."),
}  # fmt: skip


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The inbox of the first mailbox."""
    place = place_of(person(request))
    invited = invitations.waits(place.user, timezone.now())
    for words in letters.reminders(place.user, timezone.now()):
        messages.warning(request, words)
    if place.box is None:
        return render(request, "mailbox/nowhere.html", {"shell": place, "invited": invited})
    if invited:
        messages.info(
            request, "Une invitation dans une boîte partagée vous attend : menu de votre compte, Invitations."
        )
    return redirect("mailbox:folder", place.mailbox.pk, "inbox")


@require_GET
@inside()
def folder(request: HttpRequest, place: Place, folder: str) -> HttpResponse:
    """A list, and beside it an empty reading pane."""
    shelf = folder_asked(place, folder)
    listing = listing_asked(request, place, shelf)
    context = list_context(request, place.at(here_of(request, shelf)), shelf, listing)
    return render(request, f"mailbox/mail.html{_part(request)}", context)


def here_of(request: HttpRequest, shelf: Folder) -> str:
    """The entry of the rail that this list is."""
    here = asked_of(request).here if shelf.role == Folder.Role.INBOX else ""
    return here or shelf.role or str(shelf.pk)


def name_shelves(place: Place, folders: Iterable[Folder]) -> None:
    """Folders of the team say their name where they are shown."""
    for folder in folders:
        if not folder.role and place.box and (shelf := place.box.shelf(str(folder.pk))):
            folder.name = shelf.name


def title_of(place: Place, folder: Folder, want: filters.Asked) -> str:
    """What people call a list: its folder, unless it is of several."""
    if not is_wide(folder, want):
        return str(folder)
    named = next((tab.name for tab in place.box.labels if tab.id == want.label), "") if place.box else ""
    return named or filters.FILTERS[want.kind] or str(folder)


def _part(request: HttpRequest) -> str:
    """The part of the page that htmx (or live.js) wants: the rows, the list with its heading, or all."""
    return {"rows": "#fresh", "more": "#rows", "list": "#list"}.get(request.htmx.target or "", "")  # type: ignore[attr-defined]  # django_htmx.middleware


def folder_asked(place: Place, name: str) -> Folder:
    """By role or by id, without a statement when it is on the rail."""
    shelf = place.box.shelf(name) if place.box else None
    if shelf:
        folder = Folder(id=shelf.id, mailbox_id=place.mailbox.pk, role=shelf.role)
        folder.name = shelf.name
        return folder
    try:
        return access.access_folder(place.membership, UUID(name))
    except ValueError:
        raise Http404 from None


def listing_asked(request: HttpRequest, place: Place, folder: Folder) -> Listing:
    limit = request.GET.get("n", "")
    return threads_of.listing(
        place,
        folder,
        asked_of(request),
        cursor=request.GET.get("apres", ""),
        limit=min(max(int(limit), threads_of.PAGE), _REFRESHED)
        if limit.isascii() and limit.isdigit()
        else threads_of.PAGE,
    )


def list_context(
    request: HttpRequest,
    place: Place,
    folder: Folder,
    listing: Listing | None,
    faces: Faces | None = None,
    opened: UUID | None = None,
) -> dict[str, object]:
    listing = listing or Listing([], "")
    faces = faces or people.faces(place.mailbox, threads_of.addresses(listing.entries))
    states = threads_of.states_of(listing.entries) if folder.role == Folder.Role.SENT else {}
    want = asked_of(request)
    shared = rows.look(place, faces, folder=folder, want=want, opened=opened, states=states)
    icon, title, hint = _EMPTY.get(folder.role, _EMPTY[""])
    if not want.is_plain:
        icon, title, hint = _NOTHING.get(want.kind, _NOTHING[""])
    chips = filters.chips(place, folder)
    tab = next((tab for tab in place.box.labels if tab.id == want.label), None) if place.box and want.label else None
    return {
        "shell": place,
        "folder": folder,
        "is_wide": is_wide(folder, want),
        "list_title": title_of(place, folder, want),
        "rows": rows.rows(listing.entries, shared),
        "held": threads_of.held(place, listing.entries, states),
        "next": listing.next,
        "list_url": reverse("mailbox:folder", args=[place.mailbox.pk, folder.role or folder.pk]),
        "bin_days": settings.TRASH_DAYS if folder.role in BINS else 0,
        "want": want,
        "filter": want.query,
        "filters": [(kind, words, want.but(kind=kind).suffix) for kind, words in chips],
        "sorts": [(sort, words, want.but(sort=sort).suffix) for sort, words in filters.SORTS.items()],
        "tab": tab,
        "without_label": want.but(label=None).suffix,
        "labels": [(tab, want.but(label=tab.id).suffix) for tab in place.box.labels] if place.box else [],
        "presets": snoozing.PRESETS,
        "marked": (),  # of no thread: said, for templates pay an exception for what they do not find
        "empty": {"icon": icon, "title": title, "hint": hint},
    }


def thread_context(
    folder: Folder, letters: list[Letter], posts: list[Post], left_out: int, unfolded: UUID | None
) -> dict[str, object]:
    """What the reading pane shows."""
    written = [letter for letter in letters if not letter.is_automatic]
    last_received = next((letter for letter in reversed(written) if not letter.is_out), None)
    return {
        "thread": posts[0].message.thread,
        "folder": folder,
        "letters": letters,
        "left_out": left_out,
        "unfolded": unfolded,
        "subject": visible_subject(posts[0].told.subject) or "(sans objet)",
        "is_flagged": any(letter.is_flagged for letter in letters),
        "answered_to": last_received or (written[-1] if written else None),
        "last": letters[-1],
    }
