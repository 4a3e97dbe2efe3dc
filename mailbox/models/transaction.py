"""What was said over SMTP, recipient by recipient, and what is counted of it: technical traces, never content.

Appended by worker and smtpd; web reads. Purged after TRACE_DAYS (traces/purge.py); figures by hour and by day stay.
"""

from django.db import models
from django.db.models import Q


class Transaction(models.Model):
    """One recipient of one SMTP transaction that was accepted, one attempt of ours, or one refusal.

    Addresses as in the envelope, a patient's local part masked. `queue_id` is the id that the peer knows: «Queued as …» of
    what came, ENVID of what left. `repeats`: so many refusals alike within a minute, told once.
    """

    class Way(models.TextChoices):
        IN = "in", "reçu"
        OUT = "out", "envoyé"

    class Stage(models.TextChoices):
        CONNECT = "conn", "connexion"
        TLS = "tls", "TLS"
        MAIL = "mail", "expéditeur"
        RCPT = "rcpt", "destinataire"
        DATA = "data", "message"

    id = models.BigAutoField(primary_key=True)  # nobody names such a row
    at = models.DateTimeField("quand")
    way = models.CharField("sens", max_length=3, choices=Way)
    stage = models.CharField("étape", max_length=4, choices=Stage)
    peer_address = models.GenericIPAddressField("adresse du correspondant", null=True)
    domain = models.CharField("domaine", max_length=253, blank=True)  # the other side's
    mail_from = models.CharField("expéditeur", max_length=320, blank=True)
    rcpt_to = models.CharField("destinataire", max_length=320, blank=True)
    serial = models.CharField("numéro du certificat", max_length=64, blank=True)
    dn = models.CharField("nom du certificat", max_length=500, blank=True)
    tls = models.CharField("TLS", max_length=48, blank=True)  # version and cipher
    edition_id = models.UUIDField("édition de la liste blanche", null=True)
    crl = models.CharField("numéro de la liste de révocation", max_length=64, blank=True)
    reason = models.CharField("décision", max_length=32)  # a code: policy.Verdict.reason, or traces.reasons
    code = models.SmallIntegerField("code")
    enhanced = models.CharField("code étendu", max_length=12, blank=True)
    text = models.CharField("réponse", max_length=200, blank=True)
    size = models.IntegerField("taille", null=True)  # bytes
    seconds = models.FloatField("durée", null=True)  # of the transaction
    delay = models.FloatField("délai", null=True)  # seconds from 250 to filed, or from submitted to accepted
    queue_id = models.UUIDField("identifiant", null=True)
    message_id = models.UUIDField("message", null=True)
    mailbox_id = models.UUIDField("boîte aux lettres", null=True)
    extensions = models.SmallIntegerField("extensions", default=0)  # traces.values.Extension
    repeats = models.IntegerField("nombre", default=1)

    class Meta:
        verbose_name, verbose_name_plural = "transaction SMTP", "transactions SMTP"
        permissions = [("view_dashboard", "Peut voir le tableau de bord d’exploitation")]
        indexes = [
            models.Index("at", "id", name="mailbox_trace_at"),
            models.Index("mail_from", "at", "id", name="mailbox_trace_from"),
            models.Index("rcpt_to", "at", "id", name="mailbox_trace_to"),
            models.Index("domain", "at", "id", name="mailbox_trace_domain"),
            models.Index("queue_id", condition=Q(queue_id__isnull=False), name="mailbox_trace_queue"),
            models.Index("message_id", condition=Q(message_id__isnull=False), name="mailbox_trace_message"),
            models.Index("reason", "at", "id", condition=Q(code__gte=400), name="mailbox_trace_refused"),
            models.Index("code", "at", "id", condition=Q(code__gte=400), name="mailbox_trace_code"),
        ]

    def __str__(self) -> str:
        return f"{self.way} {self.at:%Y-%m-%d %H:%M:%S} {self.code}"


class Flow(models.Model):
    """One hour of transactions: how many, how large, how late. `cause` is empty for what was accepted."""

    hour = models.DateTimeField("heure")
    way = models.CharField("sens", max_length=3, choices=Transaction.Way)
    cause = models.CharField("cause", max_length=32, blank=True)
    count = models.BigIntegerField("nombre")
    size = models.BigIntegerField("octets", default=0)
    p50 = models.FloatField("délai médian", null=True)  # seconds
    p95 = models.FloatField("délai, 95 %", null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hour", "way", "cause"], name="mailbox_flow_once")]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H} {self.way} {self.cause}"


class Indicator(models.Model):
    """One figure of one day (Europe/Paris). `labels` is «name=value,name=value» in the order of the alphabet."""

    day = models.DateField("jour")
    name = models.CharField("indicateur", max_length=40)
    labels = models.CharField("dimensions", max_length=200, blank=True)
    value = models.FloatField("valeur")

    class Meta:
        verbose_name, verbose_name_plural = "indicateur", "indicateurs"
        ordering = ["-day", "name", "labels"]
        constraints = [models.UniqueConstraint(fields=["day", "name", "labels"], name="mailbox_indicator_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


class IndicatorMonth(models.Model):
    """A month that was given to the writer: once, and what was given."""

    month = models.DateField("mois", primary_key=True)  # its first day
    written_at = models.DateTimeField("écrit le")
    rows = models.IntegerField("lignes")
    sha256 = models.CharField("empreinte", max_length=64)

    class Meta:
        verbose_name, verbose_name_plural = "mois d’indicateurs", "mois d’indicateurs"
        ordering = ["-month"]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"
