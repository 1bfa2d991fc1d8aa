"""Findings carry the times by which they have to be acknowledged and handled; those that stand have none."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("alerts", "0002_tenancy"),)
    operations = (
        migrations.AddField(
            "finding",
            "clock_from",
            models.DateTimeField(null=True, blank=True, help_text="when it rose; empty: when it came"),
        ),
        migrations.AddField("finding", "acknowledge_by", models.DateTimeField(null=True, blank=True)),
        migrations.AddField("finding", "handle_by", models.DateTimeField(null=True, blank=True)),
        migrations.AddField(
            "finding",
            "called_at",
            models.DateTimeField(null=True, blank=True, help_text="when somebody was called, for nobody saw it"),
        ),
        migrations.AddIndex(
            "finding",
            models.Index(
                fields=["acknowledge_by", "priority", "org_path"],
                condition=models.Q(state="new"),
                name="alert_unacknowledged",
            ),
        ),
        migrations.AddIndex(
            "finding",
            models.Index(
                fields=["acknowledged_at", "org_path"],
                condition=models.Q(acknowledged_at__isnull=False),
                name="alert_answered",
            ),
        ),
    )
