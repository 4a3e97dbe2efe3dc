"""Lists of revocations over HTTP: one asker at a time, ever more seldom while it fails, the last good one kept."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings as configured
from django.core.management import CommandError, call_command
from django.db import connection

from mailbox import crl, revocation, tasks
from mailbox.management.demo.authority import Authority
from mailbox.models import RevocationList
from mailbox.trust.revocation import Standing
from mssweb.audit.models import AuditEvent
from mssweb.revoked import RevocationError
from tests import peers
from tests.mailbox.trust.published import Published, publishing

pytestmark = [pytest.mark.wire, pytest.mark.django_db]
NOW = datetime.now(UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def published(trust, settings) -> Iterator[Published]:
    """The authority's address; nothing was ever asked of it."""
    RevocationList.objects.all().delete()
    revocation.forget()
    with publishing() as here:
        settings.CRL_URLS = [here.url]
        yield here


def row() -> RevocationList:
    return RevocationList.objects.get()


def standing(trust) -> Standing:
    """Of the hospital's certificate, by what a process would hold."""
    revocation.forget()
    return revocation.of_certificate(trust.certificate("mx." + peers.HOSPITAL), NOW).standing


def test_a_list_comes_in_force_once_it_is_published_and_is_asked_again_within_the_hour(trust, published):
    assert standing(trust) is Standing.UNKNOWN
    published.file(trust.authority.crl())
    assert crl.refresh(now=NOW) == 1
    assert standing(trust) is Standing.GOOD
    assert (row().number, row().outcome, row().failures, row().revoked_count) == ("1", "taken", 0, 0)
    assert crl.refresh(now=NOW + 5 * MINUTE) == 0 and published.asked == 1, "not before it is due"
    published.file(trust.authority.crl([trust.issued["mx." + peers.HOSPITAL].certificate], number=2))
    assert crl.refresh(now=NOW + HOUR) == 1
    assert standing(trust) is Standing.REVOKED
    told = AuditEvent.objects.filter(action="crl.load").order_by("at").last()
    assert (told.result, told.facts["number"], told.facts["revoked"]) == ("ok", "2", 1)


def test_the_same_list_again_is_a_success_that_the_journal_does_not_repeat(trust, published):
    published.file(trust.authority.crl())
    for hours in range(3):
        assert crl.refresh(now=NOW + hours * HOUR) == 1
    assert row().outcome == "same"
    assert AuditEvent.objects.filter(action="crl.load", subject_id=row().pk).count() == 1


def test_a_list_that_soon_ends_is_asked_for_sooner(trust, published):
    published.file(trust.authority.crl(at=NOW, lasts=30 * MINUTE))
    crl.refresh(now=NOW)
    assert NOW + 5 * MINUTE < row().next_try_at <= NOW + 15 * MINUTE


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("older", "older"),
        ("another key", "signature"),
        ("another issuer", "other-issuer"),
        ("ended", "ended"),
        ("a page", "unreadable"),
        ("cut", "unreadable"),
        ("403", "status-403"),
        ("moved", "status-302"),
        ("slow", "too-slow"),
        ("endless", "too-large"),
        ("nobody", "broken"),
    ],
)
def test_whatever_else_is_published_leaves_the_last_good_list(trust, published, monkeypatch, settings, what, told):
    good, authority = trust.authority.crl(number=5), trust.authority
    published.file(good)
    crl.refresh(now=NOW)
    match what:
        case "older":
            published.file(authority.crl(number=4, at=NOW))
        case "another key":
            published.file(Authority().crl(number=6))
        case "another issuer":
            published.file(authority.sibling().crl(number=6))
        case "ended":
            published.file(authority.crl(number=6, at=NOW, lasts=MINUTE))
        case "a page":
            published.file(b"<html>Maintenance</html>")
        case "cut":
            published.file(authority.crl(number=6)[:-9])
        case "403":
            published.status(403)
        case "moved":
            published.status(302, Location=published.url + "2")
        case "slow":
            monkeypatch.setattr(crl, "_SECONDS", 0.2)
            published.drips()
        case "endless":
            monkeypatch.setattr(crl, "MAX_BYTES", 100_000)
            published.drips(b"\x30" * 60_000)
        case "nobody":
            published.over.set()
            RevocationList.objects.update(url="http://127.0.0.1:9/x.crl")
            settings.CRL_URLS = ["http://127.0.0.1:9/x.crl"]
    assert crl.refresh(now=NOW + HOUR) == 0
    assert (bytes(row().der), row().number, row().failures, row().outcome) == (good, "5", 1, told)
    assert standing(trust) is Standing.GOOD
    refused = AuditEvent.objects.filter(action="crl.load", result="error")
    documents = {"older", "signature", "other-issuer", "ended", "unreadable"}
    assert [event.facts["reason"] for event in refused] == [told] * (told in documents)


