"""Files of messages: downloaded, never rendered in our origin; images of a body, inside its frame only, drawn again.

Not one byte of a picture as it came reaches a browser (design §4.8): the quarantine reads it and draws what is shown.
"""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_GET

from mailbox import access, blobs
from mailbox.documents import facts
from mailbox.mime.parse import decoded_body
from mailbox.mime.values import Part
from mailbox.models import Mailbox, Message
from mailbox.quarantine import runner
from mailbox.summary import open_summary
from mailbox.views import bodies
from mailbox.views.place import person
from mssweb import crypto
from mssweb.audit.record import ERROR, record

_INERT: dict[str, list[str] | str] = {"default-src": ["'none'"], "sandbox": "", "frame-ancestors": ["'none'"]}
_IMAGES = frozenset(  # as declared; bytes decide
    """image/png image/jpeg image/gif image/webp image/jpg image/pjpeg image/x-png image/bmp image/x-ms-bmp
    image/tiff image/heic image/heif""".split()
)
# an <img> has no room for words of ours, and what its sender wrote in its stead is not shown with it
_NO_PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="180" height="40" viewBox="0 0 180 40">'
    '<rect x=".5" y=".5" width="179" height="39" rx="6" fill="#f6f8f7" stroke="#c3cec8"/>'
    '<text x="90" y="25" text-anchor="middle" font-family="sans-serif" font-size="13" fill="#45524c">'
    "Image non affichée</text></svg>"
).encode()


@require_GET
@never_cache
def file(request: HttpRequest, mailbox_id: UUID, message_id: UUID, number: str) -> HttpResponse:
    """A file to be saved, or the page that says that its sealed bytes do not open any more."""
    mailbox, message = _message(request, mailbox_id, message_id)
    try:
        part = _part(mailbox, message, number)
        if is_infected(mailbox, message, number):
            return kept_apart(request, message)
        data = bytes_of(mailbox, message, part)
    except crypto.Unreadable:
        _tell(request, message)
        return render(request, "mailbox/unreadable.html", {"back": message}, status=410)
    record("document.download", request=request, mailbox_id=mailbox_id, subject=("message", message.pk), part=number)
    return saved(request, part.filename or f"piece-{part.number}", data)


def is_infected(mailbox: Mailbox, message: Message, number: str) -> bool:
    """The antivirus recognised something in that file: kept apart, whoever asks."""
    return number in facts.infected(message, mailbox.keys)


def kept_apart(request: HttpRequest, message: Message) -> HttpResponse:
    return render(request, "mailbox/documents/infected.html", {"back": message}, status=403)


@csp_override(_INERT)
def saved(request: HttpRequest, name: str, data: bytes) -> HttpResponse:
    """Always saved: no type of the sender's choosing is believed (RFC 6266)."""
    response = HttpResponse(data, content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


@require_GET
@never_cache
@csp_override(_INERT)
def image(request: HttpRequest, mailbox_id: UUID, message_id: UUID, number: str) -> HttpResponse:
    """An image that the body shows through `cid:`; what is no picture is not there."""
    mailbox, message = _message(request, mailbox_id, message_id)
    try:
        part = _part(mailbox, message, number)
        data = b"" if is_infected(mailbox, message, number) else bytes_of(mailbox, message, part)
    except crypto.Unreadable:
        _tell(request, message)
        raise Http404 from None
    return drawn_again(data if part.content_id and part.content_type in _IMAGES else b"")


@require_GET
@never_cache
@csp_override(_INERT)
def embedded(request: HttpRequest, mailbox_id: UUID, message_id: UUID, member: int) -> HttpResponse:
    """An image that stands in the body itself, as a data: URL, by its place there."""
    mailbox, message = _message(request, mailbox_id, message_id)
    try:
        return drawn_again(bodies.embedded(mailbox, message, member))
    except crypto.Unreadable:
        _tell(request, message)
        raise Http404 from None


def drawn_again(data: bytes, *, status: int = 404) -> HttpResponse:
    """The picture that the quarantine made of it; else one that says that there is none, and `status`."""
    try:
        shown = runner.show(data) if data else b""
    except runner.Refused:
        shown = b""
    return picture(shown, "image/webp") if shown else no_picture(status)


def no_picture(status: int) -> HttpResponse:
    """In the place of a picture: that there is none."""
    answer = picture(_NO_PICTURE, "image/svg+xml")
    answer.status_code = status
    return answer


def picture(data: bytes, content_type: str) -> HttpResponse:
    return HttpResponse(data, content_type=content_type, headers={"Cross-Origin-Resource-Policy": "same-origin"})


def _message(request: HttpRequest, mailbox_id: UUID, message_id: UUID) -> tuple[Mailbox, Message]:
    membership = access.access_mailbox(person(request), mailbox_id)
    return membership.mailbox, access.access_message(membership, message_id)


def _part(mailbox: Mailbox, message: Message, number: str) -> Part:
    part = open_summary(message, mailbox.keys).part(number)
    if part is None:
        raise Http404
    return part


def bytes_of(mailbox: Mailbox, message: Message, part: Part) -> bytes:
    return decoded_body(blobs.read_range(message.blob, mailbox, part.offset, part.length), part)


def _tell(request: HttpRequest, message: Message) -> None:
    told = ("message", message.pk)
    record("message.unreadable", request=request, mailbox_id=message.mailbox_id, subject=told, result=ERROR)
