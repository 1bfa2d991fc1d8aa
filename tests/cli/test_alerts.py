import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.formats.alerts.samples import EVE_ALERT, PAIRS
from vonggac.formats.alerts.edxml import read_reports

FIELDS = (
    "time_utc", "source_address", "source_port", "destination_address", "destination_port", "protocol", "severity",
    "title", "rule_id", "class", "host", "raw_line",
)  # fmt: skip
BY_NAME = {pair.name: pair for pair in PAIRS}


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vonggac.cli", "alerts", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def eve(tmp_path: Path) -> Path:
    path = tmp_path / "eve.json"
    path.write_bytes(BY_NAME["suricata-eve"].content + b"broken\n")
    return path


def test_json_holds_records_rejects_warnings_and_the_count_of_observations(eve: Path) -> None:
    done = run("read", eve, "--json")
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["schema"], answer["format"]) == (0, 1, "suricata-eve")
    assert set(FIELDS) <= answer["records"][0].keys()
    assert answer["rejects"] == [{"line": 3, "reason": answer["rejects"][0]["reason"], "raw": "broken"}]
    assert (answer["observations"], answer["warnings"]) == (1, [])
    assert "1 alerts, 1 rejects, 1 observations" in done.stderr


def test_json_of_many_batches_is_one_object(tmp_path: Path) -> None:
    path = tmp_path / "many.json"
    odd = json.dumps({**EVE_ALERT, "src_port": "no"}).encode()
    path.write_bytes((odd + b"\nbroken\n") * 3_000)
    answer = json.loads(run("read", path, "--json").stdout)
    assert (len(answer["records"]), len(answer["rejects"])) == (3_000, 3_000)
    assert (len(answer["warnings"]), answer["warnings_total"]) == (1_000, 3_000)
    assert [record["raw_line"] for record in answer["records"]] == list(range(1, 6_001, 2))


def test_ndjson_is_a_record_a_line_and_the_table_is_for_people(eve: Path) -> None:
    (line,) = run("read", eve, "--ndjson", "--format-name", "eve").stdout.splitlines()
    assert json.loads(line)["title"] == "ET MALWARE Beacon"
    head, row = run("read", eve).stdout.splitlines()
    assert head.startswith("time (UTC)")
    assert "192.0.2.10:40000" in row
    assert "2001:db8::1]:443" in row


def test_an_unknown_file_ends_with_one_line_and_status_1(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"hello\nworld\n")
    done = run("read", path, "--json")
    assert (done.returncode, done.stdout) == (1, "")
    assert "--format-name" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_mapping_of_a_table_is_shown_corrected_and_used(tmp_path: Path) -> None:
    table, toml = tmp_path / "av.csv", tmp_path / "av.toml"
    table.write_bytes(BY_NAME["antimalware-table"].content)
    shown = run("read", table, "--show-mapping").stdout
    assert 'title = ["Tên mã độc"]' in shown
    toml.write_text(shown.replace('"UTC"', '"Asia/Ho_Chi_Minh"') + '[class]\n"x" = "test"\n')
    answer = json.loads(run("read", table, "--mapping", toml, "--json").stdout)
    assert answer["records"][0]["time_utc"] == "2024-04-20T03:00:00Z"


def test_a_mapping_of_json_is_guessed_from_its_names_and_used(tmp_path: Path) -> None:
    product, toml = tmp_path / "product.json", tmp_path / "product.toml"
    product.write_text('{"threat": {"name": "X"}, "host": {"ip": "192.0.2.7"}}\n', encoding="utf-8")
    assert run("read", product, "--format-name", "json").returncode == 1
    toml.write_text(run("read", product, "--show-mapping").stdout, encoding="utf-8")
    (found,) = json.loads(run("read", product, "--mapping", toml, "--json").stdout)["records"]
    assert (found["title"], found["source_address"]) == ("X", "192.0.2.7")


def test_alerts_are_written_as_a_report_and_as_iodef(tmp_path: Path) -> None:
    table, report, incidents = tmp_path / "av.csv", tmp_path / "r.xml", tmp_path / "i.json"
    table.write_bytes(BY_NAME["antimalware-table"].content)
    done = run("convert", table, "--to", "edxml", "--sender", "Sở", "--sender-id", "000.00.00.H99", "--output", report)
    assert (done.returncode, "1 of 1 alerts written" in done.stderr) == (0, True)
    assert read_reports(report.read_bytes())[0].malware[0].machine.name == "PC-05"
    again = json.loads(run("read", report, "--json").stdout)["records"]
    assert [one["time_utc"] for one in again] == ["2024-04-20T10:00:00Z"]
    assert run("convert", table, "--to", "iodef-json", "--sender", "csirt", "--output", incidents).returncode == 0
    assert json.loads(run("read", incidents, "--json").stdout)["records"][0]["source_address"] == "192.0.2.80"
    assert run("convert", table, "--to", "edxml", "--sender", "x", "--output", tmp_path / "no" / "x").returncode == 1
