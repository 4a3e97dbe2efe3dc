"""The directory as last loaded: people, structures, MSSanté addresses, and what each load did.

Identity is the IDNPS of a person and the lower-cased address of a mailbox; names and labels are the file's own.
Folded columns are sorted bytewise ("C") so that a prefix is a range of an ordinary index.
"""

from datetime import datetime

from django.db import models


class Practitioner(models.Model):
    """A person of the RPPS, one row whatever the number of professions and places."""

    idnps = models.CharField("identification nationale", max_length=32, primary_key=True)
    rpps = models.CharField("RPPS", max_length=32, blank=True)
    title = models.CharField("civilité", max_length=16, blank=True)
    last_name = models.CharField("nom", max_length=200)
    first_name = models.CharField("prénom", max_length=200, blank=True)
    last_folded = models.CharField(max_length=200, db_collation="C", editable=False)
    first_folded = models.CharField(max_length=200, db_collation="C", blank=True, editable=False)
    profession_code = models.CharField("code de la profession", max_length=16, blank=True)
    profession = models.CharField("profession", max_length=200, blank=True)
    speciality = models.CharField("spécialité", max_length=200, blank=True)
    trade_folded = models.CharField(max_length=400, blank=True, editable=False)  # profession and speciality

    class Meta:
        verbose_name = "professionnel"

    def __str__(self) -> str:
        return " ".join(part for part in (self.title, self.first_name, self.last_name) if part)


class Organization(models.Model):
    """A structure: `F`+FINESS, `C`+SIRET or `R`+RPPS and rank."""

    key = models.CharField("identifiant", max_length=64, primary_key=True)
    name = models.CharField("nom", max_length=300)
    name_folded = models.CharField(max_length=300, db_collation="C", editable=False)
    own_folded = models.CharField(max_length=300, db_collation="C", editable=False)  # the name without its kind
    town = models.CharField("commune", max_length=200, blank=True)
    town_folded = models.CharField(max_length=200, db_collation="C", blank=True, editable=False)
    postcode = models.CharField("code postal", max_length=16, blank=True)
    department = models.CharField("département", max_length=100, blank=True)
    address_line = models.CharField("adresse", max_length=400, blank=True)
    phone = models.CharField("téléphone", max_length=64, blank=True)

    class Meta:
        verbose_name = "structure"

    def __str__(self) -> str:
        return self.name


class PractitionerRole(models.Model):
    """One activity of a person: a profession, a mode, a place (or none)."""

    practitioner = models.ForeignKey(Practitioner, models.CASCADE, related_name="roles", verbose_name="professionnel")
    organization = models.ForeignKey(
        Organization, models.CASCADE, null=True, related_name="roles", verbose_name="structure"
    )
    profession_code = models.CharField("code de la profession", max_length=16, blank=True)
    profession = models.CharField("profession", max_length=200, blank=True)
    speciality = models.CharField("spécialité", max_length=200, blank=True)
    mode = models.CharField("mode d’exercice", max_length=100, blank=True)

    class Meta:
        verbose_name = "activité"

    def __str__(self) -> str:
        return f"{self.practitioner_id} {self.profession} {self.organization_id or '–'}"


class MailboxAddress(models.Model):
    """One published MSSanté address, with all that a search looks at; an organisation's own name is its `last_folded`."""

    class Kind(models.TextChoices):
        PERSON = "PER", "nominative"
        ORGANIZATION = "ORG", "organisationnelle"

    address = models.CharField("adresse", max_length=254, unique=True)  # lower-cased: the only stable key there is
    kind = models.CharField("type", max_length=3, choices=Kind)
    practitioner = models.ForeignKey(
        Practitioner, models.PROTECT, null=True, related_name="addresses", verbose_name="professionnel"
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, null=True, related_name="addresses", verbose_name="structure"
    )
    service = models.CharField("service", max_length=300, blank=True)
    first_seen = models.DateTimeField("vue la première fois")
    last_seen = models.DateTimeField("vue la dernière fois")
    vanished_at = models.DateTimeField("retirée", null=True)
    last_folded = models.CharField(max_length=300, db_collation="C", default="", editable=False)
    first_folded = models.CharField(max_length=200, db_collation="C", default="", editable=False)
    town_folded = models.CharField(max_length=200, db_collation="C", default="", editable=False)
    name_folded = models.CharField(max_length=300, db_collation="C", default="", editable=False)
    words = models.TextField(default="", editable=False)  # « dupont anne pharmacien … », each word after a blank

    class Meta:
        verbose_name, verbose_name_plural = "adresse MSSanté", "adresses MSSanté"
        indexes = [
            models.Index(
                "last_folded", "first_folded", name="directory_last_first", condition=models.Q(vanished_at=None)
            ),
            models.Index(
                "first_folded", "last_folded", name="directory_first_last", condition=models.Q(vanished_at=None)
            ),
            models.Index(
                "town_folded", "last_folded", name="directory_town_last", condition=models.Q(vanished_at=None)
            ),
            models.Index("last_folded", name="directory_own_name", condition=models.Q(vanished_at=None, kind="ORG")),
            models.Index("name_folded", name="directory_name", condition=models.Q(vanished_at=None, kind="ORG")),
        ]

    def __str__(self) -> str:
        return self.address


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

    class Meta:
        verbose_name, verbose_name_plural = "chargement de l’annuaire", "chargements de l’annuaire"
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.file_name} {self.get_state_display()}"

    @property
    def day(self) -> datetime:
        """The date of the data: the extraction's own, else the day it was loaded."""
        return self.dated or self.started_at


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
