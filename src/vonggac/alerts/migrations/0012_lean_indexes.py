"""Indexes of what hardly any finding has leave out the others: a large file writes ten thousand of these at once."""

from typing import Any

from django.db import migrations, models

_KEYS: dict[str, Any] = {
    "case": models.ForeignKey(
        "cases.Case", models.SET_NULL, null=True, blank=True, related_name="alert_findings", db_index=False
    ),
    "notice": models.ForeignKey(
        "alerts.Notice", models.PROTECT, null=True, blank=True, related_name="findings", db_index=False
    ),
    "merged_into": models.ForeignKey(
        "alerts.Finding", models.SET_NULL, null=True, blank=True, related_name="merged", db_index=False
    ),
    "suppression": models.ForeignKey(
        "alerts.Suppression", models.SET_NULL, null=True, blank=True, related_name="findings", db_index=False
    ),
}


class Migration(migrations.Migration):
    dependencies = (("alerts", "0011_clock_lead"), ("cases", "0011_answerer"))

    operations = (
        *(migrations.AlterField("finding", name, key) for name, key in _KEYS.items()),
        *(
            migrations.AddIndex(
                "finding",
                models.Index(
                    fields=[name], condition=models.Q(**{f"{name}__isnull": False}), name=f"alert_finding_{name}"
                ),
            )
            for name in _KEYS
        ),
    )
