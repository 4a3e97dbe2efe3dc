"""An invitation on the screen: what it says, who may answer, what leaves, how it is undone, what is said of changes."""

import pytest

from mailbox import blobs
from mailbox.mime.calendar.meeting import parse
from mailbox.mime.parse import parse as parse_message
from mailbox.mime.parse import text_of
from mailbox.models import Draft, MeetingAnswer, Message, Recipient, Submission
from mssweb.audit.models import AuditEvent
from tests.mailbox.mime.calendar.test_calendar import request
from tests.mailbox.views.conftest import HTMX
from tests.mailbox.views.test_bodies import HEAD


def inviting(
    text: str, message_id: bytes = b"i@x", kind: bytes = b"text/calendar; method=REQUEST; charset=utf-8"
) -> bytes:
    head = HEAD.replace(b"<h@x>", b"<" + message_id + b">").replace(b"a@hopital", b"f.lemaire@hopital")
    body = b"--b\r\nContent-Type: text/plain\r\n\r\nVenez.\r\n--b\r\nContent-Type: " + kind + b"\r\n\r\n"
    return head + b"Content-Type: multipart/alternative; boundary=b\r\n\r\n" + body + text.encode() + b"\r\n--b--\r\n"


@pytest.fixture
def invited(file) -> Message:
    return file(raw=inviting(request("RRULE:FREQ=WEEKLY;BYDAY=TH", "DESCRIPTION:Voir <b>https://visio.example/x</b>")))


def test_an_invitation_is_read_above_its_message_and_on_a_page_of_its_own(browser, claire, hugo, base, invited, file):
    client, url = browser(claire), f"{base}/message/{invited.pk}/invitation/"
    thread = client.get(f"{base}/fil/{invited.thread_id}/").content.decode()
    assert f'hx-get="{url}"' in thread and f'href="{url}"' in thread
    page = client.get(url).content.decode()
    for words in (
        "Réunion, conciliation médicamenteuse", "Jeudi 3 décembre 2026, de 14:00 à 15:30", "Chaque jeudi", "Dr LEMAIRE, Florence",
        "Salle 3; bâtiment B", "(cette boîte)", "facultatif", "a accepté", "Accepter", "Peut-être", "Décliner",
        '&lt;b&gt;<a href="https://visio.example/x',
    ):  # fmt: skip
        assert words in page, words
    fragment = client.get(url, headers=HTMX).content.decode()
    assert "Accepter" in fragment and "<html" not in fragment
    assert "Accepter" not in browser(hugo).get(url).content.decode()
    assert browser(hugo).post(url, {"answer": "ACCEPTED"}).status_code == 403
    plain = file("Sans", message_id="s@x")
    assert client.get(f"{base}/message/{plain.pk}/invitation/").status_code == 404


def test_an_answer_leaves_as_every_letter_does_is_kept_and_can_be_taken_back(
    browser, claire, base, invited, trust, dupont
):
    client, url = browser(claire), f"{base}/message/{invited.pk}/invitation/"
    for wrong in ("", "NEEDS-ACTION", "x"):
        assert client.post(url, {"answer": wrong}).status_code == 404
    said = client.post(url, {"answer": "TENTATIVE"}, follow=True).content.decode()
    assert "Réponse envoyée : peut-être." in said and "Annuler l’envoi" in said
    [sent] = Recipient.objects.all()
    assert (sent.address, sent.state) == ("f.lemaire@hopital.mssante.example", "held")
    message = Message.objects.select_related("blob").get(direction="out")
    assert message.thread_id == invited.thread_id
    raw = blobs.read(message.blob, dupont)
    part = next(part for part in parse_message(raw).parts if part.content_type == "text/calendar")
    assert b"method=REPLY" in raw
    reply = parse(text_of(raw, part))
    assert (reply.method, [one.answer for one in reply.guests]) == ("REPLY", ["TENTATIVE"])
    assert "Peut-être par Claire MARTIN" in client.get(url).content.decode().replace("Martin", "MARTIN")
    event = AuditEvent.objects.get(action="meeting.answer")
    assert (event.subject_id, event.facts) == (str(invited.pk), {"answer": "TENTATIVE"})
    submission = Submission.objects.get()
    client.post(f"{base}/envoi/{submission.pk}/annuler/")
    assert not MeetingAnswer.objects.exists() and not Draft.objects.exists() and not Submission.objects.exists()


def test_a_changed_mind_replaces_the_answer_and_a_changed_meeting_asks_again(
    browser, claire, base, invited, file, trust
):
    client, url = browser(claire), f"{base}/message/{invited.pk}/invitation/"
    client.post(url, {"answer": "ACCEPTED"})
    client.post(url, {"answer": "DECLINED"})
    assert MeetingAnswer.objects.get().answer == "DECLINED"
    later = file(raw=inviting(request().replace("SEQUENCE:2", "SEQUENCE:3"), b"j@x"))
    page = client.get(f"{base}/message/{later.pk}/invitation/").content.decode()
    assert "Invitation mise à jour" in page and "Le rendez-vous a changé depuis" in page
    gone = file(raw=inviting(request(method="CANCEL"), b"k@x"))
    page = client.get(f"{base}/message/{gone.pk}/invitation/").content.decode()
    assert "Rendez-vous annulé" in page and "Accepter" not in page
    assert client.post(f"{base}/message/{gone.pk}/invitation/", {"answer": "ACCEPTED"}).status_code == 404


def test_an_organiser_outside_the_trust_space_is_said_and_is_not_written_to(browser, claire, base, file, trust):
    text = request().replace("F.Lemaire@hopital.mssante.example", "chef@ailleurs.example")
    message, client = file(raw=inviting(text, kind=b"application/ics; name=x.ics")), browser(claire)
    url = f"{base}/message/{message.pk}/invitation/"
    assert "votre réponse irait à chef@ailleurs.example" in client.get(url).content.decode()
    said = client.post(url, {"answer": "ACCEPTED"}, follow=True).content.decode()
    assert "La réponse n’est pas partie" in said
    assert not Recipient.objects.exists() and not MeetingAnswer.objects.exists()
