"""Claim, try, settle. Workers may be killed at any line: nothing is lost, nothing sent again after a known success.

A claim is a conditional update with a lease. The one window in which a duplicate is possible is between the peer's 250
and the commit of `_settle`: nothing is done in it but that commit, which is tried again for minutes; only a database
that stays away longer, or the death of this process in it, sends twice. `except Exception` stands at these edges only.
"""

import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from mailbox import blobs, store
from mailbox.mime import leaving
from mailbox.mime.address import domain_of
from mailbox.mime.compose import new_message_id
from mailbox.mime.parse import parse
from mailbox.mime.report import Kind
from mailbox.models import Domain, Folder, Mailbox, Message, Recipient, Submission
from mailbox.outbound import attempts, failure, house, objecting, peers, queue, states
from mailbox.outbound.addresses import full_address
from mailbox.outbound.hearing import hear
from mailbox.outbound.states import State
from mailbox.outbound.transport import Connection, is_away, is_of_host
from mailbox.reply import LOCAL_ERROR, MailError, Permanent, Reply, Temporary
from mailbox.traces.values import Met
from mssweb import notify, stopping, tally

log = logging.getLogger(__name__)

_LEASE = timedelta(minutes=15)
_LEFT = timedelta(minutes=7)  # of a lease, for one transaction and its settlement: with less none is begun
_START_SECONDS = 20.0  # of a turn: what was not begun by then is given back, and the next domain has its turn
_SETTLE_AGAIN_SECONDS = (
    0.1,
    0.5,
    2,
    5,
    10,
    20,
    40,
    80,
)  # the database is away, or two settlements met: within the lease
_HOLD_SECONDS = 20.0  # an idle connection is kept this long
DELIVERED_HERE = Reply(250, "2.1.5", "Delivered")
GONE = Reply(550, "5.1.1", "Mailbox unavailable")
FULL = Reply(452, "4.2.2", "Mailbox full")

type Follows = Callable[[Recipient, Submission, Reply, datetime], states.Step]


@dataclass(slots=True)
class _Held:
    connection: Connection
    used_at: float


_connections: dict[str, _Held] = {}  # of this process, by domain


def send_due(now: datetime) -> int:
    """Try everything that is due, domain by domain in their turn; returns how many recipients were tried.

    A worker that is told to stop ends the transaction it is in, and gives back the others.
    """
    tried, round_ = 0, queue.Round()
    while not stopping.is_asked() and (turn := round_.next(now, _LEASE)):
        tried += _serve(turn, latest=timezone.now() + _LEASE - _LEFT)
        now = timezone.now()
    _release_idle()
    return tried


def _serve(turn: queue.Turn, latest: datetime) -> int:
    """Messages of one domain, until one finds that it does not answer; what was not begun is given back."""
    tried, started, has_answered = 0, time.monotonic(), False
    away: Reply | None = None
    known = _submissions(turn.rows)
    for group in _transactions(turn.rows):
        if tried and (away or stopping.is_asked() or time.monotonic() - started > _START_SECONDS):
            queue.give_back(group, turn.lease, away)
            continue
        submission = known.get(group[0].submission_id)
        replies = _try(group, submission, turn.lease, latest) if submission and _is_ours(group[0], turn.lease) else []
        away = _away(turn.domain, replies)
        has_answered = has_answered or any(map(is_of_host, replies))
        tried += len(group)
    if away:
        peers.went_away(turn.domain, away, now=timezone.now(), was_probe=turn.is_probe)
        if turn.is_probe:
            _tell_overdue(turn.domain, away)
    elif turn.is_probe:
        peers.answered(turn.domain) if has_answered else peers.try_next(turn.domain, now=timezone.now())
    return tried


def _away(domain: str, replies: Sequence[Reply]) -> Reply | None:
    """What tells that the domain does not answer. Ours is never left alone: only probes go there, neighbours are filed."""
    told = next((reply for reply in replies if is_away(reply)), None)
    return None if told is None or Domain.objects.filter(name=domain).exists() else told


