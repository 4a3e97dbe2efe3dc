"""A year without a sign-in: warned by the channel that was chosen, opposed to without signing in, closed."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from uuid_utils.compat import uuid7

from auth_otp import channels
from auth_otp.models import User
from mailbox.life import notices, opposition
from mailbox.models import ClosureNotice, Life, Mailbox, NoticeChannel
from mssweb.audit.models import AuditEvent
from mssweb.templatetags.addresses import breakable
from tests.mailbox.life.conftest import DAY, life, subjects


@pytest.fixture
def phones(settings, tmp_path):
    """The demonstration's carrier; what it sent, by number."""
    settings.DEMO, settings.SMS_CARRIER, settings.MSSWEB_HOME = True, "demo", tmp_path

    def sent() -> list[tuple[str, str]]:
        if not channels.sms_file().exists():
            return []
        return [(sms["to"], sms["body"]) for sms in map(json.loads, channels.sms_file().read_text().splitlines())]

    return sent


@pytest.fixture
def idle(annes_box, anne) -> Mailbox:
    """Anne has not signed in for 306 days."""
    long_ago = timezone.now() - 306 * DAY
    User.objects.filter(pk=anne.pk).update(last_login=long_ago)
    Mailbox.objects.filter(pk=annes_box.pk).update(created_at=long_ago)
    return annes_box


def test_a_mailbox_that_nobody_opens_is_warned_of_three_times_then_closed(idle, anne, later, phones):
    assert later(0) == 1
    row = life(idle)
    assert (row.warned, row.mailbox.state) == (60, "active")
    assert row.ends_at - timezone.now() > 59 * DAY
    [(number, words)] = phones()
    assert number == anne.phone and opposition.link(idle.pk, row.ends_at) in words
    assert words.partition(" : ")[2].startswith(f"sans connexion, la boîte {idle.address} sera clôturée le")
    assert later(1) == 0, "nothing is due, nothing is read"
    later(31)
    later(55)
    assert [step.reason.split()[0] for step in idle.steps.order_by("at")] == ["60", "30", "7"]
    assert len(phones()) == 3
    later(59)
    assert life(idle).mailbox.state == "active"
    later(62)
    assert life(idle).mailbox.state == "closed"
    assert life(idle).reason == "Aucune connexion pendant 365 jours"
    assert subjects(idle)[-1] == "Boîte aux lettres clôturée"


def test_who_signs_in_is_no_more_warned(idle, anne, later, phones):
    later(0)
    User.objects.filter(pk=anne.pk).update(last_login=timezone.now() + DAY)
    for days in (31, 55, 62):
        later(days)
    assert (life(idle).mailbox.state, life(idle).ends_at, len(phones())) == ("active", None, 1)


def test_who_chose_the_mailbox_alone_and_who_has_no_telephone_receive_no_sms(
    idle, anne, dupont, claire, hugo, later, phones
):
    NoticeChannel.objects.create(user=claire, channel="mailbox")
    User.objects.filter(pk=hugo.pk).update(phone="")
    long_ago = timezone.now() - 310 * DAY
    Mailbox.objects.filter(pk=dupont.pk).update(created_at=long_ago)
    User.objects.update(last_login=long_ago)
    later(0)
    assert sorted(ClosureNotice.objects.values_list("mailbox", "user")) == sorted(
        [(idle.pk, anne.pk), (dupont.pk, anne.pk)]
    )
    assert len(phones()) == 2
    for box in (idle, dupont):
        assert subjects(box)[0].startswith("Sans connexion, cette boîte sera clôturée le")


