"""Rations of SMS: of a person, a number, a network, and of the day; one statement counts them under a race."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from auth_otp import allowances, challenges, channels, otp
from auth_otp.models import Allowance, Challenge, User
from mssweb.audit.models import AuditEvent

NOW = datetime(2026, 11, 23, 9, 41, tzinfo=UTC)


def taken(user: User, network: str | None, most: int, now: datetime = NOW) -> int:
    for done in range(most):
        try:
            allowances.take_code(user, network=network, now=now)
        except allowances.UsedUp:
            return done
    return most


def test_attack_sms_bombing_by_asking_for_the_same_code_again_and_again(
    waiting, pocket, anne, django_capture_on_commit_callbacks
):
    """The password is stolen: codes sent again count as those of new sign-ins. Her own workstation keeps its ration."""
    for _ in range(20):
        Challenge.objects.update(asked_at=timezone.now() - otp.RESEND_AFTER)
        with django_capture_on_commit_callbacks(execute=True):
            answer = waiting.post("/connexion/renvoyer/")
    assert len(pocket.messages) == 15
    assert (answer.status_code, int(answer["Retry-After"]) > 3500) == (429, True)
    assert 'href="/connexion/code/"' in answer.content.decode()
    assert AuditEvent.objects.filter(action="code.refused", actor_id=anne.pk).count() == 6
    challenges.issue(user=anne, binding="known", now=timezone.now(), network=None)


def test_attack_sms_bombing_of_one_number_through_several_accounts(anne, make_user):
    twin = make_user("double@x.example", "Dou", "Ble", phone=anne.phone)
    assert taken(anne, "a", 8) + taken(twin, "b", 20) == 15
    hours = [taken(anne, "a", 20, NOW + timedelta(hours=hour, minutes=1)) for hour in (1, 2, 3)]
    assert hours == [15, 10, 0], "forty a day"


def test_attack_locking_out_by_a_change_of_number_to_somebody_else_s(anne, claire):
    """Whoever has an account asked for codes to Anne's number, and she had none left at her own workstation."""
    for _ in range(15):
        allowances.take_code(claire, network=None, now=NOW, number=anne.phone)
    with pytest.raises(allowances.UsedUp):
        allowances.take_code(claire, network=None, now=NOW, number=anne.phone)
    assert taken(anne, None, 20) == taken(claire, None, 20) == 15


def test_codes_that_were_answered_are_given_back(waiting, pocket, anne):
    waiting.post("/connexion/code/", {"code": pocket.code})
    assert sorted(Allowance.objects.values_list("taken", flat=True)) == [0, 0, 0, 0, 1, 1], (
        "but of the day's SMS and suggestion"
    )


def test_attack_sms_bombing_of_many_people_from_one_network(db, monkeypatch):
    monkeypatch.setattr(allowances, "_CODES_OF_A_NETWORK", 3)
    people = [User(phone=f"+3363998{n:04}") for n in range(6)]
    assert [taken(one, "203.0.113.0/24", 1) for one in people] == [1, 1, 1, 0, 0, 0]
    assert taken(people[5], "198.51.100.0/24", 1) == taken(people[5], None, 1) == 1
    assert b"203.0" not in b"".join(bytes(row.key) for row in Allowance.objects.all())


def test_the_last_sms_of_the_day_raises_one_alarm_and_the_next_are_refused(db, settings, pocket, caplog):
    """Attack: spending. The code says why it did not leave; tomorrow begins anew."""
    settings.SMS_DAILY_LIMIT = 2
    sms = channels.SMS("+33639980001", "x")
    channels.send(sms)
    assert not AuditEvent.objects.filter(action="sms.limit").exists()
    channels.send(sms)
    for _ in range(2):
        with pytest.raises(channels.CarrierError) as refused:
            channels.send(sms)
    assert (refused.value.code, refused.value.is_temporary) == ("daily-limit", False)
    assert len(pocket.messages) == 2
    assert AuditEvent.objects.get(action="sms.limit").facts == {"limit": 2}
    assert [record.levelname for record in caplog.records if "SMS_DAILY_LIMIT" in record.message] == ["ERROR"]
    Allowance.objects.update(until=timezone.now())
    channels.send(sms)
    Allowance.objects.update(until=timezone.now())
    allowances.forget()
    assert not Allowance.objects.exists()


def test_an_hour_without_the_carrier_does_not_spend_the_day(db, settings, pocket):
    """Each code is tried thirty times in its five minutes: forty people at that hour kept everybody out until midnight."""
    settings.SMS_DAILY_LIMIT = 2
    pocket.error = channels.CarrierError("Non.", code="unreachable", is_temporary=True)
    for send in (lambda: channels.send(channels.SMS("+33639980001", "x")), lambda: channels.call("+33639980001", "1")):
        for _ in range(2):
            with pytest.raises(channels.CarrierError) as refused:
                send()
            assert refused.value.code == "unreachable"
    assert not AuditEvent.objects.filter(action="sms.limit").exists(), "nor is it told"
    pocket.error = None
    for _ in range(2):
        channels.send(channels.SMS("+33639980001", "x"))
    assert AuditEvent.objects.filter(action="sms.limit").count() == 1


def test_nothing_leaves_to_a_number_of_before_that_costs(db, pocket):
    """Attack: toll fraud, with a number that was set before they were judged."""
    with pytest.raises(channels.CarrierError) as refused:
        channels.send(channels.SMS("+33899123456", "x"))
    assert refused.value.code == "number"
    assert "surtaxé" in refused.value.words
    assert not pocket.messages
    assert not Allowance.objects.exists(), "and it costs nothing of the day"


@pytest.mark.django_db(transaction=True)
def test_what_is_given_back_waits_for_what_is_taken_and_never_the_other_way_round(anne):
    """A code answered while another is asked for, in a network that has a row of before: a statement that held some of the
    rows and waited for the others was a deadlock, and a right code was spent for nothing.
    """
    allowances.take_code(User(phone="+33639980005"), network="a", now=NOW)  # its row comes first
    allowances.take_code(anne, network="a", now=NOW)

    def ask(turn: int) -> None:
        try:
            with transaction.atomic():
                if turn % 2:
                    allowances.give_back(anne, 1, network="a")
                else:
                    allowances.take_code(anne, network="a", now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(24)))
    assert max(Allowance.objects.values_list("taken", flat=True)) <= 13


@pytest.mark.django_db(transaction=True)
def test_attack_spending_by_forty_at_once(settings):
    settings.SMS_DAILY_LIMIT = 5

    def take(_: int) -> bool:
        try:
            allowances.take_sms(NOW)
        except allowances.UsedUp:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(40))) == 5
