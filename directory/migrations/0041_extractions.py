"""What each address of the publisher answered last."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('directory', '0040_runs'),
    ]

    operations = [
        migrations.CreateModel(
            name='Extraction',
            fields=[
                ('url', models.CharField(max_length=500, primary_key=True, serialize=False, verbose_name='adresse')),
                ('asked_at', models.DateTimeField(verbose_name='demandé')),
                ('outcome', models.CharField(choices=[('current', 'à jour'), ('taken', 'chargé'), ('refused', 'refusé'), ('later', 'nouvel essai dans l’heure')], max_length=8, verbose_name='réponse')),
                ('told', models.CharField(blank=True, max_length=300, verbose_name='précision')),
                ('dated', models.DateTimeField(null=True, verbose_name='version publiée')),
                ('settled_mark', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'verbose_name': 'extraction publiée',
                'verbose_name_plural': 'extractions publiées',
                'ordering': ['url'],
            },
        ),
    ]
