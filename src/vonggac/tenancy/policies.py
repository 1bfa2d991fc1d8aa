"""Migration operations that put a table under row-level security."""

from django.db import migrations

IN_RANGE = "{column} >= current_setting('vonggac.low', true) AND {column} < current_setting('vonggac.high', true)"


def in_range(column: str = "org_path") -> str:
    """The SQL condition that a path column lies in the scope in force."""
    return f"({IN_RANGE.format(column=column)})"


def protect(table: str, *, read: str | None = None, write: str | None = None) -> migrations.RunSQL:
    """Force row-level security on a table: `read` tells which rows are seen, `write` which may be made or changed.

    Both default to the range on `org_path`. Without a scope the range is empty, so there are zero rows.
    """
    read, write = read or in_range(), write or in_range()
    return migrations.RunSQL(
        f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY {table}_read ON {table} FOR SELECT USING ({read});
        CREATE POLICY {table}_insert ON {table} FOR INSERT WITH CHECK ({write});
        CREATE POLICY {table}_update ON {table} FOR UPDATE USING ({write}) WITH CHECK ({write});
        CREATE POLICY {table}_delete ON {table} FOR DELETE USING ({write});
        """,
        f"""
        DROP POLICY {table}_read ON {table}; DROP POLICY {table}_insert ON {table};
        DROP POLICY {table}_update ON {table}; DROP POLICY {table}_delete ON {table};
        ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY; ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
        """,
    )
