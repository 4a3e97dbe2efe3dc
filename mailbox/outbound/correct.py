"""A refused recipient had a wrong address: the same letter leaves for the right one, for that recipient alone.

The refused row stays as it is, with the id of the one that takes its place: its history. The letter is not written anew, so
its header names whom it named: the corrected address travels in the envelope (RFC 5321 §2.3.1), as a blind copy does.
"""

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from mailbox.mime.address import is_patient, normalise
from mailbox.models import Domain, Mailbox, Recipient, Submission
from mailbox.outbound import sizes, submit
from mailbox.outbound.addresses import full_address, recipient_row
from mailbox.outbound.states import State
from mailbox.outbound.submit import MAX_RECIPIENTS, PATIENT_BYTES, Refused, check_recipients
from mssweb import notify
from mssweb.audit.record import record

_GONE = "Ce message vient d’être détruit : rien n’est parti."
_CHANGED = "L’état de cet envoi a changé entre-temps : rien n’est parti."


def correct(recipient: Recipient, typed: str, *, mailbox: Mailbox, request: HttpRequest | None = None) -> Recipient:
    """The new row of the queue, or Refused with why, in French. The right to send is checked by the caller."""
    address = normalise(typed.strip())
    if reasons := check_recipients([address]):
        raise Refused({"": reasons[address]})
    now = timezone.now()
    with transaction.atomic():
        if not submit.hold(mailbox.pk):  # before any row of the queue
            raise Refused({"": submit.CLOSED})
        held = Submission.objects.select_for_update(of=("self",))
        act = held.filter(pk=recipient.submission_id, mailbox=mailbox, message__isnull=False).first()
        if act is None:
            raise Refused({"": _GONE})
        _check(act, address, mailbox)
        ours = set(Domain.objects.values_list("name", flat=True))
        row = recipient_row(mailbox, act, address, state=State.QUEUED, not_before=now, ours=ours)
        row.retried_at = now  # the ladder begins here, not when the letter was written
        failed = Recipient.objects.filter(mailbox=mailbox, pk=recipient.pk, state=State.FAILED, replaced_by=None)
        if not failed.update(replaced_by=row.pk):
            raise Refused({"": _CHANGED})
        row.save(force_insert=True)
        record(
            "recipient.correct", request=request, mailbox_id=mailbox.pk, subject=("recipient", recipient.pk),
            by=str(row.pk),
        )  # fmt: skip
        notify.changed(mailbox.pk)
        transaction.on_commit(submit.wake)
    return row


def _check(act: Submission, address: str, mailbox: Mailbox) -> None:
    held = list(Recipient.objects.filter(mailbox=mailbox, submission=act))
    if any(full_address(one, mailbox) == address and one.replaced_by is None for one in held):
        raise Refused({"": "Ce message est déjà adressé à cette adresse : corrigez-la, ou choisissez « Réessayer »."})
    if len(held) >= 2 * MAX_RECIPIENTS:
        raise Refused({"": "Trop de corrections de ce message : transférez-le."})
    if is_patient(address) and act.size > PATIENT_BYTES:
        raise Refused({"": "Mon espace santé n’accepte pas plus de 25 Mo par message : ce message est trop lourd."})
    if refused := sizes.refusals([address], act.size, now=timezone.now()):
        raise Refused({"": refused[address]})
