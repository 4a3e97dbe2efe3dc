"""By which means a session was opened; passkeys and links to the doors of the sector; notices of more kinds."""

import django.contrib.postgres.functions
import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("auth_otp", "0004_protection")]

    operations = [
        migrations.RenameModel("NewBrowser", "Notice"),
        migrations.AddField("notice", "kind", models.CharField(choices=[("new_browser", "New Browser")], default="new_browser", max_length=24)),
        migrations.AddField(
            model_name='session',
            name='is_confined',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='session',
            name='means',
            field=models.CharField(blank=True, max_length=20, verbose_name='moyen'),
        ),
        migrations.AddField(
            model_name='session',
            name='proof',
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddField(
            model_name='session',
            name='proven_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='session',
            name='ref',
            field=models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), default=uuid_utils.compat.uuid7, editable=False, unique=True),
        ),
        migrations.CreateModel(
            name='Passkey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='The human-readable name of this device.', max_length=64)),
                ('confirmed', models.BooleanField(default=True, help_text='Is this device ready for use?')),
                ('credential_id', models.BinaryField(max_length=1023, unique=True)),
                ('public_key', models.BinaryField(max_length=1023)),
                ('sign_count', models.PositiveBigIntegerField(default=0)),
                ('transports', models.JSONField(default=list)),
                ('is_synced', models.BooleanField(default=False)),
                ('aaguid', models.CharField(blank=True, max_length=36)),
                ('added_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'clé d’accès',
                'verbose_name_plural': 'clés d’accès',
            },
        ),
        migrations.AddField(
            model_name='session',
            name='passkey',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='auth_otp.passkey'),
        ),
        migrations.CreateModel(
            name='SectorLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='The human-readable name of this device.', max_length=64)),
                ('confirmed', models.BooleanField(default=True, help_text='Is this device ready for use?')),
                ('kind', models.CharField(choices=[('psc', 'Pro Santé Connect'), ('cps', 'carte CPS')], max_length=3, verbose_name='porte')),
                ('subject', models.CharField(max_length=32, verbose_name='identification nationale')),
                ('added_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'identité du secteur',
                'verbose_name_plural': 'identités du secteur',
            },
        ),
        migrations.AddField(
            model_name='session',
            name='link',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='auth_otp.sectorlink'),
        ),
        migrations.AddConstraint(
            model_name='sectorlink',
            constraint=models.UniqueConstraint(fields=('kind', 'subject'), name='auth_otp_sector_subject'),
        ),
        migrations.AddConstraint(
            model_name='sectorlink',
            constraint=models.UniqueConstraint(fields=('user', 'kind'), name='auth_otp_sector_once'),
        ),
    ]
