"""Sealed at rest: no table holds a word in clear, no box opens for another row, no key opens without its master."""

from base64 import b64encode
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, models
from django.utils import timezone
from uuid_utils.compat import uuid7

from auth_otp.models import Session
from mailbox import blobs, contacts, draft_files, drafts, groups, handovers, notes, store, summary
from mailbox.drafts import DraftText
from mailbox.inbound.envelope import Envelope, pack
from mailbox.mime.compose import Outgoing, OutgoingFile, compose
from mailbox.mime.values import Address
from mailbox.models import (
    Absence,
    AddressChoice,
    Arrival,
    AutoAnswer,
    Blob,
    BlockedSender,
    Contact,
    ContactGroup,
    Examination,
    Folder,
    Handover,
    ImageTrust,
    Label,
    Mailbox,
    MailboxKey,
    MeetingAnswer,
    Membership,
    Message,
    Note,
    Patient,
    Rule,
    Sorting,
)
from mailbox.models.mailbox import key_context
from mailbox.outbound import addresses
from mailbox.rules import book as rule_book
from mailbox.rules.values import Words
from mssweb import crypto, keys
from tests.mailbox.test_store import NOW, filing, letter

DR = "dr.lemaire@hopital.mssante.example"
WORDS = ("sujetcanari", "nomcanari", "corpscanari", "piececanari", "fichiercanari", "brouilloncanari", "cherchecanari",
         "repertoirecanari", "notecanari", "groupecanari", "internecanari",
         "reglecanari", "motclecanari", "absencecanari")  # fmt: skip
PATIENT = "279035121518989@patient.mssante.fr"


