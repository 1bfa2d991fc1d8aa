"""Row-level security for escalations, and for the ways on which people are reached."""

from django.db import migrations

from vonggac.tenancy.policies import in_range, protect

# A channel serves everybody below the organisation that keeps it; the whole desk's stand at the empty path.
FROM_ABOVE = (
    "(starts_with(current_setting('vonggac.low', true), org_path) AND current_setting('vonggac.high', true) <> '')"
)


def of_person(table: str) -> str:
    """One's own rows, and those of people who hold a role in the scope."""
    own = f"{table}.person_id::text = current_setting('vonggac.person', true)"
    role = (
        f"SELECT 1 FROM register_role AS role WHERE role.person_id = {table}.person_id AND {in_range('role.org_path')}"
    )
    return f"({own} OR EXISTS ({role}))"


class Migration(migrations.Migration):
    dependencies = (("duty", "0010_escalation"), ("register", "0005_person_home"))
    operations = (
        *(protect(f"duty_{table}") for table in ("policy", "escalation", "concern", "step", "letter", "page")),
        protect("duty_channel", read=f"{in_range()} OR {FROM_ABOVE}"),
        *(
            protect(table, read=of_person(table), write=of_person(table))
            for table in ("duty_contact_method", "duty_quiet_hours")
        ),
        # A sign of life and nothing else: which engines run is no organisation's secret.
        protect("duty_pager", read="true", write="true"),
    )
