"""What Mon espace santé returns without a delivery report: a message in French, or that of a mail server (reference §7).

Only the two subjects and the four causes are known to us, not the exact words: they are looked for loosely, in a bounded
text. Believing it is the caller's: who brought it, and whether we sent what it is about.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from mailbox.mime import headers, words
from mailbox.mime.parse import decoded_body
from mailbox.mime.report import is_report
from mailbox.mime.values import ParsedMessage

_SUBJECT = re.compile(r"\s*+(?:message\s++non\s++distribu[ée]|undelivered\s++mail\s++returned\s++to\s++sender)", re.I)
_READ = 20_000  # characters, and bytes of what came back
_ID = re.compile(r"message-id\s*+:\s*+<([^<>\s]{1,250}+)>", re.I)


class Cause(StrEnum):
    SIZE = "size"
    CLOSED = "closed"
    UNKNOWN_PATIENT = "unknown patient"
    INVALID = "invalid address"
    UNSAID = "unsaid"


_SIZE = (
    r"25\s?mo\b|trop (?:volumineu|lourd|gros)|taille (?:maximale|du message)|(?:message|file) size|too (?:large|big)"
)
_CAUSES = (
    (Cause.SIZE, re.compile(_SIZE, re.I)),
    (Cause.CLOSED, re.compile(r"ferm[ée]|cl[ôo]tur|d[ée]sactiv", re.I)),
    (Cause.UNKNOWN_PATIENT, re.compile(r"introuvable|inconnu|n.existe pas|non trouv|user unknown|not found", re.I)),
    (Cause.INVALID, re.compile(r"invalide|n.est pas valide|incorrecte|bad address|syntax", re.I)),
)


@dataclass(frozen=True, slots=True)
class Bounce:
    """Message-IDs without <> that it speaks of, nearest first, the cause, and its words for a search of the address."""

    message_ids: tuple[str, ...]
    cause: Cause
    text: str


def parse_bounce(raw: bytes, parsed: ParsedMessage) -> Bounce | None:
    """None when it is no such message, or a report that says it in the standard's way. Never raises."""
    if not _SUBJECT.match(parsed.subject[:200]) or is_report(parsed):
        return None
    text = parsed.text[:_READ]
    returned = [_returned_id(raw, parsed), *_ID.findall(text), *parsed.in_reply_to, *reversed(parsed.references)]
    cause = next((cause for cause, said in _CAUSES if said.search(text)), Cause.UNSAID)
    return Bounce(tuple(dict.fromkeys(i for i in returned if i))[:20], cause, text)


def _returned_id(raw: bytes, parsed: ParsedMessage) -> str:
    """Of the message or header that came back with it."""
    for part in parsed.parts:
        if part.content_type in {"message/rfc822", "text/rfc822-headers"}:
            body = decoded_body(raw[part.offset : part.offset + min(part.length, _READ)], part)
            fields = headers.read(body, 0, limit=headers.PART_LIMIT)
            return words.printable(words.text(fields.first(b"message-id"))).strip("<> \t")[:250]
    return ""
