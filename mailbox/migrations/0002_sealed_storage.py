"""Sealed bytes do not compress: store them out of line as they are, and spend no processor on trying."""

from django.db import migrations

_COLUMNS = (
    ("mailbox_blob", "box"),
    ("mailbox_arrival", "box"),
    ("mailbox_message", "summary_box"),
    ("mailbox_draft", "box"),
    ("mailbox_searchentry", "tokens"),
)


class Migration(migrations.Migration):
    dependencies = [("mailbox", "0001_initial")]
    operations = [
        migrations.RunSQL(
            [f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL" for table, column in _COLUMNS],
            migrations.RunSQL.noop,
        )
    ]
