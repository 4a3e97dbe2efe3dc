from django.db import migrations, models

import auth_otp.models


class Migration(migrations.Migration):
    dependencies = [
        ("auth_otp", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="phone",
            field=models.CharField(
                blank=True,
                max_length=16,
                validators=[auth_otp.models.check_mobile],
                verbose_name="téléphone mobile",
            ),
        ),
    ]
