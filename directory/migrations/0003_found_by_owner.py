"""Indexes of searches carry who is found instead of the row; structures have the words of their place.

What was loaded goes, as in 0002: the next load brings it back as a first one, in the time of one.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('directory', '0002_national'),
    ]

    operations = [
        migrations.RunSQL(
            "TRUNCATE directory_entry, directory_word, directory_mailboxaddress, directory_practitionerrole,"
            " directory_practitioner, directory_organization, directory_qualification",
            migrations.RunSQL.noop,
        ),
        migrations.RemoveIndex(
            model_name='entry',
            name='directory_by_name',
        ),
        migrations.RemoveIndex(
            model_name='entry',
            name='directory_by_town',
        ),
        migrations.RemoveIndex(
            model_name='entry',
            name='directory_by_given',
        ),
        migrations.RemoveIndex(
            model_name='entry',
            name='directory_by_first',
        ),
        migrations.RemoveIndex(
            model_name='entry',
            name='directory_by_trade',
        ),
        migrations.RemoveIndex(
            model_name='entry',
            name='directory_by_department',
        ),
        migrations.AddField(
            model_name='organization',
            name='words',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), default=list, editable=False),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['name', 'first', 'town', 'reachable'], include=('qualification', 'department', 'owner'), name='directory_by_name'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['town', 'name', 'first', 'reachable'], include=('qualification', 'department', 'owner'), name='directory_by_town'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['town', 'first', 'name', 'reachable'], include=('qualification', 'department', 'owner'), name='directory_by_given'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['first', 'name', 'town', 'reachable'], include=('qualification', 'department', 'owner'), name='directory_by_first'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['qualification', 'town', 'name', 'first', 'reachable'], include=('department', 'owner'), name='directory_by_trade'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['department', 'name', 'first', 'town', 'reachable'], include=('qualification', 'owner'), name='directory_by_department'),
        ),
        migrations.AddIndex(
            model_name='organization',
            index=django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=['words'], name='directory_by_place'),
        ),
    ]
