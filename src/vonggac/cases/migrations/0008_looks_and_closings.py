"""When a verdict was last looked at, and why a case is closed: until now the ledger alone could tell."""

from django.db import migrations, models

SAY = """
SELECT set_config('vonggac.low', '', true), set_config('vonggac.high', '~', true);
UPDATE cases_case AS held SET closing = left(told.reason, 300)
FROM (
    SELECT DISTINCT ON (subject_id) subject_id, detail ->> 'reason' AS reason FROM ledger_entry
    WHERE subject_kind = 'case' AND act = 'case.close' ORDER BY subject_id, id DESC
) AS told
WHERE told.subject_id = held.id AND held.state = 'closed' AND told.reason <> 'proven';
"""


class Migration(migrations.Migration):
    dependencies = (("cases", "0007_tally_by_claim"), ("ledger", "0001_initial"))
    operations = (
        migrations.AddField(
            "case",
            "closing",
            models.CharField(
                blank=True,
                default="",
                help_text="why it is closed; empty: proven, or it is open",
                max_length=300,
            ),
        ),
        migrations.AddField(
            "verdict",
            "looked_at",
            models.DateTimeField(blank=True, help_text="when it was last looked at and found to stand", null=True),
        ),
        migrations.RunSQL(SAY, migrations.RunSQL.noop),
    )
