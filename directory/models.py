"""The directory as last loaded: people, structures, MSSanté addresses, under what each is found, what each load did.

Identity is the file's own: IDNPS of a person, identifier of a structure, lower-cased address of a mailbox; `uuid` is what
a URL may hold. Keys of search are folded in Python and sorted bytewise ("C"), so that a prefix is a range of an index.
"""

from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from uuid_utils.compat import uuid7


class Qualification(models.Model):
    """A profession with a discipline, as met in the files; unknown codes keep the file's label (annuaire.md §2)."""

    category_code = models.CharField("catégorie", max_length=8, blank=True)  # TRE_R09: E is a student
    profession_code = models.CharField("code de la profession", max_length=16, blank=True)
    profession = models.CharField("profession", max_length=200, blank=True)
    speciality_code = models.CharField("code du savoir-faire", max_length=16, blank=True)
    speciality = models.CharField("spécialité", max_length=200, blank=True)
    words = models.TextField(editable=False)  # folded, a blank before each: see directory.trades

    class Meta:
        verbose_name = "qualification"
        constraints = [
            models.UniqueConstraint(
                fields=["category_code", "profession_code", "profession", "speciality_code", "speciality"],
                name="directory_qualification_once",
            )
        ]

    def __str__(self) -> str:
        return " · ".join(part for part in (self.profession, self.speciality) if part)


class Practitioner(models.Model):
    """A person of the RPPS, one row whatever the number of professions and places."""

    idnps = models.CharField("identification nationale", max_length=32, primary_key=True, db_collation="C")
    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    rpps = models.CharField("RPPS", max_length=32, blank=True, db_index=True, db_collation="C")
    is_checked = models.BooleanField("clé du RPPS juste", default=True)  # Luhn; a faulty one is kept and flagged
    title = models.CharField("civilité", max_length=16, blank=True)
    last_name = models.CharField("nom", max_length=200)
    first_name = models.CharField("prénom", max_length=200, blank=True)
    qualification = models.ForeignKey(
        Qualification, models.PROTECT, null=True, related_name="+", verbose_name="qualification"
    )  # the first that the file gives, with a discipline if there is one
    name_keys = ArrayField(models.CharField(max_length=64), default=list, editable=False)
    first_key = models.CharField(max_length=64, blank=True, editable=False)

    class Meta:
        verbose_name = "professionnel"

    def __str__(self) -> str:
        return " ".join(part for part in (self.title, self.first_name, self.last_name.upper()) if part)


class Organization(models.Model):
    """A structure: `F`+FINESS, `C`+SIRET or `R`+RPPS and rank."""

    key = models.CharField("identifiant", max_length=64, primary_key=True, db_collation="C")
    uuid = models.UUIDField(default=uuid7, unique=True, editable=False)
    name = models.CharField("nom", max_length=300)
    town = models.CharField("commune", max_length=200, blank=True)
    postcode = models.CharField("code postal", max_length=16, blank=True)
    department = models.CharField("département", max_length=100, blank=True)
    address_line = models.CharField("adresse", max_length=400, blank=True)
    phone = models.CharField("téléphone", max_length=64, blank=True)
    name_keys = ArrayField(models.CharField(max_length=64), default=list, editable=False)
    before_keys = ArrayField(models.CharField(max_length=64), default=list, editable=False)  # beside each name key
    town_keys = ArrayField(models.CharField(max_length=64), default=list, editable=False)

    class Meta:
        verbose_name = "structure"

    def __str__(self) -> str:
        return self.name


class PractitionerRole(models.Model):
    """One activity of a person: a qualification, a mode, a place (or none)."""

    practitioner = models.ForeignKey(Practitioner, models.CASCADE, related_name="roles", verbose_name="professionnel")
    organization = models.ForeignKey(
        Organization, models.CASCADE, null=True, related_name="roles", verbose_name="structure"
    )
    qualification = models.ForeignKey(Qualification, models.PROTECT, related_name="+", verbose_name="qualification")
    mode = models.CharField("mode d’exercice", max_length=100, blank=True)

    class Meta:
        verbose_name = "activité"

    def __str__(self) -> str:
        return f"{self.practitioner_id} {self.organization_id or '–'}"


class MailboxAddress(models.Model):
    """One published MSSanté address of one person or structure: the same address may be several people's."""

    class Kind(models.TextChoices):
        PERSON = "PER", "nominative"
        ORGANIZATION = "ORG", "organisationnelle"
        APPLICATION = "APP", "applicative"
        PRACTICE = "CAB", "de cabinet"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    address = models.CharField("adresse", max_length=254, db_collation="C")  # lower-cased: the only stable key there is
    kind = models.CharField("type", max_length=8, choices=Kind)
    practitioner = models.ForeignKey(
        Practitioner, models.PROTECT, null=True, related_name="addresses", verbose_name="professionnel"
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, null=True, related_name="addresses", verbose_name="structure"
    )
    service = models.CharField("service", max_length=300, blank=True)
    service_keys = ArrayField(models.CharField(max_length=64), default=list, editable=False)
    first_seen = models.DateTimeField("vue la première fois")
    last_seen = models.DateTimeField("vue la dernière fois")
    vanished_at = models.DateTimeField("retirée", null=True)

    class Meta:
        verbose_name, verbose_name_plural = "adresse MSSanté", "adresses MSSanté"
        constraints = [
            models.UniqueConstraint(
                fields=["address", "practitioner", "organization"], nulls_distinct=False, name="directory_address_once"
            )
        ]

    def __str__(self) -> str:
        return self.address

    @property
    def owner_key(self) -> str:
        """The IDNPS of its person, else the key of its structure."""
        return self.practitioner_id or self.organization_id or ""


