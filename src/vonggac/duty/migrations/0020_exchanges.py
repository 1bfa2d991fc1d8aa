"""Requests to pass shifts on, under row-level security."""

import django.db.models.deletion
import vonggac.tenancy.fields
from django.db import migrations, models

from vonggac.tenancy.policies import protect


class Migration(migrations.Migration):
    dependencies = [
        ("duty", "0012_links_of_duty"),
    ]

    operations = [
        migrations.CreateModel(
            name="Exchange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("org_path", vonggac.tenancy.fields.PathField(db_collation="C", max_length=200)),
                ("slot", models.CharField(help_text="TYPE:YYYY-MM-DD, as rosters name shifts", max_length=40)),
                ("from_utc", models.DateTimeField()),
                ("to_utc", models.DateTimeField()),
                (
                    "wanted_slot",
                    models.CharField(blank=True, help_text="empty: cover, nothing in return", max_length=40),
                ),
                ("wanted_from_utc", models.DateTimeField(blank=True, null=True)),
                ("wanted_to_utc", models.DateTimeField(blank=True, null=True)),
                ("note", models.CharField(blank=True, max_length=300)),
                ("asked_at", models.DateTimeField()),
                ("taken_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "told_at",
                    models.DateTimeField(blank=True, help_text="when the lead was told that nobody took it", null=True),
                ),
                (
                    "asker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="asked_exchanges", to="duty.member"
                    ),
                ),
                (
                    "colleague",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="offered_exchanges",
                        to="duty.member",
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="exchanges", to="duty.post"
                    ),
                ),
                (
                    "wanted_post",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="duty.post",
                    ),
                ),
            ],
            options={
                "db_table": "duty_exchange",
                "indexes": [
                    models.Index(
                        condition=models.Q(("taken_at__isnull", True), ("withdrawn_at__isnull", True)),
                        fields=["org_path", "from_utc"],
                        name="exchange_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("taken_at__isnull", True), ("withdrawn_at__isnull", True)),
                        fields=("asker", "slot", "wanted_slot"),
                        name="exchange_asked_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("wanted_slot", ""),
                            models.Q(("colleague__isnull", False), ("wanted_post__isnull", False)),
                            _connector="OR",
                        ),
                        name="exchange_swap_with_somebody",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("taken_at__isnull", True), ("colleague__isnull", False), _connector="OR"),
                        name="exchange_taken_by_somebody",
                    ),
                ],
            },
        ),
        protect("duty_exchange"),
    ]
