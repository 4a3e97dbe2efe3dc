"""Figures of a day: true, the same when counted again, kept once given away; a month is a table of stable columns."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from mailbox.inbound.drain import drain
from mailbox.indicators import keep
from mailbox.indicators.count import Kept, count_day
from mailbox.indicators.days import bounds, day_of
from mailbox.indicators.writer import COLUMNS, table
from mailbox.mime.compose import Outgoing
from mailbox.mime.values import Address
from mailbox.models import Indicator, IndicatorMonth, Mailbox, Transaction
from mailbox.outbound import worker
from mailbox.outbound.submit import submit
from mailbox.traces.write import insert
from mssweb.audit.models import AuditEvent
from mssweb.audit.record import record
from tests.auth_otp.test_sign_in import give_password
from tests.mailbox.inbound.test_drain import arrive
from tests.mailbox.test_store import letter
from tests.mailbox.traces.test_refusals import LINE

NOW = datetime(2026, 10, 26, 9, tzinfo=UTC)  # the day before had 25 hours
DAY = day_of(NOW) - timedelta(days=1)


@pytest.fixture
def traffic(dupont, annes_box) -> None:
    start, end = bounds(DAY)
    good = replace(LINE, reason="listed", code=250, size=100, domain="a.example", mail_from="dr@a.example", delay=2.0)
    came = replace(good, mailbox_id=dupont.pk, message_id=uuid4())
    left = replace(came, way="out", domain="patient.mssante.fr", mail_from=dupont.address)
    here = replace(left, reason="local", domain="officine.mssante.example", rcpt_to=annes_box.address)
    insert(
        [
            replace(came, at=start), replace(came, at=end - timedelta(seconds=1), mail_from=""), replace(came, at=end),
            replace(came, at=start, message_id=None), replace(left, at=start), replace(here, at=start),
            replace(LINE, at=start, repeats=40), replace(LINE, at=start - timedelta(seconds=1)),
        ]
    )  # fmt: skip
    person = dupont.memberships.first().user_id
    for means in ("password+sms", "passkey", "passkey"):
        record("session.sign_in", actor_id=person, means=means)
    record("session.sign_in", actor_id=person)
    record("session.passkey_failed", means="passkey")
    record("session.password_failed", actor_id=person)
    AuditEvent.objects.update(at=start)
    Mailbox.objects.update(created_at=start - timedelta(days=9))


def told(name: str) -> dict[str, float]:
    return dict(Indicator.objects.filter(day=DAY, name=name).values_list("labels", "value"))


def test_a_day_is_counted_by_class_cause_and_means_and_again_with_the_same_result(traffic):
    where = "domain=officine.mssante.example"
    for _ in range(2):
        count_day(DAY, NOW)
        assert told("received") == {
            f"class=professional,{where},from=external,kind=ORG,structure=750000002": 1,
            f"class=report,{where},from=external,kind=ORG,structure=750000002": 1,
            f"class=professional,{where},from=internal,kind=PER,structure=750000002": 1,
        }
        assert told("sent")[f"class=patient,{where},from=external,kind=ORG,structure=750000002"] == 1
        assert sum(told("sent_bytes").values()) == 200
        assert told("refused") == {"cause=unknown-recipient,way=in": 40}
        assert told("connections") == {"means=password+sms": 1, "means=passkey": 2, "": 1}, "as the journal says"
        assert told("connected_people") == {"means=password+sms": 1, "means=passkey": 1, "": 1}
        assert told("connections_refused") == {"cause=session.passkey_failed": 1}, (
            "none for a password asked again inside"
        )
        assert told("delay_p95") == {"way=in": 2, "way=out": 2}
        assert told("mailboxes") == {
            f"{where},kind={kind},state=active,structure=750000002": 1 for kind in ("ORG", "PER")
        }


def test_a_person_s_way_in_is_counted_as_the_pages_tell_it(client, anne, sign_in):
    give_password(client, anne.login, "un secret mal tapé")
    sign_in(client, anne)
    AuditEvent.objects.update(at=bounds(DAY)[0])
    count_day(DAY, NOW)
    assert told("connections") == {"means=password+sms": 1}
    assert told("connections_refused") == {"cause=session.password_failed": 1}


def test_facts_of_letters_received_and_sent_reach_the_day_and_the_table(dupont, annes_box, claire):
    """ECO.2.4.1, ECO.2.4.2, ECO.2.4.3: software, codes of documents or none, qualified INS or not."""
    fields = {"X-MSS-NIL": "DEV935997", "X-MSS-CODECDA": "34112-3,PRESC-BIO", "X-MSS-INS": "O"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode()
    for count, raw in ((1, lines + b"Subject:"), (2, b"X-MSS-NIL: <a;b>\r\nX-MSS-INS: N\r\nSubject:")):
        for n in range(count):
            arrive(dupont, letter(message_id=f"{count}-{n}@x").replace(b"Subject:", raw))
    drain(NOW + timedelta(days=365))
    sent = Outgoing(from_=Address("", dupont.address), to=(Address("", annes_box.address),), subject="INR", text="4,8",
                    message_id="x@officine.mssante.example", date=NOW, headers=fields | {"X-MSS-NIL": "DEV1"})  # fmt: skip
    everybody = [annes_box.address, dupont.address]
    submit(mailbox=dupont, author=claire, letter=sent, recipients=everybody, thread_id=None, not_before=NOW, now=NOW)
    worker.send_due(NOW)
    Transaction.objects.update(at=bounds(DAY)[0])
    count_day(DAY, NOW)
    assert told("messages_by_nil") == {"nil=DEV935997,way=in": 1, "way=in": 2, "nil=DEV1,way=out": 1}
    assert told("messages_by_codecda") == {"flag=O,way=in": 1, "flag=N,way=in": 2, "flag=O,way=out": 1}
    assert told("messages_by_ins") == {"flag=O,way=in": 1, "flag=N,way=in": 2, "flag=O,way=out": 1}
    made = table(Indicator.objects.filter(day=DAY)).decode("utf-8-sig").splitlines()
    assert "2026-10-25;messages_by_nil;;;;;;;;DEV935997;;;in;1" in made
    assert "2026-10-25;messages_by_codecda;;;;O;;;;;;;out;1" in made and "PRESC-BIO" not in "".join(made)


def test_what_stood_then_is_kept_and_a_purged_or_written_day_is_not_counted_again(traffic, settings):
    count_day(DAY, NOW)
    Mailbox.objects.update(state="closed")
    count_day(DAY, NOW + timedelta(days=5))
    assert all("state=active" in labels for labels in told("mailboxes")), "the state of today says nothing of that day"
    Transaction.objects.all().delete()
    settings.TRACE_DAYS = 90
    with pytest.raises(Kept, match="purged"):
        count_day(DAY, NOW + timedelta(days=90))
    IndicatorMonth.objects.create(month=DAY.replace(day=1), written_at=NOW, rows=1, sha256="x")
    with pytest.raises(Kept, match="written"):
        count_day(DAY, NOW + timedelta(days=5))
    with pytest.raises(Kept, match="not over"):
        count_day(day_of(NOW), NOW)
    assert sum(told("received").values()) == 3
    count_day(DAY, NOW + timedelta(days=5), even_written=True)
    assert told("received") == {}


def test_a_month_is_given_away_once_all_its_days_are_counted(traffic, settings, tmp_path):
    settings.INDICATORS_DIR = str(tmp_path)
    keep.look(NOW)
    keep.look(datetime(2026, 11, 3, 12, tzinfo=UTC))
    assert not list(tmp_path.iterdir()), "what was filed late is still counted"
    for hour in (1, 2):
        keep.look(datetime(2026, 11, 4, hour, tzinfo=UTC))
    [file] = tmp_path.iterdir()
    lines = Path(file).read_text("utf-8-sig").splitlines()
    assert file.name == "indicateurs-2026-10.csv" and lines[0] == ";".join(COLUMNS)
    assert "2026-10-25;refused;unknown-recipient;;;;;;;;;;in;40" in lines
    event = AuditEvent.objects.get(action="indicators.write")
    assert (event.subject_id, event.facts["rows"]) == ("2026-10", len(lines) - 1)


def test_the_command_counts_again_and_writes_what_the_rows_say(traffic, settings, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("mailbox.management.commands.indicators.timezone.now", lambda: NOW)
    call_command("indicators", "--day", str(DAY))
    with pytest.raises(CommandError, match="nothing written"):
        call_command("indicators", "--month", "2026-10", "--write")
    settings.INDICATORS_DIR = str(tmp_path)
    call_command("indicators", "--month", "2026-10", "--write")
    assert "2026-10 written" in capsys.readouterr().out and (tmp_path / "indicateurs-2026-10.csv").exists()
    call_command("indicators", "--day", str(DAY))
    assert "kept: 2026-10-25: its month was written" in capsys.readouterr().out
