"""Row-level security for lists, senders and indicators."""

from django.db import migrations

from vonggac.tenancy.policies import protect


class Migration(migrations.Migration):
    dependencies = (("botnet", "0001_initial"),)
    operations = tuple(protect(f"botnet_{table}") for table in ("sender", "list", "indicator"))
