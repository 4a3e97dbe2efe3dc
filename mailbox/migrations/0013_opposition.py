from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mailbox', '0012_depth'),
    ]

    operations = [
        migrations.AddField(
            model_name='patient',
            name='opposition_box',
            field=models.BinaryField(null=True),
        ),
    ]
