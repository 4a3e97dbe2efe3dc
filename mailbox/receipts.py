"""Answer who asks: a read receipt with consent, once per message and mailbox; what became of a document in software.

Verbs for pages and for the interfaces of software (APP mailboxes). The right to send is checked by the caller; who is
answered must be of the trust space, as every recipient (`submit.Refused`). Consent is a person's, or the mailbox's rule:
then only to the address that the envelope came from (RFC 8098 §2.1, reference client §6.1).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from uuid_utils.compat import uuid7

from auth_otp.models import User
from mailbox import blobs
from mailbox.mime import mdn
from mailbox.mime.address import domain_of
from mailbox.mime.compose import OutgoingFile, new_message_id
from mailbox.mime.mdn import Asked, Receipt
from mailbox.mime.parse import decoded
from mailbox.mime.threads import visible_subject
from mailbox.mime.values import Address, Part
from mailbox.mime.xdm import is_xdm_archive
from mailbox.models import Mailbox, Membership, Message
from mailbox.outbound import house, submit
from mailbox.outbound.submit import Refused
from mailbox.summary import Summary, open_summary
from mssweb import notify
from mssweb.audit.record import record

_HEADER = 64 * 1024  # bytes of the message that hold what a receipt gives back
_BY_HAND, _BY_RULE = "manual-action/MDN-sent-manually", "manual-action/MDN-sent-automatically"
_BY_SOFTWARE = "automatic-action/MDN-sent-automatically"


def answer(
    *, mailbox: Mailbox, message: Message, by: User, now: datetime, by_rule: bool = False, request: HttpRequest | None
) -> bool:
    """Send the receipt that a message asks for; false when it asks for none, or a colleague has answered already."""
    told = open_summary(message, mailbox.keys)
    ask = mdn.asked(told.headers, told.mail_from)
    if ask is None or (by_rule and not ask.may_be_automatic):
        return False
    _check(ask.to)
    header = blobs.read_range(message.blob, mailbox, 0, min(message.size, _HEADER))
    at = timezone.localtime(now)
    text = (
        f"Votre message a été affiché dans la boîte {mailbox.address} le {at:%d/%m/%Y} à {at.hour}:{at:%M}.\n\n"
        "Cela ne dit pas qu’il a été compris ni suivi d’effet.\n"
    )
    plain = _receipt(mailbox, told, ask.to, header, now, subject=f"Lu : {_topic(told)}", text=text)
    raw = mdn.compose_receipt(replace(plain, mode=_BY_RULE if by_rule else _BY_HAND))
    with transaction.atomic():
        if not _move(message, Message.Receipt.SENT):
            return False
        house.send(mailbox, raw, ask.to, now=now)
        record(
            "receipt.send", request=request, actor_id=by.pk, mailbox_id=mailbox.pk, subject=("message", message.pk),
            by_rule=by_rule,
        )  # fmt: skip
        transaction.on_commit(submit.wake)
    return True


def decline(*, mailbox: Mailbox, message: Message, by: User, request: HttpRequest | None) -> bool:
    """Never for this message, whoever of the mailbox opens it next. Its sender is told nothing."""
    with transaction.atomic():
        done = _move(message, Message.Receipt.DECLINED)
        if done:
            record(
                "receipt.decline", request=request, actor_id=by.pk, mailbox_id=mailbox.pk,
                subject=("message", message.pk),
            )  # fmt: skip
    return done


def answer_by_rule(membership: Membership, opened: Iterable[Message], *, now: datetime, request: HttpRequest) -> int:
    """A member has opened these: their receipts leave when the mailbox's rule says «always» and that member may send.

    What the rule may not answer (another address, outside the trust space) is left to a person.
    """
    mailbox = membership.mailbox
    if mailbox.receipts != Mailbox.Receipts.ALWAYS or not (membership.can_send and mailbox.accepts_mail):
        return 0
    sent = 0
    for message in opened:
        if message.receipt == Message.Receipt.ASKED and message.direction == Message.Direction.IN:
            try:
                done = answer(
                    mailbox=mailbox, message=message, by=membership.user, now=now, by_rule=True, request=request
                )
            except Refused:
                continue
            sent += done
            message.receipt = Message.Receipt.SENT if done else message.receipt
    return sent


def report_integration(
    *, mailbox: Mailbox, message: Message, code: str, by: User | None, now: datetime, request: HttpRequest | None = None
) -> bool:
    """Tell the sender what became of a document: `code` of mdn.CODES, or '' when it went well.

    `by` is None for software, which answers automatically. With a receipt asked for it is an MDN of the house; without,
    an error is a plain message of the mailbox (reference client §6.1), and a success is told to nobody. An error once.
    What is itself a report, or tells an error, is answered by nobody: two programs would go on for ever.
    """
    if code and code not in mdn.CODES:
        raise ValueError("not a business code")
    told = open_summary(message, mailbox.keys)
    if not told.mail_from or mdn.error_of_subject(told.subject):
        return False
    ask = mdn.asked(told.headers, told.mail_from)
    if ask and by is None and not ask.may_be_automatic:  # nobody consented to another address (RFC 8098 §2.1)
        ask = None
    if ask is None and not code:
        return False
    receipt = _processed(mailbox, message, told, ask, code, by_software=by is None, now=now)
    with transaction.atomic():
        fresh = Message.objects.filter(pk=message.pk, mailbox=mailbox, direction=Message.Direction.IN, error_told="")
        if not (fresh.update(error_told=code) if code else fresh.exists()):
            return False
        if ask:
            _check(ask.to)
            house.send(mailbox, _bounded(receipt, mailbox, mdn.compose_receipt), ask.to, now=now)
            transaction.on_commit(submit.wake)
        else:
            submit.submit(
                mailbox=mailbox, author=by, letter=_bounded(receipt, mailbox, mdn.compose_error),
                recipients=receipt.to, thread_id=message.thread_id, not_before=now, now=now, request=request, waits=False,
            )  # fmt: skip
        record(
            "integration.report", request=request, actor_id=by.pk if by else None, mailbox_id=mailbox.pk,
            subject=("message", message.pk), code=code,
        )  # fmt: skip
        notify.changed(mailbox.pk)
    return True


def _processed(
    mailbox: Mailbox, message: Message, told: Summary, ask: Asked | None, code: str, *, by_software: bool, now: datetime
) -> Receipt:
    raw = blobs.read(message.blob, mailbox)
    to = ask.to if ask else tuple(a.addr_spec for a in (told.reply_to or (told.author,)))[:1]
    mode = _BY_SOFTWARE if by_software else _BY_HAND
    if not code:
        text = f"Intégré par le logiciel de {mailbox.display_name}.\n"
        plain = _receipt(mailbox, told, to, raw, now, subject=f"Intégré : {_topic(told)}", text=text)
        return replace(plain, mode=mode, kind=mdn.PROCESSED)
    text = f"{code} : {mdn.CODES[code]}.\n\nLe document joint n’a pas été intégré par {mailbox.display_name}.\n"
    files = tuple(_file(raw, part) for part in told.files if _is_document(part))
    plain = _receipt(mailbox, told, to, raw, now, subject=mdn.error_subject(code, told.subject), text=text)
    return replace(plain, mode=mode, kind=mdn.PROCESSED, code=code, files=files)


def _receipt(
    mailbox: Mailbox, told: Summary, to: tuple[str, ...], original: bytes, now: datetime, *, subject: str, text: str
) -> Receipt:
    """By hand, until the caller says otherwise."""
    return Receipt(
        from_=Address(mailbox.display_name, mailbox.address), to=to, subject=subject, text=text, mode=_BY_HAND,
        original=original, original_id=told.message_id, software=f"{settings.SMTP_HOSTNAME}; mssweb", now=now,
        message_id=new_message_id(domain_of(mailbox.address), str(uuid7())),
    )  # fmt: skip


def _bounded(receipt: Receipt, mailbox: Mailbox, compose: Callable[[Receipt], bytes]) -> bytes:
    """With the documents beside the original, as far as a message of ours may hold both."""
    raw = compose(receipt)
    return raw if len(raw) <= mailbox.domain.max_message_bytes else compose(replace(receipt, files=()))


def _check(addresses: Sequence[str]) -> None:
    if reasons := submit.check_recipients(addresses):
        raise Refused(reasons)


def _move(message: Message, to: Message.Receipt) -> bool:
    """The one step that is taken once, whoever comes first."""
    found = Message.objects.filter(pk=message.pk, mailbox_id=message.mailbox_id, receipt=Message.Receipt.ASKED)
    done = bool(found.update(receipt=to))
    if done:
        notify.changed(message.mailbox_id)
    return done


def _topic(told: Summary) -> str:
    return visible_subject(told.subject)[:200] or "(sans objet)"


def _is_document(part: Part) -> bool:
    name = part.filename.lower()
    return is_xdm_archive(name) or part.content_type == "application/pdf" or name.endswith(".pdf")


def _file(raw: bytes, part: Part) -> OutgoingFile:
    return OutgoingFile(part.filename or "document", part.content_type, decoded(raw, part))
