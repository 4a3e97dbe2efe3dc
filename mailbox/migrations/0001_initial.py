# Folded into one while nothing is released: each table is made whole

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

from mssweb.migrating import Together

# Sealed bytes do not compress: stored out of line as they are, without spending the processor on trying.
_SEALED = (
    ("mailbox_blob", "box"),
    ("mailbox_arrival", "box"),
    ("mailbox_message", "summary_box"),
    ("mailbox_draft", "box"),
    ("mailbox_searchentry", "tokens"),
)
# What no form, no command and no mistake may change: an address and its kind stay, an address that a mailbox has or had is
# never another's (whatever the kind, the case or the separators of its local part), a personal mailbox is of one person,
# and of an application's mailbox nobody is more or less than a manager. mailbox/life/naming.py: `skeleton`.
RULES = r"""
CREATE FUNCTION mailbox_skeleton(address text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT translate(regexp_replace(lower(address), '@[^@]*$', ''), '.-_', '') || substring(lower(address) from '@[^@]*$')
$$;
CREATE FUNCTION mailbox_address_used() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO mailbox_usedaddress (skeleton, address, used_at) VALUES (mailbox_skeleton(NEW.address), NEW.address, now());
  RETURN NULL;
END $$;
CREATE TRIGGER mailbox_address_used AFTER INSERT ON mailbox_mailbox FOR EACH ROW EXECUTE FUNCTION mailbox_address_used();
CREATE FUNCTION mailbox_address_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION 'the address and the kind of a mailbox never change' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER mailbox_address_stays BEFORE UPDATE OF address, kind ON mailbox_mailbox FOR EACH ROW
  WHEN (OLD.address IS DISTINCT FROM NEW.address OR OLD.kind IS DISTINCT FROM NEW.kind)
  EXECUTE FUNCTION mailbox_address_stays();
CREATE FUNCTION mailbox_member_fits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE box_kind text;
BEGIN
  SELECT kind INTO box_kind FROM mailbox_mailbox WHERE id = NEW.mailbox_id AND kind <> 'ORG' FOR NO KEY UPDATE;
  IF box_kind = 'APP' AND NEW.role <> 'manager' THEN
    RAISE EXCEPTION 'nobody but a manager looks into an application''s mailbox' USING ERRCODE = 'check_violation';
  END IF;
  IF box_kind = 'PER' AND TG_OP = 'INSERT' AND (
      EXISTS (SELECT FROM mailbox_membership WHERE mailbox_id = NEW.mailbox_id AND id <> NEW.id)
      OR EXISTS (SELECT FROM mailbox_life WHERE mailbox_id = NEW.mailbox_id AND holder_id <> NEW.user_id)) THEN
    RAISE EXCEPTION 'a personal mailbox is of one person, for ever' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER mailbox_member_fits BEFORE INSERT OR UPDATE OF role ON mailbox_membership
  FOR EACH ROW EXECUTE FUNCTION mailbox_member_fits();
"""
NO_RULES = """
DROP TRIGGER mailbox_member_fits ON mailbox_membership;
DROP TRIGGER mailbox_address_stays ON mailbox_mailbox;
DROP TRIGGER mailbox_address_used ON mailbox_mailbox;
DROP FUNCTION mailbox_member_fits(), mailbox_address_stays(), mailbox_address_used(), mailbox_skeleton(text);
"""


