"""Whole days go once their retention is over, and the journal says how many."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailbox.models import Transaction
from mailbox.traces import purge as purging
from mailbox.traces.write import insert
from mssweb.audit.models import AuditEvent
from tests.mailbox.traces.test_refusals import LINE

NOW = datetime(2026, 11, 27, 10, tzinfo=UTC)


@pytest.mark.django_db
def test_days_that_are_over_go_whole_each_with_its_proof_and_no_other_goes(monkeypatch):
    monkeypatch.setattr(purging, "_ROWS", 2)  # several statements a day
    kept = datetime(2026, 8, 29, tzinfo=UTC)  # ninety days ago
    moments = [kept - timedelta(days=3)] * 4 + [kept - timedelta(seconds=1), kept, NOW]
    insert([replace(LINE, at=at) for at in moments])
    assert purging.purge(NOW, days=90) == 5
    assert sorted(Transaction.objects.values_list("at", flat=True)) == [kept, NOW]
    told = AuditEvent.objects.filter(action="transactions.purge").order_by("id").values_list("subject_id", "facts")
    assert [(day, facts["rows"], facts["kept_days"]) for day, facts in told] == [
        ("2026-08-26", 4, 90),
        ("2026-08-28", 1, 90),
    ]
    assert purging.purge(NOW, days=90) == 0, "nothing is told of nothing"
