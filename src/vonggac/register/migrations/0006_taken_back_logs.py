"""Files that were handed in for a sensor by mistake, under row-level security."""

import django.db.models.deletion
from django.db import migrations, models

from vonggac.tenancy.fields import PathField
from vonggac.tenancy.policies import protect


class Migration(migrations.Migration):
    dependencies = (("register", "0005_person_home"),)
    operations = (
        migrations.CreateModel(
            name="TakenBackLog",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("org_path", PathField()),
                ("sha256", models.CharField(help_text="of the file as it came", max_length=64)),
                ("file_name", models.CharField(blank=True, max_length=300)),
                ("reason", models.CharField(max_length=300)),
                ("taken_back_by", models.CharField(max_length=200)),
                ("taken_back_at", models.DateTimeField()),
                ("put_back_by", models.CharField(blank=True, max_length=200)),
                ("put_back_at", models.DateTimeField(blank=True, null=True)),
                (
                    "sensor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="taken_back", to="register.sensor"
                    ),
                ),
            ],
            options={
                "db_table": "register_taken_back_log",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("put_back_at__isnull", True)),
                        fields=("sensor", "sha256"),
                        name="log_taken_back_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="log_taken_back_for_a_reason"
                    ),
                ],
            },
        ),
        protect("register_taken_back_log"),
    )