def test_an_sms_is_sent_once_and_again_when_its_sender_was_killed_or_its_carrier_away(idle, later, phones, monkeypatch):
    now = timezone.now()

    class Away:
        def send(self, sms: channels.SMS) -> None:
            raise channels.CarrierError("x", code="unreachable", is_temporary=True)

    with monkeypatch.context() as patch:
        patch.setattr(channels, "carrier", Away)
        later(0)
    assert ClosureNotice.objects.get().failure == "unreachable"
    assert notices.send_due(now + timedelta(minutes=30)) == 0
    assert notices.send_due(now + timedelta(minutes=70)) == 1
    assert notices.send_due(now + timedelta(minutes=300)) == 0
    assert len(phones()) == 1
    codes = AuditEvent.objects.filter(action__startswith="notice.").order_by("pk").values_list("action", "result")
    assert list(codes) == [("notice.failed", "error"), ("notice.sent", "ok")]
    Life.objects.update(ends_at=None)
    ClosureNotice.objects.update(due_at=now)
    assert (notices.send_due(now), len(phones())) == (0, 1), "what was announced is void"


def test_an_applicative_mailbox_is_not_closed_for_the_absence_of_people(idle, later, tenant, domain):
    from mailbox.models import open_mailbox

    app = open_mailbox(
        tenant=tenant,
        domain=domain,
        address=f"lgo-applicatif@{domain.name}",
        kind="APP",
        display_name="L",
        state="active",
    )
    Mailbox.objects.filter(pk=app.pk).update(created_at=timezone.now() - 800 * DAY)
    for days in (0, 70, 80, 100, 500):
        later(days)
    assert life(app).mailbox.state == "active"


def test_a_link_opposes_without_signing_in_a_get_only_shows_and_a_post_starts_the_year_again(
    client, idle, later, phones
):
    later(0)
    url = opposition.link(idle.pk, life(idle).ends_at).partition("8000")[2]
    page = client.get(url)
    assert page.status_code == 200 and breakable(idle.address) in page.content.decode()
    assert life(idle).warned == 60, "a GET changes nothing: programs open links"
    assert page["Referrer-Policy"] == "same-origin", (
        "the address is a right; with none at all the browser could not post"
    )
    for _ in range(2):
        assert "reste ouverte" in client.post(url).content.decode()
    row = life(idle)
    assert (row.warned, row.ends_at) == (None, None) and row.kept_at
    assert AuditEvent.objects.filter(action="mailbox.oppose").count() == 1
    later(70)
    assert life(idle).mailbox.state == "active"
    later(306)
    assert life(idle).warned == 60


def test_forged_ended_and_useless_links_are_answered_alike(client, idle, later, phones):
    later(0)
    ends_at, now = life(idle).ends_at, timezone.now()
    good = opposition.token(idle.pk, ends_at)
    later_end = opposition.read(opposition.token(idle.pk, ends_at + DAY), now=now)
    assert later_end, "another end is another link"
    held = base64.urlsafe_b64decode(good)
    moved = base64.urlsafe_b64encode(held[:16] + int((ends_at + DAY).timestamp()).to_bytes(4) + held[20:]).decode()
    other = base64.urlsafe_b64encode(uuid7().bytes + held[16:]).decode()
    for forged in (moved, other, good[:-1] + ("A" if good[-1] != "A" else "B"), good + "=", good[:-1]):
        assert opposition.read(forged, now=now) is None, forged
    assert opposition.read(good, now=now) == (idle.pk, ends_at.replace(microsecond=0).astimezone(UTC))
    assert opposition.read(good, now=ends_at) is None
    Mailbox.objects.filter(pk=idle.pk).update(state="closed")
    answers = {
        (answer.status_code, answer.content)
        for text in ("x", "é", "A" * 48, good[:-1], good + "=", moved, good[::-1], good, "A" * 5000,
                     opposition.token(idle.pk, datetime(2020, 1, 1, tzinfo=UTC)))
        for answer in (client.get(f"/opposition/{text}/"), client.post(f"/opposition/{text}/"))
    }  # fmt: skip
    assert len(answers) == 1
    [(status, content)] = answers
    assert status == 404 and idle.address not in content.decode()
