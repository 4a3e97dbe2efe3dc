"""What a mailbox did, in figures: true, for its managers, and told each morning to those who ask."""

import time
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from mailbox import daily, store
from mailbox.activity import activity
from mailbox.models import Mailbox, Membership, Thread
from mailbox.models.message import IMPORTED
from mailbox.outbound import house
from mssweb.audit.models import AuditEvent
from tests.mailbox.test_store import filing, letter

PARIS = ZoneInfo("Europe/Paris")
DAY = date(2026, 11, 20)


def at(hour: int, minute: int = 0, day: date = DAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=PARIS)


@pytest.fixture
def put(dupont):
    """One letter at that instant: received, or sent by somebody."""

    def one(name: str, when: datetime, *, answers: str = "", author=None, verified=True, **more):
        how = filing(letter(name, message_id=name, refs=[answers] if answers else ()), is_verified=verified)
        how = {field: getattr(how, field) for field in how.__slots__} | {"filed_at": when}
        if author:
            how |= {"folder_role": "sent", "direction": "out", "author_id": author.pk}
        return store.file(dupont, [store.Filing(**how | more)])[0]

    return one


def test_what_is_answered_and_how_soon_is_counted_by_day_and_by_member(put, dupont, anne, claire):
    put("a@x", at(9))
    put("a2@x", at(9, 30), answers="a@x")  # insists: the wait began at nine
    put("b@x", at(10), answers="a@x", author=anne)  # 60 min
    put("c@x", at(14, day=DAY - timedelta(days=1)))
    put("d@x", at(14, 20), answers="c@x", author=claire)  # 1460 min
    put("e@x", at(15, 0), answers="d@x")
    put("f@x", at(15, 20), answers="e@x", author=claire)  # 20 min
    put("g@x", at(16), author=claire)  # answers nothing
    waits = put("h@x", at(17))
    put("i@x", at(18, day=DAY - timedelta(days=9)))
    Thread.objects.filter(pk=waits.thread_id).update(assigned_to=anne)
    house.write(dupont, "Boîte remplie", "x", now=at(19))
    brought = {"is_imported": True, "keywords": (IMPORTED,), "fingerprint_source": b"x" * 32}
    old = put("j@x", at(11), verified=False, **brought)
    put(
        "k@x",
        at(11, 10),
        answers="j@x",
        **brought | {"folder_role": "sent", "direction": "out", "fingerprint_source": None},
    )
    Thread.objects.filter(pk=old.thread_id).update(status="open")
    found = activity(dupont, last=DAY, days=7, zone=PARIS)
    assert (found.received, found.sent, found.answered, found.median) == (5, 4, 3, 3600.0)
    assert [(d.received, d.sent, d.answered, d.median) for d in found.days[-2:]] == [(1, 0, 0, None), (4, 4, 3, 3600.0)]
    told = {who: (p.sent, p.answered, p.median, p.waiting) for who, p in found.parts.items()}
    assert told == {
        anne.pk: (1, 1, 3600.0, 1), claire.pk: (3, 2, (1460 + 20) / 2 * 60, 0), None: (0, 0, None, 1),
    }  # fmt: skip
    assert (found.waiting, found.oldest) == (2, at(18, day=DAY - timedelta(days=9)))
    Thread.objects.filter(pk=waits.thread_id).update(status="done")
    assert activity(dupont, last=DAY, days=7, zone=PARIS).waiting == 1


def test_a_day_is_the_pharmacy_s(put, dupont):
    put("a@x", datetime(2026, 11, 19, 23, 30, tzinfo=ZoneInfo("UTC")))
    assert [d.received for d in activity(dupont, last=DAY, days=2, zone=PARIS).days] == [0, 1]
    assert [d.received for d in activity(dupont, last=DAY, days=2, zone=ZoneInfo("America/Cayenne")).days] == [1, 0]


def test_the_page_is_its_managers_and_costs_the_same_whatever_there_is(
    browser, anne, claire, hugo, stranger, base, put, dupont, statements
):
    for user, status in ((claire, 403), (hugo, 403), (stranger, 404)):
        assert browser(user).get(f"{base}/activite/").status_code == status
    client = browser(anne)
    once = statements(lambda: client.get(f"{base}/activite/"))
    now = timezone.now()
    for n in range(20):
        put(f"Sujetcanari{n}@x", now - timedelta(hours=n, minutes=5))
        put(f"r{n}@x", now - timedelta(hours=n), answers=f"Sujetcanari{n}@x", author=claire)
    page = client.get(f"{base}/activite/?jours=30").content.decode()
    assert "<dd>20</dd>" in page and "5 min" in page and "Claire MARTIN" in page and "Voir en tableau" in page
    assert "canari" not in page
    assert statements(lambda: client.get(f"{base}/activite/?jours=90")) == once <= 8
    assert client.get(f"{base}/activite/?jours=x").status_code == 200