class Migration(migrations.Migration):

    initial = True

    replaces = [  # an instance has all of them, or is refused; backups name them
        ('mailbox', '0002_revocation'),
        ('mailbox', '0003_outbound'),
        ('mailbox', '0004_watching'),
        ('mailbox', '0005_reports'),
        ('mailbox', '0006_life'),
        ('mailbox', '0007_traces'),
        ('mailbox', '0008_smtputf8'),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together([
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
                    ('changes', models.JSONField(blank=True, default=dict)),
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
                options={
                },
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
                    ('state', models.CharField(choices=[('requested', 'demandée'), ('active', 'active'), ('suspended', 'suspendue'), ('closed', 'clôturée'), ('deleted', 'supprimée')], default='requested', max_length=10, verbose_name='état')),
                    ('red_list', models.BooleanField(default=False, verbose_name='liste rouge')),
                    ('quota_bytes', models.PositiveBigIntegerField(default=10737418240, verbose_name='quota')),
                    ('used_bytes', models.PositiveBigIntegerField(default=0, verbose_name='occupation')),
                    ('modseq', models.PositiveBigIntegerField(default=0, verbose_name='modseq')),
                    ('public_key', models.BinaryField(verbose_name='clé publique')),
                    ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='créée le')),
                    ('members', models.ManyToManyField(related_name='mailboxes', through='mailbox.Membership', to=settings.AUTH_USER_MODEL)),
                    ('is_technical', models.BooleanField(default=False, verbose_name='technique')),
                    ('asks_delivery', models.BooleanField(default=False, verbose_name='demander l’accusé de remise')),
                    ('asks_read', models.BooleanField(default=False, verbose_name='demander l’accusé de lecture')),
                    ('receipts', models.CharField(choices=[('ask', 'demander à chaque fois'), ('always', 'l’envoyer dès la lecture'), ('never', 'ne jamais l’envoyer')], default='ask', max_length=6, verbose_name='accusés de lecture')),
                    ('room_told', models.PositiveSmallIntegerField(default=0)),
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
                    ('labels', models.ManyToManyField(related_name='threads', through='mailbox.ThreadLabel', to='mailbox.label')),
                    ('patients', models.ManyToManyField(related_name='threads', through='mailbox.ThreadPatient', to='mailbox.patient')),
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
                    ('error_told', models.CharField(blank=True, max_length=3)),
                    ('has_codecda', models.BooleanField(default=False)),
                    ('ins_flag', models.CharField(blank=True, max_length=1)),
                    ('nil', models.CharField(blank=True, max_length=32)),
                    ('receipt', models.CharField(blank=True, choices=[('', 'non demandé'), ('asked', 'demandé'), ('sent', 'envoyé'), ('declined', 'refusé')], max_length=8)),
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
                    ('message', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='submissions', to='mailbox.message', verbose_name='message')),
                    ('author', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='auteur')),
                    ('mail_from', models.CharField(blank=True, max_length=254, verbose_name='expéditeur')),
                    ('submitted_at', models.DateTimeField(verbose_name='envoyé le')),
                    ('size', models.PositiveIntegerField(verbose_name='taille')),
                    ('blob', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='mailbox.blob')),
                    ('notify_success', models.BooleanField(default=False, verbose_name='accusé de remise demandé')),
                    ('wants_read', models.BooleanField(default=False, verbose_name='accusé de lecture demandé')),
                ],
                options={
                    'verbose_name': 'envoi',
                    'verbose_name_plural': 'envois',
                    'indexes': [models.Index(fields=['mailbox', '-submitted_at'], name='mailbox_submission_date')],
                    'constraints': [models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_submission_in_mailbox'), models.CheckConstraint(condition=models.Q(('message__isnull', True), ('blob__isnull', True), _connector='OR'), name='mailbox_submission_bytes')],
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
                    ('disposition', models.CharField(blank=True, choices=[('processed', 'intégré par son logiciel'), ('dispatched', 'transmis par le destinataire sans être lu'), ('deleted', 'supprimé par le destinataire, peut-être sans être lu')], max_length=10, verbose_name='accusé')),
                    ('disposition_at', models.DateTimeField(blank=True, null=True)),
                    ('error_code', models.CharField(blank=True, max_length=3, verbose_name='erreur d’intégration')),
                    ('reported', models.CharField(blank=True, choices=[('delivered', 'remise confirmée par son serveur'), ('relayed', 'transmis à un serveur qui ne confirme pas la remise'), ('expanded', 'distribué à une liste'), ('delayed', 'retenu par son serveur, qui essaie encore'), ('failed', 'rendu par son serveur')], max_length=9, verbose_name='rapport')),
                    ('reported_at', models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    'verbose_name': 'destinataire',
                    'verbose_name_plural': 'destinataires',
                    'indexes': [models.Index(fields=['mailbox', 'address', '-id'], name='mailbox_recipient_address'), models.Index(condition=models.Q(('state__in', ['held', 'queued', 'sending', 'delayed'])), fields=['domain', 'not_before', 'submission'], name='mailbox_recipient_queue'), models.Index(condition=models.Q(('state', 'sending')), fields=['domain', 'lease'], name='mailbox_recipient_sending')],
                    'constraints': [models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_recipient_in_mailbox')],
                },
            ),
            migrations.CreateModel(
                name='RevocationList',
                fields=[
                    ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('url', models.CharField(max_length=500, unique=True, verbose_name='adresse')),
                    ('issuer', models.CharField(blank=True, max_length=500, verbose_name='autorité')),
                    ('der', models.BinaryField(blank=True, default=bytes)),
                    ('sha256', models.CharField(blank=True, max_length=64, verbose_name='empreinte')),
                    ('number', models.CharField(blank=True, max_length=64, verbose_name='numéro')),
                    ('revoked_count', models.PositiveIntegerField(default=0, verbose_name='certificats révoqués')),
                    ('this_update', models.DateTimeField(null=True, verbose_name='publiée le')),
                    ('next_update', models.DateTimeField(null=True, verbose_name='prend fin le')),
                    ('fetched_at', models.DateTimeField(null=True, verbose_name='obtenue le')),
                    ('next_try_at', models.DateTimeField(verbose_name='redemandée le')),
                    ('failures', models.PositiveIntegerField(default=0, verbose_name='échecs de suite')),
                    ('outcome', models.CharField(blank=True, max_length=40, verbose_name='dernière réponse')),
                ],
                options={
                    'verbose_name': 'liste de révocation',
                    'verbose_name_plural': 'listes de révocation',
                    'ordering': ['url'],
                },
            ),
            migrations.CreateModel(
                name='Peer',
                fields=[
                    ('domain', models.CharField(max_length=253, primary_key=True, serialize=False, verbose_name='domaine')),
                    ('since', models.DateTimeField(verbose_name='sans réponse depuis')),
                    ('failures', models.PositiveIntegerField(verbose_name='échecs de suite')),
                    ('not_before', models.DateTimeField(verbose_name='prochain essai')),
                    ('reply_code', models.PositiveSmallIntegerField(verbose_name='code')),
                    ('reply_enhanced', models.CharField(blank=True, max_length=12, verbose_name='code étendu')),
                    ('reply_text', models.CharField(blank=True, max_length=500, verbose_name='raison')),
                ],
                options={
                    'verbose_name': 'correspondant en difficulté',
                    'verbose_name_plural': 'correspondants en difficulté',
                    'ordering': ['since'],
                },
            ),
            migrations.CreateModel(
                name='Probe',
                fields=[
                    ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('way', models.CharField(choices=[('in', 'réception'), ('out', 'envoi')], max_length=3, verbose_name='sens')),
                    ('started_at', models.DateTimeField(db_index=True, verbose_name='partie le')),
                    ('seen_at', models.DateTimeField(null=True, verbose_name='retrouvée le')),
                    ('detail', models.CharField(blank=True, max_length=40, verbose_name='détail')),
                ],
                options={
                    'verbose_name': 'sonde',
                    'verbose_name_plural': 'sondes',
                    'ordering': ['-started_at', '-id'],
                },
            ),
            migrations.CreateModel(
                name='Tally',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=40)),
                    ('label', models.CharField(blank=True, max_length=40)),
                    ('value', models.FloatField()),
                ],
                options={
                },
            ),
            migrations.CreateModel(
                name='Watched',
                fields=[
                    ('name', models.CharField(max_length=24, primary_key=True, serialize=False)),
                    ('subject', models.CharField(blank=True, max_length=500, verbose_name='objet')),
                    ('faults', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=300), blank=True, default=list)),
                    ('until', models.DateTimeField(null=True, verbose_name='prend fin le')),
                    ('told', models.CharField(blank=True, max_length=120)),
                    ('checked_at', models.DateTimeField(verbose_name='regardé le')),
                ],
                options={
                    'verbose_name': 'élément surveillé',
                    'verbose_name_plural': 'éléments surveillés',
                    'ordering': ['name'],
                },
            ),
            migrations.CreateModel(
                name='WhiteListSource',
                fields=[
                    ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('url', models.CharField(max_length=500, unique=True, verbose_name='adresse')),
                    ('etag', models.CharField(blank=True, max_length=200)),
                    ('modified', models.CharField(blank=True, max_length=200)),
                    ('asked_at', models.DateTimeField(null=True, verbose_name='demandée le')),
                    ('taken_at', models.DateTimeField(null=True, verbose_name='obtenue le')),
                    ('next_try_at', models.DateTimeField(verbose_name='redemandée le')),
                    ('failures', models.PositiveIntegerField(default=0, verbose_name='échecs de suite')),
                    ('outcome', models.CharField(blank=True, max_length=40, verbose_name='dernière réponse')),
                ],
                options={
                    'verbose_name': 'source de la liste blanche',
                    'verbose_name_plural': 'sources de la liste blanche',
                    'ordering': ['url'],
                },
            ),
            migrations.CreateModel(
                name='Incident',
                fields=[
                    ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('kind', models.CharField(choices=[('in', 'réception retardée'), ('out', 'envois retardés'), ('both', 'rien ne circule plus, ou plus rien ne surveille')], max_length=4, verbose_name='nature')),
                    ('opened_at', models.DateTimeField(verbose_name='depuis')),
                    ('closed_at', models.DateTimeField(null=True, verbose_name='jusqu’à')),
                    ('detail', models.CharField(blank=True, max_length=40, verbose_name='dernier détail')),
                ],
                options={
                    'verbose_name': 'incident',
                    'verbose_name_plural': 'incidents',
                    'ordering': ['-opened_at'],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at__isnull', True)), fields=('kind',), name='mailbox_incident_one_open')],
                },
            ),
            migrations.CreateModel(
                name='NoticeChannel',
                fields=[
                    ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to=settings.AUTH_USER_MODEL)),
                    ('channel', models.CharField(choices=[('sms', 'SMS sur mon mobile, et message dans la boîte'), ('mailbox', 'message dans la boîte seulement')], default='sms', max_length=7)),
                ],
                options={
                },
            ),
            migrations.CreateModel(
                name='UsedAddress',
                fields=[
                    ('skeleton', models.CharField(max_length=254, primary_key=True, serialize=False)),
                    ('address', models.CharField(max_length=254, verbose_name='adresse')),
                    ('used_at', models.DateTimeField(verbose_name='depuis')),
                ],
                options={
                    'verbose_name': 'adresse employée',
                    'verbose_name_plural': 'adresses employées',
                },
            ),
            migrations.CreateModel(
                name='Life',
                fields=[
                    ('mailbox', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='life', serialize=False, to='mailbox.mailbox', verbose_name='boîte aux lettres')),
                    ('reason', models.CharField(blank=True, max_length=300, verbose_name='motif')),
                    ('suspended_until', models.DateTimeField(blank=True, null=True, verbose_name='suspendue jusqu’au')),
                    ('closing_at', models.DateTimeField(blank=True, null=True, verbose_name='clôture demandée pour le')),
                    ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='clôturée le')),
                    ('destroy_at', models.DateTimeField(blank=True, null=True, verbose_name='contenu détruit le')),
                    ('kept_at', models.DateTimeField(blank=True, null=True, verbose_name='opposition à la clôture')),
                    ('ends_at', models.DateTimeField(blank=True, null=True, verbose_name='clôture annoncée pour le')),
                    ('warned', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='dernier avertissement')),
                    ('due_at', models.DateTimeField(db_index=True, default=django.utils.timezone.now, null=True)),
                    ('holder', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'verbose_name': 'vie d’une boîte',
                    'verbose_name_plural': 'vies des boîtes',
                },
            ),
            migrations.CreateModel(
                name='LifeStep',
                fields=[
                    ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('at', models.DateTimeField(verbose_name='le')),
                    ('act', models.CharField(choices=[('open', 'ouverte'), ('suspend', 'suspendue'), ('resume', 'remise en service'), ('ask', 'clôture demandée'), ('keep', 'clôture demandée annulée'), ('close', 'clôturée'), ('reopen', 'rouverte'), ('destroy', 'contenu détruit'), ('warn', 'avertissement d’inactivité'), ('oppose', 'opposition à la clôture')], max_length=8, verbose_name='fait')),
                    ('reason', models.CharField(blank=True, max_length=300, verbose_name='motif')),
                    ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='par')),
                    ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='mailbox.mailbox')),
                ],
                options={
                    'ordering': ['-at', '-id'],
                },
            ),
            migrations.CreateModel(
                name='ClosureNotice',
                fields=[
                    ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('ends_at', models.DateTimeField()),
                    ('days', models.PositiveSmallIntegerField()),
                    ('due_at', models.DateTimeField(null=True)),
                    ('sent_at', models.DateTimeField(null=True)),
                    ('failure', models.CharField(blank=True, max_length=160)),
                    ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.mailbox')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'indexes': [models.Index(models.F('due_at'), condition=models.Q(('due_at__isnull', False)), name='mailbox_notice_due')],
                    'constraints': [models.UniqueConstraint(fields=('mailbox', 'user', 'ends_at', 'days'), name='mailbox_notice_once')],
                },
            ),
            migrations.CreateModel(
                name='MailboxRequest',
                fields=[
                    ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('kind', models.CharField(choices=[('PER', 'personnelle'), ('ORG', 'organisationnelle'), ('APP', 'applicative')], max_length=3, verbose_name='type')),
                    ('address', models.CharField(max_length=254, verbose_name='adresse')),
                    ('skeleton', models.CharField(max_length=254)),
                    ('display_name', models.CharField(max_length=160, verbose_name='libellé')),
                    ('reason', models.CharField(max_length=300, verbose_name='motif')),
                    ('asked_at', models.DateTimeField(verbose_name='demandée le')),
                    ('agreed_at', models.DateTimeField(null=True, verbose_name='accord donné le')),
                    ('state', models.CharField(choices=[('waiting', 'en attente'), ('accepted', 'acceptée'), ('refused', 'refusée'), ('withdrawn', 'retirée')], default='waiting', max_length=9, verbose_name='état')),
                    ('decided_at', models.DateTimeField(null=True, verbose_name='décidée le')),
                    ('answer', models.CharField(blank=True, max_length=300, verbose_name='réponse')),
                    ('agreed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='accord du titulaire')),
                    ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='demandée par')),
                    ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='décidée par')),
                    ('domain', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='mailbox.domain', verbose_name='domaine')),
                    ('mailbox', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='request', to='mailbox.mailbox')),
                    ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='titulaire de la boîte')),
                    ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='mailbox.tenant', verbose_name='structure')),
                ],
                options={
                    'verbose_name': 'demande de boîte',
                    'verbose_name_plural': 'demandes de boîtes',
                    'ordering': ['-asked_at'],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'waiting')), fields=('skeleton',), name='mailbox_request_address_once'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'PER'), ('person__isnull', False)), models.Q(models.Q(('kind', 'PER'), _negated=True), ('person', None)), _connector='OR'), name='mailbox_request_holder')],
                },
            ),
            migrations.CreateModel(
                name='IndicatorMonth',
                fields=[
                    ('month', models.DateField(primary_key=True, serialize=False, verbose_name='mois')),
                    ('written_at', models.DateTimeField(verbose_name='écrit le')),
                    ('rows', models.IntegerField(verbose_name='lignes')),
                    ('sha256', models.CharField(max_length=64, verbose_name='empreinte')),
                ],
                options={
                    'verbose_name': 'mois d’indicateurs',
                    'verbose_name_plural': 'mois d’indicateurs',
                    'ordering': ['-month'],
                },
            ),
            migrations.CreateModel(
                name='Flow',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('hour', models.DateTimeField(verbose_name='heure')),
                    ('way', models.CharField(choices=[('in', 'reçu'), ('out', 'envoyé')], max_length=3, verbose_name='sens')),
                    ('cause', models.CharField(blank=True, max_length=32, verbose_name='cause')),
                    ('count', models.BigIntegerField(verbose_name='nombre')),
                    ('size', models.BigIntegerField(default=0, verbose_name='octets')),
                    ('p50', models.FloatField(null=True, verbose_name='délai médian')),
                    ('p95', models.FloatField(null=True, verbose_name='délai, 95 %')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('hour', 'way', 'cause'), name='mailbox_flow_once')],
                },
            ),
            migrations.CreateModel(
                name='Indicator',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('day', models.DateField(verbose_name='jour')),
                    ('name', models.CharField(max_length=40, verbose_name='indicateur')),
                    ('labels', models.CharField(blank=True, max_length=200, verbose_name='dimensions')),
                    ('value', models.FloatField(verbose_name='valeur')),
                ],
                options={
                    'verbose_name': 'indicateur',
                    'verbose_name_plural': 'indicateurs',
                    'ordering': ['-day', 'name', 'labels'],
                    'constraints': [models.UniqueConstraint(fields=('day', 'name', 'labels'), name='mailbox_indicator_once')],
                },
            ),
            migrations.CreateModel(
                name='Transaction',
                fields=[
                    ('id', models.BigAutoField(primary_key=True, serialize=False)),
                    ('at', models.DateTimeField(verbose_name='quand')),
                    ('way', models.CharField(choices=[('in', 'reçu'), ('out', 'envoyé')], max_length=3, verbose_name='sens')),
                    ('stage', models.CharField(choices=[('conn', 'connexion'), ('tls', 'TLS'), ('mail', 'expéditeur'), ('rcpt', 'destinataire'), ('data', 'message')], max_length=4, verbose_name='étape')),
                    ('peer_address', models.GenericIPAddressField(null=True, verbose_name='adresse du correspondant')),
                    ('domain', models.CharField(blank=True, max_length=253, verbose_name='domaine')),
                    ('mail_from', models.CharField(blank=True, max_length=320, verbose_name='expéditeur')),
                    ('rcpt_to', models.CharField(blank=True, max_length=320, verbose_name='destinataire')),
                    ('serial', models.CharField(blank=True, max_length=64, verbose_name='numéro du certificat')),
                    ('dn', models.CharField(blank=True, max_length=500, verbose_name='nom du certificat')),
                    ('tls', models.CharField(blank=True, max_length=48, verbose_name='TLS')),
                    ('edition_id', models.UUIDField(null=True, verbose_name='édition de la liste blanche')),
                    ('crl', models.CharField(blank=True, max_length=64, verbose_name='numéro de la liste de révocation')),
                    ('reason', models.CharField(max_length=32, verbose_name='décision')),
                    ('code', models.SmallIntegerField(verbose_name='code')),
                    ('enhanced', models.CharField(blank=True, max_length=12, verbose_name='code étendu')),
                    ('text', models.CharField(blank=True, max_length=200, verbose_name='réponse')),
                    ('size', models.IntegerField(null=True, verbose_name='taille')),
                    ('seconds', models.FloatField(null=True, verbose_name='durée')),
                    ('delay', models.FloatField(null=True, verbose_name='délai')),
                    ('queue_id', models.UUIDField(null=True, verbose_name='identifiant')),
                    ('message_id', models.UUIDField(null=True, verbose_name='message')),
                    ('mailbox_id', models.UUIDField(null=True, verbose_name='boîte aux lettres')),
                    ('extensions', models.SmallIntegerField(default=0, verbose_name='extensions')),
                    ('repeats', models.IntegerField(default=1, verbose_name='nombre')),
                ],
                options={
                    'verbose_name': 'transaction SMTP',
                    'verbose_name_plural': 'transactions SMTP',
                    'permissions': [('view_dashboard', 'Peut voir le tableau de bord d’exploitation')],
                    'indexes': [models.Index(models.F('at'), models.F('id'), name='mailbox_trace_at'), models.Index(models.F('mail_from'), models.F('at'), models.F('id'), name='mailbox_trace_from'), models.Index(models.F('rcpt_to'), models.F('at'), models.F('id'), name='mailbox_trace_to'), models.Index(models.F('domain'), models.F('at'), models.F('id'), name='mailbox_trace_domain'), models.Index(models.F('queue_id'), condition=models.Q(('queue_id__isnull', False)), name='mailbox_trace_queue'), models.Index(models.F('message_id'), condition=models.Q(('message_id__isnull', False)), name='mailbox_trace_message'), models.Index(models.F('reason'), models.F('at'), models.F('id'), condition=models.Q(('code__gte', 400)), name='mailbox_trace_refused'), models.Index(models.F('code'), models.F('at'), models.F('id'), condition=models.Q(('code__gte', 400)), name='mailbox_trace_code')],
                },
            ),
        ]),
        migrations.RunSQL(
            [f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL" for table, column in _SEALED],
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(RULES, NO_RULES),
    ]
