"""What a peer said is written, whatever it was and whatever stands in the way of telling it."""

import os
import smtplib
from pathlib import Path

import pytest
from django.utils import timezone

from mailbox.models import Message, Recipient
from mailbox.outbound import failure, hosts, transport, worker
from mailbox.outbound.transport import UNREACHABLE, Connection, _reply
from mailbox.reply import Permanent, Reply, Temporary
from mailbox.trust import policy
from tests import peers
from tests.mailbox.outbound.conftest import DR, states

pytestmark = [pytest.mark.wire, pytest.mark.django_db(transaction=True)]
OTHER = f"autre@{peers.HOSPITAL}"
AWAY = "dr@perime.mssante.example"


@pytest.mark.parametrize("said", ["5.1.² no", "5.١.1 no", "5.1.1.1 no", "9.1.1 no"])
def test_a_code_that_is_none_is_words_and_holds_nothing(hospital, send, said):
    assert _reply(550, said) == Reply(550, "", said)
    hospital.say[f"RCPT {DR}"] = f"550 {said}"
    submission = send(DR, OTHER)
    worker.send_due(timezone.now())
    assert states(submission) == {DR: "failed", OTHER: "relayed"}


def test_a_report_that_cannot_be_stored_takes_back_no_success_and_the_refused_is_tried_again(
    hospital, send, dupont, monkeypatch
):
    def away(*args: object, **how: object) -> None:
        raise Temporary

    hospital.say[f"RCPT {DR}"] = "550 5.1.1 unknown"
    submission = send(DR, OTHER)
    monkeypatch.setattr(failure.store, "file", away)
    worker.send_due(timezone.now())
    assert states(submission) == {DR: "delayed", OTHER: "relayed"}, "told to nobody, so not failed yet"
    monkeypatch.undo()
    Recipient.objects.filter(state="delayed").update(not_before=timezone.now())
    worker.send_due(timezone.now())
    assert states(submission) == {DR: "failed", OTHER: "relayed"}
    assert len(hospital.received) == 1, "nothing is sent twice after a known success"
    assert Message.objects.filter(mailbox=dupont, folder__role="inbox").count() == 1


def test_what_one_host_refuses_is_not_final_while_another_may_answer_later(monkeypatch):
    answers = iter([Temporary(UNREACHABLE), Permanent(policy.PEER_NAME_NOT_LISTED)])

    def opened(*_: object) -> None:
        raise next(answers)

    monkeypatch.setattr(transport, "hosts_of", lambda domain: [("mx1", 25), ("mx2", 25)])
    monkeypatch.setattr(Connection, "_open", opened)
    with pytest.raises(Temporary) as told:
        Connection(peers.HOSPITAL)
    assert told.value.reply == UNREACHABLE


def test_a_refusal_stands_when_the_host_hangs_up_after_it_and_the_next_letter_opens_anew(hospital, send, monkeypatch):
    def hung_up(self: smtplib.SMTP) -> None:
        raise smtplib.SMTPServerDisconnected

    hospital.say[f"RCPT {DR}"] = "550 5.1.1 unknown"
    refused, other = send(DR), send(OTHER)
    with monkeypatch.context() as once:
        once.setattr(smtplib.SMTP, "rset", hung_up)
        worker.send_due(timezone.now())
    assert [*states(refused).values(), *states(other).values()] == ["failed", "relayed"]


def test_a_domain_that_no_host_answers_for_is_asked_once_in_a_run(hospital, send, settings, monkeypatch):
    asked: list[str] = []
    known = hosts.hosts_of
    monkeypatch.setattr(transport, "hosts_of", lambda domain: asked.append(domain) or known(domain))
    settings.ROUTES = f"{settings.ROUTES.split()[0]} perime.mssante.example=127.0.0.1:{peers.free_port()}"
    waiting, leaving = [send(AWAY) for _ in range(3)], send(DR)
    worker.send_due(timezone.now())
    assert asked.count("perime.mssante.example") == 1
    assert {state for one in waiting for state in states(one).values()} == {"delayed"}
    rows = Recipient.objects.filter(domain="perime.mssante.example").order_by("attempts")
    assert [*rows.values_list("attempts", "reply_enhanced")] == [(0, "4.4.1"), (0, "4.4.1"), (1, "4.4.1")]
    assert states(leaving) == {DR: "relayed"}


def test_the_address_of_a_patient_that_a_peer_echoes_is_masked():
    said = _reply(550, b"5.1.1 <279035121518989@patient.mssante.fr>: unknown")
    assert said.text == "<\u2022\u2022\u2022@patient.mssante.fr>: unknown"


def test_a_renewed_certificate_is_taken_up_and_one_that_does_not_fit_leaves_the_last(trust, settings, tmp_path, caplog):
    files = {"TLS_CERTIFICATE": tmp_path / "mx.pem", "TLS_KEY": tmp_path / "mx.key"}
    for name, path in files.items():
        path.write_bytes(Path(getattr(settings, name)).read_bytes())
        setattr(settings, name, str(path))
    first = transport._ours.serving()
    assert transport._ours.serving() is first
    replace(files["TLS_CERTIFICATE"], trust.hospital.certificate)
    assert transport._ours.serving() is first, "not the one of this key"
    assert "the last good one serves" in caplog.text
    replace(files["TLS_KEY"], trust.hospital.key)
    assert transport._ours.serving() is not first


def replace(path: Path, by: str) -> None:
    path.write_bytes(Path(by).read_bytes())
    later = path.stat().st_mtime_ns + 10_000_000
    os.utime(path, ns=(later, later))
