"""People, structures, what they do where, and their published addresses.

A row's id is a digest of what the files call it (directory.identity): a load writes rows without asking for numbers, and
the database keeps no foreign key between these tables (a load of five million rows would check each).
"""

from functools import partial

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Collate, Now

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
    """Where a row was read, the better the greater: the file of activities knows people and places best, the API gives
    codes without labels."""

    API = -1, "Annuaire Santé, en direct"
    MAILBOXES = 0, "extraction des boîtes MSSanté"
    ACTIVITIES = 1, "extraction des activités"
    OPERATOR = 3, "ajoutée par l’opérateur"  # addresses only: directory.overrides


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
    changed_at = models.DateTimeField(
        "changé", db_default=Now()
    )  # what is told of this person, its places and its mailboxes
    vanished_at = models.DateTimeField("retiré", null=True)  # no line names this person any more

    class Meta:
        verbose_name = "professionnel"
        indexes = [  # read in their order by directory.api.walks
            models.Index(Collate(F("name_keys__0"), "C"), F("id"), name="directory_person_named"),
            models.Index(fields=["qualification", "id"], name="directory_person_trade"),
            models.Index(fields=["changed_at", "id"], name="directory_person_changed"),
            models.Index(fields=["id"], condition=Q(vanished_at__isnull=False), name="directory_person_gone"),
        ]

    def __str__(self) -> str:
        return " ".join(part for part in (self.title, self.first_name, self.last_name.upper()) if part)

    @property
    def number(self) -> str:
        """`RPPS 10…`, or the ADELI of before October 2024 (annuaire.md §2.4)."""
        if self.idnps.startswith("0"):
            return f"ADELI {self.idnps[1:]}"
        return f"RPPS {self.rpps or self.idnps}"


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
    sector = models.CharField("activité", max_length=200, blank=True, default="", db_default="")  # label of TRE_R02
    name_keys = keys()
    before_keys = keys()  # beside each name key
    town_keys = keys()
    words = keys()  # of name, street, town and postcode: see directory.whereabouts
    source = models.SmallIntegerField("source", choices=Source)
    first_seen = models.DateTimeField("vue la première fois")
    changed_at = models.DateTimeField("changée", db_default=Now())
    vanished_at = models.DateTimeField("retirée", null=True)

    class Meta:
        verbose_name = "structure"
        indexes = [
            GinIndex(fields=["words"], name="directory_by_place", fastupdate=False),
            models.Index(Collate(F("name_keys__0"), "C"), F("id"), name="directory_place_named"),
            models.Index(Collate(F("postcode"), "C"), F("id"), name="directory_place_postcode"),
            models.Index(Collate(F("town_keys__0"), "C"), F("id"), name="directory_place_town"),
            models.Index(fields=["changed_at", "id"], name="directory_place_changed"),
            models.Index(fields=["id"], condition=Q(vanished_at__isnull=False), name="directory_place_gone"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def number(self) -> str:
        """`FINESS 75…`, `SIRET …`, `RPPS et rang …`, or what the file says."""
        names = {"F": "FINESS", "C": "SIRET", "R": "RPPS et rang"}
        known = names.get(self.key[:1])
        return f"{known} {self.key[1:]}" if known else self.key


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
            models.Index(fields=["organization", "practitioner"], name="directory_role_at"),
            models.Index(fields=["qualification", "practitioner"], name="directory_role_trade"),
        ]

    def __str__(self) -> str:
        return f"{self.practitioner_id} {self.organization_id or '–'}"


_DOMAIN = models.Func(F("address"), Value("@"), Value(2), function="split_part", output_field=models.TextField())


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
    rank = models.SmallIntegerField("rang", null=True)  # FHIR only (annuaire.md §3.3): 1 is declared preferred
    source = models.SmallIntegerField("source", choices=Source, default=Source.MAILBOXES, db_default=Source.MAILBOXES)
    confirmed_at = models.DateTimeField("confirmée en direct", null=True)  # the API gave it last
    is_hidden = models.BooleanField("masquée", default=False, db_default=False)  # by an administrator
    first_seen = models.DateTimeField("vue la première fois")
    vanished_at = models.DateTimeField("retirée", null=True)

    class Meta:
        verbose_name, verbose_name_plural = "adresse MSSanté", "adresses MSSanté"
        indexes = [
            models.Index(fields=["address"], name="directory_address"),
            models.Index(fields=["practitioner"], name="directory_address_of"),
            models.Index(fields=["organization"], name="directory_address_at"),
            models.Index(Collate(_DOMAIN, "C"), F("id"), name="directory_address_domain"),
            models.Index(
                fields=["organization", "service"],
                name="directory_address_of_office",
                condition=models.Q(practitioner__isnull=True),  # a hospital's own, not those of its thousand doctors
            ),
        ]

    def __str__(self) -> str:
        return self.address

    @property
    def is_apicrypt(self) -> bool:
        """Of the older network, which is on the white list under this name."""
        return self.address.endswith(".apicrypt.org")

    @property
    def is_live_only(self) -> bool:
        """No extraction gives it: the API did."""
        return self.source == Source.API

    @property
    def is_operators(self) -> bool:
        return self.source == Source.OPERATOR

    @property
    def owner(self) -> str:
        """Of whom this is one of the addresses: see identity.owner."""
        if self.practitioner_id is not None:
            return identity.owner(self.practitioner_id)
        return identity.owner(self.organization_id, self.service)
