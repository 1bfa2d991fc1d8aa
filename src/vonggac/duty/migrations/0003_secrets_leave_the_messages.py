"""Messages keep what their link acknowledges instead of the link, and what the lane that sends them needs to know."""

import django.db.models.deletion
from django.db import migrations, models

# A link in a kept text gives way to its place; what it acknowledges is found by the digest of its secret.
TAKE_SECRETS_OUT = r"""
SELECT set_config('vonggac.low', '', true), set_config('vonggac.high', '~', true);
UPDATE duty_link AS l SET message_id = m.id
FROM duty_message AS m
WHERE l.digest = encode(sha256(convert_to(substring(m.body FROM '/l/acknowledge/([A-Za-z0-9_-]+)'), 'UTF8')), 'hex');
UPDATE duty_message AS m SET
    subjects = coalesce((SELECT l.subjects FROM duty_link AS l WHERE l.message_id = m.id LIMIT 1), '{}'),
    body = regexp_replace(m.body, '\S+/l/acknowledge/[A-Za-z0-9_-]+', '{link}', 'g')
WHERE m.body ~ '/l/acknowledge/[A-Za-z0-9_-]+';
UPDATE duty_message SET
    queued_at = made_at,
    fault = CASE WHEN sent_at IS NULL AND failed_at IS NOT NULL AND "to" <> '' THEN 'server' ELSE '' END,
    failed_at = CASE WHEN "to" <> '' THEN failed_at END,
    failure = CASE WHEN "to" <> '' THEN failure ELSE '' END,
    next_try_at = CASE WHEN sent_at IS NULL AND "to" <> '' THEN now() END;
"""


class Migration(migrations.Migration):
    dependencies = (("duty", "0002_tenancy"),)
    operations = (
        migrations.AddField(
            "link",
            "message",
            models.ForeignKey(
                blank=True,
                help_text="the message it was made for",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="links",
                to="duty.message",
            ),
        ),
        migrations.AddField("message", "attempts", models.PositiveIntegerField(default=0)),
        migrations.AddField(
            "message",
            "fault",
            models.CharField(
                blank=True,
                choices=[(name, name) for name in ("server", "recipient", "content", "letter")],
                default="",
                max_length=20,
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "message",
            "is_personal",
            models.BooleanField(default=False, help_text="to one person, not to the organisation's own address"),
        ),
        migrations.AddField(
            "message",
            "link_made_at",
            models.DateTimeField(blank=True, help_text="when a link was last made by hand", null=True),
        ),
        migrations.AddField(
            "message",
            "next_try_at",
            models.DateTimeField(
                blank=True,
                help_text="by the database's clock; while it is being sent, the end of the sender's lease; "
                "null: no more tries",
                null=True,
            ),
        ),
        migrations.AddField("message", "queued_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "message",
            "subjects",
            models.JSONField(blank=True, default=dict, help_text="what its link acknowledges: {case: [1, 2]}"),
        ),
        migrations.AlterField(
            "message",
            "failure",
            models.CharField(blank=True, help_text="the mail server's own words", max_length=300),
        ),
        migrations.RunSQL(TAKE_SECRETS_OUT, migrations.RunSQL.noop),
        # The rows just changed have checks of foreign keys to come, and a table with such takes no other change.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL IMMEDIATE"),
        migrations.AlterField(
            "message",
            "queued_at",
            models.DateTimeField(help_text="when it was last asked to be sent: made, or sent again by hand"),
        ),
        migrations.AddIndex(
            "message",
            models.Index(
                condition=models.Q(("next_try_at__isnull", False)), fields=["next_try_at", "id"], name="message_due"
            ),
        ),
        migrations.AddIndex(
            "message",
            models.Index(
                condition=models.Q(("link_made_at__isnull", True), ("sent_at__isnull", True)),
                fields=["org_path"],
                name="message_untold",
            ),
        ),
    )
