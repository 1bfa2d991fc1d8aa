"""An import of alerts killed at random moments: nothing lost, nothing twice. Two kills, and forty where time allows."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.alerts.sources import eve, lines
from tests.database_server import remove_cluster
from tests.server.desk_process import clean_environment
from vonggac.server import opening
from vonggac.server.home import Home
from vonggac.server.postgres import cluster_of

pytestmark = pytest.mark.database
REPOSITORY = Path(__file__).parents[2]
ORGANISATIONS = "code,name,kind,parent\ntinh,UBND tỉnh Hải Vân,province,\n"
# Parts of 500 records, so that a kill finds many of them done and many not.
IMPORTER = """
import sys
import django
set_up = django.setup
def with_small_parts():
    set_up()
    from vonggac.flows import alert_reading
    alert_reading.PART_RECORDS = 500
django.setup = with_small_parts
sys.argv = ["vonggac", *sys.argv[1:]]
from vonggac.cli.__main__ import main
main()
"""


class Desk:
    """A desk of its own, worked from processes that may be killed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home = folder, Home(folder / "home")

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-c", IMPORTER, *words, "--home", str(self.home.path)]

    def run(self, *words: str) -> str:
        done = subprocess.run(
            self.command(*words), capture_output=True, text=True, env=clean_environment(), cwd=REPOSITORY, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def killed(self, seconds: float, *words: str) -> bool:
        """Whether the command was still at work when it was killed without warning."""
        process = subprocess.Popen(
            self.command(*words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=clean_environment(),
            cwd=REPOSITORY,
        )  # fmt: skip
        time.sleep(seconds)
        is_at_work = process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        return is_at_work


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path)
    with opening.served(made.home):
        (tmp_path / "organisations.csv").write_text(ORGANISATIONS, encoding="utf-8")
        made.run("migrate")
        made.run("register", "import", "organisations", str(tmp_path / "organisations.csv"))
        made.run("alerts", "source", "add", "suricata", "--office", "tinh", "--format-name", "suricata-eve")
        yield made
    remove_cluster(cluster_of(made.home))


def check(desk: Desk, kills: int, longest: float) -> None:
    path, chance = desk.folder / "eve.json", random.Random(kills)  # noqa: S311  no secret
    events = [eve(n, rule=n % 97, src_ip=f"10.1.{n % 7}.{n % 200}", payload="x" * 300) for n in range(20_000)]
    path.write_bytes(lines(*events, "{broken"))
    words = ("alerts", "import", str(path), "--source", "suricata")
    at_work = sum(desk.killed(chance.uniform(1.0, longest), *words) for _ in range(kills))
    assert at_work > 0
    desk.run(*words)
    source = json.loads(desk.run("alerts", "source", "list", "--json"))["sources"][0]
    assert (source["records"], source["rejects"]) == (20_000, 1)
    again = json.loads(desk.run(*words, "--json"))["files"][0]
    assert (again["known"], again["records"], again["rejects"]) == (True, 20_000, 1)
    aside = json.loads(desk.run("alerts", "set-aside", "--json"))["set_aside"]
    assert [(one["lines"], one["reasons"][0]["line"]) for one in aside] == [(1, 20_001)]
    assert total_of_findings(desk) == 20_000


def total_of_findings(desk: Desk) -> int:
    program = (
        "from vonggac.server import opening\nwith opening.opened():\n"
        "    from django.db.models import Sum\n    from vonggac.alerts.models import Finding\n"
        "    from vonggac.tenancy.scope import scoped, system\n    with scoped(system('tests')):\n"
        "        print(Finding.objects.aggregate(n=Sum('count'))['n'])\n"
    )
    environment = clean_environment() | {"VONGGAC_HOME": str(desk.home.path)}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, cwd=REPOSITORY, check=True
    )
    return int(done.stdout)


@pytest.mark.slow
def test_an_import_killed_twice_is_finished_by_the_next_call(desk):
    check(desk, 2, 6.0)


@pytest.mark.slow
def test_an_import_killed_forty_times_counts_everything_once(desk):
    check(desk, 40, 12.0)
