"""Channels, contact methods, policies and escalations with their steps, pages and letters."""

import django.contrib.postgres.fields
import django.db.models.deletion
import vonggac.tenancy.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("duty", "0004_rosters_tenancy"),
        ("register", "0005_person_home"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Pager",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("seen_at", models.DateTimeField(help_text="by the database's own clock")),
            ],
            options={
                "db_table": "duty_pager",
            },
        ),
        migrations.AlterField(
            model_name="link",
            name="purpose",
            field=models.CharField(
                choices=[
                    ("acknowledge", "acknowledge"),
                    ("sign_in", "sign in"),
                    ("page", "answer a call"),
                    ("note", "say how it goes"),
                    ("contact", "confirm a contact"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="Channel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "org_path",
                    vonggac.tenancy.fields.PathField(
                        blank=True, db_collation="C", help_text="empty: of the whole desk", max_length=200
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                (
                    "kind",
                    models.CharField(choices=[("gateway", "HTTP gateway"), ("apprise", "Apprise")], max_length=10),
                ),
                (
                    "takes_phones",
                    models.BooleanField(
                        default=False,
                        help_text="addresses are phone numbers: people without one of their own are reached by the number in the roster",
                    ),
                ),
                ("settings", models.JSONField(default=dict)),
                ("secrets", models.TextField(blank=True)),
                ("is_enabled", models.BooleanField(default=True)),
                ("changed_at", models.DateTimeField()),
                (
                    "tried_at",
                    models.DateTimeField(
                        blank=True, help_text="when it last sent a test, as it is set up now", null=True
                    ),
                ),
                (
                    "trouble",
                    models.CharField(blank=True, help_text="what stood in the way of that test", max_length=300),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="register.organisation",
                    ),
                ),
            ],
            options={
                "db_table": "duty_channel",
            },
        ),
        migrations.CreateModel(
            name="ContactMethod",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "address",
                    models.CharField(
                        help_text="mail address, phone number, or a chat's own name for them", max_length=300
                    ),
                ),
                (
                    "after_minutes",
                    models.PositiveSmallIntegerField(default=0, help_text="used only while nobody answered so long"),
                ),
                ("is_enabled", models.BooleanField(default=True)),
                ("made_at", models.DateTimeField()),
                ("test_sent_at", models.DateTimeField(blank=True, null=True)),
                ("tested_at", models.DateTimeField(blank=True, null=True)),
                ("failed_at", models.DateTimeField(blank=True, null=True)),
                ("failure", models.CharField(blank=True, max_length=300)),
                (
                    "channel",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="duty.channel",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="contact_methods",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "duty_contact_method",
            },
        ),
        migrations.CreateModel(
            name="Escalation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("org_path", vonggac.tenancy.fields.PathField(db_collation="C", max_length=200)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("botnet", "botnet"),
                            ("hole", "hole"),
                            ("hand_over", "hand_over"),
                            ("check_in", "check_in"),
                            ("awake", "awake"),
                            ("silence", "silence"),
                            ("alert", "alert"),
                            ("call", "call"),
                        ],
                        max_length=12,
                    ),
                ),
                ("policy_name", models.CharField(blank=True, help_text="empty: the desk's own plan", max_length=100)),
                ("plan", models.JSONField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("calling", "calling"),
                            ("taken", "taken"),
                            ("exhausted", "exhausted"),
                            ("ended", "ended"),
                        ],
                        default="calling",
                        max_length=10,
                    ),
                ),
                ("round", models.PositiveSmallIntegerField(default=0)),
                ("position", models.PositiveSmallIntegerField(default=0, help_text="the step that is called next")),
                ("was_heard", models.BooleanField(default=False, help_text="this round reached somebody")),
                (
                    "taken_by",
                    models.JSONField(default=list, help_text="who acknowledged: [{who, person, name, at, via}]"),
                ),
                (
                    "taken_until",
                    models.DateTimeField(blank=True, help_text="then it goes on, unless a note comes", null=True),
                ),
                ("note", models.CharField(blank=True, help_text="the newest word on how it goes", max_length=500)),
                ("started_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("ended_why", models.CharField(blank=True, max_length=300)),
                (
                    "command_post",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="duty.post",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="escalations",
                        to="register.organisation",
                    ),
                ),
                (
                    "post",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="escalations",
                        to="duty.post",
                    ),
                ),
            ],
            options={
                "db_table": "duty_escalation",
            },
        ),
        migrations.CreateModel(
            name="Concern",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("org_path", vonggac.tenancy.fields.PathField(db_collation="C", max_length=200)),
                ("kind", models.CharField(help_text="case, post, shift, hand_over, note", max_length=20)),
                ("identifier", models.BigIntegerField()),
                (
                    "occasion",
                    models.CharField(blank=True, help_text="tells two happenings about one row apart", max_length=60),
                ),
                ("title", models.CharField(max_length=300)),
                ("added_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "escalation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="concerns", to="duty.escalation"
                    ),
                ),
            ],
            options={
                "db_table": "duty_concern",
            },
        ),
        migrations.CreateModel(
            name="Letter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("org_path", vonggac.tenancy.fields.PathField(db_collation="C", max_length=200)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("address", models.CharField(blank=True, max_length=300)),
                ("subject", models.CharField(max_length=300)),
                ("body", models.TextField()),
                ("brief", models.TextField(blank=True, help_text="the same in one line, for short messages")),
                ("about", models.JSONField(default=list, help_text="the escalations that it tells about")),
                (
                    "links",
                    models.JSONField(
                        default=list,
                        help_text="what stands for {link:0}, {link:1}: [{purpose, subjects}]; made when it goes out",
                    ),
                ),
                (
                    "key",
                    models.CharField(
                        help_text="Message-ID, or the gateway's idempotency key", max_length=100, unique=True
                    ),
                ),
                ("made_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("claimed_by", models.UUIDField(blank=True, help_text="the pager that has it in hand", null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("given_up_at", models.DateTimeField(blank=True, null=True)),
                ("failure", models.CharField(blank=True, max_length=300)),
                (
                    "channel",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="letters",
                        to="duty.channel",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "duty_letter",
            },
        ),
        migrations.CreateModel(
            name="Policy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("org_path", vonggac.tenancy.fields.PathField(db_collation="C", max_length=200)),
                ("name", models.CharField(max_length=100)),
                (
                    "reasons",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("botnet", "botnet"),
                                ("hole", "hole"),
                                ("hand_over", "hand_over"),
                                ("check_in", "check_in"),
                                ("awake", "awake"),
                                ("silence", "silence"),
                                ("alert", "alert"),
                                ("call", "call"),
                            ],
                            max_length=12,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "plan",
                    models.JSONField(help_text="steps, rounds, acknowledgements, minutes until a note: rules.Plan"),
                ),
                (
                    "command_post",
                    models.ForeignKey(
                        blank=True,
                        help_text="who is on it commands the watch",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="duty.post",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="policies", to="register.organisation"
                    ),
                ),
                (
                    "post",
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
                "db_table": "duty_policy",
            },
        ),
        migrations.CreateModel(
            name="QuietHours",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("begins", models.TimeField(help_text="on the desk's clock; later than `ends`: over midnight")),
                ("ends", models.TimeField()),
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="quiet_hours",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "duty_quiet_hours",
            },
        ),
        migrations.CreateModel(
            name="Step",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("org_path", vonggac.tenancy.fields.PathField(db_collation="C", max_length=200)),
                (
                    "kind",
                    models.CharField(
                        choices=[("call", "call"), ("update", "update"), ("remind", "remind"), ("expire", "expire")],
                        max_length=10,
                    ),
                ),
                ("round", models.PositiveSmallIntegerField(default=0)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("due_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                (
                    "was_dropped",
                    models.BooleanField(default=False, help_text="it was no longer needed when its time came"),
                ),
                (
                    "escalation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="duty.escalation"
                    ),
                ),
            ],
            options={
                "db_table": "duty_step",
            },
        ),
        migrations.CreateModel(
            name="Page",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("org_path", vonggac.tenancy.fields.PathField(db_collation="C", max_length=200)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("language", models.CharField(default="vi", max_length=5)),
                ("address", models.CharField(blank=True, max_length=300)),
                ("due_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "channel",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="duty.channel",
                    ),
                ),
                (
                    "escalation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="pages", to="duty.escalation"
                    ),
                ),
                (
                    "letter",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pages",
                        to="duty.letter",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "step",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="pages", to="duty.step"
                    ),
                ),
            ],
            options={
                "db_table": "duty_page",
            },
        ),
        migrations.AddConstraint(
            model_name="channel",
            constraint=models.UniqueConstraint(fields=("org_path", "name"), name="channel_once"),
        ),
        migrations.AddConstraint(
            model_name="contactmethod",
            constraint=models.UniqueConstraint(
                fields=("person", "channel", "address"), name="contact_method_once", nulls_distinct=False
            ),
        ),
        migrations.AddIndex(
            model_name="escalation",
            index=models.Index(fields=["org_path", "-started_at"], name="escalation_time"),
        ),
        migrations.AddIndex(
            model_name="escalation",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True)), fields=["org_path"], name="escalation_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="escalation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True), models.Q(("reason", "call"), _negated=True)),
                fields=("organisation", "reason", "post"),
                name="escalation_one_open",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="escalation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", False), ("state", "ended")),
                    models.Q(models.Q(("state", "ended"), _negated=True), ("ended_at__isnull", True)),
                    _connector="OR",
                ),
                name="escalation_ends_with_its_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="escalation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "taken"), ("taken_until__isnull", False)),
                    models.Q(("state", "taken"), _negated=True),
                    _connector="OR",
                ),
                name="escalation_taken_for_a_time",
            ),
        ),
        migrations.AddIndex(
            model_name="concern",
            index=models.Index(fields=["escalation", "added_at"], name="concern_time"),
        ),
        migrations.AddIndex(
            model_name="concern",
            index=models.Index(
                condition=models.Q(("settled_at__isnull", True)), fields=["kind", "identifier"], name="concern_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="concern",
            constraint=models.UniqueConstraint(
                fields=("org_path", "kind", "identifier", "occasion"), name="concern_once"
            ),
        ),
        migrations.AddIndex(
            model_name="letter",
            index=models.Index(
                condition=models.Q(("given_up_at__isnull", True), ("sent_at__isnull", True)),
                fields=["due_at", "id"],
                name="letter_due",
            ),
        ),
        migrations.AddIndex(
            model_name="letter",
            index=models.Index(fields=["org_path", "-made_at"], name="letter_time"),
        ),
        migrations.AddConstraint(
            model_name="policy",
            constraint=models.UniqueConstraint(fields=("organisation", "name"), name="policy_once"),
        ),
        migrations.AddIndex(
            model_name="step",
            index=models.Index(condition=models.Q(("done_at__isnull", True)), fields=["due_at", "id"], name="step_due"),
        ),
        migrations.AddConstraint(
            model_name="step",
            constraint=models.UniqueConstraint(
                condition=models.Q(("done_at__isnull", True)), fields=("escalation", "kind"), name="step_one_waiting"
            ),
        ),
        migrations.AddIndex(
            model_name="page",
            index=models.Index(
                condition=models.Q(("letter__isnull", True), ("withdrawn_at__isnull", True)),
                fields=["due_at", "id"],
                name="page_due",
            ),
        ),
        migrations.AddIndex(
            model_name="page",
            index=models.Index(fields=["escalation", "address"], name="page_address"),
        ),
    ]
