"""What is sealed of an arrival: the envelope and the raw bytes, in one payload. Pure."""

import json
import struct
from dataclasses import dataclass

_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is known of a message besides its bytes; sealed with them. `data_sha256` is of DATA as the peer sent it.

    `peer` is the DN of the certificate that brought it: who it is decides what a report may say. What the sender asked of
    reports (RFC 3461) is '' where it asked nothing: `notify` comma separated in upper case, `orcpt` «type;address» and
    `envid` decoded, `ret` FULL or HDRS.
    """

    mail_from: str
    rcpt_to: str
    helo: str
    data_sha256: str
    smtputf8: bool = False
    peer: tuple[tuple[str, str], ...] = ()
    notify: str = ""
    orcpt: str = ""
    envid: str = ""
    ret: str = ""
    queue_id: str = ""  # as our Received and our 250 say it; with what follows, for the trace (traces/)
    crl: str = ""
    seconds: float = 0.0
    extensions: int = 0


def pack(envelope: Envelope, raw: bytes) -> bytes:
    head = json.dumps({name: getattr(envelope, name) for name in Envelope.__slots__}).encode()  # asdict copies
    return _LENGTH.pack(len(head)) + head + raw


def unpack(payload: bytes) -> tuple[Envelope, bytes]:
    (length,) = _LENGTH.unpack_from(payload)
    start = _LENGTH.size
    told = json.loads(payload[start : start + length])
    told["peer"] = tuple((key, value) for key, value in told["peer"])
    return Envelope(**told), payload[start + length :]
