import django.contrib.postgres.fields
import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

from mssweb.migrating import Together

# What was filed before there was a status: answered by what left after it; held for done after a month without a letter, so
# that «à traiter» says what is to be done and not all that ever came; and late only from this day on.
# Patients are known from what was sent to them: summaries are sealed, and no migration has a key.
FILL = """
UPDATE mailbox_thread t SET answered_at = x.answered_at,
    with_patient = EXISTS (SELECT FROM mailbox_recipient r JOIN mailbox_submission s ON s.id = r.submission_id
                             JOIN mailbox_message m ON m.id = s.message_id
                            WHERE m.thread_id = t.id AND r.domain = 'patient.mssante.fr')
  FROM (SELECT thread_id, max(filed_at) AS answered_at FROM mailbox_message WHERE direction = 'out' GROUP BY 1) x
 WHERE x.thread_id = t.id;
UPDATE mailbox_thread SET done_at = now() - interval '1 day';
UPDATE mailbox_thread SET status = 'done' WHERE last_at < now() - interval '30 days';
UPDATE mailbox_thread t SET waits_since = x.since
  FROM (SELECT m.thread_id, min(m.filed_at) AS since FROM mailbox_message m
          JOIN mailbox_thread h ON h.id = m.thread_id AND h.status <> 'done'
         WHERE m.direction = 'in' AND m.filed_at > greatest(h.answered_at, h.done_at) GROUP BY 1) x
 WHERE x.thread_id = t.id;
UPDATE mailbox_folderthread r SET
    rank = CASE t.status WHEN 'open' THEN 0 WHEN 'waiting' THEN 1 ELSE 2 END, assigned_to_id = t.assigned_to_id,
    waits_since = t.waits_since, size = coalesce(x.size, 0),
    has_patient = t.with_patient OR EXISTS (SELECT FROM mailbox_threadpatient p WHERE p.thread_id = t.id)
  FROM mailbox_thread t
  LEFT JOIN (SELECT thread_id, folder_id, sum(size) AS size FROM mailbox_message GROUP BY 1, 2) x ON x.thread_id = t.id
 WHERE t.id = r.thread_id AND x.folder_id = r.folder_id;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('auth_otp', '0001_initial'),
        ('mailbox', '0002_webmail'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together([
            migrations.CreateModel(
                name='Preference',
                fields=[
                    ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='preference', serialize=False, to=settings.AUTH_USER_MODEL)),
                    ('density', models.CharField(choices=[('cosy', 'confortable'), ('compact', 'compacte')], default='cosy', max_length=8)),
                        ('theme', models.CharField(choices=[('system', 'comme le système'), ('light', 'clair'), ('dark', 'sombre')], default='system', max_length=6)),
                        ('text_size', models.CharField(choices=[('normal', 'normale'), ('large', 'grande'), ('larger', 'très grande')], default='normal', max_length=6)),
                        ('undo_seconds', models.PositiveSmallIntegerField(null=True)),
                        ('after_archive', models.CharField(choices=[('list', 'revenir à la liste'), ('next', 'ouvrir le fil suivant')], default='list', max_length=4)),
                        ('has_keys', models.BooleanField(default=True)),
                        ('answer_days', models.PositiveSmallIntegerField(default=3)),
                        ('tells_desktop', models.BooleanField(default=False)),
                        ('tells_sound', models.BooleanField(default=False)),
                        ('silent_mailboxes', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), blank=True, default=list)),
                        ('quiet_from', models.TimeField(null=True)),
                        ('quiet_to', models.TimeField(null=True)),
                        ('quiet_days', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, default=list)),
                ],
            ),
            migrations.CreateModel(
                name='SavedView',
                fields=[
                    ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('box', models.BinaryField()),
                    ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.mailbox')),
                    ('membership', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='views', to='mailbox.membership')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_savedview_in_mailbox')],
                },
            ),
            migrations.CreateModel(
                name='Snooze',
                fields=[
                    ('id', models.BigAutoField(primary_key=True, serialize=False)),
                    ('set_at', models.DateTimeField()),
                    ('due_at', models.DateTimeField()),
                    ('woken_at', models.DateTimeField(null=True)),
                    ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.mailbox')),
                    ('membership', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='snoozes', to='mailbox.membership')),
                    ('thread', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.thread')),
                ],
                options={
                    'indexes': [models.Index(condition=models.Q(('woken_at__isnull', True)), fields=['due_at'], name='mailbox_snooze_due')],
                    'constraints': [models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_snooze_in_mailbox'), models.UniqueConstraint(fields=('mailbox', 'membership', 'thread'), name='mailbox_snooze_once')],
                },
            ),
            migrations.CreateModel(
                name='UndoNote',
                fields=[
                    ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('at', models.DateTimeField(db_index=True)),
                    ('kind', models.CharField(max_length=8)),
                    ('value', models.CharField(blank=True, max_length=40)),
                    ('threads', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField())),
                    ('ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list)),
                    ('before', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), default=list)),
                    ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.mailbox')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_undonote_in_mailbox')],
                },
            ),
        ]),
        migrations.AddField(
            model_name='folderthread',
            name='assigned_to',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(model_name='folderthread', name='has_patient', field=models.BooleanField(default=False)),
        migrations.AddField(model_name='folderthread', name='rank', field=models.PositiveSmallIntegerField(default=0)),
        migrations.AddField(model_name='folderthread', name='size', field=models.PositiveBigIntegerField(default=0)),
        migrations.AddField(model_name='folderthread', name='waits_since', field=models.DateTimeField(null=True)),
        migrations.AddField(
            model_name='mailbox',
            name='answer_hours',
            field=models.PositiveSmallIntegerField(default=24, verbose_name='délai de réponse (heures)'),
        ),
        migrations.AddField(model_name='thread', name='acted_modseq', field=models.PositiveBigIntegerField(default=0)),
        migrations.AddField(model_name='thread', name='answered_at', field=models.DateTimeField(null=True)),
        migrations.AddField(model_name='thread', name='done_at', field=models.DateTimeField(null=True)),
        migrations.AddField(model_name='thread', name='waits_since', field=models.DateTimeField(null=True)),
        migrations.AddField(model_name='thread', name='with_patient', field=models.BooleanField(default=False)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name='folderthread',
            index=models.Index(fields=['folder', 'rank', '-last_at', '-thread'], include=('assigned_to',), name='mailbox_list_rank'),
        ),
        migrations.AddIndex(
            model_name='folderthread',
            index=models.Index(fields=['folder', '-size', '-thread'], name='mailbox_list_size'),
        ),
        migrations.AddIndex(
            model_name='folderthread',
            index=models.Index(condition=models.Q(('assigned_to__isnull', False)), fields=['folder', 'assigned_to', '-last_at', '-thread'], name='mailbox_list_assigned'),
        ),
        migrations.AddIndex(
            model_name='folderthread',
            index=models.Index(condition=models.Q(('has_patient', True)), fields=['folder', '-last_at', '-thread'], name='mailbox_list_patients'),
        ),
        migrations.AddIndex(
            model_name='folderthread',
            index=models.Index(condition=models.Q(('waits_since__isnull', False)), fields=['folder', 'waits_since', 'thread'], name='mailbox_list_waits'),
        ),
    ]
