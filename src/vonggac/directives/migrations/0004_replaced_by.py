"""The old directive names the one that replaced it: one new directive may replace several."""

import django.db.models.deletion
from django.db import migrations, models

TURN_ROUND = """
SELECT set_config('vonggac.low', '', true), set_config('vonggac.high', '~', true);
UPDATE directives_directive AS old SET replaced_by_id = new.id
FROM directives_directive AS new WHERE new.replaces_id = old.id;
"""


class Migration(migrations.Migration):
    dependencies = (("directives", "0003_statistics"),)
    operations = (
        migrations.AddField(
            "directive",
            "replaced_by",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="directives.directive",
            ),
        ),
        migrations.RunSQL(TURN_ROUND, migrations.RunSQL.noop),
        # The rows just changed have checks of foreign keys to come, and a table with such takes no other change.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL IMMEDIATE"),
        migrations.RemoveField("directive", "replaces"),
        migrations.AlterField(
            "directive",
            "replaced_by",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="replaces",
                to="directives.directive",
            ),
        ),
    )
