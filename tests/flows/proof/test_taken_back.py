"""A file taken back as handed in by mistake: it ends the doubt it raised, and never lets an infected host be proven."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.flows.proof.worlds import C2_ADDRESS, HEADERS, World, at, flow, text, words
from vonggac.cases.proof import VerdictState
from vonggac.flows.proof.evidence import micros
from vonggac.flows.proof.sensors import RotatedFile
from vonggac.formats import traffic
from vonggac.formats.traffic_tables import Kind

OPEN, PROVEN, NOT_OBSERVABLE = VerdictState.OPEN, VerdictState.PROVEN, VerdictState.NOT_OBSERVABLE
PICTURE = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
HOST, FAR = "10.0.0.5", "203.0.113.80"
MINUTE, HOUR = 1 / 1_440, 1 / 24


def busy(start: float, end: float, *, every: float = 4 * MINUTE) -> list[str]:
    """What a host of the sensor's networks does all day: a record every four minutes."""
    return [flow(start + n * every, "10.0.0.9", FAR) for n in range(round((end - start) / every))]


def unreadable(world: World, received: float, content: bytes = PICTURE, name: str = "photo.png") -> str:
    """Hand in a file that nobody can read; its SHA-256."""
    sha256 = world.lake.keep(content)
    world.lake.add("vn", "s", Kind.FLOW, traffic.unreadable(Kind.FLOW, "no log"), sha256, at(received), name)
    return sha256


def take_back(world: World, *sha256s: str) -> None:
    world.sensors = [replace(sensor, taken_back=frozenset(sha256s)) for sensor in world.sensors]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """pc-1 under a sensor with a heartbeat, whose log of each day comes an hour after midnight."""
    made = World(tmp_path)
    made.host("pc-1", HOST)
    made.sensor("s", Kind.FLOW, "10.0.0.0/24", quiet=None)
    made.next_list()
    return made


def days(world: World, *wanted: int) -> None:
    for day in wanted:
        world.log("s", Kind.FLOW, *busy(day, day + 1), name=f"day{day}.csv", received=day + 1 + HOUR)


def test_a_picture_stops_the_proof_and_taken_back_stops_it_no_more(world: World) -> None:
    days(world, *range(-1, 9))
    picture = unreadable(world, 4)
    assert world.judge("pc-1").state is NOT_OBSERVABLE
    assert "photo.png" in words(world.judge("pc-1"))
    take_back(world, picture)
    assert world.judge("pc-1").state is PROVEN


def test_the_real_log_damaged_and_taken_back_leaves_the_time_that_it_was_of_a_gap(world: World) -> None:
    days(world, -1, 0, 1, 2, 3, 5, 6, 7, 8)
    take_back(world, unreadable(world, 5 + HOUR, b"\x1f\x8b torn", "day4.csv.gz"))
    found = world.judge("pc-1")
    assert found.state is NOT_OBSERVABLE
    # The case names the file that was taken back, not a silence: the sensor's heart beat all the time.
    (missing,) = found.missing
    assert (missing.sensor, missing.reason) == ("s", "a file was taken back that may have been its log: day4.csv.gz")
    assert (missing.from_utc, missing.to_utc) == (at(4 - 9 * MINUTE), at(5 + 5 * MINUTE))
    days(world, 4)
    assert world.judge("pc-1").state is PROVEN


def test_a_silence_beside_a_file_that_was_taken_back_is_told_apart_from_it(world: World) -> None:
    days(world, -1, 0, 1, 2, 3, 5, 6, 7, 8)
    world.sensors = [replace(one, heartbeats=((one.heartbeats[0][0], micros(at(6))),)) for one in world.sensors]
    take_back(world, unreadable(world, 5 + HOUR, b"\x1f\x8b torn", "day4.csv.gz"))
    assert {missing.reason for missing in world.judge("pc-1").missing} == {
        "a file was taken back that may have been its log: day4.csv.gz", "silent, or its log has not come whole",
    }  # fmt: skip


def test_a_log_that_came_damaged_after_later_ones_leaves_its_gap_too(world: World) -> None:
    days(world, -1, 0, 1, 2, 3, 5, 6, 7, 8)
    assert world.judge("pc-1").state is PROVEN
    take_back(world, unreadable(world, 9.5, b"\x1f\x8b torn", "day4.csv.gz"))
    assert world.judge("pc-1").state is NOT_OBSERVABLE


def test_what_came_after_it_is_not_held_against_the_sensor(world: World) -> None:
    days(world, *range(-3, 0))
    take_back(world, unreadable(world, -1))
    world.log("s", Kind.FLOW, flow(8.5, "10.0.0.9", FAR), name="week.csv", received=9)
    world.log("s", Kind.FLOW, flow(0, "10.0.0.9", FAR), name="first.csv", received=0.1)
    assert world.judge("pc-1").state is PROVEN


def test_a_file_that_was_taken_back_is_no_delivery(world: World) -> None:
    days(world, *range(-1, 6))
    picture = unreadable(world, 9)
    take_back(world, picture)
    found = world.judge("pc-1", now=9.5)
    assert found.state is NOT_OBSERVABLE
    days(world, 6, 7, 8, 9)
    assert world.judge("pc-1", now=11).state is PROVEN


def test_while_the_watch_runs_the_log_that_comes_next_is_awaited(world: World) -> None:
    days(world, *range(-1, 4))
    take_back(world, unreadable(world, 4.2))
    assert world.judge("pc-1", now=4.5).state is OPEN


