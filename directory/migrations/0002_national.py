"""The national size: rows numbered by digests, no foreign keys among tables that each load makes again.

What was loaded goes: it is public data, and the next load brings it back. What each load did stays.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('directory', '0001_initial')]

    operations = [
        migrations.DeleteModel(name='Entry'),
        migrations.DeleteModel(name='PractitionerRole'),
        migrations.DeleteModel(name='MailboxAddress'),
        migrations.DeleteModel(name='Practitioner'),
        migrations.DeleteModel(name='Organization'),
        migrations.DeleteModel(name='Qualification'),
        migrations.CreateModel(
            name='Organization',
            fields=[
                ('id', models.BigIntegerField(editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=64, verbose_name='identifiant')),
                ('name', models.CharField(max_length=300, verbose_name='nom')),
                ('town', models.CharField(blank=True, max_length=200, verbose_name='commune')),
                ('postcode', models.CharField(blank=True, max_length=16, verbose_name='code postal')),
                ('commune', models.CharField(blank=True, max_length=5, verbose_name='code commune')),
                ('department', models.CharField(blank=True, max_length=3, verbose_name='département')),
                ('address_line', models.CharField(blank=True, max_length=400, verbose_name='adresse')),
                ('phone', models.CharField(blank=True, max_length=64, verbose_name='téléphone')),
                ('name_keys', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), default=list, editable=False)),
                ('before_keys', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), default=list, editable=False)),
                ('town_keys', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), default=list, editable=False)),
                ('source', models.SmallIntegerField(choices=[(0, 'extraction des boîtes MSSanté'), (1, 'extraction des activités')], verbose_name='source')),
                ('first_seen', models.DateTimeField(verbose_name='vue la première fois')),
                ('vanished_at', models.DateTimeField(null=True, verbose_name='retirée')),
            ],
            options={
                'verbose_name': 'structure',
            },
        ),
        migrations.CreateModel(
            name='Practitioner',
            fields=[
                ('id', models.BigIntegerField(editable=False, primary_key=True, serialize=False)),
                ('idnps', models.CharField(max_length=32, verbose_name='identification nationale')),
                ('rpps', models.CharField(blank=True, max_length=32, verbose_name='RPPS')),
                ('is_checked', models.BooleanField(default=True, verbose_name='clé du RPPS juste')),
                ('title', models.CharField(blank=True, max_length=16, verbose_name='civilité')),
                ('last_name', models.CharField(max_length=200, verbose_name='nom')),
                ('first_name', models.CharField(blank=True, max_length=200, verbose_name='prénom')),
                ('name_keys', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), default=list, editable=False)),
                ('first_key', models.CharField(blank=True, editable=False, max_length=64)),
                ('source', models.SmallIntegerField(choices=[(0, 'extraction des boîtes MSSanté'), (1, 'extraction des activités')], verbose_name='source')),
                ('first_seen', models.DateTimeField(verbose_name='vu la première fois')),
                ('vanished_at', models.DateTimeField(null=True, verbose_name='retiré')),
            ],
            options={
                'verbose_name': 'professionnel',
            },
        ),
        migrations.CreateModel(
            name='Qualification',
            fields=[
                ('id', models.BigIntegerField(editable=False, primary_key=True, serialize=False)),
                ('category_code', models.CharField(blank=True, max_length=8, verbose_name='catégorie')),
                ('profession_code', models.CharField(blank=True, max_length=16, verbose_name='code de la profession')),
                ('profession', models.CharField(blank=True, max_length=200, verbose_name='profession')),
                ('speciality_code', models.CharField(blank=True, max_length=16, verbose_name='code du savoir-faire')),
                ('speciality', models.CharField(blank=True, max_length=200, verbose_name='spécialité')),
                ('words', models.TextField(editable=False)),
            ],
            options={
                'verbose_name': 'qualification',
            },
        ),
        migrations.CreateModel(
            name='MailboxAddress',
            fields=[
                ('id', models.BigIntegerField(editable=False, primary_key=True, serialize=False)),
                ('line', models.BigIntegerField(editable=False)),
                ('address', models.CharField(db_collation='C', max_length=254, verbose_name='adresse')),
                ('kind', models.CharField(choices=[('PER', 'nominative'), ('ORG', 'organisationnelle'), ('APP', 'applicative'), ('CAB', 'de cabinet')], max_length=8, verbose_name='type')),
                ('service', models.CharField(blank=True, max_length=300, verbose_name='service')),
                ('service_keys', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), default=list, editable=False)),
                ('is_paperless', models.BooleanField(null=True, verbose_name='zéro papier')),
                ('first_seen', models.DateTimeField(verbose_name='vue la première fois')),
                ('vanished_at', models.DateTimeField(null=True, verbose_name='retirée')),
                ('organization', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='addresses', to='directory.organization', verbose_name='structure')),
                ('practitioner', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='addresses', to='directory.practitioner', verbose_name='professionnel')),
            ],
            options={
                'verbose_name': 'adresse MSSanté',
                'verbose_name_plural': 'adresses MSSanté',
            },
        ),
        migrations.CreateModel(
            name='PractitionerRole',
            fields=[
                ('line', models.BigIntegerField(editable=False, primary_key=True, serialize=False)),
                ('mode', models.CharField(blank=True, max_length=100, verbose_name='mode d’exercice')),
                ('function', models.CharField(blank=True, max_length=100, verbose_name='fonction')),
                ('is_skill', models.BooleanField(default=False, verbose_name='savoir-faire seul')),
                ('organization', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='roles', to='directory.organization', verbose_name='structure')),
                ('practitioner', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='roles', to='directory.practitioner', verbose_name='professionnel')),
                ('qualification', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='directory.qualification', verbose_name='qualification')),
            ],
            options={
                'verbose_name': 'activité',
            },
        ),
        migrations.AddField(
            model_name='practitioner',
            name='qualification',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='directory.qualification', verbose_name='qualification'),
        ),
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('owner', models.BigIntegerField()),
                ('name', models.CharField(db_collation='C', max_length=64)),
                ('first', models.CharField(db_collation='C', max_length=64)),
                ('town', models.CharField(db_collation='C', max_length=64)),
                ('department', models.CharField(db_collation='C', max_length=3)),
                ('reachable', models.BooleanField()),
                ('own', models.BooleanField()),
                ('mailbox', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='directory.mailboxaddress')),
                ('organization', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='directory.organization')),
                ('practitioner', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='directory.practitioner')),
                ('qualification', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='directory.qualification')),
            ],
            options={
                'verbose_name': 'entrée de recherche',
                'verbose_name_plural': 'entrées de recherche',
            },
        ),
        migrations.CreateModel(
            name='Word',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('kind', models.SmallIntegerField(choices=[(0, 'Name'), (1, 'First'), (2, 'Town'), (3, 'Trade')])),
                ('key', models.CharField(db_collation='C', max_length=64)),
                ('weight', models.IntegerField()),
                ('spellings', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), default=list)),
            ],
            options={
                'verbose_name': 'mot de l’annuaire',
                'verbose_name_plural': 'mots de l’annuaire',
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['spellings'], name='directory_by_spelling')],
                'constraints': [models.UniqueConstraint(fields=('kind', 'key'), name='directory_word_once')],
            },
        ),
        migrations.AddIndex(
            model_name='mailboxaddress',
            index=models.Index(fields=['address'], name='directory_address'),
        ),
        migrations.AddIndex(
            model_name='mailboxaddress',
            index=models.Index(fields=['practitioner'], name='directory_address_of'),
        ),
        migrations.AddIndex(
            model_name='mailboxaddress',
            index=models.Index(fields=['organization'], name='directory_address_at'),
        ),
        migrations.AddIndex(
            model_name='practitionerrole',
            index=models.Index(fields=['practitioner'], name='directory_role_of'),
        ),
        migrations.AddIndex(
            model_name='practitionerrole',
            index=models.Index(fields=['organization'], name='directory_role_at'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['name', 'first', 'town', 'reachable'], include=('qualification', 'department', 'id'), name='directory_by_name'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['town', 'name', 'first', 'reachable'], include=('qualification', 'department', 'id'), name='directory_by_town'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['town', 'first', 'name', 'reachable'], include=('qualification', 'department', 'id'), name='directory_by_given'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['first', 'name', 'town', 'reachable'], include=('qualification', 'department', 'id'), name='directory_by_first'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['qualification', 'town', 'name', 'first', 'reachable'], include=('department', 'id'), name='directory_by_trade'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['department', 'name', 'first', 'town', 'reachable'], include=('qualification', 'id'), name='directory_by_department'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['owner'], name='directory_by_owner'),
        ),
        migrations.AddField('directoryload', 'percent', models.PositiveSmallIntegerField(default=0, verbose_name='avancement')),
        migrations.AlterField('directoryload', 'kind', models.CharField(choices=[('mailboxes', 'boîtes MSSanté'), ('activities', 'personnes et activités'), ('skills', 'savoir-faire'), ('unknown', 'inconnu')], default='unknown', max_length=16, verbose_name='fichier attendu')),
    ]
