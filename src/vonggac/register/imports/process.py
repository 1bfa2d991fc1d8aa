"""Planning an import, applying the plan, exporting: the same for every kind of file."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any, Literal

from django.db import connection, transaction

from vonggac.errors import MappingNeeded, WrongState
from vonggac.formats import tables
from vonggac.ledger import services as ledger
from vonggac.register.imports.columns import read_rows
from vonggac.register.imports.kinds import kind_named
from vonggac.register.imports.parts import Part, Standing
from vonggac.register.imports.plan import Change, Key, Plan
from vonggac.register.imports.values import Value, printed
from vonggac.register.references import References
from vonggac.register.services.refusals import told_plainly
from vonggac.register.services.rows import insert_rows, update_rows
from vonggac.tenancy.scope import current

Progress = Callable[[int], None]
BATCH = 2_000
# Any number will do, as long as nothing else in the database takes the same advisory lock.
ONE_IMPORT_LOCK = 0x12E61


def plan(kind_name: str, content: bytes, file_name: str, *, at: date, now: datetime) -> Plan:
    """What importing the file now would do on that day, under the scope in force; nothing is written.

    Raises MappingNeeded when the file lacks a needed column, UnreadableFile or LimitExceeded when it is no table.
    """
    kind = kind_named(kind_name)
    table = tables.read_table(content, file_name)
    if not table.has_header:
        raise MappingNeeded(f"the first line must name the columns: {', '.join(c.name for c in kind.columns)}")
    reading = read_rows(table.columns, zip(table.line_numbers, table.rows, strict=True), kind.columns)
    compared = kind.compared(reading.rows, References(current(), at, now))
    faults = reading.under_titles(compared.rejects)
    return Plan(
        kind=kind.name,
        file_name=file_name,
        sha256=hashlib.sha256(content).hexdigest(),
        at=at,
        rows_read=len(table.rows) + len(table.rejects),
        changes=compared.changes,
        unchanged=compared.unchanged,
        missing=compared.missing,
        rejects=tuple(sorted((*table.rejects, *reading.rejects, *faults), key=lambda reject: reject.line)),
        elsewhere=compared.elsewhere,
        unknown_columns=reading.unknown,
    )


@transaction.atomic
def apply(planned: Plan, *, at: datetime, progress: Progress = lambda _: None) -> None:
    """Write the plan's changes: all or none, one ledger entry a row and one for the import.

    `progress` is called with the number of rows written since the last call. Raises WrongState when the register has
    changed since the plan was made, InputError or OutOfScope when the database refuses a row.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_IMPORT_LOCK])
    kind = kind_named(planned.kind)
    with told_plainly(planned.file_name):
        for part in kind.parts:
            changes = [change for change in planned.changes if change.noun == part.noun]
            if changes:
                # Read anew for each part: the rows of one are what those of the next hang on.
                _write(part, changes, References(current(), planned.at, at), planned, at, progress)
    ledger.record(
        "register.import", "register", 0, current().org_path, at=at,
        kind=planned.kind, file=planned.file_name, sha256=planned.sha256, **planned.counts(),
    )  # fmt: skip


def export(kind_name: str, form: Literal["csv", "xlsx"]) -> bytes:
    """The scope's rows of one kind as a file that imports elsewhere to the same register."""
    kind = kind_named(kind_name)
    columns = [column.name for column in kind.columns]
    apart = [column.between for column in kind.columns]
    rows: Iterator[list[object]] = (
        [_cell(value, between) for value, between in zip(line, apart, strict=True)] for line in kind.exported()
    )
    if form == "xlsx":
        return tables.write_xlsx(columns, rows, title=kind.name)
    return tables.write_csv(columns, rows, byte_order_mark=True)


def _cell(value: Value, between: str) -> object:
    return value if isinstance(value, int | float) else printed(value, between)


def _write(
    part: Part, changes: Sequence[Change], references: References,
    planned: Plan, at: datetime, progress: Progress,
) -> None:  # fmt: skip
    standing = part.standing()
    _refuse_stale(changes, standing)
    origin = {"import": planned.sha256[:16]}
    for batch in _batches(change for change in changes if not change.is_new):
        made = _change_rows(part, batch, standing, references)
        _enter(part, "change", batch, made, origin, at)
        progress(len(batch))
    for batch in _batches((change for change in changes if change.is_new), whole=part.create is not None):
        made = part.create(batch, references) if part.create else _create_rows(part, batch, references)
        _enter(part, "create", batch, made, origin, at)
        progress(len(batch))


def _refuse_stale(changes: Iterable[Change], standing: dict[Key, Standing]) -> None:
    for change in changes:
        row = standing.get(change.key)
        is_stale = row is not None if change.before is None else row is None or _differs(change, row)
        if is_stale:
            raise WrongState(f"the register has changed since the preview ({' '.join(change.key)}); look at it again")


def _differs(change: Change, row: Standing) -> bool:
    return any(row.fields[name] != value for name, value in (change.before or {}).items())


def _batches(changes: Iterable[Change], *, whole: bool = False) -> Iterator[list[Change]]:
    iterator = iter(changes)
    while batch := list(iterator if whole else islice(iterator, BATCH)):
        yield batch


def _create_rows(part: Part, batch: Sequence[Change], references: References) -> list[tuple[int, str]]:
    rows = [part.attributes(change.key, change.after, references) for change in batch]
    identifiers = insert_rows(part.model, rows)
    return [(row.get(part.subject, made), row["org_path"]) for row, made in zip(rows, identifiers, strict=True)]


def _change_rows(
    part: Part, batch: Sequence[Change], standing: dict[Key, Standing], references: References
) -> list[tuple[int, str]]:
    identifiers = [standing[change.key].id for change in batch]
    found = part.rows().in_bulk(identifiers)
    touched: set[str] = set()
    for change, identifier in zip(batch, identifiers, strict=True):
        written = part.changed(change.key, change.after, references)
        touched |= written.keys()
        for name, value in written.items():
            setattr(found[identifier], name, value)
    rows = [found[identifier] for identifier in identifiers]
    update_rows(part.model, rows, sorted(touched))
    part.after_change(rows)
    return [_subject(part, row, references) for row in rows]


def _subject(part: Part, row: Any, references: References) -> tuple[int, str]:
    return getattr(row, part.subject), str(getattr(row, "org_path", getattr(row, "path", references.scope.org_path)))


def _enter(
    part: Part,
    verb: str,
    batch: Sequence[Change],
    made: Sequence[tuple[int, str]],
    origin: dict[str, str],
    at: datetime,
) -> None:
    ledger.record_many(
        f"{part.noun}.{verb}",
        part.subject_kind or part.noun,
        (
            (identifier, path, {"key": list(change.key), "fields": dict(change.after), **_before(change), **origin})
            for change, (identifier, path) in zip(batch, made, strict=True)
        ),
        at=at,
    )


def _before(change: Change) -> dict[str, Any]:
    return {} if change.before is None else {"before": dict(change.before)}
