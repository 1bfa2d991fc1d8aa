"""How far times of alerts lay ahead of their reception, of a source as it stands and of each file."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("alerts", "0010_reopened"),)

    operations = (
        migrations.AddField(
            model_name="source",
            name="ahead_seconds",
            field=models.BigIntegerField(default=0, help_text="how far its times lie ahead of reception; 0: not"),
        ),
        migrations.AddField(
            model_name="source",
            name="ahead_at",
            field=models.DateTimeField(blank=True, help_text="when the last alert with such a time came", null=True),
        ),
        migrations.AddField(
            model_name="arrival",
            name="ahead_alerts",
            field=models.BigIntegerField(default=0, help_text="alerts with a time ahead of the file's reception"),
        ),
        migrations.AddField(
            model_name="arrival",
            name="ahead_seconds",
            field=models.BigIntegerField(default=0, help_text="by how much at most"),
        ),
    )
