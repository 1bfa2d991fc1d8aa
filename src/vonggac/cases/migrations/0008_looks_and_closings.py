"""When a verdict was last looked at, and why a case is closed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("cases", "0007_tally_by_claim"),)
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
    )
