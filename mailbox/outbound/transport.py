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
from mailbox.mime.address import a_label, mask_patients
from mailbox.mime.transit import Unfit, fit, has_ascii_header
from mailbox.models import Domain
from mailbox.outbound import asking, peers, sizes, smarthost
from mailbox.outbound.client import Client
from mailbox.outbound.hosts import NO_DNS, Place, hosts_of, places_of
from mailbox.reply import MailError, Permanent, Reply, Temporary
from mailbox.traces.values import Extension, Met
from mailbox.trust import policy
from mailbox.trust.certificates import PeerCertificate, from_der
from mailbox.trust.revocation import Finding

log = logging.getLogger(__name__)

NO_TLS = Reply(550, "5.7.10", "The receiving host offers no TLS")
TLS_REFUSED = Reply(451, "4.7.5", "TLS with the receiving host failed")
UNREACHABLE = Reply(451, "4.4.1", "The receiving host does not answer")
OUR_TLS = Reply(451, "4.7.5", "Our certificate cannot be used", keeps_from_asking=True)
BROKEN = Reply(451, "4.4.2", "The connection to the receiving host broke")
NO_UTF8 = Reply(550, "5.6.7", "The receiving host does not accept international addresses")
CANNOT_CONVERT = Reply(550, "5.6.3", "The message cannot be converted to what the receiving host accepts")
TOO_BIG = Reply(552, "5.3.4", "The message is larger than the receiving host accepts")
_CONNECT_SECONDS, _COMMAND_SECONDS = 15.0, 120.0
_WHOLE_SECONDS = 240.0  # of connecting, or of one transaction: a host that drips is cut, well within a lease
_NOOP_SECONDS = 5.0
_GO_ON = 354  # RFC 5321 §4.2.3
_OTHER_HOST_SECONDS = 60.0  # after which no other host of the domain is tried in this attempt
_ENHANCED = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")  # RFC 3463 §2


