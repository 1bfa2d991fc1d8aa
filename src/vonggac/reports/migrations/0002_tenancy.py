"""Row-level security for reports, and the trigger that keeps issued ones as they were issued."""

from django.db import migrations

from vonggac.tenancy.policies import protect

# Withdrawing says that the paper no longer holds; a reorganisation moves the row to another part of the tree. Nothing
# else about an issued report may ever differ from the files that left the office.
FINAL = """
CREATE FUNCTION reports_report_is_final() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
DECLARE
    free text[] := ARRAY['state', 'withdrawn_at', 'withdrawn_reason', 'changed_at', 'org_path', 'organisation_id'];
BEGIN
    IF OLD.state = 'draft' THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'report % was issued and stays on record', OLD.id;
    END IF;
    IF NEW.state = 'draft' OR (OLD.state = 'withdrawn' AND NEW.state <> 'withdrawn')
        OR (to_jsonb(NEW) - free) IS DISTINCT FROM (to_jsonb(OLD) - free) THEN
        RAISE EXCEPTION 'report % was issued and does not change', OLD.id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER reports_report_is_final BEFORE UPDATE OR DELETE ON reports_report
    FOR EACH ROW EXECUTE FUNCTION reports_report_is_final();
"""
UNDO = """
DROP TRIGGER reports_report_is_final ON reports_report;
DROP FUNCTION reports_report_is_final();
"""


class Migration(migrations.Migration):
    dependencies = (("reports", "0001_initial"),)
    operations = (protect("reports_report"), migrations.RunSQL(FINAL, UNDO))
