"""What the sender is told: the cause that was, in French, the peer's own words, and a way on that exists."""

import pytest
from django.utils import timezone

from mailbox import blobs
from mailbox.mime.parse import parse
from mailbox.models import Message
from mailbox.outbound import worker
from mailbox.outbound.failure import explain
from mailbox.reply import Reply
from mailbox.trust import policy
from tests.mailbox.outbound.conftest import DR


@pytest.fixture
def told(hospital, send, dupont):
    """The text of the report on a letter that the peer answered so."""

    def after(said: str, verb: str = "DATA") -> str:
        hospital.say[verb] = said
        send(DR)
        worker.send_due(timezone.now())
        report = Message.objects.filter(mailbox=dupont, folder__role="inbox").latest("filed_at")
        return " ".join(parse(blobs.read(report.blob, dupont)).text.split())

    return after


def test_a_refusal_by_the_peer_s_policy_is_told_as_such_with_its_words(told):
    text = told("550 5.7.1 Message refused by the demonstration")
    assert "le serveur du correspondant a refusé ce message" in text
    assert "« 550 5.7.1 Message refused by the demonstration »" in text
    for cause in ("certificat", "domaine", "adresse"):
        assert cause not in text


def test_the_way_on_is_the_button_of_the_message_and_an_address_is_corrected_only_when_it_is_at_fault(told):
    assert "« Réessayer »" in told("550 5.7.1 no")
    assert "Si l’adresse est fausse, transférez-le" in told("550 5.1.1 unknown", verb="RCPT")


def test_a_peer_s_endless_answer_is_cut(told):
    text = told("554 5.7.1 " + "mot " * 100)
    assert "… »" in text
    assert text.count("mot ") < 60


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (policy.PEER_NOT_LISTED, "liste blanche"),
        (policy.PEER_NAME_NOT_LISTED, "certificat"),
        (policy.PEER_NO_TLS, "sécurité exigée"),
        (policy.OUR_LIST_UNAVAILABLE, "notre liste blanche n’est plus à jour"),
        (policy.LIST_UNAVAILABLE, "momentanément indisponible"),
        (policy.NAME_NOT_LISTED, "n’a pas reconnu notre domaine ou notre certificat"),
        (Reply(550, "5.7.10", "The receiving host offers no TLS"), "sécurité exigée"),
        (Reply(550, "5.7.26", "DMARC"), "a refusé ce message"),
        (Reply(550, "", "No"), "a refusé ce message"),
        (Reply(451, "4.7.1", "Greylisted"), "momentanément indisponible"),
        (Reply(451, "4.7.5", "TLS with the receiving host failed"), "connexion sécurisée"),
    ],
)
def test_each_reply_has_its_own_cause(reply, words):
    assert words in explain(reply)
