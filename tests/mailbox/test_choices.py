"""The address taken for somebody is remembered sealed, for one mailbox; what letters say of addresses is read bounded."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from directory.lookup import Choice, Facts
from directory.preference import Published, choose
from mailbox import choices, correspondents, habits
from mailbox.models import AddressChoice, Mailbox, Recipient, Submission
from tests.mailbox.test_sealed import held
from tests.mailbox.test_store import filing, letter

NOW = timezone.now()
A, B, GONE = "a@canari.mssante.example", "b@canari.mssante.example", "gone@canari.mssante.example"


def of_two(facts: Facts | None = None, owner: str = "0123456789abcdef") -> Choice:
    published = [Published(A, "PER", NOW), Published(B, "PER", NOW), Published(GONE, "PER", NOW, vanished_at=NOW)]
    choice = choose(owner, "Dr X", published, facts=facts or Facts())
    assert choice
    return choice


def again(mailbox: Mailbox) -> Choice:
    return of_two(Facts(remembered=choices.of(mailbox, ["0123456789abcdef"])))


def test_what_was_taken_is_proposed_from_then_on_and_forgotten_at_will(dupont, annes_box):
    assert choices.remember(dupont, of_two(), B, now=NOW)
    assert (again(dupont).proposed.address, again(dupont).is_remembered) == (B, True)
    assert again(annes_box).is_certain is False, "of one mailbox only"
    assert choices.remember(dupont, again(dupont), A, now=NOW)
    assert (again(dupont).proposed.address, AddressChoice.objects.count()) == (A, 1)
    assert choices.newest(dupont)("0123456789abcdef") == choices.of(dupont, ["0123456789abcdef"])("0123456789abcdef")
    assert choices.forget(dupont, "0123456789abcdef") is not None
    assert choices.forget(dupont, "0123456789abcdef") is None
    assert again(dupont).is_certain is False


@pytest.mark.parametrize("address", [GONE, "c@canari.mssante.example"])
def test_what_vanished_or_is_somebody_else_s_is_not_remembered(dupont, address):
    assert choices.remember(dupont, of_two(), address, now=NOW) is None
    assert not AddressChoice.objects.exists()


def test_what_would_be_proposed_anyway_is_not_remembered(dupont):
    alone = choose("o", "Dr X", [Published(A, "PER", NOW)], facts=Facts())
    assert alone and choices.remember(dupont, alone, A, now=NOW) is None
    assert choices.remember(dupont, of_two(), of_two().proposed.address, now=NOW), "asked, and answered"


def test_no_table_says_for_whom_nor_what_and_a_moved_box_proposes_nothing(dupont):
    choices.remember(dupont, of_two(), A, now=NOW)
    choices.remember(dupont, of_two(owner="fedcba9876543210"), B, now=NOW)
    assert [held(word) for word in (A, "0123456789abcdef")] == [[], []]
    first, second = AddressChoice.objects.order_by("pk")
    AddressChoice.objects.filter(pk=first.pk).update(box=bytes(second.box))
    assert again(dupont).is_remembered is False


@pytest.fixture
def sent(dupont):
    """A letter of ours to that address, as it was settled."""
    [message] = _filed(dupont)
    sending = Submission.objects.create(mailbox=dupont, message=message, submitted_at=NOW, size=1)

    def act(address: str, state: str, *, hours: int = 1, code: int = 250, enhanced: str = "") -> None:
        at = NOW - timedelta(hours=hours)
        Recipient.objects.create(
            mailbox=dupont, submission=sending, address=address, domain="x", not_before=at, state=state,
            settled_at=None if state in {"queued", "delayed"} else at, reply_code=code, reply_enhanced=enhanced,
        )  # fmt: skip

    return act


def _filed(mailbox: Mailbox):
    from mailbox import store

    return store.file(mailbox, [filing(letter())])


def facts_of(mailbox: Mailbox) -> list[Facts]:
    """Exact, and as kept while one types."""
    return [ask(mailbox)([], [A, B, GONE]) for ask in (habits.of, habits.newest)]


def test_what_arrived_counts_and_what_waits_does_not(dupont, annes_box, sent):
    for state in ("relayed", "delivered", "queued", "delayed", "cancelled"):
        sent(A, state, hours=1 if state == "relayed" else 5)
    sent(B, "queued")
    for facts in facts_of(dupont):
        assert {one: use.count for one, use in facts.used.items()} == {A: 2}
        assert facts.used[A].last_at == NOW - timedelta(hours=1)
        assert facts.refused == {}
    assert [facts.used for facts in facts_of(annes_box)] == [{}, {}]


@pytest.mark.parametrize(
    ("code", "enhanced", "is_address"),
    [
        (550, "5.1.1", True), (550, "", True), (552, "5.2.2", True), (550, "5.0.0", True),
        (552, "5.3.4", False), (550, "5.7.1", False), (554, "5.6.7", False), (554, "5.4.4", False),
        (552, "5.2.3", False), (451, "4.4.7", False),
    ],
)  # fmt: skip
def test_a_refusal_counts_when_it_is_the_address_s(dupont, sent, code, enhanced, is_address):
    sent(A, "failed", hours=2, code=code, enhanced=enhanced)
    for facts in facts_of(dupont):
        assert (A in facts.refused) is is_address


def test_whom_the_house_answered_was_not_written_to_nor_refused_anybody(dupont, sent):
    """Whoever asks for a report would else be a correspondent, and one whose server takes no reports a dead address."""
    sent(A, "relayed")
    sent(B, "failed", code=550, enhanced="5.1.1")
    for facts in facts_of(dupont):
        assert (set(facts.used), set(facts.refused)) == ({A}, {B})
    assert set(correspondents.reached(dupont)) == {A}
    Submission.objects.update(message=None)
    for facts in facts_of(dupont):
        assert (facts.used, facts.refused) == ({}, {})
    assert correspondents.reached(dupont) == {}


def test_a_mailbox_full_of_mail_of_the_house_is_read_so_far_and_no_farther(dupont, sent, monkeypatch):
    """Measured with 100,000 of them: 29 ms instead of 464."""
    sent(A, "relayed")
    for _ in range(3):
        sent(B, "relayed")
    house = Submission.objects.create(mailbox=dupont, submitted_at=NOW, size=1)
    Recipient.objects.filter(address=B).update(submission=house)
    monkeypatch.setattr(habits, "_SEEN", 4)
    assert set(habits.newest(dupont)([], [A, B]).used) == {A}
    monkeypatch.setattr(habits, "_SEEN", 3)
    assert habits.newest(dupont)([], [A, B]).used == {}, "older than what is read"
    assert set(habits.of(dupont)([], [A, B]).used) == {A}, "asked for by its address, it is found"
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {habits._LAST}", [dupont.pk, 3])
        assert "SubPlan" in "".join(row[0] for row in cursor.fetchall()), "no join, which could read all submissions"


def test_facts_cost_the_same_whatever_was_written(dupont, sent):
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            habits.of(dupont)(["0123456789abcdef"], [A, B])
            habits.newest(dupont)([], [A, B])
        return len(captured)

    _ = dupont.keys
    sent(A, "relayed")
    once = cost()
    for number in range(50):
        sent(f"{number}@x.example", "relayed")
        sent(A, "relayed")
    assert cost() == once == 4
    assert habits.of(dupont)([], [A]).used[A].count == habits._EACH
