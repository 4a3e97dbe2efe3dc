"""Reports that come in change what is said of a recipient: only of this mailbox, only forward, only from who may say it.

Standard ones (RFC 3464, 8098), the returns of Mon espace santé that are none, and integration errors told by a subject.
Everybody who received a message knows its Message-ID: one operator must not fail or confirm what was sent to another.
Our ENVID was told to one peer alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from mailbox import store
from mailbox.mime import mdn
from mailbox.mime.address import PATIENT_DOMAIN, domain_of, mask, mask_patients, normalise
from mailbox.mime.bounce import Bounce, Cause, parse_bounce
from mailbox.mime.report import DeliveryStatus, Report, original_id, parse_report
from mailbox.mime.values import ParsedMessage
from mailbox.models import Mailbox, Recipient
from mailbox.outbound.addresses import full_address
from mailbox.outbound.failure import PATIENT_CLOSED, PATIENT_INVALID, PATIENT_SIZE, PATIENT_UNKNOWN, PATIENT_UNSAID
from mailbox.outbound.states import State, can
from mailbox.reply import Reply
from mssweb import notify

type SpeaksFor = Callable[[str], bool]  # is the peer that brought it listed for that domain?

_MOST = 100  # recipients of one letter of ours (submit.MAX_RECIPIENTS): what a report says of more is about no letter
_STATES: Mapping[str, State] = {"failed": State.FAILED, "delivered": State.DELIVERED}
_PATIENT: Mapping[Cause, Reply] = {
    Cause.CLOSED: PATIENT_CLOSED, Cause.UNKNOWN_PATIENT: PATIENT_UNKNOWN, Cause.INVALID: PATIENT_INVALID,
    Cause.SIZE: PATIENT_SIZE, Cause.UNSAID: PATIENT_UNSAID,
}  # fmt: skip


def hear(mailbox: Mailbox, raw: bytes, parsed: ParsedMessage, speaks_for: SpeaksFor) -> None:
    """Whatever a message that was just filed reports on."""
    if report := parse_report(raw, parsed):
        apply_report(mailbox, report, speaks_for, said=parsed.subject)
    elif bounce := parse_bounce(raw, parsed):
        _returned(mailbox, bounce, speaks_for)
    elif code := mdn.error_of_subject(parsed.subject):
        _not_integrated(mailbox, raw, parsed, code, speaks_for)


def apply_report(mailbox: Mailbox, report: Report, speaks_for: SpeaksFor, *, said: str = "") -> None:
    """A standard report. `said` is its subject, which may tell an error that a faulty receipt does not."""
    now = timezone.now()
    if report.kind == "disposition":
        _disposed(mailbox, report, mdn.error_of_subject(said), speaks_for, now)
        return
    for status in report.recipients[:_MOST]:
        _apply(mailbox, report, status, speaks_for, now)


def _apply(mailbox: Mailbox, report: Report, status: DeliveryStatus, speaks_for: SpeaksFor, now: datetime) -> None:
    if status.action not in Recipient.Reported.values:
        return
    row = _told_to_one(mailbox, status)
    if row is None:
        row = _addressed(mailbox, (report.original_message_id,), status.recipient, speaks_for)
    if row is None:
        return
    to = _STATES.get(status.action)
    if to is None:  # relayed, expanded, delayed: words beside a state that stays
        if Recipient.objects.filter(pk=row.pk, state=State.RELAYED).update(reported=status.action, reported_at=now):
            notify.changed(mailbox.pk)
    elif can(row.state, to):
        reply = status.reply or Reply(550 if to is State.FAILED else 250, status.status, "")
        _settle(row, to, replace(reply, text=mask_patients(reply.text)), now, reported=status.action)


def _settle(row: Recipient, to: State, reply: Reply, now: datetime, *, reported: str) -> None:
    done = Recipient.objects.filter(pk=row.pk, state=row.state).update(
        state=to, settled_at=now, reply_code=reply.code, reply_enhanced=reply.enhanced[:12],
        reply_text=reply.text[:500], reported=reported, reported_at=now,
    )  # fmt: skip
    if done:
        notify.changed(row.mailbox_id)


def _told_to_one(mailbox: Mailbox, status: DeliveryStatus) -> Recipient | None:
    """By our ENVID: the id of a recipient, told to the one peer that has it, with others of its domain perhaps.

    Then the address says which; an address that is none of theirs (it was rewritten there) is the only one's there is.
    """
    try:
        row = Recipient.objects.filter(mailbox=mailbox, pk=UUID(status.envid)).first()
    except ValueError:
        return None
    if row is None:
        return None
    together = list(Recipient.objects.filter(mailbox=mailbox, submission=row.submission_id, domain=row.domain))
    named = next((one for one in together if full_address(one, mailbox) == status.recipient), None)
    return named or (row if len(together) == 1 else None)


def _sent_as(mailbox: Mailbox, message_ids: tuple[str, ...]) -> QuerySet[Recipient]:
    """The recipients of what we sent under one of these Message-IDs."""
    tokens = [store.id_token(mailbox.keys.index, message_id) for message_id in message_ids if message_id]
    return Recipient.objects.filter(mailbox=mailbox, submission__message__message_id_token__in=tokens)


def _addressed(mailbox: Mailbox, message_ids: tuple[str, ...], address: str, speaks_for: SpeaksFor) -> Recipient | None:
    """The recipient of that address in what we sent so; a patient's address is compared opened."""
    if not any(message_ids) or not speaks_for(domain_of(address)):
        return None
    rows = _sent_as(mailbox, message_ids).filter(address=mask(address))
    return next((row for row in rows if full_address(row, mailbox) == address), None)


