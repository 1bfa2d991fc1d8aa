"""A question in SQL reads what lies in its scope, changes nothing, and ends in time; with and without confinement."""

import os
import re
import time
from pathlib import Path

import pytest

from tests.lake.making import flow, hand_in
from vonggac.errors import InputError, IntegrityFailure, LimitExceeded, VongGacError
from vonggac.formats.traffic_tables import SCHEMAS, Kind
from vonggac.lake import Lake, Scope, confinement, query
from vonggac.lake.query import Limits

DOCS = Path(__file__).resolve().parents[2] / "docs"
OURS, THEIRS = "000001/000002/", "000001/000003/"
SCOPE = Scope(OURS, "000001/0000020")
QUICK = Limits(memory_bytes=128 << 20, seconds=8, threads=2)
BOTH = pytest.mark.parametrize("may_confine", [True, False], ids=["confined", "through arrow"])
# Many questions, each of which takes seconds the second way.
BOTH_IN_THE_END = pytest.mark.parametrize(
    "may_confine", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["confined", "through arrow"]
)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    made = Lake(tmp_path_factory.mktemp("of the lake's") / "lake")
    hand_in(made, flow(60), flow(90, "2001:db8::1"), flow(5, day="2026-04-21"), organisation=OURS, sensor=".odd/'s")
    hand_in(made, flow(70, destination="198.51.100.9"), organisation=THEIRS)
    hand_in(made, "2026-04-20T01:00:00Z,10.0.0.5,evil.example,", kind=Kind.DNS, organisation=OURS, sensor="dns-1")
    return made


def rows(lake: Lake, sql: str, may_confine: bool = True, scope: Scope = SCOPE, limits: Limits = QUICK) -> list[dict]:
    with query.ask(lake, sql, scope, limits=limits, may_confine=may_confine) as answer:
        return answer.table().to_pylist()


def segment_of(lake: Lake, organisation: str) -> str:
    return next(path for path, entry in lake.paths(lake.imports()).items() if entry.organisation_path == organisation)


@BOTH
def test_a_view_shows_place_time_and_addresses_as_people_write_them(lake: Lake, may_confine: bool) -> None:
    found = rows(lake, "SELECT organisation, sensor, day, time, source, destination FROM flows ORDER BY 4", may_confine)
    assert [(str(row["day"]), f"{row['time']:%H:%M}", row["source"]) for row in found] == [
        ("2026-04-20", "01:00", "10.0.0.5"),
        ("2026-04-20", "01:30", "2001:db8::1"),
        ("2026-04-21", "00:05", "10.0.0.5"),
    ]
    assert {(row["organisation"], row["sensor"], row["destination"]) for row in found} == {
        (OURS, ".odd/'s", "192.0.2.1")
    }


@BOTH
def test_every_kind_has_a_view_with_its_columns_even_without_rows(lake: Lake, may_confine: bool) -> None:
    assert set(query.VIEWS) == set(Kind)
    for kind, view in query.VIEWS.items():
        with query.ask(lake, f"SELECT * FROM {view}", SCOPE, may_confine=may_confine) as answer:
            assert set(SCHEMAS[kind].names) | {"organisation", "sensor", "day", "time"} <= set(answer.schema.names)
            assert answer.table().num_rows == {"flows": 3, "dns": 1}.get(view, 0)


def test_every_view_and_the_columns_of_alerts_stand_in_the_reference() -> None:
    text = (DOCS / "reference" / "lake.md").read_text().partition("## Views for SQL")[2].partition("\n## ")[0]
    plain = {name for name in SCHEMAS[Kind.ALERT].names if not name.endswith(("_v4", "_v6", "_us"))}
    assert {name for name in plain | set(query.VIEWS.values()) if f"`{name}`" not in text} == set()


