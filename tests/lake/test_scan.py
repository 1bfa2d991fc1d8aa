import ipaddress
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from vonggac.errors import IntegrityFailure
from vonggac.formats import traffic
from vonggac.formats.traffic_tables import SCHEMAS, Kind
from vonggac.lake import Lake, address_rows, scan


def stored(root: Path, kind: Kind, text: str) -> list[Path]:
    lake = Lake(root)
    content = text.encode()
    entry = lake.add("vn", "s", kind, traffic.read(content, "x", wanted=kind), lake.keep(content), datetime.now(UTC))
    return [Path(path) for path in lake.paths([entry])]


HOSTS = [f"192.0.2.{n}" for n in range(4)] + ["2001:db8::1", "2001:db8::2"]
PAIRS = st.lists(st.tuples(st.sampled_from(HOSTS), st.sampled_from(HOSTS)), min_size=1, max_size=12)


@settings(max_examples=25)
@given(PAIRS, st.sets(st.sampled_from(HOSTS)))
def test_contacts_are_the_flows_with_a_known_address_at_either_end(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]], known: set[str]
) -> None:
    rows = "".join(f"2024-04-20T00:00:{n:02}Z,{a},{b}\n" for n, (a, b) in enumerate(pairs))
    header = "time_utc,source_address,destination_address\n"
    paths = stored(tmp_path_factory.mktemp("lake"), Kind.FLOW, header + rows)
    v4 = [int(ipaddress.IPv4Address(host)) for host in known if ":" not in host]
    found = address_rows.flow_contacts(paths, v4, [host for host in known if ":" in host])
    expected = [n for n, pair in enumerate(pairs) if known & set(pair)]
    assert sorted(row["time_us"] // 1_000_000 % 60 for row in found) == expected


def test_names_match_themselves_and_their_children(tmp_path: Path) -> None:
    names = ["evil.example", "a.evil.example", "notevil.example", "example", "%.example", ""]
    rows = "".join(f"2024-04-20T00:00:{n:02}Z,10.0.0.5,{name}\n" for n, name in enumerate(names))
    paths = stored(tmp_path, Kind.DNS, "time_utc,source_address,query\n" + rows)
    found = scan.name_contacts(paths, ["evil.example", "b.evil.example"])
    assert sorted(row["query"] for row in found) == ["a.evil.example", "evil.example"]
    assert len(scan.name_contacts(paths, ["_.example"])) == 0


def test_a_question_that_was_led_to_a_known_name_comes_once_under_the_name_it_was_led_to(tmp_path: Path) -> None:
    answers = ["x.example evil.example", "a.evil.example", "", "notevil.example", "evil.example"]
    asked = ["one.example", "evil.example", "other.example", "three.example", ""]
    pairs = zip(asked, answers, strict=True)
    rows = "".join(f"2024-04-20T00:00:{n:02}Z,10.0.0.5,{name},{answer}\n" for n, (name, answer) in enumerate(pairs))
    paths = stored(tmp_path, Kind.DNS, "time_utc,source_address,query,answers\n" + rows)
    found = sorted((row["time_us"] % 60_000_000, row["query"]) for row in scan.name_contacts(paths, ["evil.example"]))
    assert found == [(0, "evil.example"), (1_000_000, "evil.example"), (4_000_000, "evil.example")]


def test_quiet_times_are_found_between_records_only(tmp_path: Path) -> None:
    rows = "".join(f"2024-04-20T0{hour}:00:00Z,10.0.0.5,a\n" for hour in (1, 2, 5, 5, 6))
    paths = stored(tmp_path, Kind.DNS, "time_utc,source_address,query\n" + rows)
    hour = 3_600_000_000
    first, last, steps = scan.quiet_times(paths, hour)
    assert first is not None
    assert last == first + 5 * hour
    assert steps == [(first + hour, first + 4 * hour)]
    assert scan.quiet_times(paths, 3 * hour)[2] == []
    assert scan.quiet_times([], hour) == (None, None, [])


def test_without_files_or_addresses_there_are_no_contacts(tmp_path: Path) -> None:
    assert address_rows.flow_contacts([], [1], []) == []
    assert address_rows.flow_contacts([tmp_path / "x"], [], []) == []
    assert scan.name_contacts([], ["a"]) == []


@pytest.fixture
def two_files(tmp_path: Path) -> tuple[Path, Path]:
    table = SCHEMAS[Kind.DNS].empty_table()
    for name in ("ours", "theirs"):
        parquet.write_table(table, tmp_path / name)
    return tmp_path / "ours", tmp_path / "theirs"


def test_a_locked_connection_reads_its_own_files_only(two_files: tuple[Path, Path]) -> None:
    ours, theirs = two_files
    with scan.locked_connection([ours]) as connection:
        assert connection.execute(f"SELECT * FROM read_parquet('{ours}')").fetchall() == []
        with pytest.raises(duckdb.PermissionException):
            connection.execute(f"SELECT * FROM read_parquet('{theirs}')")
        with pytest.raises(duckdb.PermissionException):
            connection.execute(f"SELECT * FROM read_parquet('{ours.parent}/*')")


@pytest.mark.parametrize(
    "statement",
    [
        "SET enable_external_access = true",
        "SET allowed_paths = ['/etc/passwd']",
        "COPY (SELECT 1) TO '/tmp/vonggac-escape.csv'",
        "SELECT * FROM read_text('/etc/hostname')",
        "ATTACH '/tmp/vonggac-escape.db'",
        "INSTALL httpfs",
    ],
)
def test_a_locked_connection_cannot_be_talked_out_of_it(two_files: tuple[Path, Path], statement: str) -> None:
    with scan.locked_connection([two_files[0]]) as connection, pytest.raises(duckdb.Error):
        connection.execute(statement).fetchall()


def test_given_tables_can_be_joined(two_files: tuple[Path, Path]) -> None:
    with scan.locked_connection([], {"known": pa.table({"value": [1, 2]})}) as connection:
        assert scan.rows(connection, "SELECT sum(value) AS total FROM known", []) == [{"total": 3}]


def test_a_damaged_file_is_an_integrity_failure(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(b"PAR1 damaged PAR1")
    with pytest.raises(IntegrityFailure, match="backup"):
        scan.table_rows([path])
