"""What happens to an account is told to its person by SMS: to the old number, in rations, without content, never twice."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from django.utils import timezone

from auth_otp import allowances, channels, notice_sms, notice_words, notices
from auth_otp.models import Notice
from mssweb.audit.models import AuditEvent
from tests.auth_otp.conftest import give_password

GSM = set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà") | {
    chr(code) for code in (*range(48, 58), *range(65, 91), *range(97, 123))
}


def note(user, kind=Notice.Kind.PASSWORD_CHANGED, **how) -> Notice:
    request = RequestFactory().get("/", HTTP_USER_AGENT="Firefox/1 Windows", REMOTE_ADDR="192.0.2.7")
    request.user = AnonymousUser()
    return notices.note(kind, request=request, user=user, now=timezone.now(), **how)


@pytest.mark.parametrize("kind", Notice.Kind.values)
def test_an_sms_is_short_in_the_gsm_alphabet_and_says_no_name_or_place(kind):
    body = notice_words.sms(kind, "https://mss.example.org/moi/alerte/")
    assert set(body) <= GSM and len(body) <= 160
    said = notice_words.happened(kind, what="totp", device="Firefox", client="192.0.2.7", by_other=False)
    assert notice_words.title(kind) and said


def test_a_notice_leaves_once_and_the_old_number_is_told_of_a_new_one(anne, pocket):
    note(anne)
    note(anne, Notice.Kind.NUMBER_CHANGED, number="+33639980055")
    assert notice_sms.send_due(timezone.now()) == 2 and notice_sms.send_due(timezone.now()) == 0
    assert {sms.to for sms in pocket.messages} == {anne.phone, "+33639980055"}
    assert AuditEvent.objects.filter(action="notice.sent").count() == 2


def test_an_administrator_s_act_tells_neither_his_browser_nor_his_address(anne, claire):
    request = RequestFactory().get("/", HTTP_USER_AGENT="Firefox/1 Windows", REMOTE_ADDR="192.0.2.7")
    request.user = claire
    row = notices.note(Notice.Kind.FACTOR_RESET, request=request, user=anne, now=timezone.now())
    assert (row.by_other, row.device, row.client) == (True, "", None)


def test_the_sms_of_a_new_browser_is_turned_off_by_its_person_and_that_of_a_change_never(anne, pocket):
    anne.wants_browser_sms = False
    assert note(anne, Notice.Kind.NEW_BROWSER).sms_due_at is None
    assert note(anne, Notice.Kind.FACTOR_ADDED, what="totp").sms_due_at


def test_bombing_by_sign_ins_rings_four_times_an_hour_and_hides_no_change(anne, pocket):
    """Attack: the notice of a change is drowned, or its ration used up, by sign-ins that are begun."""
    for _ in range(9):
        row = note(anne, Notice.Kind.NEW_BROWSER)
    note(anne, Notice.Kind.FACTOR_REMOVED, what="totp")
    assert notice_sms.send_due(timezone.now()) == 5
    row.refresh_from_db()
    assert row.sms_due_at is None and "retiré" in pocket.messages[-1].body


def test_a_change_waits_for_its_turn_and_for_a_carrier_that_is_away(anne, pocket, settings):
    now = timezone.now()
    for _ in range(10):
        allowances.take_notice(anne.phone, is_of_change=True, now=now)
    row = note(anne)
    assert notice_sms.send_due(timezone.now()) == 0
    row.refresh_from_db()
    assert row.sms_due_at > now + timedelta(minutes=50)
    later = now + timedelta(hours=1, minutes=1)
    pocket.error = channels.CarrierError("", code="away", is_temporary=True)
    assert notice_sms.send_due(later) == 0 and Notice.objects.get().sms_due_at > later
    pocket.error = None
    assert notice_sms.send_due(later + timedelta(minutes=10)) == 1


def test_a_password_given_without_its_code_is_told_ten_minutes_later(client, anne, pocket):
    """Attack: a stolen password, tried where the telephone is not (ASVS 6.3.5)."""
    give_password(client, anne.login)
    row, now = Notice.objects.get(), timezone.now()
    assert row.kind == "password_without_code" and notices.lately(anne, now=now) == []
    assert notice_sms.send_due(now) == 0
    assert notice_sms.send_due(now + timedelta(minutes=11)) == 1
    assert "sans le code" in pocket.messages[-1].body


def test_a_code_that_comes_takes_back_what_this_browser_alone_began(
    client, anne, pocket, django_capture_on_commit_callbacks
):
    give_password(Client(REMOTE_ADDR="203.0.113.9"), anne.login)
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            give_password(client, anne.login)
    client.post("/connexion/code/", {"code": pocket.code})
    assert [row.client for row in Notice.objects.filter(kind="password_without_code")] == ["203.0.113.9"]
