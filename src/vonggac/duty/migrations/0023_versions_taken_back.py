"""A version can be taken back, and whom a plan took off a running shift is told apart from who left it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("duty", "0022_who_left_and_came_back"),)
    operations = (
        migrations.AddField("roster", "before", models.JSONField(default=dict)),
        migrations.AddField(
            "shift",
            "taken_off_at",
            models.DateTimeField(null=True, blank=True, help_text="when a plan took them off a running shift"),
        ),
    )
