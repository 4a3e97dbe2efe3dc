"""A person sends: every recipient is checked, the copy filed in Sent, the rows of the queue written: one transaction.

Refuses as a whole: when one recipient cannot be written to, nothing is sent and the reasons are told in their place.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from uuid_utils.compat import uuid7

from auth_otp.models import User
from mailbox import following, store, tasks, whitelist
from mailbox.mime.address import MASK, domain_of, is_patient, mask, normalise
from mailbox.mime.compose import Outgoing, Uncomposable, addr_spec, compose
from mailbox.mime.values import Address
from mailbox.models import Domain, Folder, Mailbox, Message, Recipient, Submission
from mailbox.outbound import sizes
from mailbox.outbound.addresses import recipient_row
from mailbox.outbound.states import State, can
from mssweb import notify
from mssweb.audit.record import record

MAX_RECIPIENTS = 100
MAX_REPLY_TO = 5  # addresses
REPLY_TO = "reply_to"  # the place of its reasons
MAX_PATH = 254  # octets of an address that SMTP carries (RFC 5321 §4.5.3.1.3), and our rows hold
_AHEAD = timedelta(minutes=1)
FULL = "La boîte est pleine : demandez plus de place à l’administrateur de la messagerie, puis renvoyez."
CLOSED = "Cette boîte vient d’être suspendue ou clôturée : rien n’est parti."
PATIENT_BYTES = 25_000_000  # of a whole message to Mon espace santé (reference client §7): more comes back


class Refused(Exception):
    """Nothing was sent. `reasons`: French sentences by address, under '' for the message itself, under REPLY_TO for where
    answers go."""

    def __init__(self, reasons: dict[str, str]) -> None:
        super().__init__(f"{len(reasons)} refused")
        self.reasons = reasons


def check_recipients(addresses: Sequence[str]) -> dict[str, str]:
    """Those that cannot be written to, and why, in French, for the form: two statements whatever their number."""
    ours = set(Domain.objects.filter(state=Domain.State.ACTIVE).values_list("name", flat=True))
    local = {normalise(a) for a in addresses if domain_of(a) in ours}
    found = Mailbox.objects.filter(address__in=local, state=Mailbox.State.ACTIVE, is_technical=False)
    open_here = set(found.values_list("address", flat=True)) if local else set()
    trusted = {domain for domain in {domain_of(a) for a in addresses} - ours if whitelist.is_listed(domain)}
    return {a: reason for a in addresses if (reason := _reason(a, ours, open_here, trusted))}


def _reason(address: str, ours: set[str], open_here: set[str], trusted: set[str]) -> str | None:
    if "@" not in address:
        return "Ce n’est pas une adresse : tapez un nom et choisissez la personne dans la liste de l’annuaire."
    if MASK in address:
        return "Cette adresse est masquée : répondez à un message de ce patient, ou tapez son adresse entière."
    try:
        is_valid = len(addr_spec(normalise(address)).encode()) <= MAX_PATH
    except Uncomposable:
        is_valid = False
    if not is_valid:
        return "Cette adresse n’est pas valide."
    domain = domain_of(address)
    if domain in ours:
        return None if normalise(address) in open_here else "Aucune boîte de ce nom chez nous."
    if domain not in trusted:
        return "Ce domaine n’appartient pas à l’espace de confiance MSSanté : l’envoi y est impossible."
    return None


def submit(
    *, mailbox: Mailbox, author: User | None, letter: Outgoing | bytes, recipients: Sequence[str], thread_id: UUID | None,
    not_before: datetime, now: datetime, bcc: Sequence[Address] = (), request: HttpRequest | None = None,
    submission_id: UUID | None = None, notify_success: bool = False, waits: bool = True,
    expected: bool = False,
) -> Submission:  # fmt: skip
    """Put a letter in the queue, held until `not_before`, or Refused. The right to send is checked by the caller.

    Longer than a minute ahead, it is submitted then: what waits on purpose is not late, and its 48 hours begin there.
    `submission_id` makes it happen once: a second time is an IntegrityError. `notify_success`: tell the mailbox when
    it is delivered (ECO.2.3.1). `letter` may be composed already; without `author`, software sends. `waits`: «Suivi»
    expects an answer; `expected`: so does the author, who says it.
    """
    wanted = list(dict.fromkeys(normalise(typed) if "@" in typed else typed for typed in recipients))
    raw = _checked(wanted, letter, mailbox)
    with transaction.atomic():
        filing = store.Filing(
            raw=raw,
            folder_role=Folder.Role.SENT,
            direction=Message.Direction.OUT,
            filed_at=now,
            mail_from=mailbox.address,
            is_verified=True,
            author_id=author.pk if author else None,
            thread_id=thread_id,
            bcc=tuple(bcc),
        )
        [message] = store.file(mailbox, [filing])
        assert message is not None  # noqa: S101  (only what arrives can be a duplicate)
        _check_still(mailbox.pk)
        submission = Submission.objects.create(
            id=submission_id or uuid7(), mailbox=mailbox, message=message, author=author,
            mail_from=mailbox.address, submitted_at=_begins(now, not_before), size=len(raw),
            notify_success=notify_success, wants_read=isinstance(letter, Outgoing) and bool(letter.receipt_to),
        )  # fmt: skip
        following.begin(submission, message, waits=waits, expected=expected)
        state = State.HELD if not_before > now else State.QUEUED
        ours = set(Domain.objects.values_list("name", flat=True))
        Recipient.objects.bulk_create(
            recipient_row(mailbox, submission, a, state=state, not_before=not_before, ours=ours) for a in wanted
        )
        record(
            "message.submit", request=request, actor_id=author.pk if author else None, mailbox_id=mailbox.pk,
            subject=("message", message.pk), recipients=len(wanted), size=len(raw),
        )  # fmt: skip
        delay = max(0.0, (not_before - now).total_seconds())
        transaction.on_commit(lambda: wake(delay))
    return submission


def _answers(letter: Outgoing) -> str:
    """Why answers cannot go where they are asked to, '' when they may: inside the trust space, to professionals."""
    wanted = [one.addr_spec or one.display_name for one in letter.reply_to]
    if len(wanted) > MAX_REPLY_TO:
        return f"Pas plus de {MAX_REPLY_TO} adresses."
    refused = check_recipients(wanted) | {one: "C’est l’adresse d’un patient." for one in wanted if is_patient(one)}
    return " ".join(f"{mask(one)} : {why}" for one, why in refused.items())


def _begins(now: datetime, not_before: datetime) -> datetime:
    return not_before if not_before - now > _AHEAD else now


def wake(delay: float = 0.0) -> None:
    """Ring the workers; the sweep of beat finds what a lost ring left, and what leaves much later."""
    if delay > _AHEAD.total_seconds():
        return
    tasks.ring(tasks.send, countdown=delay)


def _checked(wanted: Sequence[str], letter: Outgoing | bytes, mailbox: Mailbox) -> bytes:
    """The bytes that will travel, or Refused."""
    reasons = check_recipients(wanted)
    if not wanted:
        reasons[""] = "Indiquez au moins un destinataire."
    if len(wanted) > MAX_RECIPIENTS:
        reasons[""] = f"Pas plus de {MAX_RECIPIENTS} destinataires par message."
    if isinstance(letter, Outgoing) and letter.reply_to and (told := _answers(letter)):
        reasons[REPLY_TO] = told
    if reasons:
        raise Refused(reasons)
    try:
        raw = compose(letter) if isinstance(letter, Outgoing) else letter
    except Uncomposable:
        raise Refused({"": "Le message contient des caractères qui ne peuvent pas voyager."}) from None
    limit = mailbox.domain.max_message_bytes  # MSS/va1.13
    if len(raw) > limit:
        raise Refused({"": f"Le message dépasse {limit // 1_000_000} Mo une fois encodé : retirez des pièces jointes."})
    if len(raw) > PATIENT_BYTES and any(is_patient(address) for address in wanted):
        raise Refused(
            {
                "": "Mon espace santé n’accepte pas plus de 25 Mo par message, pièces jointes encodées comprises : retirez des"
                " pièces, ou envoyez-les en plusieurs fois."
            }
        )
    if reasons := sizes.refusals(wanted, len(raw), now=timezone.now()):
        raise Refused(reasons)
    if mailbox.used_bytes + len(raw) > mailbox.quota_bytes:
        raise Refused({"": FULL})
    return raw


def _check_still(mailbox_id: UUID) -> None:
    """Of a mailbox that is locked: does it send, and has it room, now? What was checked before is as old as the composing."""
    told = Mailbox.objects.filter(pk=mailbox_id).values_list("state", "used_bytes", "quota_bytes")
    for state, used, quota in told:
        if state != Mailbox.State.ACTIVE:
            raise Refused({"": CLOSED})
        if used > quota:
            raise Refused({"": FULL})


def hold(mailbox_id: UUID) -> bool:
    """Lock a mailbox before any row of its queue, as filing, destroying and suspending do; does it still send?"""
    store.lock(mailbox_id)
    return Mailbox.objects.filter(pk=mailbox_id, state=Mailbox.State.ACTIVE).exists()


def cancel(submission: Submission, *, request: HttpRequest | None = None) -> bool:
    """Undo: true when no recipient had left yet; then the copy in Sent is gone too, and the caller keeps the text."""
    with transaction.atomic():
        store.lock(submission.mailbox_id)
        rows = list(Recipient.objects.select_for_update().filter(submission=submission))
        if not rows or any(row.state != State.HELD for row in rows):
            return False
        mailbox, message_id, thread_id = submission.mailbox, submission.copy.pk, submission.copy.thread_id
        record("message.cancel", request=request, mailbox_id=mailbox.pk, subject=("message", message_id))
        store.remove(mailbox, [message_id])
        following.revive(mailbox.pk, thread_id)
    return True


def postpone(submission: Submission, *, at: datetime, request: HttpRequest | None = None) -> bool:
    """Another time for a letter of which nobody was written to yet: true when it still waited."""
    with transaction.atomic():
        is_open = hold(submission.mailbox_id)
        rows = list(Recipient.objects.select_for_update().filter(submission=submission))
        if not (is_open and rows) or any(row.state != State.HELD for row in rows):
            return False
        Recipient.objects.filter(submission=submission).update(not_before=at)
        Submission.objects.filter(pk=submission.pk).update(submitted_at=at)
        following.postpone(submission.mailbox_id, submission.pk, at=at)
        record(
            "message.postpone", request=request, mailbox_id=submission.mailbox_id, subject=("submission", submission.pk)
        )
        notify.changed(submission.mailbox_id)
        transaction.on_commit(lambda: wake(max(0.0, (at - timezone.now()).total_seconds())))
    return True


def try_again(recipient: Recipient, *, request: HttpRequest | None = None) -> bool:
    """Queue a failed recipient once more, from the first rung of the ladder."""
    if not can(recipient.state, State.QUEUED):
        return False
    now = timezone.now()
    with transaction.atomic():
        rows = Recipient.objects.filter(pk=recipient.pk, state=recipient.state, replaced_by=None)
        done = hold(recipient.mailbox_id) and rows.update(
            state=State.QUEUED, not_before=now, attempts=0, settled_at=None, delay_reported_at=None, retried_at=now
        )
        if done:
            _tell(recipient, "recipient.retry", request)
            transaction.on_commit(wake)
    return bool(done)


def cancel_recipient(recipient: Recipient, *, request: HttpRequest | None = None) -> bool:
    """Stop trying; true when it had not left."""
    if not can(recipient.state, State.CANCELLED):
        return False
    with transaction.atomic():
        store.lock(recipient.mailbox_id)
        rows = Recipient.objects.filter(pk=recipient.pk, state=recipient.state)
        done = rows.update(state=State.CANCELLED, settled_at=timezone.now(), lease=None)
        if done:
            _tell(recipient, "recipient.cancel", request)
    return bool(done)


def _tell(recipient: Recipient, action: str, request: HttpRequest | None) -> None:
    record(action, request=request, mailbox_id=recipient.mailbox_id, subject=("recipient", recipient.pk))
    notify.changed(recipient.mailbox_id)
