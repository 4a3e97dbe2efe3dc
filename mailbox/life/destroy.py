"""The end: the key first, then everything that it opened, in lots. What stays is the row, its history and its address.

The key's row goes in the transaction that says *supprimée*: from then on nothing opens, whatever is still on the disk (backups
of keys last 30 days, SECURITY). Lots are small transactions: whoever is killed between two is followed by another.
"""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model

from mailbox import blobs, store
from mailbox.keeping import holds
from mailbox.life import desk, states
from mailbox.life.states import State
from mailbox.models import (
    Absence,
    AddressChoice,
    Arrival,
    AutoAnswer,
    Beginning,
    Blob,
    BlockedSender,
    ClosureNotice,
    ColleagueInvitation,
    Contact,
    ContactGroup,
    Credential,
    Draft,
    DraftFile,
    Folder,
    Handover,
    Hold,
    ImageTrust,
    Import,
    ImportPiece,
    Invitation,
    Keeping,
    Label,
    Mailbox,
    MailboxKey,
    MeetingAnswer,
    Membership,
    Message,
    Patient,
    Phrase,
    Purge,
    Rule,
    Sorting,
    Submission,
    Thread,
    UndoNote,
    WritingChoice,
)

LOT = 200  # messages or rows of a transaction
_REST: tuple[type[Model], ...] = (
    Sorting, Rule, Absence, AutoAnswer,
    ImageTrust, BlockedSender, MeetingAnswer, DraftFile, Draft, ImportPiece, Import, Purge, Hold, Keeping, Submission, Thread,
    Label, Patient, Contact, ContactGroup, AddressChoice, Arrival, ClosureNotice, Credential, Handover, Invitation, Membership,
    ColleagueInvitation, Folder, Phrase, WritingChoice, UndoNote, Beginning,
)  # fmt: skip


def begin(mailbox_id: UUID, by: desk.By) -> None:
    """Destroy the key: nothing of it opens any more. states.Impossible when it is not closed, or something of it is held."""
    with transaction.atomic():
        mailbox, life = desk.held(mailbox_id)
        if holds.is_held(mailbox_id):
            raise states.Impossible("something of it is held")
        desk.note_destroyed(mailbox, life, by)
        MailboxKey.objects.filter(mailbox=mailbox).delete()


def go_on(mailbox: Mailbox) -> bool:
    """Destroy one lot of a mailbox whose key is gone; true when nothing is left."""
    if mailbox.state != State.DELETED:
        raise ValueError("only what is deleted is emptied")
    ids = list(Message.objects.filter(mailbox=mailbox).values_list("pk", flat=True)[:LOT])
    if ids:
        store.remove(mailbox, ids)
        return False
    if any(_drop(model, mailbox) for model in _REST):
        return False
    rows = list(Blob.objects.filter(mailbox=mailbox).values_list("pk", flat=True)[:LOT])
    with transaction.atomic():
        blobs.remove(Blob.objects.filter(mailbox=mailbox, pk__in=rows))
    return len(rows) < LOT


def _drop(model: type[Model], mailbox: Mailbox) -> bool:
    """One lot of these rows; was there any?"""
    rows: Any = model._default_manager.filter(mailbox=mailbox)
    ids = list(rows.values_list("pk", flat=True)[:LOT])
    if ids:
        with transaction.atomic():
            rows.filter(pk__in=ids).delete()
    return bool(ids)
