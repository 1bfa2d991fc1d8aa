"""The backup file itself: whole or not there, and no trust in what is read."""

import io
import json
import tarfile

import pytest

from vonggac.errors import BackupDamaged
from vonggac.server import archive
from vonggac.server.archive import Manifest


def ignore(_: int) -> None:
    pass


@pytest.fixture
def home(tmp_path):
    made = tmp_path / "desk"
    for name, text in {"evidence/ab/1": "photo", "lake/flows/manifest.json": "{}", "raw/list.csv": "a,b"}.items():
        path = made / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return made


def write(target, home):
    with archive.written(target, ignore) as writer:
        for path, name in archive.files_below(home):
            writer.add(path, name)
        manifest = Manifest("2024-04-17T00:00:00+00:00", "0.1.0", {"app": "a"}, tuple(writer.members))
        writer.finish(manifest)
    return manifest


def test_what_was_written_is_read_back(tmp_path, home):
    file = tmp_path / "b.tar"
    manifest = write(file, home)
    assert archive.verify(file, ignore) == manifest
    (tmp_path / "new").mkdir()
    archive.extract(file, manifest, tmp_path / "new", ignore)
    assert (tmp_path / "new" / "evidence" / "ab" / "1").read_text() == "photo"
    assert file.stat().st_mode & 0o077 == 0


def test_manifests_of_the_lake_are_copied_before_the_segments_they_name(home):
    (home / "lake" / "flows" / "a.parquet").write_text("rows")
    names = [name for _, name in archive.files_below(home)]
    assert names.index("lake/flows/manifest.json") < names.index("lake/flows/a.parquet")


def test_what_is_appended_while_it_is_copied_is_left_out(tmp_path, home):
    grown = home / "lake" / "spool"
    grown.write_bytes(b"x" * 10)

    def grow(_: int) -> None:
        with grown.open("ab") as file:
            file.write(b"y")

    with archive.written(tmp_path / "b.tar", grow) as writer:
        writer.add(grown, "lake/spool")
        writer.finish(Manifest("", "", {}, tuple(writer.members)))
    assert archive.verify(tmp_path / "b.tar", ignore).members[0].size == 10


def test_a_backup_that_fails_leaves_no_file(tmp_path, home):
    def fail():
        with archive.written(tmp_path / "b.tar", ignore):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ["desk"]


def test_a_file_that_appears_meanwhile_is_not_overwritten(tmp_path, home):
    target = tmp_path / "b.tar"

    def write_late():
        with archive.written(target, ignore):
            target.write_text("somebody else's")

    with pytest.raises(FileExistsError):
        write_late()
    assert target.read_text() == "somebody else's"


def test_any_flipped_byte_of_content_or_manifest_is_found(tmp_path, home):
    file = tmp_path / "b.tar"
    write(file, home)
    sound = file.read_bytes()
    for needle in (b"photo", b"a,b", b'"sha256": "', b"evidence/ab/1"):
        at = sound.index(needle) + len(needle) - 1
        changed = bytearray(sound)
        changed[at] ^= 1
        file.write_bytes(changed)
        with pytest.raises(BackupDamaged):
            archive.verify(file, ignore)


@pytest.mark.parametrize("kept", [0, 1, 511, 512, 1500, 3000])
def test_a_file_cut_short_is_found(tmp_path, home, kept):
    file = tmp_path / "b.tar"
    write(file, home)
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(BackupDamaged):
        archive.verify(file, ignore)


def crafted(path, headers):
    with tarfile.open(path, "w") as made:
        for header in headers:
            made.addfile(header, io.BytesIO(b"x" * header.size))


def header(name, kind=tarfile.REGTYPE, target=""):
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.size = kind, target, 1 if kind == tarfile.REGTYPE else 0
    return made


