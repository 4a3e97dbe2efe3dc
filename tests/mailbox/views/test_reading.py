"""What is asked of one message beside its body."""

import re

from mailbox import blobs, senders
from mailbox.mime.headers import in_order
from mailbox.models import BlockedSender, Draft, Recipient, Seen
from mssweb.audit.models import AuditEvent
from tests.mailbox.views.test_bodies import HEAD, rich


def body(client, base, message) -> str:
    return client.get(f"{base}/message/{message.pk}/corps/").content.decode()


def test_an_address_in_a_body_leads_to_our_composer_by_its_number(browser, claire, hugo, base, file, trust):
    raw = rich(
        b'<a href="mailto:dr.petit@hopital.mssante.example?subject=x">Dr Petit</a> <a href="mailto:b@b.fr">b</a>'
    )
    message, client = file(raw=raw), browser(claire)
    urls = re.findall(rf'href="({base}/message/{message.pk}/ecrire/\d/)"', body(client, base, message))
    assert len(urls) == 2
    page = client.get(urls[0]).content.decode()
    assert ">dr.petit@hopital.mssante.example</textarea>" in page
    assert not Draft.objects.exists()
    for wrong in ("2", "x", "-1", "99999999"):
        assert client.get(f"{base}/message/{message.pk}/ecrire/{wrong}/").status_code == 404
    assert "href" not in body(browser(hugo), base, message), "who may not write is led nowhere"
    assert browser(hugo).get(urls[0]).status_code == 403


def test_what_is_quoted_is_folded_without_a_script_and_a_forward_is_not(browser, claire, base, file):
    client = browser(claire)
    words = b"\r\nMerci.\r\n\r\nLe 3 mars, Dr A a =?x?=\r\n\r\nLe 3 mars 2026, Dr A a \xc3\xa9crit :\r\n> ANCIEN\r\n"
    for subject, folds in ((b"Re: INR", 1), (b"TR: INR", 0), (b"XDM/1.0/DDM+Fwd: INR", 0)):
        raw = HEAD.replace(b"Subject: x", b"Subject: " + subject).replace(b"<h@x>", b"<" + subject[:3] + b"@x>") + words
        assert body(client, base, file(raw=raw)).count("<details") == folds, subject


INS = b"279035121518989@patient.mssante.fr"
STRANGE = (
    b"Received: from x\r\n\tby y; now\r\nSubject: =?utf-8?q?Bilan_d=27=C3=A9t=C3=A9?=\r\nTo: <"
    + INS
    + b">\r\nnot a field\r\n"
    b"X-<script>: <img src=x onerror=alert(1)>\r\nMessage-ID: <s@x>\r\n\r\n<script>alert(1)</script> "
    + INS
    + b"\r\n\xe9\0\n"
)


def content(answer) -> bytes:
    return b"".join(answer.streaming_content)


