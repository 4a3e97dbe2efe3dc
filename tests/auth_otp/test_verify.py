"""A carrier that asks to hear which codes were right (Twilio Verify): told once, after the sign-in, and again when it is away."""

from datetime import timedelta

from django.utils import timezone

from auth_otp import challenges, channels
from auth_otp.models import Challenge
from tests.auth_otp.conftest import give_password


def test_what_was_right_is_told_to_the_carrier_once_and_what_was_not_is_never(
    client, anne, pocket, monkeypatch, django_capture_on_commit_callbacks
):
    told: list[str] = []
    away = [channels.CarrierError("x", code="unreachable", is_temporary=True)]

    def approve(name: str) -> None:
        if away:
            raise away.pop()
        told.append(name)

    monkeypatch.setattr(channels, "approve", approve)
    pocket.verification = "VE1"
    with django_capture_on_commit_callbacks(execute=True):
        give_password(client, anne.login)
    challenges.tell_approved()
    assert told == [], "nobody has answered yet"
    client.post("/connexion/code/", {"code": pocket.code})
    assert [challenges.tell_approved() for _ in range(3)] == [0, 1, 0]
    assert told == ["VE1"]


def test_what_verify_has_forgotten_is_not_told(anne, monkeypatch):
    monkeypatch.setattr(channels, "approve", lambda name: 1 / 0)
    now = timezone.now()
    challenge = challenges.issue(user=anne, binding="x", now=now)
    Challenge.objects.filter(pk=challenge.pk).update(verification="VE1", used_at=now - timedelta(minutes=11))
    assert challenges.tell_approved() == 0
    assert Challenge.objects.get().verification == ""


def test_what_was_withdrawn_is_not_told(anne, monkeypatch):
    """A changed password ends the codes that wait: they were not right."""
    monkeypatch.setattr(channels, "approve", lambda name: 1 / 0)
    challenges.issue(user=anne, binding="x", now=timezone.now())
    Challenge.objects.update(verification="VE1")
    challenges.withdraw(anne.pk, now=timezone.now())
    assert challenges.tell_approved() == 0