@pytest.mark.parametrize(
    "sql", re.findall(r'lake query "([^"]+)"', (DOCS / "how-to" / "query-the-lake.md").read_text())
)
def test_what_the_guide_asks_is_answered(lake: Lake, sql: str) -> None:
    organisations = {"path": [OURS], "code": ["ours"], "name": ["Ours"]}
    with query.ask(lake, sql, SCOPE, tables={"organisations": organisations}, limits=QUICK) as answer:
        assert answer.table().num_columns > 2


def test_the_guide_asks_for_alerts_too() -> None:
    assert "FROM alerts" in (DOCS / "how-to" / "query-the-lake.md").read_text()


@BOTH
def test_a_person_sees_their_own_part_of_the_tree_only(lake: Lake, may_confine: bool) -> None:
    assert rows(lake, "SELECT count(*) AS n FROM flows", may_confine) == [{"n": 3}]
    assert rows(lake, "SELECT count(*) AS n FROM flows", may_confine, Scope()) == [{"n": 4}]
    assert rows(lake, "SELECT count(*) AS n FROM flows", may_confine, Scope("000009/", "0000090")) == [{"n": 0}]


def test_an_address_is_asked_for_by_its_number(lake: Lake) -> None:
    sql = "SELECT ipv4_text(source_v4) AS a FROM flows WHERE source_v4 = ipv4('10.0.0.5') LIMIT 1"
    assert rows(lake, sql) == [{"a": "10.0.0.5"}]
    with pytest.raises(InputError):
        rows(lake, "SELECT ipv4('10.0.0.256')")


def test_given_tables_are_there_to_join_with(lake: Lake) -> None:
    sql = "SELECT DISTINCT name FROM flows JOIN organisations ON path = organisation"
    with query.ask(lake, sql, SCOPE, tables={"organisations": {"path": [OURS], "name": ["Xã Một"]}}) as answer:
        assert answer.table().to_pylist() == [{"name": "Xã Một"}]


ESCAPE = Path("/tmp/vonggac-escape")  # noqa: S108  nothing is to come there
READING = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/hostname')",
    "SELECT * FROM read_blob('/proc/self/environ')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM read_parquet('https://example.invalid/x.parquet')",
    "SELECT * FROM read_parquet('s3://bucket/x.parquet')",
    "SELECT getenv('HOME')",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM query('SELECT * FROM read_text(''/etc/hostname'')')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT * FROM read_text(''/etc/hostname'')'))",
    "SELECT * FROM request",
    "SELECT * FROM files",
]
CHANGING = [
    "COPY (SELECT 1) TO '/tmp/vonggac-escape.csv'",
    "ATTACH '/tmp/vonggac-escape.db'",
    "INSTALL httpfs",
    "LOAD json",
    "PRAGMA database_list",
    "CALL pragma_version()",
    "SET enable_external_access = true",
    "SET memory_limit = '10GB'",
    "RESET memory_limit",
    "SET VARIABLE x = 1",
    "CREATE TABLE t AS SELECT 1",
    "DROP VIEW flows",
    "EXPORT DATABASE '/tmp/vonggac-escape'",
    "EXPLAIN ANALYZE SELECT 1",
    "SELECT 1; SELECT 2",
    "SELECT 1; SET lock_configuration = false",
    "",
    "this is no SQL",
]


@BOTH_IN_THE_END
@pytest.mark.parametrize("sql", READING)
def test_no_other_file_variable_or_host_can_be_read(lake: Lake, sql: str, may_confine: bool) -> None:
    with pytest.raises(VongGacError):
        rows(lake, sql, may_confine)


@pytest.mark.parametrize("sql", CHANGING)
def test_what_is_no_single_question_is_refused(lake: Lake, sql: str) -> None:
    with pytest.raises(InputError):
        rows(lake, sql)
    assert not list(ESCAPE.parent.glob(f"{ESCAPE.name}*"))


@BOTH
def test_a_segment_of_another_organisation_cannot_be_named(lake: Lake, may_confine: bool) -> None:
    theirs = segment_of(lake, THEIRS).replace("'", "''")
    folder = str(Path(theirs).parent)
    for path in (
        theirs,
        f"{folder}/*.parquet",
        f"{str(lake.root).replace(chr(39), chr(39) * 2)}/segments/**/*.parquet",
    ):
        with pytest.raises(VongGacError):
            rows(lake, f"SELECT * FROM read_parquet('{path}')", may_confine)