@pytest.mark.parametrize(
    "member",
    [
        header("../outside"),
        header("/etc/passwd"),
        header("evidence/../../outside"),
        header("evidence/./x"),
        header("secrets/database.json"),
        header("evidence"),
        header("evidence/link", tarfile.SYMTYPE, "/etc/passwd"),
        header("evidence/hard", tarfile.LNKTYPE, "secrets/secret-key"),
        header("evidence/pipe", tarfile.FIFOTYPE),
    ],
    ids=lambda member: f"{member.name}-{member.type.decode()}",
)
def test_a_member_that_would_leave_the_home_or_is_no_file_is_refused(tmp_path, member):
    crafted(tmp_path / "evil.tar", [member])
    with pytest.raises(BackupDamaged, match="no backup of the desk holds"):
        archive.verify(tmp_path / "evil.tar", ignore)


def test_the_same_name_twice_is_refused(tmp_path):
    crafted(tmp_path / "twice.tar", [header("raw/a"), header("raw/a")])
    with pytest.raises(BackupDamaged):
        archive.verify(tmp_path / "twice.tar", ignore)


def test_a_missing_member_is_named(tmp_path, home):
    manifest = write(tmp_path / "b.tar", home)
    with archive.written(tmp_path / "less.tar", ignore) as writer:
        writer.finish(manifest)
    with pytest.raises(BackupDamaged, match="is missing"):
        archive.verify(tmp_path / "less.tar", ignore)


def test_a_later_layout_is_said():
    text = json.dumps({"schema": 2}).encode()
    with pytest.raises(BackupDamaged, match="layout 2"):
        Manifest.from_json(text)


def test_the_figures_count_files_and_bytes(tmp_path, home):
    figures = archive.describe(write(tmp_path / "b.tar", home))
    assert (figures["files"], figures["bytes"]) == (3, 10)


def practised(home):
    for name in ("exercise/world/organisations.csv", "exercise/state.json", "exercise/wipe", "exercise-clock"):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(name)
    (home / "checkpoints.txt").write_text("2024-04-17T00:00:00+00:00 3:abc\n")


def test_an_exercise_comes_back_as_one_where_it_stood_but_without_the_order_to_wipe_it(tmp_path, home):
    practised(home)
    (tmp_path / "scratch").mkdir()
    state = archive.state_files(home, tmp_path / "scratch")
    with archive.written(tmp_path / "b.tar", ignore) as writer:
        for path, name in (*state, *archive.files_below(home)):
            writer.add(path, name)
        writer.finish(Manifest("", "", {}, tuple(writer.members), is_exercise=True))
    new = tmp_path / "new"
    new.mkdir()
    manifest = archive.verify(tmp_path / "b.tar", ignore)
    archive.extract(tmp_path / "b.tar", manifest, new, ignore)
    assert archive.describe(manifest)["is_exercise"] is True
    for name in ("exercise/world/organisations.csv", "exercise/state.json", "exercise-clock", "checkpoints.txt"):
        assert (new / name).read_text() == (home / name).read_text()
    assert not (new / "exercise" / "wipe").exists()


def test_state_is_copied_as_it_was_before_the_database(tmp_path, home):
    practised(home)
    (tmp_path / "scratch").mkdir()
    state = dict(map(reversed, archive.state_files(home, tmp_path / "scratch")))
    (home / "checkpoints.txt").write_text("later")
    assert state["checkpoints.txt"].read_text().endswith("3:abc\n")
    assert not set(state) & {name for _, name in archive.files_below(home)}


def test_a_real_desk_comes_back_without_the_mark_of_an_exercise(tmp_path, home):
    manifest = write(tmp_path / "b.tar", home)
    (tmp_path / "new").mkdir()
    archive.extract(tmp_path / "b.tar", manifest, tmp_path / "new", ignore)
    assert not (tmp_path / "new" / "exercise").exists()


def test_an_exercise_that_had_only_begun_keeps_its_mark(tmp_path, home):
    with archive.written(tmp_path / "b.tar", ignore) as writer:
        writer.finish(Manifest("", "", {}, (), is_exercise=True))
    (tmp_path / "new").mkdir()
    archive.extract(tmp_path / "b.tar", archive.verify(tmp_path / "b.tar", ignore), tmp_path / "new", ignore)
    assert (tmp_path / "new" / "exercise").is_dir()