def test_header_source_and_file_are_inert_whole_and_told(browser, claire, base, file):
    message, client = file(raw=STRANGE), browser(claire)
    url = f"{base}/message/{message.pk}"
    page = client.get(f"{url}/en-tetes/").content.decode()
    assert "from x by y; now" in page and "Bilan d&#x27;été" in page and "not a field" in page
    assert "279035121518989" not in page and "•••@patient.mssante.fr" in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page and "<img src=x" not in page
    source = client.get(f"{url}/source/")
    shown = content(source).decode()
    assert source["Content-Type"] == "text/plain; charset=utf-8" and source["X-Content-Type-Options"] == "nosniff"
    assert source["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert "<script>alert(1)</script>" in shown and "279035121518989" not in shown and "é" in shown
    eml = client.get(f"{url}/telecharger/")
    assert content(eml) == STRANGE
    assert eml["Content-Disposition"] == f'attachment; filename="message-{message.pk}.eml"'
    told = AuditEvent.objects.filter(subject_id=str(message.pk)).exclude(action="message.open")
    assert [event.action for event in told.order_by("at")] == ["message.header", "message.source", "message.download"]
    assert Seen.objects.get(message=message, membership__user=claire).opened_at
    assert AuditEvent.objects.filter(action="message.open").count() == 1


def test_a_source_that_is_long_is_shown_in_part_and_its_file_is_whole(browser, claire, base, file):
    raw = HEAD + b"\r\n" + b"0123456789abcdef 279035121518989@patient.mssante.fr\r\n" * 45_000
    message, client = file(raw=raw), browser(claire)
    shown = content(client.get(f"{base}/message/{message.pk}/source/")).decode()
    assert shown.endswith("téléchargez le message.]\n") and len(shown) < 2_000_000
    assert "279035121518989" not in shown
    assert content(client.get(f"{base}/message/{message.pk}/telecharger/")) == raw


def test_fields_are_bounded_and_in_their_order():
    assert in_order(b"A: 1\nB: 2\n  3\nA: 4\n\nC: 5", most=9, longest=9) == [(b"A", b"1"), (b"B", b"2 3"), (b"A", b"4")]
    assert len(in_order(b"A: 1\r\n" * 900, most=5, longest=9)) == 5
    assert in_order(b"A:" + b" x" * 900, most=5, longest=9) == [(b"A", b"x x x x x")]
    assert in_order(b"", most=5, longest=9) == []


def test_a_thread_is_put_among_the_undesired_and_back(browser, claire, base, file):
    message, client = file(), browser(claire)
    assert 'value="spam"' in client.get(f"{base}/fil/{message.thread_id}/?d=inbox").content.decode()
    client.post(f"{base}/inbox/action/", {"action": "spam", "thread": message.thread_id})
    message.refresh_from_db()
    assert message.folder.role == "spam" and AuditEvent.objects.filter(action="thread.spam").exists()
    assert "Ce n’est pas un indésirable" in client.get(f"{base}/fil/{message.thread_id}/?d=spam").content.decode()
    client.post(f"{base}/spam/action/", {"action": "restore", "thread": message.thread_id})
    message.refresh_from_db()
    assert message.folder.role == "inbox"


def test_a_sender_of_ordinary_mail_is_blocked_and_one_of_the_trust_space_is_not(
    browser, claire, hugo, base, trust, dupont
):
    client, page = browser(claire), f"{base}/bloques/"
    assert "Aucun courrier ordinaire ne peut y entrer aujourd’hui" in client.get(page).content.decode()
    for wrong in ("dr@hopital.mssante.example", dupont.address, INS.decode(), "x", "a b@c.fr"):
        assert client.post(page, {"address": wrong}).status_code == 422, wrong
    assert client.post(page, {"address": "Promo@Vendeur.Example"}).status_code == 302
    [row] = BlockedSender.objects.all()
    assert b"vendeur" not in bytes(row.box).lower()
    assert "promo@vendeur.example" in client.get(page).content.decode()
    assert "promo@vendeur.example" in browser(hugo).get(page).content.decode()
    assert browser(hugo).post(page, {"row": row.pk}).status_code == 403
    assert senders.is_blocked(dupont, "promo@vendeur.example") and not senders.is_blocked(
        dupont, "autre@vendeur.example"
    )
    client.post(page, {"row": row.pk})
    assert not BlockedSender.objects.exists() and not senders.is_blocked(dupont, "promo@vendeur.example")
    told = AuditEvent.objects.filter(action__startswith="sender.").order_by("at")
    assert [(event.action, event.facts) for event in told] == [("sender.block", {}), ("sender.unblock", {})]


def test_the_support_is_told_which_message_and_never_a_word_of_it(
    browser, claire, hugo, base, file, trust, dupont, settings
):
    message, client = file("Biopsie de Mme VIAL", body="motcanari"), browser(claire)
    url = f"{base}/message/{message.pk}/signaler/"
    assert client.get(url).status_code == client.post(url, {"reason": "file"}).status_code == 404
    assert "/signaler/" not in client.get(f"{base}/fil/{message.thread_id}/").content.decode()
    settings.SUPPORT_ADDRESS = "support@hopital.mssante.example"
    assert "/signaler/" in client.get(f"{base}/fil/{message.thread_id}/").content.decode()
    assert client.post(url, {"reason": "autre"}).status_code == 422
    assert browser(hugo).post(url, {"reason": "file"}).status_code == 403
    client.post(url, {"reason": "file"})
    sent = Recipient.objects.select_related("submission__blob").get()
    assert (sent.address, sent.submission.mail_from) == ("support@hopital.mssante.example", "")
    raw = blobs.read(sent.submission.blob, dupont).decode()
    assert str(message.pk) in raw and str(message.thread_id) in raw
    for word in ("Biopsie", "VIAL", "motcanari", "lemaire", "Lemaire"):
        assert word not in raw
    assert AuditEvent.objects.get(action="problem.report").facts == {"reason": "file"}
    settings.SUPPORT_ADDRESS = "support@ailleurs.example"
    client.post(url, {"reason": "file"})
    assert Recipient.objects.count() == 1
