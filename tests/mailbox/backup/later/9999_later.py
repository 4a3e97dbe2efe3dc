from pathlib import Path

from django.db import migrations

import auth_otp

TODAYS = max(path.stem for path in Path(auth_otp.__path__[0], "migrations").glob("0*.py"))


class Migration(migrations.Migration):
    dependencies = [("auth_otp", TODAYS)]
    operations = [migrations.RunSQL("CREATE TABLE auth_otp_later (id integer)")]