@BOTH_IN_THE_END
@pytest.mark.parametrize(
    "sql",
    [
        "WITH a AS (COPY (SELECT 9) TO '{ours}' (USE_TMP_FILE false)) SELECT 1",
        "WITH a AS (COPY (SELECT 9) TO '{ours}') SELECT 1",
        "WITH a AS (COPY (SELECT 9) TO '{ours}' (FORMAT csv, USE_TMP_FILE false) ) SELECT * FROM a",
        "SELECT * FROM query('WITH a AS (COPY (SELECT 9) TO ''{ours}'' (USE_TMP_FILE false)) SELECT 1')",
        "WITH a AS (COPY (SELECT 9) TO '/tmp/vonggac-escape.csv' (USE_TMP_FILE false)) SELECT 1",
    ],
)
def test_a_copy_hidden_in_a_question_writes_nowhere(lake: Lake, sql: str, may_confine: bool) -> None:
    ours = segment_of(lake, OURS).replace("'", "''")
    with pytest.raises(VongGacError):
        rows(lake, sql.format(ours=ours), may_confine)
    assert lake.verify() == []
    assert not ESCAPE.with_suffix(".csv").exists()


@BOTH_IN_THE_END
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM range(10000000000) a, range(1000000) b WHERE a.range * b.range = 7",
        "SELECT list(range) FROM range(10000000000)",
        "SELECT a.range FROM range(100000000) a ORDER BY hash(a.range)",
        "SELECT max(length(repeat('x', 100000000) || range)) FROM range(10000)",
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t",
    ],
    ids=["cartesian", "list", "sort", "text", "recursion"],
)
def test_a_question_that_costs_too_much_is_ended(lake: Lake, sql: str, may_confine: bool) -> None:
    begin = time.monotonic()
    with pytest.raises(LimitExceeded):
        rows(lake, sql, may_confine, limits=Limits(memory_bytes=100 << 20, seconds=2, threads=2))
    assert time.monotonic() - begin < 20


def test_an_answer_that_is_cut_off_is_no_answer(lake: Lake) -> None:
    with query.ask(lake, "SELECT range FROM range(20000000000)", SCOPE, limits=Limits(seconds=3)) as answer:
        batches = answer.batches()
        assert next(batches).num_rows
        with pytest.raises(LimitExceeded):
            sum(batch.num_rows for batch in batches)


def test_whoever_stops_reading_leaves_no_process_behind(lake: Lake) -> None:
    with query.ask(lake, "SELECT range FROM range(2000000000)", SCOPE) as answer:
        next(answer.batches())
        process = answer._process.pid
    assert not os.path.exists(f"/proc/{process}")  # noqa: PTH110  a process, not a file


def test_a_damaged_segment_is_said_and_no_empty_answer(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    path = Path(next(iter(lake.paths([hand_in(lake, flow(1))]))))
    path.write_bytes(b"PAR1" + bytes(path.stat().st_size - 8) + b"PAR1")
    with pytest.raises(IntegrityFailure, match="backup"):
        rows(lake, "SELECT * FROM flows", scope=Scope())


@pytest.mark.skipif(not confinement.version(), reason="this kernel has no Landlock")
def test_a_confined_process_reads_what_it_named_and_writes_nothing(tmp_path: Path) -> None:
    named, other = tmp_path / "named", tmp_path / "other"
    named.write_text("named")
    other.write_text("other")
    child = os.fork()
    if child == 0:
        ok = confinement.confine([named]) and named.read_text() == "named"
        for attempt in (
            other.read_text,
            lambda: named.write_text("x"),
            named.unlink,
            lambda: named.open("ab"),
        ):
            try:
                attempt()
                ok = False
            except PermissionError:
                pass
        os._exit(0 if ok else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert named.read_text() == "named"
