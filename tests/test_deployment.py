"""What lies in deploy/ keeps step with the commands, settings and limits that it names."""

import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from tests.database_server import remove_cluster
from tests.server.desk_process import clean_environment
from vonggac.cli.__main__ import vonggac
from vonggac.server.home import Home
from vonggac.server.postgres import cluster_of

REPOSITORY = Path(__file__).resolve().parents[1]
DEPLOY = REPOSITORY / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
SETTINGS = (REPOSITORY / "docs" / "reference" / "settings.md").read_text()


class Unit(configparser.RawConfigParser):
    """A unit file; a name that comes twice holds both lines."""

    def __init__(self, path: Path) -> None:
        super().__init__(strict=False, interpolation=None)
        self.optionxform = str  # type: ignore[method-assign,assignment]
        self.read(path)


EACH_UNIT = pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)


@EACH_UNIT
def test_a_unit_runs_a_command_that_there_is_as_the_desks_own_user(path: Path):
    service = Unit(path)["Service"]
    assert (service["User"], service["Group"]) == ("vonggac", "vonggac")
    assert service["EnvironmentFile"] == "/etc/vonggac/vonggac.env"
    for name in ("ExecStartPre", "ExecStart"):
        program, *words = service.get(name, "").split() or [""]
        if program.endswith("/.venv/bin/vonggac"):
            command = vonggac.get_command(click.Context(vonggac), words[0])
            assert command is not None, words[0]
            options = {option for parameter in command.params for option in parameter.opts}
            assert {word for word in words if word.startswith("--")} <= options
        elif program:
            assert os.access(DEPLOY / Path(program).name, os.X_OK)


@EACH_UNIT
def test_the_sandbox_reaches_every_unit_by_its_name(path: Path):
    assert path.name.startswith("vonggac-")
    sandbox = Unit(DEPLOY / "vonggac-.service.d" / "sandbox.conf")["Service"]
    assert sandbox["ProtectSystem"] == "strict"
    assert not set(Unit(path)["Service"]) & set(sandbox)


@pytest.mark.parametrize("name", ["vonggac-web.service", "vonggac-worker.service"])
def test_a_service_outlives_a_database_that_is_away(name: str):
    unit = Unit(DEPLOY / name)
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    assert unit["Service"]["Restart"] == "always"
    # As a unit of its own its failure would end the others for good.
    assert "Requires" not in unit["Unit"]


def test_every_setting_of_the_example_is_documented():
    names = re.findall(r"^([A-Z_]+)=", (DEPLOY / "vonggac.env").read_text(), re.MULTILINE)
    assert len(names) > 5
    assert [name for name in names if f"`{name}`" not in SETTINGS] == []


@pytest.mark.parametrize(("name", "pattern"), [("nginx.conf", r"max_body_size (\d+)m;"), ("Caddyfile", r"(\d+)MB")])
def test_a_proxy_takes_a_little_more_than_the_desk_so_that_the_desk_says_no(name: str, pattern: str):
    megabytes = int(re.search(pattern, (DEPLOY / name).read_text())[1])
    assert 200 < megabytes < 400


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_understands_the_units(tmp_path: Path):
    """Verified in a tree of its own, where every program that the units name is there."""
    for source in (*UNITS, *DEPLOY.glob("*.timer"), *DEPLOY.glob("vonggac-.service.d/*")):
        target = tmp_path / source.relative_to(DEPLOY)
        target.parent.mkdir(exist_ok=True)
        target.write_text(re.sub(r"=/opt/vonggac\S*", "=/bin/true", source.read_text()))
    names = [path.name for path in tmp_path.glob("*.*") if path.is_file()]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *names],
        cwd=tmp_path, env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    ours = [line for line in (done.stdout + done.stderr).splitlines() if "vonggac" in line]
    assert ours == []


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
def test_nginx_understands_its_configuration(tmp_path: Path):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=desk.example",
         "-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "chain.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    text = (DEPLOY / "nginx.conf").read_text()
    text = re.sub(r"/etc/ssl/\S+/fullchain.pem", str(tmp_path / "chain.pem"), text)
    text = re.sub(r"/etc/ssl/\S+/privkey.pem", str(tmp_path / "key.pem"), text)
    (tmp_path / "nginx.conf").write_text(f"events {{}}\nhttp {{\n{text}\n}}\n")
    done = subprocess.run(
        ["nginx", "-t", "-p", str(tmp_path), "-c", "nginx.conf"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.database
@pytest.mark.slow
def test_the_nightly_backup_checks_what_it_wrote_and_keeps_the_newest_fourteen(tmp_path: Path):
    home = Home(tmp_path / "home")
    command = tmp_path / "vonggac"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m vonggac.cli "$@"\n')
    command.chmod(0o755)
    environment = {**clean_environment(), "VONGGAC_HOME": str(home.path)}
    try:
        subprocess.run([command, "migrate"], env=environment, check=True)
        kept = tmp_path / "kept"
        environment |= {"VONGGAC_COMMAND": str(command), "VONGGAC_BACKUP_FOLDER": str(kept)}
        backup = [str(DEPLOY / "nightly-backup")]
        refused = subprocess.run(backup, env=environment, capture_output=True, text=True, check=False)
        assert refused.returncode == 1
        assert "install -d" in refused.stderr
        kept.mkdir()
        for day in range(1, 16):
            (kept / f"vonggac-202404{day:02d}T023000Z.tar").write_bytes(b"old")
        (kept / "notes.txt").write_text("mine")
        done = subprocess.run(backup, env=environment, capture_output=True, text=True, check=True)
    finally:
        remove_cluster(cluster_of(home))
    names = sorted(path.name for path in kept.iterdir())
    assert "The backup is sound" in done.stdout
    assert "lost with this machine" in done.stderr
    assert names[0] == "notes.txt"
    assert names[1] == "vonggac-20240403T023000Z.tar"
    assert len(names) == 15
