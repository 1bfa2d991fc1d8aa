"""A rotating sensor covers the time of a manifest's line only when one arrival answers for it whole."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.flows.proof.worlds import World, flow
from vonggac.cases.proof import VerdictState
from vonggac.formats.traffic_tables import Kind

HOST, NETWORK, OTHER = "10.1.0.5", "10.1.0.0/16", "192.0.2.80"
SEEN = VerdictState.PROVEN
UNSEEN = VerdictState.NOT_OBSERVABLE


def world(root: Path, lines: list[tuple[str, float, float, int]], offset: float = 0) -> World:
    made = World(root)
    made.host("pc-1", HOST)
    made.sensor("s", Kind.FLOW, NETWORK, rotation=tuple(lines), offset=offset)
    made.next_list()
    return made


def quiet_day(day: int, hours: int = 3) -> list[str]:
    return [flow(day + hour / 24, HOST, OTHER, 40_000 + hour) for hour in range(1, hours + 1)]


def days(name: str = "f-{}.csv", records: int = 3) -> list[tuple[str, float, float, int]]:
    return [(name.format(day), day, day + 1, records) for day in range(7)]


def test_every_file_of_its_own_day_covers_it(tmp_path: Path) -> None:
    made = world(tmp_path, days())
    for day in range(7):
        made.log("s", Kind.FLOW, *quiet_day(day), name=f"f-{day}.csv")
    assert made.judge("pc-1").state is SEEN


@pytest.mark.parametrize("missing", [0, 3, 6])
def test_files_of_one_name_in_folders_of_their_days_are_told_apart(tmp_path: Path, missing: int) -> None:
    made = world(tmp_path, days("day-{}/conn.csv"))
    for day in range(7):
        if day != missing:
            made.log("s", Kind.FLOW, *quiet_day(day), name=f"day-{day}/conn.csv")
    assert made.judge("pc-1").state is UNSEEN


def test_a_file_handed_in_without_its_folder_is_known_by_its_records(tmp_path: Path) -> None:
    made = world(tmp_path, days("day-{}/conn.csv"))
    for day in range(7):
        made.log("s", Kind.FLOW, *quiet_day(day), name="conn.csv", received=day + 1)
    assert made.judge("pc-1").state is SEEN


def test_one_empty_file_answers_for_one_line_only(tmp_path: Path) -> None:
    made = world(tmp_path, days("conn.csv", 0))
    made.log("s", Kind.FLOW, name="conn.csv")
    assert made.judge("pc-1").state is UNSEEN


def test_a_file_that_holds_another_days_records_covers_neither_day(tmp_path: Path) -> None:
    made = world(tmp_path, days())
    for day in range(7):
        rows = quiet_day(day) if day != 4 else [row.replace(",400", ",500") for row in quiet_day(3)]
        made.log("s", Kind.FLOW, *rows, name=f"f-{day}.csv")
    assert made.judge("pc-1").state is UNSEEN


def test_a_file_with_some_records_of_another_day_lacks_as_many_of_its_own(tmp_path: Path) -> None:
    made = world(tmp_path, days())
    for day in range(7):
        rows = (
            quiet_day(day) if day != 4 else [*quiet_day(4, 1), flow(3.5, HOST, OTHER, 50_001), flow(3.6, HOST, OTHER)]
        )
        made.log("s", Kind.FLOW, *rows, name=f"f-{day}.csv")
    assert made.judge("pc-1").state is UNSEEN


def test_an_hour_that_was_written_twice_is_not_the_next_hour(tmp_path: Path) -> None:
    lines = [(f"h-{hour}.csv", hour / 24, (hour + 1) / 24, 1) for hour in range(7 * 24)]
    made = world(tmp_path, lines)
    for hour in range(7 * 24):
        at = hour if hour != 30 else 29
        made.log("s", Kind.FLOW, flow((at + 0.5) / 24, HOST, OTHER, 40_000 + hour), name=f"h-{hour}.csv")
    assert made.judge("pc-1").state is UNSEEN


def test_a_flow_that_fell_silent_just_before_the_file_began_belongs_to_it(tmp_path: Path) -> None:
    made = world(tmp_path, days())
    for day in range(7):
        rows = [*quiet_day(day, 2), flow(day - 200 / 86_400, HOST, OTHER, 41_000)]
        made.log("s", Kind.FLOW, *rows, name=f"f-{day}.csv")
    assert made.judge("pc-1").state is SEEN


def test_a_manifest_is_in_true_time_and_its_records_on_the_sensors_clock(tmp_path: Path) -> None:
    made = world(tmp_path, days(), offset=3_600)
    for day in range(7):
        rows = [flow(day + hour / 24, HOST, OTHER, 40_000 + hour) for hour in (1.5, 12, 24.9)]
        made.log("s", Kind.FLOW, *rows, name=f"f-{day}.csv")
    assert made.judge("pc-1").state is SEEN


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(holds=st.lists(st.sampled_from([None, 0, 1, 2, 3, 4, 5, 6]), min_size=7, max_size=7))
def test_the_watch_is_covered_only_when_each_file_holds_its_own_day(tmp_path_factory, holds: list[int | None]) -> None:
    """holds[n]: the day whose records the file of day n holds, None when it never came."""
    made = world(tmp_path_factory.mktemp("lake"), days())
    for day, held in enumerate(holds):
        if held is not None:
            rows = [flow(held + hour / 24, HOST, OTHER, 1_000 * day + hour) for hour in (2, 9, 20)]
            made.log("s", Kind.FLOW, *rows, name=f"f-{day}.csv")
    assert (made.judge("pc-1").state is SEEN) == (holds == list(range(7)))