def test_a_quiet_sensor_is_believed_by_its_own_manifest_alone(world: World) -> None:
    for day in range(-1, 9):
        world.log("s", Kind.FLOW, flow(day + 0.5, "10.0.0.9", FAR), name=f"day{day}.csv", received=day + 1 + HOUR)
    take_back(world, unreadable(world, 9.5))
    assert world.judge("pc-1").state is NOT_OBSERVABLE
    us = [(at(day), at(day + 1)) for day in range(-1, 9)]
    lines = tuple(
        RotatedFile(f"day{n - 1}.csv", round(start.timestamp() * 1e6), round(end.timestamp() * 1e6), 1)
        for n, (start, end) in enumerate(us)
    )
    world.sensors = [replace(sensor, rotation=lines) for sensor in world.sensors]
    assert world.judge("pc-1").state is PROVEN
    world.sensors = [replace(sensor, rotation=lines[:4] + lines[5:]) for sensor in world.sensors]
    assert world.judge("pc-1").state is NOT_OBSERVABLE


def test_a_sensor_that_writes_several_files_at_once_is_not_believed_by_its_records(world: World) -> None:
    days(world, *range(-1, 9))
    world.log("s", Kind.FLOW, *busy(2, 3, every=5 * MINUTE), name="second-day2.csv", received=3 + HOUR)
    assert world.judge("pc-1").state is PROVEN
    take_back(world, unreadable(world, 5 + HOUR, name="second-day4.csv"))
    assert world.judge("pc-1").state is NOT_OBSERVABLE


def test_one_long_flow_does_not_fill_the_hole_of_a_log(world: World) -> None:
    days(world, -1, 0, 1, 2, 3, 6, 7, 8)
    start, end = text(at(4)), text(at(5.9))
    content = f"time_utc,end_utc,source_address,destination_address\n{start},{end},10.0.0.9,{FAR}\n".encode()
    reading = traffic.read(content, "day5.csv", wanted=Kind.FLOW)
    world.lake.add("vn", "s", Kind.FLOW, reading, world.lake.keep(content), at(6 + HOUR), "day5.csv")
    take_back(world, unreadable(world, 5 + HOUR))
    assert world.judge("pc-1").state is NOT_OBSERVABLE


def test_records_younger_than_their_arrival_say_that_arrivals_bound_nothing(world: World) -> None:
    world.log("s", Kind.FLOW, *busy(-1, 4), name="a.csv", received=-2)
    world.log("s", Kind.FLOW, *busy(5, 9), name="b.csv", received=9)
    take_back(world, unreadable(world, -2))
    assert world.judge("pc-1").state is NOT_OBSERVABLE


def test_a_row_that_names_a_control_server_stays_a_doubt(world: World) -> None:
    days(world, *range(-1, 9))
    content = f"{HEADERS[Kind.FLOW]}\nyesterday,{HOST},1,{C2_ADDRESS},443,tcp\nlater,x,1,y,443,tcp\n".encode()
    reading = traffic.read(content, "odd.csv", wanted=Kind.FLOW)
    assert (reading.table.num_rows, len(reading.rejects)) == (0, 2)
    sha256 = world.lake.keep(content)
    world.lake.add("vn", "s", Kind.FLOW, reading, sha256, at(4), "odd.csv")
    take_back(world, sha256)
    assert world.judge("pc-1").state is NOT_OBSERVABLE
    assert "odd.csv line 2" in words(world.judge("pc-1"))


def test_a_file_of_which_a_record_was_read_is_never_taken_back(world: World) -> None:
    days(world, *range(-1, 9))
    content = f"{HEADERS[Kind.FLOW]}\n{flow(4, '10.0.0.9', FAR)}\n{text(at(4))},{HOST}\n".encode()
    sha256 = world.lake.keep(content)
    world.lake.add("vn", "s", Kind.FLOW, traffic.read(content, "odd.csv", wanted=Kind.FLOW), sha256, at(9.2), "odd.csv")
    take_back(world, sha256)
    assert world.judge("pc-1").state is NOT_OBSERVABLE


def test_a_file_taken_back_answers_for_no_line_of_a_manifest(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.host("pc-1", HOST)
    world.sensor("s", Kind.FLOW, "10.0.0.0/24", quiet=None, rotation=(("quiet.csv", -1.0, 9.0, 0),))
    world.next_list()
    picture = unreadable(world, 4, name="quiet.csv")
    take_back(world, picture)
    assert world.judge("pc-1").state is NOT_OBSERVABLE


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(
    hours=st.sampled_from([6, 8, 12, 24]),
    contact=st.floats(0, 6.9),
    lateness=st.floats(0, 4.9),
    delay=st.floats(0, 3),
    more=st.lists(st.floats(-1, 8), max_size=2),
)
@pytest.mark.slow
def test_no_damaged_log_that_held_a_contact_is_ever_taken_back_into_a_proof(
    hours: int, contact: float, lateness: float, delay: float, more: list[float]
) -> None:
    """A sensor writes a file every `hours`; records are written late, and the file with the contact is torn."""
    root = Path(tempfile.mkdtemp())
    try:
        world = World(root)
        world.host("pc-1", HOST)
        world.sensor("s", Kind.FLOW, "10.0.0.0/24", quiet=None)
        world.next_list()
        length, taken = hours * HOUR, []
        written_at = contact + lateness * MINUTE
        for number in range(-24 // hours - 1, 9 * 24 // hours + 1):
            start, end = number * length, (number + 1) * length
            if start <= written_at < end:
                taken.append(unreadable(world, end + delay, f"torn {number}".encode(), f"{number}.csv.gz"))
            else:
                rows = busy(start - 4.5 * MINUTE, end)
                world.log("s", Kind.FLOW, *rows, name=f"{number}.csv", received=end)
        taken += [unreadable(world, moment, f"{moment}".encode()) for moment in more]
        take_back(world, *taken)
        assert world.judge("pc-1", now=12).state is NOT_OBSERVABLE
    finally:
        shutil.rmtree(root)
