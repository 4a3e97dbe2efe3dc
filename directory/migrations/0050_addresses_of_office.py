"""A structure's own addresses are read without those of the people who work there."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('directory', '0043_shrinking')]

    operations = [
        migrations.AddIndex(
            model_name='mailboxaddress',
            index=models.Index(condition=models.Q(('practitioner__isnull', True)), fields=['organization', 'service'], name='directory_address_of_office'),
        ),
    ]
