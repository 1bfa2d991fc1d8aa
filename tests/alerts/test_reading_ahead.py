"""A file read by a process of its own gives the parts that reading it here gives, whatever the format and the harm."""

import io
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from tests.alerts.sources import eve, lines
from tests.formats.alerts.samples import PAIRS
from vonggac.alerts import parts, reading_ahead
from vonggac.alerts.parts import Manner
from vonggac.alerts.reading_ahead import Work, parts_of
from vonggac.errors import InputError, UnreadableFile
from vonggac.formats.alerts import FORMATS
from vonggac.kernel import networks

RECEIVED = datetime(2026, 4, 20, tzinfo=UTC)
OURS = networks.compile(["10.0.0.0/8", "2001:db8::/32"], ["a", "a"])
SIMPLE = sorted({pair.name for pair in PAIRS} & {one.name for one in FORMATS})


def gone_through(path, format_name: str, monkeypatch, *, is_ahead: bool, done: int = 0):
    monkeypatch.setattr(reading_ahead, "AHEAD_FROM_BYTES", 0 if is_ahead else 1 << 40)
    work = Work(path.name, "file/x", Manner(format_name, "Asia/Ho_Chi_Minh", "", RECEIVED), done)
    with path.open("rb") as stream:
        found = parts_of(stream, work, OURS)
        told = [
            (one.first, one.batches, one.table.to_pylist(), one.groups, one.rejects, one.taken, one.observations)
            for one in found.parts
        ]
    return found.format_name, told


def both_ways(path, format_name: str, monkeypatch, done: int = 0):
    ways = []
    for is_ahead in (False, True):
        try:
            ways.append(gone_through(path, format_name, monkeypatch, is_ahead=is_ahead, done=done))
        except InputError as error:
            ways.append((type(error), str(error)))
    return ways


@pytest.mark.parametrize("name", SIMPLE)
def test_every_format_is_read_ahead_as_it_is_read_here(name, tmp_path, monkeypatch):
    pair = next(one for one in PAIRS if one.name == name)
    path = tmp_path / pair.file_name
    path.write_bytes(pair.content)
    here, ahead = both_ways(path, name, monkeypatch)
    assert ahead == here
    assert here[0] == name


def test_a_large_file_falls_into_the_same_parts_and_goes_on_from_any_of_them(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "PART_RECORDS", 700)
    events = [eve(n, rule=n % 9, src_ip=f"10.1.0.{n % 40}", payload="x" * 700) for n in range(3_000)]
    path = tmp_path / "eve.json"
    path.write_bytes(lines(*events[:1_500], "{broken", {"event_type": "flow", "timestamp": "x"}, *events[1_500:]))
    here, ahead = both_ways(path, "", monkeypatch)
    assert ahead == here
    told = here[1]
    assert len(told) > 3
    assert sum(len(rows) for _, _, rows, *_ in told) == sum(g.count for part in told for g in part[3].values()) == 3_000
    assert sum(len(part[4]) for part in told) == sum(part[6] for part in told) == 1
    for place in range(1, len(told)):
        later_here, later_ahead = both_ways(path, "", monkeypatch, done=told[place][0])
        assert later_ahead == later_here
        assert later_here[1] == told[place:]


def test_a_file_that_cannot_be_read_is_refused_with_the_same_words(tmp_path, monkeypatch):
    path = tmp_path / "noise"
    path.write_bytes(b"nothing that anybody knows\n" * 20)
    here, ahead = both_ways(path, "", monkeypatch)
    assert ahead == here
    assert here[0] is UnreadableFile


@pytest.mark.parametrize(
    ("end", "error", "words"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", InputError, "hand it in again"),
        ("sys.stdin.buffer.read(); os.kill(os.getpid(), signal.SIGTERM)", InputError, "hand it in again"),
        ("sys.exit(3)", RuntimeError, "exit code 3"),
        ("sys.stdin.buffer.read(); sys.exit(1)", RuntimeError, "exit code 1"),
    ],
)
def test_a_process_that_was_ended_is_told_from_one_that_failed(end, error, words, tmp_path, monkeypatch):
    monkeypatch.setattr(reading_ahead, "AHEAD_FROM_BYTES", 0)
    program = [sys.executable, "-c", f"import os, signal, sys; {end}"]
    monkeypatch.setattr(
        reading_ahead, "_process", lambda _: subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    )
    path = tmp_path / "eve.json"
    path.write_bytes(lines(eve()))
    # Longer than a pipe holds.
    work = Work(path.name, "file/x", Manner("suricata-eve", "UTC", "#" * (1 << 20), RECEIVED), 0)
    with path.open("rb") as stream, pytest.raises(error, match=words):
        parts_of(stream, work, OURS)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_process_that_was_ended_within_a_table_is_told_too(share, tmp_path, monkeypatch):
    monkeypatch.setattr(reading_ahead, "AHEAD_FROM_BYTES", 0)
    path = tmp_path / "eve.json"
    path.write_bytes(lines(*(eve(n) for n in range(300))))
    work = Work(path.name, "file/x", Manner("suricata-eve", "UTC", "", RECEIVED), 0)
    with path.open("rb") as stream:
        [part] = parts_of(stream, work, OURS).parts
    words, table = io.BytesIO(), io.BytesIO()
    reading_ahead._send(reading_ahead._Begun("suricata-eve"), words)
    reading_ahead._send(reading_ahead._Read(0, 1, [], [], [], 0), words)
    reading_ahead._send_table(part.table, table)
    said = tmp_path / "said"
    said.write_bytes(words.getvalue() + table.getvalue()[: int(len(table.getvalue()) * share)])
    program = f"import os, signal, sys; sys.stdout.buffer.write(open({str(said)!r}, 'rb').read())"
    end = "sys.stdout.flush(); sys.stdin.buffer.read(); os.kill(os.getpid(), signal.SIGKILL)"
    monkeypatch.setattr(
        reading_ahead, "_process", lambda _: subprocess.Popen([sys.executable, "-c", f"{program}; {end}"],
                                                              stdin=subprocess.PIPE, stdout=subprocess.PIPE),
    )  # fmt: skip
    with path.open("rb") as stream, pytest.raises(InputError, match="hand it in again"):
        list(parts_of(stream, work, OURS).parts)


def test_the_reading_process_ends_with_the_one_that_asked(tmp_path, monkeypatch):
    monkeypatch.setattr(reading_ahead, "AHEAD_FROM_BYTES", 0)
    monkeypatch.setattr(parts, "PART_RECORDS", 100)
    path = tmp_path / "eve.json"
    path.write_bytes(lines(*(eve(n, src_ip=f"10.1.{n % 250}.1", payload="x" * 900) for n in range(20_000))))
    started, starting = [], reading_ahead._process

    def noted(descriptor: int) -> "subprocess.Popen[bytes]":
        started.append(starting(descriptor))
        return started[-1]

    monkeypatch.setattr(reading_ahead, "_process", noted)
    with path.open("rb") as stream:
        work = Work(path.name, "file/x", Manner("suricata-eve", "UTC", "", RECEIVED), 0)
        found = parts_of(stream, work, OURS).parts
        next(found)
        # As the kernel does when this process is killed.
        started[0].stdout.close()
        deadline = time.monotonic() + 20
        while started[0].poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert started[0].poll() is not None
        with pytest.raises(ValueError, match="closed"):
            next(found)
