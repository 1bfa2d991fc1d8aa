"""Coordinators: what they send by its identifier, and what they are told."""

import django.db.models.deletion
from django.db import migrations, models

from vonggac.tenancy.fields import PathField
from vonggac.tenancy.policies import protect


class Migration(migrations.Migration):
    dependencies = (("alerts", "0007_taken_back"),)

    operations = (
        migrations.AddField(
            model_name="source",
            name="acknowledge_minutes",
            field=models.PositiveIntegerField(blank=True, help_text="where a notice says no time", null=True),
        ),
        migrations.AddField(
            model_name="source",
            name="is_coordinator",
            field=models.BooleanField(default=False, help_text="it sends notices that are answered to it"),
        ),
        migrations.AddField(
            model_name="source",
            name="subject_pattern",
            field=models.CharField(blank=True, help_text="where a mail's subject has its identifier", max_length=300),
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("org_path", PathField()),
                ("identifier", models.CharField(max_length=200)),
                ("title", models.CharField(max_length=300)),
                ("state_told", models.CharField(blank=True, help_text="in the coordinator's own word", max_length=100)),
                ("received_at", models.DateTimeField()),
                (
                    "acknowledge_by",
                    models.DateTimeField(blank=True, help_text="empty: neither notice nor source says one", null=True),
                ),
                (
                    "called_at",
                    models.DateTimeField(
                        blank=True, help_text="when somebody was called, for it was overdue", null=True
                    ),
                ),
                ("acknowledged_at", models.DateTimeField(blank=True, null=True)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="notices", to="alerts.source"
                    ),
                ),
            ],
            options={
                "db_table": "alerts_notice",
            },
        ),
        migrations.AddField(
            model_name="finding",
            name="notice",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="findings",
                to="alerts.notice",
            ),
        ),
        migrations.CreateModel(
            name="Reply",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("org_path", PathField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("acknowledgement", "acknowledgement"), ("answer", "answer"), ("closure", "closure")],
                        max_length=16,
                    ),
                ),
                (
                    "way",
                    models.CharField(
                        choices=[
                            ("mail", "mail"),
                            ("paper", "paper"),
                            ("phone", "phone"),
                            ("portal", "portal"),
                            ("http", "http"),
                        ],
                        max_length=10,
                    ),
                ),
                ("text", models.TextField(blank=True)),
                ("by", models.CharField(max_length=200)),
                ("entered_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("key", models.CharField(help_text="the same at every try", max_length=64, unique=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(blank=True, null=True)),
                ("trouble", models.CharField(blank=True, max_length=300)),
                (
                    "notice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="replies", to="alerts.notice"
                    ),
                ),
            ],
            options={
                "db_table": "alerts_reply",
            },
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("acknowledged_at", None), ("closed_at", None)),
                fields=["acknowledge_by"],
                name="notice_unacknowledged",
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.UniqueConstraint(fields=("source", "identifier"), name="notice_once"),
        ),
        migrations.AddIndex(
            model_name="reply",
            index=models.Index(
                condition=models.Q(("next_try_at__isnull", False)), fields=["next_try_at"], name="reply_waiting"
            ),
        ),
        protect("alerts_notice"),
        protect("alerts_reply"),
    )
