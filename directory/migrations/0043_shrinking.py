"""A load that was refused because it took too much away may be forced."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('directory', '0042_overrides'),
    ]

    operations = [
        migrations.AddField(
            model_name='directoryload',
            name='is_shrinking',
            field=models.BooleanField(default=False, verbose_name='refusé pour retrait massif'),
        ),
    ]