def _tell_overdue(domain: str, reply: Reply) -> None:
    """Nobody tries what waits for a domain that does not answer: its time ends, and its sender is told, all the same."""
    now = timezone.now()
    while not stopping.is_asked() and (turn := queue.overdue(domain, now, _LEASE)):
        known = _submissions(turn.rows)
        for group in _transactions(turn.rows):
            if submission := known.get(group[0].submission_id):
                _settle_surely(group, [reply] * len(group), submission, _header(submission), turn.lease, _waited)


def _header(submission: Submission) -> bytes:
    """What a report quotes of it; a letter that does not open is reported without."""
    try:
        return _raw(submission)
    except MailError:
        return b"\r\n\r\n"


def _submissions(rows: Sequence[Recipient]) -> dict[UUID, Submission]:
    """Theirs, in one statement a turn, without the bytes of letters; what was destroyed since is not there.

    Those of one mailbox share it, and so its keys are opened once.
    """
    known = Submission.objects.select_related("message", "mailbox__key")
    known = known.filter(pk__in={row.submission_id for row in rows})
    boxes: dict[UUID, Mailbox] = {}
    for submission in (found := list(known)):
        submission.mailbox = boxes.setdefault(submission.mailbox_id, submission.mailbox)
    return {submission.pk: submission for submission in found}


def _is_ours(recipient: Recipient, lease: UUID) -> bool:
    """Still: a turn lasts some seconds, in which a letter may be destroyed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM mailbox_recipient WHERE id = %s AND lease = %s", [recipient.pk, lease])
        return bool(cursor.rowcount)


def _transactions(claimed: Sequence[Recipient]) -> list[list[Recipient]]:
    """Recipients of one message and one domain travel together."""
    ordered = sorted(claimed, key=lambda r: (r.domain, str(r.submission_id)))
    return [list(group) for _, group in groupby(ordered, key=lambda r: (r.domain, r.submission_id))]


def _try(group: list[Recipient], submission: Submission, lease: UUID, latest: datetime) -> Sequence[Reply]:
    """One transaction with one host (or our own store), and its settlement; what the host said, or we of it.

    Nothing when no host was asked.
    """
    raw, attempt, was_asked = b"", attempts.Attempt(time.monotonic()), False
    try:
        raw = _ready(submission, _raw(submission))
        objecting.check(group, submission, attempt.met)
        if group[0].is_local:
            for recipient in group:
                _deliver_here(recipient, submission, raw, lease)
            return []
        was_asked = True
        replies = _send(group, submission, raw, latest, attempt.met)
    except MailError as error:
        replies = [error.reply] * len(group)
    except Exception as error:  # noqa: BLE001  (the edge: what is unknown is temporary, the others still leave)
        log.error("submission %s: %s", submission.pk, type(error).__name__)
        replies, was_asked = [LOCAL_ERROR] * len(group), False
    _settle_surely(group, replies, submission, raw, lease, _next, attempt)
    return replies if was_asked else []


def _raw(submission: Submission) -> bytes:
    """The bytes that travel: of the copy in Sent, or its own for mail of the house."""
    blob_id = submission.message.blob_id if submission.message else submission.blob_id
    blob = blobs.fetch(blob_id) if blob_id else None  # kept by nobody: the letters of a turn are not in memory together
    if blob is None:  # all of it was settled, or destroyed meanwhile: its bytes are gone
        raise Permanent(GONE)
    return blobs.read(blob, submission.mailbox)


def _ready(submission: Submission, raw: bytes) -> bytes:
    domain = domain_of(submission.mail_from) or settings.SMTP_HOSTNAME
    unique = new_message_id(domain, str(submission.pk))
    return leaving.ready(raw, message_id=unique, sent_at=submission.submitted_at, nil=settings.X_MSS_NIL)


def _settle_surely(
    group: Sequence[Recipient], replies: Sequence[Reply], submission: Submission, raw: bytes, lease: UUID, follows: Follows,
    attempt: attempts.Attempt | None = None,
) -> None:  # fmt: skip
    """The peer has answered: what it said is written, whatever the database goes through meanwhile."""
    for wait in _SETTLE_AGAIN_SECONDS:
        try:
            _settle(group, replies, submission, raw, lease, follows, attempt)
        except (OperationalError, InterfaceError) as error:
            log.error("submission %s not settled yet: %s", submission.pk, type(error).__name__)
            connection.close()
            time.sleep(wait)
        else:
            return
    _settle(group, replies, submission, raw, lease, follows, attempt)


def _send(group: list[Recipient], submission: Submission, raw: bytes, latest: datetime, met: Met) -> list[Reply]:
    """Over the held connection when it still lives, else a new one. Not after `latest`: another worker sends it then."""
    domain = group[0].domain
    recipients = [(full_address(r, submission.mailbox), r.pk) for r in group]
    held = _connection(domain, met)
    if timezone.now() > latest:  # a host that dripped, a machine that stood still
        raise Temporary
    try:
        replies = held.send(
            mail_from=submission.mail_from, recipients=recipients, raw=raw, success=submission.notify_success
        )
    except BaseException:  # whatever it was, what this connection would hear next is not known any more
        _connections.pop(domain).connection.close()
        raise
    _connections[domain].used_at = time.monotonic()
    return replies


def _connection(domain: str, met: Met) -> Connection:
    held = _connections.get(domain)
    if held and held.connection.is_open and (time.monotonic() - held.used_at < 1 or held.connection.is_alive()):
        met.become(held.connection.met)
        held.connection.met = met
        return held.connection
    _connections.pop(domain, None)
    _connections[domain] = _Held(Connection(domain, met), time.monotonic())
    return _connections[domain].connection


def _release_idle() -> None:
    for domain, held in list(_connections.items()):
        if time.monotonic() - held.used_at > _HOLD_SECONDS:
            held.connection.close()
            del _connections[domain]


def _deliver_here(recipient: Recipient, submission: Submission, raw: bytes, lease: UUID) -> None:
    """A neighbour: filed and settled in one transaction, so exactly once; what it reports is heard as an arrival's is."""
    ours, parsed = Mailbox.objects.filter(state="active", domain__state="active"), parse(raw)
    here = attempts.Attempt(time.monotonic(), Met(reason=attempts.LOCAL, stage="data"))
    with transaction.atomic():
        found = ours.filter(address=recipient.address).values_list("pk", flat=True).first()
        store.lock(*{submission.mailbox_id, found or submission.mailbox_id})  # before any recipient's row
        target = ours.select_related("key").filter(pk=found).first() if found else None  # as it is, now that it is held
        if target is None or target.used_bytes + len(raw) > target.quota_bytes:
            _settle([recipient], [FULL if target else GONE], submission, raw, lease, attempt=here)
            return
        if not _settle([recipient], [DELIVERED_HERE], submission, raw, lease, attempt=here):
            return
        filing = store.Filing(
            raw=raw,
            folder_role=Folder.Role.INBOX,
            direction=Message.Direction.IN,
            filed_at=timezone.now(),
            mail_from=submission.mail_from,
            is_verified=bool(submission.mail_from),
            parsed=parsed,
        )
        store.file(target, [filing])
        hear(target, raw, parsed, domain_of(submission.mailbox.address).__eq__)


