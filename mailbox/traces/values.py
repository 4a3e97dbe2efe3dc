"""One line of the trace, and what is known of the other side while it is being made. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from enum import IntFlag
from uuid import UUID

from mailbox.mime.address import mask, mask_patients

type Cell = str | int | float | datetime | UUID | None


class Extension(IntFlag):
    """What the transaction used of what was offered."""

    SIZE = 1
    DSN = 2
    CHUNKING = 4
    SMTPUTF8 = 8


@dataclass(slots=True)
class Met:
    """The host that we met, as far as we came with it; `reason` is the decision's (policy.Verdict)."""

    address: str = ""
    serial: str = ""
    dn: str = ""
    tls: str = ""
    edition_id: UUID | None = None
    crl: str = ""
    reason: str = ""
    stage: str = "conn"
    extensions: int = 0

    @property
    def offers_dsn(self) -> bool:
        """It reports deliveries to who asks (RFC 3461)."""
        return bool(self.extensions & Extension.DSN)

    def become(self, other: "Met") -> None:
        """The same host again, over a connection that was kept."""
        for name in self.__slots__:
            setattr(self, name, getattr(other, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """As models.Transaction, in the order of its columns. Addresses are masked and texts cut when it is made (`cells`)."""

    at: datetime
    way: str
    stage: str
    reason: str
    code: int
    peer_address: str | None = None
    domain: str = ""
    mail_from: str = ""
    rcpt_to: str = ""
    serial: str = ""
    dn: str = ""
    tls: str = ""
    edition_id: UUID | None = None
    crl: str = ""
    enhanced: str = ""
    text: str = ""
    size: int | None = None
    seconds: float | None = None
    delay: float | None = None
    queue_id: UUID | None = None
    message_id: UUID | None = None
    mailbox_id: UUID | None = None
    extensions: int = 0
    repeats: int = 1


COLUMNS = tuple(field.name for field in fields(Trace))
_CUT = {"domain": 253, "mail_from": 320, "rcpt_to": 320, "serial": 64, "dn": 500, "tls": 48, "crl": 64, "reason": 32,
        "enhanced": 12, "text": 200}  # fmt: skip


def columns(traces: Iterable[Trace]) -> list[list[Cell]]:
    """One list a column, in the order of COLUMNS: what INSERT is given."""
    rows = list(traces)
    return [[_cell(name, getattr(row, name)) for row in rows] for name in COLUMNS]


def _cell(name: str, value: Cell) -> Cell:
    if name in {"mail_from", "rcpt_to"}:
        value = mask(str(value))
    elif name == "text":
        value = mask_patients(str(value))
    if name == "peer_address":
        return value or None
    return plain(str(value), _CUT[name]) if name in _CUT else value


def plain(text: str, most: int) -> str:
    """One line that PostgreSQL takes, whatever a peer wrote."""
    return "".join(c if c.isprintable() else " " for c in text[: most * 2])[:most]
