"""Interfaces of coordinators: where they are told what was done, and asked for what is new."""

import django.db.models.deletion
from django.db import migrations, models

from vonggac.tenancy.fields import PathField
from vonggac.tenancy.policies import protect


class Migration(migrations.Migration):
    dependencies = (("alerts", "0008_notices"),)

    operations = (
        migrations.CreateModel(
            name="Interface",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("org_path", PathField()),
                ("request", models.JSONField(help_text="as of a gateway of channels; {to} is the notice's identifier")),
                ("secrets", models.TextField(blank=True, help_text="sealed")),
                ("poll_url", models.CharField(blank=True, help_text="empty: nothing is asked for", max_length=500)),
                ("poll_minutes", models.PositiveIntegerField(default=5)),
                ("next_poll_at", models.DateTimeField(blank=True, null=True)),
                ("polled_at", models.DateTimeField(blank=True, null=True)),
                ("trouble", models.CharField(blank=True, help_text="of the last poll", max_length=300)),
                (
                    "source",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="interface", to="alerts.source"
                    ),
                ),
            ],
            options={
                "db_table": "alerts_interface",
            },
        ),
        protect("alerts_interface"),
    )
