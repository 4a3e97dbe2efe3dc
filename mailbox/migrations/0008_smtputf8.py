from django.db import migrations


class Migration(migrations.Migration):
    """Whether SMTPUTF8 is needed is read off the message and its addresses as it leaves."""

    dependencies = [("mailbox", "0007_traces")]
    operations = [migrations.RemoveField("submission", "needs_smtputf8")]
