# Folded into one while nothing is released: each table is made whole

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

# Sealed bytes do not compress: stored out of line as they are, without spending the processor on trying.
_SEALED = (
    ("mailbox_blob", "box"),
    ("mailbox_arrival", "box"),
    ("mailbox_message", "summary_box"),
    ("mailbox_draft", "box"),
    ("mailbox_searchentry", "tokens"),
)


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Domain',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=253, unique=True, verbose_name='domaine')),
                ('certificate_dn', models.CharField(blank=True, max_length=500, verbose_name='DN du certificat')),
                ('max_message_bytes', models.PositiveBigIntegerField(default=36700160, verbose_name='taille maximale d’un message')),
                ('state', models.CharField(choices=[('active', 'actif'), ('closed', 'fermé')], default='active', max_length=8, verbose_name='état')),
            ],
            options={
                'verbose_name': 'domaine',
                'verbose_name_plural': 'domaines',
            },
        ),
        migrations.CreateModel(
            name='Edition',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('generated_at', models.DateTimeField(verbose_name='générée le')),
                ('loaded_at', models.DateTimeField(verbose_name='chargée le')),
                ('sha256', models.CharField(max_length=64, verbose_name='empreinte')),
                ('domain_count', models.PositiveIntegerField(verbose_name='domaines')),
                ('row_count', models.PositiveIntegerField(verbose_name='lignes')),
                ('added', models.PositiveIntegerField(default=0, verbose_name='ajoutés')),
                ('removed', models.PositiveIntegerField(default=0, verbose_name='retirés')),
                ('is_current', models.BooleanField(default=False, verbose_name='en vigueur')),
                ('document', models.BinaryField()),
            ],
            options={
                'verbose_name': 'édition de la liste blanche',
                'verbose_name_plural': 'éditions de la liste blanche',
                'ordering': ['-generated_at'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('is_current', True)), fields=('is_current',), name='mailbox_edition_one_current')],
            },
        ),
        migrations.CreateModel(
            name='Halt',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('since', models.DateTimeField(verbose_name='depuis')),
                ('until', models.DateTimeField(verbose_name='jusqu’au prochain essai')),
                ('reason', models.CharField(max_length=600, verbose_name='motif')),
            ],
            options={
                'verbose_name': 'arrêt de la publication',
                'verbose_name_plural': 'arrêts de la publication',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='mailbox_halt_is_one')],
            },
        ),
        migrations.CreateModel(
            name='Lease',
            fields=[
                ('name', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('holder', models.CharField(blank=True, max_length=80)),
                ('until', models.DateTimeField()),
                ('beat_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Tenant',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=160, verbose_name='nom')),
                ('finess', models.CharField(blank=True, max_length=9, verbose_name='FINESS')),
                ('holder', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='titulaire')),
                ('town', models.CharField(blank=True, max_length=100, verbose_name='commune')),
                ('time_zone', models.CharField(default='Europe/Paris', max_length=40, verbose_name='fuseau horaire')),
                ('policy', models.JSONField(blank=True, default=dict, verbose_name='politique')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='créé le')),
            ],
            options={
                'verbose_name': 'structure',
                'verbose_name_plural': 'structures',
            },
        ),
        migrations.CreateModel(
            name='Mailbox',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mailboxes', to='mailbox.tenant', verbose_name='structure')),
                ('domain', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mailboxes', to='mailbox.domain', verbose_name='domaine')),
                ('address', models.CharField(max_length=254, unique=True, verbose_name='adresse')),
                ('kind', models.CharField(choices=[('PER', 'personnelle'), ('ORG', 'organisationnelle'), ('APP', 'applicative')], max_length=3, verbose_name='type')),
                ('display_name', models.CharField(max_length=160, verbose_name='libellé')),
                ('state', models.CharField(choices=[('requested', 'demandée'), ('active', 'active'), ('suspended', 'suspendue'), ('closed', 'clôturée')], default='requested', max_length=10, verbose_name='état')),
                ('red_list', models.BooleanField(default=False, verbose_name='liste rouge')),
                ('quota_bytes', models.PositiveBigIntegerField(default=10737418240, verbose_name='quota')),
                ('used_bytes', models.PositiveBigIntegerField(default=0, verbose_name='occupation')),
                ('modseq', models.PositiveBigIntegerField(default=0, verbose_name='modseq')),
                ('public_key', models.BinaryField(verbose_name='clé publique')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='créée le')),
            ],
            options={
                'verbose_name': 'boîte aux lettres',
                'verbose_name_plural': 'boîtes aux lettres',
            },
        ),
        migrations.CreateModel(
            name='AddressChoice',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.mailbox')),
                ('token', models.BigIntegerField()),
                ('box', models.BinaryField()),
                ('chosen_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_choice_in_mailbox'), models.UniqueConstraint(fields=('mailbox', 'token'), name='mailbox_choice_once')],
            },
        ),
        migrations.CreateModel(
            name='Arrival',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.mailbox')),
                ('arrived_at', models.DateTimeField()),
                ('size', models.PositiveIntegerField()),
                ('mail_from', models.CharField(blank=True, max_length=320)),
                ('peer_address', models.GenericIPAddressField(null=True)),
                ('peer_dn', models.CharField(blank=True, max_length=500)),
                ('peer_serial', models.CharField(blank=True, max_length=64)),
                ('tls', models.CharField(blank=True, max_length=48)),
                ('edition_id', models.UUIDField(null=True)),
                ('box', models.BinaryField()),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('due_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'arrivée',
                'verbose_name_plural': 'arrivées',
                'indexes': [models.Index(fields=['due_at'], name='mailbox_arrival_due')],
                'constraints': [models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_arrival_in_mailbox')],
            },
        ),
        migrations.CreateModel(
            name='Blob',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.mailbox')),
                ('size', models.PositiveIntegerField()),
                ('box', models.BinaryField(null=True)),
                ('stored_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_blob_in_mailbox')],
            },
        ),
        migrations.CreateModel(
            name='Contact',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='contacts', to='mailbox.mailbox')),
                ('about_token', models.BigIntegerField()),
                ('updated_at', models.DateTimeField()),
                ('box', models.BinaryField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_contact_in_mailbox'), models.UniqueConstraint(fields=('mailbox', 'about_token'), name='mailbox_contact_once')],
            },
        ),
        migrations.CreateModel(
            name='ContactGroup',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='contact_groups', to='mailbox.mailbox')),
                ('updated_at', models.DateTimeField()),
                ('box', models.BinaryField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_contactgroup_in_mailbox')],
            },
        ),
        migrations.CreateModel(
            name='Credential',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='credentials', to='mailbox.mailbox', verbose_name='boîte aux lettres')),
                ('certificate_dn', models.CharField(max_length=500, verbose_name='DN du certificat')),
                ('serial', models.CharField(max_length=64, verbose_name='numéro de série')),
                ('not_after', models.DateTimeField(verbose_name='valide jusqu’au')),
                ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='révoqué le')),
            ],
            options={
                'verbose_name': 'certificat d’application',
                'verbose_name_plural': 'certificats d’application',
                'constraints': [models.UniqueConstraint(fields=('certificate_dn', 'serial'), name='mailbox_credential_once'), models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_credential_in_mailbox')],
            },
        ),
        migrations.CreateModel(
            name='Folder',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='folders', to='mailbox.mailbox')),
                ('role', models.CharField(blank=True, choices=[('inbox', 'Réception'), ('sent', 'Envoyés'), ('drafts', 'Brouillons'), ('archive', 'Archives'), ('spam', 'Indésirables'), ('trash', 'Corbeille'), ('', 'Dossier')], default='', max_length=8)),
                ('name_box', models.BinaryField(null=True)),
                ('position', models.PositiveSmallIntegerField(default=100)),
                ('uid_next', models.PositiveBigIntegerField(default=1)),
                ('uid_validity', models.PositiveIntegerField(default=1)),
            ],
            options={
                'ordering': ['position', 'id'],
                'constraints': [models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_folder_in_mailbox'), models.UniqueConstraint(condition=models.Q(('role', ''), _negated=True), fields=('mailbox', 'role'), name='mailbox_folder_role_once')],
            },
        ),
        migrations.CreateModel(
            name='Label',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='labels', to='mailbox.mailbox')),
                ('name_box', models.BinaryField()),
                ('colour', models.CharField(default='info', max_length=8)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_label_in_mailbox')],
            },
        ),
        migrations.CreateModel(
            name='Listing',
            fields=[
                ('mailbox', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='listing', serialize=False, to='mailbox.mailbox', verbose_name='boîte aux lettres')),
                ('structure', models.CharField(blank=True, help_text='Des boîtes organisationnelles et applicatives, s’il n’est pas celui de leur structure.', max_length=20, verbose_name='FINESS ou SIRET')),
                ('service', models.CharField(blank=True, max_length=300, verbose_name='service de rattachement')),
                ('responsible', models.CharField(blank=True, help_text='Transmis à l’ANS, qui ne le montre à personne.', max_length=300, verbose_name='responsable opérationnel')),
                ('description', models.CharField(blank=True, max_length=300, verbose_name='description')),
                ('rank', models.PositiveSmallIntegerField(blank=True, help_text='De la boîte parmi celles du même titulaire : 1 est la préférée.', null=True, verbose_name='rang')),
                ('is_paperless', models.BooleanField(blank=True, null=True, verbose_name='zéro papier')),
                ('is_withheld', models.BooleanField(default=False, verbose_name='retirée par un administrateur')),
                ('carrier', models.CharField(blank=True, max_length=120, verbose_name='inscrite sur')),
                ('digest', models.CharField(blank=True, max_length=64)),
                ('accepted_at', models.DateTimeField(blank=True, null=True, verbose_name='acceptée le')),
                ('state', models.CharField(choices=[('pending', 'en attente'), ('sending', 'envoi'), ('accepted', 'publiée'), ('rejected', 'refusée'), ('withdrawn', 'non publiée'), ('incomplete', 'incomplète')], default='pending', max_length=10, verbose_name='état')),
                ('mark', models.CharField(blank=True, max_length=160)),
                ('reason', models.CharField(blank=True, max_length=600, verbose_name='motif')),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='tentatives')),
                ('next_try_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='prochain essai')),
                ('lease', models.UUIDField(editable=False, null=True)),
                ('settled_at', models.DateTimeField(blank=True, null=True, verbose_name='réglée le')),
            ],
            options={
                'verbose_name': 'publication d’une boîte',
                'verbose_name_plural': 'publications des boîtes',
                'indexes': [models.Index(models.F('next_try_at'), condition=models.Q(('state__in', ['pending', 'sending'])), name='mailbox_listing_due')],
                'constraints': [models.CheckConstraint(condition=models.Q(('rank', None), ('rank__gte', 1), _connector='OR'), name='mailbox_listing_rank_from_one')],
            },
        ),
        migrations.CreateModel(
            name='MailboxKey',
            fields=[
                ('mailbox', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='key', serialize=False, to='mailbox.mailbox')),
                ('master_id', models.CharField(db_index=True, max_length=32)),
                ('box', models.BinaryField()),
                ('wrapped_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'verbose_name': 'clé de boîte',
                'verbose_name_plural': 'clés de boîtes',
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='mailbox.mailbox', verbose_name='boîte aux lettres')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL, verbose_name='utilisateur')),
                ('role', models.CharField(choices=[('manager', 'responsable'), ('member', 'membre'), ('reader', 'lecteur')], default='member', max_length=8, verbose_name='rôle')),
                ('may_send', models.BooleanField(default=True, verbose_name='peut envoyer')),
                ('signature_box', models.BinaryField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='depuis')),
            ],
            options={
                'verbose_name': 'membre',
                'verbose_name_plural': 'membres',
                'constraints': [models.UniqueConstraint(fields=('mailbox', 'user'), name='mailbox_membership_once'), models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_membership_in_mailbox')],
            },
        ),
        migrations.CreateModel(
            name='Patient',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='patients', to='mailbox.mailbox')),
                ('ins_token', models.BigIntegerField(null=True)),
                ('box', models.BinaryField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_patient_in_mailbox'), models.UniqueConstraint(condition=models.Q(('ins_token__isnull', False)), fields=('mailbox', 'ins_token'), name='mailbox_patient_ins')],
            },
        ),
        migrations.CreateModel(
            name='Thread',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='threads', to='mailbox.mailbox')),
                ('status', models.CharField(choices=[('open', 'à traiter'), ('waiting', 'en attente'), ('done', 'fait')], default='open', max_length=8)),
                ('assigned_to', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('subject_token', models.BigIntegerField(null=True)),
                ('modseq', models.PositiveBigIntegerField(default=0)),
                ('last_at', models.DateTimeField()),
                ('message_count', models.PositiveIntegerField(default=0)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('subject_token__isnull', False)), fields=['mailbox', 'subject_token', '-last_at'], name='mailbox_thread_subject')],
                'constraints': [models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_thread_in_mailbox')],
            },
        ),
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='drafts', to='mailbox.mailbox')),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('thread', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='drafts', to='mailbox.thread')),
                ('version', models.PositiveIntegerField(default=1)),
                ('updated_at', models.DateTimeField()),
                ('box', models.BinaryField()),
            ],
            options={
                'indexes': [models.Index(fields=['mailbox', '-updated_at'], name='mailbox_draft_date')],
                'constraints': [models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_draft_in_mailbox')],
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='mailbox.mailbox')),
                ('thread', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='mailbox.thread')),
                ('folder', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='mailbox.folder')),
                ('uid', models.PositiveBigIntegerField()),
                ('modseq', models.PositiveBigIntegerField()),
                ('direction', models.CharField(choices=[('in', 'reçu'), ('out', 'envoyé')], default='in', max_length=3)),
                ('filed_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('size', models.PositiveIntegerField()),
                ('keywords', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=32), blank=True, default=list)),
                ('has_attachments', models.BooleanField(default=False)),
                ('warnings', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=24), blank=True, default=list)),
                ('is_verified', models.BooleanField(default=False)),
                ('fingerprint', models.BigIntegerField(null=True)),
                ('message_id_token', models.BigIntegerField(null=True)),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('blob', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='mailbox.blob')),
                ('summary_box', models.BinaryField()),
            ],
            options={
                'indexes': [models.Index(fields=['thread', 'filed_at'], name='mailbox_message_thread'), models.Index(fields=['mailbox', 'message_id_token'], name='mailbox_message_msgid'), models.Index(fields=['mailbox', '-filed_at'], name='mailbox_message_date')],
                'constraints': [models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_message_in_mailbox'), models.UniqueConstraint(fields=('folder', 'uid'), name='mailbox_message_uid'), models.UniqueConstraint(condition=models.Q(('fingerprint__isnull', False)), fields=('mailbox', 'fingerprint'), name='mailbox_message_once')],
            },
        ),
        migrations.CreateModel(
            name='ThreadLabel',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.mailbox')),
                ('thread', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.thread')),
                ('label', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.label')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_threadlabel_in_mailbox'), models.UniqueConstraint(fields=('mailbox', 'thread', 'label'), name='mailbox_threadlabel_once')],
            },
        ),
        migrations.CreateModel(
            name='ThreadPatient',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.mailbox')),
                ('thread', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.thread')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.patient')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_threadpatient_in_mailbox'), models.UniqueConstraint(fields=('mailbox', 'thread', 'patient'), name='mailbox_threadpatient_once')],
            },
        ),
        migrations.CreateModel(
            name='ThreadToken',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.mailbox')),
                ('thread', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tokens', to='mailbox.thread')),
                ('token', models.BigIntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('mailbox', 'token'), name='mailbox_threadtoken_once')],
            },
        ),
        migrations.CreateModel(
            name='DraftFile',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.mailbox')),
                ('draft', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='files', to='mailbox.draft')),
                ('blob', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='mailbox.blob')),
                ('size', models.PositiveIntegerField()),
                ('box', models.BinaryField()),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_draftfile_in_mailbox')],
            },
        ),
        migrations.CreateModel(
            name='FolderThread',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.mailbox')),
                ('folder', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='mailbox.folder')),
                ('thread', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='mailbox.thread')),
                ('newest', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.message')),
                ('last_at', models.DateTimeField()),
                ('message_count', models.PositiveIntegerField(default=1)),
                ('has_attachments', models.BooleanField(default=False)),
            ],
            options={
                'indexes': [models.Index(fields=['folder', '-last_at', '-thread'], name='mailbox_list'), models.Index(condition=models.Q(('has_attachments', True)), fields=['folder', '-last_at', '-thread'], name='mailbox_list_attachments')],
                'constraints': [models.UniqueConstraint(fields=('mailbox', 'folder', 'thread'), name='mailbox_folderthread_once'), models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_folderthread_in_mailbox')],
            },
        ),
        migrations.CreateModel(
            name='SearchEntry',
            fields=[
                ('message', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='search', serialize=False, to='mailbox.message')),
                ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.mailbox')),
                ('filed_at', models.DateTimeField()),
                ('tokens', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField())),
            ],
            options={
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['tokens'], name='mailbox_search_tokens'), models.Index(fields=['mailbox', '-filed_at', '-message'], name='mailbox_search_date')],
                'constraints': [models.UniqueConstraint(fields=('mailbox', 'message'), name='mailbox_search_in_mailbox')],
            },
        ),
        migrations.CreateModel(
            name='Seen',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.mailbox')),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='seen', to='mailbox.membership')),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='seen', to='mailbox.message')),
                ('thread', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.thread')),
                ('seen_at', models.DateTimeField(null=True)),
                ('opened_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('seen_at__isnull', True)), fields=['mailbox', 'membership', 'thread'], include=('message',), name='mailbox_unread')],
                'constraints': [models.UniqueConstraint(fields=('mailbox', 'membership', 'message'), name='mailbox_seen_once'), models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_seen_in_mailbox')],
            },
        ),
        migrations.CreateModel(
            name='Submission',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='submissions', to='mailbox.mailbox', verbose_name='boîte')),
                ('message', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='submissions', to='mailbox.message', verbose_name='message')),
                ('author', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='auteur')),
                ('mail_from', models.CharField(blank=True, max_length=254, verbose_name='expéditeur')),
                ('submitted_at', models.DateTimeField(verbose_name='envoyé le')),
                ('size', models.PositiveIntegerField(verbose_name='taille')),
                ('needs_smtputf8', models.BooleanField(default=False)),
            ],
            options={
                'verbose_name': 'envoi',
                'verbose_name_plural': 'envois',
                'indexes': [models.Index(fields=['mailbox', '-submitted_at'], name='mailbox_submission_date')],
                'constraints': [models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_submission_in_mailbox')],
            },
        ),
        migrations.CreateModel(
            name='Recipient',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.mailbox')),
                ('submission', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recipients', to='mailbox.submission', verbose_name='envoi')),
                ('address', models.CharField(max_length=254, verbose_name='adresse')),
                ('address_box', models.BinaryField(null=True)),
                ('domain', models.CharField(max_length=253, verbose_name='domaine')),
                ('is_local', models.BooleanField(default=False, verbose_name='chez nous')),
                ('state', models.CharField(choices=[('held', 'programmé'), ('queued', 'en file'), ('sending', 'envoi'), ('delayed', 'retardé'), ('relayed', 'remis'), ('delivered', 'distribué'), ('failed', 'refusé'), ('cancelled', 'annulé')], default='queued', max_length=9, verbose_name='état')),
                ('not_before', models.DateTimeField(verbose_name='pas avant')),
                ('lease', models.UUIDField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='tentatives')),
                ('retried_at', models.DateTimeField(blank=True, null=True, verbose_name='repris le')),
                ('reply_code', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='code')),
                ('reply_enhanced', models.CharField(blank=True, max_length=12, verbose_name='code étendu')),
                ('reply_text', models.CharField(blank=True, max_length=500, verbose_name='réponse du correspondant')),
                ('delay_reported_at', models.DateTimeField(blank=True, null=True)),
                ('settled_at', models.DateTimeField(blank=True, null=True, verbose_name='réglé le')),
                ('read_at', models.DateTimeField(blank=True, null=True, verbose_name='lu le')),
            ],
            options={
                'verbose_name': 'destinataire',
                'verbose_name_plural': 'destinataires',
                'indexes': [models.Index(condition=models.Q(('state__in', ['held', 'queued', 'sending', 'delayed'])), fields=['not_before', 'domain'], name='mailbox_recipient_due'), models.Index(fields=['mailbox', 'address', '-id'], name='mailbox_recipient_address')],
                'constraints': [models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_recipient_in_mailbox')],
            },
        ),
        migrations.AddField(
            model_name='mailbox',
            name='members',
            field=models.ManyToManyField(related_name='mailboxes', through='mailbox.Membership', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='thread',
            name='labels',
            field=models.ManyToManyField(related_name='threads', through='mailbox.ThreadLabel', to='mailbox.label'),
        ),
        migrations.AddField(
            model_name='thread',
            name='patients',
            field=models.ManyToManyField(related_name='threads', through='mailbox.ThreadPatient', to='mailbox.patient'),
        ),
        migrations.RunSQL(
            [f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL" for table, column in _SEALED],
            migrations.RunSQL.noop,
        ),
    ]
