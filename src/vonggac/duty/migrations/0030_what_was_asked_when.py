"""Rules and needs say when they were entered and taken back: minutes that have passed keep what was asked of them."""

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

ENTERED = "when it was entered; empty: before that was kept"


def _moment(help_text: str) -> models.DateTimeField:
    return models.DateTimeField(null=True, blank=True, help_text=help_text)


class Migration(migrations.Migration):
    dependencies = (("duty", "0027_calls_outlive_a_channel"),)
    operations = (
        migrations.AddField(
            "post",
            "presence_turned_at",
            ArrayField(
                models.DateTimeField(), default=list, blank=True, help_text="when asks_presence changed, in order"
            ),
        ),
        migrations.AddField("shifttype", "since", _moment(ENTERED)),
        migrations.AddField("tighterrule", "since", _moment(ENTERED)),
        migrations.AddField("tighterrule", "until", _moment("when it was replaced or taken back")),
        migrations.RemoveConstraint("tighterrule", "tighter_rule_once"),
        migrations.AddConstraint(
            "tighterrule",
            models.UniqueConstraint(
                fields=["organisation", "name"], condition=models.Q(until__isnull=True), name="tighter_rule_once"
            ),
        ),
    )
