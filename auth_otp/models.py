"""Who you are: a person, their second factors, their sessions. Refuses shared accounts: one person, one User."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django_otp.models import Device
from uuid_utils.compat import uuid7


class UserManager(BaseUserManager["User"]):
    def create_user(self, login: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(login=login.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, login: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(login, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """By login or by RPPS number."""
        name = (username or "").strip().lower()
        return self.get(models.Q(login=name) | models.Q(rpps=name, rpps__gt=""))


class User(AbstractBaseUser, PermissionsMixin):
    """A person. `login` is the professional e-mail or the RPPS number, lower case."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    login = models.CharField("identifiant", max_length=254, unique=True)
    rpps = models.CharField("numéro RPPS", max_length=11, blank=True)
    title = models.CharField("titre", max_length=16, blank=True)  # « Dr », « Mme »…
    first_name = models.CharField("prénom", max_length=100)
    last_name = models.CharField("nom", max_length=100)
    profession = models.CharField("profession", max_length=100, blank=True)
    phone = models.CharField("téléphone mobile", max_length=16, blank=True)  # E.164
    is_active = models.BooleanField("actif", default=True)
    is_staff = models.BooleanField("accès à l’administration", default=False)
    created_at = models.DateTimeField("créé le", auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "login"
    REQUIRED_FIELDS = ["first_name", "last_name"]

    class Meta:
        verbose_name, verbose_name_plural = "utilisateur", "utilisateurs"
        constraints = [
            models.UniqueConstraint(fields=["rpps"], condition=~models.Q(rpps=""), name="auth_otp_user_rpps_unique")
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.login

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

    user = models.ForeignKey("auth_otp.User", models.CASCADE, null=True, related_name="sessions")
    created_at = models.DateTimeField(auto_now_add=True)
    gesture_at = models.DateTimeField(auto_now_add=True)
    locked_at = models.DateTimeField(null=True)
    device = models.CharField(max_length=120, blank=True)  # « Firefox sous Windows »
    client = models.GenericIPAddressField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = "session", "sessions"

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        from auth_otp.sessions import SessionStore

        return SessionStore


class SMSDevice(Device):
    """The second factor «code by SMS» in django-otp's model: it holds no secret; challenges do, one at a time."""

    class Meta:
        verbose_name, verbose_name_plural = "code par SMS", "codes par SMS"

    def verify_token(self, token: str) -> bool:
        """Codes are verified by challenges.verify, bound to a sign-in: never here, out of context."""
        return False


class Challenge(models.Model):
    """A code that was drawn for one sign-in. Its digits: a keyed digest, and sealed until used or ended (for re-sending).

    Without a user it is a decoy for an unknown login. `due_at` is set while it waits to be sent.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="challenges")
    binding = models.CharField(max_length=64)  # digest of the sign-in that asked for it
    digest = models.BinaryField()
    box = models.BinaryField(null=True)
    asked_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(null=True, db_index=True)
    sent_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    failure = models.CharField(max_length=120, blank=True)

    def __str__(self) -> str:
        return str(self.pk)


class Throttle(models.Model):
    """Failures of one pair (user, browser or network), under a keyed digest."""

    key = models.BinaryField(primary_key=True, max_length=32)
    failures = models.PositiveIntegerField()
    last_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.failures}"