def _next(recipient: Recipient, submission: Submission, reply: Reply, now: datetime) -> states.Step:
    """After an attempt."""
    return states.after_reply(
        reply,
        is_local=recipient.is_local,
        attempts=recipient.attempts,
        submitted_at=recipient.retried_at or submission.submitted_at,
        now=now,
        scale=settings.RETRY_SCALE,
        jitter=random.random(),  # noqa: S311  (spreads retries, protects nothing)
    )


def _waited(recipient: Recipient, submission: Submission, reply: Reply, now: datetime) -> states.Step:
    """Without one."""
    begun = recipient.retried_at or submission.submitted_at
    return states.after_waiting(submitted_at=begun, now=now, scale=settings.RETRY_SCALE)


def _settle(
    group: Sequence[Recipient], replies: Sequence[Reply], submission: Submission, raw: bytes, lease: UUID,
    follows: Follows = _next, attempt: attempts.Attempt | None = None,
) -> int:  # fmt: skip
    """Write what became of each recipient, with the trace of the attempt, if the lease is still ours; how many were written.

    Writing does not depend on telling: when a report cannot be filed, successes stand, and what failed is tried again.
    """
    now = timezone.now()
    steps = [follows(recipient, submission, reply, now) for recipient, reply in zip(group, replies, strict=True)]
    with transaction.atomic():
        good = _good_news(submission, offers_dsn=attempt is None or attempt.met.offers_dsn)
        if any(step.state in good or _may_be_told(row, step) for row, step in zip(group, steps, strict=True)):
            store.lock(submission.mailbox_id)  # first, as filing does: its report may meet one that arrives
        written = [
            (recipient, reply, step)
            for recipient, reply, step in zip(group, replies, steps, strict=True)
            if _write(recipient, reply, step, lease, now)
        ]
        if attempt:
            attempt.trace(written, submission, len(raw), now)
        failed = [(row, reply) for row, reply, step in written if step.state is State.FAILED]
        waiting = [
            (row, reply)
            for row, reply, step in written
            if step.state is State.DELAYED and _must_tell(row, submission, now)
        ]
        if failed and not _tell(failed, "failed", submission, raw, now):
            _try_again_untold(failed, now)
        if waiting and _tell(waiting, "delayed", submission, raw, now):
            Recipient.objects.filter(pk__in=[row.pk for row, _ in waiting]).update(delay_reported_at=now)
        for state, kind in good.items():
            if reached := [(row, reply) for row, reply, step in written if step.state is state]:
                _tell(reached, kind, submission, raw, now)
        if submission.blob_id:
            house.drop_settled(submission)
        notify.changed(submission.mailbox_id)
    for _, reply, _ in written if follows is _next else ():  # whose host answered, or was asked
        tally.count("sent", f"{reply.code // 100}xx")
    return len(written)