class Entry(models.Model):
    """One way to find a person at a place, a structure or a service: a key of the name, a town, a qualification, and
    the address to write to: the one tied to that place if there is one, else another of the person's.

    Made from the other tables at each load (its id is a digest of the rest, so that a load writes differences only).
    Every index is read in its own order and stops at the limit; qualification and id ride along, so that filtering
    needs no visit to the table.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    practitioner = models.ForeignKey(Practitioner, models.CASCADE, null=True, related_name="+", db_index=False)
    organization = models.ForeignKey(Organization, models.CASCADE, null=True, related_name="+", db_index=False)
    mailbox = models.ForeignKey(MailboxAddress, models.CASCADE, null=True, related_name="+", db_index=False)
    qualification = models.ForeignKey(Qualification, models.CASCADE, null=True, related_name="+", db_index=False)
    name = models.CharField(max_length=64, db_collation="C")
    first = models.CharField(max_length=64, db_collation="C")  # of a structure: what stood before this part of its name
    town = models.CharField(max_length=64, db_collation="C")
    reachable = models.BooleanField()  # has an MSSanté address in force
    own = models.BooleanField()  # the address is of this very place

    class Meta:
        verbose_name, verbose_name_plural = "entrée de recherche", "entrées de recherche"
        indexes = [
            models.Index(
                fields=["name", "first", "town", "reachable"], include=["qualification", "id"], name="directory_by_name"
            ),
            models.Index(
                fields=["town", "name", "first", "reachable"], include=["qualification", "id"], name="directory_by_town"
            ),
            models.Index(
                fields=["first", "name", "town", "reachable"],
                include=["qualification", "id"],
                name="directory_by_first",
            ),
            models.Index(
                fields=["qualification", "town", "name", "first", "reachable"],
                include=["id"],
                name="directory_by_trade",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.first} {self.town}".strip()


_FRESH = timedelta(days=3)


class LoadQuerySet(models.QuerySet["DirectoryLoad"]):
    def in_force(self) -> "DirectoryLoad | None":
        """The load that the addresses are of."""
        return self.filter(state=DirectoryLoad.State.DONE, kind=DirectoryLoad.Kind.MAILBOXES).first()


class DirectoryLoad(models.Model):
    """One file offered to the directory, taken or refused whole."""

    class Kind(models.TextChoices):
        MAILBOXES = "mailboxes", "boîtes MSSanté"
        ACTIVITIES = "activities", "personnes et activités"
        UNKNOWN = "unknown", "inconnu"

    class State(models.TextChoices):
        RUNNING = "running", "en cours"
        DONE = "done", "en service"
        REFUSED = "refused", "refusé"

    kind = models.CharField("fichier attendu", max_length=16, choices=Kind, default=Kind.UNKNOWN)
    file_name = models.CharField("fichier", max_length=255)
    sha256 = models.CharField("empreinte", max_length=64, blank=True)
    dated = models.DateTimeField("date de l’extraction", null=True)
    started_at = models.DateTimeField("début")
    finished_at = models.DateTimeField("fin", null=True)
    lines_read = models.PositiveIntegerField("lignes lues", default=0)
    lines_kept = models.PositiveIntegerField("lignes gardées", default=0)
    lines_rejected = models.PositiveIntegerField("lignes rejetées", default=0)
    added = models.PositiveIntegerField("ajouts", default=0)
    vanished = models.PositiveIntegerField("retraits", default=0)
    state = models.CharField("état", max_length=8, choices=State, default=State.RUNNING)
    error = models.CharField("motif du refus", max_length=300, blank=True)

    objects = LoadQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "chargement de l’annuaire", "chargements de l’annuaire"
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.file_name} {self.get_state_display()}"

    @property
    def day(self) -> datetime:
        """The date of the data: the extraction's own, else the day it was loaded."""
        return self.dated or self.started_at

    def is_old(self, now: datetime) -> bool:
        """The extraction is published daily (annuaire.md §1.1): several days without a new one are told."""
        return now - self.day > _FRESH


class RejectedLine(models.Model):
    """A line that was not loaded: where it is and why, never what it says."""

    load = models.ForeignKey(DirectoryLoad, models.CASCADE, related_name="rejected", verbose_name="chargement")
    number = models.PositiveIntegerField("ligne")
    reason = models.CharField("motif", max_length=200)

    class Meta:
        verbose_name, verbose_name_plural = "ligne rejetée", "lignes rejetées"
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number}: {self.reason}"
