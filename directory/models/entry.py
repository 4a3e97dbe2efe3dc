"""What searches read: entries, made from the other tables, and the words they are found under.

Keys are folded in Python and sorted bytewise ("C"), so that a prefix is a range of an index.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from directory.models.people import MailboxAddress, Organization, Practitioner, Qualification, To


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
                include=[*riding, "owner"],
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
