"""What smtpd counts: messages by the class of their answer, the seconds they took; written now and then, beside the loop.

Acceptance never waits for it: an addition in memory, and one insert every few seconds on a connection of the pool.
"""

import asyncio
import logging
import time
from collections.abc import Coroutine

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from mailbox.reply import LOCAL_ERROR, MailError, Reply
from mailbox.watching import tallies
from mssweb import tally

log = logging.getLogger(__name__)

_EVERY_SECONDS = 10.0


async def counted(question: Coroutine[object, object, Reply]) -> Reply:
    """A whole message and its answer: from its last byte to ours."""
    start, reply = time.monotonic(), LOCAL_ERROR
    try:
        reply = await question
    except MailError as error:
        reply = error.reply
        raise
    finally:
        tally.count("received", f"{reply.code // 100}xx")
        tally.seconds("acceptance", time.monotonic() - start)
    return reply


async def write_counts(pool: AsyncConnectionPool) -> None:
    """For ever, until cancelled."""
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        await write_once(pool)


async def write_once(pool: AsyncConnectionPool) -> None:
    """What cannot be written now is, the next time."""
    if not (held := tally.taken()):
        return
    try:
        async with pool.connection(timeout=_EVERY_SECONDS) as connection:
            await connection.execute(tallies.INSERT, tallies.columns(held))
    except (psycopg.Error, PoolTimeout) as error:
        tally.give_back(held)
        log.warning("counts not written: %s", type(error).__name__)
