"""When a coordinator opened a notice again: what it was answered before is no answer to that."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("alerts", "0009_interfaces"),)

    operations = (
        migrations.AddField(
            model_name="notice",
            name="reopened_at",
            field=models.DateTimeField(blank=True, help_text="when its sender opened it again", null=True),
        ),
    )
