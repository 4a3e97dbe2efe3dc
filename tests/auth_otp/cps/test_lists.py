"""The list of revoked cards: asked for when due, verified, kept until it ends, and searched."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from auth_otp import tasks
from auth_otp.cps import authority as authorities
from auth_otp.cps import lists
from auth_otp.models import CardList
from mailbox.management.demo.cards import CardAuthority
from mailbox.watching import metrics
from mssweb.audit.models import AuditEvent
from mssweb.exchange import Answer, NoAnswer
from mssweb.revoked import RevocationError
from tests.auth_otp.cps.conftest import CRL_URL


@pytest.fixture
def publisher(monkeypatch):
    """What it answers next; how often it was asked."""
    asked: list[str] = []

    def ask(method, url, headers, *, seconds, most):
        asked.append(url)
        answer = publisher.answer
        if isinstance(answer, Exception):
            raise answer
        return answer

    def publisher() -> int:
        return len(asked)

    publisher.answer = NoAnswer("too-slow")
    monkeypatch.setattr(lists, "ask", ask)
    return publisher


def standing(authority, card, at: datetime) -> bool | None:
    lists.forget()
    return lists.is_listed(authorities.issuer_key_of(card.certificate), card.certificate.serial_number, at)


def test_a_list_is_asked_for_when_due_and_by_one_at_a_time(authority, publisher, db):
    now = authority.now
    publisher.answer = Answer(200, authority.crl([stolen := authority.issue()]))
    assert (lists.refresh(now=now), lists.refresh(now=now), publisher()) == (1, 0, 1)
    assert (standing(authority, stolen, now), standing(authority, authority.issue(), now)) == (True, False)
    row = CardList.objects.get()
    assert (row.revoked_count, row.outcome) == (1, "taken") and row.next_try_at > now + timedelta(minutes=50)


def test_while_it_fails_it_is_asked_ever_more_seldom_and_the_last_good_one_serves_until_it_ends(
    authority, publisher, db, caplog
):
    now, good, stolen = authority.now, authority.issue(), authority.issue()
    lists.load(authority.crl([stolen]), url=CRL_URL, now=now)
    waits = []
    for answer in (NoAnswer("too-slow"), Answer(403, b""), Answer(200, b"?"), Answer(200, CardAuthority().crl())):
        publisher.answer = answer
        CardList.objects.update(next_try_at=now)
        assert lists.refresh(now=now) == 0
        waits.append(CardList.objects.get().next_try_at - now)
    assert waits == sorted(waits) or waits[1] > waits[0]
    assert CardList.objects.get().failures == 4 and standing(authority, good, now) is False
    after = now + timedelta(days=8)
    assert standing(authority, good, after) is None and standing(authority, stolen, after) is True


def test_attack_an_older_or_forged_list_changes_nothing(authority, db):
    now, stolen = authority.now, authority.issue()
    lists.load(authority.crl([stolen], number=5), url=CRL_URL, now=now)
    older = authority.crl(number=4)
    ended = authority.crl(number=6, at=now - timedelta(days=9), lasts=timedelta(days=1))
    for der, reason in ((older, "older"), (CardAuthority().crl(number=9), "signature"), (ended, "ended")):
        with pytest.raises(RevocationError, match=reason):
            lists.load(der, url=CRL_URL, now=now)
    assert standing(authority, stolen, now) is True
    assert AuditEvent.objects.filter(action="card.list", result="error").count() == 3


def test_a_row_is_not_believed(authority, db, caplog):
    lists.load(authority.crl(), url=CRL_URL, now=authority.now)
    CardList.objects.update(der=CardAuthority().crl(), sha256="0" * 64)
    assert standing(authority, authority.issue(), authority.now) is None


def test_by_hand_too(authority, publisher, db, tmp_path, settings):
    file, told = tmp_path / "list.crl", StringIO()
    file.write_bytes(CardAuthority().crl())
    with pytest.raises(CommandError, match="signature"):
        call_command("load_card_list", str(file))
    file.write_bytes(authority.crl([authority.issue()]))
    call_command("load_card_list", str(file), stdout=told)
    assert told.getvalue().startswith("1 revoked cards, in force until ")
    with pytest.raises(CommandError, match="too-slow"):
        call_command("load_card_list")
    publisher.answer = Answer(200, authority.crl(number=2))
    call_command("load_card_list", stdout=told)
    assert [row.url for row in CardList.objects.all()] == [CRL_URL], "what was taken by hand is published now"


def test_where_no_card_opens_nobody_is_asked(publisher, db, settings, django_assert_num_queries):
    settings.CPS_URL = ""
    with django_assert_num_queries(0):
        tasks.follow_cards()
    assert publisher() == 0


def test_the_sweep_asks(authority, publisher, db):
    publisher.answer = Answer(200, authority.crl(at=datetime.now(UTC)))
    tasks.follow_cards()
    assert CardList.objects.get().outcome == "taken"


def test_whoever_watches_sees_its_end_come(authority, db):
    now = authority.now
    assert "\nmssweb_card_list_left_seconds " not in metrics.text(now)
    lists.load(authority.crl(lasts=timedelta(hours=3)), url=CRL_URL, now=now)
    [left] = [line for line in metrics.text(now).splitlines() if line.startswith("mssweb_card_list_left_seconds ")]
    assert 3 * 3600 - 2 <= float(left.split()[1]) <= 3 * 3600
