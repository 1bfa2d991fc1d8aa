"""Row-level security for cases, and the trigger that keeps their counts."""

from django.db import migrations

from vonggac.tenancy.policies import protect

# One row a bucket and statement, so that an import of 100,000 cases adds some hundred rows, and two people who
# acknowledge at once never wait for one another at a counter.
TALLY = """
CREATE FUNCTION cases_tally_made() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    INSERT INTO cases_tally (org_path, kind, state, proof, number)
    SELECT org_path, kind, state, proof, count(*) FROM made GROUP BY 1, 2, 3, 4;
    RETURN NULL;
END $$;
CREATE FUNCTION cases_tally_gone() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    INSERT INTO cases_tally (org_path, kind, state, proof, number)
    SELECT org_path, kind, state, proof, -count(*) FROM gone GROUP BY 1, 2, 3, 4;
    RETURN NULL;
END $$;
CREATE FUNCTION cases_tally_changed() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    INSERT INTO cases_tally (org_path, kind, state, proof, number)
    SELECT org_path, kind, state, proof, sum(number) FROM (
        SELECT org_path, kind, state, proof, 1 AS number FROM made
        UNION ALL SELECT org_path, kind, state, proof, -1 FROM gone
    ) AS change GROUP BY 1, 2, 3, 4 HAVING sum(number) <> 0;
    RETURN NULL;
END $$;
CREATE TRIGGER cases_tally_made AFTER INSERT ON cases_case
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION cases_tally_made();
CREATE TRIGGER cases_tally_gone AFTER DELETE ON cases_case
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION cases_tally_gone();
CREATE TRIGGER cases_tally_changed AFTER UPDATE ON cases_case
    REFERENCING NEW TABLE AS made OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION cases_tally_changed();
"""


class Migration(migrations.Migration):
    dependencies = (("cases", "0001_initial"),)
    operations = (
        *(protect(f"cases_{table}") for table in ("case", "finding", "evidence", "verdict", "tally")),
        migrations.RunSQL(TALLY, migrations.RunSQL.noop),
    )
