"""Changes of shifts in force that make no version are kept for a day, under row-level security."""

import django.db.models.deletion
from django.db import migrations, models

import vonggac.tenancy.fields
from vonggac.tenancy.policies import protect

ID = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")
KINDS = [("table", "table of shifts"), ("hand", "changed in place"), ("sheet", "spreadsheet")]


class Migration(migrations.Migration):
    dependencies = (("duty", "0023_versions_taken_back"), ("register", "0005_person_home"))
    operations = (
        migrations.CreateModel(
            "InPlace",
            [
                ("id", ID),
                ("org_path", vonggac.tenancy.fields.PathField(db_collation="C", max_length=200)),
                ("kind", models.CharField(choices=KINDS, max_length=5)),
                ("name", models.CharField(help_text="of the file, or of what was done", max_length=200)),
                ("made_at", models.DateTimeField()),
                ("made_by", models.CharField(max_length=200)),
                ("before", models.JSONField()),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes_in_place",
                        to="register.organisation",
                    ),
                ),
            ],
            options={
                "db_table": "duty_in_place",
                "indexes": [models.Index(fields=["org_path", "-made_at"], name="in_place_time")],
            },
        ),
        protect("duty_in_place"),
    )
