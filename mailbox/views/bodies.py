"""The readable body of a message as inert HTML: rich text cleaned, plain text with links, else its first bytes raw."""

from dataclasses import dataclass
from urllib.parse import unquote

from django.urls import reverse
from django.utils.html import escape

from mailbox import blobs
from mailbox.mime.links import Door
from mailbox.mime.parse import body_text
from mailbox.mime.sanitize import Inert, clean, data_images, nowhere, plain_to_html
from mailbox.mime.threads import is_forward
from mailbox.mime.values import Part
from mailbox.mime.words import loose_base64
from mailbox.models import Mailbox, Message
from mailbox.summary import Summary, open_summary
from mssweb import crypto
from mssweb.audit.record import ERROR, record

_MOST_ADDRESSES = 200
_MOST_IMAGES = 100  # that stand in the page itself
_RAW_SHOWN = 100_000  # bytes of a message that could not be dissected


@dataclass(frozen=True, slots=True, repr=False)
class Body:
    """`kind`: html, plain, raw, or none with the sentence that says why."""

    kind: str
    html: Inert
    blocked: int = 0
    is_cut: bool = False
    said: str = ""
    author: str = ""  # the address that it shows as its sender's


class Letterbox:
    """The addresses that a body names, by their order: a URL of ours tells the number of one, never the address."""

    def __init__(self, message: Message) -> None:
        self.message = message
        self.addresses: list[str] = []

    def __call__(self, address: str) -> str | None:
        """The URL of a new message to it (links.Door)."""
        if address not in self.addresses:
            if len(self.addresses) >= _MOST_ADDRESSES:
                return None
            self.addresses.append(address)
        number = self.addresses.index(address)
        return reverse("mailbox:write_to", args=[self.message.mailbox_id, self.message.pk, str(number)])


class _Embedded:
    """Images that stand in a body as data: URLs, by their order: a URL of ours tells the number of one."""

    def __init__(self, message: Message) -> None:
        self.message, self.count = message, 0

    def __call__(self, _: str) -> str | None:
        self.count += 1
        if self.count > _MOST_IMAGES:
            return None
        return reverse("mailbox:embedded", args=[self.message.mailbox_id, self.message.pk, self.count - 1])


def embedded(mailbox: Mailbox, message: Message, number: int) -> bytes:
    """What its data: URL holds, b"" when there is no such image. crypto.Unreadable for a message that does not open."""
    told = open_summary(message, mailbox.keys)
    found = data_images(_text(mailbox, message, told.html), most=_MOST_IMAGES) if told.html else []
    return loose_base64(unquote(found[number].partition(",")[2]).encode()) if number < len(found) else b""


def body_of(mailbox: Mailbox, message: Message, *, mailto: Door = nowhere, remote: Door = nowhere) -> Body:
    """`mailto`: where its addresses of mail lead, for who may write. `remote`: our URL of a remote image, once let in."""
    try:
        return _body(mailbox, message, open_summary(message, mailbox.keys), mailto, remote)
    except crypto.Unreadable:
        record("message.unreadable", mailbox_id=mailbox.pk, subject=("message", message.pk), result=ERROR)
        said = "Ce message est abîmé : son contenu scellé ne s’ouvre plus. L’exploitant de la messagerie est prévenu."
        return Body("none", Inert(""), said=said)


def _body(mailbox: Mailbox, message: Message, told: Summary, mailto: Door, remote: Door) -> Body:
    is_new = is_forward(told.subject)
    if told.html:
        source = _text(mailbox, message, told.html)
        cleaned = clean(
            source, lambda content_id: _image(message, told, content_id), remote=remote, mailto=mailto,
            data=_Embedded(message), is_forward=is_new,
        )  # fmt: skip
        return Body("html", cleaned.html, cleaned.blocked, cleaned.is_cut, author=told.author.addr_spec)
    if told.text and (text := _text(mailbox, message, told.text).rstrip()):
        return Body("plain", plain_to_html(text, mailto, is_forward=is_new))
    if "undissected" in message.warnings:
        raw = blobs.read_range(message.blob, mailbox, 0, _RAW_SHOWN).decode("utf-8", "replace")
        return Body("raw", Inert(escape(raw.replace("\0", "\N{REPLACEMENT CHARACTER}"))))
    said = "Ce message ne contient que des pièces jointes." if told.files else "Ce message est vide."
    return Body("none", Inert(""), said=said)


def _text(mailbox: Mailbox, message: Message, part: Part) -> str:
    return body_text(blobs.read_range(message.blob, mailbox, part.offset, part.length), part)[0]


def _image(message: Message, told: Summary, content_id: str) -> str | None:
    """The URL of an image of this very message."""
    pictures = (p for p in told.files if p.content_id == content_id and p.content_type.startswith("image/"))
    part = next(pictures, None)  # of two that are named alike, the first
    if part is None:
        return None
    return reverse("mailbox:image", args=[message.mailbox_id, message.pk, part.number])
