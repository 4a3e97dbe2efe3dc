"""The end of a mailbox: what is emptied, as its tables say."""

from django.apps import apps
from django.db.models import CASCADE

from mailbox.life import destroy
from mailbox.models import Blob, Mailbox, MailboxKey, Message

# What outlives a mailbox: its history, and what is of the structure or of the directory
_HISTORY = {"AuditEvent", "Life", "LifeStep", "Listing", "MailboxRequest", "Transaction"}


def test_every_table_that_names_a_mailbox_is_emptied_with_it():
    gone = {*destroy._REST, Message, Blob, MailboxKey}
    before = None
    while before != len(gone):  # what goes with them
        before = len(gone)
        for model in apps.get_models():
            keys = [field for field in model._meta.fields if field.is_relation and not field.null]
            if any(key.related_model in gone and key.remote_field.on_delete is CASCADE for key in keys):
                gone.add(model)
    named = {
        model
        for model in apps.get_models()
        if any(field.name == "mailbox_id" or field.related_model is Mailbox for field in model._meta.fields)
    }
    assert {model.__name__ for model in named - gone} == _HISTORY