def _disposed(mailbox: Mailbox, report: Report, told: str, speaks_for: SpeaksFor, now: datetime) -> None:
    """An MDN: «displayed» is a fact beside the state (design §7), the others and errors of integration too."""
    row = _addressed(mailbox, (report.original_message_id,), report.reader, speaks_for)
    if row is None or report.disposition not in mdn.DISPOSITIONS:
        return
    if report.disposition == mdn.DISPLAYED:
        done = Recipient.objects.filter(pk=row.pk, read_at=None).update(read_at=now)
    else:
        done = _processed(row, report.disposition, mdn.error_code(report.error) or told, now)
    if done:
        notify.changed(mailbox.pk)


def _processed(row: Recipient, disposition: str, code: str, now: datetime) -> int:
    """The last word counts: what was refused may be integrated later."""
    found = Recipient.objects.filter(pk=row.pk)
    return found.update(disposition=disposition, disposition_at=now, error_code=code)


def _not_integrated(mailbox: Mailbox, raw: bytes, parsed: ParsedMessage, code: str, speaks_for: SpeaksFor) -> None:
    """An error told by a plain message (reference client §6.1): of whom wrote it, else of the one we wrote to there."""
    author = normalise(parsed.from_[0].addr_spec) if len(parsed.from_) == 1 else ""
    domain = domain_of(author)
    if not domain or domain == PATIENT_DOMAIN or not speaks_for(domain):
        return
    ids = (original_id(raw, parsed), *parsed.in_reply_to[:5], *parsed.references[-5:])
    there = list(_sent_as(mailbox, ids).filter(domain=domain)[:50])
    row = next((one for one in there if one.address == author), there[0] if len(there) == 1 else None)
    if row and _processed(row, mdn.PROCESSED, code, timezone.now()):
        notify.changed(mailbox.pk)


def _returned(mailbox: Mailbox, bounce: Bounce, speaks_for: SpeaksFor) -> None:
    """Mon espace santé returns it (reference client §7): of the patient we wrote to, the named one when there are several."""
    if not speaks_for(PATIENT_DOMAIN):
        return
    there = list(_sent_as(mailbox, bounce.message_ids).filter(domain=PATIENT_DOMAIN)[:100])
    named = [row for row in there if full_address(row, mailbox).partition("@")[0] in bounce.text.lower()]
    rows = named or (there if len(there) == 1 else [])
    for row in rows:
        if can(row.state, State.FAILED):
            _settle(row, State.FAILED, _PATIENT[bounce.cause], timezone.now(), reported="failed")
