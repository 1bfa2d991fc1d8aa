"""An account is one member's of an office, and the shifts to come are their member's, whenever the account was tied."""

from django.db import migrations, models

# Of two members with one account the one entered first keeps it: theirs is the page “my shifts” that the person knows.
ONE_EACH = """
SELECT set_config('vonggac.low', '', true), set_config('vonggac.high', '~', true);
UPDATE duty_member AS later SET person_id = NULL
FROM duty_member AS first
WHERE first.organisation_id = later.organisation_id AND first.person_id = later.person_id AND first.id < later.id;
UPDATE duty_shift AS shift SET person_id = member.person_id
FROM duty_member AS member
WHERE member.id = shift.member_id AND shift.to_utc > now() AND shift.person_id IS DISTINCT FROM member.person_id;
"""


class Migration(migrations.Migration):
    dependencies = (("duty", "0020_exchanges"),)
    operations = (
        migrations.RunSQL(ONE_EACH, migrations.RunSQL.noop),
        # The rows just changed have checks of foreign keys to come, and a table with such takes no other change.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL IMMEDIATE"),
        migrations.AddConstraint(
            "member",
            models.UniqueConstraint(fields=["organisation", "person"], name="member_account_once"),
        ),
    )
