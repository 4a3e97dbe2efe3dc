"""Messages one after the other in a file that every mail program opens: mbox (RFC 4155), lines «From » quoted (mboxrd).

Pure, one message at a time. What was quoted is told from what was so already: each quoting adds one «>», so none is lost.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from mailbox.mime.compose import DAYS, MONTHS

_FROM = re.compile(rb"^(>*From )", re.MULTILINE)
_PIECE = 1 << 20  # bytes


def entry(raw: bytes, at: datetime, told: bytes = b"") -> Iterator[bytes]:
    """One message in pieces; `at` is when it came or left, aware, in UTC. Line ends become LF, as such files have.

    `told` are fields of the file itself, before those of the message (its marks: imports/mboxes.py).
    """
    when = f"{DAYS[at.weekday()]} {MONTHS[at.month - 1]} {at.day:2} {at:%H:%M:%S} {at.year:04}"
    yield f"From MAILER-DAEMON {when}\n".encode() + told
    text = _FROM.sub(rb">\1", raw.replace(b"\r\n", b"\n"))
    for start in range(0, len(text), _PIECE):
        yield text[start : start + _PIECE]
    yield b"\n" if text.endswith(b"\n") else b"\n\n"
