"""A day's work from the shell on a desk of its own: register, list, late log, cases, the ledger."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.database_server import remove_cluster
from tests.server.desk_process import clean_environment
from vonggac.server import opening
from vonggac.server.home import Home
from vonggac.server.postgres import cluster_of

# Every command is a process that starts Django: minutes in all where two cores are shared.
pytestmark = [pytest.mark.database, pytest.mark.slow]
REGISTER = {
    "organisations": "code,name,kind,parent\ntinh,UBND tỉnh Hải Vân,province,\nxa,UBND xã Một,commune,tinh\n"
    "so,Sở Y tế,department,tinh\n",
    "people": "email,name,organisation,role\nlan@example.vn,Lan,xa,it_officer\n",
    "networks": "network,organisation\n203.0.113.0/25,xa\n203.0.113.128/25,so\n",
    "sensors": "name,kind,organisation,networks\nnat-xa,nat,xa,10.0.0.0/24\n",
}
LIST = (
    "timestamp,src_ip,src_port,family\n"
    "2026-04-18T01:00:00Z,203.0.113.9,40001,mirai\n"
    "2026-04-18T02:00:00Z,203.0.113.200,40001,mirai\n"
    "2026-04-18T02:00:00Z,192.0.2.1,40001,mirai\n"
    "2026-04-18T02:00:00Z,nobody,40001,mirai\n"
)
NAT = (
    "from_utc,to_utc,public_address,port_from,port_to,inner_address\n"
    "2026-04-18T00:00:00Z,2026-04-18T03:00:00Z,203.0.113.9,40000,40999,10.0.0.5\n"
)
FLOW = (
    "time_utc,source_address,source_port,destination_address,destination_port,protocol\n"
    "2026-04-18T00:00:00Z,10.0.0.5,40000,198.51.100.66,443,TCP\n"
)
OTHER = "máy,ghi chép,ai\n203.0.113.9,2026-04-19 07:00:00,Lan\n"
Run = Callable[..., subprocess.CompletedProcess]


ROSTER = (
    "post,from_utc,to_utc,person,skill\n"
    "Trực ban,2026-04-20T00:00:00Z,2026-04-20T08:00:00Z,Lan,truc_ban\n"
    "Trực ban,2026-04-20T08:00:00Z,soon,Lan,truc_ban\n"
)


@pytest.fixture(scope="module")
def run(lay_desk, tmp_path_factory) -> Run:
    """Runs `vonggac …` in a process of its own on the module's home, whose server stays up between the commands."""
    folder = tmp_path_factory.mktemp("work")
    home = lay_desk(folder / "home")
    for name, text in {**REGISTER, "list": LIST, "nat": NAT, "flow": FLOW, "roster": ROSTER, "khac": OTHER}.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")

    (folder / "evil.exe").write_bytes(b"MZ")
    (folder / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")

    def command(*words: str, expect: int = 0) -> subprocess.CompletedProcess:
        line = [sys.executable, "-m", "vonggac.cli", *words, "--home", str(home.path)]
        done = subprocess.run(line, capture_output=True, text=True, env=clean_environment(), cwd=folder, check=False)
        assert done.returncode == expect, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("VONGGAC_DATABASE_URL", raising=False)
        with opening.served(home):
            for kind in REGISTER:
                command("register", "import", kind, f"{kind}.csv")
            yield command
    remove_cluster(cluster_of(home))


def cases(run: Run, *words: str) -> list[dict]:
    return [json.loads(line) for line in run("case", "list", "--json", *words).stdout.splitlines()]


def test_a_day_at_the_shell(run):
    looked = json.loads(run("botnet", "import", "list.csv", "--sender", "NCSC", "--dry-run", "--json").stdout)
    figures = looked["figures"]
    assert (figures["owned"], figures["unowned"], figures["rows_rejected"], figures["new"]) == (2, 1, 1, 2)
    assert cases(run) == [], "a dry run writes nothing"

    done = json.loads(run("botnet", "import", "list.csv", "--sender", "NCSC", "--json").stdout)["figures"]
    assert (done["cases_opened"], done["new"], done["gone"]) == (2, 2, 0)
    again = run("botnet", "import", "list.csv", "--sender", "NCSC").stdout
    assert again.startswith("this list was imported before; nothing changed")
    assert {(c["organisation"], c["subject"]) for c in cases(run)} == {("xa", "203.0.113.9"), ("so", "203.0.113.200")}

    assert "nat.csv: 1 nat records, 0 rejects" in run("log", "import", "nat.csv", "--sensor", "nat-xa").stdout
    assert run("log", "assess").stdout.startswith("1 findings placed on hosts")
    (host,) = cases(run, "--as", "lan@example.vn", "--state", "sent")
    assert (host["organisation"], host["subject"]) == ("xa", "10.0.0.5")

    number = str(host["id"])
    assert "acknowledged" in run("case", "acknowledge", number, "--as", "LAN@example.vn").stdout
    (other,) = cases(run, "--state", "sent")
    refused = run("case", "acknowledge", str(other["id"]), expect=1).stderr
    assert "--by NAME --via phone" in refused
    assert "acknowledged" in run("case", "acknowledge", str(other["id"]), "--by", "An", "--via", "phone").stdout
    whole = json.loads(run("case", "show", str(other["id"]), "--json").stdout)
    assert [entry["detail"]["by"] for entry in whole["history"] if entry["act"] == "case.acknowledge"] == ["An"]
    for act in (("claim", "--text", "x"), ("dispute", "--reason", "x")):
        assert "--by NAME --via phone" in run("case", act[0], str(other["id"]), *act[1:], expect=1).stderr
    assert "claimed" in run("case", "claim", number, "--text", "đã cài lại máy", "--as", "lan@example.vn").stdout
    told = run("case", "show", number).stdout
    assert "Lan: đã cài lại máy" in told
    assert not re.search(r"UTC|[{}]|case\.", told), "words for people, on their own clock"
    as_lan = ("--as", "lan@example.vn")
    assert "in_progress" in run("case", "withdraw", number, "--reason", "nhầm máy", *as_lan).stdout
    refused = run("case", "claim", number, "--text", "x", "--file", "nat.csv", "--file", "evil.exe", *as_lan, expect=1)
    assert "is of a kind that is not accepted" in refused.stderr
    assert "nat.csv" not in run("case", "show", number).stdout, "a refused claim keeps no file"
    assert "claimed" in run("case", "claim", number, "--text", "đã quét", "--file", "nat.csv", *as_lan).stdout
    assert "nat.csv" in run("case", "show", number).stdout
    assert "in_progress" in run("case", "withdraw", number, "--reason", "nhầm máy", *as_lan).stdout
    assert "cannot_comply" in run("case", "cannot-comply", number, "--reason", "máy đã thanh lý", *as_lan).stdout
    assert "role" in run("case", "close", str(other["id"]), "--reason", "x", *as_lan, expect=1).stderr
    acts = [entry["act"] for entry in json.loads(run("case", "show", number, "--json").stdout)["history"]]
    assert acts.index("case.open") < acts.index("case.acknowledge") < acts.index("case.claim")

    said = run("roster", "import", "roster.csv")
    assert said.stdout.startswith("1 shifts added, 0 taken out, 0 unchanged")
    assert "line 3, to_utc: is not a time" in said.stderr

    assert run("log", "unread").stdout == "every file that came could be read\n"
    looked = run("log", "import", "photo.png", "nat.csv", "--sensor", "nat-xa", "--dry-run", expect=1).stdout
    assert "photo.png: 0 nat records, 1 rejects; it cannot be read" in looked
    assert "nat.csv: 1 nat records, 0 rejects (here already: counted once)" in looked
    assert run("log", "unread").stdout == "every file that came could be read\n"
    refused = run("log", "import", "flow.csv", "--sensor", "nat-xa", expect=1).stdout
    assert "refused: flow.csv is a flow log, and its sensor writes a NAT log; that is nat-xa" in refused
    assert run("log", "unread").stdout == "every file that came could be read\n"
    asked = run("log", "import", "photo.png", "--sensor", "nat-xa", expect=1).stdout
    assert "not taken in, no line of it can be read" in asked
    assert "--anyway; 0 hosts that are proven clean lose their proof then" in asked
    assert run("log", "unread").stdout == "every file that came could be read\n"
    kept = run("log", "import", "photo.png", "--sensor", "nat-xa", "--anyway", expect=1).stdout
    assert "it could not be read" in kept
    assert "nobody whom nat-xa sees can be proven clean" in kept
    assert re.search(r"vonggac log take-back [0-9a-f]{12} --sensor nat-xa --reason TEXT", kept)
    (photo,) = json.loads(run("log", "unread", "--json").stdout)["unread"]
    assert (photo["sensor"], photo["file"], photo["taken_back"]) == ("nat-xa", "photo.png", None)
    begin, of = photo["sha256"][:12], ("--sensor", "nat-xa")
    assert f"{begin}  nat-xa  photo.png" in run("log", "unread").stdout
    assert "is no file that came from" in run("log", "take-back", begin[:7], *of, "--reason", "x", expect=1).stderr
    assert "not among those" in run("log", "take-back", begin, "--sensor", "x", "--reason", "x", expect=1).stderr
    assert "role" in run("log", "take-back", begin, *of, "--reason", "x", "--as", "lan@example.vn", expect=1).stderr
    assert "photo.png is taken back" in run("log", "take-back", begin, *of, "--reason", "chọn nhầm").stdout
    assert run("log", "unread").stdout == "every file that came could be read\n"
    assert "taken back by shell: chọn nhầm" in run("log", "unread", "--all").stdout
    assert "photo.png counts again" in run("log", "put-back", begin, *of).stdout
    again = json.loads(run("log", "take-back", photo["sha256"], *of, "--reason", "nhầm", "--json").stdout)
    assert (again["file"], again["reason"]) == ("photo.png", "nhầm")
    assert json.loads(run("log", "put-back", begin, *of, "--json").stdout)["sha256"] == photo["sha256"]

    said = run("ledger", "verify").stdout
    assert said.startswith("the ledger of /")
    assert "whole and unchanged" in said
    verified = json.loads(run("ledger", "verify", "--json").stdout)
    assert (verified["sound"], verified["unsealed"], verified["faults"]) == (True, [], [])
    point = run("ledger", "checkpoint").stdout.strip()
    assert verified["head"] == point
    run("ledger", "verify", "--checkpoint", point)
    forged = f"{point.partition(':')[0]}:{'0' * 64}"
    assert "BROKEN" in run("ledger", "verify", "--checkpoint", forged, expect=1).stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("case", "show", "999999"), "there is no case 999999 in your part of the tree; `vonggac case list --all`"),
        (("person", "link", "nobody@example.vn"), "`vonggac person link` without an address"),
        (("case", "list", "--as", "khong@example.vn"), "register import people"),
        (("case", "list", "--office", "moon"), "no organisation with the code moon"),
        (("case", "list", "--office", "so", "--as", "lan@example.vn"), "in your part of the tree"),
        (("log", "import", "nat.csv", "--sensor", "ghost"), "register import sensors"),
        (("botnet", "import", "nat.csv", "--sender", "NCSC", "--mapping", "list.csv"), "is not JSON"),
    ],
)
def test_what_cannot_be_done_is_said_with_the_next_step(run, words, said):
    assert said in run(*words, expect=1).stderr


