"""The directory as last loaded: people, structures, MSSanté addresses, under what each is found, what each load did.

A row's id is a digest of what the files call it (directory.identity): a load writes rows without asking for numbers, and
the database keeps no foreign key between these tables (a load of five million rows would check each). Keys of search are
folded in Python and sorted bytewise ("C"), so that a prefix is a range of an index.
"""

from datetime import datetime, timedelta
from functools import partial

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from directory import identity


class Reference(models.Model):
    """A row that a URL may name."""

    id = models.BigIntegerField(primary_key=True, editable=False)

    class Meta:
        abstract = True

    @property
    def ref(self) -> str:
        return identity.ref(self.pk)


def keys() -> ArrayField:  # type: ignore[type-arg]
    return ArrayField(models.CharField(max_length=64), default=list, editable=False)


To = partial(models.ForeignKey, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)


class Source(models.IntegerChoices):
    """Where a row was read, the better the greater: the file of activities knows people and places best."""

    MAILBOXES = 0, "extraction des boîtes MSSanté"
    ACTIVITIES = 1, "extraction des activités"


class Qualification(models.Model):
    """A profession with a discipline, as met in the files; unknown codes keep the file's label (annuaire.md §2)."""

    id = models.BigIntegerField(primary_key=True, editable=False)
    category_code = models.CharField("catégorie", max_length=8, blank=True)  # TRE_R09: E is a student
    profession_code = models.CharField("code de la profession", max_length=16, blank=True)
    profession = models.CharField("profession", max_length=200, blank=True)
    speciality_code = models.CharField("code du savoir-faire", max_length=16, blank=True)
    speciality = models.CharField("spécialité", max_length=200, blank=True)
    words = models.TextField(editable=False)  # folded, a blank before each: see directory.trades

    class Meta:
        verbose_name = "qualification"

    def __str__(self) -> str:
        return " · ".join(part for part in (self.profession, self.speciality) if part)


class Practitioner(Reference):
    """A person of the RPPS, one row whatever the number of professions and places."""

    idnps = models.CharField("identification nationale", max_length=32)
    rpps = models.CharField("RPPS", max_length=32, blank=True)
    is_checked = models.BooleanField("clé du RPPS juste", default=True)  # Luhn; a faulty one is kept and flagged
    title = models.CharField("civilité", max_length=16, blank=True)
    last_name = models.CharField("nom", max_length=200)
    first_name = models.CharField("prénom", max_length=200, blank=True)
    qualification = To(Qualification, null=True, related_name="+", verbose_name="qualification")
    # the first that the file gives, with a discipline if there is one
    name_keys = keys()
    first_key = models.CharField(max_length=64, blank=True, editable=False)
    source = models.SmallIntegerField("source", choices=Source)
    first_seen = models.DateTimeField("vu la première fois")
    vanished_at = models.DateTimeField("retiré", null=True)  # no line names this person any more

    class Meta:
        verbose_name = "professionnel"

    def __str__(self) -> str:
        return " ".join(part for part in (self.title, self.first_name, self.last_name.upper()) if part)


class Organization(Reference):
    """A structure: `F`+FINESS, `C`+SIRET or `R`+RPPS and rank."""

    key = models.CharField("identifiant", max_length=64)
    name = models.CharField("nom", max_length=300)
    town = models.CharField("commune", max_length=200, blank=True)
    postcode = models.CharField("code postal", max_length=16, blank=True)
    commune = models.CharField("code commune", max_length=5, blank=True)  # INSEE
    department = models.CharField("département", max_length=3, blank=True)  # its code
    address_line = models.CharField("adresse", max_length=400, blank=True)
    phone = models.CharField("téléphone", max_length=64, blank=True)
    name_keys = keys()
    before_keys = keys()  # beside each name key
    town_keys = keys()
    source = models.SmallIntegerField("source", choices=Source)
    first_seen = models.DateTimeField("vue la première fois")
    vanished_at = models.DateTimeField("retirée", null=True)

    class Meta:
        verbose_name = "structure"

    def __str__(self) -> str:
        return self.name


class PractitionerRole(models.Model):
    """One line of the activities (a qualification, a mode, a place or none) or of the disciplines held without a place."""

    line = models.BigIntegerField(primary_key=True, editable=False)  # digest of the line, as it was written
    practitioner = To(Practitioner, related_name="roles", verbose_name="professionnel")
    organization = To(Organization, null=True, related_name="roles", verbose_name="structure")
    qualification = To(Qualification, related_name="+", verbose_name="qualification")
    mode = models.CharField("mode d’exercice", max_length=100, blank=True)
    function = models.CharField("fonction", max_length=100, blank=True)
    is_skill = models.BooleanField("savoir-faire seul", default=False)

    class Meta:
        verbose_name = "activité"
        indexes = [
            models.Index(fields=["practitioner"], name="directory_role_of"),
            models.Index(fields=["organization"], name="directory_role_at"),
        ]

    def __str__(self) -> str:
        return f"{self.practitioner_id} {self.organization_id or '–'}"


