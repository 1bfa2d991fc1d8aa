"""The table of reports."""

import django.db.models.deletion
from django.db import migrations, models

from vonggac.tenancy.fields import PathField


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("directives", "0002_tenancy"),
        ("register", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Report",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("org_path", PathField(db_collation="C", max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "draft"), ("issued", "issued"), ("withdrawn", "withdrawn")],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("figures", models.JSONField()),
                (
                    "checkpoint",
                    models.CharField(
                        blank=True, help_text="of the ledger, when the figures were counted", max_length=90
                    ),
                ),
                ("counted_at", models.DateTimeField()),
                ("drafted_at", models.DateTimeField()),
                ("drafted_by", models.CharField(max_length=200)),
                ("changed_at", models.DateTimeField()),
                ("issuing_body", models.CharField(max_length=300)),
                ("parent_body", models.CharField(blank=True, max_length=300)),
                ("abbreviation", models.CharField(help_text="of the office in the symbol: BC-…", max_length=30)),
                ("place", models.CharField(max_length=100)),
                ("addressees", models.JSONField(default=list)),
                ("recipients", models.JSONField(default=list)),
                ("filing", models.CharField(default="VT", max_length=60)),
                ("difficulties", models.JSONField(default=list)),
                ("proposals", models.JSONField(default=list)),
                (
                    "signer_mark",
                    models.CharField(
                        blank=True,
                        choices=[("TM.", "TM."), ("Q.", "Q."), ("KT.", "KT."), ("TL.", "TL."), ("TUQ.", "TUQ.")],
                        max_length=5,
                    ),
                ),
                ("signer_authority", models.CharField(blank=True, max_length=200)),
                ("signer_title", models.CharField(max_length=200)),
                ("signer_name", models.CharField(blank=True, max_length=200)),
                (
                    "lists_sources",
                    models.BooleanField(default=False, help_text="an annex lists where the rows behind figures stand"),
                ),
                ("number", models.PositiveIntegerField(blank=True, help_text="null: left for the clerk", null=True)),
                ("issued_on", models.DateField(blank=True, null=True)),
                ("issued_by", models.CharField(blank=True, max_length=200)),
                ("docx_sha256", models.CharField(blank=True, max_length=64)),
                ("pdf_sha256", models.CharField(blank=True, max_length=64)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawn_reason", models.TextField(blank=True)),
                (
                    "directive",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="directives.directive"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        help_text="the office that reports",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="register.organisation",
                    ),
                ),
            ],
            options={
                "db_table": "reports_report",
                "ordering": ("-pk",),
                "indexes": [models.Index(fields=["org_path", "-id"], name="report_list")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("issued_on__isnull", True), ("number__isnull", True), ("state", "draft")),
                            models.Q(
                                ("issued_on__isnull", False),
                                models.Q(("docx_sha256", ""), _negated=True),
                                models.Q(("pdf_sha256", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="report_issued_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "withdrawn"), _negated=True),
                            models.Q(
                                ("withdrawn_at__isnull", False), models.Q(("withdrawn_reason", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="report_withdrawn_with_reason",
                    ),
                ],
            },
        ),
    ]
