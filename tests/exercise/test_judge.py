"""The judge: fair to generated provinces, blind to the answers, patient with worlds that strangers wrote."""

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import vonggac.exercise
from vonggac.errors import InputError
from vonggac.exercise.generate import generate
from vonggac.exercise.judge import HostVerdict, Judgement, judge
from vonggac.exercise.world import read_world

WORLDS = Path(__file__).parents[1] / "worlds"


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A small world that may be spoilt."""
    return Path(shutil.copytree(WORLDS / "quiet-clean-host", tmp_path / "world"))


def verdicts(found: Judgement) -> dict[str, str]:
    return {host.name: host.verdict for host in found.hosts}


def played(folder: Path) -> tuple[Judgement, list[str]]:
    warnings: list[str] = []
    return judge(folder, warn=warnings.append), warnings


def append(path: Path, *lines: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write("".join(f"{line}\n" for line in lines))


# Not one transaction for a whole province: thousands of savepoints in one make each statement slower.
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("own_home")
class TestGeneratedProvinces:
    """The promise: nobody infected is proven, nearly everybody who could be is, the others learn what is missing."""

    def check(self, folder: Path, *, seed: int, scale: float) -> None:
        generate(folder, np.random.default_rng(seed), scale=scale)
        truth = json.loads((folder / "truth.json").read_text("utf-8"))["hosts"]
        (folder / "truth.json").unlink()
        found, warnings = played(folder)
        assert warnings == []
        assert found.hosts
        hosts = {host.name: host for host in found.hosts}
        assert [n for n, host in hosts.items() if host.verdict == "proven" and truth[n]["truth"] == "infected"] == []
        provable = [
            host
            for name, host in hosts.items()
            if host.claimed and truth[name]["observable"] and truth[name]["truth"] in {"clean", "moved"}
        ]
        proven = [host for host in provable if host.verdict == "proven"]
        assert len(proven) >= 0.99 * len(provable), set(provable) - set(proven)
        assert [h.name for h in found.hosts if h.verdict in {"open", "not_observable"} and not h.missing] == []
        assert all(host.reason for host in found.hosts if host.verdict == "contradicted")

    # A minute; the worlds written by hand are judged in every run.
    @pytest.mark.slow
    def test_a_small_province_is_judged_fairly(self, tmp_path: Path):
        self.check(tmp_path / "province", seed=1, scale=0.01)

    @pytest.mark.slow
    @pytest.mark.parametrize("seed", range(2, 8))
    def test_more_small_provinces_are_judged_fairly(self, tmp_path: Path, seed: int):
        self.check(tmp_path / "province", seed=seed, scale=0.05)

    @pytest.mark.slow
    @pytest.mark.parametrize("seed", [11, 12])
    def test_a_whole_province_is_judged_fairly(self, tmp_path: Path, seed: int):
        self.check(tmp_path / "province", seed=seed, scale=1)


class TestBlindness:
    """Neither the truth nor the expectations have any part in the verdicts."""

    @pytest.mark.django_db
    @pytest.mark.usefixtures("own_home")
    def test_answers_that_nobody_can_read_make_no_difference(self, world: Path):
        for name in ("truth.json", "expected.json"):
            path = world / name
            path.unlink(missing_ok=True)
            path.mkdir()  # opening it fails, for root too
        found, warnings = played(world)
        assert (verdicts(found)["cong-yt"], warnings) == ("proven", [])

    def test_a_table_cannot_lead_to_an_answer(self, world: Path):
        warnings: list[str] = []
        append(world / "lists.csv", "../expected.json,x,2024-04-20T00:00:00Z", "/etc/hosts,x,2024-04-20T00:00:00Z")
        read = read_world(world, warnings.append)
        assert {item.path.parent.name for item in read.lists} == {"lists"}
        assert len(warnings) == 2

    def test_a_link_to_an_answer_is_no_log(self, world: Path):
        folder = next((world / "logs").iterdir())
        (folder / "sly.csv").symlink_to(world / "expected.json")
        warnings: list[str] = []
        assert "sly.csv" not in {log.name for log in read_world(world, warnings.append).logs}
        assert warnings

    def test_generator_and_judge_share_no_code(self):
        root = Path(vonggac.exercise.__file__).parent
        judging = {"judge", "playing", "world", "desk", "answering"}
        for path in root.glob("*.py"):
            tree = ast.parse(path.read_text("utf-8"))
            names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
            if path.stem in judging:
                others = {path.stem for path in root.glob("*.py")} - judging
                assert not names & {f"vonggac.exercise.{stem}" for stem in others}, path
            else:
                assert not [n for n in names if n.startswith(("vonggac.flows", "vonggac.cases", "vonggac.lake"))], path
                assert not names & {f"vonggac.exercise.{stem}" for stem in judging}, path


class TestStrangersWorlds:
    """What is missing and not needed is empty, what cannot be used is warned about, the rest is an error."""

    @pytest.mark.parametrize("name", ["world.toml", "organisations.csv", "assets.csv", "lists.csv"])
    def test_a_folder_without_a_needed_file_is_refused_by_name(self, world: Path, name: str):
        (world / name).unlink()
        with pytest.raises(InputError, match=name):
            read_world(world, pytest.fail)

    @pytest.mark.parametrize(
        ("text", "word"),
        [("[world]\nname = 'x'\n", "now_utc"), ("[world", "TOML"), ("[world]\nnow_utc = 'yesterday'\n", "now_utc")],
    )
    def test_a_world_that_does_not_say_when_it_is_judged_is_refused(self, world: Path, text: str, word: str):
        (world / "world.toml").write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=word):
            read_world(world, pytest.fail)

    @pytest.mark.parametrize("value", ["-1", "1.5", "'seven'", "true"])
    def test_a_rule_that_is_no_number_of_days_is_refused(self, world: Path, value: str):
        append(world / "world.toml", "[rule]", f"clean_days = {value}")
        with pytest.raises(InputError, match="clean_days"):
            read_world(world, pytest.fail)

    def test_a_native_toml_time_is_read_as_well(self, world: Path):
        (world / "world.toml").write_text("[world]\nname='x'\nnow_utc = 2024-04-24T07:00:00+07:00\n", encoding="utf-8")
        assert read_world(world, pytest.fail).now_utc.isoformat() == "2024-04-24T00:00:00+00:00"

    def test_a_table_without_a_needed_column_is_refused_by_name(self, world: Path):
        (world / "claims.csv").write_text("host,when\ncong-yt,2024-04-16T00:00:00Z\n", encoding="utf-8")
        with pytest.raises(InputError, match="time_utc"):
            read_world(world, pytest.fail)

    @pytest.mark.django_db
    @pytest.mark.usefixtures("own_home")
    def test_dirty_rows_unknown_columns_and_extra_files_spoil_nothing(self, world: Path):
        append(world / "claims.csv", "cong-yt,never,clean,x", "nobody,2024-04-16T00:00:00Z,clean,x", ",,,")
        append(world / "assets.csv", "broken,server,no-such-unit,203.0.113.99")
        append(world / "arrivals.csv", "file,received_utc", "none/none.csv,2024-04-16T00:00:00Z")
        (world / "systems.csv").write_text("name,organisation,level\nCổng,yt,2\n", encoding="utf-8")
        (world / "notes.docx").write_bytes(b"\x00")
        (world / "logs" / "stray.txt").write_text("x", encoding="utf-8")
        (world / "logs" / "undeclared").mkdir()
        (world / "logs" / "undeclared" / "a.csv").write_text("x", encoding="utf-8")
        lines = (world / "assets.csv").read_text("utf-8").splitlines()
        noted = [f"{line},{'note,system' if n == 0 else 'x,y'}" for n, line in enumerate(lines)]
        (world / "assets.csv").write_text("\n".join(noted), encoding="utf-8")
        found, warnings = played(world)
        assert (verdicts(found)["cong-yt"], verdicts(found)["kho-yt"]) == ("proven", "open")
        told = "\n".join(warnings)
        for word in ("claims.csv, line 4", "about nobody", "no-such-unit", "none/none.csv", "stray.txt", "undeclared"):
            assert word in told, word

    @pytest.mark.django_db
    @pytest.mark.usefixtures("own_home")
    def test_lines_of_one_name_are_one_host_and_a_broken_line_beside_them_is_named(self, world: Path):
        append(world / "assets.csv", "CONG-YT,server,hv-tc,203.0.113.70", "cong-yt,server,hv-yt,203.0.113.71,,,,,,x")
        found, warnings = played(world)
        hosts = {host.name: host for host in found.hosts}
        assert hosts["cong-yt"].verdict == "not_observable"
        assert "203.0.113.70" in " ".join(hosts["cong-yt"].missing)
        assert [warning.partition(",")[0] for warning in warnings] == ["assets.csv"]

    @pytest.mark.django_db
    @pytest.mark.usefixtures("own_home")
    def test_a_world_without_claims_and_logs_is_open_throughout(self, world: Path):
        for name in ("claims.csv", "heartbeats.csv", "expected.json"):
            (world / name).unlink()
        shutil.rmtree(world / "logs")
        found, _ = played(world)
        assert set(verdicts(found).values()) == {"open"}
        assert not any(host.claimed for host in found.hosts)
        assert all("nobody has claimed" in host.missing[0] for host in found.hosts)

    @pytest.mark.django_db
    @pytest.mark.usefixtures("own_home")
    def test_the_worlds_own_rule_holds(self, world: Path):
        append(world / "world.toml", "[rule]", "clean_days = 30")
        assert verdicts(played(world)[0])["cong-yt"] == "open"


@pytest.mark.django_db
@pytest.mark.usefixtures("own_home")
class TestClaims:
    """Owners change their minds."""

    @pytest.mark.parametrize(
        ("second", "verdict"),
        [("2024-04-16T12:00:00Z,not_ours", "open"), ("2024-04-16T12:00:00Z,clean", "proven")],
    )
    def test_the_last_word_counts(self, world: Path, second: str, verdict: str):
        append(world / "claims.csv", f"cong-yt,{second},x")
        found, warnings = played(world)
        assert (verdicts(found)["cong-yt"], warnings) == (verdict, [])

    def test_a_host_said_to_be_anothers_is_never_proven(self, world: Path):
        text = (world / "claims.csv").read_text("utf-8").replace("clean", "not_ours")
        (world / "claims.csv").write_text(text, encoding="utf-8")
        host = next(host for host in played(world)[0].hosts if host.name == "cong-yt")
        assert (host.verdict, host.claimed) == ("open", False)
        assert "not theirs" in host.missing[0]

    def test_after_not_ours_a_host_can_still_be_claimed_clean(self, world: Path):
        lines = (world / "claims.csv").read_text("utf-8").splitlines()
        lines.insert(1, "cong-yt,2024-04-15T12:00:00Z,not_ours,x")
        (world / "claims.csv").write_text("\n".join(lines), encoding="utf-8")
        assert verdicts(played(world)[0])["cong-yt"] == "proven"


@pytest.mark.django_db
@pytest.mark.usefixtures("own_home")
def test_a_reversal_says_what_it_turned():
    found, _ = played(WORLDS / "contact-on-day-eight")
    assert {host.name: host.reversed_from for host in found.hosts} == {"cong-yt": "proven", "thu-yt": ""}


def test_the_summary_counts_the_hosts():
    hosts = (HostVerdict("a", True, "proven", ()), HostVerdict("b", False, "open", ("claim: none",)))
    read = read_world(WORLDS / "sensor-dead", pytest.fail)
    told = Judgement("x", read.now_utc, hosts, ()).to_json()
    assert told["hosts"][0] == {"name": "a", "claimed": True, "verdict": "proven", "missing": []}
    assert told["summary"] == {
        "world": "x", "now_utc": "2024-04-24T00:00:00Z", "hosts": 2, "claimed": 1,
        "proven": 1, "contradicted": 0, "not_observable": 0, "open": 1, "reversed": 0, "warnings": 0,
    }  # fmt: skip


@pytest.mark.slow
def test_the_command_judges_on_a_desk_of_its_own_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("VONGGAC_HOME", str(tmp_path / "real"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    command = [sys.executable, "-m", "vonggac.cli", "exercise", "judge", str(WORLDS / "sensor-dead"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert {host["name"]: host["verdict"] for host in json.loads(done.stdout)["hosts"]} == {
        "cong-yt": "not_observable", "so-tc": "proven",
    }  # fmt: skip
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db
@pytest.mark.usefixtures("own_home")
def test_a_line_of_heartbeats_that_cannot_be_used_is_told_once_although_it_comes_in_parts(world: Path):
    append(world / "heartbeats.csv", "unheard-of,2024-04-14T00:00:00Z,2024-04-30T00:00:00Z")
    _, warnings = played(world)
    assert [one for one in warnings if "unheard-of" in one] == warnings
    assert len(warnings) == 1
