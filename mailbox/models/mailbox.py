"""A mailbox (the *BAL*), its keys, and who may do what in it (ANS TRE_R257, trust-space §7)."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from uuid_utils.compat import uuid7

from mailbox.models.staff import Staff
from mssweb import crypto, keys


@dataclass(frozen=True)
class MailboxKeys:
    """A mailbox's opened keys: `private` opens arrivals, the others are sub-keys of its root, one use each."""

    private: bytes
    content: crypto.Key
    summary: crypto.Key
    index: crypto.Key

    def __repr__(self) -> str:
        return "MailboxKeys(…)"


class Mailbox(models.Model):
    """An address and what sits behind it. Address and kind never change; an address is never given to another."""

    class Kind(models.TextChoices):
        PER = "PER", "personnelle"
        ORG = "ORG", "organisationnelle"
        APP = "APP", "applicative"

    class State(models.TextChoices):
        REQUESTED = "requested", "demandée"
        ACTIVE = "active", "active"
        SUSPENDED = "suspended", "suspendue"
        CLOSED = "closed", "clôturée"
        DELETED = "deleted", "supprimée"

    class Receipts(models.TextChoices):
        """What is done when a sender asks for a read receipt (RFC 8098 §2.1)."""

        ASK = "ask", "demander à chaque fois"
        ALWAYS = "always", "l’envoyer dès la lecture"
        NEVER = "never", "ne jamais l’envoyer"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey("mailbox.Tenant", models.PROTECT, related_name="mailboxes", verbose_name="structure")
    domain = models.ForeignKey("mailbox.Domain", models.PROTECT, related_name="mailboxes", verbose_name="domaine")
    address = models.CharField("adresse", max_length=254, unique=True)  # lower case
    kind = models.CharField("type", max_length=3, choices=Kind)
    display_name = models.CharField("libellé", max_length=160)
    state = models.CharField("état", max_length=10, choices=State, default=State.REQUESTED)
    is_technical = models.BooleanField(
        "technique", default=False
    )  # our own probes' (probe.py): nobody's, never published
    red_list = models.BooleanField("liste rouge", default=False)
    quota_bytes = models.PositiveBigIntegerField("quota", default=10 * 1024**3)
    used_bytes = models.PositiveBigIntegerField("occupation", default=0)
    modseq = models.PositiveBigIntegerField("modseq", default=0)  # RFC 7162: grows with every change seen by readers
    public_key = models.BinaryField("clé publique")
    receipts = models.CharField("accusés de lecture", max_length=6, choices=Receipts, default=Receipts.ASK)
    asks_delivery = models.BooleanField("demander l’accusé de remise", default=False)  # what the composer begins with
    asks_read = models.BooleanField("demander l’accusé de lecture", default=False)
    answer_hours = models.PositiveSmallIntegerField(
        "délai de réponse (heures)", default=24
    )  # past it, a received message that nobody answered is late; 0: never
    room_told = models.PositiveSmallIntegerField(default=0)  # percent: the last warning that its room runs out
    created_at = models.DateTimeField("créée le", auto_now_add=True)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="mailbox.Membership", related_name="mailboxes")

    class Meta:
        verbose_name, verbose_name_plural = "boîte aux lettres", "boîtes aux lettres"

    def __str__(self) -> str:
        return self.address

    @property
    def accepts_mail(self) -> bool:
        return self.state == self.State.ACTIVE

    @property
    def is_peoples(self) -> bool:
        """Do its members work in it? Not while it only lets itself be read, nor in a software's."""
        return self.accepts_mail and self.kind != self.Kind.APP

    @property
    def is_shared(self) -> bool:
        return self.kind == self.Kind.ORG

    @cached_property
    def keys(self) -> MailboxKeys:
        """Its opened keys: one query unless `key` was selected with the row, then a few microseconds."""
        return self.key.open()


class MailboxKey(models.Model):
    """The wrapped private half of a mailbox, in a table of its own with a backup of its own (design §4.5)."""

    mailbox = models.OneToOneField(Mailbox, models.CASCADE, primary_key=True, related_name="key")
    master_id = models.CharField(max_length=32, db_index=True)
    box = models.BinaryField()  # master key seals: root key (32) + private key (96)
    wrapped_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name, verbose_name_plural = "clé de boîte", "clés de boîtes"

    def __str__(self) -> str:
        return f"{self.mailbox_id} ({self.master_id})"

    def open(self) -> MailboxKeys:
        """keys.NoMasterKey or crypto.Unreadable when it cannot be opened here."""
        return _open(self.mailbox_id, self.master_id, bytes(self.box))


