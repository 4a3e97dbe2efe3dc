import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models

from mssweb.migrating import Together


class Migration(migrations.Migration):

    dependencies = [
        ('mailbox', '0003_triage'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together([
            migrations.CreateModel(
                name='Handover',
                fields=[
                    ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('at', models.DateTimeField()),
                    ('box', models.BinaryField(null=True)),
                    ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.mailbox')),
                ],
                options={
                    'indexes': [models.Index(fields=['mailbox', '-at'], name='mailbox_handover_newest')],
                    'constraints': [models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_handover_in_mailbox')],
                },
            ),
            migrations.CreateModel(
                name='Invitation',
                fields=[
                    ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('name', models.CharField(max_length=254)),
                    ('role', models.CharField(choices=[('manager', 'responsable'), ('member', 'membre'), ('reader', 'lecteur')], max_length=8)),
                    ('may_send', models.BooleanField(default=True)),
                    ('state', models.CharField(choices=[('pending', 'en attente'), ('accepted', 'acceptée'), ('declined', 'refusée'), ('revoked', 'annulée')], default='pending', max_length=8)),
                    ('at', models.DateTimeField()),
                    ('until', models.DateTimeField()),
                    ('inviter', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to='mailbox.mailbox')),
                ],
                options={
                    'indexes': [models.Index(condition=models.Q(('state', 'pending')), fields=['name'], name='mailbox_invitation_waiting')],
                    'constraints': [
                        models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_invitation_in_mailbox'),
                        models.UniqueConstraint(condition=models.Q(('state', 'pending')), fields=('mailbox', 'name'), name='mailbox_invitation_once'),
                    ],
                },
            ),
            migrations.CreateModel(
                name='Note',
                fields=[
                    ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('at', models.DateTimeField()),
                    ('edited_at', models.DateTimeField(null=True)),
                    ('box', models.BinaryField(null=True)),
                    ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.mailbox')),
                    ('thread', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='notes', to='mailbox.thread')),
                ],
                options={
                    'indexes': [models.Index(fields=['mailbox', 'thread', 'at'], name='mailbox_note_told')],
                    'constraints': [models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_note_in_mailbox')],
                },
            ),
            migrations.CreateModel(
                name='Mention',
                fields=[
                    ('id', models.BigAutoField(primary_key=True, serialize=False)),
                    ('seen_at', models.DateTimeField(null=True)),
                    ('mailbox', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.mailbox')),
                    ('membership', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.membership')),
                    ('note', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mentions', to='mailbox.note')),
                    ('thread', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='mailbox.thread')),
                ],
                options={
                    'indexes': [models.Index(condition=models.Q(('seen_at__isnull', True)), fields=['mailbox', 'membership', 'thread'], name='mailbox_mention_waiting')],
                    'constraints': [
                        models.UniqueConstraint(fields=('mailbox', 'id'), name='mailbox_mention_in_mailbox'),
                        models.UniqueConstraint(fields=('mailbox', 'membership', 'note'), name='mailbox_mention_once'),
                    ],
                },
            ),
        ]),
        migrations.AddField(model_name='draft', name='is_offered', field=models.BooleanField(db_default=False, default=False)),
        migrations.AddField(model_name='draft', name='handed_by', field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
        migrations.AddField(model_name='draft', name='handed_at', field=models.DateTimeField(null=True)),
        migrations.AddField(model_name='draft', name='hand_box', field=models.BinaryField(null=True)),
        migrations.AddField(model_name='membership', name='handover_seen', field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='mailbox.handover')),
        migrations.AddField(model_name='membership', name='wants_summary', field=models.BooleanField(db_default=False, default=False)),
        migrations.AddField(model_name='membership', name='summary_told', field=models.DateField(null=True)),
    ]
