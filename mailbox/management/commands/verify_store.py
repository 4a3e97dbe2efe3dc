"""Open and check every sealed box of every mailbox. Names each row that does not open, or is not in the store; exit 1.

A store that is away ends it in one line: it says nothing of what the store holds.

A test holds this list to the columns of the models: a box that is added is verified, or the test says so.
"""

from collections.abc import Callable, Iterator
from functools import partial
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.core.management.base import BaseCommand, CommandError

from mailbox import blobs, choices, contacts, draft_files, drafts, groups, phrases, senders, summary
from mailbox.documents import facts, persons
from mailbox.imports import desk as import_desk
from mailbox.keeping import holds
from mailbox.models import (
    AddressChoice,
    Arrival,
    Blob,
    BlockedSender,
    Contact,
    ContactGroup,
    Draft,
    Examination,
    Folder,
    Hold,
    ImageTrust,
    Import,
    Label,
    Mailbox,
    MailboxKeys,
    Membership,
    Message,
    Patient,
    Phrase,
    Recipient,
)
from mailbox.outbound.addresses import full_address
from mailbox.reply import Temporary
from mssweb import crypto, keys
from mssweb.audit.record import ERROR, record

_BROKEN = (crypto.Unreadable, keys.NoMasterKey, ObjectDoesNotExist, OSError, ValueError, TypeError, KeyError)
_UNWRITTEN = ((Folder, "name_box"), (Label, "name_box"), (Membership, "signature_box"))


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: object, **options: object) -> None:
        keys.ring()  # without master keys nothing opens: said once, not for each mailbox
        checked = broken = 0
        for mailbox in Mailbox.objects.select_related("key").iterator():
            for kind, row_id, opens in _boxes(mailbox):
                checked += 1
                try:
                    opens()
                except Temporary:
                    raise CommandError(f"the store is away at {kind} {row_id}: {checked - 1} boxes checked") from None
                except _BROKEN as error:
                    broken += 1
                    record("store.broken", mailbox_id=mailbox.pk, subject=(kind, row_id), result=ERROR)
                    self.stderr.write(f"{kind} {row_id} of mailbox {mailbox.pk}: {type(error).__name__}")
        self.stdout.write(f"{checked} boxes checked, {broken} broken")
        if broken:
            raise CommandError(f"{broken} boxes do not open")


def _boxes(mailbox: Mailbox) -> Iterator[tuple[str, UUID, Callable[[], object]]]:
    """Every box of a mailbox with the act that opens it; the key first, for nothing opens without it."""
    yield "mailboxkey", mailbox.pk, lambda: mailbox.keys
    try:
        opened = mailbox.keys
    except _BROKEN:
        return  # told already
    for blob in Blob.objects.filter(mailbox=mailbox).iterator(chunk_size=20):
        yield "blob", blob.pk, partial(blobs.read, blob, mailbox)
    for message in Message.objects.filter(mailbox=mailbox).iterator(chunk_size=500):
        yield "message", message.pk, partial(summary.open_summary, message, opened)
    yield from _documents(mailbox, opened)
    for draft in Draft.objects.filter(mailbox=mailbox).iterator(chunk_size=100):
        yield "draft", draft.pk, partial(drafts.open_text, draft, mailbox)
        yield "draftfiles", draft.pk, partial(draft_files.of, draft, mailbox)
    for contact in Contact.objects.filter(mailbox=mailbox).iterator(chunk_size=500):
        yield "contact", contact.pk, partial(contacts.read, contact, mailbox)
    for group in ContactGroup.objects.filter(mailbox=mailbox).iterator(chunk_size=100):
        yield "contactgroup", group.pk, partial(groups.read, group, mailbox)
    for phrase in Phrase.objects.filter(mailbox=mailbox).iterator(chunk_size=100):
        yield "phrase", phrase.pk, partial(phrases.read, phrase, mailbox)
    for recipient in Recipient.objects.filter(mailbox=mailbox, address_box__isnull=False).iterator(chunk_size=500):
        yield "recipient", recipient.pk, partial(full_address, recipient, mailbox)
    for choice in AddressChoice.objects.filter(mailbox=mailbox).iterator(chunk_size=500):
        yield "addresschoice", choice.pk, partial(choices.open_address, choice, mailbox)
    for row in _senders(mailbox):
        yield row._meta.model_name or "", row.pk, partial(senders.read, row, mailbox)
    yield from _kept(mailbox)
    for arrival in Arrival.objects.filter(mailbox=mailbox).iterator(chunk_size=20):
        context = f"arrival:{mailbox.pk}:{arrival.pk}"
        yield "arrival", arrival.pk, partial(crypto.unseal_with, opened.private, bytes(arrival.box), context)
    for model, column in _UNWRITTEN:
        for row_id in (
            model._default_manager.filter(mailbox=mailbox).exclude(**{column: None}).values_list("pk", flat=True)
        ):
            yield model._meta.model_name or "", row_id, _open_unwritten


def _senders(mailbox: Mailbox) -> Iterator[ImageTrust | BlockedSender]:
    yield from ImageTrust.objects.filter(mailbox=mailbox).iterator(chunk_size=500)
    yield from BlockedSender.objects.filter(mailbox=mailbox).iterator(chunk_size=500)


def _kept(mailbox: Mailbox) -> Iterator[tuple[str, UUID, Callable[[], object]]]:
    """Imports and holds."""
    for row in Import.objects.filter(mailbox=mailbox):
        yield "import", row.pk, partial(import_desk.names, mailbox, row)
        yield "importfaults", row.pk, partial(import_desk.faults, mailbox, row)
    for hold in Hold.objects.filter(mailbox=mailbox):
        yield "hold", hold.pk, partial(holds.reason, hold, mailbox)


def _open_unwritten() -> None:
    """Nothing seals these columns yet: a box in one is nobody's, and the feature that writes it says here how it opens."""
    raise crypto.Unreadable("no code of this version seals it")


def _documents(mailbox: Mailbox, opened: MailboxKeys) -> Iterator[tuple[str, UUID, Callable[[], object]]]:
    """What was found in documents, and of whom they speak."""
    for row in Examination.objects.filter(mailbox=mailbox, box__isnull=False).iterator(chunk_size=200):
        yield "examination", row.pk, partial(facts.open_facts, row, opened)
        yield "examination", row.pk, partial(facts.open_brief, row, opened)
    for patient in Patient.objects.filter(mailbox=mailbox).iterator(chunk_size=500):
        yield "patient", patient.pk, partial(persons.read_patient, patient, mailbox)
