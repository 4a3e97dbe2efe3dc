"""Remote images: off until the reader says so, fetched by us, for this session and this message; always for a verified sender."""

import html
import re

import pytest

from mailbox import senders
from mailbox.models import ImageTrust
from mssweb.audit.models import AuditEvent
from tests.mailbox.test_remote import host
from tests.mailbox.views.test_bodies import PIXEL, rich

SENDER = b"a@hopital.mssante.example"


@pytest.fixture
def web(settings):
    with host({"/1.png": (200, {}, PIXEL)}) as (port, asked):
        settings.REMOTE_PEERS_OF_TESTS = frozenset({("127.0.0.1", port)})
        yield f"http://127.0.0.1:{port}/1.png", asked


@pytest.fixture
def letter(web, file):
    url, _ = web
    return file(raw=rich(f'<img src="{url}"><img src="{url}?2" alt="Plan">'.encode()), is_verified=True)


def sources(page) -> list[str]:
    return [html.unescape(found) for found in re.findall(r'<img src="([^"]+)"', page.content.decode())]


def test_images_are_shown_once_through_us_to_who_asked_and_to_nobody_else(browser, claire, anne, base, web, letter):
    client, body = browser(claire), f"{base}/message/{letter.pk}/corps/"
    closed = client.get(body)
    assert sources(closed) == [] and "2 images distantes n’ont pas été chargées" in closed.content.decode()
    [once] = re.findall(r'href="(\?images=\d+)"', closed.content.decode())
    assert sources(client.get(f"{body}?images=1")) == []
    shown = client.get(body + once)
    assert all(source.startswith(f"{base}/message/{letter.pk}/distante/?r=") for source in sources(shown))
    assert "127.0.0.1" not in shown.content.decode()
    assert web[1] == [], "nothing is fetched before the browser asks"
    first, second = sources(shown)
    image = client.get(first)
    assert (image.status_code, image["Content-Type"], image.content[:4]) == (200, "image/webp", b"RIFF"), "drawn again"
    assert image["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert image["X-Content-Type-Options"] == "nosniff" and "no-store" in image["Cache-Control"]
    assert client.get(second).status_code == 502
    assert [event.subject_id for event in AuditEvent.objects.filter(action="message.images")] == [str(letter.pk)]
    other = browser(anne)
    assert sources(other.get(body + once)) == [] and other.get(first).status_code == 404
    assert client.get(first.replace("/distante/?r=", "/distante/?r=A")).status_code == 404
    assert sources(client.get(body)) == [], "once is once"


def test_always_is_for_one_s_own_eyes_a_verified_sender_and_sealed(
    browser, claire, anne, base, web, letter, file, dupont
):
    client, page = browser(claire), f"{base}/message/{letter.pk}/images/"
    assert "Toujours pour cet expéditeur" in client.get(f"{base}/message/{letter.pk}/corps/").content.decode()
    assert "Toujours les afficher" in client.get(page).content.decode()
    client.post(page, {"action": "always"})
    client.post(page, {"action": "always"})
    assert len(sources(client.get(f"{base}/message/{letter.pk}/corps/"))) == 2
    assert sources(browser(anne).get(f"{base}/message/{letter.pk}/corps/")) == []
    [row] = ImageTrust.objects.all()
    assert senders.read(row, dupont) == {"address": SENDER.decode()}
    assert SENDER not in bytes(row.box)
    forged = file(raw=rich(f'<img src="{web[0]}">'.encode()).replace(b"<h@x>", b"<g@x>"), is_verified=False)
    assert sources(client.get(f"{base}/message/{forged.pk}/corps/")) == []
    assert "Toujours" not in client.get(f"{base}/message/{forged.pk}/corps/").content.decode()
    for method in (client.get, client.post):
        assert method(f"{base}/message/{forged.pk}/images/").status_code == 404
    client.post(page, {"action": "never"})
    assert not ImageTrust.objects.exists()
    told = AuditEvent.objects.filter(action__startswith="images.").order_by("at").values_list("action", flat=True)
    assert list(told) == ["images.always", "images.always", "images.never"]


def test_an_installation_may_do_without(browser, claire, base, letter, settings):
    settings.REMOTE_IMAGES = False
    client = browser(claire)
    page = client.get(f"{base}/message/{letter.pk}/corps/").content.decode()
    assert "n’ont pas été chargées" in page and "?images=" not in page
    assert client.get(f"{base}/message/{letter.pk}/images/").status_code == 404
