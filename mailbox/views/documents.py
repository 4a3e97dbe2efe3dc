"""Files of messages: downloaded, never rendered in our origin; images of a body, drawn inside its frame only."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_GET

from mailbox import access, blobs
from mailbox.mime.parse import decoded_body
from mailbox.mime.values import Part
from mailbox.models import Mailbox, Message
from mailbox.summary import open_summary
from mailbox.views.place import person
from mssweb import crypto
from mssweb.audit.record import ERROR, record

_INERT: dict[str, list[str] | str] = {"default-src": ["'none'"], "sandbox": "", "frame-ancestors": ["'none'"]}
_IMAGES = {"image/png", "image/jpeg", "image/gif", "image/webp"}  # raster only: an SVG is a program
_MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF")


@require_GET
@never_cache
@csp_override(_INERT)
def file(request: HttpRequest, mailbox_id: UUID, message_id: UUID, number: str) -> HttpResponse:
    """A file, always to be saved: no type, no name of the sender's choosing is believed (RFC 6266)."""
    mailbox, message, part = _part(request, mailbox_id, message_id, number)
    record("document.download", request=request, mailbox_id=mailbox_id, subject=("message", message.pk), part=number)
    response = HttpResponse(_bytes(mailbox, message, part), content_type="application/octet-stream")
    name = part.filename or f"piece-{number}"
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


@require_GET
@never_cache
@csp_override(_INERT)
def image(request: HttpRequest, mailbox_id: UUID, message_id: UUID, number: str) -> HttpResponse:
    """An image that the body shows through `cid:`; what is no picture is not there."""
    mailbox, message, part = _part(request, mailbox_id, message_id, number)
    if not part.is_inline_image or part.content_type not in _IMAGES:
        raise Http404
    data = _bytes(mailbox, message, part)
    if not data.startswith(_MAGIC):
        raise Http404
    return HttpResponse(data, content_type=part.content_type, headers={"Cross-Origin-Resource-Policy": "same-origin"})


def _part(request: HttpRequest, mailbox_id: UUID, message_id: UUID, number: str) -> tuple[Mailbox, Message, Part]:
    membership = access.access_mailbox(person(request), mailbox_id)
    message = access.access_message(membership, message_id)
    try:
        part = open_summary(message, membership.mailbox.keys).part(number)
    except crypto.Unreadable:
        part = None
    if part is None:
        raise Http404
    return membership.mailbox, message, part


def _bytes(mailbox: Mailbox, message: Message, part: Part) -> bytes:
    try:
        return decoded_body(blobs.read_range(message.blob, mailbox, part.offset, part.length), part)
    except crypto.Unreadable:
        record("message.unreadable", mailbox_id=mailbox.pk, subject=("message", message.pk), result=ERROR)
        raise Http404 from None
