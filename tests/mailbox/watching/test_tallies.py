"""What processes count reaches the table once, whoever folds it; a database that is away loses nothing."""

import pytest
from django.db import OperationalError, connection

from mailbox.models import Tally
from mailbox.watching import tallies
from mssweb import tally


@pytest.fixture(autouse=True)
def _nothing_counted():
    tally.taken()


def test_counts_are_appended_added_up_and_folded(db):
    tally.count("received", "2xx")
    tally.count("received", "2xx")
    tallies.flush()
    tally.count("received", "2xx", 3)
    tallies.flush()
    tallies.flush()
    assert Tally.objects.count() == 2, "nothing counted writes nothing"
    before = tallies.totals()
    tallies.fold()
    assert before == tallies.totals() == {("received", "2xx"): 5.0}
    assert Tally.objects.count() == 1


def test_what_cannot_be_written_is_written_the_next_time(db, monkeypatch):
    tally.count("codes", "sent")
    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", lambda: (_ for _ in ()).throw(OperationalError("away")))
        tallies.flush()
    tally.count("codes", "sent")
    tallies.flush()
    assert tallies.totals() == {("codes", "sent"): 2.0}


def test_a_histogram_is_its_buckets_and_its_sum_and_labels_are_few_and_short():
    for took in (0.004, 0.03, 70.0):
        tally.seconds("acceptance", took)
    for number in range(600):
        tally.count("refused", f"{number:03}" + "x" * 60)
    held = tally.taken()
    found = {label: value for (name, label), value in held.items() if name == "acceptance"}
    assert found == {"0.005": 1, "0.05": 1, "+Inf": 1, "sum": pytest.approx(70.034)}
    assert len(held) <= 501 and held["refused", "other"] > 100
    assert max(len(label) for _, label in held) == 40
    assert tally.taken() == {}
