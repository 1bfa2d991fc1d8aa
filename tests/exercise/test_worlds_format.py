import ipaddress
import re
import shutil
from pathlib import Path

import pytest
from pyarrow import parquet

from tests.exercise.world_format import complaints, rows

WORLDS = sorted(path for path in (Path(__file__).parents[1] / "worlds").iterdir() if path.is_dir())
INVENTED = [
    ipaddress.ip_network(one)
    for one in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "10.0.0.0/8", "2001:db8::/32")
]
# Worlds about a departure from the format, with what the format says of it.
DEPARTURES = {
    "logs-in-another-folder": "unknown sensor S",
    "manifest-in-vietnamese-time": "not UTC",
    "next-list-damaged": "is open with missing ['list']",
    "next-list-damaged-ipv6": "is open with missing ['list']",
    "next-list-other-marks": "is open with missing ['list']",
}
EACH_WORLD = pytest.mark.parametrize("world", WORLDS, ids=lambda path: path.name)


def test_there_are_at_least_twenty_five_worlds():
    assert len(WORLDS) >= 25


@EACH_WORLD
def test_a_world_keeps_to_the_format(world: Path):
    found, departure = complaints(world), DEPARTURES.get(world.name)
    assert all(departure and departure in one for one in found), found
    assert bool(found) == bool(departure)


@EACH_WORLD
def test_a_world_says_in_two_sentences_what_it_shows(world: Path):
    text = (world / "README.txt").read_text(encoding="utf-8").strip()
    assert len(re.findall(r"\.(?:\s|$)", text)) == 2


@EACH_WORLD
def test_a_world_expects_a_verdict_for_every_claimed_host(world: Path):
    assert (world / "expected.json").exists()
    text = (world / "expected.json").read_text(encoding="utf-8")
    assert all(f'"{row["host"]}"' in text for row in rows(world, "claims.csv"))


@EACH_WORLD
def test_a_world_is_small_and_names_invented_addresses_only(world: Path):
    for path in world.rglob("*"):
        if path.is_file():
            text = str(parquet.read_table(path)) if path.suffix == ".parquet" else path.read_text(encoding="utf-8-sig")
            assert text.count("\n") < 100, path
            for word in re.findall(r"\b\d{1,3}(?:\.\d{1,3}){3}\b", text):
                assert any(_address(word) in network for network in INVENTED), (path, word)


def _address(word: str) -> ipaddress.IPv4Address:
    """The address that a word is, or was before it was damaged: `203.0.113.300` is about one of 203.0.113.0/24."""
    parts = [int(part) for part in word.split(".")]
    return ipaddress.IPv4Address(bytes(min(part, 255) for part in parts))


def test_the_worlds_reach_every_verdict():
    expected = "".join((world / "expected.json").read_text(encoding="utf-8") for world in WORLDS)
    assert all(f'"{verdict}"' in expected for verdict in ("proven", "contradicted", "not_observable", "open"))


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("claims.csv", "host,time_utc,claim,by\nnobody,2024-04-16T00:00:00Z,clean,x\n", "claim for nobody"),
        ("claims.csv", "host,time_utc,claim,by\ncong-yt,2024-04-16 00:00,clean,x\n", "not UTC"),
        ("assets.csv", "name,kind,address\ncong-yt,server,203.0.113.5\n", "lacks the column organisation"),
        ("heartbeats.csv", "sensor,from_utc,to_utc\nx,2024-04-16T00:00:00Z,2024-04-15T00:00:00Z\n", "ends before"),
        ("arrivals.csv", "file,received_utc\nyt-flow/none.csv,2024-04-16T00:00:00Z\n", "not in logs"),
        ("lists.csv", "file,sender,received_utc\nnone.csv,x,2024-04-15T08:00:00Z\n", "list none.csv is missing"),
    ],
)
def test_the_format_reader_finds_what_is_wrong(tmp_path: Path, name: str, text: str, complaint: str):
    world = tmp_path / "world"
    shutil.copytree(WORLDS[0].parent / "sensor-dead", world)
    (world / name).write_text(text, encoding="utf-8")
    assert any(complaint in one for one in complaints(world))


def test_a_world_without_its_register_is_no_world(tmp_path: Path):
    assert "assets.csv is missing" in complaints(tmp_path)
