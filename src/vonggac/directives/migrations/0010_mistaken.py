"""A directive may turn out to have been entered by mistake."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("directives", "0009_times_of_old_drafts"),)
    operations = (
        migrations.AlterField(
            "directive",
            "state",
            models.CharField(
                choices=[
                    ("draft", "read, not confirmed"),
                    ("confirmed", "in force"),
                    ("superseded", "superseded"),
                    ("recalled", "recalled"),
                    ("mistaken", "entered by mistake"),
                ],
                default="draft",
                max_length=12,
            ),
        ),
    )
