"""Tokens and people from the shell, on a desk of its own."""

import json
import shlex
import subprocess
import sys

import pytest

from tests.database_server import remove_cluster
from tests.server.desk_process import clean_environment
from vonggac.server.home import Home
from vonggac.server.postgres import cluster_of


@pytest.fixture
def home(lay_desk, tmp_path):
    made = lay_desk(tmp_path / "home")
    yield made
    remove_cluster(cluster_of(made))


def run(home: Home, *words: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "vonggac.cli", *words, "--home", str(home.path)]
    return subprocess.run(command, capture_output=True, text=True, env=clean_environment(), check=False)


def set_up(home: Home) -> None:
    """The office entered as the first page enters it."""
    code = (
        "from pathlib import Path\nfrom datetime import UTC, datetime\nfrom vonggac.server import opening\n"
        f"with opening.opened(Path({str(home.path)!r}), may_begin=True):\n"
        "    from vonggac.flows import first_run\n    from vonggac.register.models import Person\n"
        "    at = datetime.now(UTC)\n    first_run.sign_in_address(at=at)\n"
        "    office = first_run.Office('Sở', 'so', 'department', 'Hà', 'ha@example.vn')\n"
        "    first_run.set_up(Person.objects.get(), office, at=at)\n"
    )
    environment = {**clean_environment(), "DJANGO_SETTINGS_MODULE": "vonggac.server.settings"}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)


@pytest.mark.slow
def test_tokens_and_people_are_tended_from_the_shell(home):
    set_up(home)
    made = run(home, "token", "create", "--name", "SIEM", "--role", "analyst")
    assert made.stdout.startswith("vgt_"), made.stderr
    listed = json.loads(run(home, "token", "list", "--json").stdout)
    assert (listed["name"], listed["organisation"], listed["revoked"]) == ("SIEM", "so", False)
    assert run(home, "token", "revoke", str(listed["id"])).returncode == 0
    assert json.loads(run(home, "token", "list", "--json").stdout)["revoked"]
    assert run(home, "token", "create", "--person", "khong@example.vn", "--role", "head").returncode == 1
    assert "/l/sign-in/" in run(home, "person", "link", "HA@example.vn").stdout
    assert "/l/sign-in/" in run(home, "person", "link").stdout
    assert "nothing" in run(home, "person", "recover", "ha@example.vn", "--reason", "gặp mặt").stdout
    assert "people" in run(home, "person", "erase", "--dry-run").stdout


@pytest.mark.slow
def test_the_address_of_an_office_names_its_people_and_the_words_that_let_one_in(home, tmp_path):
    set_up(home)
    units, people = tmp_path / "units.csv", tmp_path / "people.csv"
    units.write_text(
        "name,code,kind,parent,email\nSở Y tế,so-yt,department,so,van-thu@yt.example\n"
        "Trạm Y tế,tram-yt,other,so-yt,tram@yt.example\n"
    )
    people.write_text(
        "name,email,organisation,role,active\nLan,lan@yt.example,so-yt,head,yes\nLan,lan@yt.example,so-yt,analyst,yes\n"
        "Minh,minh@yt.example,so-yt,it_officer,yes\nNghỉ,nghi@yt.example,so-yt,it_officer,no\n"
    )
    for kind, file in (("organisations", units), ("people", people)):
        done = run(home, "register", "import", kind, str(file))
        assert done.returncode == 0, done.stderr
    refused = run(home, "person", "link", "Van-Thu@yt.example")
    assert refused.returncode == 1
    assert "van-thu@yt.example is the address of Sở Y tế".casefold() in refused.stderr.casefold()
    offered = [line.split("    # ") for line in refused.stderr.splitlines() if line.startswith("  ")]
    assert [name for _, name in offered] == ["Lan", "Minh"]
    words = shlex.split(offered[0][0])
    assert "/l/sign-in/" in run(home, *words[1 : words.index("--home")]).stdout
    nobody = run(home, "person", "link", "tram@yt.example")
    assert nobody.returncode == 1
    assert "nobody there may sign in yet" in nobody.stderr
    assert "nobody who may sign in" in run(home, "person", "link", "ai-do@yt.example").stderr