def key_context(mailbox_id: UUID) -> str:
    return f"mailboxkey:{mailbox_id}"


@lru_cache(maxsize=512)
def _open(mailbox_id: UUID, master_id: str, box: bytes) -> MailboxKeys:
    secret = keys.unwrap(master_id, box, key_context(mailbox_id))
    root = crypto.Key(secret[: crypto.KEY_BYTES])
    return MailboxKeys(
        private=secret[crypto.KEY_BYTES :],
        content=crypto.subkey(root, "content"),
        summary=crypto.subkey(root, "summary"),
        index=crypto.subkey(root, "index"),
    )


def open_mailbox(**fields: Any) -> Mailbox:
    """Create a mailbox with its keys and its standard folders, in the caller's transaction."""
    from mailbox.models.folder import Folder

    pair, root = crypto.new_keypair(), crypto.new_key()
    mailbox = Mailbox.objects.create(public_key=pair.public, **fields)
    master_id, box = keys.wrap(root.secret + pair.private, key_context(mailbox.pk))
    MailboxKey.objects.create(mailbox=mailbox, master_id=master_id, box=box)
    Folder.objects.bulk_create(
        Folder(mailbox=mailbox, role=role, position=position)
        for position, role in enumerate(Folder.Role.values)
        if role
    )
    return mailbox


class MembershipQuerySet(models.QuerySet["Membership"]):
    def standing(self) -> "MembershipQuerySet":
        """Those that open something: of authorised people of the structure. A nominative mailbox is its holder's anyway."""
        return self.filter(_stands())

    def judged(self) -> "MembershipQuerySet":
        """All of them; `stands` says of each whether it opens something."""
        return self.annotate(stands=models.ExpressionWrapper(_stands(), models.BooleanField()))


def _stands() -> models.Q:
    here = {"tenant": models.OuterRef("mailbox__tenant"), "user": models.OuterRef("user")}
    return models.Q(mailbox__kind=Mailbox.Kind.PER) | models.Q(models.Exists(Staff.objects.authorised().filter(**here)))


class Membership(models.Model):
    """What one person may do in one mailbox. Everyone signs in by name; there is no shared password."""

    class Role(models.TextChoices):
        MANAGER = "manager", "responsable"
        MEMBER = "member", "membre"
        READER = "reader", "lecteur"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey(Mailbox, models.CASCADE, related_name="memberships", verbose_name="boîte aux lettres")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships", verbose_name="utilisateur"
    )
    role = models.CharField("rôle", max_length=8, choices=Role, default=Role.MEMBER)
    may_send = models.BooleanField("peut envoyer", default=True)
    signature_box = models.BinaryField(null=True, blank=True)  # sealed text, personal
    handover_seen = models.ForeignKey("mailbox.Handover", models.SET_NULL, null=True, related_name="+")  # put aside
    wants_summary = models.BooleanField(default=False, db_default=False)  # a message a day (mailbox/daily.py)
    summary_told = models.DateField(null=True)  # the last day that was told
    created_at = models.DateTimeField("depuis", auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "membre", "membres"
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "user"], name="mailbox_membership_once"),
            models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_membership_in_mailbox"),
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.mailbox} ({self.get_role_display()})"

    @property
    def has_drafts(self) -> bool:
        """Drafts of one's own, which stay to be read while the mailbox only lets itself be read."""
        return self.role != self.Role.READER and self.mailbox.kind != Mailbox.Kind.APP

    @property
    def can_write(self) -> bool:
        return self.has_drafts and self.mailbox.accepts_mail

    @property
    def can_send(self) -> bool:
        return self.can_write and self.may_send

    @property
    def can_manage(self) -> bool:
        return self.role == self.Role.MANAGER


class Credential(models.Model):
    """The certificate by which software opens an APP mailbox (trust-space §9). Used from the API issue on."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey(Mailbox, models.CASCADE, related_name="credentials", verbose_name="boîte aux lettres")
    certificate_dn = models.CharField("DN du certificat", max_length=500)
    serial = models.CharField("numéro de série", max_length=64)
    not_after = models.DateTimeField("valide jusqu’au")
    revoked_at = models.DateTimeField("révoqué le", null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = "certificat d’application", "certificats d’application"
        constraints = [
            models.UniqueConstraint(fields=["certificate_dn", "serial"], name="mailbox_credential_once"),
            models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_credential_in_mailbox"),
        ]

    def __str__(self) -> str:
        return self.certificate_dn
