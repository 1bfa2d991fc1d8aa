"""Row-level security for posts, shifts, messages and links."""

from django.db import migrations

from vonggac.tenancy.policies import protect


class Migration(migrations.Migration):
    dependencies = (("duty", "0001_initial"),)
    operations = tuple(protect(f"duty_{table}") for table in ("post", "shift", "message", "link"))
