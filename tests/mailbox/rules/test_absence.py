"""The answer of a mailbox while nobody reads it: within its days, to whom it says, once a week, and to no machine."""

from datetime import timedelta

import pytest
from django.utils import timezone

from mailbox.models import Absence, AutoAnswer, Mailbox, Recipient, Submission, ThreadEvent
from mailbox.rules import absences, once
from mailbox.rules.absences import Changed, Wish
from mssweb import crypto
from tests.depth import variant
from tests.mailbox.rules.conftest import DR, come
from tests.mailbox.rules.test_worker import _raw, _text
from tests.mailbox.test_store import letter

DAY = timedelta(days=1)


def wish(**fields) -> Wish:
    now = timezone.now()
    given = {
        "is_on": True,
        "begins_at": now - DAY,
        "ends_at": now + DAY,
        "whom": "all",
        "to_patients": False,
        "text": "Fermé.",
    }
    return Wish(**given | fields)


@pytest.fixture
def away(manager):
    """Written, whatever was there before."""

    def written(**fields) -> Absence:
        row = absences.of(manager.mailbox)
        absences.write(manager, wish(**fields), version=row.version if row else 0, now=timezone.now())
        return Absence.objects.get()

    return written


def test_it_answers_within_its_days_from_the_mailbox_under_a_null_path_once_a_week(dupont, away, trust):
    away(text="Nous sommes fermés jusqu’à lundi.")
    message = come(dupont, letter(message_id="q@x"))
    sent = Submission.objects.get()
    raw = _raw(sent, dupont)
    assert (sent.mail_from, Recipient.objects.get().address) == ("", DR)  # RFC 3834 §3.3, §4
    for line in ("From: Pharmacie Dupont <pharmacie-dupont-paris@", "In-Reply-To: <q@x>", "References: <q@x>",
                 "Subject: Absence : Ordonnance", "Auto-Submitted: auto-replied"):  # fmt: skip
        assert line in raw, line
    assert "Nous sommes fermés jusqu’à lundi." in _text(raw)
    event = ThreadEvent.objects.get(thread=message.thread)
    assert (event.verb, event.word, event.actor) == ("answered", "absence", None)
    come(dupont, letter(message_id="r@x"))
    assert Submission.objects.count() == 1
    AutoAnswer.objects.update(told_at=timezone.now() - 7 * DAY)
    come(dupont, letter(message_id="s@x"))
    assert Submission.objects.count() == 2
    assert once.forget_old(timezone.now() + 8 * DAY) == 1


def test_it_answers_nobody_before_after_or_once_it_is_ended_and_everybody_again_when_it_begins_anew(
    dupont, manager, away, trust
):
    now = timezone.now()
    for number, days in enumerate(({"begins_at": now + DAY}, {"ends_at": now - timedelta(hours=1)}, {"is_on": False})):
        away(**days)
        come(dupont, letter(message_id=f"{number}@x"))
    assert not Submission.objects.exists()
    away()
    come(dupont, letter(message_id="a@x"))
    assert absences.end(manager, now=now) and not absences.end(manager, now=now)
    come(dupont, letter(message_id="b@x"))
    assert Submission.objects.count() == 1
    away(text="À nouveau.")
    come(dupont, letter(message_id="c@x"))
    assert Submission.objects.count() == 2


@pytest.mark.parametrize(
    ("whom", "patients", "answered"),
    [("all", False, "io"), ("outside", True, "op"), variant("inside", False, "i"), variant("inside", True, "ip")],
)
def test_it_answers_inside_outside_or_patients_as_it_was_chosen(
    dupont, annes_box, away, trust, whom, patients, answered
):
    away(whom=whom, to_patients=patients)
    people = {
        "i": annes_box.address,
        "o": DR,
        "p": "279035121518989@patient.mssante.fr",
        "x": "x@gmail.example",
        "0": "",
    }
    said = ""
    for key, mail_from in people.items():
        before = Submission.objects.count()
        come(dupont, letter(message_id=f"{key}@x"), mail_from=mail_from)
        said += key if Submission.objects.count() > before else ""
    assert said == answered


def test_two_absent_mailboxes_do_not_answer_each_other(dupont, annes_box, anne, away, trust):
    """RFC 3834 §2: the answer itself says that nobody wrote it, and comes from no one."""
    from mailbox.models import Membership
    from mailbox.outbound.worker import send_due
    from mailbox.rules.worker import sort_due

    away()
    there = Membership.objects.select_related("mailbox__key").get(mailbox=annes_box, user=anne)
    absences.write(there, wish(), version=0, now=timezone.now())
    come(dupont, letter(message_id="1@x"), mail_from=annes_box.address)
    for seconds in range(1, 4):
        send_due(timezone.now() + timedelta(seconds=seconds))
        sort_due(timezone.now() + timedelta(seconds=seconds))
    assert (Submission.objects.count(), annes_box.messages.count()) == (1, 1)
    assert annes_box.messages.get().thread.waits_since is None, "nobody waits for an answer to it"


def test_two_managers_at_once_the_later_is_told_and_a_box_that_is_altered_answers_nobody(dupont, manager, away, trust):
    row = away()
    absences.write(manager, wish(text="Un."), version=row.version, now=timezone.now())
    with pytest.raises(Changed):
        absences.write(manager, wish(text="Deux."), version=row.version, now=timezone.now())
    assert absences.read(Absence.objects.get(), dupont) == "Un."
    Absence.objects.update(box=b"broken")
    come(dupont)
    assert not Submission.objects.exists() and absences.seen(Absence.objects.get(), dupont) == ""


def test_an_absence_opens_for_its_own_mailbox_only(dupont, annes_box, away):
    row = away()
    with pytest.raises(crypto.Unreadable):
        absences.read(row, Mailbox.objects.get(pk=annes_box.pk))
