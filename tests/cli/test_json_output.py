"""The JSON of commands has the documented keys, all of them and always, and stays apart from the words for people."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.test_desk_work import run  # noqa: F401  the fixture: a desk of its own and a command line on it

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs/reference/json-output.md").read_text(encoding="utf-8")
LIST_FIGURES = {
    "rows_read", "rows_rejected", "warnings", "unread", "addresses", "owned", "unowned", "hosts", "new", "still",
    "gone", "returned", "cases_opened", "cases_reopened",
}  # fmt: skip
LIST = {
    "schema",
    "list",
    "file",
    "sender",
    "dry_run",
    "known_before",
    "figures",
    "organisations",
    "mapping",
    "unread_columns",
    "warnings",
    "rejects",
}
REJECT = {"line", "column", "reason", "raw"}
SHAPES = {
    "botnet import": LIST,
    "log import": {"schema", "sensor", "dry_run", "files"},
    "log assess": {"schema", "placed", "verdicts"},
    "lake query": {"schema", "columns", "rows"},
    "lake show": {"schema", "holdings"},
    "lake compact": {"schema", "dry_run", "replaced", "written", "rows"},
    "lake retain": {"schema", "dry_run", "limits", "ended"},
    "lake verify": {"schema", "segments", "sound", "faults"},
    "sweep": {"schema", "indicators", "rejects", "columns", "rows"},
    "register import": {"schema", "kind", "file", "dry_run", "figures", "rejects"},
    "roster import": {
        "schema",
        "file",
        "added",
        "replaced",
        "unchanged",
        "posts_made",
        "rejects",
        "change",
        "strangers",
    },
    "roster take-back": {"schema", "change", "name", "removed", "restored", "leaves", "people"},
}


def document(run, *words: str, expect: int = 0) -> dict:  # noqa: F811  the fixture
    return json.loads(run(*words, "--json", expect=expect).stdout)


@pytest.mark.parametrize("command", SHAPES)
def test_every_key_is_documented_under_its_command(command):
    section = DOCUMENT.partition(f"## `{command} ")[2].partition("\n## ")[0]
    assert section
    named = set(re.findall(r"`(\w+)`", section)) | {"schema"}
    assert SHAPES[command] <= named


@pytest.mark.slow
def test_a_list_looked_at_imported_and_handed_in_again_has_one_shape(run):  # noqa: F811
    words = ("botnet", "import", "list.csv", "--sender", "Trung tâm")
    looked, done, again = document(run, *words, "--dry-run"), document(run, *words), document(run, *words)
    for found in (looked, done, again):
        assert (set(found), set(found["figures"]), found["schema"]) == (LIST, LIST_FIGURES, 1)
        assert all(set(reject) == REJECT for reject in found["rejects"])
        assert found["mapping"]["columns"]["address"]
    assert (looked["list"], looked["dry_run"], looked["figures"]["hosts"] > 0) == (None, True, True)
    foreseen = ("new", "still", "returned", "gone", "cases_opened", "cases_reopened")
    assert {name: looked["figures"][name] for name in foreseen} == {name: done["figures"][name] for name in foreseen}
    assert looked["figures"]["cases_opened"] > 0
    assert looked["organisations"]
    assert isinstance(done["list"], int)
    assert (done["known_before"], done["figures"]["hosts"]) == (False, None)
    assert (again["list"], again["known_before"], again["figures"]) == (done["list"], True, done["figures"])


@pytest.mark.slow
def test_for_people_a_list_is_told_in_words(run):  # noqa: F811
    said = run("botnet", "import", "list.csv", "--sender", "Ban", "--dry-run")
    assert said.stdout.startswith("list.csv from Ban: ")
    assert "nothing was entered (dry run)" in said.stdout
    assert "{" not in said.stdout
    assert re.search(r"  line \d+, \w+: ", said.stderr)
    assert "src_ip → address" in said.stdout
    assert "times without a zone: UTC" in said.stdout


def test_what_is_read_of_a_list_is_told_with_the_columns_that_are_not(run):  # noqa: F811
    words = ("botnet", "import", "khac.csv", "--sender", "Đơn vị khác")
    for said in (run(*words, "--dry-run"), run(*words)):
        assert "    máy → address" in said.stdout
        assert "    not read: ghi chép, ai" in said.stdout
        assert "ghi chép: looks like times and is not read" in said.stderr
        assert "ai: looks" not in said.stderr


@pytest.mark.slow
def test_logs_verdicts_registers_and_rosters_have_their_shapes(run):  # noqa: F811
    logs = document(run, "log", "import", "nat.csv", "--sensor", "nat-xa")
    assert set(logs) == SHAPES["log import"]
    (file,) = logs["files"]
    assert (file["file"], file["kind"], file["rows"], file["rejects"], file["unreadable"]) == (
        "nat.csv",
        "nat",
        1,
        0,
        None,
    )
    dry = document(run, "log", "import", "list.csv", "--sensor", "nat-xa", "--dry-run", expect=1)
    assert (set(dry), dry["dry_run"], logs["dry_run"]) == (SHAPES["log import"], True, False)
    assert document(run, "log", "unread")["unread"] == []
    unreadable = document(run, "log", "import", "list.csv", "--sensor", "nat-xa", expect=1)["files"][0]
    assert dry["files"] == [unreadable]
    assert unreadable["unreadable"]
    assert set(unreadable) == set(file)
    assert set(document(run, "log", "assess")["verdicts"]) == {"proven", "contradicted", "not_observable", "watching"}
    register = document(run, "register", "import", "organisations", "organisations.csv", "--dry-run")
    assert set(register) == SHAPES["register import"]
    assert set(register["figures"]) == {"rows_read", "created", "changed", "unchanged", "missing", "rejected"}
    roster = document(run, "roster", "import", "roster.csv")
    assert set(roster) == SHAPES["roster import"]
    assert [set(reject) for reject in roster["rejects"]] == [REJECT]
    (listed,) = document(run, "roster", "take-back")["changes"]
    assert set(listed) == {"change", "kind", "name", "made_at_utc", "by"}
    assert (listed["change"], listed["kind"], listed["name"]) == (roster["change"], "table", "roster.csv")
    back = document(run, "roster", "take-back", str(listed["change"]))
    assert set(back) == SHAPES["roster take-back"]
    assert (back["removed"], back["restored"]) == (roster["added"], roster["replaced"])
    assert document(run, "roster", "take-back")["changes"] == []
    assert "not among those" in run("roster", "take-back", str(listed["change"]), expect=1).stderr
