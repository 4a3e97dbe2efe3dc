"""What a mailbox lives through, its addresses for ever, and who is told before it ends (trust-space §7.3, §7.4)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from uuid_utils.compat import uuid7

from mailbox.models.mailbox import Mailbox


class UsedAddress(models.Model):
    """An address that a mailbox has or had: never given again, kept when the mailbox is destroyed. Written by a trigger.

    `skeleton` is the address without the separators of its local part (life/naming.py): one of each, whatever the kind.
    """

    skeleton = models.CharField(max_length=254, primary_key=True)
    address = models.CharField("adresse", max_length=254)
    used_at = models.DateTimeField("depuis")

    class Meta:
        verbose_name, verbose_name_plural = "adresse employée", "adresses employées"

    def __str__(self) -> str:
        return self.address


class Life(models.Model):
    """What stands about a mailbox beside its state. The row is the queue: `due_at` is when to look at it, or a lease's end."""

    mailbox = models.OneToOneField(
        "mailbox.Mailbox", models.CASCADE, primary_key=True, related_name="life", verbose_name="boîte aux lettres"
    )
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    reason = models.CharField("motif", max_length=300, blank=True)  # of its present state
    suspended_until = models.DateTimeField("suspendue jusqu’au", null=True, blank=True)
    closing_at = models.DateTimeField("clôture demandée pour le", null=True, blank=True)
    closed_at = models.DateTimeField("clôturée le", null=True, blank=True)
    destroy_at = models.DateTimeField("contenu détruit le", null=True, blank=True)
    kept_at = models.DateTimeField("opposition à la clôture", null=True, blank=True)
    ends_at = models.DateTimeField("clôture annoncée pour le", null=True, blank=True)  # of a mailbox that nobody opens
    warned = models.PositiveSmallIntegerField("dernier avertissement", null=True, blank=True)  # days before `ends_at`
    due_at = models.DateTimeField(null=True, default=timezone.now, db_index=True)

    class Meta:
        verbose_name, verbose_name_plural = "vie d’une boîte", "vies des boîtes"

    def __str__(self) -> str:
        return f"{self.mailbox}"


class LifeStep(models.Model):
    """What happened to a mailbox, when, by whom and why: for those who decide. The proof is the audit's."""

    class Act(models.TextChoices):
        OPEN = "open", "ouverte"
        SUSPEND = "suspend", "suspendue"
        RESUME = "resume", "remise en service"
        ASK = "ask", "clôture demandée"
        KEEP = "keep", "clôture demandée annulée"
        CLOSE = "close", "clôturée"
        REOPEN = "reopen", "rouverte"
        DESTROY = "destroy", "contenu détruit"
        WARN = "warn", "avertissement d’inactivité"
        OPPOSE = "oppose", "opposition à la clôture"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="steps")
    at = models.DateTimeField("le")
    act = models.CharField("fait", max_length=8, choices=Act)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name="par"
    )
    reason = models.CharField("motif", max_length=300, blank=True)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return self.get_act_display()


class MailboxRequest(models.Model):
    """A mailbox that somebody asks for. Its address is nobody's until it is opened; a request that waits holds it."""

    class State(models.TextChoices):
        WAITING = "waiting", "en attente"
        ACCEPTED = "accepted", "acceptée"
        REFUSED = "refused", "refusée"
        WITHDRAWN = "withdrawn", "retirée"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey("mailbox.Tenant", models.PROTECT, related_name="requests", verbose_name="structure")
    domain = models.ForeignKey("mailbox.Domain", models.PROTECT, related_name="+", verbose_name="domaine")
    kind = models.CharField("type", max_length=3, choices=Mailbox.Kind)
    address = models.CharField("adresse", max_length=254)
    skeleton = models.CharField(max_length=254)
    display_name = models.CharField("libellé", max_length=160)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="titulaire de la boîte"
    )  # fmt: skip
    reason = models.CharField("motif", max_length=300)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="demandée par"
    )
    asked_at = models.DateTimeField("demandée le")
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="accord du titulaire"
    )
    agreed_at = models.DateTimeField("accord donné le", null=True)
    state = models.CharField("état", max_length=9, choices=State, default=State.WAITING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name="décidée par"
    )
    decided_at = models.DateTimeField("décidée le", null=True)
    answer = models.CharField("réponse", max_length=300, blank=True)
    mailbox = models.OneToOneField("mailbox.Mailbox", models.SET_NULL, null=True, related_name="request")

    class Meta:
        verbose_name, verbose_name_plural = "demande de boîte", "demandes de boîtes"
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(fields=["skeleton"], condition=Q(state="waiting"), name="mailbox_request_address_once"),
            models.CheckConstraint(
                condition=Q(kind="PER", person__isnull=False) | (~Q(kind="PER") & Q(person=None)), name="mailbox_request_holder"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.address

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING


class ClosureNotice(models.Model):
    """One SMS that says when a mailbox will be closed, to one member. The row is the queue; sent once it has `sent_at`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    ends_at = models.DateTimeField()
    days = models.PositiveSmallIntegerField()
    due_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=160, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "user", "ends_at", "days"], name="mailbox_notice_once"),
        ]
        indexes = [models.Index(F("due_at"), name="mailbox_notice_due", condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        return f"{self.mailbox_id} {self.days}"


class NoticeChannel(models.Model):
    """How a person wants to be told that a mailbox ends; no row: SMS and mailbox (AU-037: the channel of their choice)."""

    class Channel(models.TextChoices):
        SMS = "sms", "SMS sur mon mobile, et message dans la boîte"
        MAILBOX = "mailbox", "message dans la boîte seulement"

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    channel = models.CharField(max_length=7, choices=Channel, default=Channel.SMS)

    def __str__(self) -> str:
        return self.get_channel_display()
