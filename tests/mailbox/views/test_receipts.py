"""What the reading page asks and tells: receipts, ends of exchanges, errors; and what writing asks for."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from mailbox import blobs
from mailbox.mime.parse import parse
from mailbox.models import Mailbox, Message, Recipient, Submission
from mailbox.outbound import submit as module
from mailbox.outbound.submit import Refused, submit
from mssweb.audit.models import AuditEvent
from tests.mailbox.test_store import letter
from tests.mailbox.views.test_compose import write
from tests.mailbox.views.test_rights import held  # noqa: F401

DR = "f.lemaire@hopital.mssante.example"
PATIENT = "279035121518989@patient.mssante.fr"
ASKS = f"Disposition-Notification-To: {DR}\r\nSubject:".encode()


@pytest.fixture
def asking(file) -> Message:
    return file(raw=letter().replace(b"Subject:", ASKS))


def read(client, message) -> str:
    return client.get(f"/b/{message.mailbox_id}/fil/{message.thread_id}/").content.decode()


def test_who_may_send_is_asked_and_answers_once_for_all(browser, claire, anne, hugo, base, trust, asking):
    pages = {user: browser(user) for user in (claire, anne, hugo)}
    assert ["demande un accusé de lecture" in read(page, asking) for page in pages.values()] == [True, True, False]
    url = f"{base}/message/{asking.pk}/accuse/"
    assert pages[hugo].post(url, {"action": "send"}).status_code == 403
    assert not Submission.objects.exists()
    assert "Accusé de lecture envoyé." in pages[claire].post(url, {"action": "send"}, follow=True).content.decode()
    assert "Un collègue a déjà répondu" in pages[anne].post(url, {"action": "decline"}, follow=True).content.decode()
    assert Submission.objects.count() == 1


def test_the_rule_of_a_mailbox_is_its_managers_and_answers_as_it_is_read(browser, claire, anne, base, trust, asking):
    for user, status in ((claire, 403), (anne, 302)):
        assert browser(user).post(f"{base}/accuses/", {"receipts": "always"}).status_code == status
    assert AuditEvent.objects.filter(action="mailbox.receipts").count() == 1
    assert browser(anne).post(f"{base}/accuses/", {"receipts": "sometimes"}).status_code == 404
    page = read(browser(claire), asking)
    assert "demande un accusé" not in page and "Accusé de lecture envoyé à l’expéditeur" in page
    shown = browser(anne).get(f"{base}/accuses/").content.decode()
    assert re.search(r'value="always"[^>]* checked', shown) and not re.search(r'value="never"[^>]* checked', shown)


def test_another_address_than_the_sender_s_is_named_before_one_consents(browser, claire, file, trust):
    other = file(raw=letter().replace(b"Subject:", ASKS.replace(b"f.lemaire", b"secretariat")))
    assert "à une autre adresse que la sienne : secretariat@" in read(browser(claire), other)


def test_the_end_of_an_exchange_is_told_and_so_is_an_error_of_a_document(browser, claire, file):
    page = read(browser(claire), file(raw=letter().replace(b"Subject:", b"X-MSS-MES: FIN\r\nSubject:")))
    assert "Échange clos" in page and "il n’attend pas de réponse" in page
    page = read(browser(claire), file("[KO Integration systeme !][904] XDM/1.0/DDM+CR", message_id="ko@x"))
    assert "INS ou traits différents de ceux connus (code 904)" in page


def test_an_integration_error_is_told_by_hand_where_there_is_a_document(browser, claire, base, file, trust):
    plain = file(message_id="p@x")
    zip_ = b'Content-Type: application/zip\r\nContent-Disposition: attachment; filename="IHE_XDM.zip"\r\nSubject:'
    document = file("Document", raw=letter("Document").replace(b"Subject:", zip_))
    client = browser(claire)
    assert ["Signaler une erreur" in read(client, m) for m in (plain, document)] == [False, True]
    url = f"{base}/message/{document.pk}/integration/"
    assert "Choisissez l’erreur" in client.post(url, {"code": "999"}, follow=True).content.decode()
    page = client.post(url, {"code": "902"}, follow=True).content.decode()
    assert "Erreur signalée" in page and "signalée à l’expéditeur : Patient inconnu (code 902)" in page


def test_what_reports_said_stands_beside_each_recipient(browser, claire, held):  # noqa: F811
    row, now = held.recipients.get(), timezone.now()
    known = {"settled_at": now, "reported_at": now, "disposition_at": now}
    for state, words in (
        ({"state": "relayed", "reported": "relayed"}, "transmis à un serveur qui ne confirme pas la remise"),
        (
            {"state": "delivered", "disposition": "processed", "error_code": "902"},
            "non intégré par son logiciel : patient inconnu (902)",
        ),
        ({"state": "delivered", "disposition": "deleted", "error_code": ""}, "supprimé par le destinataire"),
        (
            {"state": "failed", "reply_code": 550, "reply_enhanced": "5.1.1", "reply_text": "no"},
            "Cette adresse n’existe pas",
        ),
    ):
        Recipient.objects.filter(pk=row.pk).update(**known, **state)
        assert words in read(browser(claire), held.message), words


def options(page) -> list[str]:
    html = page.content.decode()
    return [name for name in ("notify", "receipt", "last", "expects") if f'name="{name}" value="1" checked' in html]


def test_what_is_asked_for_is_kept_with_the_draft_sent_and_remembered_when_said(author, base, dupont):  # ECO.2.3.1
    page = author.get(f"{base}/nouveau/")
    assert options(page) == []
    saved = write(author, page, to=DR, subject="INR", text="4,8", notify="1", receipt="1")
    assert options(saved) == ["notify", "receipt"]
    write(author, saved, "send", to=DR, subject="INR", text="4,8", notify="1", receipt="1", keep="1", expects="1")
    submission = Submission.objects.get()
    assert submission.notify_success and submission.wants_read
    headers = parse(blobs.read(submission.message.blob, dupont)).headers
    assert headers["disposition-notification-to"] == dupont.address and "x-mss-mes" not in headers
    assert AuditEvent.objects.filter(action="mailbox.options").count() == 1
    page = author.get(f"{base}/nouveau/")
    assert options(page) == ["notify", "receipt"]
    write(author, page, "send", to=DR, subject="Sans", text="accusé")
    later = Submission.objects.latest("submitted_at")
    assert not later.notify_success and not later.wants_read
    assert "Réponse attendue" in read(author, submission.message)
    Mailbox.objects.filter(pk=dupont.pk).update(asks_delivery=False, asks_read=False)
    undone = author.post(f"{base}/envoi/{submission.pk}/annuler/", follow=True)
    assert options(undone) == ["notify", "receipt", "expects"], "taken back as it was"


def listed_patients(trust) -> None:
    from mailbox import whitelist
    from mailbox.management.demo.authority import ListedDomain
    from tests.peers import HOSPITAL

    rows = [*trust.rows(), ListedDomain("patient.mssante.fr", trust.issued[f"mx.{HOSPITAL}"].dn)]
    whitelist.load(trust.document(rows=rows), now=timezone.now())
    whitelist.forget()


def test_an_exchange_is_ended_for_a_patient_alone(author, base, dupont, trust):
    """ECO.2.2.8."""
    listed_patients(trust)
    page = author.get(f"{base}/nouveau/")
    assert "data-patient" in write(author, page, to=PATIENT, last="1").content.decode()
    for to, told in ((DR, None), (PATIENT, "FIN")):
        write(author, author.get(f"{base}/nouveau/"), "send", to=to, subject="INR", text="4,8", last="1")
        message = Submission.objects.latest("submitted_at").message
        assert parse(blobs.read(message.blob, dupont)).headers.get("x-mss-mes") == told
        assert ("Le patient ne peut pas répondre" in read(author, message)) is bool(told)


def test_more_than_mon_espace_sante_takes_is_refused_before_it_leaves(dupont, claire, trust, monkeypatch):
    assert module.PATIENT_BYTES == 25_000_000
    monkeypatch.setattr(module, "PATIENT_BYTES", 2_000)
    listed_patients(trust)
    now, raw = timezone.now(), letter(body="x" * 2_000)
    given = {
        "mailbox": dupont,
        "author": claire,
        "thread_id": None,
        "now": now,
        "not_before": now + timedelta(minutes=1),
    }
    with pytest.raises(Refused) as refused:
        submit(letter=raw, recipients=[PATIENT], **given)
    assert "25 Mo" in refused.value.reasons[""]
    assert submit(letter=raw, recipients=[DR], **given).size > 2_000
