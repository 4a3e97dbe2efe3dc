"""What a message asks of its readers or tells them beside its words: a receipt, the end of an exchange, an error."""

from dataclasses import dataclass

from mailbox.mime import mdn, mss
from mailbox.mime.address import mask
from mailbox.mime.importance import importance
from mailbox.mime.xdm import is_xdm_archive
from mailbox.models import Mailbox, Message
from mailbox.summary import Summary
from mailbox.views.place import Place
from mssweb.shown import Shown


@dataclass(frozen=True, slots=True, repr=False)
class Wishes(Shown):
    receipt: str = ""  # a Message.Receipt that the screen tells
    may_answer: bool = False
    receipt_to: str = ""  # who would be told, when it is not the sender alone
    is_last: bool = False  # X-MSS-MES: FIN (ECO.2.2.8)
    importance: str = ""  # high, low: what its author says
    error: str = ""  # what the software of whom we wrote to could not do, in French
    may_report: bool = False  # it holds a document, and this person may tell its author that it does not fit
    error_told: str = ""  # the error that was told already


def wishes(place: Place, message: Message, told: Summary) -> Wishes:
    is_in = message.direction == Message.Direction.IN
    code = mdn.error_of_subject(told.subject) if is_in else ""
    may_send = place.membership.can_send and place.mailbox.accepts_mail
    is_document = any(is_xdm_archive(part.filename) for part in told.files)
    return Wishes(
        receipt=_receipt(place, message, told, may_send=may_send),
        may_answer=may_send,
        receipt_to=_elsewhere(told),
        is_last=mss.is_last(told.headers, told.subject),
        importance=importance(told.headers),
        error=_error(code),
        may_report=is_in and may_send and is_document and not code,
        error_told=_error(message.error_told),
    )


def _receipt(place: Place, message: Message, told: Summary, *, may_send: bool) -> str:
    """Nothing is asked of who may not answer, nor where the rule of the mailbox is never to."""
    is_never = place.mailbox.receipts == Mailbox.Receipts.NEVER
    if message.receipt != Message.Receipt.ASKED or (
        may_send and not is_never and mdn.asked(told.headers, told.mail_from)
    ):
        return message.receipt
    return ""


def _elsewhere(told: Summary) -> str:
    """RFC 8098 §2.1: who consents knows that it is told to another address than the one that wrote."""
    ask = mdn.asked(told.headers, told.mail_from)
    return ", ".join(map(mask, ask.to)) if ask and not ask.may_be_automatic else ""


def _error(code: str) -> str:
    if not code:
        return ""
    return f"{mdn.CODES[code]} (code {code})" if code in mdn.CODES else "erreur que son logiciel ne précise pas"
