"""«You have mail»: to whom who asked and confirmed, never a word of content, seldom, and stopped by one click."""

import email
import re
from datetime import timedelta
from email import policy

import pytest
from django.urls import reverse
from django.utils import timezone

from auth_otp.models import Session
from mailbox import marks
from mailbox.models import OrdinaryAddress, OrdinaryMail, Preference
from mailbox.ordinary import address, queue, relay
from mssweb import keys
from mssweb.audit.models import AuditEvent
from tests.mailbox.views.conftest import browser, file, statements  # noqa: F401  (fixtures)

URL, MAIL = "/moi/notifications/courriel/", "claire.martin@courriel.example"


@pytest.fixture
def box(settings, tmp_path):
    """What left, oldest first."""
    settings.DEMO, settings.MSSWEB_HOME, settings.ORDINARY_RELAY = True, tmp_path, ""

    def sent() -> list:
        files = sorted((tmp_path / "ordinary").glob("*.eml"), key=lambda path: path.stem)
        return [email.message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]

    return sent


@pytest.fixture
def page(browser, claire, dupont, box, trust):  # noqa: F811
    client = browser(claire)
    client.act = lambda **given: client.post(URL, given, follow=True).text
    return client


def confirmed(claire, *, ago=timedelta(hours=3), **more) -> OrdinaryAddress:
    """As after the code, some time ago."""
    row = OrdinaryAddress(user=claire, asked_at=timezone.now() - ago, told_until=timezone.now() - ago, **more)
    row.box, row.confirmed_at = (
        address.crypto.seal(keys.purpose_key("ordinary"), MAIL.encode(), address._context(claire.pk)),
        row.asked_at,
    )
    row.save()
    return row


def test_an_address_is_confirmed_by_the_code_that_was_sent_there_and_by_nothing_else(page, box, claire, monkeypatch):
    assert "Envoyer un code" in page.get("/moi/notifications/").text
    used, purpose = set(), keys.purpose_key
    monkeypatch.setattr(keys, "purpose_key", lambda label: used.add(label) or purpose(label))
    page.act(action="ask", address=MAIL)
    assert {"ordinary", "ordinary code", "ordinary mail"} <= used, "what seals digests nothing, and opens nothing else"
    row = OrdinaryAddress.objects.get()
    assert MAIL.encode() not in bytes(row.box) and row.confirmed_at is None
    assert queue.send_due(timezone.now()) == 1
    [mail] = box()
    code = re.search(r"\b\d{6}\b", mail.get_content())[0]
    assert mail["To"] == MAIL and mail["List-Unsubscribe-Post"]
    wrong = f"{(int(code) + 1) % 10**6:06}"
    assert "pas le bon" in page.act(action="confirm", code=wrong)
    assert OrdinaryAddress.objects.get().confirmed_at is None
    assert "Adresse confirmée" in page.act(action="confirm", code=f"{code[:3]} {code[3:]}")
    assert OrdinaryMail.objects.get().box is None, "no digit stays"
    assert "confirmée" in page.get("/moi/notifications/").text
    page.act(action="forget")
    assert not OrdinaryAddress.objects.exists() and not OrdinaryMail.objects.exists()
    told = AuditEvent.objects.filter(action__startswith="ordinary.").order_by("at").values_list("action", "result")
    assert list(told) == [
        ("ordinary.ask", "ok"), ("ordinary.send", "ok"), ("ordinary.confirm", "refused"), ("ordinary.confirm", "ok"),
        ("ordinary.forget", "ok"),
    ]  # fmt: skip


def test_five_tries_of_a_code_and_five_codes_an_hour(page, box):
    page.act(action="ask", address=MAIL)
    queue.send_due(timezone.now())
    code = re.search(r"\b\d{6}\b", box()[0].get_content())[0]
    for _ in range(5):
        page.post(URL, {"action": "confirm", "code": "00000x"})
    assert "Trop d’essais" in page.act(action="confirm", code=code)
    for _ in range(4):
        page.post(URL, {"action": "ask", "address": MAIL})
        page.post(URL, {"action": "forget"})
    assert "attendez une heure" in page.act(action="ask", address=MAIL)


def test_addresses_of_the_trust_space_are_refused(page, dupont):
    for typed in (dupont.address, "dr@hopital.mssante.example", "279035121518989@patient.mssante.fr"):
        assert "adresse MSSanté" in page.act(action="ask", address=typed)
    assert "pas valide" in page.act(action="ask", address="claire")
    assert not OrdinaryAddress.objects.exists()


