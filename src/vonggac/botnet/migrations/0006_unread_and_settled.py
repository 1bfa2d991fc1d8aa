"""What nobody could read in a list becomes a row of its own, which a person settles."""

import re

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import vonggac.tenancy.fields
from vonggac.tenancy.policies import protect

BATCH = 1_000
# Of a C2 only the sender was kept, with the first and the last list that held it.
TAKE_C2_OVER = """
INSERT INTO botnet_unread (botnet_list_id, org_path, kind, line, "column", text, row, rows)
SELECT l.id, l.org_path, 'c2', NULL, '', i.value, '', 1
FROM botnet_indicator AS i JOIN botnet_list AS l ON l.sender_id = i.sender_id
    AND l.received_at IN (i.first_listed_at, i.last_listed_at)
WHERE i.kind = 'unread';
DELETE FROM botnet_indicator WHERE kind = 'unread';
"""
# The ledger holds each mapping of a sender since the first; a list was read by the newest at its import.
KEEP_MAPPINGS = """
UPDATE botnet_list AS l SET mapping = (
    SELECT e.detail->'mapping' FROM ledger_entry AS e
    WHERE e.subject_kind = 'sender' AND e.subject_id = l.sender_id AND e.act = 'list.mapping'
        AND (l.imported_at IS NULL OR e.at <= l.imported_at)
    ORDER BY e.id DESC LIMIT 1
);
"""

# Whether a row holds something like an address, as an import of this version decides it.
_DOTS = re.compile(r"(?:\s*(?:\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)|[.·])\s*)+")
_COMMAS = re.compile(r"(?<![\d.,])(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})(?![\d.,])")
_MISREAD = re.compile(r"\b[\doli]+(?:\.[\doli]+){2,}\b")
_LOOKALIKES = str.maketrans("oli", "011")
_OCTETS = re.compile(r"(?<![\d.])\d+(?:\.\d+){2,}")
_DATE = re.compile(r"\d{1,2}\.\d{1,2}\.(?:19|20)\d\d")
_IPV6 = re.compile(r"[0-9a-f]*(?::[0-9a-f]*){2,}")
_TIME = re.compile(r"[0-2]?\d:[0-5]\d:[0-5]\d")


def may_name_somebody(raw: str) -> bool:
    """True when the row holds something like an address."""
    raw = raw.lower()
    plain = _MISREAD.sub(lambda found: found[0].translate(_LOOKALIKES), _DOTS.sub(".", raw))
    plain = _COMMAS.sub(r"\1.\2.\3.\4", plain)
    return any(not _DATE.fullmatch(text) for text in _OCTETS.findall(plain)) or any(
        not _TIME.fullmatch(text) for text in _IPV6.findall(raw)
    )


def take_over(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Make what earlier lists left unread things to settle, and give each list the mapping it was read by."""
    editor.execute("SELECT set_config('vonggac.low', '', true), set_config('vonggac.high', '~', true)")
    editor.execute(TAKE_C2_OVER)
    editor.execute(KEEP_MAPPINGS)
    owner, unread = editor.connection.alias, apps.get_model("botnet", "Unread")
    lists = apps.get_model("botnet", "BotnetList").objects.using(owner)
    for one in lists.exclude(rejects=[]).order_by("pk").iterator(BATCH):
        unread.objects.using(owner).bulk_create(
            [
                unread(
                    botnet_list_id=one.pk, org_path=one.org_path, kind="address", line=reject["line"],
                    column=(reject["column"] or "")[:300], text="", row=reject["raw"],
                )
                for reject in one.rejects
                if may_name_somebody(reject["raw"])
            ]
        )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = (("botnet", "0005_what_batches_counted"), ("ledger", "0002_append_only"))
    operations = (
        migrations.AddField(
            "botnetlist",
            "mapping",
            models.JSONField(
                blank=True,
                help_text="the columns it was read by, whatever the sender's are by now; null: guessed",
                null=True,
            ),
        ),
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
                    models.JSONField(
                        default=list, help_text="addresses and names in their normal form; empty: nothing is meant"
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                ("settled_by", models.CharField(max_length=200)),
                ("settled_at", models.DateTimeField()),
                (
                    "column_of",
                    models.BigIntegerField(
                        blank=True,
                        help_text="the unread thing by which its whole column was settled, and is withdrawn",
                        null=True,
                    ),
                ),
                ("withdrawn_by", models.CharField(blank=True, max_length=200)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
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
        migrations.RunPython(take_over, migrations.RunPython.noop),
        # The rows just made have checks of foreign keys to come, and a table with such takes no other change.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL IMMEDIATE"),
        migrations.AlterField(
            "indicator", "kind", models.CharField(choices=[("address", "address"), ("name", "name")], max_length=7)
        ),
    )
