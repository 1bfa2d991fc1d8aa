"""Findings by family and by C2: generated columns, since row-level security keeps an expression's index from reads."""

from django.db import migrations, models
from django.db.models.fields.json import KT

NAMES = {"c2_address": "destination_address", "c2_host": "destination_host"}


class Migration(migrations.Migration):
    dependencies = (("cases", "0009_closings_of_before"),)
    operations = (
        *(
            migrations.AddField(
                "finding",
                column,
                models.GeneratedField(
                    expression=KT(f"detail__{key}"),
                    output_field=models.TextField(db_collation="C", null=True),
                    db_persist=True,
                ),
            )
            for column, key in NAMES.items()
        ),
        migrations.AddIndex("finding", models.Index(fields=["family", "org_path"], name="finding_family")),
        *(
            migrations.AddIndex(
                "finding",
                models.Index(
                    fields=[column, "org_path"],
                    name=f"finding_{column}",
                    condition=models.Q((f"{column}__isnull", False)),
                ),
            )
            for column in NAMES
        ),
    )
