# Folded into one while nothing is released: each table is made whole

import datetime
import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

from mssweb.migrating import Together


class Migration(migrations.Migration):

    initial = True

    replaces = [  # an instance has all of them, or is refused; backups name them
        ('audit', '0002_initial'),
        ('audit', '0003_chain'),
        ('audit', '0004_subject'),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together([
            migrations.CreateModel(
                name='AuditEvent',
                fields=[
                    ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('at', models.DateTimeField(db_index=True, verbose_name='quand')),
                    ('process', models.CharField(max_length=16, verbose_name='processus')),
                    ('action', models.CharField(db_index=True, max_length=48, verbose_name='quoi')),
                    ('mailbox_id', models.UUIDField(blank=True, db_index=True, null=True, verbose_name='boîte aux lettres')),
                    ('subject_kind', models.CharField(blank=True, max_length=32, verbose_name='objet')),
                    ('subject_id', models.CharField(blank=True, max_length=64, verbose_name='identifiant')),
                    ('client', models.GenericIPAddressField(blank=True, null=True, verbose_name='d’où')),
                    ('result', models.CharField(default='ok', max_length=16, verbose_name='résultat')),
                    ('facts', models.JSONField(blank=True, default=dict, verbose_name='faits')),
                    ('actor', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='qui')),
                    ('link', models.BigIntegerField(blank=True, editable=False, null=True, verbose_name='lot')),
                ],
                options={
                    'verbose_name': 'événement d’audit',
                    'verbose_name_plural': 'journal d’audit',
                    'ordering': ['-at'],
                    'indexes': [models.Index(models.F('link'), models.F('id'), name='audit_event_by_link'), models.Index(models.F('subject_id'), condition=models.Q(('subject_id', ''), _negated=True), name='audit_event_by_subject')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('at__gte', datetime.datetime(2020, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)), ('at__lt', datetime.datetime(2200, 1, 1, 0, 0, tzinfo=datetime.timezone.utc))), name='audit_event_dated')],
                },
            ),
            migrations.CreateModel(
                name='DayHead',
                fields=[
                    ('day', models.DateField(primary_key=True, serialize=False, verbose_name='jour (UTC)')),
                    ('first_link', models.BigIntegerField(verbose_name='du lot')),
                    ('last_link', models.BigIntegerField(verbose_name='au lot')),
                    ('count', models.BigIntegerField(verbose_name='événements')),
                    ('head', models.BinaryField()),
                    ('key_id', models.CharField(max_length=64, verbose_name='clé')),
                    ('previous', models.BinaryField()),
                    ('digest', models.BinaryField()),
                ],
                options={
                    'verbose_name': 'jour scellé du journal',
                    'verbose_name_plural': 'jours scellés du journal',
                    'ordering': ['-day'],
                },
            ),
            migrations.CreateModel(
                name='Link',
                fields=[
                    ('number', models.BigIntegerField(primary_key=True, serialize=False, verbose_name='lot')),
                    ('made_at', models.DateTimeField(verbose_name='fait')),
                    ('count', models.IntegerField(verbose_name='événements')),
                    ('first_event', models.UUIDField(verbose_name='premier')),
                    ('last_event', models.UUIDField(verbose_name='dernier')),
                    ('emptied', models.BooleanField(verbose_name='plus rien n’attendait')),
                    ('marks', models.BinaryField()),
                    ('key_id', models.CharField(max_length=64, verbose_name='clé')),
                    ('previous', models.BinaryField()),
                    ('digest', models.BinaryField()),
                ],
                options={
                    'verbose_name': 'lot d’événements scellé',
                    'verbose_name_plural': 'lots d’événements scellés',
                    'ordering': ['-number'],
                },
            ),
            migrations.CreateModel(
                name='Purge',
                fields=[
                    ('number', models.BigIntegerField(primary_key=True, serialize=False, verbose_name='numéro')),
                    ('made_at', models.DateTimeField(verbose_name='fait')),
                    ('first_day', models.DateField(verbose_name='du jour')),
                    ('last_day', models.DateField(verbose_name='au jour')),
                    ('events', models.BigIntegerField(verbose_name='événements')),
                    ('links', models.BigIntegerField(verbose_name='lots')),
                    ('kept_days', models.IntegerField(verbose_name='durée de conservation (jours)')),
                    ('head', models.BinaryField()),
                    ('key_id', models.CharField(max_length=64, verbose_name='clé')),
                    ('previous', models.BinaryField()),
                    ('digest', models.BinaryField()),
                ],
                options={
                    'verbose_name': 'preuve de purge',
                    'verbose_name_plural': 'preuves de purge',
                    'ordering': ['-number'],
                },
            ),
        ]),
    ]
