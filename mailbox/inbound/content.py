"""The bytes of one message as they come, line by line (DATA) or in counted octets (BDAT, RFC 3030). Pure, bounded.

Content is kept as it is. Only CRLF.CRLF ends DATA; what BDAT brings ends where its count says, whatever is in it: a bare
CR or LF, a NUL, a lone dot, a last line without CRLF. Beyond `max_size` nothing is kept, and the end is still found.
"""

import re
from dataclasses import dataclass, field

_END = b"\r\n.\r\n"
MAX_RECEIVED = (
    50  # lines of trace: RFC 5321 §6.3 wants at least 100 hops where one counts; 50 are never met in a closed circle
)
MAX_BY_US = 3  # we relay nothing: a letter comes back only by those who forward it to us, and four times is a ring
_HEAD = 64 * 1024  # octets of header looked at: the newest lines of trace come first
_FIELD = re.compile(rb"^received:([^\n]*+(?:\n[ \t][^\n]*+)*+)", re.I | re.M)
_BY = re.compile(rb"\sby\s++([^\s;()]+)", re.I)


@dataclass(slots=True)
class Content:
    """At most `max_size` octets and what ends them. Each octet is looked at once."""

    max_size: int
    is_too_large: bool = False
    _kept: bytearray = field(default_factory=bytearray)
    _scanned: int = 0
    _left: int = 0  # octets of the chunk that have not come

    def __len__(self) -> int:
        return len(self._kept)

    def begin_lines(self) -> None:
        self._kept += b"\r\n"  # so that a lone dot on the first line ends an empty message

    def take_lines(self, came: bytearray) -> bool:
        """Move what came; True when CRLF.CRLF has, and what follows it stays in `came`."""
        self._kept += came
        came.clear()
        at = self._kept.find(_END, max(0, self._scanned - len(_END) + 1))
        if at == -1:
            self._scanned = len(self._kept)
            if len(self._kept) - 2 > self.max_size:
                self.is_too_large = True
                del self._kept[: -len(_END) + 1]  # go on to the end without keeping it
                self._scanned = 0
            return False
        came += self._kept[at + len(_END) :]
        del self._kept[at + 2 :]
        self.is_too_large = self.is_too_large or len(self._kept) - 2 > self.max_size
        return True

    def lines(self) -> bytes:
        """The message of DATA, its dots unstuffed (RFC 5321 §4.5.2)."""
        message = bytes(self._kept[2:]).replace(b"\r\n.", b"\r\n")
        return message[1:] if message[:1] == b"." else message

    def begin_chunk(self, size: int) -> None:
        self._left = size
        if len(self._kept) + size > self.max_size:
            self.drop()

    def drop(self) -> None:
        """Keep nothing more of this message."""
        self.is_too_large = True
        self._kept.clear()

    def take_octets(self, came: bytearray) -> bool:
        """Move what came; True when the chunk is whole, and what follows it stays in `came`."""
        taken = min(self._left, len(came))
        if not self.is_too_large:
            self._kept += came if taken == len(came) else came[:taken]
        del came[:taken]
        self._left -= taken
        return self._left == 0

    def octets(self) -> bytes:
        return bytes(self._kept)


def is_looping(message: bytes, hostname: str) -> bool:
    """Has it travelled too long, or come through us too often? (RFC 5321 §6.3.) Delivered-To is not asked: it is not ours."""
    end = message.find(b"\r\n\r\n", 0, _HEAD)
    head = message[: _HEAD if end == -1 else end]
    if head.lower().count(b"received:") <= MAX_BY_US:  # nearly all letters
        return False
    traces = _FIELD.findall(head)
    if len(traces) > MAX_RECEIVED:
        return True
    ours = hostname.lower().encode()
    return sum(ours in (name.lower() for name in _BY.findall(trace)) for trace in traces) > MAX_BY_US
