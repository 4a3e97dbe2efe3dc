import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

from mssweb.migrating import Together


class Migration(migrations.Migration):
    dependencies = [
        ('mailbox', '0006_reading'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together([
            migrations.CreateModel(
                name="Phrase",
                fields=[
                    ("id", models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                    ("kind", models.CharField(choices=[("reply", "réponse type"), ("signature", "signature")], max_length=9)),
                    ("updated_at", models.DateTimeField()),
                    ("box", models.BinaryField()),
                    ("mailbox", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="phrases", to="mailbox.mailbox")),
                    ("owner", models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    "constraints": [models.UniqueConstraint(fields=("mailbox", "id"), name="mailbox_phrase_in_mailbox")],
                },
            ),
            migrations.CreateModel(
                name="WritingChoice",
                fields=[
                    ("id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("is_plain", models.BooleanField(default=False)),
                    ("signature", models.CharField(blank=True, max_length=36)),
                    ("mailbox", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="mailbox.mailbox")),
                    ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    "constraints": [
                        models.UniqueConstraint(fields=("mailbox", "user"), name="mailbox_writingchoice_once"),
                        models.UniqueConstraint(fields=("mailbox", "id"), name="mailbox_writingchoice_in_mailbox"),
                    ],
                },
            ),
        ]),
    ]  # fmt: skip
