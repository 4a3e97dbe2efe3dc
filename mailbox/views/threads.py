"""A thread, what joins it while it is open, and the bodies of its messages: inert HTML in a frame of their own.

Opening marks and audits; being told of news does neither (design §10).
"""

from dataclasses import replace
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_GET

from mailbox import access, notes, receipts
from mailbox.mime.sanitize import nowhere
from mailbox.models import Folder
from mailbox.views import bodies, found, letters, listing, pages, papers, people, pictures, stands, timeline
from mailbox.views.asked import asked as asked_of
from mailbox.views.letters import Letter
from mailbox.views.place import Place, inside, person
from mailbox.views.sight import Sight, sight

_TOLD = 3  # messages that a notice names
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
    asked = request.GET.get("d", "")
    everything, unfolded = "tous" in request.GET, _uuid(request.GET.get("ouvrir", ""))
    posts, left_out = letters.posts(place, thread_id, in_trash=asked == Folder.Role.TRASH, everything=everything)
    if not posts:
        raise Http404
    shelf = letters.shelf_of(posts)
    folder = pages.folder_asked(place, asked or shelf.role or str(shelf.pk))
    pages.name_shelves(place, (post.message.folder for post in posts))
    is_fragment = bool(request.htmx)  # type: ignore[attr-defined]  # django_htmx.middleware
    beside = None if is_fragment else pages.listing_asked(request, place, folder)
    listed = listing.addresses(beside.entries) if beside else []
    faces = people.faces(place.mailbox, [*letters.addresses(posts), *listed])
    shown = letters.letters(place, posts, faces, unfolded=unfolded)
    if opened := letters.unopened(place, posts, shown):
        access.open_messages(request, place.membership, opened)
        if receipts.answer_by_rule(place.membership, opened, now=timezone.now(), request=request):
            shown = letters.letters(place, posts, faces, unfolded=unfolded)
    woven = timeline.timeline(place, posts[0].message.thread, shown, left_out=left_out)
    if place.box and place.box.mentions:
        place = place.heard(notes.heard(place.membership, thread_id, now=timezone.now()))
    place = place.seen(letters.unread_folders(posts)).at(pages.here_of(request, folder))
    told = pages.thread_context(folder, shown, posts, left_out, unfolded)
    told |= stands.context(place, stands.of_thread(place, posts[0].message.thread), folder) | {
        "want": asked_of(request),
        "list_title": pages.title_of(place, folder, asked_of(request)),
        "timeline": woven,
    }
    told["sight"] = sight(place.mailbox.modseq, (letter.id for letter in shown))
    told["found_at"], told["found"] = found.way_back(request, place), request.GET.get("r", "")
    told["papers"] = papers.panel(place, posts, shown)
    if beside is None:
        return _fragment(request, {"shell": place, **told}, shown)
    context = pages.list_context(request, place, folder, beside, faces, opened=thread_id)
    return render(request, "mailbox/mail.html", {**context, **told})


def _fragment(request: HttpRequest, context: dict[str, object], shown: list[Letter]) -> HttpResponse:
    """What htmx asks: the pane, or one message of it that is being unfolded."""
    target = request.headers.get("HX-Target", "")
    letter = next((letter for letter in shown if target == f"m-{letter.id}"), None)
    if letter is None:
        return render(request, "mailbox/mail.html#opened", context)
    return render(request, "mailbox/mail.html#letter", {**context, "letter": letter})


@require_GET
@inside()
def news(request: HttpRequest, place: Place, thread_id: UUID) -> HttpResponse:
    """For an open thread: what became of what was sent, and who joined it since it was drawn (`vu`)."""
    asked, seen = request.GET.get("d", ""), Sight.read(request.GET.get("vu", ""))
    posts, left_out = letters.posts(place, thread_id, in_trash=asked == Folder.Role.TRASH, everything=False)
    if not posts or seen is None:
        raise Http404
    shown = letters.letters(place, posts, people.faces(place.mailbox, letters.addresses(posts)))
    fresh = [letter for post, letter in zip(posts, shown, strict=True) if seen.misses(post.message)]
    drawn = [letter for post, letter in zip(posts, shown, strict=True) if not seen.misses(post.message)]
    thread = posts[0].message.thread
    woven = timeline.timeline(place, thread, drawn, left_out=left_out)
    context = {
        "shell": place,
        **stands.context(place, stands.of_thread(place, thread), pages.folder_asked(place, asked) if asked else None),
        "thread": thread,
        "folder": asked,
        "timeline": replace(woven, gaps=woven.gaps[1:]) if left_out else woven,  # a page may show what is left out here
        "is_called": bool(place.box and place.box.mentions and notes.is_called(place.membership, thread_id)),
        "sent": [letter for letter in shown if letter.is_out and letter.states],
        "fresh": fresh[-_TOLD:],
        "thread_url": f"{reverse('mailbox:thread', args=[place.mailbox.pk, thread_id])}?{urlencode({'d': asked})}",
    }
    return render(request, "mailbox/_news.html", context)


@require_GET
@never_cache
@xframe_options_sameorigin
@csp_override(BODY_POLICY)
def body(request: HttpRequest, mailbox_id: UUID, message_id: UUID) -> HttpResponse:
    """The frame of one message. Its first showing is its opening; later ones come after their page, and change nothing."""
    membership = access.access_mailbox(person(request), mailbox_id)
    message = access.access_message(membership, message_id)
    access.open_message(request, membership, message, again=False)
    may_write = membership.can_send and membership.mailbox.accepts_mail
    mailto = bodies.Letterbox(message) if may_write else nowhere
    shown, images = pictures.with_images(
        request, membership, message, bodies.body_of(membership.mailbox, message, mailto=mailto), mailto
    )
    return render(request, "mailbox/body.html", {"body": shown, "images": images})


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
