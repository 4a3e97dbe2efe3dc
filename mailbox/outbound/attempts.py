"""The trace of one attempt: a line for each recipient, in the transaction that settles it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mailbox.models import Recipient, Submission
from mailbox.outbound import states
from mailbox.reply import Reply
from mailbox.traces import reasons, write
from mailbox.traces.values import Met, Trace

LOCAL = "local"


@dataclass(slots=True)
class Attempt:
    """`began` on the monotonic clock; `met` is filled in by the connection."""

    began: float
    met: Met = field(default_factory=Met)

    def trace(
        self, written: Sequence[tuple[Recipient, Reply, states.Step]], submission: Submission, size: int, now: datetime
    ) -> None:
        seconds = time.monotonic() - self.began
        write.insert([self._line(row, reply, submission, size, seconds, now) for row, reply, _ in written])

    def _line(
        self, row: Recipient, reply: Reply, submission: Submission, size: int, seconds: float, now: datetime
    ) -> Trace:
        """A delay counts from the sending, the time for undoing it included, or from when a person tried again."""
        met, begun = self.met, row.retried_at or submission.submitted_at
        return Trace(
            at=now, way="out", stage=met.stage, reason=why(met.reason, reply), code=reply.code, peer_address=met.address or None,
            domain=row.domain, mail_from=submission.mail_from, rcpt_to=row.address, serial=met.serial, dn=met.dn, tls=met.tls,
            edition_id=met.edition_id, crl=met.crl, enhanced=reply.enhanced, text="" if reply.is_positive else reply.text,
            size=size or None, seconds=seconds, delay=(now - begun).total_seconds() if reply.is_positive else None,
            queue_id=row.pk, message_id=submission.message_id, mailbox_id=row.mailbox_id, extensions=met.extensions,
        )  # fmt: skip


def why(decision: str, reply: Reply) -> str:
    """The decision, unless it passed and something else refused: ours, or the peer."""
    if reply.is_positive or decision not in {"", "listed", LOCAL}:
        return decision
    return reasons.reason_of(reply) if reply.is_ours else reasons.PEER
