"""Notices of more kinds, by mail and SMS; a number that waits for its code; codes handed over; accounts that end."""

from django.db import migrations, models
from django.db.models import F


def keep_due(apps, editor):
    """What was not told yet is."""
    apps.get_model("auth_otp", "Notice").objects.update(mail_due_at=F("at"))


class Migration(migrations.Migration):

    dependencies = [
        ('auth_otp', '0006_verify'),
    ]

    operations = [
        migrations.AddField(
            model_name='challenge',
            name='to',
            field=models.CharField(blank=True, max_length=16),
        ),
        migrations.AddField(
            model_name='notice',
            name='by_other',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='notice',
            name='mail_due_at',
            field=models.DateTimeField(db_index=True, null=True),
        ),
        migrations.AddField(
            model_name='notice',
            name='number',
            field=models.CharField(blank=True, max_length=16),
        ),
        migrations.AddField(
            model_name='notice',
            name='sms_due_at',
            field=models.DateTimeField(db_index=True, null=True),
        ),
        migrations.AddField(
            model_name='notice',
            name='sms_sent_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='notice',
            name='what',
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddField(
            model_name='recoverycode',
            name='until',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='user',
            name='erased_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='effacé le'),
        ),
        migrations.AddField(
            model_name='user',
            name='leaving_at',
            field=models.DateTimeField(blank=True, db_index=True, null=True, verbose_name='suppression demandée pour le'),
        ),
        migrations.AddField(
            model_name='user',
            name='wants_browser_sms',
            field=models.BooleanField(default=True, verbose_name='SMS à chaque navigateur nouveau'),
        ),
        migrations.AlterField(
            model_name='notice',
            name='device',
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AlterField(
            model_name='notice',
            name='kind',
            field=models.CharField(choices=[('new_browser', 'New Browser'), ('password_without_code', 'Password Without Code'), ('factor_added', 'Factor Added'), ('factor_removed', 'Factor Removed'), ('factor_reset', 'Factor Reset'), ('codes_renewed', 'Codes Renewed'), ('password_changed', 'Password Changed'), ('number_changed', 'Number Changed'), ('reset_asked', 'Reset Asked'), ('sector_linked', 'Sector Linked'), ('deletion_asked', 'Deletion Asked')], default='new_browser', max_length=24),
        ),
        migrations.RunPython(keep_due, migrations.RunPython.noop),
    ]
