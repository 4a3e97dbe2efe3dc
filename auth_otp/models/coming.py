"""What somebody begins who is not signed in: an account, the activation of one, a way back in. And the codes that travel for it.

None of these rows lets anybody in. Secrets are keyed digests, or sealed until they have left; old rows are swept.
"""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from uuid_utils.compat import uuid7

from auth_otp.models.person import User


class Missive(models.Model):
    """A secret on its way to a person, for something that was begun: by SMS, or by a letter. The row is the queue (`due_at`).

    One of a kind for each thing begun: asked for again, it is drawn anew. `digest` is of its signs, keyed; `box` holds them
    and where they go, sealed, until it is used or over. Without an addressee it waits, for nobody, and no try is ever right.
    """

    class Kind(models.TextChoices):
        ENROL = "enrol", "code d’ouverture de compte"
        MOBILE = "mobile", "code de vérification d’un mobile"
        ACTIVATE = "activate", "lien d’activation"
        RESET_SMS = "reset_sms", "code de nouveau mot de passe"
        RESET_LETTER = "reset_letter", "code de nouveau mot de passe par courrier"
        WARNING = "warning", "avertissement"

    class Way(models.TextChoices):
        SMS = "sms", "SMS"
        LETTER = "letter", "courrier MSSanté"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=12, choices=Kind)
    way = models.CharField(max_length=6, choices=Way)
    about = models.UUIDField()  # the row it serves
    digest = models.BinaryField()
    box = models.BinaryField(null=True)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, db_index=True)
    sent_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    asks = models.PositiveSmallIntegerField(default=1)
    failure = models.CharField(max_length=160, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["about", "kind"], name="auth_otp_missive_once")]

    def __str__(self) -> str:
        return str(self.pk)


class _Begun(models.Model):
    """`reference` finds it again, `head` is its first group as its holder tells it: both are keyed digests."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reference = models.BinaryField(max_length=32, unique=True)
    head = models.BinaryField(max_length=32)
    asked_at = models.DateTimeField("demandé le")
    until = models.DateTimeField("jusqu’au", db_index=True)
    client = models.GenericIPAddressField("adresse", null=True)
    phone_box = models.BinaryField(null=True)  # the mobile that a code has confirmed, sealed

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.pk)


class Enrolment(_Begun):
    """A pharmacist asks for an account of their own by their RPPS. VOID: nobody is ever told why."""

    class State(models.TextChoices):
        ASKED = "asked", "demandé"  # nothing was looked up yet
        LETTER = "letter", "code envoyé par courrier"
        WAITING = "waiting", "attend une décision"
        PROVEN = "proven", "identité établie"
        CONFIRMED = "confirmed", "mobile confirmé"
        DONE = "done", "compte ouvert"
        REFUSED = "refused", "refusé"
        VOID = "void", "sans suite"

    rpps = models.CharField("numéro RPPS", max_length=11)
    state = models.CharField("état", max_length=9, choices=State, default=State.ASKED)
    places = ArrayField(models.CharField(max_length=9), default=list)  # FINESS of where the annuaire sees them
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", verbose_name="décidé par")
    decided_at = models.DateTimeField("décidé le", null=True)
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name, verbose_name_plural = "demande de compte", "demandes de compte"


class Activation(models.Model):
    """A link that a colleague, or an administrator, sends to a mobile: it opens with a code that they say in person.

    `user`: whose password it sets; None while there is no account yet: their names and number are in `box`, sealed.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    token = models.BinaryField(max_length=32, unique=True)  # keyed digest of what the link holds
    spoken = models.BinaryField(max_length=32)  # keyed digest of what is said in person
    box = models.BinaryField(null=True)
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    made_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField()
    until = models.DateTimeField(db_index=True)
    opened_at = models.DateTimeField(null=True)
    entered_at = models.DateTimeField(null=True)  # link and code were right together: neither serves again
    is_confirmed = models.BooleanField(default=False)  # the mobile, by a code
    done_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    sends = models.PositiveSmallIntegerField(default=1)

    def __str__(self) -> str:
        return str(self.pk)

    def is_open(self, now: datetime) -> bool:
        """Something may still come of it."""
        return self.done_at is None and self.revoked_at is None and now < self.until


class Reset(_Begun):
    """A way back in for who has lost a password, or a telephone. Two proofs, a wait, a warning on every channel, then the act.

    `user` is None when nobody has that name: such a row looks the same to whoever asked, and ends in nothing.
    """

    class Kind(models.TextChoices):
        PASSWORD = "password", "mot de passe oublié"
        FACTOR = "factor", "téléphone perdu"

    class State(models.TextChoices):
        ASKED = "asked", "demandé"
        OPEN = "open", "attend ses preuves"
        COOLING = "cooling", "preuves données, délai en cours"
        DONE = "done", "fait"
        CANCELLED = "cancelled", "annulé"
        VOID = "void", "sans suite"

    kind = models.CharField("demande", max_length=8, choices=Kind)
    state = models.CharField("état", max_length=9, choices=State, default=State.ASKED)
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="+", verbose_name="personne")
    device = models.CharField(max_length=120, blank=True)
    has_letter = models.BooleanField(default=False)  # an address elsewhere was written to
    is_known = models.BooleanField(default=False, db_default=False)  # asked by a browser that this person has used
    is_spared = models.BooleanField(
        default=False, db_default=False
    )  # recognised by who answers for them: no time to cool
    sms_at = models.DateTimeField(null=True)
    letter_at = models.DateTimeField(null=True)
    approved_at = models.DateTimeField("reconnu le", null=True)
    approved_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", verbose_name="reconnu par")
    opens_at = models.DateTimeField("possible le", null=True)
    ended_at = models.DateTimeField(null=True)
    to_tell = models.CharField(max_length=9, blank=True)  # what its person is to be told of: cooling, done

    class Meta:
        verbose_name, verbose_name_plural = "accès perdu", "accès perdus"
