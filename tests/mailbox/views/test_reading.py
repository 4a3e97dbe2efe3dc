"""What is asked of one message beside its body."""

import re

from mailbox.models import Draft
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
    assert re.findall(r"[^<]{0,60}dr\.petit[^>]{0,60}", page) == 0
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
