"""What was counted since the ledger was last told stands with the source."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("alerts", "0005_mailboxes"),)
    operations = (
        migrations.AddField(
            "source",
            "told_at",
            models.DateTimeField(blank=True, help_text="when the ledger was last told what was counted", null=True),
        ),
        migrations.AddField("source", "untold", models.JSONField(default=dict, help_text="what was counted since")),
    )