def tables() -> dict[str, bytes]:
    """Every table of the database as its text, arrays and JSON and all; bytes of boxes in hexadecimal."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT coalesce(string_agg(t::text, chr(10)), $$$$) FROM "{table}" t')
            found[table] = cursor.fetchone()[0].encode()
    return found


def held(word: str) -> list[str]:
    """The tables that hold a word: as it is, in capitals, in UTF-16, in base64 at each alignment; in text or in bytes."""
    data = word.encode()
    shapes = [data, data.upper(), word.encode("utf-16-le"), word.encode("utf-16-be")]
    shapes += [b64encode(b"\0" * shift + data)[4:-4] for shift in range(3)]
    shapes += [shape.hex().encode() for shape in shapes]
    return [name for name, text in tables().items() if any(shape in text for shape in shapes)]


@pytest.fixture
def lived(client, sign_in, claire, dupont, trust) -> None:
    """A letter arrived and was filed, another waits; one was sent, one drafted with a file; a search was made."""
    raw = compose(
        Outgoing(
            from_=Address("nomcanari", DR), to=(Address("", dupont.address),), subject="sujetcanari",
            text="corpscanari", message_id="c@hopital.mssante.example", date=NOW,
            files=(OutgoingFile("fichiercanari.txt", "text/plain", b"piececanari"),),
        )
    )  # fmt: skip
    store.file(dupont, [filing(raw)])
    waiting = Arrival(mailbox=dupont, arrived_at=NOW, due_at=NOW, size=len(raw))
    payload = pack(Envelope(DR, dupont.address, "mx", "00"), raw)
    waiting.box = crypto.seal_to(bytes(dupont.public_key), payload, f"arrival:{dupont.pk}:{waiting.pk}")
    waiting.save(force_insert=True)
    sign_in(client, claire)
    base, form = f"/b/{dupont.pk}", {"version": "0", "kind": "new", "to": DR}
    words = {"subject": "brouilloncanari", "text": "brouilloncanari"}
    file = SimpleUploadedFile("fichiercanari.txt", b"piececanari")
    client.post(f"{base}/brouillon/{uuid7()}/", form | words | {"action": "save", "files": file})
    client.post(f"{base}/brouillon/{uuid7()}/", form | words | {"action": "send"})
    client.post(f"{base}/brouillon/{uuid7()}/", form | words | {"action": "send", "to": "nomcanari@ailleurs.example"})
    kept = {"name": "repertoirecanari", "address": "repertoirecanari@ailleurs.example", "phone": "", "detail": ""}
    client.post(f"{base}/repertoire/contact/", kept)
    about = {"about": "a:repertoirecanari@ailleurs.example", "note": "notecanari", "action": "note"}
    assert client.post(f"{base}/repertoire/garder/", about).status_code == 302
    assert client.post(f"{base}/repertoire/groupes/", {"name": "groupecanari"}).status_code == 302
    Membership.objects.filter(mailbox=dupont, user=claire).update(role="manager")
    rule = {"name": "reglecanari", "kind-1": "subject", "value-1": "motclecanari", "flag": "1"}
    assert client.post(f"{base}/regles/nouvelle/", rule).status_code == 302
    today = timezone.localdate().isoformat()
    absence = {"begins": today, "ends": today, "whom": "all", "text": "absencecanari", "version": "0"}
    assert client.post(f"{base}/absence/", absence).status_code == 302
    client.post(f"{base}/repertoire/recherche/", {"q": "cherchecanari"})
    client.post(f"{base}/recherche/", {"q": "cherchecanari corpscanari"}, follow=True)
    message = Message.objects.get(direction="in")
    assert client.post(f"{base}/fil/{message.thread_id}/note/", {"note": "internecanari @Anne"}).status_code == 302
    for url in (f"fil/{message.thread_id}/", f"message/{message.pk}/corps/", f"message/{message.pk}/piece/2/"):
        assert client.get(f"{base}/{url}").status_code == 200


def test_no_table_holds_a_word_that_was_written_received_or_searched(lived, dupont):
    assert dupont.address.encode() in tables()["mailbox_mailbox"], "what is in clear is seen: the test is not vacuous"
    assert Message.objects.filter(direction="out").count() == 1
    assert (Contact.objects.count(), ContactGroup.objects.count()) == (1, 1)
    assert {word: held(word) for word in WORDS} == {word: [] for word in WORDS}
    opened = " ".join(str(session.get_decoded()) for session in Session.objects.all())  # a table holds them compressed
    assert "_auth_user_id" in opened
    assert [word for word in WORDS if word in opened] == []


def test_the_number_of_a_patient_is_in_no_table(dupont, trust):
    from mailbox.models import Recipient, Submission

    sender = f"VIDAL <{PATIENT}>"
    [message] = store.file(dupont, [filing(letter(sender=sender), mail_from=PATIENT)])
    sent = Submission.objects.create(mailbox=dupont, message=message, submitted_at=NOW, size=1)
    row = Recipient(mailbox=dupont, submission=sent, address="•••@patient.mssante.fr", domain="x", not_before=NOW)
    row.address_box = addresses.sealed_address(dupont, row.pk, PATIENT)
    row.save()
    assert addresses.full_address(row, dupont) == PATIENT
    assert held(PATIENT.partition("@")[0]) == []


@pytest.mark.parametrize(
    ("model", "clear"),
    [
        (Folder, {"role"}),
        (Label, {"colour"}),
        (Patient, set()),
        (Examination, {"scan"}),
        (Membership, {"role"}),
        (Message, {"direction", "keywords", "warnings", "receipt", "error_told", "nil", "ins_flag"}),
        (Note, set()),
        (Handover, set()),
        (Contact, set()),
        (ContactGroup, set()),
        (drafts.Draft, set()),
        (draft_files.DraftFile, set()),
        (Blob, set()),
        (MailboxKey, {"master_id"}),
        (AddressChoice, set()),
        (ImageTrust, set()),
        (BlockedSender, set()),
        (MeetingAnswer, {"answer"}),
        (Rule, {"fault"}),
        (Absence, {"whom"}),
        (AutoAnswer, set()),
        (Sorting, set()),
    ],
)
def test_no_column_of_words_is_added_in_clear_beside_the_boxes(model, clear):
    words = (models.CharField, models.TextField, models.JSONField, models.FileField)
    fields = [(f, getattr(f, "base_field", f)) for f in model._meta.concrete_fields]
    assert {f.name for f, base in fields if isinstance(base, words)} == clear


def boxes(dupont: Mailbox) -> dict[str, tuple]:
    """By kind of box: how it is sealed for a row, how it is opened for a row."""
    own, person = dupont.keys, Membership.objects.get(mailbox=dupont, role="member")

    def draft(row: UUID) -> bytes:
        return bytes(drafts.save(person, row, DraftText(text="x"), version=0, now=NOW).box)

    return {
        "blob": (
            lambda row: crypto.seal_stream(own.content, b"x", blobs._context(dupont.pk, row)),
            lambda row, box: blobs.read(Blob(id=row, mailbox=dupont, box=box), dupont),
        ),
        "summary": (
            lambda row: summary.seal(summary.Summary(), keys=own, mailbox_id=dupont.pk, message_id=row),
            lambda row, box: summary.unseal(box, keys=own, mailbox_id=dupont.pk, message_id=row),
        ),
        "draft": (draft, lambda row, box: drafts.open_text(drafts.Draft(pk=row, mailbox=dupont, box=box), dupont)),
        "draft file": (
            lambda row: crypto.seal(own.summary, b'{"name": "a", "type": "b"}', draft_files._context(dupont.pk, row)),
            lambda row, box: draft_files._note(draft_files.DraftFile(pk=row, mailbox=dupont, box=box), dupont),
        ),
        "contact": (
            lambda row: contacts._seal(dupont, row, contacts.Card(name="x")),
            lambda row, box: contacts.read(Contact(pk=row, mailbox=dupont, box=box), dupont),
        ),
        "note": (
            lambda row: notes._seal(dupont, row, notes.Words("x")),
            lambda row, box: notes.read(Note(pk=row, mailbox=dupont, box=box), dupont),
        ),
        "rule": (
            lambda row: rule_book._seal(own, dupont.pk, row, Words("x")),
            lambda row, box: rule_book.read(Rule(pk=row, mailbox=dupont, box=box), dupont),
        ),
        "handover": (
            lambda row: crypto.seal(own.summary, b"x", handovers.context(dupont.pk, row)),
            lambda row, box: handovers.opened(box, dupont, row),
        ),
        "contact group": (
            lambda row: groups._seal(dupont, row, groups.Group("x")),
            lambda row, box: groups.read(ContactGroup(pk=row, mailbox=dupont, box=box), dupont),
        ),
        "recipient": (
            lambda row: addresses.sealed_address(dupont, row, PATIENT),
            lambda row, box: addresses.full_address(
                addresses.Recipient(pk=row, mailbox=dupont, address_box=box), dupont
            ),
        ),
    }  # fmt: skip


@pytest.mark.parametrize(
    "kind",
    ["blob", "summary", "draft", "draft file", "recipient", "contact", "contact group", "note", "handover", "rule"],
)
def test_a_box_opens_for_its_row_and_for_no_other(dupont, kind):
    seal, unseal = boxes(dupont)[kind]
    row = uuid7()
    box = seal(row)
    assert unseal(row, box)
    with pytest.raises(crypto.Unreadable):
        unseal(uuid7(), box)


def test_the_words_of_a_draft_are_no_name_of_a_file(dupont):
    row = uuid7()
    box = boxes(dupont)["draft"][0](row)
    with pytest.raises(crypto.Unreadable):
        draft_files._note(draft_files.DraftFile(pk=row, mailbox=dupont, box=box), dupont)


def test_an_arrival_moved_to_another_row_or_mailbox_is_not_filed(dupont, annes_box):
    from mailbox.inbound.drain import drain
    from tests.mailbox.inbound.test_drain import arrive

    row, other = arrive(dupont, letter(message_id="1@x")), arrive(dupont, letter(message_id="2@x"))
    Arrival.objects.filter(pk=row.pk).update(box=bytes(other.box))
    Arrival.objects.filter(pk=other.pk).update(mailbox=annes_box)
    assert drain(timezone.now()) == 0
    assert not Message.objects.exists()


def test_the_wrapped_key_of_one_mailbox_opens_no_other_and_without_its_row_nothing_opens(dupont, annes_box):
    [message] = store.file(dupont, [filing(letter())])
    MailboxKey.objects.filter(mailbox=annes_box).update(box=bytes(dupont.key.box))
    with pytest.raises(crypto.Unreadable):
        _ = Mailbox.objects.get(pk=annes_box.pk).keys
    wrapped = keys.unwrap(dupont.key.master_id, bytes(dupont.key.box), key_context(dupont.pk))
    opened = dupont.keys
    secrets = (wrapped[:32], opened.private, opened.content.secret, opened.summary.secret, opened.index.secret)
    rows = b"".join(tables().values())
    assert not any(secret.hex().encode() in rows for secret in secrets)
    assert bytes(dupont.public_key).hex().encode() in rows, "what is in clear is seen: the test is not vacuous"
    MailboxKey.objects.all().delete()
    with pytest.raises(MailboxKey.DoesNotExist):
        blobs.read(message.blob, Mailbox.objects.get(pk=dupont.pk))
