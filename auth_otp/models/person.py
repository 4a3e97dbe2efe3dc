"""A person, one User each. Refuses shared accounts."""

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from uuid_utils.compat import uuid7

from auth_otp import numbers
from mssweb.prepared import prepared

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

    def named(self, name: str) -> "User | None":
        """The same, in a statement that is written once: every sign-in asks it."""
        return next(iter(_named(name=name.strip().lower())), None)

    def get_by_natural_key(self, username: str | None) -> "User":
        if (found := self.named(username or "")) is None:
            raise self.model.DoesNotExist
        return found


@prepared
def _named(*, name: str) -> "models.QuerySet[User]":
    return User.objects.known_as(name)


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
    wants_browser_sms = models.BooleanField("SMS à chaque navigateur nouveau", default=True)
    is_active = models.BooleanField("actif", default=True)
    is_staff = models.BooleanField("accès à l’administration", default=False)
    leaving_at = models.DateTimeField("suppression demandée pour le", null=True, blank=True, db_index=True)
    erased_at = models.DateTimeField("effacé le", null=True, blank=True)
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
