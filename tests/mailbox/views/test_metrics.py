"""/metrics: a parser of others reads it, a token opens it, and it costs two statements whatever is kept."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from mailbox import leases, store
from mailbox.models import Arrival, Incident, Listing, Peer, Probe, Recipient, Submission, Watched
from mailbox.watching import metrics, tallies
from mssweb import tally
from mssweb.audit.record import record
from tests.mailbox.test_store import filing, letter

TOKEN = "scrape-scrape-scrape"


@pytest.fixture
def scrape(client, settings):
    settings.METRICS_TOKEN = TOKEN
    return lambda given=f"Bearer {TOKEN}": client.get("/metrics", headers={"Authorization": given})


def samples(answer) -> dict[tuple[str, ...], float]:
    families = list(text_string_to_metric_families(answer.text))
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


def test_without_the_token_there_is_nothing(scrape, db, settings, client, sign_in, anne):
    assert scrape().status_code == 200
    for wrong in ("", "Bearer ", "Bearer scrape", TOKEN, f"Basic {TOKEN}", "Bearer \u00e9"):
        assert scrape(wrong).status_code == 404, wrong
    sign_in(client, anne)
    assert client.get("/metrics").status_code == 404, "no session opens it"
    settings.METRICS_TOKEN = ""
    assert scrape().status_code == scrape("Bearer ").status_code == 404


def test_what_waits_what_ails_and_what_was_counted_is_told(scrape, dupont, claire, trust):
    now = timezone.now()
    tally.taken()
    Arrival.objects.create(
        mailbox=dupont, size=1, box=b"", arrived_at=now - timedelta(seconds=90), due_at=now, mail_from="dr@a.example"
    )
    Watched.objects.create(name="certificate", until=now + timedelta(days=30), faults=["key"], checked_at=now)
    leases.beat("worker", "x", now=now - timedelta(seconds=5))
    Incident.objects.create(kind="in", opened_at=now)
    Probe.objects.create(way="in", started_at=now - timedelta(seconds=60), seen_at=now - timedelta(seconds=57))
    Listing.objects.create(mailbox=dupont)
    record("session.lock")
    for took in (0.004, 0.02, 0.02, 99.0):
        tally.seconds("acceptance", took)
    for name, label in (
        ("received", "2xx"),
        ("received", "2xx"),
        ("decisions", "domain-not-listed"),
        ("codes", "sent"),
    ):
        tally.count(name, label)
    tallies.flush()
    told = samples(scrape())
    assert told["mssweb_arrivals_waiting",] == 1
    assert told["mssweb_messages_received_total", "2xx"] == 2
    assert told["mssweb_decisions_total", "domain-not-listed"] == told["mssweb_sms_codes_total", "sent"] == 1
    assert told["mssweb_faults", "certificate"] == told["mssweb_incidents_open", "in"] == 1
    assert told["mssweb_publication", "pending"] == told["mssweb_journal_unchained",] - 2 == 1
    buckets = [told["mssweb_acceptance_seconds_bucket", limit] for limit in ("0.005", "0.01", "0.025", "10.0", "+Inf")]
    assert (buckets, told["mssweb_acceptance_seconds_count",]) == ([1, 1, 3, 3, 4], 4)
    for name, about in (
        ("arrivals_oldest_seconds", 90), ("certificate_left_days", 30), ("worker_silence_seconds", 5),
        ("white_list_age_seconds", 0),
    ):  # fmt: skip
        assert about - 20 <= told[f"mssweb_{name}",] <= about + 20, name
    assert 0 < told["mssweb_crl_left_seconds",] <= 7 * 86400  # of a list made as this run began
    assert told["mssweb_probe_seconds", "in"] == pytest.approx(3)


def test_what_waits_for_a_domain_that_is_left_alone_is_late_once_it_may_be_tried(scrape, dupont):
    """Nobody is to be called at night because one operator of hundreds is down."""
    now = timezone.now()
    sending = Submission.objects.create(mailbox=dupont, submitted_at=now, size=1)
    for domain, hours in (("down.example", 3), ("up.example", 1)):
        at = now - timedelta(hours=hours)
        Recipient.objects.create(mailbox=dupont, submission=sending, address="x", domain=domain, not_before=at)
    given = {"domain": "down.example", "since": now, "failures": 9, "reply_code": 451}
    late = []
    for minutes in (10, -70):
        Peer.objects.all().delete()
        Peer.objects.create(not_before=now + timedelta(minutes=minutes), **given)
        late.append(samples(scrape())["mssweb_recipients_overdue_seconds",] // 60)
    assert late == [60, 70]


def test_no_address_no_name_and_no_word_is_in_it(scrape, dupont, claire, trust):
    Arrival.objects.create(
        mailbox=dupont, size=1, box=b"", arrived_at=timezone.now(), due_at=timezone.now(), mail_from="dr@a.example"
    )
    told = scrape().text
    assert "@" not in told and "dupont" not in told.lower() and ".example" not in told


def test_a_scrape_is_two_statements_whatever_is_kept(scrape, dupont, claire, trust, django_assert_num_queries):
    with django_assert_num_queries(2):
        scrape()
    now = timezone.now()
    act = Submission.objects.create(
        mailbox=dupont,
        message=store.file(dupont, [filing(letter())])[0],
        author=claire,
        mail_from="",
        submitted_at=now,
        size=1,
    )
    Recipient.objects.bulk_create(
        Recipient(
            mailbox=dupont, submission=act, address=f"x{n}@a.example", domain="a.example", not_before=now, state=state
        )
        for n, state in enumerate(["relayed"] * 40 + ["delayed"] * 10)
    )
    with django_assert_num_queries(2):
        told = samples(scrape())
    assert told["mssweb_recipients_waiting", "delayed"] == 10
    assert ("mssweb_recipients_waiting", "relayed") not in told


def test_a_strange_label_breaks_no_line(db):
    tally.taken()
    tally.count("refused", 'a"b\\c\nd')
    tallies.flush()
    families = text_string_to_metric_families(metrics.text(timezone.now()))
    assert [s.labels for f in families for s in f.samples if f.name == "mssweb_refusals"] == [{"code": 'a"b\\c\nd'}]


def test_alerts_name_measures_that_exist(db):
    """deploy/prometheus: a rule on a name that nobody says never wakes anybody."""
    rules = Path("deploy/prometheus/alerts.yml").read_text()
    known = {f"mssweb_{family.name}" for family in metrics.FAMILIES} | {"mssweb_acceptance_seconds_bucket"}
    named = set(re.findall(r"mssweb_\w+", rules))
    assert named <= known and len(named) > 10
    assert rules.count("- alert:") == rules.count("severity:") == rules.count("summary:")
