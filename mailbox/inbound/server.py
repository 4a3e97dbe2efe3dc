"""TLS, time and limits around the pure SMTP machine. Refuses to know what a message says.

A bad chain or an expired certificate ends in TLS itself; a missing one is answered in SMTP (trust-space §4.3). Limits:
sessions per address, bytes in flight, time per command, message and session, unknown recipients (tarpit.py).
`except Exception` stands once, at the edge where whatever happens to one session must be answered 451 and must not end
the others.
"""

import asyncio
import logging
import ssl
from collections.abc import Coroutine, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from mailbox.certificate import speak_tls, trust_only_issuers
from mailbox.inbound import accept, tracing
from mailbox.inbound.counting import counted
from mailbox.inbound.limits import Patience, network_of
from mailbox.inbound.protocol import Accept, AskRecipient, AskSender, Close, Event, Send, StartTls
from mailbox.inbound.receiver import Receiver
from mailbox.inbound.replies import NEED_TLS, RECIPIENT_OK, SENDER_OK, TOO_MANY
from mailbox.inbound.syntax import Wanted
from mailbox.mime.address import domain_of
from mailbox.reply import LOCAL_ERROR, MailError, Permanent, Reply
from mailbox.traces.values import Extension, Met, plain
from mailbox.trust.certificates import PeerCertificate, from_der
from mssweb import tally

log = logging.getLogger(__name__)

BUSY = Reply(421, "4.7.0", "Too many sessions from your address")
NO_ROOM = Reply(452, "4.3.1", "Insufficient system storage, try again later")
TOO_MANY_UNKNOWN = Reply(421, "4.7.0", "Too many unknown recipients, closing")
NOT_NOW = Reply(451, "4.7.1", "Too many unknown recipients from your network, try again later")
TIMED_OUT = Reply(421, "4.4.2", "Timeout, closing")
STOPPING = Reply(421, "4.3.2", "Service shutting down")
_HEAVY_BYTES = 1024 * 1024  # few of them at once


