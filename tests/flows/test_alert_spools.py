"""Messages in spools: counted once, also when counting is cut short; in the lake once; said twice, they count once."""

import bz2
import gzip
import json
import lzma
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from django.db import connections

from tests.alerts.sources import count, declare, eve, findings, lines
from tests.cast import NOON
from vonggac.alerts import reading_ahead
from vonggac.alerts.models import Arrival, Progress, SetAside, Source
from vonggac.alerts.services import absorbing, files, messages, sources
from vonggac.alerts.services.sources import Declaration
from vonggac.flows import alert_files, alert_folders, alert_raw, alert_spools
from vonggac.flows.alert_files import replay
from vonggac.flows.alert_folders import Folders, Watch
from vonggac.flows.alert_raw import spools, wrapped
from vonggac.flows.alert_spools import count_waiting, store_waiting
from vonggac.flows.uploads import lake
from vonggac.formats.alerts.alert_table import microseconds
from vonggac.formats.traffic_tables import Kind
from vonggac.lake.spool import Place, Spool, end_of
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
DESK = system("tests")


@pytest.fixture
def spool(people, request):
    """A spool of this test alone: the home outlives the test, its database does not."""
    made = Spool(spools() / request.node.name[:60].replace("[", "-").replace("]", ""), reserve_bytes=0)
    with scoped(DESK):
        for other in alert_spools.collectors():
            end = end_of(spools() / other)
            Progress.objects.create(collector=other, segment=end.segment, offset=end.offset)
    yield made
    made.close()


def put(spool: Spool, source: Source, content: bytes, identifier: str = "") -> None:
    spool.append(wrapped(source.pk, microseconds(NOON), content, identifier))


@contextmanager
def killed_at(monkeypatch, owner: object, name: str) -> Iterator[None]:
    """What is done inside ends, as a killed process does, where it would call this."""

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, dies)
        with pytest.raises(KeyboardInterrupt):
            yield


def rows(source: Source) -> int:
    return sum(entry.rows for entry in lake().imports(Kind.ALERT, [source.name]))


def test_messages_become_findings_and_each_counts_once(people, spool):
    source = declare(people, "web-a")
    for number in range(20):
        put(spool, source, lines(eve(number, rule=number % 3)))
    assert count_waiting(at=NOON) == 20
    assert count_waiting(at=NOON) == 0
    assert len(findings()) == 3
    assert count() == 20
    assert list(store_waiting(at=NOON)) == [20]
    assert list(store_waiting(at=NOON)) == []
    assert rows(source) == 20


def test_a_time_ahead_is_measured_from_when_the_message_came_however_late_it_is_counted(people, spool):
    source = declare(people, "web-clock")
    put(spool, source, lines(eve(timestamp=(NOON + timedelta(minutes=30)).isoformat())))
    count_waiting(at=NOON + timedelta(hours=2))
    (told,) = findings(rule="vonggac:clock-ahead")
    assert told.title == "Đồng hồ nguồn web-clock chạy trước 30 phút"


def test_the_bytes_of_a_message_are_found_again(people, spool):
    source = declare(people, "web-b")
    event = eve(7, payload="x" * 2_000)
    put(spool, source, lines(eve(1, rule=1), event))
    count_waiting(at=NOON)
    sample = findings(rule="2100498")[0].samples[0]
    assert json.loads(alert_raw.record(sample)) == event


def test_a_message_that_its_sender_repeats_counts_once(people, spool):
    source, other = declare(people, "web-c"), declare(people, "web-d")
    for _ in range(3):
        put(spool, source, lines(eve(1)), "m-1")
    count_waiting(at=NOON)
    put(spool, source, lines(eve(1)), "m-1")
    put(spool, source, lines(eve(2)), "m-2")
    put(spool, other, lines(eve(1)), "m-1")
    count_waiting(at=NOON)
    assert sorted(one.count for one in findings()) == [1, 2]
    list(store_waiting(at=NOON))
    assert (rows(source), rows(other)) == (2, 1)


