"""A document shown: pages as pictures drawn in the quarantine, a CDA by our own rendering, a text as text. And saved.

Nothing of a file reaches a browser but what was drawn again; nothing drawn is kept, here or there (no-store). Refuses what
the antivirus recognised, to everybody.
"""

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from mailbox import access, blobs
from mailbox.archive import Pipe
from mailbox.documents import facts, words
from mailbox.mime.parse import decoded_body
from mailbox.mime.values import Part
from mailbox.models import Message
from mailbox.quarantine import runner, sniff
from mailbox.quarantine.runner import Given, Refused
from mailbox.quarantine.values import Found
from mailbox.summary import open_summary
from mailbox.views import documents, letters, pages, papers, people
from mailbox.views.place import Place, inside
from mssweb import crypto, streaming
from mssweb.audit.record import record

WIDTH = 1240  # pixels of a page: sharp on a telephone, readable at 150 % on a counter's screen
_AHEAD = 2  # pages that are asked for at once; the others when they come near
_TOO_MUCH = frozenset({"crashed", "timeout", "bomb"})
_MAX_ALL = 400  # files of one thread in one archive


@require_GET
@inside()
def preview(request: HttpRequest, place: Place, message_id: UUID, number: str, member: int = -1) -> HttpResponse:
    """The page of a document, or the fragment that a dialog holds."""
    message, part = _part(place, message_id, number)
    code = "infected" if documents.is_infected(place.mailbox, message, number) else ""
    found = Found("", notice=code) if code else _known(place, message, number, member)
    found = found or _looked(_given(place, message, part, member))
    record(
        "document.preview", request=request, mailbox_id=place.mailbox.pk, subject=("message", message.pk),
        part=number, member=member,
    )  # fmt: skip
    head = found.cda.head if found.cda else None
    context = {
        "shell": place.at(message.folder.role), "message": message, "found": found,
        "title": (head.title if head else "") or part.filename or "Document",
        "notice": words.notice(found.notice), "is_grave": found.notice in words.GRAVE,
        "download": "" if code else _file_url(place, message, number, member),
        "pages": _pages(place, message, number, member, found), "more": max(0, found.page_count - len(found.pages)),
        "cda": found.cda, "head": head, "day": papers.day(head.made_at) if head else "",
        "signed": papers.day(found.cda.authenticated_at) if found.cda else "",
        "who": papers.who(head.patient) if head and head.patient else None,
        "remarks": [*filter(None, [words.alert(head.alerts if head else ())]), *map(words.problem, found.problems)],
    }  # fmt: skip
    name = "mailbox/documents/preview.html"
    return render(request, f"{name}#paper" if request.htmx else name, context)  # type: ignore[attr-defined]  # django_htmx.middleware


def _known(place: Place, message: Message, number: str, member: int) -> Found | None:
    """Of pages that were measured when the letter came: the file is not opened again to be told of, only to be drawn."""
    told = facts.of_file(message, place.mailbox.keys, number) if member < 0 else None
    if told is None or told.notice or not told.pages or told.kind not in {"pdf", "image"}:
        return None
    return Found(told.kind, pages=told.pages, page_count=told.page_count)


def _looked(given: Given) -> Found:
    """For reading; of a CDA whose pictures are too much, its words at least."""
    found = runner.look(given, words=False)
    if found.notice not in _TOO_MUCH or sniff.kind_of(given.data) not in {"xml", "zip"}:
        return found
    plain = runner.look(given)
    return replace(plain, problems=(*plain.problems, "no_pictures")) if plain.cda else found


def _pages(place: Place, message: Message, number: str, member: int, found: Found) -> list[dict[str, object]]:
    """Each picture with its size: nothing moves when it comes. Sizes beyond those told are the last one's."""
    if not found.pages or found.notice:
        return []
    sizes = [*found.pages, *[found.pages[-1]] * (found.page_count - len(found.pages))]
    ends = [number] if member < 0 else [number, member]
    name = "mailbox:page" if member < 0 else "mailbox:page_member"
    return [
        {
            "url": reverse(name, args=[place.mailbox.pk, message.pk, *ends, place_of]),
            "width": WIDTH, "height": max(1, round(high * WIDTH / max(wide, 1))), "is_late": place_of >= _AHEAD,
        }
        for place_of, (wide, high) in enumerate(sizes)
    ]  # fmt: skip


