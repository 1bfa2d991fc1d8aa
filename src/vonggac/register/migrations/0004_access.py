"""Tokens, emergency grants and recoveries under row-level security, and the table of refused sign-ins."""

import django.contrib.postgres.fields
import django.db.models.deletion
import vonggac.tenancy.fields
from django.conf import settings
from django.db import migrations, models


from vonggac.tenancy.policies import in_range, protect

# As for roles: a person finds their own grants before they choose a node.
OWN = f"{in_range()} OR person_id::text = current_setting('vonggac.person', true)"
# The table that Django's database cache expects; unlogged, because a crash may forget who mistyped a password.
COUNTER = """
CREATE UNLOGGED TABLE register_counter (
    cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamp with time zone NOT NULL
);
CREATE INDEX register_counter_expires ON register_counter (expires);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("register", "0003_search"),
    ]

    operations = [
        migrations.CreateModel(
            name="BreakGlass",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("org_path", vonggac.tenancy.fields.PathField(db_collation="C", max_length=200)),
                ("reason", models.TextField()),
                ("from_utc", models.DateTimeField()),
                ("to_utc", models.DateTimeField()),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="register.organisation"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="break_glass",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "register_break_glass",
                "indexes": [models.Index(fields=["person", "to_utc"], name="break_glass_person")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("to_utc__gte", models.F("from_utc"))), name="break_glass_ends"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Recovery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("org_path", vonggac.tenancy.fields.PathField(db_collation="C", max_length=200)),
                ("reason", models.TextField()),
                ("asked_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("was_confirmed", models.BooleanField(blank=True, null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="register.organisation"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recoveries",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "register_recovery",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("decided_at__isnull", True)), fields=("person",), name="recovery_one_open"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("asked_by", models.F("person")), _negated=True),
                        name="recovery_not_for_oneself",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("was_confirmed__isnull", True),
                            ("was_confirmed", False),
                            models.Q(
                                models.Q(("decided_by", models.F("asked_by")), _negated=True),
                                models.Q(("decided_by", models.F("person")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="recovery_by_two",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Token",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("org_path", vonggac.tenancy.fields.PathField(db_collation="C", max_length=200)),
                (
                    "roles",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), size=None),
                ),
                ("made_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="tokens", to="register.organisation"
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tokens",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "register_token",
                "indexes": [models.Index(fields=["org_path", "id"], name="token_path")],
            },
        ),
        protect("register_token"),
        protect("register_break_glass", read=OWN),
        protect("register_recovery", read=OWN),
        migrations.RunSQL(COUNTER, "DROP TABLE register_counter"),
    ]
