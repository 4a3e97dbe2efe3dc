"""The directory that a pharmacy keeps for itself: whom it keeps, and its groups. One of each mailbox, shared by its members.

Who, why and in which group is content: sealed. In clear: how many, and when each was last written.
"""

from django.db import models
from uuid_utils.compat import uuid7


class Contact(models.Model):
    """A person, a structure or an address. `box` opens to `mailbox.contacts.Card`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="contacts")
    about_token = models.BigIntegerField()  # blinded: the page of the annuaire or the address that it is about
    updated_at = models.DateTimeField()
    box = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_contact_in_mailbox"),
            models.UniqueConstraint(fields=["mailbox", "about_token"], name="mailbox_contact_once"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ContactGroup(models.Model):
    """People written to together. `box` opens to `mailbox.groups.Group`: its name, and the contacts that are in it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    mailbox = models.ForeignKey("mailbox.Mailbox", models.CASCADE, related_name="contact_groups")
    updated_at = models.DateTimeField()
    box = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mailbox", "id"], name="mailbox_contactgroup_in_mailbox")]

    def __str__(self) -> str:
        return str(self.pk)
