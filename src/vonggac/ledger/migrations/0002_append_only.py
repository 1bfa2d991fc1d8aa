"""Append-only by database rights, tenant by row-level security, queued for the sealer and announced by triggers."""

from django.conf import settings
from django.db import migrations

from vonggac.tenancy.policies import in_range

APP, SEALER = settings.VONGGAC_APP_ROLE, settings.VONGGAC_SEALER_ROLE

TRIGGERS = """
CREATE FUNCTION ledger_queue() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    INSERT INTO ledger_unsealed (entry_id) SELECT id FROM made;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_queue AFTER INSERT ON ledger_entry
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION ledger_queue();

-- A statement that made many entries announces the first 20: a page that shows more reads the list again anyway.
CREATE FUNCTION ledger_announce() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    PERFORM pg_notify('vonggac_event', json_build_object(
        'path', org_path, 'act', act, 'kind', subject_kind, 'id', subject_id)::text)
    FROM (SELECT * FROM made ORDER BY id LIMIT 20) AS first;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_announce AFTER INSERT ON ledger_entry
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION ledger_announce();
"""

RIGHTS = f"""
REVOKE UPDATE, DELETE, TRUNCATE ON ledger_entry FROM "{APP}";
REVOKE ALL ON ledger_unsealed, ledger_seal FROM "{APP}";
GRANT SELECT ON ledger_seal, ledger_unsealed TO "{APP}";
GRANT SELECT ON ledger_entry TO "{SEALER}";
GRANT SELECT, INSERT ON ledger_seal TO "{SEALER}";
GRANT SELECT, DELETE ON ledger_unsealed TO "{SEALER}";

ALTER TABLE ledger_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger_entry FORCE ROW LEVEL SECURITY;
CREATE POLICY ledger_entry_read ON ledger_entry FOR SELECT USING ({in_range()});
CREATE POLICY ledger_entry_seal ON ledger_entry FOR SELECT TO "{SEALER}" USING (true);
-- Whoever writes an entry signs it with the actor of the scope in force, and nobody else's.
CREATE POLICY ledger_entry_insert ON ledger_entry FOR INSERT
    WITH CHECK (actor <> '' AND actor = current_setting('vonggac.actor', true));
"""


class Migration(migrations.Migration):
    dependencies = (("ledger", "0001_initial"),)
    operations = (
        migrations.RunSQL(TRIGGERS, migrations.RunSQL.noop),
        migrations.RunSQL(RIGHTS, migrations.RunSQL.noop),
    )
