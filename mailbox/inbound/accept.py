"""A message becomes safe: sealed to each recipient's public key, inserted, committed. Then, and only then, 250.

Runs in smtpd, without the master key and under a database role that may insert arrivals and nothing else. One statement
a message, outside a transaction block, so that its end is its commit; several in one transaction when its sealed copies
would not fit in memory together.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import partial
from hashlib import sha256
from itertools import batched
from uuid import UUID

import psycopg
from psycopg_pool import AsyncConnectionPool
from uuid_utils.compat import uuid7

from mailbox.inbound.envelope import Envelope, pack
from mailbox.inbound.replies import TOO_BIG, TOO_MANY
from mailbox.inbound.syntax import POSTMASTER, Sending, Wanted
from mailbox.mime.address import mask
from mailbox.reply import LOCAL_ERROR, Permanent, Reply, Temporary
from mssweb import crypto
from mssweb.authorities import DN

UNKNOWN = Reply(550, "5.1.1", "Mailbox unavailable")
FULL = Reply(452, "4.2.2", "Mailbox full")
NEVER_FITS = Reply(552, "5.2.2", "Message larger than the mailbox")
_STATEMENT_BYTES = 8 * 1024 * 1024  # of sealed copies in one statement, or one copy
_LARGE_BYTES = 256 * 1024
_FANOUT_BYTES = 256 * 1024 * 1024  # a message times its recipients; the peer sends the others in another transaction


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is speaking. For traces, in clear, but `names`: the same DN attribute by attribute, sealed with the message."""

    address: str
    dn: str
    names: DN
    serial: str
    tls: str
    edition_id: UUID | None
    crl: str = ""
    seconds: float = 0.0  # from MAIL until now
    extensions: int = 0  # traces.values.Extension


@dataclass(frozen=True, slots=True)
class Open:
    """A recipient that may receive: its mailbox, the key by which one writes into it, and how much fits (bytes)."""

    mailbox_id: UUID
    address: str
    public_key: bytes
    room: int = 1
    quota: int = 2**62
    largest: int = 2**62  # of a message, in its domain

    def refusal(self, size: int) -> Reply | None:
        """Why a message of `size` (0 when not told) does not fit: for now, or for good (trust-space §4.3)."""
        if size > self.largest:  # MSS/va1.13
            return TOO_BIG
        if size > self.quota:
            return NEVER_FITS
        return FULL if size > self.room or self.room <= 0 else None


def too_many(size: int, copies: int) -> bool:
    return copies > 1 and size * copies > _FANOUT_BYTES


def refusal_of_all(size: int, boxes: Collection[Open]) -> Reply | None:
    """Why a message of that true size is not taken, by anyone: a peer need not tell it at MAIL. What is for good first."""
    refusals = [refusal for box in boxes if (refusal := box.refusal(size))]
    return max(refusals, key=lambda refusal: refusal.code, default=TOO_MANY if too_many(size, len(boxes)) else None)


_OPEN = """
SELECT m.address, m.id, m.public_key, m.quota_bytes - m.used_bytes, m.quota_bytes, d.max_message_bytes
  FROM mailbox_mailbox m JOIN mailbox_domain d ON d.id = m.domain_id
 WHERE m.state = 'active' AND d.state = 'active'
"""
_FIND = _OPEN + " AND m.address = %s"
_OURS = " (SELECT 'postmaster@' || name FROM mailbox_domain WHERE state = 'active' AND %s IN ('', name)) "
_FIND_POSTMASTER = f"""{_OPEN} AND (m.address IN {_OURS} OR m.address = %s AND EXISTS {_OURS})
 ORDER BY m.address NOT LIKE 'postmaster@%%', m.address LIMIT 1
"""


async def find_recipient(pool: AsyncConnectionPool, address: str, postmaster: str = "") -> Open:
    """The open mailbox of that address (normalised), or Permanent 550 5.1.1.

    RFC 5321 §4.5.1: «postmaster», alone or of a domain of ours, is the mailbox of that name where there is one, else
    `postmaster`, the address of one of our mailboxes.
    """
    local, _, domain = address.partition("@")
    async with pool.connection() as connection:
        row = await (await connection.execute(_FIND, [address])).fetchone()
        if row is None and local == POSTMASTER:
            row = await (await connection.execute(_FIND_POSTMASTER, [domain, postmaster, domain])).fetchone()
    if row is None:
        raise Permanent(UNKNOWN)
    found, mailbox_id, public_key, *limits = row
    return Open(mailbox_id, found, bytes(public_key), *limits)


