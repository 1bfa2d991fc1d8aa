"""The desk's own readers take every log file of a generated province and of the worlds, without a reject."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.exercise.world_format import rows
from vonggac.exercise.generate import generate
from vonggac.formats import traffic
from vonggac.formats.traffic_tables import TrafficReading

WORLDS = sorted(path for path in (Path(__file__).parents[1] / "worlds").iterdir() if path.is_dir())
NO_LOG = " cannot be read"


@pytest.fixture(scope="module")
def province(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("readers") / "hv"
    generate(folder, np.random.default_rng(6), scale=0.05)
    return folder


def _read(folder: Path, sensor: str, kind: str, name: str) -> TrafficReading:
    path = folder / "logs" / sensor / name
    return traffic.read(path.read_bytes(), name, wanted=traffic.Kind(kind))


def _log_names(folder: Path) -> list[str]:
    """The files of a sensor, also those in folders of their own, by their path below the sensor's."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def _all_readings(folder: Path, *, but_for: frozenset[str] = frozenset()) -> dict[tuple[str, str], TrafficReading]:
    return {
        (row["name"], name): _read(folder, row["name"], row["kind"], name)
        for row in rows(folder, "sensors.csv")
        for name in _log_names(folder / "logs" / row["name"])
        if name not in but_for
    }


def test_every_generated_log_file_is_read_whole(province):
    readings = _all_readings(province)
    assert len(readings) > 400
    for place, reading in readings.items():
        assert reading.rejects == [], place
        assert reading.warnings == [], place


def test_the_manifest_counts_what_the_desk_reads(province):
    readings = _all_readings(province)
    counts = {
        (row["sensor"], row["file"]): len(readings[row["sensor"], row["file"]].table) - int(row["records"])
        for row in rows(province, "rotation.csv")
        if (row["sensor"], row["file"]) in readings
    }
    short = [place for place, lacking in counts.items() if lacking]
    assert len(short) == 1
    assert counts[short[0]] < 0


@pytest.mark.parametrize("world", WORLDS, ids=lambda path: path.name)
def test_every_log_file_of_a_world_is_read_but_for_the_rows_that_it_breaks_on_purpose(world):
    warned = json.loads((world / "expected.json").read_text("utf-8")).get("warnings", [])
    no_logs = frozenset(one.removesuffix(NO_LOG) for one in warned if one.endswith(NO_LOG))
    broken = [
        f"{sensor}/{name}: {len(reading.rejects)} lines"
        for (sensor, name), reading in _all_readings(world, but_for=no_logs).items()
        if reading.rejects
    ]
    assert sorted(broken) == [one for one in warned if one.endswith(" lines")]


def test_the_manifest_of_the_rotation_world_differs_in_the_short_file_only():
    world = next(path for path in WORLDS if path.name == "rotation-manifest")
    readings = _all_readings(world)
    lacking = {
        f"{row['sensor']}/{row['file']}": int(row["records"]) - len(readings[row["sensor"], row["file"]].table)
        for row in rows(world, "rotation.csv")
        if (row["sensor"], row["file"]) in readings
    }
    assert {place: count for place, count in lacking.items() if count} == {"tc-flow/flow-2.csv": 2}
