"""What is asked of one message beside its body: all of its header, its source, its file, a letter to an address it names.

Header and source are inert text of our own pages, where patients' addresses are masked; the file has the exact bytes.
"""

from collections.abc import Iterator
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_GET
from uuid_utils.compat import uuid7

from mailbox import access, blobs, drafts
from mailbox.drafts import DraftText
from mailbox.mime import headers
from mailbox.mime.address import mask_patients
from mailbox.mime.words import decoded, text
from mailbox.models import Mailbox, Message
from mailbox.views import bodies, form
from mailbox.views.place import Place, inside
from mssweb import streaming
from mssweb.audit.record import record

_INERT: dict[str, list[str] | str] = {"default-src": ["'none'"], "sandbox": "", "frame-ancestors": ["'none'"]}
_HEADER_SHOWN = 256 * 1024  # bytes
_SOURCE_SHOWN = 2_000_000  # bytes on a page; the file has all of them
_MOST_FIELDS = 500
_LONGEST = 4_000  # characters of one field


@require_GET
@inside()
def header(request: HttpRequest, place: Place, message_id: UUID) -> HttpResponse:
    """Every field as it came, in its order, encoded words read (RFC 2047)."""
    message = _opened(request, place, message_id, "message.header")
    raw = blobs.read_range(message.blob, place.mailbox, 0, min(message.size, _HEADER_SHOWN))
    fields = _fields(raw)
    seen = {"shell": place.at("header"), "message": message, "fields": fields[:_MOST_FIELDS], "count": len(fields)}
    return render(request, "mailbox/reading/header.html", seen)


def _fields(raw: bytes) -> list[tuple[str, str]]:
    found = headers.in_order(raw, most=_MOST_FIELDS + 1, longest=_LONGEST)
    return [(text(name), mask_patients(decoded(text(value)))) for name, value in found]


@require_GET
@csp_override(_INERT)
@inside()
def source(request: HttpRequest, place: Place, message_id: UUID) -> HttpResponseBase:
    """The message as it travelled, as text that no browser takes for anything else; its first two million bytes."""
    message = _opened(request, place, message_id, "message.source")
    return streaming.shown(request, _text(place.mailbox, message), content_type="text/plain; charset=utf-8")


def _text(mailbox: Mailbox, message: Message) -> Iterator[bytes]:
    """Whole lines, so that an address is masked wherever the pieces end; what is no UTF-8 is shown as Windows-1252."""
    rest = b""
    for piece in blobs.pieces(message.blob, mailbox, min(message.size, _SOURCE_SHOWN)):
        lines, newline, rest = (rest + piece).rpartition(b"\n")
        yield mask_patients(text(lines + newline)).encode()
    yield mask_patients(text(rest)).encode()
    if message.size > _SOURCE_SHOWN:
        yield "\n\n[La suite n’est pas affichée : téléchargez le message.]\n".encode()


@require_GET
@csp_override(_INERT)
@inside()
def eml(request: HttpRequest, place: Place, message_id: UUID) -> HttpResponseBase:
    """The message as a file, byte for byte. Told to the audit before the first of them."""
    message = _opened(request, place, message_id, "message.download")
    pieces = blobs.pieces(message.blob, place.mailbox, message.size)
    return streaming.attachment(request, pieces, name=f"message-{message.pk}.eml", content_type="message/rfc822")


def _opened(request: HttpRequest, place: Place, message_id: UUID, action: str) -> Message:
    """It is an opening, and its own event beside."""
    message = access.access_message(place.membership, message_id)
    _ = place.mailbox.keys  # what does not open is a page, not a file that is cut
    access.open_message(request, place.membership, message, again=False)
    record(action, request=request, mailbox_id=place.mailbox.pk, subject=("message", message.pk))
    return message


@require_GET
@inside(send=True)
def write_to(request: HttpRequest, place: Place, message_id: UUID, number: str) -> HttpResponse:
    """A new message to the address of that number in the body (bodies.Letterbox): no address is in a URL."""
    message = access.access_message(place.membership, message_id)
    named = bodies.Letterbox(message)
    bodies.body_of(place.mailbox, message, mailto=named)
    if not number.isascii() or not number.isdigit() or int(number[:4]) >= len(named.addresses):
        raise Http404
    begun = drafts.begun(place.mailbox, DraftText(to=named.addresses[int(number[:4])]))
    return form.show(request, place, uuid7(), begun, version=0)
