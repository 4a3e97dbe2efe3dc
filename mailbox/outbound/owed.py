"""The delivery report that a sender elsewhere asked for (RFC 3461 §5.2, ECO.2.3.1): queued with the filing, or not at all.

One transaction with the filing is what makes it true and single: a letter that is filed once is reported once, whatever
is killed, and what a peer sends again is a duplicate that nobody reports.
"""

from datetime import datetime

from django.conf import settings
from uuid_utils.compat import uuid7

from mailbox.inbound.envelope import Envelope
from mailbox.mime.address import domain_of
from mailbox.mime.compose import Uncomposable, new_message_id
from mailbox.mime.report import FailedRecipient, failure_report, header_of
from mailbox.mime.threads import visible_subject
from mailbox.mime.values import Address, ParsedMessage
from mailbox.models import Mailbox
from mailbox.outbound import house
from mailbox.reply import Reply

_DELIVERED = Reply(250, "2.1.5", "Delivered")


def is_owed(envelope: Envelope) -> bool:
    """Asked for, by somebody who can be told (RFC 3461 §4.1: NEVER stands alone)."""
    wanted = {word.strip() for word in envelope.notify.upper().split(",")}
    return bool(envelope.mail_from) and "SUCCESS" in wanted and "NEVER" not in wanted


def owe_delivered(
    mailbox: Mailbox, envelope: Envelope, *, raw: bytes, parsed: ParsedMessage | None, filed_at: datetime, now: datetime
) -> bool:
    """Queue it; false when it is not owed, or when the sender's address has no place in a message.

    Addresses stand in it exactly: a machine asked. RET=FULL changes nothing: it is for what fails (RFC 3461 §4.3).
    """
    if not is_owed(envelope):
        return False
    parsed = parsed or ParsedMessage()
    subject = " ".join(visible_subject(parsed.subject).split())[:200] or "(sans objet)"  # U+2028 ends a line, for some
    one = FailedRecipient(mailbox.address, _DELIVERED, envelope.envid, envelope.orcpt)  # RFC 3461 §6.3
    try:
        report = failure_report(
            report_from=house.postmaster(mailbox), to=Address("", envelope.mail_from), subject=f"Remis : {subject}",
            original_headers=header_of(raw), failed=[one], kind="delivered", text=_text(mailbox),
            mta=settings.SMTP_HOSTNAME, arrived_at=filed_at, now=now, references=(parsed.message_id,),
            message_id=new_message_id(domain_of(mailbox.address), str(uuid7())),
        )  # fmt: skip
    except Uncomposable:  # an address that only an envelope can hold: its letter is filed all the same
        return False
    house.send(mailbox, report, [envelope.mail_from], now=now)
    return True


def _text(mailbox: Mailbox) -> str:
    return (
        f"Votre message a été remis dans la boîte {mailbox.address}.\n\nCela ne dit pas qu’il est lu.\n\n{house.END}\n"
    )
