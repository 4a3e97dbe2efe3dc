"""What a message is once read: addresses, parts as ranges of the raw bytes, and the parsed whole (RFC 5322, RFC 2045).

A part holds offsets, never bytes: one attachment is opened without the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

MAX_FILES = 200  # of a message, that screens name; the others are in its bytes


@dataclass(frozen=True, slots=True)
class Address:
    """`display_name` is decoded; `addr_spec` is as written, '' when the header gave a name alone."""

    display_name: str
    addr_spec: str

    def __str__(self) -> str:
        return self.display_name or self.addr_spec


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf of the MIME tree. `offset` and `length` are its body as it travelled, in the raw message."""

    number: str  # as in IMAP: "1", "2.1" (RFC 9051 §6.4.5.1)
    content_type: str  # lower case, "text/plain"
    charset: str  # as declared, lower case, '' when not
    encoding: str  # 7bit 8bit binary base64 quoted-printable, or what the sender invented
    disposition: str  # '' inline attachment
    filename: str  # cleaned: no path, no control characters
    content_id: str  # without <>
    offset: int
    length: int
    size: int  # decoded, estimated
    format: str = ""  # "flowed", "flowed delsp" (RFC 3676)

    @property
    def is_inline_image(self) -> bool:
        """An image that the HTML shows through `cid:`: not a file to a reader."""
        return bool(self.content_id) and self.disposition != "attachment" and self.content_type.startswith("image/")


@dataclass(frozen=True, slots=True)
class ParsedMessage:
    """`warnings` are codes of mailbox.mime.warnings; `headers` the few that screens and rules read, decoded."""

    subject: str = ""  # decoded, prefixes kept (ECO.3.1.3 hides on screen only)
    from_: tuple[Address, ...] = ()
    sender: Address | None = None
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    date: datetime | None = None
    message_id: str = ""  # without <>
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    text: str = ""  # readable; derived from the HTML when there is no other
    html: Part | None = None
    text_part: Part | None = None
    attachments: tuple[Part, ...] = ()  # every leaf that is not the body nor a machine's report
    parts: tuple[Part, ...] = ()  # all leaves
    warnings: tuple[str, ...] = ()
    snippet: str = ""  # at most 200 characters, nothing quoted
    headers: Mapping[str, str] = field(default_factory=dict)  # lower-case names
