"""What is due to go goes, what is held stays, and nobody is surprised."""

from datetime import timedelta

import pytest
from django.utils import timezone

from mailbox import store
from mailbox.keeping import destroying, holds, sweep
from mailbox.life import destroy, states
from mailbox.life import sweep as lives
from mailbox.models import Blob, Folder, Hold, Keeping, Life, Mailbox, Message, Purge, Seen, Tenant, Thread
from mailbox.summary import open_summary
from mssweb.audit.models import AuditEvent
from tests.mailbox.imports.conftest import bring, manager, send  # noqa: F401
from tests.mailbox.imports.test_reading import box, mail, zipped
from tests.mailbox.test_store import filing, letter

DAY = timedelta(days=1)


@pytest.fixture
def some(dupont):
    """Letters of that age, on that shelf."""

    def filed(role: str, *ages: float, start: int = 0) -> list[Message]:
        now = timezone.now()
        given = []
        for n, age in enumerate(ages):
            one = filing(letter(message_id=f"{role}{start + n}@x"), folder_role=role)
            given.append(store.Filing(**{**fields(one), "filed_at": now - age * DAY}))
        return store.file(dupont, given)

    return filed


def fields(one: store.Filing) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__slots__}


def strike(days: float = 0) -> None:
    """The sweep, `days` from now, until it has nothing more to do."""
    now = timezone.now() + days * DAY
    Keeping.objects.update(due_at=now)
    while sweep.look_over(now):
        pass


def left(dupont, *roles: str) -> int:
    return Message.objects.filter(mailbox=dupont, folder__role__in=roles).count()


def folder(dupont, role: str) -> Folder:
    return dupont.folders.get(role=role)


def exact(dupont) -> None:
    """Occupation, lists, threads and bytes say the same as the messages."""
    dupont.refresh_from_db()
    sizes = sum(Message.objects.filter(mailbox=dupont).values_list("size", flat=True))
    count = Message.objects.filter(mailbox=dupont).count()
    assert dupont.used_bytes == sizes and Blob.objects.filter(mailbox=dupont).count() == count
    assert sum(Thread.objects.filter(mailbox=dupont).values_list("message_count", flat=True)) == count
    assert not Seen.objects.exclude(message__mailbox=dupont).exists()


def test_bins_lose_what_is_in_them_since_thirty_days_and_nothing_else(dupont, some, monkeypatch):
    monkeypatch.setattr(destroying, "LOT", 2)
    old = some("inbox", 400, 400, 400)
    some("spam", 31, 29)
    store.move_messages(dupont, [m.pk for m in old[:2]], folder(dupont, "trash"))
    strike()
    assert (left(dupont, "inbox"), left(dupont, "trash"), left(dupont, "spam")) == (1, 2, 1), (
        "since they were put there"
    )
    strike(30.1)
    assert (left(dupont, "inbox"), left(dupont, "trash"), left(dupont, "spam")) == (1, 0, 0)
    exact(dupont)
    told = AuditEvent.objects.filter(action="keeping.bin").values_list("facts", flat=True)
    assert sum(one["count"] for one in told) == 4 and {one["folder"] for one in told} == {"trash", "spam"}


def test_old_messages_go_on_the_day_that_was_announced_twice_and_only_those_that_were(dupont, some, bring, tenant):  # noqa: F811
    now = timezone.now()
    Tenant.objects.update(keep_months=12)
    some("inbox", 800, 10)
    some("archive", 800, start=5)
    some("inbox", 340, start=9)
    strike()
    row = Keeping.objects.get(pk=dupont.pk)
    ahead = (row.goes_at - now) / DAY
    assert 30 <= ahead <= 62 and row.goes_at.astimezone(tz(dupont)).day == 1 and left(dupont, "inbox") == 3
    strike(ahead - 31)
    assert announced(dupont) == []
    strike(ahead - 29.99)
    Keeping.objects.update(announced_at=timezone.now())  # ids are of the true clock
    bring(zipped({"Archives.mbox": box(mail(1))}))
    assert left(dupont, "archive") == 2, "brought after the announcement"
    strike(ahead - 15)
    assert len(announced(dupont)) == 1
    strike(ahead - 6.99)
    [first, second] = announced(dupont)
    assert first == second and first.startswith("Messages anciens supprimés le 1")
    strike(ahead - 0.01)
    assert left(dupont, "archive") == 2
    strike(ahead + 0.01)
    assert (left(dupont, "archive"), left(dupont, "inbox")) == (1, 1 + 2), "the letters that announce it are new"
    exact(dupont)
    row.refresh_from_db()
    assert row.goes_at > now + (ahead + 29) * DAY and row.told is None


def tz(dupont):
    from zoneinfo import ZoneInfo

    return ZoneInfo(dupont.tenant.time_zone)


def announced(dupont) -> list[str]:
    """Subjects of what the house wrote of it."""
    fresh = Mailbox.objects.get(pk=dupont.pk)
    told = [open_summary(m, fresh.keys).subject for m in Message.objects.filter(mailbox=dupont).order_by("pk")]
    return [subject for subject in told if subject.startswith("Messages anciens")]


