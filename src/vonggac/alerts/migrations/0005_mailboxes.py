"""Mailboxes in which a source's alerts arrive."""

import django.db.models.deletion
from django.db import migrations, models

from vonggac.tenancy.fields import PathField
from vonggac.tenancy.policies import protect


class Migration(migrations.Migration):
    dependencies = (("alerts", "0004_volumes"),)
    operations = (
        migrations.CreateModel(
            "Mailbox",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("org_path", PathField()),
                ("host", models.CharField(max_length=253)),
                ("port", models.PositiveIntegerField(default=993)),
                ("username", models.CharField(max_length=254)),
                ("secret", models.TextField(help_text="the password, sealed")),
                ("folder", models.CharField(default="INBOX", max_length=200)),
                (
                    "uid_validity",
                    models.BigIntegerField(default=0, help_text="while it stays, numbers of messages mean the same"),
                ),
                ("last_uid", models.BigIntegerField(default=0)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                ("trouble", models.CharField(blank=True, max_length=300)),
                (
                    "leased_until",
                    models.DateTimeField(blank=True, help_text="one process reads it at a time", null=True),
                ),
                (
                    "source",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="mailbox", to="alerts.source"
                    ),
                ),
            ],
            {"db_table": "alerts_mailbox"},
        ),
        protect("alerts_mailbox"),
    )
