"""Whatever file a command is given, it ends with one line that says what is wrong, never with a traceback."""

import gzip
import io
import os
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from vonggac.cli import options
from vonggac.cli.__main__ import vonggac
from vonggac.errors import InputError, VongGacError

GOOD_LIST = "timestamp,src_ip,family\n2026-04-18T01:00:00Z,203.0.113.9,mirai\n"
GOOD_NETWORKS = "network,organisation\n203.0.113.0/24,Sở Y tế\n"
GOOD_TEXT = "1.2.3.4 203.0.113.9\n"


def missing(path: Path) -> Path:
    return path


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def written(content: bytes) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        path.write_bytes(content)
        return path

    return make


def dangling(path: Path) -> Path:
    path.symlink_to(path.with_name("nowhere"))
    return path


def unreadable(_: Path) -> Path:
    """A file that is there and fails when it is read, whoever reads it."""
    return Path("/proc/self/mem")


@cache
def packed_zeros() -> bytes:
    """A workbook whose only part is 256 MiB of nothing, told by its directory."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed,
        packed.open("xl/workbook.xml", "w") as part,
    ):
        for _ in range(256):
            part.write(bytes(2**20))
    return target.getvalue()


def bomb(path: Path) -> Path:
    path.write_bytes(packed_zeros())
    return path


def nested(path: Path) -> Path:
    path.write_bytes(b"[" * 200_000)
    return path


BAD = {
    "missing": missing,
    "a folder": folder,
    "empty": written(b""),
    "blank": written(b" \n\n \n"),
    "binary": written(bytes(range(256)) * 64),
    "half a UTF-16 file": written("tiêu đề".encode("utf-16")[:-1]),
    "cut gzip": written(gzip.compress(b"a,b\n1,2\n" * 1_000)[:-9]),
    "cut zip": written(b"PK\x03\x04" + b"\0" * 40),
    "deeply nested": nested,
    "a bomb": bomb,
    "a link to nowhere": dangling,
    "unreadable": unreadable,
    "an image": written(b"\x89PNG\r\n\x1a\n" + b"\0" * 100),
    "not a number of lines": written(b"\n" * 100_000),
}
# {bad}: the file in question; the others are as they should be.
COMMANDS = {
    "directive read": "directive read {bad} --format json",
    "directive read, text": "directive read {bad} --format text",
    "botnet match, list": "botnet match {bad} --networks {networks} --format json",
    "botnet match, networks": "botnet match {list} --networks {bad} --format json",
    "botnet match, NAT": "botnet match {list} --networks {networks} --nat {bad} --format json",
    "botnet match, mapping": "botnet match {list} --networks {networks} --mapping {bad}",
    "network owners, text": "network owners {bad} --networks {networks}",
    "network owners, networks": "network owners {text} --networks {bad}",
    "alerts read": "alerts read {bad}",
    "alerts read, mapping": "alerts read {list} --mapping {bad}",
    "restore": "restore {bad} --home {home}",
    "restore, dry run": "restore {bad} --home {home} --dry-run",
    "exercise generate, list": "exercise generate {home} --seed 1 --scale 0.02 --list {bad}",
}


def run(line: list[str]) -> Result:
    return CliRunner().invoke(vonggac, line)


@pytest.fixture
def files(tmp_path, monkeypatch) -> dict[str, str]:
    monkeypatch.setenv("VONGGAC_CACHE", str(tmp_path / "cache"))
    good = {"list": ("list.csv", GOOD_LIST), "networks": ("networks.csv", GOOD_NETWORKS), "text": ("a.txt", GOOD_TEXT)}
    for name, text in good.values():
        (tmp_path / name).write_text(text)
    return {key: str(tmp_path / name) for key, (name, _) in good.items()} | {"home": str(tmp_path / "home")}


# What a command tells by the ending of the file's name.
ENDINGS = {"directive read": ["", ".pdf", ".docx", ".md"], "botnet match, list": ["", ".csv", ".xlsx", ".json"]}
CASES = [(command, ending) for command in COMMANDS for ending in ENDINGS.get(command, [".csv"])]


@pytest.mark.parametrize("kind", BAD, ids=list(BAD))
@pytest.mark.parametrize(("command", "ending"), CASES)
def test_a_command_given_a_bad_file_says_so(command, kind, ending, files, tmp_path):
    bad = BAD[kind](tmp_path / f"bad{ending}")
    result = run([word.format(bad=bad, **files) for word in COMMANDS[command].split()])
    assert result.exception is None or isinstance(result.exception, (VongGacError, SystemExit)), result.exc_info
    if isinstance(result.exception, VongGacError):
        said = str(result.exception)
        assert said
        assert "\n" not in said.strip()
        assert "Traceback" not in said
        assert "object at 0x" not in said


@pytest.mark.parametrize("command", COMMANDS, ids=list(COMMANDS))
@pytest.mark.parametrize("kind", ["missing", "a folder", "unreadable"])
def test_what_cannot_be_read_at_all_is_never_a_success(command, kind, files, tmp_path):
    bad = BAD[kind](tmp_path / "bad.csv")
    result = run([word.format(bad=bad, **files) for word in COMMANDS[command].split()])
    assert isinstance(result.exception, VongGacError), "one line and status 1, as for every other fault"
    said = str(result.exception)
    assert "bad.csv" in said or "/proc/self/mem" in said or "mem" in said


def test_a_file_without_the_right_to_read_it_ends_as_every_other_fault():
    shadow = Path("/etc/shadow")  # there on every Debian, and never readable by all
    child = os.fork()
    if child == 0:
        try:
            if os.getuid() == 0:
                os.setgroups([])
                os.setresgid(65_534, 65_534, 65_534)
                os.setresuid(65_534, 65_534, 65_534)
            options.existing_file.convert(shadow, None, None)
        except InputError as error:
            os._exit(0 if str(shadow) in str(error) else 2)
        finally:
            os._exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.parametrize("kind", ["empty", "blank"])
@pytest.mark.parametrize(
    "line",
    [
        "botnet match {bad} --networks {networks}", "botnet match {list} --networks {bad}",
        "network owners {text} --networks {bad}", "roster solve {bad}", "roster check {bad} {text}",
    ],
)  # fmt: skip
def test_a_file_without_content_is_refused_and_named(line, kind, files, tmp_path):
    bad = BAD[kind](tmp_path / "bad.csv")
    result = run([word.format(bad=bad, **files) for word in line.split()])
    assert isinstance(result.exception, VongGacError)
    assert "bad.csv" in str(result.exception)


def test_a_table_with_a_header_and_no_network_is_refused(files, tmp_path):
    (tmp_path / "none.csv").write_text("network,organisation\n")
    result = run(["botnet", "match", files["list"], "--networks", str(tmp_path / "none.csv")])
    assert str(result.exception).startswith("none.csv names no network")


NO_MAPPINGS = ["[" * 100_000, '{"columns": ' * 50_000, "1e999", '{"columns": {"address": [1, 2]}}', "[]", "null"]


@pytest.mark.parametrize("text", NO_MAPPINGS, ids=[text[:12] for text in NO_MAPPINGS])
def test_a_mapping_that_is_none_is_refused_with_the_way_to_one(text, files, tmp_path):
    mapping = tmp_path / "mapping.json"
    mapping.write_text(text)
    line = ["botnet", "match", files["list"], "--networks", files["networks"], "--mapping", str(mapping)]
    result = run(line)
    assert isinstance(result.exception, VongGacError), result.exc_info
