"""Row-level security for everything about alerts."""

from django.db import migrations

from vonggac.tenancy.policies import protect


class Migration(migrations.Migration):
    dependencies = (("alerts", "0001_initial"),)
    operations = tuple(
        protect(f"alerts_{table}")
        for table in ("source", "arrival", "suppression", "finding", "set_aside", "message", "progress")
    )