class Connection:
    """A session with one receiving host for one domain, reused from message to message."""

    def __init__(self, domain: str, met: Met | None = None) -> None:
        """`met` learns who answered, as far as it goes, when it ends in an error too."""
        self.domain, self.met = domain, met or Met()
        self._certificate: PeerCertificate | None = None
        self._smtp = Client(local_hostname=settings.SMTP_HOSTNAME, timeout=_CONNECT_SECONDS)  # of nobody yet
        start, said = time.monotonic(), list[Reply]()
        self._is_ours = Domain.objects.filter(name=domain).exists()  # only probes go to us by SMTP
        self._by_relay = bool(settings.SMARTHOST) and not self._is_ours
        self._judge(knows_host=False)
        for place in places_of(*_our_receiver()) if self._is_ours else hosts_of(domain):
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
        self._smtp = Client(local_hostname=settings.SMTP_HOSTNAME, timeout=_CONNECT_SECONDS)
        try:
            with self._bounded():
                self._connect(place)
                self._secure()
            self._learn(place)
        except BaseException:
            self._smtp.close()
            raise

    def _connect(self, place: Place) -> None:
        smtp = self._smtp
        self.met.become(Met(address=place.address))
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
            log.info("domain=%s decision=no-tls", self.domain)
            raise Permanent(NO_TLS)
        context = smarthost.serving() if self._by_relay else _ours.serving()
        if context is None:
            raise Temporary(OUR_TLS)
        self.met.stage = "tls"
        try:
            smtp.starttls(context=context)
        except (ssl.SSLError, OSError, smtplib.SMTPException) as error:  # a chain or a date refused, by them or by us
            reason = getattr(error, "verify_message", "") or getattr(error, "reason", "") or type(error).__name__
            log.info("domain=%s handshake refused=%s", self.domain, reason)
            raise Temporary(TLS_REFUSED) from None
        self._certificate = None if self._by_relay else self._peer()
        self._judge()
        self._hello()

    def _learn(self, place: Place) -> None:
        """Its limit, for who writes there next. What a relay of ours takes is no word of the domain."""
        if not (self._is_ours or self._by_relay):
            sizes.learn(self.domain, place.host, self._smtp.esmtp_features.get("size", ""), now=timezone.now())

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

    def _judge(self, *, knows_host: bool = True) -> None:
        """May this host receive for the domain, by the lists of now? A kept connection is judged at each message.

        Before any host is known the domain is: nobody is called for one that is not listed, or while we have no list.
        """
        try:
            verdict = self._verdict_of_peer() if knows_host and not self._by_relay else self._verdict_of_domain()
        except (OSError, ValueError):  # TRUST_CA is not there, or holds no such authority
            raise Temporary(policy.OUR_CRL_UNAVAILABLE) from None
        self._note(verdict)
        if verdict.reply:
            log.info("domain=%s decision=%s", self.domain, verdict.reason)
            raise Permanent(verdict.reply) if verdict.reply.is_permanent else Temporary(verdict.reply)

    def _verdict_of_domain(self) -> policy.Verdict:
        listed = whitelist.current()
        return policy.decide_relayed(
            listed.white_list if listed else None,
            domain=self.domain,
            listed_age=listed.age(timezone.now()) if listed else timedelta.max,
            limit=whitelist.limit(),
        )

    def _verdict_of_peer(self) -> policy.Verdict:
        peer, now = self._certificate, timezone.now()
        verdict = self._verdict(revocation.of_peer(peer, now))
        if peer and verdict.is_open and (answer := revocation.asked(peer, now)):
            return self._verdict(answer)
        return verdict

    def _note(self, verdict: policy.Verdict) -> None:
        """For the trace: who was judged, by which lists, and how."""
        met, listed, sock, peer = self.met, whitelist.current(), self._smtp.sock, self._certificate
        met.reason, met.edition_id = verdict.reason, listed.edition_id if listed else None
        if isinstance(sock, ssl.SSLSocket) and (cipher := sock.cipher()):
            met.tls = f"{sock.version()} {cipher[0]}"
        if peer:
            crl = revocation.current().crls.get(peer.issuer_key)
            met.serial, met.dn, met.crl = peer.serial, peer.dn_text, str(crl.number) if crl else ""

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
        self, *, mail_from: str, recipients: Sequence[tuple[str, UUID]], raw: bytes, success: bool = False
    ) -> list[Reply]:
        """One transaction; a reply for each recipient, in their order. Temporary when the connection broke.

        `success`: the sender wants to be told of delivery, where the host offers that (`offers_dsn`).
        """
        self._judge()
        known = [(_ascii_domain(address), pk) for address, pk in recipients]
        mail_from, is_ascii = _ascii_domain(mail_from), has_ascii_header(raw)
        if not self._smtp.has_extn("smtputf8"):  # RFC 6531 §3.2: who cannot be written to otherwise
            is_possible = is_ascii and mail_from.isascii()
            taken = [(address, pk) for address, pk in known if is_possible and address.isascii()]
        else:
            taken = known
        said = iter(self._send(mail_from, taken, raw, needs_utf8=not is_ascii, success=success) if taken else ())
        return [next(said) if pair in taken else NO_UTF8 for pair in known]

    def _send(
        self, mail_from: str, recipients: Sequence[tuple[str, UUID]], raw: bytes, *, needs_utf8: bool, success: bool
    ) -> list[Reply]:
        """In the form that the host takes (RFC 6152 §3), when it is not larger than it says (RFC 1870 §6.1)."""
        smtp, dsn = self._smtp, self.offers_dsn
        try:
            raw = fit(raw, eight_bit=smtp.has_extn("8bitmime"))
        except Unfit:
            return [CANNOT_CONVERT] * len(recipients)
        if 0 < sizes.told(smtp.esmtp_features.get("size", "")) < len(raw):
            return [TOO_BIG] * len(recipients)
        needs_utf8 = needs_utf8 or not all(address.isascii() for address in (mail_from, *(a for a, _ in recipients)))
        self.met.extensions = self._used(needs_utf8)
        envid = asking.of_message(str(recipients[0][1]), offers_dsn=dsn, mail_from=mail_from)
        mail = " ".join([f"MAIL FROM:<{mail_from}>", *self._mail_options(raw, needs_utf8), *envid])
        rcpts = [
            " ".join([f"RCPT TO:<{a}>", *asking.of_recipient(a, offers_dsn=dsn, mail_from=mail_from, success=success)])
            for a, _ in recipients
        ]
        try:
            with self._bounded():
                return self._transaction(mail, rcpts, raw)
        except (smtplib.SMTPException, OSError):
            self.close()
            raise Temporary(BROKEN) from None

    def _transaction(self, mail: str, rcpts: Sequence[str], raw: bytes) -> list[Reply]:
        smtp = self._smtp
        self.met.stage = "data"
        said = smtp.ask([mail, *rcpts, "DATA"])
        first, *replies = [_reply(*one) for one in said]
        final = replies.pop() if len(replies) > len(rcpts) else None  # DATA was asked for
        if not first.is_positive:
            replies = [first] * len(rcpts)
        is_taken = first.is_positive and any(reply.is_positive for reply in replies)
        if final and final.code == _GO_ON:
            final = _reply(
                *smtp.content(raw if is_taken else b"")
            )  # RFC 2920 §3.1: nobody takes it, yet it is asked for
        elif final and final.is_positive:  # no answer to DATA, so unknown
            final = Reply(451, "", final.text, is_ours=False)
        if peers.CLOSING in {reply.code for reply in (first, *replies, final) if reply}:
            self.close()
        elif not is_taken or (final and not final.is_positive):
            self._reset()
        return [final if final and reply.is_positive else reply for reply in replies]

    def _used(self, needs_utf8: bool) -> int:
        """Of what the host offers, for the trace."""
        offered = {Extension.SIZE: "size", Extension.DSN: "dsn"}
        used = [extension for extension, name in offered.items() if self._smtp.has_extn(name)]
        return int(sum(used)) + (Extension.SMTPUTF8 if needs_utf8 else 0)

    def _mail_options(self, raw: bytes, needs_utf8: bool) -> list[str]:
        smtp, options = self._smtp, []
        if smtp.has_extn("size"):
            options.append(f"SIZE={len(raw)}")
        if smtp.has_extn("8bitmime") and not raw.isascii():
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


def _our_receiver() -> tuple[str, int]:
    """PROBE_HOST, else where this installation listens."""
    host, _, port = settings.PROBE_HOST.rpartition(":")
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  (nobody listens there: it stands for every address)
    return (host, int(port)) if port else (here.get(settings.SMTP_HOST, settings.SMTP_HOST), settings.SMTP_PORT)


_AWAY = frozenset({UNREACHABLE, TLS_REFUSED, NO_DNS})


def is_away(reply: Reply) -> bool:
    """Does this tell of the peer, rather than of one message?"""
    return reply in _AWAY or reply.code == peers.CLOSING


def is_of_host(reply: Reply) -> bool:
    """Was there somebody who answered, rather than something of ours that kept us from asking?"""
    return not (reply.keeps_from_asking or is_away(reply))


def _ascii_domain(address: str) -> str:
    """As it travels: only a local part needs SMTPUTF8 (RFC 6531 §3.2, RFC 5890)."""
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{a_label(domain)}"


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
        return Reply(code, enhanced, rest[:500], is_ours=False)
    return Reply(code, "", words[:500], is_ours=False)
