"""What smtpd refused, as traces: gathered in memory, written now and then beside the loop, with its role (INSERT, no more).

A session never waits for it, and a flood is counted (traces/refusals.py). What was accepted is traced by worker, which
opens the envelope. A process that is killed loses what it had not written, five seconds at most.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from mailbox.mime.address import domain_of
from mailbox.reply import Reply
from mailbox.traces.reasons import reason_of
from mailbox.traces.refusals import Refusals
from mailbox.traces.values import Met, Trace, columns
from mailbox.traces.write import INSERT
from mssweb import tally

log = logging.getLogger(__name__)

_EVERY_SECONDS = 5.0


def reply_of(line: bytes) -> Reply | None:
    """The refusal that a line to the peer is; None when it is none."""
    if line[:1] not in (b"4", b"5"):
        return None
    code, enhanced, text = [*line.decode("ascii", "replace").strip().split(" ", 2), "", ""][:3]
    return Reply(int(code), enhanced, text)


def refusals(
    reply: Reply, met: Met, *, about: tuple[str, str, Sequence[str]], size: int, seconds: float | None, now: datetime
) -> list[Trace]:
    """A line for each recipient that the refusal is about, one when it is about none. `about`: Session.about."""
    step, mail_from, recipients = about
    return [
        Trace(
            at=now, way="in", stage=step or met.stage, reason=met.reason or reason_of(reply), code=reply.code,
            peer_address=met.address or None, domain=domain_of(mail_from), mail_from=mail_from, rcpt_to=recipient,
            serial=met.serial, dn=met.dn, tls=met.tls, edition_id=met.edition_id, crl=met.crl, enhanced=reply.enhanced,
            text=reply.text, size=size or None, seconds=seconds,
        )
        for recipient in recipients or [""]
    ]  # fmt: skip


async def write_traces(pool: AsyncConnectionPool, waiting: Refusals) -> None:
    """For ever, until cancelled."""
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        while await write_once(pool, waiting):
            pass


async def write_once(pool: AsyncConnectionPool, waiting: Refusals) -> bool:
    """Some of what waits, in one statement; was there anything? What cannot be written now is, the next time."""
    now = asyncio.get_running_loop().time()
    tally.count("traces", "lost", by=waiting.lost) if waiting.lost else None
    waiting.lost = 0
    if not (traces := waiting.take(now)):
        return False
    try:
        async with pool.connection(timeout=_EVERY_SECONDS) as connection:
            await connection.execute(INSERT, columns(traces))
    except (psycopg.Error, PoolTimeout) as error:
        waiting.give_back(traces)
        log.warning("traces not written: %s", type(error).__name__)
        return False
    return True
