"""Who you are: a person, their second factors, their sessions. Refuses shared accounts: one person, one User."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django_otp.models import Device
from uuid_utils.compat import uuid7

from auth_otp import numbers, otp

RPPS = RegexValidator(r"^\d{11}\Z", "Un numéro RPPS a onze chiffres.")


def check_mobile(number: str) -> None:
    """Every way in (forms, createsuperuser): a number that codes may be sent to, as the carrier wants it."""
    try:
        is_plain = numbers.mobile(number, settings.SMS_COUNTRIES) == number
    except numbers.NumberRefused as refused:
        raise ValidationError(refused.words) from None
    if not is_plain:
        raise ValidationError("Écrivez le numéro avec son indicatif : +33612345678.")


class UserManager(BaseUserManager["User"]):
    def create_user(self, login: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(login=login.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, login: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(login, password, is_staff=True, is_superuser=True, **fields)

    def known_as(self, name: str) -> "models.QuerySet[User]":
        """By login or by RPPS number; whose login it is comes first."""
        name = name.strip().lower()
        found = self.filter(models.Q(login=name) | models.Q(rpps=name, rpps__gt=""))
        return found.order_by(models.Case(models.When(login=name, then=0), default=1))

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.known_as(username or "")[:1].get()


class User(AbstractBaseUser, PermissionsMixin):
    """A person. `login` is the professional e-mail or the RPPS number, lower case."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    login = models.CharField("identifiant", max_length=254, unique=True)
    rpps = models.CharField("numéro RPPS", max_length=11, blank=True, validators=[RPPS])
    title = models.CharField("titre", max_length=16, blank=True)  # « Dr », « Mme »…
    first_name = models.CharField("prénom", max_length=100)
    last_name = models.CharField("nom", max_length=100)
    profession = models.CharField("profession", max_length=100, blank=True)
    phone = models.CharField("téléphone mobile", max_length=16, blank=True, validators=[check_mobile])
    is_active = models.BooleanField("actif", default=True)
    is_staff = models.BooleanField("accès à l’administration", default=False)
    created_at = models.DateTimeField("créé le", auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "login"
    REQUIRED_FIELDS = ["first_name", "last_name", "phone"]  # asked by createsuperuser: nobody enters without a code

    class Meta:
        verbose_name, verbose_name_plural = "utilisateur", "utilisateurs"
        constraints = [
            models.UniqueConstraint(fields=["rpps"], condition=~models.Q(rpps=""), name="auth_otp_user_rpps_unique")
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.login

    def clean(self) -> None:
        super().clean()
        others = User.objects.exclude(pk=self.pk)
        if self.rpps and others.filter(login=self.rpps).exists():
            raise ValidationError({"rpps": "Ce numéro est l’identifiant d’une autre personne."})
        if others.filter(rpps=self.login, rpps__gt="").exists():
            raise ValidationError({"login": "Cet identifiant est le numéro RPPS d’une autre personne."})

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name.upper()}".strip()

    def get_short_name(self) -> str:
        return self.first_name

    @property
    def initials(self) -> str:
        return (self.first_name[:1] + self.last_name[:1]).upper()


class Session(AbstractBaseSession):
    """One browser of one person: what the security page lists, what the lock and the kill channel end.

    `gesture_at` moves with gestures only; heartbeats and autosave do not keep a session alive (design §10).
    """

    user = models.ForeignKey(
        "auth_otp.User", models.CASCADE, null=True, related_name="sessions", verbose_name="personne"
    )
    created_at = models.DateTimeField("ouverte le", auto_now_add=True)
    gesture_at = models.DateTimeField("dernier geste", auto_now_add=True)
    locked_at = models.DateTimeField("verrouillée le", null=True)
    device = models.CharField("appareil", max_length=120, blank=True)  # « Firefox sous Windows »
    client = models.GenericIPAddressField("adresse", null=True)

    class Meta:
        verbose_name, verbose_name_plural = "session", "sessions"

    def __str__(self) -> str:
        return f"{self.user} – {self.device}"

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        from auth_otp.sessions import SessionStore

        return SessionStore

    def save(self, *, force_update: bool = False, update_fields: Iterable[str] | None = None, **how: Any) -> None:
        """Django's engine writes what it knows and nothing else: a slow request never undoes a lock set meanwhile."""
        if force_update and update_fields is None:
            update_fields = ["session_data", "expire_date", "user"]
        super().save(force_update=force_update, update_fields=update_fields, **how)

    def is_locked(self, *, now: datetime, idle: timedelta) -> bool:
        """Locked by a person, or by `idle` without a gesture."""
        return self.locked_at is not None or now - self.gesture_at > idle


class NewBrowser(models.Model):
    """A sign-in by a browser that its person had not used: who tells them of it takes the row away (mailbox.newcomers)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    at = models.DateTimeField()
    device = models.CharField(max_length=120)
    client = models.GenericIPAddressField(null=True)

    def __str__(self) -> str:
        return str(self.pk)


class SMSDevice(Device):  # type: ignore[misc]  # django-otp has no types
    """The second factor «code by SMS» in django-otp's model: it holds no secret; challenges do, one at a time."""

    user = models.OneToOneField(User, models.CASCADE, related_name="sms_device")

    class Meta:
        verbose_name, verbose_name_plural = "code par SMS", "codes par SMS"

    def verify_token(self, token: str) -> bool:
        """Codes are verified by challenges.verify, bound to a sign-in: never here, out of context."""
        return False


class TOTPDevice(Device):  # type: ignore[misc]  # as above
    """An authenticator (RFC 6238). `last_step` is the newest step whose code has served: it, and those before, never do again."""

    user = models.OneToOneField(User, models.CASCADE, related_name="totp_device")
    box = models.BinaryField()  # the secret, sealed
    last_step = models.BigIntegerField()
    added_at = models.DateTimeField()
    used_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = "application d’authentification", "applications d’authentification"

    def verify_token(self, token: str) -> bool:
        """As of SMSDevice: codes are verified by challenges.verify."""
        return False


class RecoveryCode(models.Model):
    """A code on paper, for who has lost the authenticator: its keyed digest. Serves once."""

    user = models.ForeignKey(User, models.CASCADE, related_name="recovery_codes")
    digest = models.BinaryField(max_length=32)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="auth_otp_recovery_unique")]

    def __str__(self) -> str:
        return str(self.pk)