@require_GET
@never_cache
@inside()
def page(
    request: HttpRequest, place: Place, message_id: UUID, number: str, page: int, member: int = -1
) -> HttpResponse:
    """One page as a picture; 404 for what has none, or is not shown, 503 when it cannot be drawn now: a notice in its place."""
    message, part = _part(place, message_id, number)
    if documents.is_infected(place.mailbox, message, number) or page > 2000:
        raise Http404
    try:
        drawn = runner.draw(_given(place, message, part, member), page=page, width=WIDTH)
    except Refused as refused:
        return documents.no_picture(503 if refused.code in {"busy", "timeout"} else 404)
    return documents.picture(drawn, "image/webp")


@require_GET
@inside()
def member(request: HttpRequest, place: Place, message_id: UUID, number: str, member: int) -> HttpResponse:
    """A document of an archive, saved as it is."""
    message, part = _part(place, message_id, number)
    if documents.is_infected(place.mailbox, message, number):
        return documents.kept_apart(request, message)
    try:
        name, data = runner.extract(_given(place, message, part, member))
    except Refused:
        raise Http404 from None
    record(
        "document.download", request=request, mailbox_id=place.mailbox.pk, subject=("message", message.pk),
        part=number, member=member,
    )  # fmt: skip
    return documents.saved(request, name or f"document-{member}", data)


@require_GET
@inside()
def everything(request: HttpRequest, place: Place, thread_id: UUID) -> HttpResponseBase:
    """Every file of a thread as one ZIP, made as it is sent: one file in memory at a time."""
    posts, _ = letters.posts(place, thread_id, in_trash=False, everything=True)
    if not posts:
        raise Http404
    wanted = [
        (post.message.pk, part)
        for post in posts
        for part in post.told.files
        if not part.is_inline_image and not documents.is_infected(place.mailbox, post.message, part.number)
    ][:_MAX_ALL]
    record(
        "document.download_all",
        request=request,
        mailbox_id=place.mailbox.pk,
        subject=("thread", thread_id),
        count=len(wanted),
    )
    pieces = _zipped(place, wanted)
    return streaming.attachment(request, pieces, name="documents.zip", content_type="application/zip")


def _zipped(place: Place, wanted: list[tuple[UUID, Part]]) -> Iterator[bytes]:
    pipe, names = Pipe(), set[str]()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[call-overload]  # writes only
        for message_id, part in wanted:
            message = Message.objects.select_related("blob").filter(mailbox=place.mailbox, pk=message_id).first()
            try:
                data = documents.bytes_of(place.mailbox, message, part) if message else None
            except crypto.Unreadable:
                data = None
            if data is not None:
                archive.writestr(_name(part, names), data)
                yield pipe.take()
    yield pipe.take()


def _name(part: Part, names: set[str]) -> str:
    """Its name, once: a second one of that name is numbered."""
    name = part.filename or f"piece-{part.number}"
    stem, dot, ending = name.rpartition(".")
    count = 1
    while name.lower() in names:
        count += 1
        name = f"{stem or ending} ({count}){dot if stem else ''}{ending if stem else ''}"
    names.add(name.lower())
    return name


@require_GET
@inside()
def panel(request: HttpRequest, place: Place, thread_id: UUID) -> HttpResponse:
    """The panel again, while documents are being examined. Opens nothing, marks nothing."""
    posts, _ = letters.posts(place, thread_id, in_trash=request.GET.get("d") == "trash", everything=False)
    if not posts:
        raise Http404
    shown = letters.letters(place, posts, people.faces(place.mailbox, letters.addresses(posts)))
    told = pages.thread_context(posts[-1].message.folder, shown, posts, 0, None)
    tries = request.GET.get("n", "1")
    tries_done = int(tries) if tries.isascii() and tries.isdigit() and len(tries) < 3 else 9
    context = {"shell": place, **told, "papers": papers.panel(place, posts, shown), "tries": tries_done + 1}
    return render(request, "mailbox/documents/_panel.html", context)


def _file_url(place: Place, message: Message, number: str, member: int) -> str:
    if member < 0:
        return reverse("mailbox:file", args=[place.mailbox.pk, message.pk, number])
    return reverse("mailbox:member", args=[place.mailbox.pk, message.pk, number, member])


def _part(place: Place, message_id: UUID, number: str) -> tuple[Message, Part]:
    message = access.access_message(place.membership, message_id)
    part = open_summary(message, place.mailbox.keys).part(number)
    if part is None:
        raise Http404
    return message, part


def _given(place: Place, message: Message, part: Part, member: int) -> Given:
    body = blobs.read_range(message.blob, place.mailbox, part.offset, part.length)
    return Given(decoded_body(body, part), part.filename, part.content_type, member)
