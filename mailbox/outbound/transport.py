"""One connection to the host that receives a domain: STARTTLS, our certificate, and theirs must be listed for it.

Refuses to send in clear or to a name that the list does not give (trust-space §4.1). Answers a Reply per recipient;
what breaks underneath is a Temporary with a reply of ours, never an exception of a library.
"""

import logging
import re
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from mailbox import revocation, whitelist
from mailbox.certificate import OwnCertificate, issuers, speak_tls, trust_only_issuers
from mailbox.mime.address import mask_patients
from mailbox.models import Domain
from mailbox.outbound import asking, peers
from mailbox.outbound.hosts import NO_DNS, Place, hosts_of, places_of
from mailbox.reply import MailError, Permanent, Reply, Temporary
from mailbox.trust import policy
from mailbox.trust.certificates import PeerCertificate, from_der
from mailbox.trust.revocation import Finding

log = logging.getLogger(__name__)

NO_TLS = Reply(550, "5.7.10", "The receiving host offers no TLS")
TLS_REFUSED = Reply(451, "4.7.5", "TLS with the receiving host failed")
UNREACHABLE = Reply(451, "4.4.1", "The receiving host does not answer")
OUR_TLS = Reply(451, "4.7.5", "Our certificate cannot be used")
BROKEN = Reply(451, "4.4.2", "The connection to the receiving host broke")
NO_UTF8 = Reply(550, "5.6.7", "The receiving host does not accept international addresses")
TOO_BIG = Reply(552, "5.3.4", "The message is larger than the receiving host accepts")
_CONNECT_SECONDS, _COMMAND_SECONDS = 15.0, 120.0
_WHOLE_SECONDS = 240.0  # of connecting, or of one transaction: a host that drips is cut, well within a lease
_NOOP_SECONDS = 5.0
_OTHER_HOST_SECONDS = 60.0  # after which no other host of the domain is tried in this attempt
_ENHANCED = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")  # RFC 3463 §2
_REPLY_BYTES = 64 * 1024  # of one reply: a host that never ends it must not fill our memory


class _Client(smtplib.SMTP):
    """smtplib's client, whose replies have an end."""

    def getreply(self) -> tuple[int, bytes]:
        """RFC 5321 §4.2.1; a reply that is none, or too long, is a lost connection."""
        assert self.sock is not None  # noqa: S101  (smtplib sends before it asks)
        self.file = self.file or self.sock.makefile("rb")
        said, left = [], _REPLY_BYTES
        try:
            while left > 0:
                line = self.file.readline(left)
                if not line.endswith(b"\n") or not line[:3].isdigit():
                    break
                left -= len(line)
                said.append(line[4:].strip(b" \t\r\n"))
                if line[3:4] != b"-":
                    return int(line[:3]), b"\n".join(said)
        except OSError:
            pass
        self.close()
        raise smtplib.SMTPServerDisconnected("no reply")