def test_without_a_period_nothing_goes_and_a_longer_one_keeps_what_was_announced(dupont, some):
    some("inbox", 4000, 500)
    strike(400)
    assert left(dupont, "inbox") == 2 and announced(dupont) == []
    Tenant.objects.update(keep_months=12)
    strike()
    ahead = (Keeping.objects.get(pk=dupont.pk).goes_at - timezone.now()) / DAY
    strike(ahead - 29.99)
    Tenant.objects.update(keep_months=60)
    strike(ahead - 6.99)
    strike(ahead + 0.01)
    assert left(dupont, "inbox") == 1 + 2, "the older one went, the other has time"
    Tenant.objects.update(keep_months=0)
    strike(ahead + 100)
    assert left(dupont, "inbox") == 3 and Keeping.objects.get(pk=dupont.pk).goes_at is None


@pytest.mark.parametrize("whole", [True, False])
def test_what_is_held_is_destroyed_neither_by_time_nor_by_hand_nor_with_its_mailbox(dupont, some, manager, whole):  # noqa: F811
    Tenant.objects.update(keep_months=1)
    kept, gone = some("trash", 400, 400)
    now = timezone.now()
    hold = holds.place(manager, "Litige n° 12", now=now, thread=None if whole else kept.thread)
    assert hold and holds.place(manager, "encore", now=now, thread=None if whole else kept.thread) is None
    assert b"Litige" not in bytes(hold.box) and holds.reason(hold, dupont) == "Litige n° 12"
    strike(1)
    stays = {kept.pk, gone.pk} if whole else {kept.pk}
    assert set(Message.objects.values_list("pk", flat=True)) == stays
    assert destroying.ask(dupont, folder(dupont, "trash"), author_id=manager.user_id, now=now + 9 * DAY).destroyed == 0
    assert destroying.threads(dupont, [kept.thread_id], folder(dupont, "trash")) == (0, 1)
    Mailbox.objects.filter(pk=dupont.pk).update(state="closed")
    Life.objects.update_or_create(pk=dupont.pk, defaults={"destroy_at": now, "due_at": now})
    with pytest.raises(states.Impossible):
        destroy.begin(dupont.pk, lives.desk.By(now=now))
    lives.look_over(now)
    dupont.refresh_from_db()
    assert dupont.state == "closed" and Message.objects.filter(pk=kept.pk).exists()
    assert holds.lift(manager, hold.pk, now=now) and not holds.lift(manager, hold.pk, now=now)
    assert Hold.objects.get().lifted_by_id == manager.user_id, "it stays, as history"
    lives.look_over(timezone.now() + timedelta(seconds=1))
    dupont.refresh_from_db()
    assert dupont.state == "deleted", "its end waited for that"
    for _ in range(30):
        lives.look_over(timezone.now() + timedelta(hours=1))
    assert not any(model.objects.exists() for model in (Hold, Keeping, Message))


def test_emptying_goes_on_lot_by_lot_with_what_was_there_when_it_was_asked(dupont, some, manager, monkeypatch):  # noqa: F811
    monkeypatch.setattr(destroying, "LOT", 2)
    some("trash", *[1] * 5)
    now = timezone.now()
    purge = destroying.ask(dupont, folder(dupont, "trash"), author_id=manager.user_id, now=now)
    assert (purge.destroyed, left(dupont, "trash")) == (2, 3)
    late = some("inbox", 5, start=20)
    store.move_messages(dupont, [late[0].pk], folder(dupont, "trash"))
    strike()
    assert left(dupont, "trash") == 1 and not Purge.objects.exists()
    exact(dupont)


class Killed(BaseException):
    """As SIGKILL."""


def test_killed_in_the_middle_nothing_is_half_destroyed_and_another_goes_on(dupont, some, monkeypatch):
    monkeypatch.setattr(destroying, "LOT", 2)
    some("spam", *[40] * 5)
    real, calls = store.remove, []

    def die(*given, **how):
        real(*given, **how)
        calls.append(1)
        if len(calls) == 2:
            raise Killed

    monkeypatch.setattr(store, "remove", die)
    now = timezone.now()
    with pytest.raises(Killed):
        sweep.look_over(now)
    assert left(dupont, "spam") == 3
    exact(dupont)
    assert not sweep.look_over(now + timedelta(minutes=1)) and left(dupont, "spam") == 3, "leased"
    sweep.look_over(now + timedelta(minutes=11))
    assert left(dupont, "spam") == 0
    exact(dupont)


def test_what_is_being_sent_is_not_destroyed(dupont, anne, trust, manager):  # noqa: F811
    from mailbox.models import Recipient, Submission

    [sent] = store.file(dupont, [filing(letter(), folder_role="trash", direction="out")])
    row = Submission.objects.create(
        mailbox=dupont, message=sent, author=anne, mail_from=dupont.address, submitted_at=sent.filed_at, size=1
    )
    one = Recipient.objects.create(
        mailbox=dupont,
        submission=row,
        address="a@b.example",
        domain="b.example",
        state="delayed",
        not_before=sent.filed_at,
    )
    assert destroying.fill(dupont, Message.objects.all()) == destroying.Fill(1, 0, 1)
    assert destroying.threads(dupont, [sent.thread_id], sent.folder) == (0, 1)
    Recipient.objects.filter(pk=one.pk).update(state="relayed")
    assert destroying.threads(dupont, [sent.thread_id], sent.folder) == (1, 0)