def tls_context(certificate: str, key: str, ca: str) -> ssl.SSLContext:
    """TLS 1.2 and 1.3; the client's certificate is asked for, and is of the pinned authority if given."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    speak_tls(context)
    context.load_cert_chain(certificate, key)
    trust_only_issuers(context, ca)
    context.verify_mode = ssl.CERT_OPTIONAL  # dates too: ECO.1.1.5
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    return context


class Connection(asyncio.Protocol):
    """One peer: moves bytes between its transport and its Session, and answers the Session's questions."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._session = receiver.session()
        self._transport: asyncio.Transport
        self._timer: asyncio.TimerHandle | None = None
        self._out = bytearray()
        self._patience: Patience
        self._gone = asyncio.Event()
        self._is_held = False  # its answer waits on purpose
        self._is_within = False  # a question is being answered by the call that asked it
        self._task: asyncio.Task[None] | None = None
        self._held = 0
        self._size = 0
        self._begun = 0.0  # of the transaction
        self._met = Met()
        self._certificate: PeerCertificate | None = None
        self._recipients: dict[str, accept.Open] = {}
        self._address = ""
        self._network = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one without saying so
        self._patience = Patience(self._receiver.limits, asyncio.get_running_loop().time())
        self._address = str((transport.get_extra_info("peername") or ("",))[0])
        self._network = network_of(self._address)
        self._met.address = self._address.partition("%")[0]
        receiver, limits = self._receiver, self._receiver.limits
        receiver.connections.add(self)
        receiver.sessions[self._network] += 1
        if (
            receiver.sessions[self._network] > limits.sessions_per_address
            or len(receiver.connections) > limits.sessions
        ):
            self.end(BUSY)
            return
        self._handle([self._session.greet()])
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        if self not in self._receiver.connections:
            return
        self._gone.set()
        self._receiver.connections.discard(self)
        self._receiver.sessions[self._network] -= 1
        if self._receiver.sessions[self._network] <= 0:
            del self._receiver.sessions[self._network]
        self._count(0)
        self._disarm()

    def data_received(self, data: bytes) -> None:
        has_answered = self._handle(self._session.feed(data))
        if (has_answered or self._session.is_receiving) and not self._session.is_waiting:
            self._arm()  # a byte at a time wins no time: a command is whole, or late
        self._count(self._session.held_bytes)
        if self._receiver.in_flight > self._receiver.limits.bytes_in_flight * 2:
            self.end(NO_ROOM)

    def end(self, reply: Reply) -> None:
        """Say why, and close."""
        if not self._transport.is_closing():
            if reply is not STOPPING:
                self._trace(reply)
            self._out += f"{reply}\r\n".encode()
            self._flush()
            self._transport.close()

    @property
    def is_answering(self) -> bool:
        """A question of the peer's is being answered, and not held back."""
        return self._task is not None and not self._task.done() and not self._is_held

    def _handle(self, events: Iterable[Event]) -> bool:
        """Do what the session says; was there anything?

        What was asked in one go is answered in one go (RFC 2920 §3.2): a reply waits for the question behind it, a
        message for nobody.
        """
        has_answered = False
        for event in events:
            has_answered = True
            match event:
                case Send(data):
                    if reply := tracing.reply_of(data):
                        self._refused(reply)
                    self._out += data
                case Close():
                    self._flush()
                    self._transport.close()
                case StartTls():
                    self._flush()
                    self._run(self._start_tls(), may_be_known=False)
                case AskSender(address, size):
                    self._size, self._begun = size, asyncio.get_running_loop().time()
                    self._run(self._answer(self._on_sender(address)))
                case AskRecipient(address):
                    self._run(self._answer(self._on_recipient(address)))
                case Accept():
                    self._flush()
                    self._run(self._answer(counted(self._on_message(event))))
        if not self._session.is_waiting:
            self._flush()
        return has_answered

    def _flush(self) -> None:
        if self._out and not self._transport.is_closing():
            self._transport.write(bytes(self._out))
            self._out.clear()

    def _run(self, work: Coroutine[object, object, None], *, may_be_known: bool = True) -> None:
        """Begin what may take time. What is known at once is answered at once, without a turn of the loop.

        One question deep: who pipelines hundreds has the others answered by the loop, not by hundreds of frames.
        """
        self._disarm()  # the time is ours, not the peer's
        self._patience.asked()
        was_within, self._is_within = self._is_within, True
        is_eager = may_be_known and not was_within
        task = asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=is_eager)
        self._is_within = was_within
        if not task.done():
            self._task = task
            self._transport.pause_reading()  # one question at a time; the peer waits in its socket, not in our memory

    async def _answer(self, question: Coroutine[object, object, Reply]) -> None:
        try:
            reply = await question
        except MailError as error:
            reply = error.reply
        except Exception as error:  # noqa: BLE001  (the edge: the peer keeps its message, the others their sessions)
            log.error("session of %s: %s", self._address, type(error).__name__)
            reply = LOCAL_ERROR
        if not reply.is_positive:
            tally.count("refused", reply.enhanced)
        if not self._transport.is_closing():
            self._transport.resume_reading()
            self._handle(self._session.answer(reply))
            self._count(self._session.held_bytes)
            if not self._session.is_waiting:  # what was pipelined may have opened the next question
                self._arm()

    async def _on_sender(self, address: str) -> Reply:
        self._recipients = {}
        if self._receiver.tarpit.refuses(self._network, asyncio.get_running_loop().time()):
            return NOT_NOW
        if self._receiver.in_flight > self._receiver.limits.bytes_in_flight:
            return NO_ROOM
        verdict = await self._receiver.judge(self._certificate, address)
        self._tell(address, verdict.reason)
        if verdict.reply:
            self._met.reason = verdict.reason
        return verdict.reply or SENDER_OK

    def _tell(self, address: str, reason: str) -> None:
        """What was decided of a sender, in the log and the counts."""
        log.info("mail from=%s peer=%s %s decision=%s", domain_of(address) or "<>", self._address, self._who(), reason)
        tally.count("decisions", reason)

    async def _on_recipient(self, address: str) -> Reply:
        if accept.too_many(self._size, len(self._recipients) + 1):
            return TOO_MANY
        try:
            found = await self._receiver.recipient(address)
        except Permanent as unknown:
            return await self._held_back(unknown.reply)
        if refusal := found.refusal(self._size):
            return refusal
        self._recipients[address] = found
        return RECIPIENT_OK

    async def _held_back(self, refusal: Reply) -> Reply:
        """The answer to an unknown recipient: later each time, holding nothing but this session; then good bye."""
        seconds = self._receiver.tarpit.unknown(self._network, asyncio.get_running_loop().time())
        if seconds is None:
            log.info("too many unknown recipients peer=%s", self._address)
            return TOO_MANY_UNKNOWN
        if seconds:
            self._flush()
            self._is_held = True
            with suppress(TimeoutError):
                await asyncio.wait_for(self._gone.wait(), seconds)
            self._is_held = False
        return refusal

    async def _on_message(self, message: Accept) -> Reply:
        size = len(message.data)
        boxes: dict[UUID, tuple[accept.Open, Wanted]] = {}
        for wanted in message.wanted:  # two addresses of one mailbox are one copy, and the first one's wishes
            box = self._recipients[wanted.address]
            boxes.setdefault(box.mailbox_id, (box, wanted))
        if refusal := accept.refusal_of_all(size, [box for box, _ in boxes.values()]):
            return refusal
        self._receiver.in_flight += size
        try:
            if size <= _HEAVY_BYTES:
                return await self._accept(message, list(boxes.values()))
            async with self._receiver.heavy:
                return await self._accept(message, list(boxes.values()))
        finally:
            self._receiver.in_flight -= size

    async def _accept(self, message: Accept, boxes: Sequence[tuple[accept.Open, Wanted]]) -> Reply:
        listed = self._receiver.current
        certificate = self._certificate
        peer = accept.Peer(
            address=self._address,
            dn=certificate.dn_text if certificate else "",
            names=certificate.dn if certificate else (),
            serial=certificate.serial if certificate else "",
            tls=self._met.tls,
            edition_id=listed.edition_id if listed else None,
            crl=self._receiver.crl_of(certificate),
            seconds=asyncio.get_running_loop().time() - self._begun,
            extensions=self._extensions(message),
        )
        queue_id = await accept.accept(
            self._receiver.pool,
            sending=message.sending,
            recipients=boxes,
            data=message.data,
            peer=peer,
            helo=self._session.peer_name,
            hostname=self._receiver.hostname,
            now=datetime.now(UTC),
        )
        self._receiver.waker.wake()
        self._receiver.tarpit.reached(self._network, len(boxes))
        log.info("accepted id=%s size=%s recipients=%s", queue_id, len(message.data), len(boxes))
        return Reply(250, "2.6.0", f"Queued as {queue_id}")

    async def _start_tls(self) -> None:
        loop, context = asyncio.get_running_loop(), self._receiver.tls
        assert context is not None  # noqa: S101  (once there is one it stays, and the session offered it)
        try:
            wrapped = await loop.start_tls(
                self._transport, self, context, server_side=True,
                ssl_handshake_timeout=self._receiver.limits.handshake_seconds,
            )  # fmt: skip
        except (ssl.SSLError, OSError, TimeoutError) as error:
            reason = getattr(error, "verify_message", "") or getattr(error, "reason", "") or type(error).__name__
            tally.count("decisions", "handshake")
            log.info("handshake peer=%s refused=%s", self._address, reason)
            self._met.stage, self._met.reason = "tls", "handshake"
            self._trace(Reply(454, "4.7.0", plain(str(reason), 200)))
            self._transport.abort()
            self.connection_lost(error)  # uvloop does not say it of a connection that is reset in its handshake
            return
        assert wrapped is not None  # noqa: S101  (None only when the transport was closed: an exception above)
        self._transport = wrapped
        secured = wrapped.get_extra_info("ssl_object")
        der = secured.getpeercert(binary_form=True)
        try:
            self._certificate = from_der(der, self._receiver.issuers) if der else None
        except ValueError:  # OpenSSL takes names that our reader does not: no list gives them either
            log.info("handshake peer=%s certificate=unreadable", self._address)
        self._met.tls = f"{secured.version()} {secured.cipher()[0]}"
        if self._certificate:
            self._met.serial, self._met.dn = self._certificate.serial, self._certificate.dn_text
        self._session.tls_started()
        self._arm()

    def _extensions(self, message: Accept) -> int:
        sending = message.sending
        asked = sending.ret or sending.envid or any(one.notify or one.orcpt for one in message.wanted)
        used = {
            Extension.SIZE: sending.size, Extension.DSN: asked, Extension.CHUNKING: self._session.is_chunked,
            Extension.SMTPUTF8: sending.smtputf8,
        }  # fmt: skip
        return int(sum(flag for flag, is_used in used.items() if is_used))

    def _refused(self, reply: Reply) -> None:
        """The session said so by itself, or for us."""
        step, mail_from, _ = self._session.about
        if reply == NEED_TLS and step == "mail":  # as often as a session may err, as any other refusal
            self._tell(mail_from, "no-tls")
        self._trace(reply)

    def _trace(self, reply: Reply) -> None:
        """A refusal: who, what, by which lists."""
        receiver, met, now = self._receiver, self._met, asyncio.get_running_loop().time()
        met.edition_id = receiver.current.edition_id if receiver.current else None
        met.crl = receiver.crl_of(self._certificate)
        about = self._session.about
        begun = now - self._begun if about[0] and self._begun else None
        for trace in tracing.refusals(reply, met, about=about, size=self._size, seconds=begun, now=datetime.now(UTC)):
            receiver.refusals.add(trace, self._network, now)
        met.reason = ""

    def _who(self) -> str:
        return f"serial={self._certificate.serial} tls={self._met.tls!r}" if self._certificate else "serial=none"

    def _count(self, held: int) -> None:
        self._receiver.in_flight += held - self._held
        self._held = held

    def _arm(self) -> None:
        """(Re)start the clock of the command; a message has one deadline for the whole of it, and so has the session."""
        loop = asyncio.get_running_loop()
        self._disarm()
        wait = self._patience.wait(loop.time(), is_receiving=self._session.is_receiving)
        self._timer = loop.call_later(wait, self.end, TIMED_OUT)

    def _disarm(self) -> None:
        if self._timer:
            self._timer.cancel()
