"""Versions are taken back, whom a plan took off a running shift is told from who left it, rest may make up for work."""

from django.db import migrations, models

LEAVES = [
    ("annual", "annual leave"),
    ("sick", "sick leave"),
    ("training", "training"),
    ("mission", "away on business"),
    ("rest", "compensatory rest"),
    ("other", "other"),
]


class Migration(migrations.Migration):
    dependencies = (("duty", "0022_who_left_and_came_back"),)
    operations = (
        migrations.AddField("roster", "before", models.JSONField(default=dict)),
        migrations.AddField(
            "shift",
            "taken_off_at",
            models.DateTimeField(null=True, blank=True, help_text="when a plan took them off a running shift"),
        ),
        migrations.AlterField("leave", "kind", models.CharField(choices=LEAVES, default="annual", max_length=10)),
    )