def test_equal_messages_without_identifier_count_separately(people, spool):
    source = declare(people, "web-e")
    for _ in range(3):
        put(spool, source, lines(eve(1)))
    count_waiting(at=NOON)
    assert count() == 3


def test_counting_cut_short_leaves_nothing_behind(people, spool, monkeypatch):
    source = declare(people, "web-f")
    put(spool, source, lines(eve(1)), "once")

    with killed_at(monkeypatch, alert_spools.messages, "advance"):
        count_waiting(at=NOON)
    assert findings() == []
    count_waiting(at=NOON)
    assert count() == 1


def test_whatever_waits_is_in_the_lake_after_one_round_however_much_it_is(people, spool, monkeypatch):
    source = declare(people, "web-j")
    for number in range(5):
        put(spool, source, lines(eve(number)))
    count_waiting(at=NOON)
    # Every message is a pass of its own.
    monkeypatch.setattr(alert_spools, "PASS_BYTES", 1)
    assert list(store_waiting(at=NOON)) == [1] * 5
    assert rows(source) == 5


@pytest.mark.django_db(databases=["default", "owner", "sealer"], transaction=True)
def test_the_lake_does_not_wait_for_a_process_that_counts(people, spool):
    source = declare(people, "web-k")
    put(spool, source, lines(eve(1)))
    count_waiting(at=NOON)
    counting, done = threading.Event(), threading.Event()

    def count_long():
        with scoped(system("tests")):
            assert messages.counted_to(spool.folder.name) is not None
            counting.set()
            done.wait(30)
        connections.close_all()

    beside = threading.Thread(target=count_long)
    beside.start()
    assert counting.wait(10)
    try:
        assert list(store_waiting(at=NOON)) == [1]
    finally:
        done.set()
        beside.join()


def test_a_spool_that_ends_before_what_was_counted_holds_nobody_up(people, spool):
    source = declare(people, "web-l")
    put(spool, source, lines(eve(1)))
    count_waiting(at=NOON)
    with scoped(system("tests")):
        messages.advance(spool.folder.name, Place(9, 500))
    assert list(store_waiting(at=NOON)) == [1, 0]
    assert rows(source) == 1


def test_a_lake_pass_cut_short_writes_nothing_twice(people, spool, monkeypatch):
    source = declare(people, "web-g")
    for number in range(5):
        put(spool, source, lines(eve(number)))
    count_waiting(at=NOON)

    with killed_at(monkeypatch, alert_spools.Position, "save"):
        list(store_waiting(at=NOON))
    put(spool, source, lines(eve(9)))
    count_waiting(at=NOON)
    list(store_waiting(at=NOON))
    list(store_waiting(at=NOON))
    assert rows(source) == 6


def test_a_message_that_nobody_can_read_is_set_aside_and_replayed(people, spool):
    source = declare(people, "web-h", format_name="")
    put(spool, source, lines({"name": "A", "machine": "PC-9"}))
    put(spool, source, lines(eve(1)))
    assert count_waiting(at=NOON) == 2
    assert count() == 1
    with scoped(DESK):
        aside = SetAside.objects.get()
        sources.change(source, Declaration("json", '[fields]\ntitle = "name"\nhost = "machine"\n'), at=NOON)
    assert replay(aside.pk, DESK, at=NOON).records == 1
    assert [one.subject for one in findings(rule="A")] == ["PC-9"]


def follow(spool: Spool, source: Source, pattern: Path) -> int:
    """A look with a process of its own: what it knew before, it knows from its file and the spool."""
    folders = Folders(spool)
    try:
        return folders.look([Watch(source.pk, source.name, str(pattern), is_of_lines=True)], at=NOON)
    finally:
        folders.close()