_INTO = """
INSERT INTO mailbox_arrival
 (arrived_at, due_at, size, mail_from, peer_address, peer_dn, peer_serial, tls, edition_id, attempts, id, mailbox_id, box)
"""
# Nearly all letters have one recipient; lists cost their sender
_INSERT_ONE = _INTO + "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, 0, %s, %s, %b)"
_INSERT = f"""{_INTO}
SELECT %s, %s, %s, %s, %s, %s, %s, %s, %s, 0, x.id, x.box, x.sealed
  FROM unnest(%s::uuid[], %s::uuid[], %b::bytea[]) AS x (id, box, sealed)
"""  # noqa: S608  (our own names)


async def accept(
    pool: AsyncConnectionPool, *, sending: Sending, recipients: Sequence[tuple[Open, Wanted]], data: bytes, peer: Peer,
    helo: str, hostname: str, now: datetime,
) -> UUID:  # fmt: skip
    """Seal and insert one arrival per recipient; returns the queue id once all of them are committed."""
    queue_id, digest = uuid7(), sha256(data).hexdigest()
    raw = received(queue_id, peer, helo, hostname, smtputf8=sending.smtputf8, now=now) + data
    facts = [
        now,
        now,
        len(raw),
        mask(sending.address)[:320],
        peer.address or None,
        peer.dn,
        peer.serial,
        peer.tls,
        peer.edition_id,
    ]
    copies = [(box, _envelope(sending, box, wanted, helo, digest, peer, queue_id)) for box, wanted in recipients]
    groups = list(batched(copies, max(1, _STATEMENT_BYTES // len(raw))))
    try:
        async with pool.connection() as connection:  # autocommit: a single statement is the transaction
            if len(groups) == 1:
                await _insert(connection, facts, groups[0], raw)
                return queue_id
            async with connection.transaction():
                for group in groups:
                    await _insert(connection, facts, group, raw)
    except psycopg.Error:
        raise Temporary(LOCAL_ERROR) from None
    return queue_id


def _envelope(
    sending: Sending, box: Open, wanted: Wanted, helo: str, digest: str, peer: Peer, queue_id: UUID
) -> Envelope:
    return Envelope(
        mail_from=sending.address,
        rcpt_to=box.address,
        helo=helo,
        data_sha256=digest,
        smtputf8=sending.smtputf8,
        peer=peer.names,
        notify=wanted.notify,
        orcpt=wanted.orcpt,
        envid=sending.envid,
        ret=sending.ret,
        queue_id=str(queue_id),
        crl=peer.crl,
        seconds=round(peer.seconds, 3),
        extensions=peer.extensions,
    )


async def _insert(
    connection: psycopg.AsyncConnection, facts: list[object], group: Sequence[tuple[Open, Envelope]], raw: bytes
) -> None:
    """Seal (a large message beside the loop, which has other sessions) and insert."""
    seal = partial(_sealed, group, raw)
    ids, boxes, sealed = seal() if len(raw) < _LARGE_BYTES else await asyncio.to_thread(seal)
    if len(ids) == 1:
        await connection.execute(_INSERT_ONE, [*facts, ids[0], boxes[0], sealed[0]])
    else:
        await connection.execute(_INSERT, [*facts, ids, boxes, sealed])


def _sealed(group: Sequence[tuple[Open, Envelope]], raw: bytes) -> tuple[list[UUID], list[UUID], list[bytes]]:
    ids, boxes, sealed = [], [], []
    for recipient, envelope in group:
        arrival_id = uuid7()
        ids.append(arrival_id)
        boxes.append(recipient.mailbox_id)
        info = f"arrival:{recipient.mailbox_id}:{arrival_id}"
        sealed.append(crypto.seal_to(recipient.public_key, pack(envelope, raw), info))
    return ids, boxes, sealed


def received(queue_id: UUID, peer: Peer, helo: str, hostname: str, *, smtputf8: bool, now: datetime) -> bytes:
    """Our trace line (RFC 5321 §4.4, RFC 3848): no recipient in it, for there may be several."""
    protocol = "UTF8SMTPS" if smtputf8 else "ESMTPS"
    name = "".join(c for c in helo if c.isalnum() or c in ".-[]:")[:255] or "unknown"
    where = f"IPv6:{peer.address}" if ":" in peer.address else peer.address  # RFC 5321 §4.1.3
    return (
        f"Received: from {name} ([{where}])\r\n"
        f"\tby {hostname} with {protocol} ({peer.tls}) id {queue_id};\r\n\t{format_datetime(now)}\r\n"
    ).encode("ascii", "replace")
