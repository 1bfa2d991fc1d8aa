"""Why each case is closed, as the ledger alone could tell until now; apart from the columns, whose lock is exclusive.

The hosts that a case went over to are not copied: an entry may name some that the readers of the case may not see.
"""

from django.db import migrations

SAY = """
SELECT set_config('vonggac.low', '', true), set_config('vonggac.high', '~', true);
UPDATE cases_case AS held SET closing = CASE
    WHEN told.reason LIKE '%nhật ký đã chỉ ra máy đứng sau địa chỉ; vụ việc chuyển sang máy đó'
        THEN 'nhật ký đã chỉ ra máy đứng sau địa chỉ; vụ việc chuyển sang máy đó'
    ELSE left(told.reason, 300)
END
FROM (
    SELECT DISTINCT ON (subject_id) subject_id, detail ->> 'reason' AS reason FROM ledger_entry
    WHERE subject_kind = 'case' AND act = 'case.close' ORDER BY subject_id, id DESC
) AS told
WHERE told.subject_id = held.id AND held.state = 'closed' AND told.reason <> 'proven';
"""


class Migration(migrations.Migration):
    dependencies = (("cases", "0008_looks_and_closings"), ("ledger", "0001_initial"))
    operations = (migrations.RunSQL(SAY, migrations.RunSQL.noop),)