def test_the_summary_comes_once_each_morning_to_who_asked_and_has_a_mailbox_of_their_own(
    browser, anne, claire, base, put, dupont, annes_box
):
    put("Sujetcanari@x", at(9))
    client = browser(anne)
    client.post(f"{base}/activite/", {"summary": "on"})
    assert AuditEvent.objects.get(action="membership.summary").facts == {"wants": True}
    morning = at(7, 5, DAY + timedelta(days=1))
    assert daily.look_over(morning - timedelta(minutes=10)) == 0, "before seven"
    assert [daily.look_over(morning), daily.look_over(morning + timedelta(hours=5))] == [1, 0]
    message = annes_box.messages.get()
    from mailbox import blobs

    raw = blobs.read(message.blob, annes_box).decode()
    assert "Re=C3=A7us : 1" in raw and "canari" not in raw
    client.post(f"{base}/activite/", {"summary": "off"})
    assert daily.look_over(morning + timedelta(days=1)) == 0
    dupont.memberships.filter(user=claire).update(role="manager")
    told = browser(claire).post(f"{base}/activite/", {"summary": "on"}, follow=True).content.decode()
    assert "vous n’en avez pas ici" in told
    assert not Membership.objects.get(user=claire).wants_summary


def test_more_summaries_than_one_sweep_writes_are_written_by_the_next(dupont, anne, claire, annes_box, monkeypatch):
    monkeypatch.setattr(daily, "_BATCH", 1)
    dupont.memberships.filter(user__in=[anne, claire]).update(wants_summary=True, role="manager")
    morning = at(8, 0, DAY + timedelta(days=1))
    for _ in range(2):
        daily.look_over(morning)
    assert set(dupont.memberships.filter(wants_summary=True).values_list("summary_told", flat=True)) == {DAY}


def test_a_summary_that_could_not_be_written_is_due_again(put, dupont, anne, annes_box, monkeypatch):
    dupont.memberships.filter(user=anne).update(wants_summary=True)
    write, morning = house.write, at(8, 0, DAY + timedelta(days=1))
    monkeypatch.setattr(house, "write", lambda *args, **how: False)
    assert daily.look_over(morning) == 0
    monkeypatch.setattr(house, "write", write)
    assert daily.look_over(morning) == 1
    assert Mailbox.objects.get(pk=annes_box.pk).messages.count() == 1


@pytest.mark.parametrize(
    ("seconds", "told"), [(None, "–"), (29, "0 min"), (3540, "59 min"), (11100, "3 h 05"), (187200, "2 j 4 h")]
)
def test_how_long_is_told_as_people_say_it(seconds, told):
    assert daily.lasting(seconds) == told


@pytest.mark.soak
def test_a_hundred_thousand_messages_are_counted_within_200_ms(put, dupont, anne):
    """Twenty thousand threads of five, over a year: of a busy pharmacy."""
    first, now = put("a@x", timezone.now() - timedelta(days=1)), timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO mailbox_thread (id, mailbox_id, status, modseq, acted_modseq, with_patient, last_at, message_count)"
            " SELECT gen_random_uuid(), %s, 'open', 1, 1, false, %s, 5 FROM generate_series(1, 20000)",
            [dupont.pk, now],
        )
        cursor.execute(
            "INSERT INTO mailbox_message SELECT (m).* FROM (SELECT jsonb_populate_record(m, jsonb_build_object("
            " 'id', gen_random_uuid(), 'thread_id', t.id, 'uid', 1000 + row_number() OVER (),"
            " 'fingerprint', row_number() OVER (),"
            " 'direction', CASE WHEN n %% 2 = 0 THEN 'out' ELSE 'in' END,"
            " 'author_id', CASE WHEN n %% 2 = 0 THEN %s::uuid END,"
            " 'filed_at', %s - random() * interval '365 days')) AS m"
            " FROM mailbox_message m, (SELECT id FROM mailbox_thread WHERE message_count = 5) t, generate_series(1, 5) n"
            " WHERE m.id = %s) x",
            [anne.pk, now, first.pk],
        )
        cursor.execute(
            "INSERT INTO mailbox_folderthread"
            " (mailbox_id, folder_id, thread_id, newest_id, last_at, message_count, has_attachments,"
            " has_patient, rank, size)"
            " SELECT DISTINCT ON (thread_id) mailbox_id, folder_id, thread_id, id, filed_at, 5, false, false, 0, 0"
            " FROM mailbox_message"
            " WHERE thread_id <> %s ORDER BY thread_id, filed_at DESC",
            [first.thread_id],
        )
        cursor.execute("ANALYZE mailbox_message; ANALYZE mailbox_thread; ANALYZE mailbox_folderthread")
    took = []
    for days in (90, 90, 90, 90, 90, 90, 90, 30, 7):
        start = time.perf_counter()
        activity(dupont, last=timezone.localdate(), days=days, zone=PARIS)
        took.append(time.perf_counter() - start)
    assert min(took[:7]) < 0.2, took