def test_an_empty_history_is_named_and_not_praised(tmp_path):
    home = Home(tmp_path / "new")
    line = [sys.executable, "-m", "vonggac.cli"]
    try:
        for words in (["migrate"], ["ledger", "verify"]):
            done = subprocess.run(
                [*line, *words, "--home", str(home.path)],
                capture_output=True, text=True, env=clean_environment(), check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
    finally:
        remove_cluster(cluster_of(home))
    assert done.stdout.startswith(f"the ledger of {home.path}\nthe ledger is empty")
    assert "whole" not in done.stdout


def test_hints_say_the_command_as_it_was_typed(run, monkeypatch):
    monkeypatch.setenv("VONGGAC_TYPED", "./vg")
    assert "`./vg case list --all`" in run("case", "show", "999999", expect=1).stderr


def test_a_list_of_cases_says_that_there_are_more_and_leaves_closed_ones_out(run):
    run("botnet", "import", "list.csv", "--sender", "NCSC")
    numbers = [row["id"] for row in cases(run)]
    assert len(numbers) > 1
    listed = run("case", "list", "--most", "1")
    assert len(listed.stdout.splitlines()) == 2
    assert f"showing 1 of {len(numbers)}; --most {len(numbers)}" in listed.stderr
    assert not run("case", "list").stderr
    run("case", "close", str(numbers[0]), "--reason", "máy đã thanh lý")
    assert numbers[0] not in [row["id"] for row in cases(run)]
    assert numbers[0] in [row["id"] for row in cases(run, "--all")]
    assert "· due " in run("case", "show", str(numbers[1])).stdout or not cases(run)[0]["due"]


def test_a_person_sees_no_case_of_another_organisation(run, tmp_path: Path):
    other = tmp_path / "other.csv"
    other.write_text(
        "timestamp,src_ip,src_port,family\n2026-04-19T02:00:00Z,203.0.113.201,1,emotet\n", encoding="utf-8"
    )
    run("botnet", "import", str(other), "--sender", "VNPT")
    (foreign,) = [case for case in cases(run) if case["subject"] == "203.0.113.201"]
    assert foreign["id"] not in {case["id"] for case in cases(run, "--as", "lan@example.vn")}
    for words in (("show",), ("acknowledge",), ("claim", "--text", "x"), ("dispute", "--reason", "x")):
        said = run("case", words[0], str(foreign["id"]), *words[1:], "--as", "lan@example.vn", expect=1).stderr
        assert str(foreign["id"]) in said
    assert [c["state"] for c in cases(run) if c["id"] == foreign["id"]] == ["sent"]
