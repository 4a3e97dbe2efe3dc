"""The wire to an operator: its public address, port 25, to its server behind. It may drip, be stormy, or break too early.

It knows nothing of TLS: «too early» is the first answer after so many bytes of a peer that they can only be those of a letter.
"""

import asyncio
import threading
from contextlib import suppress
from dataclasses import dataclass, field

from tests.network.place import Place

LETTER = 12_000  # bytes from a peer that no handshake and no command reach
_COMMANDS = 300  # bytes that a peer says before it hangs up without waiting for an answer


@dataclass
class Wire:
    """To one operator. `cuts`: how many 250 will still be lost; what was done is counted."""

    public: str
    behind: tuple[str, int]
    cuts: int = 0
    drip: float = 0.0  # seconds between two handfuls
    stormy: bool = False
    was_cut: int = 0
    was_broken: int = 0  # in the middle of a letter, whoever hung up
    was_stormy: int = 0
    was_slow: int = 0
    through: int = field(default=0, repr=False)

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.stormy:
            self.was_stormy += 1
            writer.write(b"421 4.3.2 Service not available, come back later\r\n")
            await _close(writer)
            return
        try:
            inner_reader, inner_writer = await asyncio.open_connection(*self.behind)
        except OSError:
            writer.transport.abort()
            return
        self.through += 1
        self.was_slow += bool(self.drip)
        session = _Session(self, writer, inner_writer)
        await asyncio.gather(session.letters(reader), session.answers(inner_reader))
        self.was_broken += session.unanswered > _COMMANDS
        await _close(inner_writer)
        await _close(writer)


@dataclass
class _Session:
    wire: Wire
    peer: asyncio.StreamWriter
    server: asyncio.StreamWriter
    said: int = 0
    unanswered: int = 0

    async def letters(self, reader: asyncio.StreamReader) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                self.said += len(data)
                self.unanswered += len(data)
                await self._pass(data)
        with suppress(OSError):
            self.server.write_eof()

    async def answers(self, reader: asyncio.StreamReader) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                if self.said > LETTER and self.wire.cuts > 0:
                    self.wire.cuts -= 1
                    self.wire.was_cut += 1
                    self.unanswered = 0
                    break
                self.unanswered = 0
                self.peer.write(data)
                await self.peer.drain()
            else:
                with suppress(OSError):
                    self.peer.write_eof()
                return
        self.peer.transport.abort()
        self.server.transport.abort()

    async def _pass(self, data: bytes) -> None:
        step = 2_000 if self.wire.drip else len(data)
        for start in range(0, len(data), step):
            self.server.write(data[start : start + step])
            await self.server.drain()
            if self.wire.drip:
                await asyncio.sleep(self.wire.drip)


async def _close(writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        writer.close()
        await writer.wait_closed()


class Wires:
    """All of them, on one loop in a thread of the place."""

    def __init__(self, place: Place, wires: list[Wire]) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        place.do(self._thread.start)
        for wire in wires:
            served = asyncio.start_server(wire.connected, wire.public, 25)
            asyncio.run_coroutine_threadsafe(served, self._loop).result(5)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _end(self) -> None:
        """Sessions that a server keeps open end with the wire."""
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
