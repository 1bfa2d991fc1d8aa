"""A hand-over says where somebody signed in the place of a side of which nobody was there."""

from django.db import migrations, models


def _flag(help_text: str) -> models.BooleanField:
    return models.BooleanField(default=False, help_text=help_text)


class Migration(migrations.Migration):
    dependencies = (("duty", "0030_what_was_asked_when"),)
    operations = (
        migrations.AddField("handover", "gave_as_stand_in", _flag("nobody of the ending shift was there to sign")),
        migrations.AddField("handover", "took_as_stand_in", _flag("nobody of the beginning shift was there to sign")),
    )
