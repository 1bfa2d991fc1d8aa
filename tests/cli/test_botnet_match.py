import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from tests.outer_data import outer_data
from vonggac.cli.botnet import botnet
from vonggac.errors import InputError

NETWORKS = """\
network,organisation
192.0.2.0/24,Province
192.0.2.128/25,Hospital
2001:db8::/32,Province
2001:db8:7::/48,School
"""
LIST = """\
timestamp,src_ip,src_port,protocol,dst_ip,http_host,infection
2024-04-17 00:30:00,192.0.2.200,1500,tcp,198.51.100.9,c2.example.org,andromeda
2024-04-17 02:30:00,192.0.2.200,1600,tcp,198.51.100.8,c3.example.org,andromeda
2024-04-16 02:30:00,192.0.2.200,1700,udp,198.51.100.7,,zeroaccess
2024-04-17 01:00:00,2001:DB8:7::1,2000,tcp,,,andromeda
2024-04-17 01:00:00,203.0.113.5,2000,tcp,,,
2024-04-17 01:00:00,nonsense,2000,tcp,,,andromeda
2024-04-17 01:00:00,192.0.2.1,99999,tcp,,,mirai
"""
NAT = """\
from_utc,to_utc,public_address,port_from,port_to,inner_address
2024-04-17T00:00:00Z,2024-04-17T04:00:00Z,192.0.2.200,1000,1550,10.0.0.5
2024-04-17T00:00:00Z,2024-04-17T04:00:00Z,192.0.2.200,1551,1999,10.0.0.6
"""
FIELDS = [
    "address", "family", "port", "protocol", "destination_address", "destination_host", "first_seen_utc",
    "last_seen_utc", "count", "organisation", "network", "inner_host",
]  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VONGGAC_CACHE", str(tmp_path / "cache"))
    for name, text in (("networks.csv", NETWORKS), ("list.csv", LIST), ("nat.csv", NAT)):
        (tmp_path / name).write_text(text)
    return tmp_path


def run(folder: Path, *options: str, list_name: str = "list.csv") -> Result:
    networks = ["--networks", str(folder / "networks.csv")]
    return CliRunner().invoke(botnet, ["match", str(folder / list_name), *networks, *options], catch_exceptions=False)


def match(folder: Path, *options: str, list_name: str = "list.csv") -> dict[str, Any]:
    result = run(folder, "--format", "json", *options, list_name=list_name)
    assert result.exit_code == 0
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_the_json_has_one_row_an_address_and_family_with_owner_and_inner_host(folder: Path) -> None:
    document = match(folder, "--nat", str(folder / "nat.csv"))
    assert document["schema"] == 1
    assert [list(row) for row in document["rows"]] == [FIELDS] * 5
    assert document["rows"][0] == {
        "address": "192.0.2.200",
        "family": "andromeda",
        "port": 1600,
        "protocol": "tcp",
        "destination_address": "198.51.100.8",
        "destination_host": "c3.example.org",
        "first_seen_utc": "2024-04-17T00:30:00Z",
        "last_seen_utc": "2024-04-17T02:30:00Z",
        "count": 2,
        "organisation": "Hospital",
        "network": "192.0.2.128/25",
        "inner_host": "10.0.0.6",
    }
    owners = {(row["address"], row["family"]): row["organisation"] for row in document["rows"]}
    assert owners == {
        ("192.0.2.200", "andromeda"): "Hospital",
        ("192.0.2.200", "zeroaccess"): "Hospital",
        ("2001:db8:7::1", "andromeda"): "School",
        ("203.0.113.5", None): None,
        ("192.0.2.1", "mirai"): "Province",
    }


def test_the_summary_counts_rows_and_distinct_addresses(folder: Path) -> None:
    document = match(folder)
    assert document["summary"] == {"rows_read": 7, "rows_rejected": 1, "addresses": 4, "owned": 3, "unowned": 1}
    (reject,) = document["rejects"]
    assert (reject["line"], reject["column"]) == (7, "src_ip")
    assert "nonsense" in reject["raw"]
    assert [(one["line"], one["column"], one["raw"]) for one in document["warnings"]] == [(8, "src_port", "99999")]


def test_each_row_goes_to_the_owner_of_its_own_day_and_one_without_a_time_to_todays(folder: Path) -> None:
    (folder / "networks.csv").write_text(
        "network,organisation,valid_from,valid_to\n192.0.2.0/24,A,,2024-04-14\n192.0.2.0/24,B,2024-04-14,\n"
        "198.51.100.0/24,C,,\n"
    )
    (folder / "dated.csv").write_text(
        "timestamp,src_ip,infection\n2024-04-12 00:00:00,192.0.2.1,mirai\n2024-04-13 16:30:00,192.0.2.1,mirai\n"
        "2024-04-13 17:30:00,192.0.2.1,mirai\n,192.0.2.2,mirai\n2024-04-12 00:00:00,198.51.100.1,mirai\n"
    )
    document = match(folder, list_name="dated.csv")
    assert [(row["address"], row["organisation"], row["count"]) for row in document["rows"]] == [
        ("192.0.2.1", "A", 2), ("192.0.2.1", "B", 1), ("192.0.2.2", "B", 1), ("198.51.100.1", "C", 1),
    ]  # fmt: skip
    assert document["summary"] == {
        "rows_read": 5, "rows_rejected": 0, "addresses": 3, "owned": 3, "unowned": 0,
    }  # fmt: skip


