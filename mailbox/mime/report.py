"""Reports about messages: what became of them written strictly (RFC 3464, 6522), receipts of others read tolerantly.

A report that is read is a claim of whoever sent it: the caller matches its ENVID and checks that the peer may speak for
the recipient. Reads delivery reports and dispositions (MDN, RFC 8098), the faulty ones of health software included.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mailbox.mime import headers, words
from mailbox.mime.address import normalise
from mailbox.mime.compose import (
    Entity,
    address_list,
    date,
    ended,
    multipart,
    own_id,
    quoted_printable,
    text_part,
    thread_fields,
    unstructured,
)
from mailbox.mime.parse import decoded_body
from mailbox.mime.values import Address, ParsedMessage, Part
from mailbox.reply import Reply

_MAX_ORIGINAL = 32 * 1024  # bytes of the header that goes back
_MAX_STATUS = 256 * 1024  # bytes of a report that are read
_MAX_RECIPIENTS = 1_000
_DELIVERY = frozenset({"message/delivery-status", "message/global-delivery-status"})
_DISPOSITION = frozenset({"message/disposition-notification", "message/global-disposition-notification"})
_ORIGINALS = frozenset({"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"})
_BLOCKS = re.compile(rb"(?:\r?\n[ \t]*+){2,}+")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}", re.ASCII)
_DIAGNOSTIC = re.compile(r"\s*+([245]\d\d)[ -]?\s*+([245]\.\d{1,3}\.\d{1,3})?\s*+(.*)", re.S | re.ASCII)
_XTEXT = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")  # RFC 6533 §3
_PRINTABLE = re.compile(r"[^ -~]+")


type Kind = Literal["failed", "delayed", "delivered", "relayed"]
_UNSAID = {"failed": "5.0.0", "delayed": "4.0.0", "delivered": "2.0.0", "relayed": "2.0.0"}  # RFC 3464 §2.3.4


@dataclass(frozen=True, slots=True)
class FailedRecipient:
    """One recipient of a report; `envid` is the id of our Recipient row, or what its sender gave (RFC 3461 §4.4).

    `original` is «type;address» as its sender wrote it (RFC 3461 §4.2), '' when it did not.
    """

    address: str
    reply: Reply
    envid: str
    original: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """What a report says of one recipient. `recipient` is normalised; `reply` is None when it quotes none."""

    recipient: str
    action: str  # failed delayed delivered relayed expanded, '' when the report does not say (RFC 3464 §2.3.3)
    status: str  # enhanced code, "5.1.1"
    envid: str  # ours, when the peer gives it back
    reply: Reply | None


@dataclass(frozen=True, slots=True)
class Report:
    """A delivery report (`recipients`) or a disposition, MDN (`disposition`, `reader`, `error`)."""

    kind: Literal["delivery", "disposition"]
    original_message_id: str = ""  # without <>
    recipients: tuple[DeliveryStatus, ...] = ()
    reader: str = ""  # final recipient of an MDN, normalised
    disposition: str = ""  # displayed deleted dispatched processed (RFC 8098 §3.2.6)
    is_automatic: bool = False
    error: str = ""  # "902^Patient inconnu" (reference client §6.1), '' when it went well


def failure_report(
    *,
    report_from: Address,
    to: Address,
    subject: str,
    original_headers: bytes,
    failed: Sequence[FailedRecipient],
    kind: Kind,
    text: str,
    mta: str,
    arrived_at: datetime,
    now: datetime,
    message_id: str,
    references: Sequence[str] = (),
) -> bytes:
    """A multipart/report in three parts: `text` for the person, RFC 3464 for programs, the header that was sent.

    Nothing more of the message goes back: RET=FULL is for what fails (RFC 3461 §4.3), and we refuse before we accept.
    """
    envids = {recipient.envid for recipient in failed}
    shared = envids.pop() if len(envids) == 1 else ""
    blocks = [
        "\r\n".join(_message_fields(mta, arrived_at, shared)),
        *("\r\n".join(_recipient_fields(r, kind, now, envid="" if shared else r.envid)) for r in failed),
    ]
    status = Entity(("Content-Type: message/delivery-status",), "\r\n\r\n".join((*blocks, "")).encode("ascii"))
    body = multipart(
        "report", (text_part(text), status, headers_part(original_headers)), message_id, "report-type=delivery-status"
    )
    fields = (
        f"Date: {date(now)}",
        f"From: {address_list((report_from,))}",
        f"To: {address_list((to,))}",
        f"Subject: {unstructured(subject)}",
        f"Message-ID: <{own_id(message_id)}>",
        *thread_fields(references),
        "MIME-Version: 1.0",
        "Auto-Submitted: auto-replied",  # RFC 3834 §5
    )
    return bytes(Entity((*fields, *body.header), ended(body.body)))


def _message_fields(mta: str, arrived_at: datetime, envid: str) -> Iterator[str]:
    if envid:
        yield f"Original-Envelope-Id: {one_line(envid)}"  # RFC 3464 §2.2.1
    yield f"Reporting-MTA: dns; {one_line(mta)}"
    yield f"Arrival-Date: {date(arrived_at)}"


def _recipient_fields(recipient: FailedRecipient, kind: Kind, now: datetime, *, envid: str) -> Iterator[str]:
    reply = recipient.reply
    if envid:  # the standard has one for all; ours is of each recipient
        yield f"X-Original-Envelope-Id: {one_line(envid)}"
    if recipient.original:  # RFC 3464 §2.3.1
        yield f"Original-Recipient: {one_line(recipient.original)}"
    yield f"Final-Recipient: {typed(recipient.address)}"
    yield f"Action: {kind}"
    unsaid = "4.0.0" if reply.is_temporary else _UNSAID[kind]
    yield f"Status: {reply.enhanced if _STATUS.fullmatch(reply.enhanced) else unsaid}"
    if kind in {"failed", "delayed"}:
        yield f"Diagnostic-Code: smtp; {one_line(str(reply))[:900]}"
    yield f"Last-Attempt-Date: {date(now)}"


def typed(address: str) -> str:
    """With its type: rfc822, or utf-8 (RFC 6533 §3)."""
    if address.isascii():
        return f"rfc822; {one_line(address)}"
    return "utf-8; " + "".join(c if c.isascii() else f"\\x{{{ord(c):X}}}" for c in address)  # RFC 6533 §3


def one_line(value: str) -> str:
    """On one line of ASCII: what a peer answered must not add a field."""
    return _PRINTABLE.sub(" ", value).strip()


def header_of(raw: bytes) -> bytes:
    """Its header alone, whatever its line ends: of what was received nothing else goes back unasked."""
    view = raw if b"\n" in raw else raw.replace(b"\r", b"\n")
    return raw[: headers.read(view, 0, limit=headers.MESSAGE_LIMIT).body_start]


def headers_part(header: bytes) -> Entity:
    """The header of what was sent, cut at a line end; Bcc never was in it."""
    data = header[:_MAX_ORIGINAL].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if len(header) > _MAX_ORIGINAL:
        data = data[: data.rfind(b"\n") + 1]
    kind = "Content-Type: text/rfc822-headers; charset=utf-8"
    return Entity((kind, "Content-Transfer-Encoding: quoted-printable"), quoted_printable(data))


def is_report(parsed: ParsedMessage) -> bool:
    return any(part.content_type in _DELIVERY | _DISPOSITION for part in parsed.parts)


def is_receipt(parsed: ParsedMessage) -> bool:
    """Does it say that a message was read, or not (RFC 8098)?"""
    return any(part.content_type in _DISPOSITION for part in parsed.parts)


def parse_report(raw: bytes, parsed: ParsedMessage) -> Report | None:
    """What a message reports, None when it is no report. Never raises."""
    for part in parsed.parts:
        if part.content_type in _DELIVERY:
            return _delivery(raw, parsed, part)
        if part.content_type in _DISPOSITION:
            return _read_disposition(raw, parsed, part)
    return None


def _delivery(raw: bytes, parsed: ParsedMessage, part: Part) -> Report:
    blocks = [_fields(block) for block in _BLOCKS.split(_body(raw, part).strip())[: _MAX_RECIPIENTS + 1]]
    envid = next((block["original-envelope-id"] for block in blocks if "original-envelope-id" in block), "")
    statuses = (_status(block, envid) for block in blocks if _recipient(block))
    return Report("delivery", original_id(raw, parsed), recipients=tuple(statuses))


def _status(block: dict[str, str], envid: str) -> DeliveryStatus:
    status = _STATUS.search(block.get("status", ""))
    return DeliveryStatus(
        recipient=_recipient(block),
        action=block.get("action", "").lower().partition(" ")[0][:20],
        status=status[0] if status else "",
        envid=block.get("x-original-envelope-id", envid)[:100],
        reply=_reply(block.get("diagnostic-code", "")),
    )


def _reply(diagnostic: str) -> Reply | None:
    kind, semicolon, told = diagnostic.partition(";")
    match = _DIAGNOSTIC.match(told if semicolon and "smtp" in kind.lower() else diagnostic)
    return Reply(int(match[1]), match[2] or "", match[3][:500], is_ours=False) if match else None


def _recipient(block: dict[str, str]) -> str:
    """The address as we wrote it, when the peer gives it, else the final one; its type dropped."""
    value = block.get("original-recipient") or block.get("final-recipient") or ""
    kind, semicolon, address = value.partition(";")
    if not semicolon:
        address = kind
    address = _XTEXT.sub(lambda m: _character(int(m[1], 16)), address)
    return normalise(words.printable(address).strip("<> \t"))[:320]


def _character(point: int) -> str:
    """Half of a surrogate pair is no character: it would break whatever writes it down."""
    return chr(point) if point < 0xD800 or 0xE000 <= point < 0x110000 else ""


def _read_disposition(raw: bytes, parsed: ParsedMessage, part: Part) -> Report:
    block = _fields(_body(raw, part).strip())
    mode, _, told = block.get("disposition", "").partition(";")
    kind, _, modifier = told.strip().partition("/")
    error = modifier.partition(":")[2] if modifier.lower().startswith("error") else ""
    ids = (block.get("original-message-id", ""), *parsed.in_reply_to[:1], *parsed.references[-1:])
    return Report(
        "disposition",
        next((i.strip("<> \t") for i in ids if i), "") or original_id(raw, parsed),
        reader=_recipient(block),
        disposition=kind.strip().lower()[:20],
        is_automatic="automatic" in mode.lower(),
        error=(error or block.get("error", "")).strip()[:500],
    )


def _body(raw: bytes, part: Part) -> bytes:
    return decoded_body(raw[part.offset : part.offset + min(part.length, _MAX_STATUS)], part)


def _fields(block: bytes) -> dict[str, str]:
    read = headers.read(block + b"\n\n", 0, limit=headers.PART_LIMIT)
    return {name.decode("ascii"): words.decoded(words.text(values[0])) for name, values in read.values.items()}


def original_id(raw: bytes, parsed: ParsedMessage) -> str:
    """The Message-ID, without <>, of the message or header that came back; '' when none did."""
    for part in _originals(parsed.parts):
        fields = headers.read(_body(raw, part), 0, limit=headers.PART_LIMIT)
        found = words.printable(words.text(fields.first(b"message-id"))).strip("<> \t")
        if found:
            return found[:250]
    return ""


def _originals(parts: Iterable[Part]) -> Iterator[Part]:
    return (part for part in parts if part.content_type in _ORIGINALS)
