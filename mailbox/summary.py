"""What lists and headers show of a message, sealed as one box: who, subject, snippet, and the map of its parts.

A value and its two directions (parsed message -> summary, box <-> summary). The body stays in the raw bytes: the part
map says where, so that one attachment is opened without the rest.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from mailbox.mime.values import MAX_FILES, Address, ParsedMessage, Part
from mailbox.models import MailboxKeys, Message
from mssweb import crypto

_MAX_PEOPLE = 200  # addresses kept for the screen, a header; the raw message has them all


@dataclass(frozen=True, slots=True)
class Summary:
    """`subject` is raw (the XDM prefix kept, ECO.3.1.3 hides it on screen); times are ISO 8601 or ''."""

    subject: str = ""
    from_: tuple[Address, ...] = ()
    sender: Address | None = None
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()  # of what was sent from here; never in the raw message
    mail_from: str = ""  # envelope
    snippet: str = ""
    message_id: str = ""
    references: tuple[str, ...] = ()
    text: Part | None = None
    html: Part | None = None
    files: tuple[Part, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def author(self) -> Address:
        """Who wrote, for the screen."""
        return self.from_[0] if self.from_ else Address("", self.mail_from)

    def part(self, number: str) -> Part | None:
        """The part of that number among those this message shows."""
        parts = (*self.files, *(part for part in (self.text, self.html) if part))
        return next((part for part in parts if part.number == number), None)


def of(parsed: ParsedMessage, *, mail_from: str = "", bcc: Iterable[Address] = ()) -> Summary:
    """The summary of a parsed message, bounded."""
    return Summary(
        subject=parsed.subject[:1000],
        from_=parsed.from_[:_MAX_PEOPLE],
        sender=parsed.sender,
        reply_to=parsed.reply_to[:_MAX_PEOPLE],
        to=parsed.to[:_MAX_PEOPLE],
        cc=parsed.cc[:_MAX_PEOPLE],
        bcc=tuple(bcc)[:_MAX_PEOPLE],
        mail_from=mail_from,
        snippet=parsed.snippet,
        message_id=parsed.message_id,
        references=tuple(dict.fromkeys((*parsed.references, *parsed.in_reply_to)))[-50:],
        text=parsed.text_part,
        html=parsed.html,
        files=parsed.attachments[:MAX_FILES],
        headers=parsed.headers,
    )


def seal(summary: Summary, *, keys: MailboxKeys, mailbox_id: UUID, message_id: UUID) -> bytes:
    return crypto.seal(keys.summary, json.dumps(_plain(summary)).encode(), _context(mailbox_id, message_id))


def unseal(box: bytes, *, keys: MailboxKeys, mailbox_id: UUID, message_id: UUID) -> Summary:
    """crypto.Unreadable when the box was altered, moved, or is of another mailbox."""
    return _summary(json.loads(crypto.unseal(keys.summary, box, _context(mailbox_id, message_id))))


def open_summary(message: Message, keys: MailboxKeys) -> Summary:
    return unseal(bytes(message.summary_box), keys=keys, mailbox_id=message.mailbox_id, message_id=message.pk)


def sent_at(parsed: ParsedMessage) -> datetime | None:
    """Its Date, when it is one that a database can hold."""
    return parsed.date if parsed.date and 1970 <= parsed.date.year < 9999 else None


def _context(mailbox_id: UUID, message_id: UUID) -> str:
    return f"message:{mailbox_id}:{message_id}:summary"


type _Row = list[str | int]
type _Plain = dict[str, str | list[str] | list[_Row] | _Row | dict[str, str] | None]


def _person(address: Address) -> _Row:
    return [address.display_name, address.addr_spec]


def _part(part: Part) -> _Row:
    return [getattr(part, name) for name in Part.__slots__]


def _plain(summary: Summary) -> _Plain:
    """Lists rather than dictionaries: half the bytes, and the slots give the order."""
    return {
        "subject": summary.subject,
        "from": [_person(a) for a in summary.from_],
        "sender": _person(summary.sender) if summary.sender else None,
        "reply_to": [_person(a) for a in summary.reply_to],
        "to": [_person(a) for a in summary.to],
        "cc": [_person(a) for a in summary.cc],
        "bcc": [_person(a) for a in summary.bcc],
        "mail_from": summary.mail_from,
        "snippet": summary.snippet,
        "message_id": summary.message_id,
        "references": list(summary.references),
        "text": _part(summary.text) if summary.text else None,
        "html": _part(summary.html) if summary.html else None,
        "files": [_part(p) for p in summary.files],
        "headers": dict(summary.headers),
    }


def _summary(plain: dict[str, list[str]]) -> Summary:  # shapes are those of _plain: we sealed it ourselves
    def people(name: str) -> tuple[Address, ...]:
        return tuple(Address(*row) for row in plain[name])

    def part(name: str) -> Part | None:
        return Part(*plain[name]) if plain[name] else None  # type: ignore[arg-type]  # a row of _part

    return Summary(
        subject=str(plain["subject"]),
        from_=people("from"),
        sender=Address(*plain["sender"]) if plain["sender"] else None,
        reply_to=people("reply_to"),
        to=people("to"),
        cc=people("cc"),
        bcc=people("bcc"),
        mail_from=str(plain["mail_from"]),
        snippet=str(plain["snippet"]),
        message_id=str(plain["message_id"]),
        references=tuple(plain["references"]),
        text=part("text"),
        html=part("html"),
        files=tuple(Part(*row) for row in plain["files"]),
        headers=dict(plain["headers"]),  # type: ignore[arg-type]  # a dictionary
    )
