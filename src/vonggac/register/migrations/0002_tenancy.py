"""Row-level security for the register.

A scope sees its subtree, and the bare chain of organisations above it. People have no path: they are read only
through their roles, and by sign-in before any scope exists.
"""

from django.db import migrations

from vonggac.tenancy.policies import in_range, protect

ANCESTOR = "starts_with(current_setting('vonggac.low', true), path)"
OWN_ROLE = "person_id::text = current_setting('vonggac.person', true)"


class Migration(migrations.Migration):
    dependencies = (("register", "0001_initial"),)
    operations = (
        protect("register_organisation", read=f"{in_range('path')} OR {ANCESTOR}", write=in_range("path")),
        protect("register_role", read=f"{in_range()} OR {OWN_ROLE}"),
        *(
            protect(f"register_{table}")
            for table in ("contact", "network", "system", "asset", "asset_address", "sensor", "sensor_coverage")
        ),
        migrations.RunSQL(
            "CREATE INDEX register_network_cidr ON register_network USING gist (cidr inet_ops)",
            "DROP INDEX register_network_cidr",
        ),
    )
