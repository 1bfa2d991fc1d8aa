"""The lake from the shell on a desk of its own: what it holds, a question, a sweep, its upkeep."""

import csv
import io
import json

import pytest

from tests.cli.test_desk_work import run  # noqa: F401  the fixture: a desk of its own and a command line on it

pytestmark = [pytest.mark.database, pytest.mark.slow]


def test_a_log_that_was_handed_in_is_shown_asked_swept_and_verified(run, tmp_path):  # noqa: F811
    run("register", "import", "organisations", "organisations.csv")
    run("register", "import", "people", "people.csv")
    run("register", "import", "sensors", "sensors.csv")
    run("log", "import", "nat.csv", "--sensor", "nat-xa")
    (holding,) = json.loads(run("lake", "show", "--json").stdout)["holdings"]
    assert (holding["organisation"], holding["kind"], holding["rows"]) == ("xa", "nat", 1)
    sql = 'SELECT public, "inner", port_from FROM nat'
    answer = json.loads(run("lake", "query", sql, "--format", "json", "--as", "lan@example.vn").stdout)
    assert answer["rows"] == [{"public": "203.0.113.9", "inner": "10.0.0.5", "port_from": 40000}]
    refused = run("lake", "query", "DROP VIEW nat", expect=1)
    assert "one SELECT" in refused.stderr
    listed = tmp_path / "ioc.txt"
    listed.write_text("203.0.113.0/24\nnonsense\nhttp://a.example/\n")
    swept = run("sweep", "--list", str(listed), "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(swept.stdout))
    assert (row["indicator"], row["organisation"], row["count"]) == ("203.0.113.0/24", "xa", "1")
    assert "line 2" in swept.stderr
    assert "1 indicators of the kind url" in swept.stderr
    assert json.loads(run("lake", "compact", "--dry-run", "--json").stdout)["replaced"] == 0
    assert json.loads(run("lake", "retain", "--dry-run", "--json").stdout)["ended"] == []
    assert json.loads(run("lake", "verify", "--json").stdout)["sound"] is True
    assert "leave --as away" in run("lake", "compact", "--as", "lan@example.vn", expect=1).stderr