def _good_news(submission: Submission, *, offers_dsn: bool) -> Mapping[State, Kind]:
    """What its sender asked to be told, where nobody else will: our own deliveries, hosts that report none (RFC 3461 §5.2.2)."""
    if not submission.notify_success:
        return {}
    return {State.DELIVERED: "delivered"} if offers_dsn else {State.DELIVERED: "delivered", State.RELAYED: "relayed"}


def _tell(
    rows: Sequence[tuple[Recipient, Reply]],
    kind: Kind,
    submission: Submission,
    raw: bytes,
    now: datetime,
) -> bool:
    """File the report; False when it could not be, whatever stood in its way but the database itself."""
    try:
        with transaction.atomic():
            failure.tell(submission, submission.mailbox, rows, kind, raw=raw, now=now)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001  (a peer's 250 must be written whatever its neighbour's refusal says)
        log.error("submission %s: report not filed: %s", submission.pk, type(error).__name__)
        return False
    return True


def _try_again_untold(failed: Sequence[tuple[Recipient, Reply]], now: datetime) -> None:
    """A failure that nobody hears of is none yet: the peer refuses again soon, until the ladder ends."""
    rows = [row.pk for row, _ in failed if row.attempts < len(states.LADDER)]
    soon = now + states.LADDER[1] * settings.RETRY_SCALE
    Recipient.objects.filter(pk__in=rows).update(state=State.DELAYED, not_before=soon, settled_at=None)


def _may_be_told(recipient: Recipient, step: states.Step) -> bool:
    return step.state is State.FAILED or (step.state is State.DELAYED and recipient.delay_reported_at is None)


_SETTLED = """
UPDATE mailbox_recipient SET state = %s, lease = NULL, not_before = %s, settled_at = %s, reply_code = %s, reply_enhanced = %s,
       reply_text = %s
 WHERE id = %s AND lease = %s AND state = 'sending'
"""  # by hand: composing it anew took the ORM a third of what sending a letter costs


def _write(recipient: Recipient, reply: Reply, step: states.Step, lease: UUID, now: datetime) -> bool:
    settled_at = None if step.not_before else now
    told = reply.code, reply.enhanced[:12], reply.text[:500]
    with connection.cursor() as cursor:
        cursor.execute(_SETTLED, [step.state, step.not_before or now, settled_at, *told, recipient.pk, lease])
        return bool(cursor.rowcount)


def _must_tell(recipient: Recipient, submission: Submission, now: datetime) -> bool:
    return recipient.delay_reported_at is None and states.is_delay_told(
        submitted_at=recipient.retried_at or submission.submitted_at, now=now, scale=settings.RETRY_SCALE
    )
