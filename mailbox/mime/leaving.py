"""What every message that leaves has in its header, and what none has (RFC 6409 §8, RFC 5322 §3.6).

A Message-ID, a Date and, when we have one, our product's reference. No Bcc, no Return-Path (RFC 5321 §4.4). Everything else
passes unchanged: X-MSS-*, Disposition-Notification-To. No Received is added: that line traces what a server received by SMTP
(RFC 5321 §4.4), its grammar wants the address of whom it came from, and a person's network address is nobody's business.
"""

import re
from datetime import datetime

from mailbox.mime import headers
from mailbox.mime.compose import date, own_id, unstructured

_KEPT_BACK = re.compile(rb"(?im)^(?:bcc|resent-bcc|return-path)[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*\n?")


def ready(raw: bytes, *, message_id: str, sent_at: datetime, nil: str) -> bytes:
    """`message_id` (without <>), `sent_at`: for a message that has none. `nil`: settings.X_MSS_NIL, '' when not attributed."""
    fields = headers.read(raw, 0, limit=len(raw))
    head, body = raw[: fields.body_start], raw[fields.body_start :]
    given = {
        b"message-id": f"Message-ID: <{own_id(message_id)}>",
        b"date": f"Date: {date(sent_at)}",
        b"x-mss-nil": f"X-MSS-NIL: {unstructured(nil)}" if nil else "",  # ECO.2.4.3
    }
    added = "".join(f"{line}\r\n" for name, line in given.items() if line and not fields.first(name))
    kept = _KEPT_BACK.sub(b"", head)
    if not added and len(kept) == len(head):
        return raw
    return added.encode("ascii") + (kept or b"\r\n") + body
