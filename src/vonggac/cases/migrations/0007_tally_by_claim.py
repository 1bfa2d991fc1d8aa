"""The counters tell claims apart too, and what few cases claim while they are worked on has an index of its own."""

from django.db import migrations, models

RARE = models.Q(claim__in=("not_ours", "cannot")) | models.Q(
    claim="done", state__in=("acknowledged", "cannot_comply", "disputed", "in_progress", "sent")
)
FUNCTIONS = """
CREATE OR REPLACE FUNCTION cases_tally_made() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    INSERT INTO cases_tally (org_path, kind, state, proof{claim}, number)
    SELECT org_path, kind, state, proof{claim}, count(*) FROM made GROUP BY org_path, kind, state, proof{claim};
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION cases_tally_gone() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    INSERT INTO cases_tally (org_path, kind, state, proof{claim}, number)
    SELECT org_path, kind, state, proof{claim}, -count(*) FROM gone GROUP BY org_path, kind, state, proof{claim};
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION cases_tally_changed() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    INSERT INTO cases_tally (org_path, kind, state, proof{claim}, number)
    SELECT org_path, kind, state, proof{claim}, sum(number) FROM (
        SELECT org_path, kind, state, proof{claim}, 1 AS number FROM made
        UNION ALL SELECT org_path, kind, state, proof{claim}, -1 FROM gone
    ) AS change GROUP BY org_path, kind, state, proof{claim} HAVING sum(number) <> 0;
    RETURN NULL;
END $$;
"""
WITH_CLAIM, WITHOUT_CLAIM = FUNCTIONS.replace("{claim}", ", claim"), FUNCTIONS.replace("{claim}", "")
# No case moves while they are counted anew: its change would stand in the old counters, which go.
COUNT_ANEW = """
SELECT set_config('vonggac.low', '', true), set_config('vonggac.high', '~', true);
LOCK TABLE cases_case IN SHARE MODE;
DELETE FROM cases_tally;
INSERT INTO cases_tally (org_path, kind, state, proof, claim, number)
SELECT org_path, kind, state, proof, claim, count(*) FROM cases_case GROUP BY org_path, kind, state, proof, claim;
"""


class Migration(migrations.Migration):
    dependencies = (("cases", "0006_finding_of_a_settling"),)
    operations = (
        migrations.AddField("tally", "claim", models.CharField(default="", max_length=10), preserve_default=False),
        migrations.RunSQL(WITH_CLAIM, WITHOUT_CLAIM),
        migrations.RunSQL(COUNT_ANEW, migrations.RunSQL.noop),
        migrations.RemoveIndex("tally", "tally_bucket"),
        migrations.AddIndex(
            "tally", models.Index(fields=["org_path", "kind", "state", "proof", "claim"], name="tally_bucket")
        ),
        migrations.AddIndex(
            "case", models.Index(fields=["claim", "state", "due_at", "id"], name="case_claim", condition=RARE)
        ),
    )
