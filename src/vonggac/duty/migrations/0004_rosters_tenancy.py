"""Row-level security for rosters; an office's own holidays and rules are read by every office below it as well."""

from django.db import migrations

from vonggac.tenancy.policies import in_range, protect

OWN_TABLES = (
    "shift_type", "reinforcement", "member", "eligibility", "leave", "wish", "roster", "roster_post", "placement",
    "edit", "prompt", "hand_over", "watch_item", "sheet_mapping", "feed",
)  # fmt: skip
OF_AN_OFFICE_ABOVE = "starts_with(current_setting('vonggac.low', true), org_path)"


class Migration(migrations.Migration):
    dependencies = (("duty", "0003_rosters"),)
    operations = (
        *(protect(f"duty_{table}") for table in OWN_TABLES),
        *(
            protect(f"duty_{table}", read=f"{in_range()} OR {OF_AN_OFFICE_ABOVE}")
            for table in ("tighter_rule", "holiday_override")
        ),
    )
