"""A thread and the bodies of its messages. Opening marks and audits; a body is inert HTML in a frame of its own."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_GET

from mailbox import access
from mailbox.views import bodies, letters, pages, people, rows
from mailbox.views.place import Place, inside, person

BODY_POLICY = {  # design §4.8, for this response alone
    "default-src": ["'none'"],
    "img-src": ["'self'", "data:"],
    "style-src": ["'unsafe-inline'"],
    "frame-ancestors": ["'self'"],
}


@require_GET
@inside()
def thread(request: HttpRequest, place: Place, thread_id: UUID) -> HttpResponse:
    """The reading pane; with the list beside it when a whole page is asked."""
    found = access.access_thread(place.membership, thread_id)
    folder = pages.folder_asked(place, request.GET.get("d", "inbox"))
    thread_posts, left_out = letters.posts(place, found, folder=folder, everything="tous" in request.GET)
    if not thread_posts:
        raise Http404
    is_fragment = bool(request.htmx)  # type: ignore[attr-defined]  # django_htmx.middleware
    listing = None if is_fragment else pages.listing_asked(request, place, folder)
    entries = listing.entries if listing else []
    faces = people.faces(place.mailbox, [*letters.addresses(thread_posts), *rows.addresses(entries)])
    shown = letters.letters(place, thread_posts, faces, unfolded=_uuid(request.GET.get("ouvrir", "")))
    access.open_messages(
        request, place.membership, [p.message for p, x in zip(thread_posts, shown, strict=True) if x.is_open]
    )
    place = place.seen(letters.unread_folders(thread_posts)).at(folder.role)
    told = pages.thread_context(found, folder, shown, thread_posts, left_out)
    if is_fragment:
        return render(request, "mailbox/mail.html#opened", {"shell": place, **told})
    return render(
        request,
        "mailbox/mail.html",
        {**pages.list_context(request, place, folder, listing, faces, opened=found.pk), **told},
    )


@require_GET
@never_cache
@xframe_options_sameorigin
@csp_override(BODY_POLICY)
def body(request: HttpRequest, mailbox_id: UUID, message_id: UUID) -> HttpResponse:
    """The frame of one message. Its first showing is its opening."""
    membership = access.access_mailbox(person(request), mailbox_id)
    message = access.access_message(membership, message_id)
    if request.headers.get("Sec-Purpose", "").startswith("prefetch"):
        return HttpResponse(status=204)  # a preload is no opening
    access.open_message(request, membership, message)
    return render(request, "mailbox/body.html", {"body": bodies.body_of(membership.mailbox, message)})


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
