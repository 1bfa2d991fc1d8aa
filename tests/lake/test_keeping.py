"""Merging and retention change where rows lie, or end them, for every reader at once, and never lose what lives."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from tests.lake.making import NOON, files_of, flow, hand_in, micros, new_lake
from vonggac.errors import IntegrityFailure, WrongState
from vonggac.formats.traffic_tables import Kind
from vonggac.lake import Lake, Scope, compaction, retention, scan
from vonggac.lake.contents import contents
from vonggac.lake.segments import DAY_US

AT = micros(NOON + timedelta(days=3))
LATER = AT + retention.GRACE_US
BEFORE = {Kind.FLOW: AT}


def merge_all(lake: Lake, at_us: int = AT, most_rows: int = compaction.MOST_ROWS) -> int:
    return sum(
        compaction.merge(lake, plan, at_us) is not None for plan in compaction.plan(lake, at_us, Scope(), most_rows)
    )


def paths(lake: Lake, scope: Scope | None = None) -> list[Path]:
    return [Path(path) for path in lake.paths(lake.imports(scope=scope or Scope()))]


def rows(lake: Lake, scope: Scope | None = None) -> list[tuple]:
    found = scan.table_rows(paths(lake, scope))
    return sorted((row["time_us"], row["source_v4"] or 0, row["destination_v4"]) for row in found)


def clear(lake: Lake, at_us: int = LATER, machine_us: int = 0, needed: Callable[[str], bool] = lambda _: False) -> int:
    return retention.clear(lake, at_us, machine_us, needed)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = new_lake(tmp_path)
    for minute in (30, 10, 20):
        hand_in(made, flow(minute), flow(minute + 1, f"10.0.0.{minute}"))
    hand_in(made, flow(15), sensor="flow-2")
    hand_in(made, flow(15), organisation="000002/")
    hand_in(made, flow(15, day="2026-04-21"))
    return made


def test_the_segments_of_one_sensor_and_day_become_one_with_the_same_rows(lake: Lake) -> None:
    before = rows(lake)
    assert merge_all(lake) == 1
    assert rows(lake) == before
    assert len(paths(lake)) == 4
    assert lake.verify() == []
    assert merge_all(lake) == 0


def test_a_column_without_gaps_is_kept_as_such_and_merges_with_one_that_has_some(tmp_path: Path) -> None:
    lake = new_lake(tmp_path)
    hand_in(lake, flow(1), flow(2))
    hand_in(lake, flow(3, "2001:db8::5"), flow(4))
    hand_in(lake, flow(5, "2001:db8::6"))
    assert sorted(without_gaps(path, "time_us", "source_v4", "source_v6") for path in paths(lake)) == [
        (True, False, False), (True, False, True), (True, True, False),
    ]  # fmt: skip
    before = rows(lake)
    assert merge_all(lake) == 1
    assert [without_gaps(path, "time_us", "source_v4") for path in paths(lake)] == [(True, False)]
    assert rows(lake) == before


def without_gaps(path: Path, *columns: str) -> tuple[bool, ...]:
    schema = parquet.read_schema(path)
    return tuple(not schema.field(name).nullable for name in columns)


def test_a_merged_segment_is_sorted_by_time_and_address(lake: Lake) -> None:
    merge_all(lake)
    merged = max(paths(lake), key=lambda path: parquet.ParquetFile(path).metadata.num_rows)
    found = [(row["time_us"], row["source_v4"]) for row in scan.table_rows([merged])]
    assert len(found) == 6
    assert found == sorted(found)


def test_readers_in_the_middle_find_their_files_for_a_day(lake: Lake) -> None:
    read_before = paths(lake)
    before = rows(lake)
    merge_all(lake)
    assert clear(lake, LATER - 1) == 0
    found = scan.table_rows(read_before)
    assert sorted((row["time_us"], row["source_v4"], row["destination_v4"]) for row in found) == before
    assert clear(lake) == 3
    assert rows(lake) == before
    assert [path for path in read_before if not path.exists()] != []
    assert clear(lake) == 0


def test_a_new_process_reads_the_same_from_the_manifest(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    merge_all(lake)
    retention.retire(lake, {Kind.FLOW: micros(NOON) - DAY_US}, AT)
    known = rows(lake), len(lake.imports())
    monkeypatch.setattr("vonggac.lake.manifest._readings", {})
    assert (rows(lake), len(lake.imports())) == known


def test_what_came_in_lately_is_not_merged_yet(lake: Lake) -> None:
    assert compaction.plan(lake, micros(NOON) + compaction.SETTLED_US - 1) == []
    assert len(compaction.plan(lake, micros(NOON) + compaction.SETTLED_US)) == 1


def test_a_question_about_what_had_arrived_between_is_refused_and_not_answered_wrongly(tmp_path: Path) -> None:
    lake = new_lake(tmp_path)
    hand_in(lake, flow(10))
    hand_in(lake, flow(20), received=NOON + timedelta(hours=1), name="b.csv")
    merge_all(lake)
    assert len(rows(lake, Scope(arrived_by_us=micros(NOON + timedelta(hours=1))))) == 2
    assert rows(lake, Scope(arrived_by_us=micros(NOON) - 1)) == []
    with pytest.raises(WrongState, match="merged"):
        rows(lake, Scope(arrived_by_us=micros(NOON)))


def test_the_same_file_handed_in_after_a_merger_counts_once(lake: Lake) -> None:
    before = rows(lake)
    merge_all(lake)
    hand_in(lake, flow(30), flow(31, "10.0.0.30"), name="again.csv", received=NOON + timedelta(days=4))
    assert rows(lake) == before


def test_merged_segments_are_merged_again_with_new_ones_until_they_are_large(tmp_path: Path) -> None:
    lake = new_lake(tmp_path)
    for minute in range(4):
        hand_in(lake, flow(minute))
    assert merge_all(lake, most_rows=4) == 1
    hand_in(lake, flow(9))
    assert merge_all(lake, most_rows=4) == 0, "a segment more than half as large as may be stays as it is"
    hand_in(lake, flow(11))
    assert merge_all(lake, most_rows=20) == 1
    assert [len(rows(lake)), len(paths(lake))] == [6, 1]


def test_a_damaged_segment_is_not_given_a_new_digest(lake: Lake) -> None:
    plan = compaction.plan(lake, AT)[0]
    path = lake.root / plan.parts[0].path
    content = bytearray(path.read_bytes())
    content[20] ^= 1
    path.write_bytes(content)
    with pytest.raises(IntegrityFailure, match="backup"):
        compaction.merge(lake, plan, AT)
    assert len(lake.verify()) == 1


def test_a_plan_that_was_overtaken_changes_nothing(lake: Lake) -> None:
    plan = compaction.plan(lake, AT)[0]
    assert compaction.merge(lake, plan, AT) is not None
    before = lake.manifest.path.read_bytes()
    assert compaction.merge(lake, plan, AT) is None
    assert lake.manifest.path.read_bytes() == before


def test_what_is_too_old_ends_at_once_and_its_files_go_a_day_later(lake: Lake) -> None:
    ends = {Kind.FLOW: micros(NOON) + 1}
    assert [(one.organisation_path, one.rows) for one in retention.due(lake, ends)] == [("000001/", 7), ("000002/", 1)]
    retention.retire(lake, ends, AT)
    assert [str(one.first_day) for one in contents(lake)] == ["20564"]
    assert len(rows(lake)) == 1
    assert len(lake.imports()) == 1
    assert clear(lake, LATER - 1) == 0
    clear(lake)
    left = files_of(lake)
    assert {name.partition("/")[0] for name in left} == {"manifest.jsonl", ".manifest.lock", "raw", "segments"}
    assert len([name for name in left if name.startswith("raw/")]) == 1
    assert len([name for name in left if name.startswith("segments/")]) == 1
    assert lake.verify() == []
    assert retention.due(lake, ends) == []


def test_what_came_in_after_the_limit_stays_however_old_its_rows_are(tmp_path: Path) -> None:
    lake = new_lake(tmp_path)
    hand_in(lake, flow(1, day="2020-01-01"))
    retention.retire(lake, {Kind.FLOW: micros(NOON)}, AT)
    assert len(rows(lake)) == 1
    retention.retire(lake, {Kind.FLOW: micros(NOON) + 1}, AT)
    assert rows(lake) == []


def test_an_open_lease_and_other_kinds_stay(tmp_path: Path) -> None:
    lake = new_lake(tmp_path)
    hand_in(lake, "2026-04-20T01:00:00Z,10.0.0.5,evil.example,", kind=Kind.DNS, sensor="dns")
    lease = "2026-04-20T01:00:00Z,{to},10.0.0.5,pc-1"
    hand_in(lake, lease.format(to=""), kind=Kind.DHCP, sensor="dhcp")
    hand_in(lake, lease.format(to="2026-04-20T02:00:00Z"), kind=Kind.DHCP, sensor="dhcp")
    retention.retire(lake, {Kind.FLOW: AT, Kind.DHCP: AT}, AT)
    assert [(entry.kind, entry.rows) for entry in lake.imports()] == [(Kind.DNS, 1), (Kind.DHCP, 1)]
    assert len(lake.paths(lake.imports())) == 2


def test_an_empty_file_ends_with_its_time_and_its_raw_bytes_go(tmp_path: Path) -> None:
    lake = new_lake(tmp_path)
    hand_in(lake)
    retention.retire(lake, BEFORE, AT)
    assert lake.imports() == []
    assert clear(lake) == 1
    assert files_of(lake) == {"manifest.jsonl", ".manifest.lock"}


def test_bytes_that_the_desk_needs_for_something_else_stay(tmp_path: Path) -> None:
    lake = new_lake(tmp_path)
    entry = hand_in(lake, flow(1))
    retention.retire(lake, BEFORE, AT)
    clear(lake, needed=lambda sha256: sha256 == entry.source_sha256)
    assert lake.raw(entry.source_sha256)


def test_what_ended_and_is_handed_in_again_is_there_again(tmp_path: Path) -> None:
    lake = new_lake(tmp_path)
    hand_in(lake, flow(1))
    retention.retire(lake, BEFORE, AT)
    again = hand_in(lake, flow(1), received=NOON + timedelta(days=5))
    assert len(rows(lake)) == 1
    clear(lake, AT + 9 * DAY_US)
    assert len(rows(lake)) == 1
    assert lake.raw(again.source_sha256)


def test_strays_go_when_nobody_wrote_to_them_for_a_day_and_nothing_else_does(lake: Lake) -> None:
    folder = paths(lake)[0].parent
    stray, aside = folder / "stray.parquet", folder / ".x.parquet.0f"
    stray.write_bytes(b"x")
    aside.write_bytes(b"x")
    written_us = stray.stat().st_mtime_ns // 1_000
    before = rows(lake)
    assert clear(lake, machine_us=written_us + retention.GRACE_US - 1) == 0
    assert clear(lake, machine_us=written_us + retention.GRACE_US + 1_000_000) == 2
    assert not stray.exists()
    assert rows(lake) == before


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 5), st.integers(0, 3)),
        st.tuples(st.just("merge"), st.integers(2, 9), st.just(0)),
        st.tuples(st.just("retire"), st.integers(0, 5), st.just(0)),
        st.tuples(st.just("clear"), st.just(0), st.just(0)),
    ),
    max_size=14,
)


@settings(deadline=None)
@given(STEPS)
def test_whatever_happens_in_whatever_order_the_rows_are_those_of_a_plain_list(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, int]]
) -> None:
    lake = new_lake(tmp_path_factory.mktemp("steps"))
    alive: dict[tuple[int, int], int] = {}  # (day, number) → when it came last
    for clock, (step, first, second) in enumerate(steps):
        received = NOON + timedelta(days=10 + 2 * clock)
        now_us = micros(received)
        if step == "add":
            hand_in(lake, flow(second, day=f"2026-04-{20 + first}"), received=received, name=f"{clock}.csv")
            alive[first, second] = now_us
        elif step == "merge":
            merge_all(lake, now_us + 3 * DAY_US, first)
        elif step == "retire":
            before = now_us - first * 2 * DAY_US
            retention.retire(lake, {Kind.FLOW: before}, now_us)
            merged = {path for path in alive if alive[path] >= before}
            # Rows in one merged segment go together, when the last of them came in before the limit.
            left = {(row[0] // DAY_US - 20563, row[0] % DAY_US // 60_000_000) for row in rows(lake)}
            assert merged <= left <= set(alive)
            alive = {key: alive[key] for key in left}
        else:
            clear(lake, now_us + 3 * DAY_US, 0)
        expected = sorted(alive)
        assert sorted((row[0] // DAY_US - 20563, row[0] % DAY_US // 60_000_000) for row in rows(lake)) == expected
        assert lake.verify() == []
