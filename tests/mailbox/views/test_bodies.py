"""Bodies and files: inert, in their frame, only saved; and the policy of those responses alone (design §4.8)."""

import base64
import re

import pytest

from mailbox.mime.values import ParsedMessage
from mailbox.models import Blob, Message
from mssweb.audit.models import AuditEvent
from mssweb.audit.record import ERROR

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
HEAD = b"From: a@hopital.mssante.example\r\nSubject: x\r\nMessage-ID: <h@x>\r\nMIME-Version: 1.0\r\n"


def rich(html: bytes, *parts: bytes) -> bytes:
    """A message of HTML and of parts that are given whole."""
    head = b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    rest = b"".join(b"\r\n--b\r\n" + part for part in parts)
    return HEAD + b"Content-Type: multipart/related; boundary=b\r\n\r\n" + head + html + rest + b"\r\n--b--\r\n"


def picture(kind: bytes, data: bytes, cid: bytes = b"logo") -> bytes:
    return (
        b"Content-Type: " + kind + b"\r\nContent-ID: <" + cid + b">\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.b64encode(data)
    )  # fmt: skip


def attachment(name: bytes, kind: bytes, data: bytes) -> bytes:
    return (
        b"Content-Type: " + kind + b"\r\nContent-Disposition: attachment; filename*=UTF-8''" + name
        + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(data)
    )  # fmt: skip


@pytest.fixture
def show(browser, claire, base, file):
    """File that message; its frame as a colleague gets it."""
    client = browser(claire)

    def shown(raw: bytes):
        message = file(raw=raw)
        return client, message, client.get(f"{base}/message/{message.pk}/corps/")

    return shown


def test_a_frame_has_exactly_the_policy_of_its_own(show):
    _, _, answer = show(rich(b"<p>Bonjour</p>"))
    assert answer["Content-Security-Policy"] == (
        "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; frame-ancestors 'self'"
    )
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]


def test_the_pane_puts_the_body_in_a_sandbox_that_runs_no_script(browser, claire, base, file):
    message = file()
    page = browser(claire).get(f"{base}/fil/{message.thread_id}/")
    [frame] = re.findall(r"<iframe[^>]+>", page.content.decode())
    assert 'sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"' in frame
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"


def test_hostile_html_is_inert_and_remote_images_are_counted(show):
    evil = (
        b"<p onclick=x>Dose</p><script>alert(1)</script><img src=https://t.example/1.png><form action=x><input></form>"
    )
    _, _, answer = show(rich(evil))
    text = answer.content.decode()
    assert "Dose" in text
    assert not re.search(r"<script|onclick|t\.example|<form|<input", text)
    assert "1 image distante n’a pas été chargée" in text


def test_plain_text_is_escaped_and_its_links_open_elsewhere(show):
    _, _, answer = show(HEAD + b"\r\n<b>5 mg</b> https://ansm.sante.fr/x.")
    text = answer.content.decode()
    assert "&lt;b&gt;5 mg" in text
    assert 'href="https://ansm.sante.fr/x" rel="noopener noreferrer" target="_blank"' in text


def test_images_of_the_message_are_drawn_and_nothing_else_is(show, base):
    client, message, answer = show(
        rich(
            b'<img src="cid:logo"><img src="cid:evil">',
            picture(b"image/png", PIXEL),
            picture(b"image/svg+xml", b"<svg/>", b"evil"),
        )
    )
    [url] = set(re.findall(r'src="([^"]+/image/2/)"', answer.content.decode()))
    image = client.get(url)
    assert (image.status_code, image["Content-Type"], image.content[:4]) == (200, "image/webp", b"RIFF"), "drawn again"
    assert "sandbox" in image["Content-Security-Policy"]
    assert image["X-Content-Type-Options"] == "nosniff"
    assert image["Cross-Origin-Resource-Policy"] == "same-origin"
    assert client.get(f"{base}/message/{message.pk}/image/3/").status_code == 404
    assert client.get(f"{base}/message/{message.pk}/image/1/").status_code == 404


@pytest.mark.parametrize(("kind", "data"), [(b"image/png", b"<html><script>"), (b"image/svg+xml", PIXEL)])
def test_what_calls_itself_an_image_and_is_none_is_not_served(show, base, kind, data):
    client, message, _ = show(rich(b"x", picture(kind, data)))
    answer = client.get(f"{base}/message/{message.pk}/image/2/")
    assert (answer.status_code, answer["Content-Type"]) == (404, "image/svg+xml")
    assert "Image non affichée" in answer.content.decode() and data not in answer.content


