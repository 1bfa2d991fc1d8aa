"""What is filled in about entering a file stays with it until it is entered."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("directives", "0007_priority_reasons"),)
    operations = (
        migrations.AddField(
            "document",
            "filled",
            models.JSONField(default=dict, help_text="what is filled in about entering it, by field of the form"),
        ),
    )
