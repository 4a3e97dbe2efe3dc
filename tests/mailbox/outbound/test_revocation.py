"""Revocation of the host we send to, over real TLS: nothing leaves to a revoked one, nor while nothing is known of it."""

import pytest
from django.utils import timezone

from mailbox import crl, revocation
from mailbox.models import Message, Recipient, RevocationList
from mailbox.outbound import worker
from mailbox.summary import open_summary
from tests import peers
from tests.mailbox.outbound.conftest import DR, states
from tests.mailbox.trust.published import responding, says

pytestmark = [pytest.mark.wire, pytest.mark.django_db(transaction=True)]
CN = "mx." + peers.HOSPITAL


def without_lists() -> None:
    RevocationList.objects.all().delete()
    revocation.forget()


def reply(submission) -> tuple[str, int, str]:
    row = submission.recipients.get()
    return row.state, row.reply_code, row.reply_enhanced


def test_nothing_of_a_message_leaves_to_a_revoked_host_and_its_sender_is_told(trust, hospital, send, dupont, caplog):
    trust.revoke(CN)
    submission = send(DR)
    with caplog.at_level("INFO"):
        worker.send_due(timezone.now())
    assert reply(submission) == ("failed", 550, "5.7.1")
    assert hospital.received == [] and hospital.connections == 1, "one EHLO, before TLS"
    assert f"domain={peers.HOSPITAL} decision=revoked-keyCompromise" in caplog.text
    told = open_summary(Message.objects.get(mailbox=dupont, folder__role="inbox"), dupont.keys)
    assert "certificat de son serveur a été révoqué" in told.snippet


def test_while_nothing_is_known_of_a_host_a_message_waits_and_leaves_once_a_list_is_there(
    trust, hospital, send, settings
):
    without_lists()
    submission = send(DR)
    worker.send_due(timezone.now())
    assert reply(submission) == ("delayed", 451, "4.3.0")
    assert hospital.received == []
    crl.load(trust.authority.crl(), url=peers.CRL_URL, now=timezone.now())
    Recipient.objects.update(not_before=timezone.now())
    worker.send_due(timezone.now())
    assert states(submission) == {DR: "relayed"}


def test_a_host_that_is_revoked_receives_nothing_more_even_over_a_kept_connection(trust, hospital, send):
    send(DR)
    worker.send_due(timezone.now())
    trust.revoke(CN)
    second = send(DR)
    worker.send_due(timezone.now())
    assert (len(hospital.received), states(second)) == (1, {DR: "failed"})


@pytest.mark.parametrize(("revoked", "state"), [(False, "relayed"), (True, "failed")])
def test_where_no_list_answers_the_responder_does(trust, hospital, send, settings, revoked, state):
    without_lists()
    with responding(says(trust.authority, trust.certificate(CN), revoked=revoked)) as (settings.OCSP_URL, asked):
        submission = send(DR)
        worker.send_due(timezone.now())
        assert (reply(submission)[0], len(asked)) == (state, 1), reply(submission)


def test_while_the_authority_s_file_is_away_a_message_waits(trust, hospital, send, settings, tmp_path):
    submission = send(DR)
    settings.TRUST_CA = str(tmp_path / "none.pem")
    worker.send_due(timezone.now())
    assert (states(submission), hospital.received) == ({DR: "delayed"}, [])
