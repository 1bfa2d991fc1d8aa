import multiprocessing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vonggac.errors import IntegrityFailure
from vonggac.formats import traffic
from vonggac.formats.traffic_tables import Kind
from vonggac.lake import Import, Lake, Scope, scan

NOON = datetime(2024, 4, 20, 12, tzinfo=UTC)
HEADER = "time_utc,source_address,destination_address\n"


def row(time: str, source: str = "10.0.0.5", destination: str = "192.0.2.1") -> str:
    return f"{time},{source},{destination}\n"


def add(lake: Lake, *rows: str, sensor: str = "flow-1", organisation: str = "vn/hn", **options: object) -> Import:
    content = (HEADER + "".join(rows)).encode()
    received = options.get("received", NOON)
    assert isinstance(received, datetime)
    reading = traffic.read(content, "x", wanted=Kind.FLOW)
    name = str(options.get("name", "a.csv"))
    return lake.add(organisation, sensor, Kind.FLOW, reading, lake.keep(content), received, name)


def records(lake: Lake, scope: Scope | None = None) -> int:
    imports = lake.imports(Kind.FLOW, scope=scope or Scope())
    return len(scan.table_rows([Path(path) for path in lake.paths(imports)]))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def test_an_import_is_split_by_day_and_sorted(lake: Lake) -> None:
    entry = add(lake, row("2024-04-21T01:00:00Z"), row("2024-04-20T02:00:00Z"), row("2024-04-20T01:00:00Z"))
    assert [segment.rows for segment in entry.segments] == [2, 1]
    assert "day=2024-04-20" in entry.segments[0].path
    times = [r["time_us"] for r in scan.table_rows([lake.root / entry.segments[0].path])]
    assert times == sorted(times)


def test_the_same_file_imported_twice_counts_once(lake: Lake) -> None:
    one = add(lake, row("2024-04-20T01:00:00Z"))
    assert add(lake, row("2024-04-20T01:00:00Z")) == one
    assert len(lake.imports()) == 1


def test_the_same_content_under_another_name_counts_once_and_has_arrived_twice(lake: Lake) -> None:
    add(lake, row("2024-04-20T01:00:00Z"), name="a.csv")
    add(lake, row("2024-04-20T01:00:00Z"), name="b.csv")
    assert [entry.file_name for entry in lake.imports()] == ["a.csv", "b.csv"]
    assert records(lake) == 1


def test_the_same_content_of_another_sensor_counts_for_itself(lake: Lake) -> None:
    add(lake, row("2024-04-20T01:00:00Z"))
    add(lake, row("2024-04-20T01:00:00Z"), sensor="flow-2")
    assert records(lake) == 2


def test_an_earlier_arrival_makes_the_rows_count_from_then_on(lake: Lake) -> None:
    add(lake, row("2024-04-20T01:00:00Z"), received=NOON + timedelta(days=1))
    add(lake, row("2024-04-20T01:00:00Z"), received=NOON)
    at_noon = int(NOON.timestamp()) * 1_000_000
    assert records(lake, Scope(arrived_by_us=at_noon)) == 1
    assert records(lake, Scope(arrived_by_us=at_noon - 1)) == 0


def test_a_scope_is_a_range_of_organisation_paths(lake: Lake) -> None:
    add(lake, row("2024-04-20T01:00:00Z"), organisation="vn/hn")
    add(lake, row("2024-04-20T02:00:00Z"), organisation="vn/hue")
    assert records(lake, Scope("vn/hn", "vn/hn0")) == 1
    assert records(lake, Scope("vn/hn/")) == 1
    assert records(lake, Scope("x")) == 0


def test_a_file_without_a_line_in_the_manifest_does_not_exist(lake: Lake) -> None:
    entry = add(lake, row("2024-04-20T01:00:00Z"))
    stray = lake.root / entry.segments[0].path
    stray.with_name("stray.parquet").write_bytes(stray.read_bytes())
    assert records(lake) == 1


def test_a_line_cut_off_by_a_crash_is_no_import_and_the_next_one_is_written_whole(lake: Lake) -> None:
    add(lake, row("2024-04-20T01:00:00Z"))
    with lake.manifest.path.open("ab") as file:
        file.write(b'{"organisation_path": "vn')
    assert len(lake.imports()) == 1
    add(lake, row("2024-04-20T02:00:00Z"))
    assert len(lake.imports()) == 2


def test_a_damaged_line_is_said_and_not_passed_over(lake: Lake) -> None:
    add(lake, row("2024-04-20T01:00:00Z"))
    lake.manifest.path.write_bytes(b"garbage\n" + lake.manifest.path.read_bytes())
    with pytest.raises(IntegrityFailure, match="line 1"):
        lake.imports()


def test_a_missing_segment_is_an_error_and_never_an_empty_answer(lake: Lake) -> None:
    entry = add(lake, row("2024-04-20T01:00:00Z"))
    (lake.root / entry.segments[0].path).unlink()
    with pytest.raises(IntegrityFailure, match="backup"):
        records(lake)


def test_verify_finds_a_changed_byte(lake: Lake) -> None:
    entry = add(lake, row("2024-04-20T01:00:00Z"))
    assert lake.verify() == []
    path = lake.root / entry.segments[0].path
    content = bytearray(path.read_bytes())
    content[10] ^= 1
    path.write_bytes(content)
    assert len(lake.verify()) == 1


def test_names_of_organisations_and_sensors_never_leave_the_folder(lake: Lake) -> None:
    entry = add(lake, row("2024-04-20T01:00:00Z"), sensor="../../etc", organisation="../x")
    path = (lake.root / entry.segments[0].path).resolve()
    assert path.is_relative_to(lake.root / "segments")


def test_writing_the_same_import_elsewhere_gives_the_same_files(tmp_path: Path) -> None:
    one, other = (add(Lake(tmp_path / name), row("2024-04-20T01:00:00Z")) for name in ("a", "b"))
    assert one == other


def test_rejects_are_kept_with_the_import(lake: Lake) -> None:
    entry = add(lake, "bad,10.0.0.5,192.0.2.1\n")
    assert [reject.line for reject in lake.rejects(entry)] == [2]


def test_raw_bytes_come_back_as_received(lake: Lake) -> None:
    for content in (b"", b"as received\n", bytes(range(256)) * 99):
        assert lake.raw(lake.keep(content)) == content


def test_raw_bytes_that_were_changed_are_an_error(lake: Lake) -> None:
    sha256 = lake.keep(b"as received")
    path = lake.root / "raw" / f"{sha256}.zst"
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(IntegrityFailure):
        lake.raw(sha256)


def add_many(root: Path, sensor: str) -> None:
    lake = Lake(root)
    for minute in range(8):
        add(lake, row(f"2024-04-20T01:{minute:02}:00Z"), sensor=sensor)


def test_writers_in_several_processes_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=add_many, args=(tmp_path, f"s{n}")) for n in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert records(Lake(tmp_path)) == 24
