"""The application may have the planner's statistics renewed: it owns no table, so a function of the owner does it."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION desk_renew_statistics() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    ANALYZE cases_case, cases_finding, ledger_entry, directives_obligation, register_asset, register_asset_address,
            register_network;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = (("directives", "0002_tenancy"), ("cases", "0003_finding_seen_in"), ("ledger", "0002_append_only"))
    operations = (migrations.RunSQL(FUNCTION, "DROP FUNCTION desk_renew_statistics()"),)
