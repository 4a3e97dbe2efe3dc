"""Open and check every sealed box of every mailbox. Names each row that does not open, or is not in the store; exit 1.

A store that is away ends it in one line: it says nothing of what the store holds.

A test holds this list to the columns of the models: a box that is added is verified, or the test says so.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Model

from mailbox import (
    blobs,
    cabinet,
    choices,
    contacts,
    draft_files,
    drafts,
    groups,
    handing,
    handovers,
    notes,
    phrases,
    senders,
    summary,
)  # fmt: skip
from mailbox.documents import facts, oppositions, persons
from mailbox.imports import desk as import_desk
from mailbox.keeping import holds
from mailbox.models import (
    Absence,
    AddressChoice,
    Arrival,
    Blob,
    BlockedSender,
    Contact,
    ContactGroup,
    Draft,
    Examination,
    Folder,
    Handover,
    Hold,
    ImageTrust,
    Import,
    Label,
    Mailbox,
    Membership,
    Message,
    Note,
    OrdinaryAddress,
    OrdinaryMail,
    Patient,
    Phrase,
    Recipient,
    Rule,
    SavedView,
)  # fmt: skip
from mailbox.ordinary import address
from mailbox.outbound.addresses import full_address
from mailbox.reply import Temporary
from mailbox.rules import absences
from mailbox.rules import book as rule_book
from mssweb import crypto, keys
from mssweb.audit.record import ERROR, record

_BROKEN = (crypto.Unreadable, keys.NoMasterKey, ObjectDoesNotExist, OSError, ValueError, TypeError, KeyError)

type _Opens = Callable[[Any, Mailbox], object]


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: object, **options: object) -> None:
        keys.ring()  # without master keys nothing opens: said once, not for each mailbox
        checked = broken = 0
        for mailbox_id, kind, row_id, opens in _all():
            checked += 1
            try:
                opens()
            except Temporary:
                raise CommandError(f"the store is away at {kind} {row_id}: {checked - 1} boxes checked") from None
            except _BROKEN as error:
                broken += 1
                record("store.broken", mailbox_id=mailbox_id, subject=(kind, row_id), result=ERROR)
                self.stderr.write(f"{kind} {row_id} of mailbox {mailbox_id}: {type(error).__name__}")
        self.stdout.write(f"{checked} boxes checked, {broken} broken")
        if broken:
            raise CommandError(f"{broken} boxes do not open")


def _all() -> Iterator[tuple[UUID | None, str, UUID, Callable[[], object]]]:
    for mailbox in Mailbox.objects.select_related("key").iterator():
        yield from ((mailbox.pk, *box) for box in _boxes(mailbox))
    yield from ((None, *box) for box in _ordinary())


def _boxes(mailbox: Mailbox) -> Iterator[tuple[str, UUID, Callable[[], object]]]:
    """Every box of a mailbox with the act that opens it; the key first, for nothing opens without it."""
    yield "mailboxkey", mailbox.pk, lambda: mailbox.keys
    try:
        assert mailbox.keys  # noqa: S101  (opened, or told already)
    except _BROKEN:
        return
    for model, column, opens in _COLUMNS:
        name = model._meta.model_name or ""
        rows = model._default_manager.filter(mailbox=mailbox).exclude(**{column: None})
        for row in rows.iterator(chunk_size=_AT_ONCE.get(name, 500)):
            yield name, row.pk, partial(opens, row, mailbox)


def _ordinary() -> Iterator[tuple[str, UUID, Callable[[], object]]]:
    """Of persons, under a key of the house: where they are told that mail came."""
    for row in OrdinaryAddress.objects.iterator():
        yield "ordinaryaddress", row.pk, partial(address.read, row)
    for mail in OrdinaryMail.objects.exclude(box=None).iterator():
        yield "ordinarymail", mail.pk, partial(address.opened_code, mail)


def _named(kind: str, column: str = "name_box") -> _Opens:
    return lambda row, box: cabinet.unsealed(box.keys.summary, box.pk, kind, row.pk, bytes(getattr(row, column)))


def _arrival(row: Arrival, mailbox: Mailbox) -> bytes:
    return crypto.unseal_with(mailbox.keys.private, bytes(row.box), f"arrival:{mailbox.pk}:{row.pk}")


def _unwritten(row: Model, mailbox: Mailbox) -> None:
    """Nothing seals this column yet: a box in one is nobody's, and the feature that writes it says here how it opens."""
    raise crypto.Unreadable("no code of this version seals it")


_AT_ONCE = {"blob": 20, "arrival": 20, "draft": 100}  # rows in memory; 500 of those that are small
_COLUMNS: tuple[tuple[type[Model], str, _Opens], ...] = (
    (Blob, "id", blobs.read),  # its bytes may be in an external store
    (Message, "summary_box", lambda row, box: summary.open_summary(row, box.keys)),
    (Examination, "box", lambda row, box: facts.open_facts(row, box.keys)),
    (Examination, "brief_box", lambda row, box: facts.open_brief(row, box.keys)),
    (Patient, "box", persons.read_patient),
    (Patient, "opposition_box", oppositions.read),
    (Draft, "box", drafts.open_text),
    (Draft, "box", draft_files.of),
    (Draft, "hand_box", handing.opened),
    (Contact, "box", contacts.read),
    (ContactGroup, "box", groups.read),
    (Phrase, "box", phrases.read),
    (Rule, "box", rule_book.read),
    (Absence, "box", absences.read),
    (Recipient, "address_box", full_address),
    (AddressChoice, "box", choices.open_address),
    (ImageTrust, "box", senders.read),
    (BlockedSender, "box", senders.read),
    (Import, "box", lambda row, box: import_desk.names(box, row)),
    (Import, "faults_box", lambda row, box: import_desk.faults(box, row)),
    (Hold, "box", holds.reason),
    (Note, "box", notes.read),
    (Handover, "box", lambda row, box: handovers.opened(bytes(row.box), box, row.pk)),
    (Folder, "name_box", _named("folder")),
    (Label, "name_box", _named("label")),
    (SavedView, "box", _named("view", "box")),
    (Membership, "signature_box", _unwritten),
    (Arrival, "box", _arrival),
)
