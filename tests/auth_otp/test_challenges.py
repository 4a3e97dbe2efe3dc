"""A challenge from its drawing to its end: the row is the queue, five tries hold under a race, digits are erased."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import monotonic

import pytest
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone

from auth_otp import challenges, channels, otp, tasks
from auth_otp.models import Allowance, Challenge
from mssweb.audit.models import AuditEvent
from mssweb.celery import app

DOWN = channels.CarrierError("L’opérateur SMS ne répond pas.", code="unreachable", is_temporary=True)
BARRED = channels.CarrierError("Votre mobile a refusé nos SMS.", code="21610", is_temporary=False)


@pytest.fixture
def challenge(anne, pocket) -> Challenge:
    """Issued, sent, bound to the sign-in «here»."""
    made = challenges.issue(user=anne, binding="here", now=timezone.now())
    challenges.send(made.pk)  # unless the wake-up of a real commit has
    assert len(pocket.messages) == 1
    return made


def attempt(challenge: Challenge, code: str, *, binding: str = "here", later: timedelta = timedelta()) -> otp.Outcome:
    request = RequestFactory().get("/")
    now = timezone.now() + later
    return challenges.verify(challenge, code=code, binding=binding, now=now, request=request)


def test_digits_are_kept_as_a_digest_and_sealed_and_erased_once_used(challenge, pocket):
    assert pocket.code.encode() not in bytes(challenge.digest) + bytes(challenge.box)
    assert attempt(challenge, pocket.code) is otp.Outcome.OK
    challenge.refresh_from_db()
    assert challenge.box is None
    assert attempt(challenge, pocket.code) is not otp.Outcome.OK


def test_a_code_is_bound_to_the_sign_in_that_asked_for_it(challenge, pocket):
    assert attempt(challenge, pocket.code, binding="elsewhere") is not otp.Outcome.OK
    assert attempt(challenge, pocket.code) is otp.Outcome.OK


def test_an_expired_code_is_refused_and_erased(challenge, pocket):
    assert attempt(challenge, pocket.code, later=otp.LIFE) is otp.Outcome.EXPIRED
    challenge.refresh_from_db()
    assert challenge.box is None


def test_the_fifth_wrong_try_ends_the_code_and_is_told_to_the_audit(challenge, pocket, anne):
    outcomes = [attempt(challenge, pocket.wrong) for _ in range(otp.MAX_TRIES)]
    assert outcomes == [otp.Outcome.WRONG] * 4 + [otp.Outcome.EXHAUSTED]
    assert attempt(challenge, pocket.code) is otp.Outcome.EXHAUSTED
    challenge.refresh_from_db()
    assert challenge.box is None
    failures = AuditEvent.objects.filter(action="session.code_failed", actor_id=anne.pk)
    assert set(failures.values_list("result", flat=True)) == {"wrong", "exhausted"}


@pytest.mark.django_db(transaction=True)
def test_code_guessing_in_parallel_never_gets_more_than_five(challenge, pocket):
    """Attack: forty guesses at once. Five are judged; the right digits among the rest open nothing."""

    def guess(number: int) -> otp.Outcome:
        try:
            return attempt(challenge, pocket.wrong)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(guess, range(40)))
    assert outcomes.count(otp.Outcome.WRONG) == otp.MAX_TRIES - 1
    challenge.refresh_from_db()
    assert challenge.tries == otp.MAX_TRIES
    assert attempt(challenge, pocket.code) is otp.Outcome.EXHAUSTED


@pytest.mark.django_db(transaction=True)
def test_of_two_right_answers_at_once_one_wins(challenge, pocket):
    def answer(_: int) -> otp.Outcome:
        try:
            return attempt(challenge, pocket.code)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(answer, range(4)))
    assert outcomes.count(otp.Outcome.OK) == 1


def test_the_same_code_leaves_again_after_thirty_seconds_not_before(
    challenge, pocket, django_capture_on_commit_callbacks
):
    now, first = timezone.now(), pocket.messages[0]
    with django_capture_on_commit_callbacks(execute=True):
        assert not challenges.resend(challenge, now=now + otp.RESEND_AFTER - timedelta(seconds=1))
    assert pocket.messages == [first]
    Challenge.objects.update(asked_at=now - otp.RESEND_AFTER)
    with django_capture_on_commit_callbacks(execute=True):
        assert challenges.resend(challenge, now=timezone.now())
    assert pocket.messages == [first, first]


def test_an_ended_code_is_not_sent_again(challenge, pocket):
    attempt(challenge, pocket.code)
    assert not challenges.resend(challenge, now=timezone.now() + otp.RESEND_AFTER)


def test_a_lost_wake_up_is_found_by_the_sweep_and_sent_once(anne, pocket):
    challenges.issue(user=anne, binding="b", now=timezone.now())  # no wake-up: the transaction of this test never ends
    assert pocket.messages == []
    assert challenges.send_due_codes() == 1
    assert challenges.send_due_codes() == 0
    assert len(pocket.messages) == 1


@pytest.mark.django_db(transaction=True)
def test_without_a_broker_the_sign_in_goes_on_and_the_sweep_sends(anne, pocket, monkeypatch):
    """Redis is an alarm clock (design §4.2): the wake-up fails quietly, the row waits."""
    monkeypatch.undo()
    monkeypatch.setattr(channels, "carrier", lambda: pocket)
    with app.connection(hostname="redis://127.0.0.1:1/0") as nowhere:
        monkeypatch.setattr(tasks.send_code, "apply_async", _with(tasks.send_code.apply_async, connection=nowhere))
        start = monotonic()
        challenges.issue(user=anne, binding="b", now=timezone.now())
        assert monotonic() - start < 1, "nobody at a counter waits for an alarm clock"
    assert pocket.messages == []
    assert challenges.send_due_codes() == 1


def _with(call, **fixed):
    return lambda **given: call(**given, **fixed)


def test_a_task_carries_the_id_of_the_challenge_and_no_digit(challenge, pocket, monkeypatch):
    sent = []
    monkeypatch.undo()
    monkeypatch.setattr(tasks.send_code, "apply_async", lambda **given: sent.append(given))
    tasks.wake_sender(challenge.pk)
    assert sent[0]["args"] == (str(challenge.pk),)


def test_a_failure_that_may_pass_is_tried_again_one_that_may_not_is_told(anne, pocket):
    challenge = challenges.issue(user=anne, binding="b", now=timezone.now())
    pocket.error = DOWN
    assert not challenges.send(challenge.pk)
    challenge.refresh_from_db()
    assert (challenge.failure, challenge.due_at is not None) == (DOWN.words, True)
    Challenge.objects.update(due_at=timezone.now())
    pocket.error = BARRED
    assert not challenges.send(challenge.pk)
    challenge.refresh_from_db()
    assert (challenge.failure, challenge.due_at) == (BARRED.words, None)
    codes = [event.facts["code"] for event in AuditEvent.objects.filter(action="code.failed").order_by("at")]
    assert codes == ["unreachable", "21610"]


def test_a_later_success_takes_the_warning_away(anne, pocket):
    challenge = challenges.issue(user=anne, binding="b", now=timezone.now())
    pocket.error = DOWN
    challenges.send(challenge.pk)
    pocket.error = None
    Challenge.objects.update(due_at=timezone.now())
    assert challenges.send_due_codes() == 1
    challenge.refresh_from_db()
    assert (challenge.failure, challenge.due_at) == ("", None)
    assert challenge.sent_at is not None
    assert AuditEvent.objects.filter(action="code.sent", actor_id=anne.pk).count() == 1


def test_a_person_without_a_telephone_is_told_and_nothing_is_due(make_user, pocket):
    user = make_user("sans.mobile@x.example", "Sans", "Mobile", phone="")
    challenge = challenges.issue(user=user, binding="b", now=timezone.now())
    assert "Aucun mobile" in challenge.failure
    assert challenges.send_due_codes() == 0
    assert not challenges.resend(challenge, now=timezone.now() + otp.RESEND_AFTER)
    assert not Allowance.objects.exists(), "people without one share no ration"


def test_the_sweep_erases_ended_codes_then_their_rows(challenge):
    Challenge.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    challenges.send_due_codes()
    challenge.refresh_from_db()
    assert challenge.box is None
    Challenge.objects.update(expires_at=timezone.now() - timedelta(days=2))
    challenges.send_due_codes()
    assert not Challenge.objects.exists()


def test_the_device_of_django_otp_verifies_nothing_by_itself(challenge, pocket, anne):
    device = challenges.device_of(anne)
    assert device == challenges.device_of(anne)
    assert not device.verify_token(pocket.code)
