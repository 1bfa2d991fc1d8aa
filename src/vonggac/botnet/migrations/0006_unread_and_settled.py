"""What nobody could read in a list becomes a row of its own, which a person settles."""

import django.db.models.deletion
from django.db import migrations, models

import vonggac.tenancy.fields
from vonggac.tenancy.policies import protect

# Of a C2 only the sender was kept, with the first and the last list that held it; of a row its line in the list.
TAKE_OVER = r"""
SELECT set_config('vonggac.low', '', true), set_config('vonggac.high', '~', true);
INSERT INTO botnet_unread (botnet_list_id, org_path, kind, line, "column", text, row, rows)
SELECT l.id, l.org_path, 'c2', NULL, '', i.value, '', 1
FROM botnet_indicator AS i JOIN botnet_list AS l ON l.sender_id = i.sender_id
    AND l.received_at IN (i.first_listed_at, i.last_listed_at)
WHERE i.kind = 'unread';
DELETE FROM botnet_indicator WHERE kind = 'unread';
INSERT INTO botnet_unread (botnet_list_id, org_path, kind, line, "column", text, row, rows)
SELECT l.id, l.org_path, 'address', (reject->>'line')::bigint, coalesce(reject->>'column', ''), '', reject->>'raw', 1
FROM botnet_list AS l, jsonb_array_elements(l.rejects) AS reject
WHERE reject->>'raw' ~ '\d[.,]\d|:[0-9A-Fa-f]*:';
"""


class Migration(migrations.Migration):
    dependencies = (("botnet", "0005_what_batches_counted"),)
    operations = (
        migrations.CreateModel(
            "Unread",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("org_path", vonggac.tenancy.fields.PathField()),
                ("kind", models.CharField(choices=[("c2", "c2"), ("address", "address")], max_length=7)),
                (
                    "line",
                    models.BigIntegerField(blank=True, help_text="of the file as it came; null: not kept", null=True),
                ),
                ("column", models.CharField(blank=True, max_length=300)),
                ("text", models.TextField(help_text="the part of the cell that stands for a C2; empty for a row")),
                ("row", models.TextField(blank=True, help_text="the row's own text, cut at 1,000 characters")),
                ("rows", models.BigIntegerField(default=1, help_text="how many rows of the list hold the text")),
                (
                    "botnet_list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="unread", to="botnet.botnetlist"
                    ),
                ),
            ],
            {"db_table": "botnet_unread"},
        ),
        migrations.CreateModel(
            "Settling",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("org_path", vonggac.tenancy.fields.PathField()),
                (
                    "meant",
                    models.JSONField(default=list, help_text="in their normal form; empty: nothing is meant"),
                ),
                ("reason", models.TextField(blank=True)),
                ("settled_by", models.CharField(max_length=200)),
                ("settled_at", models.DateTimeField()),
                ("withdrawn_by", models.CharField(blank=True, max_length=200)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("undo", models.JSONField(default=list, help_text="the findings that it touched, as they were before")),
                (
                    "unread",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="settlings", to="botnet.unread"
                    ),
                ),
            ],
            {"db_table": "botnet_settling"},
        ),
        migrations.AddIndex("unread", models.Index(fields=["botnet_list", "kind", "line"], name="unread_of_list")),
        migrations.AddConstraint(
            "settling",
            models.UniqueConstraint(
                condition=models.Q(withdrawn_at__isnull=True), fields=("unread",), name="settled_once"
            ),
        ),
        migrations.AddConstraint(
            "settling",
            models.CheckConstraint(
                condition=~models.Q(meant=[]) | ~models.Q(reason=""), name="nothing_meant_has_a_reason"
            ),
        ),
        protect("botnet_unread"),
        protect("botnet_settling"),
        migrations.RunSQL(TAKE_OVER, migrations.RunSQL.noop),
        # The rows just made have checks of foreign keys to come, and a table with such takes no other change.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL IMMEDIATE"),
        migrations.AlterField(
            "indicator", "kind", models.CharField(choices=[("address", "address"), ("name", "name")], max_length=7)
        ),
    )
