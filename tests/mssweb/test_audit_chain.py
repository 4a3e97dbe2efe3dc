"""The journal is chained, verified and purged; whoever tampers with it in the database is named by what they did."""

import os
import re
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from mssweb import embedded, keys
from mssweb.audit import keeper, report, tasks
from mssweb.audit.models import AuditEvent, DayHead, Link, Purge
from mssweb.audit.purge import purge
from mssweb.audit.verify import Broken, verify
from mssweb.celery import app

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def happen(count: int, at: datetime) -> list[AuditEvent]:
    return AuditEvent.objects.bulk_create(
        AuditEvent(at=at, process="web", action="message.open", subject_id=str(number), facts={"n": number, "a": None})
        for number in range(count)
    )


@pytest.fixture
def _keeper(db, monkeypatch) -> None:
    """Its rights, and small batches: a day is several."""
    call_command("grant_roles")
    monkeypatch.setattr(keeper, "BATCH", 4)


@pytest.fixture
def four_days(_keeper) -> None:
    """Of ten events in three batches each; the last day is not over."""
    for number in range(4):
        happen(10, NOON + number * DAY)
        assert keeper.chain_due(NOON + number * DAY) == 10


def tamper(sql: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        assert cursor.rowcount > 0


def told() -> str:
    """What the command says of a broken journal, in one line."""
    with pytest.raises(CommandError) as error:
        call_command("verify_audit")
    assert error.value.returncode == 1
    [line] = str(error.value).splitlines()
    return line


def whole(**asked: object) -> str:
    out = StringIO()
    call_command("verify_audit", stdout=out, **asked)
    return out.getvalue()


def event_of(batch: int, place: int) -> str:
    return str(AuditEvent.objects.filter(link=batch).order_by("id").values_list("id", flat=True)[place - 1])


@pytest.mark.usefixtures("four_days")
def test_a_whole_journal_is_counted_and_gives_its_head():
    assert list(Link.objects.order_by("number").values_list("count", flat=True)) == [4, 4, 2] * 4
    assert DayHead.objects.count() == 3
    head = f"12:{bytes(Link.objects.get(number=12).digest).hex()}"
    assert whole() == f"whole: 40 events in 12 batches, 3 days over (0 purged), 0 events wait; head {head}\n"
    assert AuditEvent.objects.filter(action="audit.verify", result="ok").count() == 1
    assert whole(since=date(2026, 11, 22)).startswith(
        "whole: 20 events in 6 batches, 3 days over (0 purged), 1 events wait"
    )


TAMPERED = {
    "an event changed": (
        "UPDATE audit_auditevent SET result = 'refused' WHERE id = %s", lambda: [event_of(5, 2)],
        "changed: batch 5 of 2026-11-21: event {0}, 2 of 4",
    ),
    "a fact changed": (
        "UPDATE audit_auditevent SET facts = facts || '{{\"n\": 99}}' WHERE id = %s", lambda: [event_of(2, 4)],
        "changed: batch 2 of 2026-11-20: event {0}, 4 of 4",
    ),
    "an event deleted": (
        "DELETE FROM audit_auditevent WHERE id = %s", lambda: [event_of(8, 3)],
        "removed: batch 8 of 2026-11-22: event 3 of its 4 is missing",
    ),
    "an event inserted in a batch": (
        "INSERT INTO audit_auditevent SELECT (jsonb_populate_record(e, jsonb_build_object('id', %s::text))).*"
        " FROM audit_auditevent e WHERE e.link = 4 ORDER BY id LIMIT 1",
        lambda: [str(uuid7())], "inserted: batch 4 of 2026-11-21: event {0}, 5 of 4",
    ),
    "two events swapped between batches": (
        "UPDATE audit_auditevent SET link = 11 - link WHERE id IN (%s, %s)", lambda: [event_of(5, 1), event_of(6, 1)],
        "reordered: batch 5 of 2026-11-21: event {1}, 4 of 4, is of batch 6",
    ),
    "the hours of two events swapped": (
        "UPDATE audit_auditevent SET subject_id = CASE subject_id WHEN '1' THEN '0' ELSE '1' END WHERE id IN (%s, %s)",
        lambda: [event_of(1, 1), event_of(1, 2)], "changed: batch 1 of 2026-11-20: event {0}, 1 of 4",
    ),
    "two batches swapped": (
        "UPDATE audit_link SET number = number - 100 WHERE number IN (5, 6);"
        "UPDATE audit_link SET number = 11 - (number + 100) WHERE number < 0;"
        "UPDATE audit_auditevent SET link = 11 - link WHERE link IN (5, 6)",
        list, "reordered: batch 5 of 2026-11-21: it is batch 6",
    ),
    "a batch changed": (
        "UPDATE audit_link SET made_at = made_at + interval '1 second' WHERE number = 7", list,
        "changed: batch 7 of 2026-11-22: the batch itself is not as it was sealed",
    ),
    "a batch deleted": (
        "DELETE FROM audit_link WHERE number = 5", list,
        "removed: batch 5 of 2026-11-21: the batch itself is missing",
    ),
    "a batch deleted with its events": (
        "DELETE FROM audit_auditevent WHERE link = 5; DELETE FROM audit_link WHERE number = 5", list,
        "removed: batch 5 of 2026-11-21: the batch itself is missing",
    ),
    "the last batch deleted": (
        "DELETE FROM audit_link WHERE number = 12", list,
        "removed: batch 12: the batch itself is missing, and event " + "0",
    ),
    "a day head deleted": (
        "DELETE FROM audit_dayhead WHERE day = '2026-11-21'", list,
        "head missing: day 2026-11-21: the head of 2026-11-22 follows another one",
    ),
    "the last day head deleted": (
        "DELETE FROM audit_dayhead WHERE day = '2026-11-22'", list,
        "head missing: day 2026-11-22: batch 10 is of 2026-11-23",
    ),
    "a day head changed": (
        "UPDATE audit_dayhead SET count = 9 WHERE day = '2026-11-20'", list,
        "changed: day 2026-11-20: its head is not as it was sealed",
    ),
    "a key named that nobody has": (
        "UPDATE audit_link SET key_id = 'mine' WHERE number = 3", list,
        "changed: link 3: AUDIT_KEYS: audit key 'mine' is not in this process's ring",
    ),
    "an event said to be of a batch that never was": (
        "UPDATE audit_auditevent SET link = -1 WHERE id = %s", lambda: [event_of(12, 2)],
        "removed: batch 12 of 2026-11-23: event 2 of its 2 is missing",
    ),
}  # fmt: skip


@pytest.mark.usefixtures("four_days")
@pytest.mark.parametrize("act", TAMPERED)
def test_whoever_holds_the_database_is_named_by_what_they_did(act):
    sql, given, expected = TAMPERED[act]
    values = given()
    for statement in sql.split(";"):
        tamper(statement.replace("{{", "{").replace("}}", "}"), *values)
    assert told().startswith("broken: " + expected.format(*values))
    event = AuditEvent.objects.get(action="audit.verify")
    assert (event.result, event.facts["broken"].split(":")[0]) == ("error", expected.split(":")[0])


@pytest.mark.usefixtures("_keeper")
def test_an_event_written_into_the_past_afterwards_is_named_and_a_late_commit_is_not():
    happen(3, NOON)
    keeper.chain_due(NOON)
    happen(1, NOON - timedelta(minutes=50))  # its transaction lasted
    keeper.chain_due(NOON + timedelta(minutes=1))
    assert whole().startswith("whole: 4 events in 2 batches")
    [event] = happen(1, NOON - timedelta(minutes=70))
    keeper.chain_due(NOON + timedelta(minutes=2))
    assert told() == (
        f"broken: inserted: batch 3 of 2026-11-20: event {event.pk} is dated 2026-11-20 10:50:00,"
        " and was not there at 2026-11-20 12:01:00"
    )


@pytest.mark.usefixtures("_keeper")
def test_events_that_waited_long_because_nobody_chained_are_no_fault():
    happen(9, NOON - 3 * DAY)
    happen(2, NOON)
    assert keeper.chain_due(NOON) == 11
    assert [link.emptied for link in Link.objects.order_by("number")] == [False, False, True]
    assert whole().startswith("whole: 11 events in 3 batches")


def test_two_keepers_never_make_the_same_link_and_a_late_commit_is_in_the_next(transactional_db):
    """A transaction that records first and commits last; another keeper at work meanwhile."""
    call_command("grant_roles")
    name = connection.settings_dict["NAME"]
    insert = (
        "INSERT INTO audit_auditevent (id, at, process, action, subject_kind, subject_id, result, facts)"
        " VALUES (%s, %s, 'web', 'message.open', '', '', 'ok', '{}')"
    )
    with psycopg.connect(embedded.postgres_dsn(Path(os.environ["MSSWEB_HOME"]), "", name)) as slow:
        slow.execute(insert, [uuid7(), NOON])
        happen(3, NOON)
        assert keeper.chain_due(NOON) == 3
        slow.commit()
        slow.execute("SELECT pg_advisory_xact_lock(hashtext('mssweb journal'), hashtext('chain'))")
        assert keeper.chain_due(NOON) == 0  # the other one does it
        slow.rollback()
    assert AuditEvent.objects.filter(link=None).count() == 1
    assert keeper.chain_due(NOON + timedelta(minutes=1)) == 1
    assert verify().events == 4
    late = AuditEvent.objects.order_by("id").first()
    assert late.link == 2  # its id is below all of the first batch


@pytest.mark.usefixtures("_keeper")
def test_what_a_hostile_process_records_stops_no_keeper():
    """Web may insert what it likes: numbers that no Python reads, depths, megabytes; no date outside calendars."""
    for facts in ("1" * 5000, "[" * 3000 + "]" * 3000, '"' + "x" * 1_000_000 + '"', "1e400", "null"):
        tamper(
            "INSERT INTO audit_auditevent (id, at, process, action, subject_kind, subject_id, result, facts)"
            " VALUES (%s, %s, '', '', '', '', '', %s::jsonb)", uuid7(), NOON, facts,
        )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        tamper("UPDATE audit_auditevent SET at = 'infinity'")
    assert keeper.chain_due(NOON) == 5
    assert verify().events == 5


@pytest.mark.usefixtures("four_days")
def test_purged_days_leave_their_heads_and_a_proof_and_the_chain_goes_on():
    late = NOON + 4 * DAY
    assert purge(late, days=10) == []
    [proof] = purge(late, days=2)
    assert (str(proof.first_day), str(proof.last_day), proof.events, proof.links) == ("2026-11-20", "2026-11-21", 20, 6)
    assert AuditEvent.objects.filter(link__lte=6).count() == 0
    assert bytes(proof.head) == bytes(DayHead.objects.get(day="2026-11-21").digest)
    [event] = AuditEvent.objects.filter(action="audit.purge")
    assert (event.subject_id, event.facts["events"]) == ("1", 20)
    assert purge(late, days=2) == []
    keeper.chain_due(late)
    assert whole().startswith("whole: 21 events in 7 batches, 4 days over (2 purged)")
    assert [proof.events for proof in purge(late + 9 * DAY, days=2)] == [20]
    keeper.chain_due(late + 9 * DAY)
    keeper.chain_due(late + 10 * DAY)
    purge(late + 20 * DAY, days=2)
    assert Link.objects.count() == 0  # everything is over; the next link follows the last head
    keeper.chain_due(late + 20 * DAY)
    assert whole().startswith("whole: 1 events in 1 batches, 6 days over (6 purged)")


@pytest.mark.usefixtures("four_days")
def test_a_batch_of_another_history_is_seen_although_its_seal_is_good():
    """Somebody put yesterday's backup back, let the keeper go on, and then took the batch of before in again."""
    batch, own = Link.objects.get(number=12), AuditEvent.objects.filter(link=12)
    before = list(own)
    own.delete()
    Link.objects.filter(number=12).delete()
    for _ in range(2):
        happen(1, NOON + 3 * DAY)
        keeper.chain_due(NOON + 3 * DAY)
    assert verify().events == 40
    AuditEvent.objects.filter(link=12).delete()
    Link.objects.filter(number=12).delete()
    AuditEvent.objects.bulk_create(before)
    batch.save(force_insert=True)
    assert told() == "broken: reordered: batch 13 of 2026-11-23: it does not follow batch 12"


GONE = {
    "days removed without a proof": (
        "DELETE FROM audit_auditevent WHERE link <= 9; DELETE FROM audit_link WHERE number <= 9",
        "removed: batch 7 of 2026-11-22: the batch itself is missing",
    ),
    "a proof removed": (
        "DELETE FROM audit_purge", "removed: batch 1 of 2026-11-20: the batch itself is missing",
    ),
    "a proof stretched": (
        "UPDATE audit_purge SET last_day = '2026-11-22'; DELETE FROM audit_auditevent WHERE link <= 9",
        "changed: proof of purge 1: it is not as it was sealed",
    ),
    "a head of the purged days removed": (
        "DELETE FROM audit_dayhead WHERE day = '2026-11-20'",
        "head missing: a day before 2026-11-21: the head of 2026-11-21 follows another one",
    ),
    "the last head of the purged days removed": (
        "DELETE FROM audit_dayhead WHERE day = '2026-11-21'", "head missing: day 2026-11-21: proof of purge 1 ends with it",
    ),
    "an event put back into a purged day": (
        "UPDATE audit_auditevent SET link = 3 WHERE link IS NULL", "inserted: batch 3: no such batch is kept",
    ),
}  # fmt: skip


@pytest.mark.usefixtures("four_days")
@pytest.mark.parametrize("act", GONE)
def test_a_purge_is_believed_by_its_proof_only(act):
    purge(NOON + 4 * DAY, days=2)
    sql, expected = GONE[act]
    for statement in sql.split(";"):
        tamper(statement)
    assert told().startswith("broken: " + expected)


@pytest.mark.usefixtures("four_days")
def test_what_is_broken_is_kept_unless_told_otherwise(settings, caplog):
    settings.AUDIT_DAYS = 183
    long_after = NOON + 300 * DAY
    tamper("DELETE FROM audit_auditevent WHERE id = %s", event_of(2, 1))
    with pytest.raises(Broken, match="removed: batch 2"):
        purge(long_after, days=183)
    assert Purge.objects.count() == 0 and AuditEvent.objects.filter(link__lte=9).count() == 29
    [proof] = purge(long_after, days=183, even_broken=True)
    assert proof.events == 29
    assert whole().startswith("whole: 10 events in 3 batches")


@pytest.mark.usefixtures("four_days")
def test_an_end_cut_off_with_all_that_tells_of_it_is_seen_by_a_head_noted_before_and_by_it_only():
    head = re.search(r"head (\S+)", whole())[1]
    AuditEvent.objects.filter(action="audit.verify").delete()
    assert whole(expect=head)
    with pytest.raises(CommandError, match="number:digest"):
        call_command("verify_audit", "--expect=12")
    tamper("DELETE FROM audit_auditevent WHERE link >= 10 OR link IS NULL")
    tamper("DELETE FROM audit_link WHERE number >= 10")
    assert whole().startswith("whole: 30 events")
    with pytest.raises(
        CommandError, match="broken: head missing: batch 12: the head that was noted is not in the chain"
    ):
        call_command("verify_audit", f"--expect={head}")


@pytest.mark.usefixtures("four_days")
def test_an_old_key_verifies_and_a_new_one_chains(settings):
    settings.AUDIT_KEYS = f"new:{'bmV3' * 10}bmU= {settings.AUDIT_KEYS}"
    happen(1, NOON + 3 * DAY)
    keeper.chain_due(NOON + 3 * DAY)
    assert set(Link.objects.values_list("key_id", flat=True)) == {"test", "new"}
    assert whole().startswith("whole: 41 events")
    settings.AUDIT_KEYS = ""
    for act in (lambda: keeper.chain_due(NOON), lambda: call_command("verify_audit"), lambda: purge(NOON, days=2)):
        with pytest.raises(keys.NoMasterKey, match="AUDIT_KEYS: no audit key in this process"):
            act()


@pytest.mark.usefixtures("four_days")
def test_beat_rings_for_the_journal_and_the_tasks_chain_purge_and_verify_it(settings, caplog):
    rung = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert {"mssweb.audit.tasks.chain", "mssweb.audit.tasks.look_over"} <= rung & set(app.tasks)
    today = timezone.now().date()
    settings.AUDIT_DAYS = (today - date(2026, 11, 22)).days
    tasks.look_over()
    assert (Purge.objects.get().events, report.last().result) == (20, "ok")
    assert tasks.chain() == 2  # both were told
    tamper("DELETE FROM audit_auditevent WHERE link = 7")
    settings.AUDIT_DAYS = (today - date(2026, 11, 24)).days
    tasks.look_over()
    assert Purge.objects.count() == 1
    assert "journal not purged, broken: removed: batch 7" in caplog.text
    assert (report.last().result, "journal broken: removed: batch 7" in caplog.text) == ("error", True)


def test_a_purge_and_a_verification_keep_each_other_out(transactional_db):
    call_command("grant_roles")
    happen(1, NOON)
    keeper.chain_due(NOON)
    keeper.chain_due(NOON + DAY)
    dsn = embedded.postgres_dsn(Path(os.environ["MSSWEB_HOME"]), "", connection.settings_dict["NAME"])
    with psycopg.connect(dsn) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtext('mssweb journal'), hashtext('purge'))")
        with pytest.raises(CommandError, match="days are being purged: try again"):
            call_command("verify_audit")
        tasks.look_over()
        other.rollback()
        other.execute("SELECT pg_advisory_xact_lock_shared(hashtext('mssweb journal'), hashtext('purge'))")
        assert whole().startswith("whole: 1 events")  # two may verify
        assert purge(NOON + 9 * DAY, days=2) == []
    assert len(purge(NOON + 9 * DAY, days=2)) == 1
