"""Who acknowledged or answered a case, for the search: the names of before stand in the ledger alone."""

import django.db.models.deletion
from django.db import migrations, models

import vonggac.tenancy.fields
from vonggac.tenancy.policies import protect

KEEP = """
SELECT set_config('vonggac.low', '', true), set_config('vonggac.high', '~', true);
INSERT INTO cases_answerer (case_id, org_path, ending)
SELECT DISTINCT held.id, held.org_path, left(array_to_string(words[place:], ' '), 200)
FROM ledger_entry AS told
JOIN cases_case AS held ON held.id = told.subject_id
CROSS JOIN LATERAL (SELECT string_to_array(register_fold(told.detail ->> 'by'), ' ')) AS name (words)
CROSS JOIN LATERAL generate_series(1, least(cardinality(words), 8)) AS place
WHERE told.subject_kind = 'case' AND told.detail ->> 'by' <> ''
    AND told.act IN ('case.acknowledge', 'case.start', 'case.claim', 'case.dispute', 'case.refuse')
    AND held.claimed_by <> '(đã xóa)'
    AND NOT EXISTS (
        SELECT FROM ledger_entry AS undoing
        WHERE undoing.subject_kind = 'case' AND undoing.subject_id = told.subject_id AND undoing.act = 'case.undo'
            AND undoing.detail -> 'entry' = to_jsonb(told.id)
    );
"""


class Migration(migrations.Migration):
    dependencies = (("cases", "0010_finding_looked_up"), ("ledger", "0001_initial"), ("register", "0003_search"))
    operations = (
        migrations.CreateModel(
            "Answerer",
            (
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("org_path", vonggac.tenancy.fields.PathField()),
                ("ending", models.CharField(db_collation="C", max_length=200)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="answerers", to="cases.case"
                    ),
                ),
            ),
            options={
                "db_table": "cases_answerer",
                "indexes": [models.Index(fields=["ending", "org_path"], name="answerer_ending")],
                "constraints": [models.UniqueConstraint(fields=("case", "ending"), name="answerer_once_per_case")],
            },
        ),
        protect("cases_answerer"),
        migrations.RunSQL(KEEP, migrations.RunSQL.noop),
    )
