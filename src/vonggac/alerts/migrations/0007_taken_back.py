"""A file of alerts that was handed in by mistake can be taken back."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("alerts", "0006_untold"),)
    operations = (
        migrations.AddField("setaside", "taken_back_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("setaside", "taken_back_by", models.CharField(blank=True, default="", max_length=200)),
        migrations.AddField("setaside", "taken_back_for", models.CharField(blank=True, default="", max_length=300)),
    )
