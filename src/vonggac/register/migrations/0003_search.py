"""Accent-free search columns; one owner of a block at a time; contacts seen by those below.

The exclusion constraint replaces the plain index on `cidr`: it is one itself. It holds across tenants, so nobody can
enter a block that another office answers for at the same time.
"""

from django.db import migrations, models

from vonggac.register import folding
from vonggac.tenancy.policies import in_range

ONE_OWNER = """
DROP INDEX register_network_cidr;
ALTER TABLE register_network
    ADD CONSTRAINT network_ends_after_it_begins CHECK (valid_to > valid_from),
    ADD CONSTRAINT network_one_owner_at_a_time
    EXCLUDE USING gist (cidr inet_ops WITH =, daterange(valid_from, valid_to) WITH &&);
"""
MANY_OWNERS = """
ALTER TABLE register_network
    DROP CONSTRAINT network_one_owner_at_a_time, DROP CONSTRAINT network_ends_after_it_begins;
CREATE INDEX register_network_cidr ON register_network USING gist (cidr inet_ops);
"""
# A commune has to find whom to call at the province and at the national authority (org_path ''); without a scope the
# upper bound is empty, and nobody sees anything.
ABOVE = "(current_setting('vonggac.high', true) <> '' AND starts_with(current_setting('vonggac.low', true), org_path))"
SEEN_BELOW = f"ALTER POLICY register_contact_read ON register_contact USING ({in_range()} OR {ABOVE})"
SEEN_IN_RANGE = f"ALTER POLICY register_contact_read ON register_contact USING ({in_range()})"


class Migration(migrations.Migration):
    dependencies = (("register", "0002_tenancy"),)
    operations = (
        migrations.RunSQL(folding.SQL, "DROP FUNCTION register_fold(text)"),
        *(
            migrations.AddField(model, "folded", folding.folded("name"))
            for model in ("organisation", "asset", "person")
        ),
        *(
            migrations.AddIndex(model, models.Index(fields=["folded"], name=f"{model}_folded"))
            for model in ("organisation", "asset")
        ),
        migrations.RunSQL(ONE_OWNER, MANY_OWNERS),
        migrations.RunSQL(SEEN_BELOW, SEEN_IN_RANGE),
    )
