"""A document of health leaves only as far as its patient lets it, asked again at each attempt (va1.20, va1.22).

Between the sending and the leaving somebody may have noted an opposition: days for what was planned, hours for what is tried
again, another address for what was corrected. Refuses nothing of letters that carry no document of health.
"""

from collections.abc import Iterable, Sequence

from mailbox.documents import examining, facts, oppositions
from mailbox.models import Examination, Mailbox, Message, Recipient, Submission
from mailbox.outbound.addresses import full_address
from mailbox.outbound.failure import PATIENT_OPPOSED
from mailbox.quarantine.values import Person
from mailbox.reply import Permanent
from mailbox.summary import open_summary
from mailbox.traces import reasons
from mailbox.traces.values import Met
from mssweb import crypto


def check(group: Sequence[Recipient], submission: Submission, met: Met) -> None:
    """Permanent for these recipients of one domain when a patient refuses it; `met` says so in the trace."""
    message, mailbox = submission.message, submission.mailbox
    if message is None or not message.has_codecda:
        return
    addresses = [full_address(one, mailbox) for one in group]
    if any(oppositions.refused(oppositions.of(mailbox, one), addresses) for one in _patients(message, mailbox)):
        met.reason = reasons.OPPOSED
        raise Permanent(PATIENT_OPPOSED)


def _patients(message: Message, mailbox: Mailbox) -> Iterable[Person]:
    """As its documents name them, once they were examined; until then as its subject does."""
    row = Examination.objects.filter(mailbox=mailbox, message=message).first()
    try:
        found = facts.open_facts(row, mailbox.keys)
    except crypto.Unreadable:
        found = None
    return examining.patients(found.files if found else (), open_summary(message, mailbox.keys))
