"""Rules at work, after the filing: each act, once whoever is killed; nothing leaves, nothing loops, nothing holds the mail."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from directory.models import MailboxAddress, Organization, Practitioner, Qualification
from mailbox import cabinet, phrases, store
from mailbox.documents.worker import examine_due
from mailbox.models import (
    AutoAnswer,
    Mailbox,
    Membership,
    Message,
    Phrase,
    Recipient,
    Rule,
    Seen,
    Sorting,
    Submission,
    Tenant,
    ThreadEvent,
    open_mailbox,
)  # fmt: skip
from mailbox.reply import Temporary
from mailbox.rules import acting, book, queue, worker
from mailbox.rules.values import Acts, Condition
from mailbox.rules.worker import sort_due
from mailbox.summary import open_summary
from mssweb import tally
from mssweb.audit.models import AuditEvent
from tests.depth import deep
from tests.mailbox.rules.conftest import DR, come
from tests.mailbox.test_store import letter

LATER = timedelta(days=1)


def test_a_rule_files_labels_gives_marks_and_reads_and_the_history_says_whose_doing_it_was(
    dupont, claire, rule, manager
):
    folder, label = cabinet.make_folder(dupont, "Biologie"), cabinet.make_label(dupont, "Urgent", "warn")
    made = rule(
        folder=str(folder.pk),
        label=str(label.pk),
        assign=str(claire.pk),
        status="waiting",
        is_flagged=True,
        is_read=True,
    )
    message = come(dupont)
    thread = message.thread
    assert (message.folder_id, thread.assigned_to, thread.status, message.is_flagged) == (
        folder.pk,
        claire,
        "waiting",
        True,
    )
    assert list(thread.labels.all()) == [label]
    assert not Seen.objects.filter(message=message, seen_at=None).exists()
    assert not Seen.objects.exclude(opened_at=None).exists(), "marked read, opened by nobody"
    told = ThreadEvent.objects.filter(thread=thread)
    assert set(told.values_list("verb", "actor", "rule_id")) == {
        (verb, None, made.pk) for verb in ("labelled", "assigned", "status", "moved")
    }
    assert not Sorting.objects.exists()
    unread = come(dupont, letter("INR", message_id="2@x"))
    assert (unread.folder.role, Seen.objects.filter(message=unread, seen_at=None).count()) == ("inbox", 3), (
        "met by none"
    )


def test_nothing_is_queued_without_rules_nor_for_what_was_brought_or_put_aside_and_filing_costs_no_statement(
    dupont, rule, django_assert_max_num_queries
):
    come(dupont, sorts=False)
    assert not Sorting.objects.exists()
    made = rule(is_flagged=True)
    with django_assert_max_num_queries(11):
        come_later = store.file(
            dupont, [_filing("2@x"), _filing("3@x", is_imported=True), _filing("4@x", folder_role="spam")]
        )
    assert list(Sorting.objects.values_list("pk", flat=True)) == [come_later[0].pk]
    Rule.objects.filter(pk=made.pk).update(is_on=False)
    assert sort_due(timezone.now() + LATER) == 1
    assert not Message.objects.get(pk=come_later[0].pk).is_flagged


def _filing(mid: str, **fields) -> store.Filing:
    given = {"folder_role": "inbox", "direction": "in", "mail_from": DR} | fields
    return store.Filing(raw=letter(message_id=mid), filed_at=timezone.now(), **given)


def test_whoever_is_killed_between_acts_leaves_nothing_done_and_the_next_does_all_of_it_once(
    dupont, annes_box, rule, monkeypatch
):
    rule(boxes=(str(annes_box.pk),), is_flagged=True)
    taken = worker._settle
    monkeypatch.setattr(worker, "_settle", lambda *_, **__: 1 / 0)
    message = come(dupont, sorts=False)
    now = timezone.now()
    with pytest.raises(ZeroDivisionError):
        sort_due(now)
    assert not Message.objects.filter(mailbox=annes_box).exists() and not Message.objects.get(pk=message.pk).is_flagged
    monkeypatch.setattr(worker, "_settle", taken)
    assert sort_due(now) == 0, "its lease holds"
    assert sort_due(now + LATER) == 1 and sort_due(now + 2 * LATER) == 0
    assert (Message.objects.filter(mailbox=annes_box).count(), Message.objects.get(pk=message.pk).is_flagged) == (
        1,
        True,
    )


def test_a_worker_that_lost_its_lease_does_nothing(dupont, rule, monkeypatch):
    rule(is_flagged=True)
    message, asked = come(dupont, sorts=False), worker._asked

    def stolen(row, *given):
        Sorting.objects.filter(pk=row.pk).update(attempts=3)
        return asked(row, *given)

    monkeypatch.setattr(worker, "_asked", stolen)
    sort_due(timezone.now() + timedelta(seconds=1))
    assert not Message.objects.get(pk=message.pk).is_flagged and Sorting.objects.exists()


def test_a_rule_transfers_a_marked_copy_inside_the_structure_and_never_back_nor_further(
    dupont, annes_box, anne, rule, tenant
):
    third = open_mailbox(
        tenant=tenant, domain=dupont.domain, address="secretariat@officine.mssante.example", kind="ORG", display_name="S",
        state="active",
    )  # fmt: skip
    there = Membership.objects.get(mailbox=annes_box, user=anne)
    made = rule(boxes=(str(annes_box.pk),))
    rule("Retour", by=there, boxes=(str(dupont.pk), str(third.pk)), is_flagged=True)
    message = come(dupont)
    copy = Message.objects.get(mailbox=annes_box)
    assert ("$transferred" in copy.keywords, copy.is_flagged, copy.is_verified, copy.receipt) == (True, True, True, "")
    assert open_summary(copy, annes_box.keys).subject == "Ordonnance"
    assert (Message.objects.filter(mailbox=dupont).count(), Message.objects.filter(mailbox=third).count()) == (1, 0)
    assert ThreadEvent.objects.get(verb="copied").thread_id == message.thread_id
    event = AuditEvent.objects.get(action="rule.transfer")
    assert (event.subject_id, event.facts["rule"], event.facts["to"]) == (
        str(message.pk),
        str(made.pk),
        str(annes_box.pk),
    )
    assert not Submission.objects.exists(), "nothing is sent: a copy is filed"


def test_no_rule_makes_anything_leave_the_mailboxes_of_its_structure(dupont, annes_box, domain, rule, manager):
    """Design §4.6, whatever a box says, its key in hand: another structure, a closed mailbox, software, ourselves, an address."""
    other = Tenant.objects.create(name="Autre pharmacie", finess="750000010")
    made_of = {
        "ailleurs": (other, "ORG", "active"),
        "close": (dupont.tenant, "ORG", "closed"),
        "app": (dupont.tenant, "APP", "active"),
    }
    foreign, closed, software = (
        open_mailbox(
            tenant=of,
            domain=domain,
            address=f"{name}@officine.mssante.example",
            kind=kind,
            display_name=name,
            state=state,
        )
        for name, (of, kind, state) in made_of.items()
    )
    wanted = (foreign, closed, software, dupont)
    for one in (*(str(box.pk) for box in wanted), str(uuid4()), "dr@evil.example", foreign.address):
        made = rule(boxes=(one,), folder="sent", status="evil")
        come(dupont, letter(message_id=f"{uuid4()}@x"))
        made.refresh_from_db()
        assert made.fault == "target", one
        made.delete()
    assert not Message.objects.exclude(mailbox=dupont).exists() and not Submission.objects.exists()
    assert set(Message.objects.values_list("folder__role", flat=True)) == {"inbox"}, "nor into «Envoyés»"
    assert set(acting.neighbours(dupont)) == {annes_box}, "the allowed one"
    fields = {name for name in Acts.__slots__ if "address" in name or name in {"to", "forward"}}
    assert fields == set(), "no act of a rule holds an address"


def test_what_a_rule_names_and_is_gone_is_told_to_managers_and_the_rest_is_done(dupont, annes_box, claire, rule):
    Mailbox.objects.filter(pk=annes_box.pk).update(quota_bytes=1)
    gone = str(uuid4())
    every = {
        "folder": {"folder": gone}, "label": {"label": gone}, "member": {"assign": gone}, "phrase": {"reply": gone},
        "target": {"boxes": (gone,)}, "full": {"boxes": (str(annes_box.pk),)},
    }  # fmt: skip
    for code in deep(("folder", "phrase", "full"), tuple(every)):
        made = rule(is_flagged=True, **every[code])
        message = come(dupont, letter(message_id=f"{code}@x"))
        made.refresh_from_db()
        assert (made.fault, message.is_flagged, message.folder.role) == (code, True, "inbox")
        made.delete()


def test_a_rule_that_does_not_open_any_more_is_passed_over_and_shown_and_the_others_are_done(dupont, rule):
    broken = rule(is_read=True)
    rule(is_flagged=True)
    Rule.objects.filter(pk=broken.pk).update(box=b"broken")
    assert come(dupont).is_flagged
    assert [one.name for one in book.of(dupont)] == ["Règle illisible", "Ordonnances"]


def test_what_cannot_be_sorted_stays_where_it_was_filed_and_is_asked_for_no_more(dupont, rule, caplog):
    rule(is_flagged=True)
    message = come(dupont, sorts=False)
    Message.objects.filter(pk=message.pk).update(summary_box=b"broken")
    tally.taken()
    counts = [sort_due(timezone.now() + n * LATER) for n in range(1, 7)]
    assert counts == [1, 1, 1, 1, 0, 0] and Message.objects.get(pk=message.pk).folder_id == message.folder_id
    assert tally.taken()["sortings", "given_up"] == 1 and str(message.pk) in caplog.text


def test_a_store_that_is_away_and_a_letter_that_kills_its_workers_cost_no_other_its_rules(dupont, rule, monkeypatch):
    rule(is_flagged=True)
    first, other = come(dupont, sorts=False), come(dupont, letter("INR", message_id="2@x"), sorts=False)
    sort = worker._sort
    monkeypatch.setattr(worker, "_sort", lambda *given: (_ for _ in ()).throw(Temporary()))
    for n in range(1, 9):
        assert sort_due(timezone.now() + n * LATER) == 2
    monkeypatch.setattr(worker, "_sort", sort)
    Sorting.objects.filter(pk=first.pk).update(attempts=3)
    now = timezone.now() + 9 * LATER
    assert [{pk for pk, _ in queue.claim(now, count=8)} for _ in range(3)] in (
        [{first.pk}, {other.pk}, set()], [{other.pk}, {first.pk}, set()],
    )  # fmt: skip


def test_somebody_who_was_quicker_keeps_what_they_took_and_where_they_put_it(dupont, claire, anne, rule):
    rule(folder="archive", assign=str(claire.pk))
    message = come(dupont, sorts=False)
    type(message.thread).objects.filter(pk=message.thread_id).update(assigned_to=anne)
    store.move_messages(dupont, [message.pk], dupont.folders.get(role="spam"))
    sort_due(timezone.now() + LATER)
    message.refresh_from_db()
    assert (message.folder.role, message.thread.assigned_to) == ("spam", anne)


def test_a_rule_on_a_patient_waits_for_the_documents_and_runs_once_they_are_examined(dupont, rule):
    """ECO.2.1.2: the first look changes nothing; the sweep of documents rings."""
    from mailbox.mime.compose import Outgoing, OutgoingFile, compose
    from mailbox.mime.values import Address

    rule("Joint", (Condition("attachment"),), is_flagged=True)
    rule("Patient", (Condition("patient", is_not=True),), folder="archive")
    raw = compose(
        Outgoing(
            from_=Address("Dr", DR), to=(Address("", dupont.address),), subject="Photo", text="x", message_id="p@x",
            date=timezone.now(), files=(OutgoingFile("a.txt", "text/plain", b"bonjour"),),
        )
    )  # fmt: skip
    message = come(dupont, raw)
    assert (message.is_flagged, message.folder.role, Sorting.objects.count()) == (True, "inbox", 1)
    now = timezone.now() + timedelta(seconds=2)
    assert sort_due(now) == 0, "nothing is asked again before"
    assert examine_due(now) == 1 and sort_due(now) == 1
    message.refresh_from_db()
    assert (message.folder.role, Sorting.objects.count()) == ("archive", 0)


def test_the_profession_or_activity_is_that_of_the_annuaire_and_only_of_a_sender_who_is_verified(dupont, rule):
    now = timezone.now()
    trade = Qualification.objects.create(pk=1, profession="Médecin", speciality="Cardiologie")
    Practitioner.objects.create(pk=1, idnps="8x", last_name="LEMAIRE", qualification=trade, source=1, first_seen=now)
    MailboxAddress.objects.create(pk=1, line=1, address=DR, kind="PER", practitioner_id=1, first_seen=now)
    rule("Cardio", (Condition("profession", "cardiologie"),), is_flagged=True)
    verified, doubtful = come(dupont, sorts=False), come(dupont, letter(message_id="2@x"), sorts=False)
    Message.objects.filter(pk=doubtful.pk).update(is_verified=False)
    sort_due(now + LATER)
    assert Message.objects.get(pk=verified.pk).is_flagged and not Message.objects.get(pk=doubtful.pk).is_flagged
    lab = "labo@hopital.mssante.example"
    sector = {"sector": "Laboratoire de biologie médicale", "source": 1, "first_seen": now}
    Organization.objects.create(pk=2, key="F1", name="Labo Nord", **sector)
    MailboxAddress.objects.create(pk=2, line=2, address=lab, kind="ORG", organization_id=2, first_seen=now)
    rule("Labos", (Condition("profession", "laboratoire biologie"),), is_flagged=True)
    raw = letter(message_id="3@x", sender=f"Labo <{lab}>")
    assert come(dupont, raw, mail_from=lab).is_flagged, "a structure, by what it does"


@pytest.fixture
def phrase(manager) -> Phrase:
    words = phrases.trimmed("Reçu", "Bonjour {{destinataire}}, nous avons reçu votre message ({{objet}}).")
    return Phrase.objects.get(pk=phrases.create(manager, "reply", words, is_own=False, now=timezone.now()))


def test_a_rule_answers_with_a_saved_reply_once_a_correspondent_and_day(dupont, rule, phrase, trust):
    made = rule(reply=str(phrase.pk))
    message = come(dupont, letter(message_id="q@x", refs=("p@x",)))
    [sent] = Submission.objects.all()
    assert (sent.mail_from, sent.message, sent.author) == ("", None, None)
    assert Recipient.objects.get().address == DR
    raw = _raw(sent, dupont)
    for line in (
        "From: Pharmacie Dupont <pharmacie-dupont-paris@officine.mssante.example>", f"To: {DR}", "In-Reply-To: <q@x>",
        "References: <p@x>\r\n <q@x>", "Auto-Submitted: auto-replied",
    ):  # fmt: skip
        assert line in raw, line
    assert "Bonjour Dr Lemaire, nous avons" in _text(raw)
    assert ThreadEvent.objects.get().rule_id == made.pk and ThreadEvent.objects.get().thread_id == message.thread_id
    come(dupont, letter(message_id="r@x"))
    assert Submission.objects.count() == 1, "the same day"
    AutoAnswer.objects.update(told_at=timezone.now() - timedelta(days=1, minutes=1))
    come(dupont, letter(message_id="s@x"))
    come(dupont, letter(message_id="t@x"), mail_from="autre@hopital.mssante.example")
    assert Submission.objects.count() == 3
    assert DR.encode() not in repr(list(AutoAnswer.objects.values())).encode(), "whom: blinded"


def test_no_rule_answers_a_machine_a_null_sender_a_patient_who_was_not_chosen_or_ordinary_mail(
    dupont, rule, phrase, trust
):
    made = rule(reply=str(phrase.pk), is_flagged=True)
    patient = "279035121518989@patient.mssante.fr"
    machine = letter(message_id="m@x").replace(b"Subject:", b"Auto-Submitted: auto-replied\r\nSubject:")
    blind = letter(message_id="b@x").replace(b"To: pharmacie-dupont", b"To: quelqu-un")
    for raw, mail_from in ((machine, DR), (blind, DR), (None, ""), (None, patient), (None, "x@gmail.example")):
        mid = f"{uuid4()}@x"
        assert come(dupont, raw or letter(message_id=mid), mail_from=mail_from).is_flagged, "the rest of it is done"
    assert not Submission.objects.exists()
    book.change(_manager(dupont), made.pk, _patients(made, dupont), version=1, now=timezone.now())
    come(dupont, letter(message_id="z@x"), mail_from=patient)
    assert Submission.objects.count() == 1 and Recipient.objects.get().address == "•••@patient.mssante.fr"


def _manager(dupont) -> Membership:
    return Membership.objects.select_related("mailbox__key").get(mailbox=dupont, role="manager")


def _patients(made: Rule, dupont):
    from dataclasses import replace

    words = book.read(made, dupont)
    return replace(words, acts=replace(words.acts, reply_to_patients=True))


def _raw(sent: Submission, mailbox) -> str:
    from mailbox import blobs

    return blobs.read(sent.blob, mailbox).decode()


def _text(raw: str) -> str:
    import quopri

    return quopri.decodestring(raw.encode()).decode()
