"""What a person proves with that they are who they say, beside the password: django-otp's devices.

Codes are verified by challenges.verify, passkeys and links by their own doors: never by `verify_token`, out of context.
"""

from django.db import models
from django_otp.models import Device

from auth_otp.models.person import User


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
    until = models.DateTimeField(null=True)  # of one that a colleague hands over (factors.hand_over)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="auth_otp_recovery_unique")]

    def __str__(self) -> str:
        return str(self.pk)


class Passkey(Device):  # type: ignore[misc]  # as above
    """A key of WebAuthn level 3, §4 «credential record»: what verifies its signatures. Its sessions end when it is removed."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    credential_id = models.BinaryField(max_length=1023, unique=True)
    public_key = models.BinaryField(max_length=1023)  # COSE_Key (RFC 9052 §7)
    sign_count = models.PositiveBigIntegerField(default=0)
    transports = models.JSONField(default=list)
    is_synced = models.BooleanField(default=False)  # backed up by its maker's cloud, as it says
    aaguid = models.CharField(max_length=36, blank=True)  # of its model
    added_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = "clé d’accès", "clés d’accès"

    def verify_token(self, token: str) -> bool:
        """As of SMSDevice: signatures are verified by passkeys, bound to a ceremony."""
        return False


class SectorLink(Device):  # type: ignore[misc]  # as above
    """A door of the sector, to which this person is known by a national number. Its sessions end when it is removed."""

    class Kind(models.TextChoices):
        PSC = "psc", "Pro Santé Connect"
        CPS = "cps", "carte CPS"

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    kind = models.CharField("porte", max_length=3, choices=Kind)
    subject = models.CharField("identification nationale", max_length=32)  # 8 + RPPS
    added_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = "identité du secteur", "identités du secteur"
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject"], name="auth_otp_sector_subject"),
            models.UniqueConstraint(fields=["user", "kind"], name="auth_otp_sector_once"),
        ]

    def verify_token(self, token: str) -> bool:
        """As of SMSDevice: its door verifies."""
        return False
