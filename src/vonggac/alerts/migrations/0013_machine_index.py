"""The findings of one machine by their rank: the inbox shows the first of them, and asks for it once a row."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("alerts", "0012_lean_indexes"),)

    operations = (
        migrations.RemoveIndex("finding", "alert_subject"),
        migrations.AddIndex(
            "finding",
            models.Index(
                fields=["subject", "state", "org_path", "priority", "-last_received_at", "-id"], name="alert_machine"
            ),
        ),
    )
