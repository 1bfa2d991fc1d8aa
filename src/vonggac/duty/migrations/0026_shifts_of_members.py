"""Shifts of tables that came before the duty list are those of the members of their names, as later ones are."""

from django.db import migrations

TIED = """
SELECT set_config('vonggac.low', '', true), set_config('vonggac.high', '~', true);
UPDATE duty_shift AS shift SET
    member_id = member.id,
    person_id = CASE WHEN shift.to_utc > now() THEN COALESCE(member.person_id, shift.person_id) ELSE shift.person_id END,
    phone = CASE WHEN shift.to_utc > now() AND member.phone <> '' THEN member.phone ELSE shift.phone END
FROM duty_post AS post, duty_member AS member
WHERE shift.member_id IS NULL AND post.id = shift.post_id AND member.organisation_id = post.organisation_id
    AND lower(member.name) = lower(shift.person_name);
"""


class Migration(migrations.Migration):
    dependencies = (("duty", "0025_reinforcements_by_the_moment"),)
    operations = (migrations.RunSQL(TIED, migrations.RunSQL.noop),)
