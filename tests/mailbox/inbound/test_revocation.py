"""Revocation at our door, over real TLS: a revoked operator is refused, one of whom nothing is known comes back later."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.core.management import call_command

from mailbox import crl, revocation, whitelist
from mailbox.certificate import issuers
from mailbox.inbound import receiver as shared
from mailbox.inbound.limits import Limits
from mailbox.inbound.receiver import Receiver
from mailbox.management.commands import smtpd
from mailbox.models import Arrival, RevocationList
from mailbox.trust import policy
from mailbox.trust.certificates import from_der
from mailbox.trust.revocation import Finding, Standing
from tests import peers
from tests.mailbox.test_store import letter
from tests.mailbox.trust.published import responding, says

pytestmark = [pytest.mark.wire, pytest.mark.django_db(transaction=True)]
CN = "mx." + peers.HOSPITAL
DR = f"dr.lemaire@{peers.HOSPITAL}"
LATER = (451, b"4.3.0 Trust data temporarily unavailable, try again later")
NO = (550, b"5.7.1 Certificate is not accepted")


@pytest.fixture(autouse=True)
def _roles(trust, dupont) -> None:
    call_command("grant_roles")


def without_lists() -> None:
    RevocationList.objects.all().delete()
    revocation.forget()


def test_a_revoked_operator_is_refused_and_told_nothing_and_another_one_is_not(trust, dupont):
    trust.revoke(CN)
    with peers.receiver(trust) as running:
        with peers.connect(trust, running.port, trust.hospital) as client:
            assert client.mail(DR) == NO
            assert client.mail("") == NO, "nor a report"
            assert client.rcpt(dupont.address)[0] == 503
        with peers.connect(trust, running.port, trust.ours) as client:
            assert client.sendmail(f"x@{peers.OURS}", [dupont.address], letter()) == {}
        assert "decision=revoked-keyCompromise" in running.log.read_text()
    assert Arrival.objects.count() == 1


@pytest.mark.parametrize(("held", "reason"), [("none", "no-crl"), ("ended", "crl-ended")])
def test_of_whom_nothing_is_known_comes_back_later(trust, held, reason):
    without_lists()
    if held == "ended":
        then = datetime.now(UTC) - timedelta(hours=3)
        crl.load(trust.authority.crl(at=then, lasts=timedelta(hours=1)), url=peers.CRL_URL, now=then)
    with peers.receiver(trust) as running, peers.connect(trust, running.port, trust.hospital) as client:
        assert client.mail(DR) == LATER
        assert client.mail("x@ailleurs.example")[0] == 550, "who would be refused anyway need not come back"
        assert f"decision={reason}" in running.log.read_text()
    if held == "ended":
        with (
            peers.smtpd(trust, CRL_GRACE_HOURS=3) as port,
            peers.connect(trust, port, trust.hospital) as client,
        ):
            assert client.mail(DR)[0] == 250, "within the hours that the operator gives"


@pytest.mark.parametrize("revoked", [False, True])
def test_where_no_list_answers_the_responder_is_asked_once(trust, revoked):
    without_lists()
    with responding(says(trust.authority, trust.certificate(CN), revoked=revoked)) as (url, asked):
        with peers.smtpd(trust, OCSP_URL=url) as port, peers.connect(trust, port, trust.hospital) as client:
            for _ in range(2):
                assert client.mail(DR) == (NO if revoked else (250, b"2.1.0 Sender OK"))
                client.rset()
            assert client.mail("x@ailleurs.example")[0] == 550
        assert len(asked) == 1


def test_who_the_white_list_refuses_or_a_list_answers_for_is_not_asked_of_the_responder(trust):
    with responding(says(trust.authority, trust.certificate(CN))) as (url, asked):
        with peers.smtpd(trust, OCSP_URL=url) as port, peers.connect(trust, port, trust.hospital) as client:
            assert client.mail(DR)[0] == 250, "by the list"
        without_lists()
        with peers.smtpd(trust, OCSP_URL=url) as port, peers.connect(trust, port, trust.unlisted) as client:
            assert client.mail(DR)[0] == 550
        assert asked == []


def receiver(trust, ask) -> tuple[Receiver, object]:
    """Beside no socket: the decision alone, with the lists of now but no list of revocations."""
    made = Receiver(
        pool=None, tls=None, hostname="mx", limits=Limits(), waker=None, list_limit=whitelist.limit(),
        current=whitelist.current(), issuers=issuers(), ask=ask,
    )  # fmt: skip
    return made, from_der(peers.der(trust.certificate(CN)), issuers())


def test_a_responder_that_does_not_answer_holds_neither_the_loop_nor_the_session(trust, monkeypatch):
    monkeypatch.setattr(shared, "_ASKED_SECONDS", 0.05)
    over = threading.Event()
    made, peer = receiver(trust, lambda peer, now: Finding(Standing.GOOD, "ocsp") if over.wait(10) else None)

    async def judged() -> tuple[policy.Verdict, int]:
        task, turns = asyncio.ensure_future(made.judge(peer, DR)), 0
        while not task.done():
            await asyncio.sleep(0.001)
            turns += 1
        over.set()
        return task.result(), turns

    verdict, turns = asyncio.run(judged())
    assert (verdict.reply, verdict.reason) == (policy.LIST_UNAVAILABLE, "no-crl")
    assert turns > 5
    assert asyncio.run(made.judge(peer, DR)).passes, "once it answers"


def test_a_receiver_takes_up_a_new_list_and_keeps_the_last_one_while_the_authority_s_file_is_away(
    trust, settings, tmp_path, caplog
):
    file = tmp_path / "ca.pem"
    file.write_bytes(trust.ca.read_bytes())
    settings.TRUST_CA = str(file)
    following = SimpleNamespace()
    asyncio.run(smtpd._follow_revocation(following))
    known, serial = following.revoked, trust.certificate(CN).serial_number
    key = from_der(peers.der(trust.certificate(CN)), following.issuers).issuer_key
    assert known.finding(key, serial, datetime.now(UTC)).standing is Standing.GOOD
    file.unlink()
    revocation.forget()
    asyncio.run(smtpd._follow_revocation(following))
    assert following.revoked is known and "revocation lists not refreshed: FileNotFoundError" in caplog.text
    file.write_bytes(trust.ca.read_bytes())
    trust.revoke(CN)
    asyncio.run(smtpd._follow_revocation(following))
    assert following.revoked.finding(key, serial, datetime.now(UTC)).standing is Standing.REVOKED


def test_without_the_pinned_authority_in_its_file_nobody_s_certificate_passes(trust, settings, tmp_path, caplog):
    file = tmp_path / "ca.pem"
    file.write_bytes(trust.authority.sibling().ca_pem)
    settings.TRUST_CA = str(file)
    asyncio.run(smtpd._follow_revocation(SimpleNamespace()))
    assert "revocation lists not refreshed: NoAuthority" in caplog.text
    with (
        pytest.raises(RuntimeError, match="TRUST_CA holds no authority of the name TRUST_ISSUER"),
        peers.smtpd(trust, TRUST_ISSUER="CN=autre"),
    ):
        pass


def test_while_the_pinned_authority_is_not_known_nobody_is_refused_for_good(trust):
    made, known = receiver(trust, lambda peer, now: None)
    made.revoked, made.issuers = revocation.current(), ()
    verdict = asyncio.run(made.judge(from_der(peers.der(trust.certificate(CN)), ()), DR))
    assert (verdict.reply, verdict.reason) == (policy.LIST_UNAVAILABLE, "no-authority")
    made.issuers = issuers()
    assert asyncio.run(made.judge(known, DR)).passes
