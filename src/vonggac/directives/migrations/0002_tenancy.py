"""Row-level security for directives: seen in the office that entered them, and by every organisation they bind."""

from django.db import migrations

from vonggac.tenancy.policies import in_range, protect


def addressed(directive: str) -> str:
    """The SQL condition that the scope holds an organisation among the directive's audience."""
    return (
        f"EXISTS (SELECT 1 FROM directives_audience a WHERE a.directive_id = {directive} AND {in_range('a.org_path')})"
    )


DOCUMENT_OF_A_SEEN_DIRECTIVE = (
    "EXISTS (SELECT 1 FROM directives_directive d JOIN directives_audience a ON a.directive_id = d.id"
    f" WHERE d.document_id = directives_document.id AND {in_range('a.org_path')})"
)
SEEN = "EXISTS (SELECT 1 FROM directives_directive d WHERE d.id = directive_id)"


class Migration(migrations.Migration):
    dependencies = (("directives", "0001_initial"),)
    operations = (
        protect("directives_audience"),
        protect("directives_directive", read=f"{in_range()} OR {addressed('directives_directive.id')}"),
        protect("directives_clause", read=f"{in_range()} OR {addressed('directives_clause.directive_id')}"),
        protect("directives_document", read=f"{in_range()} OR {DOCUMENT_OF_A_SEEN_DIRECTIVE}"),
        protect("directives_directive_cooperating", read=SEEN, write=SEEN),
        protect("directives_obligation"),
        protect("directives_register_number"),
    )
