from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mailbox', '0011_rules'),
    ]

    operations = [
        migrations.AddField(
            model_name='patient',
            name='opposition_box',
            field=models.BinaryField(null=True),
        ),
    ]
