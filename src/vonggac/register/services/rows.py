"""Many rows in one statement: JSON to the table's own row type, five times as fast as one parameter a cell.

COPY would be faster still, but PostgreSQL refuses it on tables under row-level security.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import GeneratedField, Model


def insert_rows(model: type[Model], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """The identifiers of the new rows, in order; attributes that a row leaves out get the model's defaults."""
    table, defaults = _shape(model)
    columns = ", ".join(f'"{name}"' for name in defaults)
    statement = (
        f'INSERT INTO "{table}" ({columns})'  # noqa: S608  names of our own model
        f' SELECT {columns} FROM jsonb_populate_recordset(NULL::"{table}", %s::jsonb) RETURNING id'
    )
    content = json.dumps([{**defaults, **row} for row in rows], ensure_ascii=False, default=_printed)
    with connection.cursor() as cursor:
        cursor.execute(statement, [content])
        return [identifier for (identifier,) in cursor.fetchall()]


def update_rows(model: type[Model], rows: Sequence[Model], attributes: Sequence[str]) -> None:
    """Write these attributes of rows that stand; several times as fast as `bulk_update` and its long CASE."""
    meta = model._meta  # noqa: SLF001  Django's documented meta API
    assigned = ", ".join(f'"{name}" = new."{name}"' for name in attributes)
    statement = (
        f'UPDATE "{meta.db_table}" AS old SET {assigned}'  # noqa: S608  names of our own model
        f' FROM jsonb_populate_recordset(NULL::"{meta.db_table}", %s::jsonb) AS new WHERE old.id = new.id'
    )
    plain = [{"id": row.pk, **{name: getattr(row, name) for name in attributes}} for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(statement, [json.dumps(plain, ensure_ascii=False, default=_printed)])


def _shape(model: type[Model]) -> tuple[str, dict[str, Any]]:
    """The table's name and the default of each column that is written."""
    meta = model._meta  # noqa: SLF001  Django's documented meta API
    written = [f for f in meta.concrete_fields if not f.primary_key and not isinstance(f, GeneratedField)]
    return meta.db_table, {field.attname: field.get_default() for field in written}


def _printed(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")
