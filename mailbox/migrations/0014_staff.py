"""The people of each structure: whoever is a member of one of its mailboxes today, and its titulaire, is authorised."""

import django.db.models.deletion
import uuid_utils.compat
from django.conf import settings
from django.db import migrations, models


FILL = """
INSERT INTO mailbox_staff (id, tenant_id, user_id, state, function, is_delegate, decided_at)
SELECT gen_random_uuid(), x.tenant_id, x.user_id, 'authorised', CASE WHEN t.holder_id = x.user_id THEN 'titulaire' ELSE '' END,
       false, now()
  FROM (SELECT b.tenant_id, m.user_id FROM mailbox_membership m JOIN mailbox_mailbox b ON b.id = m.mailbox_id
        UNION SELECT id, holder_id FROM mailbox_tenant WHERE holder_id IS NOT NULL) x
  JOIN mailbox_tenant t ON t.id = x.tenant_id
"""


class Migration(migrations.Migration):

    dependencies = [
        ('mailbox', '0013_opposition'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Staff',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('waiting', 'à autoriser'), ('authorised', 'autorisé'), ('suspended', 'suspendu'), ('withdrawn', 'retiré')], default='authorised', max_length=10, verbose_name='état')),
                ('function', models.CharField(blank=True, choices=[('titulaire', 'pharmacien titulaire'), ('adjoint', 'pharmacien adjoint'), ('remplacant', 'pharmacien remplaçant'), ('preparateur', 'préparateur en pharmacie'), ('apprenti', 'apprenti préparateur'), ('etudiant', 'étudiant en pharmacie'), ('rayonniste', 'rayonniste'), ('administratif', 'secrétariat, comptabilité'), ('', 'autre')], default='', max_length=13, verbose_name='fonction')),
                ('is_delegate', models.BooleanField(default=False, verbose_name='gérant')),
                ('decided_at', models.DateTimeField(verbose_name='décidé le')),
                ('asked_at', models.DateTimeField(null=True)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='décidé par')),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='staff', to='mailbox.tenant', verbose_name='structure')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='works', to=settings.AUTH_USER_MODEL, verbose_name='personne')),
            ],
            options={
                'verbose_name': 'personne d’une structure',
                'verbose_name_plural': 'personnes des structures',
                'constraints': [models.UniqueConstraint(fields=('tenant', 'user'), name='mailbox_staff_once')],
            },
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
