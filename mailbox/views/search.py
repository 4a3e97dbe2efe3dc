"""Searching a mailbox: what is typed is posted, answered in its request, and kept nowhere (design §4.7)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from mailbox import search as index
from mailbox.models import Message
from mailbox.views import listing, people, rows
from mailbox.views.listing import PAGE, Entry
from mailbox.views.place import Place, inside
from mailbox.views.rows import Row

MAX_QUERY = 200


@sensitive_post_parameters("q", "apres")
@require_http_methods(["GET", "POST"])
@inside()
def search(request: HttpRequest, place: Place) -> HttpResponse:
    """The page of the search box; a POST has its results, newest first, one line a thread."""
    query = request.POST.get("q", "")[:MAX_QUERY].strip()
    found = index.search(place.mailbox, query, cursor=request.POST.get("apres", ""), limit=PAGE)
    context = {
        "shell": place.at("search"),
        "query": query,
        "searched": bool(query),
        "rows": _rows(place, found),
        "next": found.next,
    }
    part = {"more": "#found", "list": "#list"}.get(request.htmx.target or "", "")  # type: ignore[attr-defined]  # django_htmx.middleware
    return render(request, f"mailbox/search.html{part}", context)


def _rows(place: Place, found: index.Found) -> list[Row]:
    """The newest message of each thread; of those in the trash, only the shelf says so."""
    firsts: dict[object, Message] = {}
    for message in found.messages:
        firsts.setdefault(message.thread_id, message)
    entries = [Entry(m, listing.summary_of(place, m), 1, False) for m in firsts.values()]
    faces = people.faces(place.mailbox, listing.addresses(entries))
    shelves = {shelf.id: shelf.role for shelf in place.box.shelves} if place.box else {}
    return rows.rows(entries, rows.look(place, faces, words=found.words, shelves=shelves))
