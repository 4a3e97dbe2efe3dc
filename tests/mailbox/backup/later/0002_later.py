from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("auth_otp", "0001_initial")]
    operations = [migrations.RunSQL("CREATE TABLE auth_otp_later (id integer)")]
