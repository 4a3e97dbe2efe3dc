"""Corrections of an administrator, and what they put on the addresses: where a row is from, hidden or not, its rank."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('directory', '0041_extractions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='mailboxaddress',
            name='is_hidden',
            field=models.BooleanField(db_default=False, default=False, verbose_name='masquée'),
        ),
        migrations.AddField(
            model_name='mailboxaddress',
            name='rank',
            field=models.SmallIntegerField(null=True, verbose_name='rang'),
        ),
        migrations.AlterField(
            model_name='mailboxaddress',
            name='source',
            field=models.SmallIntegerField(choices=[(-1, 'Annuaire Santé, en direct'), (0, 'extraction des boîtes MSSanté'), (1, 'extraction des activités'), (3, 'ajoutée par l’opérateur')], db_default=0, default=0, verbose_name='source'),
        ),
        migrations.AlterField(
            model_name='organization',
            name='source',
            field=models.SmallIntegerField(choices=[(-1, 'Annuaire Santé, en direct'), (0, 'extraction des boîtes MSSanté'), (1, 'extraction des activités'), (3, 'ajoutée par l’opérateur')], verbose_name='source'),
        ),
        migrations.AlterField(
            model_name='practitioner',
            name='source',
            field=models.SmallIntegerField(choices=[(-1, 'Annuaire Santé, en direct'), (0, 'extraction des boîtes MSSanté'), (1, 'extraction des activités'), (3, 'ajoutée par l’opérateur')], verbose_name='source'),
        ),
        migrations.CreateModel(
            name='Override',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('hide', 'masquer une adresse'), ('add', 'ajouter une adresse'), ('prefer', 'préférer une adresse')], max_length=8, verbose_name='correction')),
                ('address', models.CharField(db_collation='C', max_length=254, verbose_name='adresse')),
                ('row', models.BigIntegerField(editable=False)),
                ('reason', models.CharField(max_length=300, verbose_name='motif')),
                ('created_at', models.DateTimeField(verbose_name='décidée')),
                ('until', models.DateTimeField(blank=True, null=True, verbose_name='jusqu’au')),
                ('applied_at', models.DateTimeField(null=True, verbose_name='appliquée')),
                ('undone_at', models.DateTimeField(null=True, verbose_name='levée')),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='par')),
                ('organization', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='directory.organization', verbose_name='structure')),
                ('practitioner', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='directory.practitioner', verbose_name='professionnel')),
            ],
            options={
                'verbose_name': 'correction de l’annuaire',
                'verbose_name_plural': 'corrections de l’annuaire',
                'ordering': ['-created_at'],
            },
        ),
    ]
