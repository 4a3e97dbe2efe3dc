"""Searching a mailbox: what is typed is posted, and kept nowhere (design §4.7).

Its results have an address, so that «back» finds them again: it holds the words sealed for this session and mailbox.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from mailbox import finding
from mailbox import query as grammar
from mailbox.models import Message
from mailbox.views import found as address
from mailbox.views import listing, people, rows, searching
from mailbox.views.listing import PAGE, Entry
from mailbox.views.place import Place, inside
from mailbox.views.rows import Row
from mssweb.audit.record import record

MAX_QUERY = 200


@sensitive_post_parameters("q", "apres")
@require_http_methods(["GET", "POST"])
@inside()
def search(request: HttpRequest, place: Place) -> HttpResponse:
    """The page of the search box, or its results, newest first, one line a thread. A form is led to their address."""
    is_posted, is_fragment = request.method == "POST", bool(request.htmx)  # type: ignore[attr-defined]  # django_htmx.middleware
    asked = request.POST if is_posted else request.GET
    typed = asked.get("q", "")[:MAX_QUERY].strip() if is_posted else address.words(request, place, asked.get("r", ""))
    token = address.token(request, place, typed) if typed else ""
    here = address.address(place, token, asked.get("apres", ""))
    if is_posted and typed and not is_fragment:
        return redirect(here)
    query, clear = searching.meant(place, grammar.read(typed, today=timezone.localdate()))
    found = finding.find(place.mailbox, query, clear, cursor=asked.get("apres", ""), limit=PAGE)
    if typed and not asked.get("apres", ""):  # ECO.4.1.2: that one searched, and what answered; never the words
        record(
            "mailbox.search",
            request=request,
            mailbox_id=place.mailbox.pk,
            rows=len(found.messages),
            more=bool(found.next),
        )
    context = {
        "shell": place.at("search"),
        "query": typed,
        "searched": not query.is_empty,
        "misread": query.misread,
        "operators": searching.OPERATORS,
        "rows": _rows(place, found, token),
        "next": found.next,
    }
    part = {"more": "#found", "list": "#list"}.get(request.htmx.target or "", "")  # type: ignore[attr-defined]  # django_htmx.middleware
    response = render(request, f"mailbox/search.html{part}", context)
    if typed and part == "#list":
        is_going_on = reverse("mailbox:search", args=[place.mailbox.pk]) in (request.htmx.current_url_abs_path or "")  # type: ignore[attr-defined]  # django_htmx.middleware
        response["HX-Replace-Url" if is_going_on else "HX-Push-Url"] = here  # one step back, however many letters
    return response


def _rows(place: Place, found: finding.Found, token: str) -> list[Row]:
    """The newest message of each thread; of those in the trash, only the shelf says so. `token`: the way back to here."""
    firsts: dict[object, Message] = {}
    for message in found.messages:
        firsts.setdefault(message.thread_id, message)
    entries = [
        Entry(m, listing.summary_of(place, m), 1, False, brief=listing.brief_of(place, m)) for m in firsts.values()
    ]
    faces = people.faces(place.mailbox, listing.addresses(entries))
    shelves = {shelf.id: shelf.key for shelf in place.box.shelves} if place.box else {}
    names = {shelf.id: shelf.label for shelf in place.box.shelves} if place.box else {}
    return rows.rows(
        entries, rows.look(place, faces, words=found.words, shelves=shelves, shelf_names=names, back=token)
    )