def test_a_growing_file_is_read_line_by_line_and_never_twice(people, spool, tmp_path):
    source, path = declare(people, "folder-a"), tmp_path / "eve.json"
    content = lines(*(eve(number) for number in range(30)))
    for end in range(0, len(content) + 700, 700):
        path.write_bytes(content[:end])
        follow(spool, source, path)
    count_waiting(at=NOON)
    assert count() == 30


@pytest.mark.parametrize("way", ["rename", "copy"])
def test_a_rotation_loses_and_repeats_nothing(people, spool, tmp_path, way):
    source, path = declare(people, f"folder-{way}"), tmp_path / "eve.json"
    folders = Folders(spool)
    watch = [Watch(source.pk, source.name, f"{path}*", is_of_lines=True)]
    for generation in range(3):
        first = generation * 10
        path.write_bytes(lines(*(eve(n) for n in range(first, first + 6))))
        folders.look(watch, at=NOON)
        with path.open("ab") as file:
            file.write(lines(*(eve(n) for n in range(first + 6, first + 10))))
        if way == "rename":
            path.rename(tmp_path / f"eve.json.{generation}")
        else:
            (tmp_path / f"eve.json.{generation}").write_bytes(path.read_bytes())
            path.write_bytes(b"")
        folders.look(watch, at=NOON)
    folders.close()
    assert follow(spool, source, Path(f"{path}*")) == 0
    count_waiting(at=NOON)
    assert count() == 30


def rested(path: Path) -> Path:
    """As a file that nobody writes to any more; gzip too keeps the time of what it packs."""
    os.utime(path, (time.time() - 3_600,) * 2)
    return path


@pytest.mark.parametrize("codec", ["gz", "bz2", "xz", "zst"])
def test_what_a_rotation_packed_while_nobody_looked_is_read_from_where_it_was_left(people, spool, tmp_path, codec):
    source, path = declare(people, f"folder-{codec}"), tmp_path / "eve.json"
    pack = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": pa.Codec("zstd").compress}[codec]
    path.write_bytes(lines(*(eve(number) for number in range(6))))
    follow(spool, source, Path(f"{path}*"))
    whole = lines(*(eve(number) for number in range(10)))
    packed = tmp_path / f"eve.json.1.{codec}"
    packed.write_bytes(bytes(pack(whole)))
    path.write_bytes(lines(*(eve(number) for number in range(10, 13))))
    follow(spool, source, Path(f"{path}*"))
    count_waiting(at=NOON)
    assert count() == 9, "a packed file that was just written may still be copied"
    rested(packed)
    assert follow(spool, source, Path(f"{path}*")) == len(whole) - len(lines(*(eve(number) for number in range(6))))
    # The next rotation gives it another name.
    packed.rename(tmp_path / f"eve.json.2.{codec}")
    assert follow(spool, source, Path(f"{path}*")) == 0
    count_waiting(at=NOON)
    assert count() == 13