@pytest.mark.parametrize(("status", "first"), [(500, MINUTE), (403, 15 * MINUTE), (429, 15 * MINUTE)])
def test_what_fails_is_asked_ever_more_seldom_and_never_more_seldom_than_every_two_hours(published, status, first):
    published.status(status)
    now = NOW
    for failures in range(1, 12):
        crl.refresh(now=now)
        wait = row().next_try_at - now
        longest = min(first * 2 ** (failures - 1), 2 * HOUR)
        assert 0.8 * longest <= wait <= longest
        assert (row().failures, published.asked) == (failures, failures)
        assert crl.refresh(now=row().next_try_at - SECOND) == 0 and published.asked == failures
        now = row().next_try_at


def test_a_publisher_that_says_when_is_heard_within_two_hours(published):
    published.status(503, Retry_After="1800")
    crl.refresh(now=NOW)
    assert row().next_try_at == NOW + 30 * MINUTE
    published.status(503, Retry_After="999999999999")
    crl.refresh(now=row().next_try_at)
    assert row().next_try_at <= NOW + 30 * MINUTE + 2 * HOUR


def test_whoever_comes_while_it_is_asked_asks_nothing_and_a_killed_asker_is_another_s_in_five_minutes(
    trust, published, monkeypatch
):
    asked = []

    def killed(*args: object, **how: object) -> None:
        asked.append(crl.refresh(now=NOW))  # another worker, meanwhile
        raise SystemExit

    monkeypatch.setattr(crl, "ask", killed)
    with pytest.raises(SystemExit):
        crl.refresh(now=NOW)
    monkeypatch.undo()
    assert (asked, published.asked) == ([0], 0)
    published.file(trust.authority.crl())
    assert crl.refresh(now=NOW + 4 * MINUTE) == 0
    assert crl.refresh(now=NOW + 5 * MINUTE) == 1


def test_an_older_list_is_refused_wherever_it_comes_from_and_what_is_asked_no_more_goes(trust, published, settings):
    published.file(trust.authority.crl(number=5))
    crl.refresh(now=NOW)
    with pytest.raises(RevocationError, match="older"):
        crl.load(trust.authority.crl(number=4), url="http://elsewhere.example/x.crl", now=NOW)
    settings.CRL_URLS = [f"{published.url}?2"]
    published.status(500)
    crl.refresh(now=NOW)
    assert standing(trust) is Standing.GOOD, "what the former address published serves until the new one does"
    published.file(trust.authority.crl(number=6))
    crl.refresh(now=NOW + HOUR)
    assert row().url == settings.CRL_URLS[0]


def test_a_row_is_not_trusted_what_decides_is_the_signed_list(trust, published):
    published.file(trust.authority.crl())
    crl.refresh(now=NOW)
    forged = Authority().crl(number=9)
    RevocationList.objects.update(der=forged, sha256="0" * 64, number="9")
    assert standing(trust) is Standing.UNKNOWN
    crl.refresh(now=NOW + HOUR)
    assert (standing(trust), row().number) == (Standing.GOOD, "1"), "and keeps no good one out"


def test_beat_asks_often_and_without_a_list_that_is_due_nothing_happens(trust, published):
    published.file(trust.authority.crl())
    beat = configured.CELERY_BEAT_SCHEDULE["revocation"]
    assert (beat["task"], beat["schedule"]) == (tasks.refresh_revocation_lists.name, 15.0)
    assert [tasks.refresh_revocation_lists() for _ in range(3)] == [1, 0, 0]
    assert published.asked == 1


def test_a_person_loads_a_list_by_hand_or_has_it_asked_for_now(trust, published, tmp_path, capsys):
    file = tmp_path / "x.crl"
    file.write_bytes(trust.authority.crl(number=3))
    call_command("load_crl", str(file))
    assert standing(trust) is Standing.GOOD
    file.write_bytes(trust.authority.crl(number=2))
    with pytest.raises(CommandError, match="older"):
        call_command("load_crl", str(file))
    published.status(500)
    with pytest.raises(CommandError, match="status-500"):
        call_command("load_crl")
    published.file(trust.authority.crl(number=4))
    call_command("load_crl")
    assert "1 of 1" in capsys.readouterr().out
    assert row().number == "4"


def test_the_receiver_reads_lists_and_writes_none(trust):
    call_command("grant_roles")
    with connection.cursor() as cursor:
        cursor.execute("SELECT privilege_type FROM information_schema.role_table_grants"
                       " WHERE grantee = 'mssweb_smtpd' AND table_name = 'mailbox_revocationlist'")  # fmt: skip
        assert cursor.fetchall() == [("SELECT",)]
