"""Letters outlive their channel; a call knows that it has news, and a step that could not be done says why."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("duty", "0025_reinforcements_by_the_moment"),)
    operations = (
        migrations.AlterField(
            "letter",
            "channel",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="letters",
                to="duty.channel",
            ),
        ),
        migrations.AlterField(
            "page",
            "channel",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="duty.channel",
            ),
        ),
        migrations.AddField(
            "escalation",
            "has_news",
            models.BooleanField(default=False, help_text="something came after this round began"),
        ),
        migrations.AddField(
            "step",
            "failure",
            models.CharField(blank=True, help_text="why it could not be done; it is tried again", max_length=300),
        ),
    )
