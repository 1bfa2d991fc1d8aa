"""Obligations that were sent with a code of urgency, or nothing, as the reason of their priority get its sentence."""

from django.db import migrations

SAY = """
SELECT set_config('vonggac.low', '', true), set_config('vonggac.high', '~', true);
UPDATE cases_case AS held SET priority_reason = CASE held.priority_reason
    WHEN 'hoa_toc' THEN 'văn bản hỏa tốc'
    WHEN 'thuong_khan' THEN 'văn bản thượng khẩn'
    WHEN 'khan' THEN 'văn bản khẩn'
    ELSE 'văn bản không ghi độ khẩn' END
FROM directives_obligation AS made
WHERE made.case_id = held.id AND held.priority_reason IN ('hoa_toc', 'thuong_khan', 'khan', '');
"""


class Migration(migrations.Migration):
    dependencies = (("directives", "0006_lines"),)
    operations = (migrations.RunSQL(SAY, migrations.RunSQL.noop),)
