"""Runs of the loader, so that a load is seen while it lasts and known as interrupted when it died."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('directory', '0020_api_program'),
    ]

    operations = [
        migrations.CreateModel(
            name='LoadRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('phase', models.CharField(choices=[('asking', 'question à l’Annuaire Santé'), ('fetching', 'téléchargement'), ('opening', 'ouverture des fichiers'), ('waiting', 'attente d’un autre chargement'), ('reading', 'lecture'), ('merging', 'mise en ordre'), ('entries', 'entrées de recherche'), ('indexing', 'index')], default='opening', max_length=8, verbose_name='étape')),
                ('phase_at', models.DateTimeField(verbose_name='depuis')),
                ('file_name', models.CharField(blank=True, max_length=255, verbose_name='fichier')),
                ('percent', models.PositiveSmallIntegerField(default=0, verbose_name='avancement')),
                ('lines_read', models.PositiveIntegerField(default=0, verbose_name='lignes lues')),
                ('started_at', models.DateTimeField(verbose_name='début')),
                ('beat_at', models.DateTimeField(verbose_name='dernier signe de vie')),
                ('finished_at', models.DateTimeField(null=True, verbose_name='fin')),
            ],
            options={
                'verbose_name': 'passage du chargeur',
                'verbose_name_plural': 'passages du chargeur',
                'ordering': ['-started_at'],
            },
        ),
        migrations.AlterField(
            model_name='directoryload',
            name='state',
            field=models.CharField(choices=[('running', 'en cours'), ('done', 'en service'), ('refused', 'refusé'), ('stopped', 'interrompu')], default='running', max_length=8, verbose_name='état'),
        ),
        migrations.AddField(
            model_name='directoryload',
            name='run',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='loads', to='directory.loadrun', verbose_name='passage'),
        ),
    ]
