"""Receipts (MDN): who asks for one and may have it, and the message that gives it, strictly valid (RFC 8098, RFC 6522).

Integration errors of health software travel the same way (reference client §6.1, §6.2). Decides nothing of consent, and
writes no clinical word of its own: the subject that goes back is the one that came.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailbox.mime.address import normalise, parse_addresses
from mailbox.mime.compose import (
    Entity,
    OutgoingFile,
    address_list,
    attachment,
    date,
    ended,
    multipart,
    own_id,
    text_part,
    thread_fields,
    unstructured,
)
from mailbox.mime.report import header_of, headers_part, is_report, one_line, typed
from mailbox.mime.values import Address, ParsedMessage

# Business codes of integration (reference client §6.2); the labels are ours, of the meanings given there
CODES: Mapping[str, str] = {
    "900": "Version du document à remplacer ou à supprimer incorrecte",
    "901": "Auteur non autorisé à remplacer ou à supprimer",
    "902": "Patient inconnu",
    "903": "INS absente du document",
    "904": "INS ou traits différents de ceux connus",
    "905": "INS incomplète : matricule sans tous les traits",
    "906": "Autre erreur",
}
UNSAID = "?"  # an error whose code is none of these
DISPLAYED, PROCESSED = "displayed", "processed"
DISPOSITIONS = frozenset({DISPLAYED, PROCESSED, "dispatched", "deleted"})
_KO = re.compile(
    r"\s*+\[\s*+(?:KO\s++int[ée]gration\s++syst[èe]me|erreur\s++d.int[ée]gration)\s*+!?\s*+\](?:\s*+\[\s*+(\d{3})\s*+\])?\s*+",
    re.I,
)
_BULK = frozenset({"bulk", "list", "junk"})
_MOST = 5  # addresses that may be told
_MAX_ORIGINAL = 20 * 1024 * 1024
_LONG_LINE = re.compile(rb"[^\n]{999}")  # RFC 5322 §2.1.1


@dataclass(frozen=True, slots=True)
class Asked:
    """A read receipt is asked for: by whom, and whether it may leave without a person's consent."""

    to: tuple[str, ...]
    may_be_automatic: bool


def asked(headers: Mapping[str, str], mail_from: str) -> Asked | None:
    """None when nobody asks, or when none may ever be given: to a list, a null sender or a machine (RFC 8098 §2.1).

    Not automatic when the address is not the one that the envelope came from, or is not alone.
    """
    told = headers.get("disposition-notification-to", "")
    people = [normalise(a.addr_spec) for a in parse_addresses(told) if "@" in a.addr_spec][:_MOST]
    automatic = headers.get("auto-submitted", "no").partition(";")[0].strip().lower()
    is_bulk = "list-id" in headers or headers.get("precedence", "").strip().lower() in _BULK
    if not people or not mail_from or is_bulk or automatic != "no":
        return None
    return Asked(tuple(dict.fromkeys(people)), set(people) == {normalise(mail_from)})


def is_asked(parsed: ParsedMessage, mail_from: str) -> bool:
    """The same of a whole message: a receipt never asks for another."""
    return asked(parsed.headers, mail_from) is not None and not is_report(parsed)


def error_code(error: str) -> str:
    """The code of «902^Patient inconnu», `UNSAID` of another error, '' when there is none."""
    code = error.strip()[:3]
    return "" if not error.strip() else code if code in CODES else UNSAID


def error_of_subject(subject: str) -> str:
    """The code of «[KO Intégration système !][902] …», `UNSAID` without one, '' when the subject tells no error."""
    match = _KO.match(subject[:300])
    return "" if match is None else match[1] if match[1] in CODES else UNSAID