def test_an_image_in_the_page_itself_is_drawn_again_too(show, browser, stranger):
    data = base64.b64encode(PIXEL + b"<script>").decode()
    client, _, answer = show(rich(f'<img src="data:image/png;base64,{data}">'.encode()))
    [url] = re.findall(r'<img src="([^"]+/incluse/0/)"', answer.content.decode())
    assert "data:image" not in answer.content.decode()
    image = client.get(url)
    assert (image.status_code, image["Content-Type"]) == (200, "image/webp")
    assert b"<script>" not in image.content and "sandbox" in image["Content-Security-Policy"]
    assert client.get(url.replace("/0/", "/1/")).status_code == 404
    assert browser(stranger).get(url).status_code == 404


@pytest.mark.parametrize(
    ("name", "kind", "told"),
    [
        (b"ordonnance%20%C3%A9t%C3%A9.pdf", b"application/pdf", "filename*=utf-8''ordonnance%20%C3%A9t%C3%A9.pdf"),
        (b"piege.html", b"text/html", 'filename="piege.html"'),
        (b"a%22b.svg", b"image/svg+xml", 'filename="a\\"b.svg"'),
    ],
)
def test_a_file_is_only_ever_saved_whatever_it_is(show, base, name, kind, told):
    client, message, _ = show(rich(b"x", attachment(name, kind, b"<script>alert(1)</script>")))
    answer = client.get(f"{base}/message/{message.pk}/piece/2/")
    assert answer.content == b"<script>alert(1)</script>"
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == f"attachment; {told}"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    [event] = AuditEvent.objects.filter(action="document.download")
    assert event.facts == {"part": "2"}


def test_a_part_that_is_not_there_is_not_found_and_a_stranger_gets_none(show, browser, stranger, base):
    client, message, _ = show(rich(b"x", attachment(b"a.pdf", b"application/pdf", b"%PDF")))
    for number in ("9", "1.1", "..", "%2e%2e"):
        assert client.get(f"{base}/message/{message.pk}/piece/{number}/").status_code == 404
    assert browser(stranger).get(f"{base}/message/{message.pk}/piece/2/").status_code == 404
    other = browser(stranger).get(f"{base}/message/{message.pk}/image/2/")
    assert other.status_code == 404


def test_a_message_without_words_says_what_it_is(show):
    assert "Ce message est vide" in show(HEAD + b"\r\n")[2].content.decode()
    only = HEAD + b'Content-Type: application/pdf; name="a.pdf"\r\nContent-Disposition: attachment\r\n\r\n%PDF'
    assert "ne contient que des pièces jointes" in show(only.replace(b"<h@x>", b"<i@x>"))[2].content.decode()


def test_a_poisoned_message_is_shown_raw(browser, claire, base, file):
    parsed = ParsedMessage(text="x", warnings=("undissected",))
    message = file(raw=HEAD + b"\r\n<b>5 mg</b>\0", parsed=parsed)
    client = browser(claire)
    assert "son début est affiché brut" in client.get(f"{base}/fil/{message.thread_id}/").content.decode()
    text = client.get(f"{base}/message/{message.pk}/corps/").content.decode()
    assert "&lt;b&gt;5 mg&lt;/b&gt;\N{REPLACEMENT CHARACTER}" in text


@pytest.mark.parametrize("broken", ["bytes", "summary"])
def test_a_file_whose_sealed_bytes_do_not_open_says_so_on_a_page_and_is_told(show, base, claire, broken):
    client, message, _ = show(rich(b"x", attachment(b"CR.pdf", b"application/pdf", b"%PDF")))
    if broken == "bytes":
        Blob.objects.filter(pk=message.blob_id).update(box=b"\1\0no box of this mailbox at all" * 9)
    else:
        Message.objects.filter(pk=message.pk).update(summary_box=b"\1\0no box of this mailbox at all")
    answer = client.get(f"{base}/message/{message.pk}/piece/2/")
    assert answer.status_code == 410
    assert "ne s’ouvre plus" in answer.content.decode()
    assert "sandbox" not in answer["Content-Security-Policy"]
    assert f"{base}/fil/{message.thread_id}/" in answer.content.decode()
    event = AuditEvent.objects.get(action="message.unreadable")
    assert (event.actor, event.subject_id, event.result) == (claire, str(message.pk), ERROR)
    assert not AuditEvent.objects.filter(action="document.download").exists()
