"""Drafts received before clauses kept the times that their words set get them, so that their page says how each counts.

A due time that a draft has already stays as it is.
"""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from vonggac.directives.clauses import times_in
from vonggac.directives.counting import Origin, first_due


def count(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Read the clauses of drafts that keep no times once more."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT set_config('vonggac.low', '', true), set_config('vonggac.high', '~', true)")
    clauses = apps.get_model("directives", "Clause").objects.using(schema_editor.connection.alias)
    for clause in clauses.filter(directive__state="draft", deadlines=[]).select_related("directive__document"):
        directive = clause.directive
        clause.deadlines = times_in(clause.text, directive.issued_on)
        if clause.deadlines:
            origin = Origin(directive.document.received_at, directive.issued_on)
            clause.due_at = clause.due_at or first_due(clause.deadlines, origin)
            clause.save(update_fields=["deadlines", "due_at"])


class Migration(migrations.Migration):
    dependencies = (("directives", "0008_filled"),)
    operations = (migrations.RunPython(count, migrations.RunPython.noop),)