def without_error(subject: str) -> str:
    """The subject that was sent, behind the mark of an error."""
    return subject[match.end() :] if (match := _KO.match(subject[:300])) else subject


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """What is given back. `mode` is «manual-action/MDN-sent-manually» or another of RFC 8098 §3.2.6.1."""

    from_: Address
    to: tuple[str, ...]
    subject: str
    text: str
    mode: str
    kind: str = DISPLAYED
    code: str = ""  # of an integration error
    original: bytes  # the message that was received
    original_id: str  # without <>
    files: tuple[OutgoingFile, ...] = ()
    software: str
    message_id: str
    now: datetime


def compose_receipt(receipt: Receipt) -> bytes:
    """A multipart/report of exactly three parts (RFC 6522 §3), the files in its first one, for people."""
    error = _plain(f"{receipt.code}^{CODES[receipt.code]}") if receipt.code else ""
    notice = [
        f"Reporting-UA: {one_line(receipt.software)}",
        f"Final-Recipient: {typed(receipt.from_.addr_spec)}",
        *([f"Original-Message-ID: <{one_line(receipt.original_id)}>"] if receipt.original_id else []),
        f"Disposition: {receipt.mode}; {receipt.kind}{f'/Error: {error}' if error else ''}",
        *([f"Error: {error}"] if error else []),  # RFC 8098 §3.2.7
        "",
    ]
    told = Entity(("Content-Type: message/disposition-notification",), "\r\n".join(notice).encode("ascii"))
    parts = (_human(receipt), told, _original(receipt) if receipt.code else headers_part(header_of(receipt.original)))
    body = multipart("report", parts, receipt.message_id, "report-type=disposition-notification")
    automatic = "auto-replied" if "automatically" in receipt.mode else ""
    return bytes(Entity((*_fields(receipt, automatic), *body.header), ended(body.body)))


def compose_error(receipt: Receipt) -> bytes:
    """An integration error to who asked for no receipt: a plain message with the original and its documents (§6.1)."""
    parts = (text_part(receipt.text), _original(receipt), *map(attachment, receipt.files))
    body = multipart("mixed", parts, receipt.message_id)
    return bytes(Entity((*_fields(receipt, ""), *body.header), ended(body.body)))


def error_subject(code: str, subject: str) -> str:
    """The mark of an error before the subject that came, whose prefix XDM/1.0/DDM+ stays (reference client §6.1)."""
    return f"[KO Intégration système !][{code}] {subject}"


def _fields(receipt: Receipt, automatic: str) -> Iterator[str]:
    yield f"Date: {date(receipt.now)}"
    yield f"From: {address_list((receipt.from_,))}"
    yield f"To: {address_list(Address('', address) for address in receipt.to)}"
    yield f"Subject: {unstructured(' '.join(receipt.subject.split())[:2000])}"
    yield f"Message-ID: <{own_id(receipt.message_id)}>"
    ids: Sequence[str] = (receipt.original_id,) if receipt.original_id else ()
    yield from thread_fields(ids, ids)
    yield "MIME-Version: 1.0"
    if automatic:
        yield f"Auto-Submitted: {automatic}"  # RFC 3834 §5


def _human(receipt: Receipt) -> Entity:
    text = text_part(receipt.text)
    if not receipt.files:
        return text
    return multipart("mixed", (text, *map(attachment, receipt.files)), receipt.message_id)


def _original(receipt: Receipt) -> Entity:
    """The whole message when it can stand in another one as it is (RFC 2046 §5.2.1), else its header."""
    raw = receipt.original
    pairs = raw.count(b"\r\n")
    is_clean = raw.count(b"\n") == raw.count(b"\r") == pairs and b"\0" not in raw and not _LONG_LINE.search(raw)
    if len(raw) > _MAX_ORIGINAL or not is_clean:
        return headers_part(header_of(raw))
    encoding = "7bit" if raw.isascii() else "8bit"
    return Entity(("Content-Type: message/rfc822", f"Content-Transfer-Encoding: {encoding}"), ended(raw))


def _plain(label: str) -> str:
    """Without accents: fields of a report are ASCII."""
    return one_line(unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode())
