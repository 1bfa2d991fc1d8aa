"""Questions to the lake, asked of DuckDB behind a lock: it opens the listed files and nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from vonggac.errors import IntegrityFailure


@contextmanager
def locked_connection(
    paths: Sequence[Path], tables: Mapping[str, Any] | None = None, threads: int | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB that can read the given files and tables only, write none, and whose settings cannot be changed."""
    connection = duckdb.connect(":memory:", config={"autoinstall_known_extensions": False})
    try:
        if threads is not None:
            connection.execute(f"SET threads = {int(threads)}")
        for name, table in (tables or {}).items():
            connection.register(f"given_{name}", table)
            connection.execute(f'CREATE TABLE "{name}" AS SELECT * FROM "given_{name}"')  # noqa: S608 — names are ours
            connection.unregister(f"given_{name}")
        listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
        connection.execute(f"SET allowed_paths = [{listed}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection
    finally:
        connection.close()


def rows(connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[Any]) -> list[dict[str, Any]]:
    """The answer as dictionaries; IntegrityFailure when a listed file is missing or damaged."""
    try:
        answer = connection.execute(query, list(parameters))
        names = [column[0] for column in answer.description or []]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
    except duckdb.Error as damage:
        raise IntegrityFailure(
            f"a file that the lake's manifest lists cannot be read ({damage}); restore the lake from a backup"
        ) from damage


def name_contacts(paths: Sequence[Path], names: Sequence[str]) -> list[dict[str, Any]]:
    """The DNS questions for one of the names or for a child of one, or that were answered with such a name.

    `name` is the known one that matched, `query` the name that was asked for or led to.
    """
    if not paths or not names:
        return []
    query = """
        WITH told AS (SELECT DISTINCT query, aliases FROM read_parquet($1)),
             each AS (SELECT query, aliases, unnest(list_concat([query], string_split(aliases, ' '))) AS told
                      FROM told),
             hit AS (SELECT query, aliases, min(known.value) AS name,
                            coalesce(min(each.told) FILTER (each.told = query), min(each.told)) AS led_to
                     FROM each JOIN known_names AS known
                     ON each.told = known.value OR ends_with(each.told, '.' || known.value) GROUP BY ALL)
        SELECT time_us, time_us AS end_us, source_v4, source_v6, source_port, name, led_to AS query, filename
        FROM read_parquet($1, filename = true) AS asked
        JOIN hit ON asked.query IS NOT DISTINCT FROM hit.query AND asked.aliases IS NOT DISTINCT FROM hit.aliases
    """
    with locked_connection(paths, {"known_names": _column(names, pa.string())}) as connection:
        return rows(connection, query, [_texts(paths)])


def table_rows(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """All rows of the files, with `filename`: for the small logs, NAT and DHCP."""
    if not paths:
        return []
    with locked_connection(paths) as connection:
        return rows(connection, "SELECT * FROM read_parquet($1, filename = true)", [_texts(paths)])


def egresses(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Each (inner, public) pair of the NAT records with its first and last time, by file."""
    if not paths:
        return []
    query = """
        SELECT inner_v4, inner_v6, public_v4, public_v6, filename, min(time_us) AS time_us, max(end_us) AS end_us
        FROM read_parquet($1, filename = true) GROUP BY ALL
    """
    with locked_connection(paths) as connection:
        return rows(connection, query, [_texts(paths)])


def quiet_times(
    paths: Sequence[Path], longest_us: int, *, by_end: bool = False
) -> tuple[int | None, int | None, list[tuple[int, int]]]:
    """(first record, last record, [(record, next record) more than longest_us apart]); (None, None, []) without any.

    A record counts when it began or, `by_end`, when it was over.
    """
    if not paths:
        return None, None, []
    time = "greatest(*COLUMNS('^(time|end)_us$'))" if by_end else "time_us"
    query = f"""
        WITH moments AS (SELECT DISTINCT {time} AS time_us FROM read_parquet($1)),
             steps AS (SELECT time_us, lead(time_us) OVER (ORDER BY time_us) AS next_us FROM moments)
        SELECT time_us, next_us, min(time_us) OVER () AS first_us, max(time_us) OVER () AS last_us FROM steps
        QUALIFY next_us - time_us > $2 OR next_us IS NULL
    """  # noqa: S608  one of two expressions of ours
    with locked_connection(paths) as connection:
        found = rows(connection, query, [_texts(paths), longest_us])
    if not found:
        return None, None, []
    steps = sorted((row["time_us"], row["next_us"]) for row in found if row["next_us"] is not None)
    return found[0]["first_us"], found[0]["last_us"], steps


def rows_within(paths: Sequence[Path], from_us: int, to_us: int) -> int:
    """How many records of the files lived, by their stamps, in from_us ≤ t < to_us."""
    if not paths:
        return 0
    query = """
        WITH lived AS (SELECT time_us, greatest(*COLUMNS('^(time|end)_us$')) AS end_us FROM read_parquet($1))
        SELECT count(*) AS number FROM lived WHERE time_us < $3 AND end_us >= $2
    """
    with locked_connection(paths) as connection:
        found = rows(connection, query, [_texts(paths), from_us, to_us])
    return int(found[0]["number"])


def _column(values: Sequence[Any], kind: Any) -> Any:
    return pa.table({"value": pa.array(list(values), kind)})


def _texts(paths: Sequence[Path]) -> list[str]:
    return [str(path) for path in paths]