def test_a_packed_file_that_is_cut_off_gives_what_it_holds_and_once_it_is_whole_the_rest(people, spool, tmp_path):
    source, packed = declare(people, "folder-cut"), tmp_path / "eve.json.1.gz"
    whole = gzip.compress(lines(*(eve(number, payload=os.urandom(400).hex()) for number in range(5_000))))
    said: list[str] = []
    folders, watch = Folders(spool, said.append), [Watch(source.pk, source.name, f"{tmp_path}/eve*", is_of_lines=True)]
    packed.write_bytes(whole[: len(whole) // 2])
    rested(packed)
    assert [folders.look(watch, at=NOON) > 0 for _look in range(3)] == [True, False, False]
    assert [one.endswith("hand it in again") for one in said] == [True]
    count_waiting(at=NOON)
    assert 0 < count() < 5_000
    packed.write_bytes(whole)
    folders.look(watch, at=NOON)
    rested(packed)
    folders.look(watch, at=NOON)
    folders.close()
    count_waiting(at=NOON)
    assert count() == 5_000
    with scoped(DESK):
        assert not SetAside.objects.exists()


@pytest.mark.parametrize("is_of_lines", [True, False])
def test_a_pipe_in_a_watched_folder_is_told_once_and_holds_nothing_up(people, spool, tmp_path, is_of_lines):
    source = declare(people, "folder-pipe")
    os.mkfifo(tmp_path / "eve.a")
    (tmp_path / "eve.b").write_bytes(lines(eve(1)))
    rested(tmp_path / "eve.b")
    said: list[str] = []
    folders, watch = Folders(spool, said.append), [Watch(source.pk, source.name, f"{tmp_path}/eve*", is_of_lines)]
    assert [folders.look(watch, at=NOON) > 0 for _look in range(2)] == [True, False]
    folders.close()
    assert said == [f"{tmp_path}/eve.a is a pipe or device, not a file; let its source write into a file"]


def test_a_packed_file_that_somebody_handed_in_is_not_read_again(people, spool, tmp_path):
    source, packed = declare(people, "folder-known"), tmp_path / "eve.json.1.gz"
    packed.write_bytes(gzip.compress(lines(eve(1), eve(2))))
    alert_files.import_file(rested(packed), source.name, DESK, at=NOON)
    assert follow(spool, source, packed) == 0
    assert count() == 2


def test_killed_after_the_spool_and_before_the_note_a_packed_file_counts_once(people, spool, tmp_path, monkeypatch):
    source, packed = declare(people, "folder-killed"), tmp_path / "eve.json.1.gz"
    packed.write_bytes(gzip.compress(lines(*(eve(number) for number in range(5)))))
    with killed_at(monkeypatch, Folders, "_save"):
        follow(spool, source, rested(packed))
    follow(spool, source, packed)
    count_waiting(at=NOON)
    assert count() == 5


def test_what_a_person_takes_back_while_it_is_read_no_folder_hands_in_again(people, spool, tmp_path, monkeypatch):
    source, path = declare(people, "folder-back", format_name=""), tmp_path / "x.json"
    path.write_bytes(lines({"name": "A", "machine": "PC-7"}))
    assert alert_files.import_file(path, source.name, DESK, at=NOON).unreadable
    long_ago = time.time() - 3_600
    os.utime(path, (long_ago, long_ago))

    def taken_back(*_given):
        with scoped(DESK):
            files.take_back(SetAside.objects.get(source=source).pk, "nộp nhầm", by="ha", at=NOON)

    with scoped(DESK):
        sources.change(source, Declaration("json", '[fields]\ntitle = "name"\nhost = "machine"\n'), at=NOON)
    monkeypatch.setattr(alert_files, "_add_to_lake", taken_back)
    folders, watch = Folders(spool), [Watch(source.pk, source.name, str(path), is_of_lines=False)]
    assert [folders.look(watch, at=NOON) for _look in range(2)] == [path.stat().st_size, 0]
    folders.close()
    with scoped(DESK):
        assert SetAside.objects.get(source=source).taken_back_for == "nộp nhầm"


def test_a_file_over_which_a_reader_falls_ends_one_look_and_not_the_next(people, spool, tmp_path, monkeypatch):
    source = declare(people, "falls", format_name="json")
    path = tmp_path / "export.json"
    path.write_bytes(lines({"title": "A", "host": "PC-7"}))
    monkeypatch.setattr(alert_folders, "REST_SECONDS", 0.0)
    monkeypatch.setattr(reading_ahead, "AHEAD_FROM_BYTES", 0)
    failing = [sys.executable, "-c", "import sys; sys.stdin.buffer.read(); sys.exit(1)"]
    monkeypatch.setattr(
        reading_ahead, "_process", lambda _: subprocess.Popen(failing, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    )
    watch = [Watch(source.pk, source.name, str(path), is_of_lines=False)]
    with pytest.raises(RuntimeError, match="exit code 1"):
        Folders(spool).look(watch, at=NOON)
    assert Folders(spool).look(watch, at=NOON) == 0
    with scoped(DESK):
        assert Arrival.objects.get().finished_at is None


def test_a_file_that_is_emptied_and_written_again_longer_counts_each_line_once(people, spool, tmp_path):
    source, path = declare(people, "folder-anew"), tmp_path / "eve.json"
    folders, watch = Folders(spool), [Watch(source.pk, source.name, str(path), is_of_lines=True)]
    path.write_bytes(lines(eve(1), eve(2)))
    folders.look(watch, at=NOON)
    path.write_bytes(lines(*(eve(number) for number in range(3, 9))))
    assert [folders.look(watch, at=NOON) for _look in range(2)] == [path.stat().st_size, 0]
    folders.close()
    count_waiting(at=NOON)
    assert count() == 8
    with scoped(DESK):
        assert not SetAside.objects.exists()


def test_a_file_that_was_removed_is_let_go_of_once_nobody_writes_into_it(people, spool, tmp_path, monkeypatch):
    source, path = declare(people, "folder-gone"), tmp_path / "eve.json"
    folders, watch = Folders(spool), [Watch(source.pk, source.name, str(path), is_of_lines=True)]
    with path.open("ab") as writer:
        writer.write(lines(eve(1)))
        writer.flush()
        folders.look(watch, at=NOON)
        path.unlink()
        folders.look(watch, at=NOON)
        writer.write(lines(eve(2)))
    assert folders.look(watch, at=NOON) == len(lines(eve(2)))
    assert held(path) == [f"{path} (deleted)"]
    monkeypatch.setattr(alert_folders, "GONE_SECONDS", 0.0)
    folders.look(watch, at=NOON)
    assert held(path) == []
    folders.close()
    count_waiting(at=NOON)
    assert count() == 2


def held(path: Path) -> list[str]:
    """What this process holds open of a file, as Linux names it."""
    names = [str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
    return [name for name in names if name.startswith(str(path))]


def test_a_link_that_leads_nowhere_keeps_no_other_file_waiting(people, spool, tmp_path, monkeypatch):
    source = declare(people, "folder-loop")
    monkeypatch.setattr(alert_folders, "REST_SECONDS", 0.0)
    (tmp_path / "a.csv").symlink_to(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_bytes(lines(eve(1)))
    said: list[str] = []
    folders = Folders(spool, said.append)
    watch = [Watch(source.pk, source.name, f"{tmp_path}/*.csv", is_of_lines=False)]
    assert folders.look(watch, at=NOON) > 0
    assert count() == 1
    assert said == [f"{tmp_path}/a.csv cannot be read (Too many levels of symbolic links)"]


def test_after_a_crash_the_spool_tells_what_was_read(people, spool, tmp_path, monkeypatch):
    source, path = declare(people, "folder-crash"), tmp_path / "eve.json"
    path.write_bytes(lines(eve(1), eve(2)))

    with killed_at(monkeypatch, Folders, "_save"):
        follow(spool, source, path)
    with path.open("ab") as file:
        file.write(lines(eve(3)))
    follow(spool, source, path)
    count_waiting(at=NOON)
    assert count() == 3


def test_the_ledger_is_told_by_the_minute_and_of_everything(people, spool):
    source = declare(people, "web-told")
    for second in range(90):
        put(spool, source, lines(eve(second, rule=second % 4)))
        count_waiting(at=NOON + timedelta(seconds=second))
    with scoped(DESK):
        told = Entry.objects.filter(act="alert.absorb").order_by("pk")
        assert [entry.detail["records"] for entry in told] == [1, 60]
        assert absorbing.tell_rest(at=NOON + timedelta(seconds=119)) == 0
        assert absorbing.tell_rest(at=NOON + timedelta(seconds=120)) == 1
        assert absorbing.tell_rest(at=NOON + timedelta(seconds=240)) == 0
        assert [entry.detail["records"] for entry in told.all()] == [1, 60, 29]
        assert sum(entry.detail["new"] for entry in told.all()) == 4
        assert told.last().detail["batches"] == 29
