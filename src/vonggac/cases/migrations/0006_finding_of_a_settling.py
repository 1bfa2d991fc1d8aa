"""What a person settled stands beside what the lists say themselves, so that it can be taken back whole."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("cases", "0005_alert_cases"),)
    operations = (
        migrations.AddField(
            "finding",
            "settling",
            models.BigIntegerField(
                blank=True,
                help_text="by which a person says that a list means it; null: the list says so itself",
                null=True,
            ),
        ),
        migrations.RemoveConstraint("finding", "finding_once_per_case"),
        migrations.AddConstraint(
            "finding",
            models.UniqueConstraint(
                fields=("source", "subject", "family", "case", "settling"),
                name="finding_once_per_case",
                nulls_distinct=False,
            ),
        ),
        migrations.AddIndex(
            "finding",
            models.Index(condition=models.Q(settling__isnull=False), fields=["settling"], name="finding_settling"),
        ),
    )
