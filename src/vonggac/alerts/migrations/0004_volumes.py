"""Alerts by source and hour, from which each source's rhythm is learnt."""

import django.db.models.deletion
from django.db import migrations, models

from vonggac.tenancy.fields import PathField
from vonggac.tenancy.policies import protect


class Migration(migrations.Migration):
    dependencies = (("alerts", "0003_clocks"),)
    operations = (
        migrations.CreateModel(
            "Volume",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("org_path", PathField()),
                ("hour", models.DateTimeField(help_text="its begin, UTC")),
                ("alerts", models.BigIntegerField()),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="volumes", to="alerts.source"
                    ),
                ),
            ],
            {"db_table": "alerts_volume"},
        ),
        migrations.AddConstraint("volume", models.UniqueConstraint(fields=["hour", "source"], name="volume_once")),
        protect("alerts_volume"),
    )