class ChallengeQuerySet(models.QuerySet["Challenge"]):
    def count_try(self, *, challenge_id: UUID, binding: str) -> "Challenge | None":
        """Count one try, if one is left, in one statement: parallel guesses together never get more than five."""
        rows = self.raw(_COUNT_TRY, [challenge_id, binding, otp.MAX_TRIES])
        return next(iter(rows), None)

    def answerable(self, now: datetime) -> "ChallengeQuerySet":
        """Neither used, nor ended, nor erased."""
        return self.filter(used_at=None, expires_at__gt=now, tries__lt=otp.MAX_TRIES, box__isnull=False)


class Challenge(models.Model):
    """The second factor of one sign-in, whichever way it is given: one count of tries for all of them.

    Digits of an SMS, drawn when one is asked for: a keyed digest, and sealed until used or ended (for re-sending).
    `due_at` is set while it waits to be sent: the row is the queue. `failure` says in French why the last sending failed.
    `carrier_id` is the carrier's name of the last SMS, when reports on it are awaited.
    """

    class Delivery(models.TextChoices):
        """What the carrier has reported since it took the SMS."""

        SENT = "sent", "envoyé"
        DELIVERED = "delivered", "remis"
        UNDELIVERED = "undelivered", "non remis"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="challenges")
    binding = models.CharField(max_length=64)  # digest of the sign-in that asked for it
    digest = models.BinaryField()  # empty until an SMS is asked for
    box = models.BinaryField(null=True)
    asked_at = models.DateTimeField()
    by_voice = models.BooleanField(default=False)  # the last one: a call
    asks = models.PositiveSmallIntegerField(default=1)  # the first one, and each «Renvoyer»
    due_at = models.DateTimeField(null=True, db_index=True)
    sent_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    failure = models.CharField(max_length=160, blank=True)
    carrier_id = models.CharField(max_length=64, blank=True)
    delivery = models.CharField(max_length=11, choices=Delivery, blank=True)

    objects = ChallengeQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def life(self) -> otp.Life:
        return otp.Life(expires_at=self.expires_at, tries=self.tries, is_used=self.used_at is not None)

    def has_ended(self, now: datetime) -> bool:
        return self.used_at is not None or now >= self.expires_at or self.tries >= otp.MAX_TRIES

    @property
    def is_moving(self) -> bool:
        """Something more may be learnt of its way."""
        is_awaited = bool(self.carrier_id) and self.delivery in {"", self.Delivery.SENT}
        return self.due_at is not None or is_awaited

    @property
    def resend_at(self) -> datetime:
        return self.asked_at + otp.RESEND_AFTER


_COUNT_TRY = """
UPDATE auth_otp_challenge SET tries = tries + 1
WHERE id = %s AND binding = %s AND used_at IS NULL AND tries < %s
RETURNING *
"""


class Throttle(models.Model):
    """Failures in one place (auth_otp.throttle says which), under a keyed digest; the next try is free at `free_at`."""

    key = models.BinaryField(primary_key=True, max_length=32)
    failures = models.PositiveIntegerField()
    free_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.failures}"


class Allowance(models.Model):
    """What was taken of something that is rationed, under a keyed digest of whose it is; begins anew at `until`."""

    key = models.BinaryField(primary_key=True, max_length=32)
    taken = models.PositiveIntegerField()
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.taken}"
