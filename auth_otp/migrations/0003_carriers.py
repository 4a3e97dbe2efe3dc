from django.db import migrations, models

import auth_otp.models


class Migration(migrations.Migration):
    dependencies = [
        ("auth_otp", "0002_factors"),
    ]

    operations = [
        migrations.CreateModel(
            name="Allowance",
            fields=[
                ("key", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("taken", models.PositiveIntegerField()),
                ("until", models.DateTimeField(db_index=True)),
            ],
        ),
        migrations.AddField(
            model_name="challenge",
            name="asks",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="challenge",
            name="by_voice",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="challenge",
            name="carrier_id",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="challenge",
            name="delivery",
            field=models.CharField(
                blank=True,
                choices=[("sent", "envoyé"), ("delivered", "remis"), ("undelivered", "non remis")],
                default="",
                max_length=11,
            ),
            preserve_default=False,
        ),
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