class Connection:
    """A session with one receiving host for one domain, reused from message to message."""

    def __init__(self, domain: str) -> None:
        self.domain = domain
        self._certificate: PeerCertificate | None = None
        self._smtp: _Client
        start, said = time.monotonic(), list[Reply]()
        for place in _places(domain):
            try:
                self._open(place)
            except MailError as error:
                said.append(error.reply)
                if time.monotonic() - start > _OTHER_HOST_SECONDS:
                    break
            else:
                return
        # while one host may answer better later, what another one refuses is not the domain's last word
        last = next((reply for reply in said if not reply.is_permanent), said[0])
        raise Permanent(last) if last.is_permanent else Temporary(last)

    def _open(self, place: Place) -> None:
        self._smtp = _Client(local_hostname=settings.SMTP_HOSTNAME, timeout=_CONNECT_SECONDS)
        try:
            with self._bounded():
                self._connect(place)
                self._secure()
        except BaseException:
            self._smtp.close()
            raise

    def _connect(self, place: Place) -> None:
        smtp = self._smtp
        smtp._host = place.host  # type: ignore[attr-defined]  # what its constructor would do: the name asked for in TLS
        try:
            code, _ = smtp.connect(place.address, place.port)
        except (smtplib.SMTPException, OSError):
            raise Temporary(UNREACHABLE) from None
        if code != 220 or smtp.sock is None:
            raise Temporary(UNREACHABLE)
        smtp.sock.settimeout(_COMMAND_SECONDS)
        smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each message waits 40 ms for an ACK
        smtp.timeout = _COMMAND_SECONDS

    @contextmanager
    def _bounded(self, seconds: float | None = None) -> Iterator[None]:
        """A limit for the whole: the timeouts of a socket are of each read, and a host may send a byte at a time."""
        timer = threading.Timer(seconds or _WHOLE_SECONDS, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _cut(self) -> None:
        if self._smtp.sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(self._smtp.sock, socket.SHUT_RDWR)  # of TLS too, without waiting for its reader

    def _secure(self) -> None:
        smtp = self._smtp
        self._hello()
        if not smtp.has_extn("starttls"):
            raise Permanent(NO_TLS)
        context = _ours.serving()
        if context is None:
            raise Temporary(OUR_TLS)
        try:
            smtp.starttls(context=context)
        except (ssl.SSLError, OSError, smtplib.SMTPException):  # a chain or a date refused, by them or by us
            raise Temporary(TLS_REFUSED) from None
        self._certificate = self._peer()
        self._judge()
        self._hello()

    def _hello(self) -> None:
        """What the host offers; one that is too busy to tell offers nothing for now, which is no refusal."""
        try:
            code, _ = self._smtp.ehlo()
        except (smtplib.SMTPException, OSError):
            raise Temporary(UNREACHABLE) from None
        if code != 250:
            raise Temporary(UNREACHABLE)

    def _peer(self) -> PeerCertificate | None:
        sock = self._smtp.sock
        der = sock.getpeercert(binary_form=True) if isinstance(sock, ssl.SSLSocket) else None
        try:
            return from_der(der, issuers()) if der else None
        except (OSError, ValueError):  # OpenSSL takes names that our reader does not; or TRUST_CA is being replaced
            raise Temporary(TLS_REFUSED) from None

    def _judge(self) -> None:
        """May this host receive for the domain, by the lists of now? A kept connection is judged at each message."""
        peer, now = self._certificate, timezone.now()
        try:
            verdict = self._verdict(revocation.of_peer(peer, now))
            if peer and verdict.is_open and (answer := revocation.asked(peer, now)):
                verdict = self._verdict(answer)
        except (OSError, ValueError):  # TRUST_CA is not there, or holds no such authority
            raise Temporary(policy.OUR_CRL_UNAVAILABLE) from None
        if verdict.reply:
            log.info("domain=%s decision=%s", self.domain, verdict.reason)
            raise Permanent(verdict.reply) if verdict.reply.is_permanent else Temporary(verdict.reply)

    def _verdict(self, finding: Finding) -> policy.Verdict:
        listed = whitelist.current()
        return policy.decide_outbound(
            listed.white_list if listed else None,
            peer=self._certificate,
            finding=finding,
            domain=self.domain,
            listed_age=listed.age(timezone.now()) if listed else timedelta.max,
            limit=whitelist.limit(),
        )

    def send(
        self,
        *,
        mail_from: str,
        recipients: Sequence[tuple[str, UUID]],
        raw: bytes,
        needs_utf8: bool,
        success: bool = False,
    ) -> list[Reply]:
        """One transaction; a reply for each recipient, in their order. Temporary when the connection broke.

        `success`: the sender wants to be told of delivery, where the host offers that (`offers_dsn`).
        """
        self._judge()
        smtp = self._smtp
        if needs_utf8 and not smtp.has_extn("smtputf8"):
            return [NO_UTF8] * len(recipients)
        if (limit := smtp.esmtp_features.get("size", "")).isdigit() and 0 < int(limit) < len(raw):
            return [TOO_BIG] * len(recipients)
        try:
            with self._bounded():
                return self._transaction(mail_from, recipients, raw, needs_utf8, success=success)
        except (smtplib.SMTPException, OSError):
            self.close()
            raise Temporary(BROKEN) from None

    def _transaction(
        self, mail_from: str, recipients: Sequence[tuple[str, UUID]], raw: bytes, needs_utf8: bool, *, success: bool
    ) -> list[Reply]:
        smtp, dsn = self._smtp, self.offers_dsn
        smtp.command_encoding = "utf-8" if needs_utf8 else "ascii"
        envid = asking.of_message(str(recipients[0][1]), offers_dsn=dsn, mail_from=mail_from)
        reply = _reply(*smtp.mail(mail_from, [*self._mail_options(raw, needs_utf8), *envid]))
        if not reply.is_positive:
            self._reset()
            return [reply] * len(recipients)
        replies = [
            _reply(*smtp.rcpt(a, asking.of_recipient(a, offers_dsn=dsn, mail_from=mail_from, success=success)))
            for a, _ in recipients
        ]
        if not any(reply.is_positive for reply in replies):
            self._reset()
            return replies
        try:
            final = _reply(*smtp.data(raw))
        except smtplib.SMTPDataError as error:  # DATA itself was refused
            final = _reply(error.smtp_code, error.smtp_error)
            self._reset()
        return [final if reply.is_positive else reply for reply in replies]

    def _mail_options(self, raw: bytes, needs_utf8: bool) -> list[str]:
        smtp, options = self._smtp, []
        if smtp.has_extn("size"):
            options.append(f"SIZE={len(raw)}")
        if smtp.has_extn("8bitmime"):
            options.append("BODY=8BITMIME")
        if needs_utf8:
            options.append("SMTPUTF8")
        return options

    def _reset(self) -> None:
        """After a refusal, which stands even when the host hangs up after it."""
        try:
            self._smtp.rset()
        except (smtplib.SMTPException, OSError):
            self.close()

    @property
    def offers_dsn(self) -> bool:
        """Does this host report delivery when it is asked (RFC 3461 §3)?"""
        return self._smtp.has_extn("dsn")

    @property
    def is_open(self) -> bool:
        return self._smtp.sock is not None

    def is_alive(self) -> bool:
        try:
            with self._bounded(_NOOP_SECONDS):
                return self._smtp.noop()[0] == 250
        except (smtplib.SMTPException, OSError):
            return False

    def close(self) -> None:
        self._smtp.close()


def _places(domain: str) -> list[Place]:
    """Our own domains are received by us: only probes go to them by SMTP, neighbours are filed without."""
    return places_of(*_our_receiver()) if Domain.objects.filter(name=domain).exists() else hosts_of(domain)


def _our_receiver() -> tuple[str, int]:
    """PROBE_HOST, else where this installation listens."""
    host, _, port = settings.PROBE_HOST.rpartition(":")
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  (nobody listens there: it stands for every address)
    return (host, int(port)) if port else (here.get(settings.SMTP_HOST, settings.SMTP_HOST), settings.SMTP_PORT)


_AWAY = frozenset({UNREACHABLE, TLS_REFUSED, NO_DNS})


def is_away(reply: Reply) -> bool:
    """Does this tell of the peer, rather than of one message?"""
    return reply in _AWAY or reply.code == peers.CLOSING


def _client(certificate: str, key: str, ca: str) -> ssl.SSLContext:
    """Chain and dates are verified to the pinned authority; the name is the white list's business."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    speak_tls(context)
    context.check_hostname = False
    trust_only_issuers(context, ca)
    context.load_cert_chain(certificate, key)
    return context


_ours = OwnCertificate(_client)


def _reply(code: int, text: bytes | str) -> Reply:
    """What the peer said, in printable characters; a code out of SMTP's ranges is unknown, so temporary."""
    said = text if isinstance(text, str) else text.decode("utf-8", "replace")
    words = mask_patients(" ".join("".join(c if c.isprintable() else " " for c in said).split()))
    code = code if 200 <= code < 600 else 451
    enhanced, _, rest = words.partition(" ")
    if _ENHANCED.fullmatch(enhanced):
        return Reply(code, enhanced, rest[:500])
    return Reply(code, "", words[:500])
