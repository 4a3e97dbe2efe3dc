"""The people of a structure: whom its *titulaire* answers for, and lets into its mailboxes."""

from django.conf import settings
from django.db import models
from uuid_utils.compat import uuid7

from auth_otp.models import User
from mailbox.models.tenant import Tenant


class StaffQuerySet(models.QuerySet["Staff"]):
    def authorised(self) -> "StaffQuerySet":
        return self.filter(state=Staff.State.AUTHORISED)

    def headed_by(self, user: User) -> models.QuerySet[Tenant]:
        """Structures that this person is *titulaire* or «gérant» of."""
        named = self.authorised().filter(user=user, is_delegate=True).values("tenant")
        return Tenant.objects.filter(models.Q(holder=user) | models.Q(pk__in=named))


class Staff(models.Model):
    """One person in one structure; they may belong to several. Its shared mailboxes open to who is authorised, and nobody else.

    The row stays once somebody is withdrawn: who let them in, and that they may not come back by an old invitation.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "à autoriser"  # invited by who may not authorise
        AUTHORISED = "authorised", "autorisé"
        SUSPENDED = "suspended", "suspendu"
        WITHDRAWN = "withdrawn", "retiré"

    class Letter(models.TextChoices):
        """What their own nominative mailbox is still to be told: the row is the queue (mailbox.staff.letters)."""

        STRONGER = "stronger"
        RULES = "rules"

    class Function(models.TextChoices):
        HOLDER = "titulaire", "pharmacien titulaire"
        DEPUTY = "adjoint", "pharmacien adjoint"
        LOCUM = "remplacant", "pharmacien remplaçant"
        PREPARER = "preparateur", "préparateur en pharmacie"
        APPRENTICE = "apprenti", "apprenti préparateur"
        STUDENT = "etudiant", "étudiant en pharmacie"
        STORE = "rayonniste", "rayonniste"
        CLERK = "administratif", "secrétariat, comptabilité"
        OTHER = "", "autre"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey("mailbox.Tenant", models.CASCADE, related_name="staff", verbose_name="structure")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="works", verbose_name="personne")
    state = models.CharField("état", max_length=10, choices=State, default=State.AUTHORISED)
    function = models.CharField("fonction", max_length=13, choices=Function, blank=True, default="")
    is_delegate = models.BooleanField("gérant", default=False)  # acts for the titulaire
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name="décidé par"
    )  # None: the operator, or before anybody was asked
    decided_at = models.DateTimeField("décidé le")
    asked_at = models.DateTimeField(null=True)  # when the titulaire asked them for a stronger factor
    letter = models.CharField(max_length=8, choices=Letter, blank=True, default="", db_default="")

    objects = StaffQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "personne d’une structure", "personnes des structures"
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="mailbox_staff_once")]

    def __str__(self) -> str:
        return f"{self.user} – {self.tenant} ({self.get_state_display()})"

    @property
    def is_authorised(self) -> bool:
        return self.state == self.State.AUTHORISED
