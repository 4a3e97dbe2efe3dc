"""Every box is opened and checked; the one that does not open is named, told to the audit, and nothing else suffers."""

from collections import Counter
from io import StringIO

import pytest
from django.apps import apps
from django.core.files.storage import FileSystemStorage
from django.core.management import CommandError, call_command
from django.db import models
from django.test import RequestFactory
from uuid_utils.compat import uuid7

from mailbox import (
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
    store,
)
from mailbox.documents import facts, oppositions, persons
from mailbox.imports import desk
from mailbox.keeping import holds
from mailbox.models import (
    Absence,
    AddressChoice,
    Blob,
    BlockedSender,
    Contact,
    ContactGroup,
    Examination,
    ImageTrust,
    Phrase,
    Recipient,
    SavedView,
    Submission,
)
from mailbox.ordinary import address
from mailbox.outbound import addresses
from mailbox.quarantine.values import Person
from mailbox.rules import absences, book
from mailbox.rules.absences import Wish
from mailbox.rules.values import Words
from mssweb import keys
from mssweb.audit.models import AuditEvent
from tests.mailbox.inbound.test_drain import arrive
from tests.mailbox.test_blobs import keep_objects
from tests.mailbox.test_choices import B, of_two
from tests.mailbox.test_store import NOW, filing, letter


def test_a_sound_store_is_said_sound_and_an_altered_or_moved_box_is_named(dupont, annes_box):
    first, second = store.file(dupont, [filing(letter(message_id=f"{i}@x")) for i in range(2)])
    store.file(annes_box, [filing(letter())])
    out, err = StringIO(), StringIO()
    call_command("verify_store", stdout=out)
    assert out.getvalue() == "8 boxes checked, 0 broken\n"  # 2 keys, 3 blobs, 3 summaries
    moved = Blob.objects.get(pk=first.blob_id)
    Blob.objects.filter(pk=second.blob_id).update(box=bytes(moved.box))  # another row's box
    with pytest.raises(CommandError, match="1 boxes do not open"):
        call_command("verify_store", stdout=StringIO(), stderr=err)
    assert str(second.blob_id) in err.getvalue() and str(first.blob_id) not in err.getvalue()
    event = AuditEvent.objects.get(action="store.broken")
    assert (event.subject_id, event.mailbox_id, event.result) == (str(second.blob_id), dupont.pk, "error")


CLEAR = {"public_key", "document", "der", "code_digest"}  # what is no box


@pytest.fixture
def lived(dupont, claire) -> dict[str, models.Model]:
    """A row of each kind that has a box, sealed as the product does, or not yet sealed by any code."""
    [message] = store.file(dupont, [filing(letter())])
    draft = drafts.save(dupont.memberships.get(user=claire), uuid7(), drafts.DraftText(to="x"), version=0, now=NOW)
    file = draft_files.attach(dupont, draft, name="a.pdf", content_type="application/pdf", data=b"%PDF")
    sent = Submission.objects.create(mailbox=dupont, message=message, submitted_at=NOW, size=1)
    to = Recipient(mailbox=dupont, submission=sent, address="•••@patient.mssante.fr", domain="x", not_before=NOW)
    to.address_box = addresses.sealed_address(dupont, to.pk, "279035121518989@patient.mssante.fr")
    to.save()
    arrival = arrive(dupont, letter(message_id="2@x"))
    claire_here = dupont.memberships.get(user=claire)
    pk, _ = contacts.keep(claire_here, contacts.Card("a:x@y.fr", "Dr X"), now=NOW)
    group = ContactGroup.objects.get(pk=groups.create(claire_here, "Infirmiers", now=NOW))
    phrases.create(claire_here, "reply", phrases.Words("Prêt", "Votre ordonnance est prête."), is_own=True, now=NOW)
    choices.remember(dupont, of_two(), B, now=NOW)
    vial = Person(family="VIAL", given="Marguerite", born="19500102")
    [patient] = persons.attach(dupont, message.thread_id, [vial])
    oppositions.change(dupont, vial, "patient", is_opposed=True, today=NOW.date())
    patient.refresh_from_db()
    senders.show_images(claire_here, "a@b.fr", now=NOW)
    senders.block(claire_here, "a@b.fr", now=NOW)
    manager = dupont.memberships.get(user__login__startswith="anne")
    brought = desk.begin(manager, [desk.Named("Archives.mbox", 9)], now=NOW)
    brought.faults_box = desk.sealed_faults(dupont, brought, [desk.Told("a.jpg", 1, "not_mail")])
    brought.save()
    hold = holds.place(manager, "Litige", now=NOW)
    note = notes.write(claire_here, message.thread, "Vu au comptoir", now=NOW)
    handing.hand(draft, claire_here, None, "Je pars", now=NOW)
    draft.refresh_from_db()
    kept = cabinet.make_folder(dupont, "Ordonnances"), cabinet.make_label(dupont, "Urgent", "info")
    view = SavedView.objects.get(pk=cabinet.save_view(claire_here, cabinet.Saved("À voir", "inbox")))
    rule = book.make(manager, Words("Biologie"), now=NOW)
    wish = Wish(is_on=True, begins_at=NOW, ends_at=NOW, whom="all", to_patients=False, text="Fermé")
    absences.write(manager, wish, version=0, now=NOW)
    request = RequestFactory().get("/")
    request.user = claire
    ordinary = address.ask(claire, "claire@exemple.fr", now=NOW, request=request)
    rows = [dupont.key, ImageTrust.objects.get(), BlockedSender.objects.get(), message.blob, message, draft, file, to,
            arrival, Contact.objects.get(pk=pk), group, AddressChoice.objects.get(), examined(dupont, message),
            patient, Phrase.objects.get(), brought, hold, note, view, *kept, ordinary, ordinary.mails.get(),
            handovers.write(claire_here, "Fermé lundi", over=None, now=NOW), rule, Absence.objects.get()]  # fmt: skip
    return {row._meta.model_name: row for row in rows}


