"""The spool against a list of what was acknowledged: nothing lost, nothing twice, whatever end the file meets."""

import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vonggac.errors import ConfigurationError, IntegrityFailure, LimitExceeded, TryAgainLater
from vonggac.lake import spool
from vonggac.lake.positions import Position
from vonggac.lake.spool import Place, Spool, end_of, frame_at, frames, segment_path

REPOSITORY = Path(__file__).parents[2]
# Fills the file up to what the process may write, says what was acknowledged, and then goes on with more room.
FILLER = """
import resource, sys
from pathlib import Path
from vonggac.errors import TryAgainLater
from vonggac.lake.spool import Spool
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
spool, taken, refused = Spool(Path(sys.argv[1]), reserve_bytes=0), 0, 0
for number in range(40):
    try:
        spool.append(b"%04d" % number + b"x" * 996)
        taken += 1
    except TryAgainLater:
        refused += 1
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
spool.append(b"after")
print(taken, refused)
"""


def open_spool(folder: Path, segment_bytes: int = spool.SEGMENT_BYTES) -> Spool:
    return Spool(folder, segment_bytes=segment_bytes, reserve_bytes=0)


def held(folder: Path) -> list[bytes]:
    return [frame.content for frame in frames(folder)]


@settings(deadline=None)
@given(
    runs=st.lists(st.lists(st.binary(max_size=300), max_size=12), max_size=5),
    segment=st.sampled_from([40, 500, 10_000]),
)
def test_what_was_appended_is_read_in_order_across_segments_and_writers(tmp_path_factory, runs, segment):
    folder = tmp_path_factory.mktemp("spool")
    places = []
    for contents in runs:
        with open_spool(folder, segment) as writer:
            promises = [writer.enqueue(content) for content in contents]
            places += [promise.result() for promise in promises]
    expected = [content for contents in runs for content in contents]
    assert held(folder) == expected
    assert [frame.place for frame in frames(folder)] == places
    for place, content in zip(places, expected, strict=True):
        assert frame_at(folder, place) == content


def test_a_consumer_goes_on_where_it_stopped(tmp_path):
    position, seen = Position(tmp_path / "position"), []
    with open_spool(tmp_path / "spool", 200) as writer:
        for number in range(50):
            writer.append(b"%d" % number)
            if number % 7 == 0:
                for frame in frames(tmp_path / "spool", position.load(), most_bytes=3):
                    seen.append(frame.content)
                    position.save(frame.following)
    for frame in frames(tmp_path / "spool", position.load()):
        seen.append(frame.content)
        position.save(frame.following)
    assert seen == [b"%d" % number for number in range(50)]
    assert list(frames(tmp_path / "spool", position.load())) == []


def test_wherever_the_file_is_cut_off_whole_frames_stay_and_the_rest_is_set_aside(tmp_path):
    contents = [bytes([number]) * (number * 3) for number in range(12)]
    with open_spool(tmp_path / "whole") as writer:
        starts = [writer.append(content).offset for content in contents]
    whole = segment_path(tmp_path / "whole", 1).read_bytes()
    for cut in range(len(whole) + 1):
        folder = tmp_path / f"cut-{cut}"
        folder.mkdir()
        segment_path(folder, 1).write_bytes(whole[:cut])
        with open_spool(folder) as writer:
            kept = held(folder)
            writer.append(b"next")
        ends = [*starts[1:], len(whole)]
        assert kept == [content for content, end in zip(contents, ends, strict=True) if end <= cut]
        assert held(folder) == [*kept, b"next"]
        torn = b"".join(path.read_bytes() for path in folder.glob("*.torn"))
        assert torn == whole[len(whole[:cut]) - len(torn) : cut]


def test_flipped_bits_never_pass_for_what_was_acknowledged(tmp_path):
    with open_spool(tmp_path) as writer:
        for number in range(30):
            writer.append(b"record %d" % number)
    path, chance = segment_path(tmp_path, 1), random.Random(7)  # noqa: S311  no secret
    sound = path.read_bytes()
    for _ in range(300):
        harmed = bytearray(sound)
        harmed[chance.randrange(8, len(harmed))] ^= 1 << chance.randrange(8)
        path.write_bytes(harmed)
        with pytest.raises(IntegrityFailure):
            held(tmp_path)


def test_a_second_writer_is_refused_until_the_first_is_gone(tmp_path):
    with open_spool(tmp_path), pytest.raises(ConfigurationError, match="one writer"):
        open_spool(tmp_path)
    with open_spool(tmp_path) as writer:
        assert writer.append(b"x") == Place()


def test_more_than_memory_may_hold_is_refused_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(spool, "WAITING_BYTES", 1_000)
    with open_spool(tmp_path) as writer:
        with pytest.raises(TryAgainLater, match="more comes in"):
            writer.enqueue(b"x" * 1_001)
        assert writer.append(b"x" * 900)
        assert writer.append(b"x" * 900)
    assert len(held(tmp_path)) == 2


def test_a_message_larger_than_a_frame_is_refused(tmp_path):
    with open_spool(tmp_path) as writer, pytest.raises(LimitExceeded, match="32 MiB"):
        writer.append(bytes(spool.FRAME_BYTES + 1))


def test_a_disk_that_takes_no_more_is_told_and_nothing_half_stays(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", FILLER, str(tmp_path)], capture_output=True, text=True, cwd=REPOSITORY, check=True
    )
    taken, refused = map(int, done.stdout.split())
    assert taken + refused == 40
    assert refused > 0
    found = held(tmp_path)
    assert found[-1] == b"after"
    assert [int(content[:4]) for content in found[:-1]] == list(range(taken))


def test_the_last_of_the_disk_is_left_to_the_database(tmp_path):
    with (
        Spool(tmp_path, reserve_bytes=1 << 62) as writer,
        pytest.raises(TryAgainLater, match="nothing more can be kept"),
    ):
        writer.append(b"x")
    assert held(tmp_path) == []


def test_readers_stop_where_the_writer_flushed(tmp_path):
    with open_spool(tmp_path) as writer:
        writer.append(b"safe")
        end = end_of(tmp_path)
        with segment_path(tmp_path, 1).open("ab") as file:
            file.write(b"written, not flushed")
        assert held(tmp_path) == [b"safe"]
        assert end_of(tmp_path) == end
