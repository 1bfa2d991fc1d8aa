"""A shift that runs needs more people from when they were asked for, and until that was taken back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("duty", "0024_changes_in_place"),)
    operations = (
        migrations.AddField(
            "reinforcement",
            "asked_at",
            models.DateTimeField(help_text="a shift that ran by then needs more from then on", null=True),
        ),
        migrations.AddField(
            "reinforcement",
            "ended_at",
            models.DateTimeField(blank=True, help_text="when it was taken back, once it had begun", null=True),
        ),
    )