def examined(box, message) -> Examination:
    sealed = {
        name: facts.seal(kind, value, box.keys, box.pk, message.pk)
        for name, kind, value in (("box", "whole", facts.Facts()), ("brief_box", "brief", facts.Brief()))
    }
    return Examination.objects.create(message=message, mailbox=box, **sealed)


def test_every_column_of_boxes_is_opened(lived):
    columns = [
        (row, field.name, bytes(getattr(row, field.name)))
        for row in lived.values()
        for field in row._meta.concrete_fields
        if isinstance(field, models.BinaryField) and field.name not in CLEAR
    ]
    key, rest = [one for one in columns if one[0] is lived["mailboxkey"]], columns[1:]
    assert verified() == Counter()
    for altered in (key, rest):  # nothing opens without the key: it is tried alone
        for row, column, box in altered:
            type(row).objects.filter(pk=row.pk).update(**{column: bytes([*box[:-1], box[-1] ^ 1])})
        assert verified() == Counter(FOUND_BY.get(row._meta.model_name, row._meta.model_name) for row, *_ in altered)
        for row, column, box in altered:
            type(row).objects.filter(pk=row.pk).update(**{column: box})
    assert verified() == Counter()


FOUND_BY = {"draftfile": "draft"}  # files are opened with their draft


def verified() -> Counter[str]:
    """How many boxes of each kind do not open."""
    out, err = StringIO(), StringIO()
    try:
        call_command("verify_store", stdout=out, stderr=err)
    except CommandError:
        assert err.getvalue()
    else:
        assert out.getvalue().endswith(" boxes checked, 0 broken\n") and not err.getvalue()
    return Counter(line.split()[0] for line in err.getvalue().splitlines())


def test_a_box_that_no_code_opens_is_not_said_sound(dupont, claire):
    dupont.memberships.filter(user=claire).update(signature_box=b"x")
    err = StringIO()
    with pytest.raises(CommandError, match="1 boxes do not open"):
        call_command("verify_store", stdout=StringIO(), stderr=err)
    assert [line.split()[0] for line in err.getvalue().splitlines()] == ["membership"]


def test_no_model_has_a_box_that_these_tests_do_not_know(lived):
    boxes = {m._meta.model_name for m in apps.get_app_config("mailbox").get_models() for f in m._meta.concrete_fields
             if isinstance(f, models.BinaryField) and f.name not in CLEAR}  # fmt: skip
    assert boxes == lived.keys() | {"membership"}


def test_without_master_keys_it_is_said_once(dupont, settings):
    settings.MASTER_KEYS = ""
    with pytest.raises(keys.NoMasterKey, match="no master key in this process"):
        call_command("verify_store")


def test_a_mailbox_without_its_key_is_named_and_the_others_are_opened(dupont, annes_box):
    store.file(annes_box, [filing(letter())])
    dupont.key.delete()
    out, err = StringIO(), StringIO()
    with pytest.raises(CommandError, match="1 boxes do not open"):
        call_command("verify_store", stdout=out, stderr=err)
    assert err.getvalue().startswith(f"mailboxkey {dupont.pk} ")
    assert out.getvalue() == "4 boxes checked, 1 broken\n"  # this key; the other's, its blob and its summary


def test_an_object_that_is_lost_is_named_and_a_store_that_is_away_ends_the_verification(
    dupont, settings, tmp_path, monkeypatch
):
    keep_objects(settings, tmp_path)
    lost, *_ = store.file(dupont, [filing(letter(message_id=f"{i}@x")) for i in range(2)])
    [path] = tmp_path.rglob(str(lost.blob_id))
    path.unlink()
    err = StringIO()
    with pytest.raises(CommandError, match="1 boxes do not open"):
        call_command("verify_store", stdout=StringIO(), stderr=err)
    assert err.getvalue() == f"blob {lost.blob_id} of mailbox {dupont.pk}: Unreadable\n"
    monkeypatch.setattr(FileSystemStorage, "_open", lambda *_: (_ for _ in ()).throw(ConnectionError))
    with pytest.raises(CommandError, match="the store is away at blob"):
        call_command("verify_store", stdout=StringIO(), stderr=StringIO())
    assert AuditEvent.objects.filter(action="store.broken").count() == 1
