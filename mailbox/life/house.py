"""The house writes into a mailbox: it was opened, it is suspended, it will be closed. Sealed and filed like any letter.

Never the only trace of what it tells, and never a reason to stop: what a mailbox whose key does not open cannot be told is
in the audit and on the screens.
"""

import logging
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from uuid_utils.compat import uuid7

from mailbox import store
from mailbox.mime.address import domain_of
from mailbox.mime.compose import Outgoing, compose, new_message_id
from mailbox.mime.values import Address
from mailbox.models import Folder, Mailbox, MailboxKey, Message
from mailbox.reply import Temporary
from mssweb import crypto

log = logging.getLogger(__name__)

_END = "Ce message est automatique : n’y répondez pas."


def write(mailbox: Mailbox, subject: str, *paragraphs: str, now: datetime) -> None:
    """File one message of ours in the inbox, in the caller's transaction."""
    domain = domain_of(mailbox.address)
    raw = compose(
        Outgoing(
            from_=Address("Messagerie mssweb", f"postmaster@{domain}"),
            to=(Address("", mailbox.address),),
            subject=subject,
            text="\n\n".join([*(part for part in paragraphs if part), _END]) + "\n",
            message_id=new_message_id(domain, str(uuid7())),
            date=now,
        )
    )
    filing = store.Filing(raw=raw, folder_role=Folder.Role.INBOX, direction=Message.Direction.IN, filed_at=now)
    try:
        store.file(mailbox, [filing])
    except (crypto.Unreadable, MailboxKey.DoesNotExist, Temporary) as error:
        log.warning("mailbox %s not told: %s", mailbox.pk, type(error).__name__)


def day(at: datetime | None) -> str:
    """« 3 mars 2027 », on the clock of the office; '' for none."""
    return date_format(timezone.localtime(at), "j F Y") if at else ""