def test_several_inner_hosts_behind_one_address_are_said(folder: Path) -> None:
    warnings = match(folder, "--nat", str(folder / "nat.csv"))["warnings"]
    assert [one["raw"] for one in warnings if one["column"] == "inner_host"] == ["10.0.0.5, 10.0.0.6"]


def test_a_second_match_uses_the_compiled_networks_and_says_the_same(folder: Path) -> None:
    first = match(folder)
    (kept,) = (folder / "cache").rglob("*.register")
    assert match(folder) == first
    assert kept.stat().st_mode & 0o077 == 0


def test_changed_networks_are_compiled_anew_and_a_damaged_cache_is_not_believed(folder: Path) -> None:
    first = match(folder)
    (kept,) = (folder / "cache").rglob("*.register")
    for content in (b"", b"damage", kept.read_bytes()[:-40], kept.read_bytes().replace(b"int", b"obj")):
        kept.write_bytes(content)
        assert match(folder) == first
    (folder / "networks.csv").write_text("network,organisation\n192.0.2.200,Clinic\n")
    assert match(folder)["rows"][0]["organisation"] == "Clinic"


def test_a_cache_that_cannot_be_written_costs_only_the_speed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "file").write_text("in the way")
    monkeypatch.setenv("VONGGAC_CACHE", str(folder / "file"))
    assert match(folder)["summary"]["owned"] == 3


def test_rejected_networks_are_said_with_a_cold_and_a_warm_cache(folder: Path) -> None:
    (folder / "networks.csv").write_text(NETWORKS + "nonsense,A\n")
    for _ in range(2):
        assert [one["line"] for one in match(folder)["warnings"] if "networks" in one["reason"]] == [6]


def test_csv_holds_the_same_columns_and_no_formula(folder: Path) -> None:
    (folder / "evil.csv").write_text("ip,malware\n192.0.2.1,=cmd()\n")
    rows = list(csv.reader(io.StringIO(run(folder, "--format", "csv", list_name="evil.csv").stdout)))
    assert rows[0] == FIELDS
    assert rows[1][:2] == ["192.0.2.1", "'=cmd()"]


def test_parquet_holds_the_same_rows_with_types(folder: Path) -> None:
    run(folder, "--format", "parquet", "--output", str(folder / "out.parquet"))
    table = pq.read_table(folder / "out.parquet")
    assert table.column_names == FIELDS
    rows = table.to_pylist()
    assert (rows[0]["port"], rows[0]["last_seen_utc"].isoformat()) == (1600, "2024-04-17T02:30:00+00:00")


def test_the_table_shows_no_control_characters_of_the_list(folder: Path) -> None:
    (folder / "evil.csv").write_text("ip,malware\n192.0.2.1,\x1b[31mred\n")
    result = run(folder, list_name="evil.csv")
    assert "?[31mred" in result.stdout
    assert "1 rows read, 0 rejected, 1 addresses: 1 owned" in result.stderr


def test_the_mapping_is_shown_and_a_corrected_one_is_used(folder: Path) -> None:
    shown = json.loads(run(folder, "--show-mapping").stdout)
    assert shown["columns"]["address"] == ["src_ip"]
    shown["columns"]["address"] = ["dst_ip"]
    (folder / "mapping.json").write_text(json.dumps(shown))
    document = match(folder, "--mapping", str(folder / "mapping.json"))
    assert {row["address"] for row in document["rows"]} == {"198.51.100.7", "198.51.100.8", "198.51.100.9"}
    assert document["mapping"] == shown


def test_missing_networks_and_a_broken_mapping_say_what_to_do(folder: Path) -> None:
    with pytest.raises(InputError, match="--networks"):
        CliRunner().invoke(botnet, ["match", str(folder / "list.csv")], catch_exceptions=False)
    (folder / "mapping.json").write_text("{")
    with pytest.raises(InputError, match="--show-mapping"):
        match(folder, "--mapping", str(folder / "mapping.json"))


def test_the_command_imports_neither_django_nor_arrow_nor_duckdb(folder: Path) -> None:
    code = (
        "import sys\nfrom vonggac.cli.botnet import botnet\n"
        f"botnet(['match', {str(folder / 'list.csv')!r}, '--networks', {str(folder / 'networks.csv')!r}, "
        "'--format', 'json'], standalone_mode=False)\n"
        "print([name for name in ('django', 'pyarrow', 'duckdb', 'openpyxl') if name in sys.modules], file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stderr.splitlines()[-1] == "[]"


def test_a_list_of_national_size_finds_the_owners_of_the_vietnamese_part(folder: Path) -> None:
    source = outer_data("feeds/vn_bgp_prefixes_2014.tsv").read_text().splitlines()
    target = io.StringIO()
    csv.writer(target).writerows(
        [["network", "organisation"], *((line.split("\t")[0], line.split("\t")[2]) for line in source)]
    )
    (folder / "networks.csv").write_text(target.getvalue())
    path = outer_data("feeds/ipsum_vn.tsv")
    document = json.loads(
        CliRunner()
        .invoke(botnet, ["match", str(path), "--networks", str(folder / "networks.csv"), "--format", "json"])
        .stdout
    )
    assert document["summary"] == {
        "rows_read": 1326, "rows_rejected": 0, "addresses": 1326, "owned": 861, "unowned": 465,
    }  # fmt: skip