class MailboxAddress(Reference):
    """One published MSSanté address of one person or structure: the same address may be several people's."""

    class Kind(models.TextChoices):
        PERSON = "PER", "nominative"
        ORGANIZATION = "ORG", "organisationnelle"
        APPLICATION = "APP", "applicative"
        PRACTICE = "CAB", "de cabinet"

    line = models.BigIntegerField(editable=False)  # digest of the line that said so last
    address = models.CharField("adresse", max_length=254, db_collation="C")  # lower-cased: the only stable key there is
    kind = models.CharField("type", max_length=8, choices=Kind)
    practitioner = To(Practitioner, null=True, related_name="addresses", verbose_name="professionnel")
    organization = To(Organization, null=True, related_name="addresses", verbose_name="structure")
    service = models.CharField("service", max_length=300, blank=True)
    service_keys = keys()
    is_paperless = models.BooleanField("zéro papier", null=True)
    first_seen = models.DateTimeField("vue la première fois")
    vanished_at = models.DateTimeField("retirée", null=True)

    class Meta:
        verbose_name, verbose_name_plural = "adresse MSSanté", "adresses MSSanté"
        indexes = [
            models.Index(fields=["address"], name="directory_address"),
            models.Index(fields=["practitioner"], name="directory_address_of"),
            models.Index(fields=["organization"], name="directory_address_at"),
        ]

    def __str__(self) -> str:
        return self.address


class Entry(models.Model):
    """One way to find a person at a place, a structure or a service: a key of the name, a town, a qualification, and
    the address to write to: the one tied to that place if there is one, else another of the person's.

    Made from the other tables at each load. Every index is read in its own order and stops at the limit; what a search
    filters by rides along, so that filtering needs no visit to the table.
    """

    id = models.BigAutoField(primary_key=True)
    owner = models.BigIntegerField()  # of the practitioner or, of a structure, the organization
    practitioner = To(Practitioner, null=True, related_name="+")
    organization = To(Organization, null=True, related_name="+")
    mailbox = To(MailboxAddress, null=True, related_name="+")
    qualification = To(Qualification, null=True, related_name="+")
    name = models.CharField(max_length=64, db_collation="C")
    first = models.CharField(max_length=64, db_collation="C")  # of a structure: what stood before this part of its name
    town = models.CharField(max_length=64, db_collation="C")
    department = models.CharField(max_length=3, db_collation="C")
    reachable = models.BooleanField()  # has an MSSanté address in force
    own = models.BooleanField()  # the address is of this very place

    class Meta:
        verbose_name, verbose_name_plural = "entrée de recherche", "entrées de recherche"
        indexes = [
            models.Index(
                fields=[*order, "reachable"],
                include=[*riding, "id"],
                name=f"directory_by_{name}",
            )
            for name, order, riding in (
                ("name", ["name", "first", "town"], ["qualification", "department"]),
                ("town", ["town", "name", "first"], ["qualification", "department"]),
                ("given", ["town", "first", "name"], ["qualification", "department"]),
                ("first", ["first", "name", "town"], ["qualification", "department"]),
                ("trade", ["qualification", "town", "name", "first"], ["department"]),
                ("department", ["department", "name", "first", "town"], ["qualification"]),
            )
        ] + [models.Index(fields=["owner"], name="directory_by_owner")]

    def __str__(self) -> str:
        return f"{self.name} {self.first} {self.town}".strip()


class Word(models.Model):
    """A family name, first name or town that some entry is found under, with how many, and its misspellings' numbers."""

    class Kind(models.IntegerChoices):
        NAME = 0
        FIRST = 1
        TOWN = 2
        TRADE = 3

    id = models.BigAutoField(primary_key=True)
    kind = models.SmallIntegerField(choices=Kind)
    key = models.CharField(max_length=64, db_collation="C")
    weight = models.IntegerField()
    spellings = ArrayField(models.IntegerField(), default=list)

    class Meta:
        verbose_name, verbose_name_plural = "mot de l’annuaire", "mots de l’annuaire"
        indexes = [GinIndex(fields=["spellings"], name="directory_by_spelling")]
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="directory_word_once")]

    def __str__(self) -> str:
        return self.key


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
        SKILLS = "skills", "savoir-faire"
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
    percent = models.PositiveSmallIntegerField("avancement", default=0)  # of the file, while it is read
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
