"""Sessions that Pro Santé Connect holds too; questions on telephones."""

import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('auth_otp', '0008_cards'),
    ]

    operations = [
        migrations.CreateModel(
            name='Followed',
            fields=[
                ('session', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='auth_otp.session', to_field='ref')),
                ('sid', models.BinaryField(db_index=True, max_length=32)),
                ('subject', models.BinaryField(db_index=True, max_length=32)),
                ('box', models.BinaryField()),
                ('due_at', models.DateTimeField(db_index=True)),
                ('until', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='TelephoneQuestion',
            fields=[
                ('id', models.UUIDField(default=uuid_utils.compat.uuid7, editable=False, primary_key=True, serialize=False)),
                ('binding', models.BinaryField(max_length=32)),
                ('box', models.BinaryField(null=True)),
                ('rpps', models.BinaryField(max_length=32)),
                ('words', models.CharField(max_length=40)),
                ('state', models.CharField(choices=[('pending', 'Pending'), ('denied', 'Denied'), ('done', 'Done')], default='pending', max_length=8)),
                ('interval', models.PositiveSmallIntegerField()),
                ('poll_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(db_index=True)),
            ],
        ),
    ]
