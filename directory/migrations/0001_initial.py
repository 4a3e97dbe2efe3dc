# Folded into one while nothing is released: each table is made whole

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

from mssweb.migrating import Together


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together([
            migrations.CreateModel(
                name='ApiProgram',
                fields=[
                    ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('name', models.CharField(max_length=100, unique=True, verbose_name='nom')),
                    ('contact', models.CharField(help_text='Éditeur, et adresse à laquelle le joindre.', max_length=200, verbose_name='contact')),
                    ('may_read_practitioner', models.BooleanField(default=True, verbose_name='professionnels (Practitioner)')),
                    ('may_read_practitionerrole', models.BooleanField(default=True, verbose_name='lieux d’exercice (PractitionerRole)')),
                    ('may_read_organization', models.BooleanField(default=True, verbose_name='structures (Organization)')),
                    ('may_search', models.BooleanField(default=True, help_text='Par nom, lieu, profession ou date. Sans ce droit : par identifiant ou adresse exacte seulement.', verbose_name='peut chercher')),
                    ('calls_per_minute', models.PositiveIntegerField(default=120, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(6000)], verbose_name='appels par minute')),
                    ('is_active', models.BooleanField(default=True, verbose_name='actif')),
                    ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='créé')),
                    ('last_used_at', models.DateTimeField(editable=False, null=True, verbose_name='dernier appel')),
                ],
                options={
                    'verbose_name': 'programme (API FHIR)',
                    'verbose_name_plural': 'programmes (API FHIR)',
                    'ordering': ['name'],
                },
            ),
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
                    ('words', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), default=list, editable=False)),
                    ('source', models.SmallIntegerField(choices=[(-1, 'Annuaire Santé, en direct'), (0, 'extraction des boîtes MSSanté'), (1, 'extraction des activités'), (3, 'ajoutée par l’opérateur')], verbose_name='source')),
                    ('first_seen', models.DateTimeField(verbose_name='vue la première fois')),
                    ('changed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='changée')),
                    ('vanished_at', models.DateTimeField(null=True, verbose_name='retirée')),
                ],
                options={
                    'verbose_name': 'structure',
                    'indexes': [django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['words'], name='directory_by_place'), models.Index(django.db.models.functions.comparison.Collate(models.F('name_keys__0'), 'C'), models.F('id'), name='directory_place_named'), models.Index(django.db.models.functions.comparison.Collate(models.F('postcode'), 'C'), models.F('id'), name='directory_place_postcode'), models.Index(django.db.models.functions.comparison.Collate(models.F('town_keys__0'), 'C'), models.F('id'), name='directory_place_town'), models.Index(fields=['changed_at', 'id'], name='directory_place_changed'), models.Index(condition=models.Q(('vanished_at__isnull', False)), fields=['id'], name='directory_place_gone')],
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
            migrations.CreateModel(
                name='ApiKey',
                fields=[
                    ('mark', models.CharField(editable=False, max_length=16, primary_key=True, serialize=False)),
                    ('program', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='keys', to='directory.apiprogram', verbose_name='programme')),
                    ('digest', models.BinaryField(max_length=32)),
                    ('created_at', models.DateTimeField(verbose_name='créée')),
                    ('ends_at', models.DateTimeField(null=True, verbose_name='valable jusqu’à')),
                ],
                options={
                    'verbose_name': 'clé d’API',
                    'verbose_name_plural': 'clés d’API',
                    'ordering': ['-created_at'],
                },
            ),
            migrations.CreateModel(
                name='DirectoryLoad',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('run', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='loads', to='directory.loadrun', verbose_name='passage')),
                    ('kind', models.CharField(choices=[('mailboxes', 'boîtes MSSanté'), ('activities', 'personnes et activités'), ('skills', 'savoir-faire'), ('api', 'changements lus en direct'), ('unknown', 'inconnu')], default='unknown', max_length=16, verbose_name='fichier attendu')),
                    ('file_name', models.CharField(max_length=255, verbose_name='fichier')),
                    ('sha256', models.CharField(blank=True, max_length=64, verbose_name='empreinte')),
                    ('dated', models.DateTimeField(null=True, verbose_name='date de l’extraction')),
                    ('started_at', models.DateTimeField(verbose_name='début')),
                    ('finished_at', models.DateTimeField(null=True, verbose_name='fin')),
                    ('percent', models.PositiveSmallIntegerField(default=0, verbose_name='avancement')),
                    ('lines_read', models.PositiveIntegerField(default=0, verbose_name='lignes lues')),
                    ('lines_kept', models.PositiveIntegerField(default=0, verbose_name='lignes gardées')),
                    ('lines_rejected', models.PositiveIntegerField(default=0, verbose_name='lignes rejetées')),
                    ('added', models.PositiveIntegerField(default=0, verbose_name='ajouts')),
                    ('vanished', models.PositiveIntegerField(default=0, verbose_name='retraits')),
                    ('state', models.CharField(choices=[('running', 'en cours'), ('done', 'en service'), ('refused', 'refusé'), ('stopped', 'interrompu')], default='running', max_length=8, verbose_name='état')),
                    ('is_shrinking', models.BooleanField(default=False, verbose_name='refusé pour retrait massif')),
                    ('error', models.CharField(blank=True, max_length=300, verbose_name='motif du refus')),
                ],
                options={
                    'verbose_name': 'chargement de l’annuaire',
                    'verbose_name_plural': 'chargements de l’annuaire',
                    'ordering': ['-started_at'],
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
                    ('qualification', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='directory.qualification', verbose_name='qualification')),
                    ('name_keys', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), default=list, editable=False)),
                    ('first_key', models.CharField(blank=True, editable=False, max_length=64)),
                    ('source', models.SmallIntegerField(choices=[(-1, 'Annuaire Santé, en direct'), (0, 'extraction des boîtes MSSanté'), (1, 'extraction des activités'), (3, 'ajoutée par l’opérateur')], verbose_name='source')),
                    ('first_seen', models.DateTimeField(verbose_name='vu la première fois')),
                    ('changed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='changé')),
                    ('vanished_at', models.DateTimeField(null=True, verbose_name='retiré')),
                ],
                options={
                    'verbose_name': 'professionnel',
                    'indexes': [models.Index(django.db.models.functions.comparison.Collate(models.F('name_keys__0'), 'C'), models.F('id'), name='directory_person_named'), models.Index(fields=['qualification', 'id'], name='directory_person_trade'), models.Index(fields=['changed_at', 'id'], name='directory_person_changed'), models.Index(condition=models.Q(('vanished_at__isnull', False)), fields=['id'], name='directory_person_gone')],
                },
            ),
            migrations.CreateModel(
                name='MailboxAddress',
                fields=[
                    ('id', models.BigIntegerField(editable=False, primary_key=True, serialize=False)),
                    ('line', models.BigIntegerField(editable=False)),
                    ('address', models.CharField(db_collation='C', max_length=254, verbose_name='adresse')),
                    ('kind', models.CharField(choices=[('PER', 'nominative'), ('ORG', 'organisationnelle'), ('APP', 'applicative'), ('CAB', 'de cabinet')], max_length=8, verbose_name='type')),
                    ('practitioner', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='addresses', to='directory.practitioner', verbose_name='professionnel')),
                    ('organization', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='addresses', to='directory.organization', verbose_name='structure')),
                    ('service', models.CharField(blank=True, max_length=300, verbose_name='service')),
                    ('service_keys', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), default=list, editable=False)),
                    ('is_paperless', models.BooleanField(null=True, verbose_name='zéro papier')),
                    ('rank', models.SmallIntegerField(null=True, verbose_name='rang')),
                    ('source', models.SmallIntegerField(choices=[(-1, 'Annuaire Santé, en direct'), (0, 'extraction des boîtes MSSanté'), (1, 'extraction des activités'), (3, 'ajoutée par l’opérateur')], db_default=0, default=0, verbose_name='source')),
                    ('confirmed_at', models.DateTimeField(null=True, verbose_name='confirmée en direct')),
                    ('is_hidden', models.BooleanField(db_default=False, default=False, verbose_name='masquée')),
                    ('first_seen', models.DateTimeField(verbose_name='vue la première fois')),
                    ('vanished_at', models.DateTimeField(null=True, verbose_name='retirée')),
                ],
                options={
                    'verbose_name': 'adresse MSSanté',
                    'verbose_name_plural': 'adresses MSSanté',
                    'indexes': [models.Index(fields=['address'], name='directory_address'), models.Index(fields=['practitioner'], name='directory_address_of'), models.Index(fields=['organization'], name='directory_address_at'), models.Index(django.db.models.functions.comparison.Collate(models.Func(models.F('address'), models.Value('@'), models.Value(2), function='split_part', output_field=models.TextField()), 'C'), models.F('id'), name='directory_address_domain'), models.Index(condition=models.Q(('practitioner__isnull', True)), fields=['organization', 'service'], name='directory_address_of_office')],
                },
            ),
            migrations.CreateModel(
                name='Override',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('hide', 'masquer une adresse'), ('add', 'ajouter une adresse'), ('prefer', 'préférer une adresse')], max_length=8, verbose_name='correction')),
                    ('address', models.CharField(db_collation='C', max_length=254, verbose_name='adresse')),
                    ('row', models.BigIntegerField(editable=False)),
                    ('practitioner', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='directory.practitioner', verbose_name='professionnel')),
                    ('organization', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='directory.organization', verbose_name='structure')),
                    ('reason', models.CharField(max_length=300, verbose_name='motif')),
                    ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='par')),
                    ('created_at', models.DateTimeField(verbose_name='décidée')),
                    ('until', models.DateTimeField(blank=True, null=True, verbose_name='jusqu’au')),
                    ('applied_at', models.DateTimeField(null=True, verbose_name='appliquée')),
                    ('undone_at', models.DateTimeField(null=True, verbose_name='levée')),
                ],
                options={
                    'verbose_name': 'correction de l’annuaire',
                    'verbose_name_plural': 'corrections de l’annuaire',
                    'ordering': ['-created_at'],
                },
            ),
            migrations.CreateModel(
                name='PractitionerRole',
                fields=[
                    ('line', models.BigIntegerField(editable=False, primary_key=True, serialize=False)),
                    ('practitioner', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='roles', to='directory.practitioner', verbose_name='professionnel')),
                    ('organization', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='roles', to='directory.organization', verbose_name='structure')),
                    ('qualification', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='directory.qualification', verbose_name='qualification')),
                    ('mode', models.CharField(blank=True, max_length=100, verbose_name='mode d’exercice')),
                    ('function', models.CharField(blank=True, max_length=100, verbose_name='fonction')),
                    ('is_skill', models.BooleanField(default=False, verbose_name='savoir-faire seul')),
                ],
                options={
                    'verbose_name': 'activité',
                    'indexes': [models.Index(fields=['practitioner'], name='directory_role_of'), models.Index(fields=['organization', 'practitioner'], name='directory_role_at'), models.Index(fields=['qualification', 'practitioner'], name='directory_role_trade')],
                },
            ),
            migrations.CreateModel(
                name='RejectedLine',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('load', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rejected', to='directory.directoryload', verbose_name='chargement')),
                    ('number', models.PositiveIntegerField(verbose_name='ligne')),
                    ('reason', models.CharField(max_length=200, verbose_name='motif')),
                ],
                options={
                    'verbose_name': 'ligne rejetée',
                    'verbose_name_plural': 'lignes rejetées',
                    'ordering': ['number'],
                },
            ),
            migrations.CreateModel(
                name='Entry',
                fields=[
                    ('id', models.BigAutoField(primary_key=True, serialize=False)),
                    ('owner', models.BigIntegerField()),
                    ('practitioner', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='directory.practitioner')),
                    ('organization', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='directory.organization')),
                    ('mailbox', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='directory.mailboxaddress')),
                    ('qualification', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='directory.qualification')),
                    ('name', models.CharField(db_collation='C', max_length=64)),
                    ('first', models.CharField(db_collation='C', max_length=64)),
                    ('town', models.CharField(db_collation='C', max_length=64)),
                    ('department', models.CharField(db_collation='C', max_length=3)),
                    ('reachable', models.BooleanField()),
                    ('own', models.BooleanField()),
                ],
                options={
                    'verbose_name': 'entrée de recherche',
                    'verbose_name_plural': 'entrées de recherche',
                    'indexes': [models.Index(fields=['name', 'first', 'town', 'reachable'], include=('qualification', 'department', 'owner'), name='directory_by_name'), models.Index(fields=['town', 'name', 'first', 'reachable'], include=('qualification', 'department', 'owner'), name='directory_by_town'), models.Index(fields=['town', 'first', 'name', 'reachable'], include=('qualification', 'department', 'owner'), name='directory_by_given'), models.Index(fields=['first', 'name', 'town', 'reachable'], include=('qualification', 'department', 'owner'), name='directory_by_first'), models.Index(fields=['qualification', 'town', 'name', 'first', 'reachable'], include=('department', 'owner'), name='directory_by_trade'), models.Index(fields=['department', 'name', 'first', 'town', 'reachable'], include=('qualification', 'owner'), name='directory_by_department'), models.Index(fields=['owner'], name='directory_by_owner')],
                },
            ),
        ]),
    ]