def test_a_notice_says_that_a_message_waits_and_not_one_word_more(box, claire, dupont, file, settings):  # noqa: F811
    confirmed(claire)
    file("Ordonnance VIAL", minutes=10, body="apixaban")
    assert queue.look_over(timezone.now()) == 1
    [mail] = box()
    told = mail.as_string()

    def raw() -> bytes:
        return b"".join(path.read_bytes() for path in settings.MSSWEB_HOME.rglob("*.eml"))

    for word in ("VIAL", "Ordonnance", "apixaban", "Lemaire", "Dupont", "DUPONT", "Claire", "hopital", dupont.address):
        assert word not in told.replace(MAIL, ""), word
    assert mail["Auto-Submitted"] == "auto-generated"
    link = re.search(rb"^List-Unsubscribe: <(\S+)>\r?$", raw(), re.M)[1].decode()  # whole on its line
    assert link in mail.get_content() and address.is_stop(link.rstrip("/").rpartition("/")[2])
    assert AuditEvent.objects.filter(action="ordinary.send", actor=claire).count() == 1
    assert queue.look_over(timezone.now()) == 0, "it was told"


def test_what_was_read_is_not_told_nor_what_has_just_come(box, claire, dupont, file):  # noqa: F811
    confirmed(claire)
    message = file("Lu", minutes=10)
    marks.mark_seen(membership=dupont.memberships.get(user=claire), thread_ids=[message.thread_id], now=timezone.now())
    file("Neuf", minutes=0)
    assert queue.look_over(timezone.now()) == 0
    assert queue.look_over(timezone.now() + timedelta(minutes=3)) == 1


def test_one_an_hour_until_the_person_has_come_back(browser, box, claire, file):  # noqa: F811
    confirmed(claire)
    now = timezone.now()
    file("Un", minutes=10)
    assert queue.look_over(now) == 1
    file("Deux", minutes=-5)
    assert queue.look_over(now + timedelta(minutes=30)) == 0
    assert queue.look_over(now + timedelta(minutes=61)) == 1
    file("Trois", minutes=-65)
    assert queue.look_over(now + timedelta(minutes=70)) == 0
    browser(claire)
    Session.objects.filter(user=claire).update(gesture_at=now + timedelta(minutes=68))
    assert queue.look_over(now + timedelta(minutes=70)) == 1


def test_quiet_hours_and_silent_mailboxes_are_kept_and_what_waited_is_told_after(box, claire, dupont, file):  # noqa: F811
    confirmed(claire)
    file("Nuit", minutes=10)
    here = timezone.localtime()
    chosen = Preference.objects.create(
        user=claire, quiet_from=(here - timedelta(minutes=5)).time(), quiet_to=(here + timedelta(minutes=5)).time()
    )
    assert queue.look_over(timezone.now()) == 0
    chosen.silent_mailboxes = [dupont.pk]
    chosen.save()
    assert queue.look_over(timezone.now() + timedelta(minutes=10)) == 0
    Preference.objects.update(silent_mailboxes=[])
    assert queue.look_over(timezone.now() + timedelta(minutes=10)) == 1


def test_only_who_confirmed_and_has_not_stopped_is_told(box, claire, hugo, file):  # noqa: F811
    confirmed(claire, stopped_at=timezone.now())
    OrdinaryAddress.objects.create(
        user=hugo, box=b"x", asked_at=timezone.now(), told_until=timezone.now() - timedelta(hours=1)
    )
    file(minutes=10)
    assert queue.look_over(timezone.now()) == 0


def test_the_link_of_a_mail_stops_them_without_signing_in_once_or_twice(box, client, claire, file):  # noqa: F811
    row = confirmed(claire)
    link = address.stop_link(row).partition("//")[2].partition("/")[2]
    assert "Arrêter ces courriels" in client.get(f"/{link}").text
    assert OrdinaryAddress.objects.get().stopped_at is None, "programs open links before people do"
    for _ in range(2):
        assert client.post(f"/{link}").status_code == 200
    assert OrdinaryAddress.objects.get().stopped_at
    assert AuditEvent.objects.filter(action="ordinary.stop").count() == 1
    for method in (client.get, client.post):
        assert method(reverse("mailbox:ordinary_stop", args=["forged"])).status_code == 404
    OrdinaryAddress.objects.update(stopped_at=None, asked_at=timezone.now())
    client.post(f"/{link}")
    assert OrdinaryAddress.objects.get().stopped_at is None, "a link stops the address that it was sent to"


def test_a_relay_that_is_away_is_tried_again_and_one_that_refuses_is_not(box, claire, file, monkeypatch):  # noqa: F811
    confirmed(claire)
    file(minutes=10)
    now = timezone.now()

    def away(*_: object) -> None:
        raise relay.Temporary

    monkeypatch.setattr(relay, "send", away)
    assert queue.look_over(now) == 0
    row = OrdinaryMail.objects.get()
    assert row.due_at == now + timedelta(minutes=1) and row.failure == "temporary"
    assert queue.send_due(now + timedelta(seconds=30)) == 0
    monkeypatch.undo()
    assert queue.send_due(now + timedelta(minutes=2)) == 1
    assert len(box()) == 1
