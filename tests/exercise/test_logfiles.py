"""Golden pairs: three records as every format writes them."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from vonggac.exercise.clock import SECOND_US
from vonggac.exercise.logfiles import write_flows, write_queries
from vonggac.exercise.traffic import Flows, Queries, recorded

START_US = 1_713_600_000 * SECOND_US  # 2024-04-20T08:00:00Z

FLOWS = Flows(
    time_us=np.array([START_US, START_US + 1_500_000], np.int64),
    source=np.array([0, 1], np.int32),
    source_port=np.array([50_000, 123], np.uint16),
    destination=np.array([1, 0], np.int32),
    destination_port=np.array([443, 123], np.uint16),
    protocol=np.array([6, 17], np.uint8),
    bytes=np.array([1_000, 90], np.int64),
    sources=("10.1.1.1", "2001:db8:2::5"),
    destinations=("198.19.0.1", "198.19.200.1"),
)
QUERIES = Queries(
    time_us=np.array([START_US, START_US + 250_000], np.int64),
    source=np.array([0, 0], np.int32),
    name=np.array([0, 1], np.int32),
    sources=("10.1.1.1",),
    names=("www.example.org", "MIRAI-1.C2.EXAMPLE.NET."),
)


def _flow_text(folder: Path, log_format: str, offset: int = 0) -> str:
    write_flows(folder / "log", FLOWS, log_format, clock_offset_seconds=offset)
    return (folder / "log").read_text(encoding="utf-8")


def _query_text(folder: Path, log_format: str) -> str:
    write_queries(folder / "log", QUERIES, log_format, clock_offset_seconds=0)
    return (folder / "log").read_text(encoding="utf-8")


def test_flows_as_csv(tmp_path):
    assert _flow_text(tmp_path, "csv").replace('"', "").splitlines() == [
        "time_utc,source_address,source_port,destination_address,destination_port,protocol,bytes",
        "2024-04-20T08:00:00Z,10.1.1.1,50000,198.19.200.1,443,tcp,1000",
        "2024-04-20T08:00:01.500000Z,2001:db8:2::5,123,198.19.0.1,123,udp,90",
    ]


def test_flows_as_firewall_syslog(tmp_path):
    assert _flow_text(tmp_path, "syslog").splitlines() == [
        "<134>2024-04-20T08:00:00Z tuong-lua kernel: ACCEPT IN=lan0 OUT=wan0 SRC=10.1.1.1 DST=198.19.200.1 LEN=1000 "
        "PROTO=TCP SPT=50000 DPT=443",
        "<134>2024-04-20T08:00:01.500000Z tuong-lua kernel: ACCEPT IN=lan0 OUT=wan0 SRC=2001:db8:2::5 DST=198.19.0.1 "
        "LEN=90 PROTO=UDP SPT=123 DPT=123",
    ]


def test_flows_as_zeek_tsv(tmp_path):
    lines = _flow_text(tmp_path, "zeek-tsv").splitlines()
    assert lines[0] == "#separator \\x09"
    assert "#path\tconn" in lines
    fields = next(line for line in lines if line.startswith("#fields")).split("\t")[1:]
    records = [dict(zip(fields, line.split("\t"), strict=True)) for line in lines if not line.startswith("#")]
    assert [one["ts"] for one in records] == ["1713600000.000000", "1713600001.500000"]
    assert records[0]["id.orig_h"] == "10.1.1.1"
    assert (records[1]["id.resp_h"], records[1]["id.resp_p"], records[1]["proto"]) == ("198.19.0.1", "123", "udp")
    assert len({one["uid"] for one in records}) == 2


def test_flows_as_zeek_json(tmp_path):
    records = [json.loads(line) for line in _flow_text(tmp_path, "zeek-json").splitlines()]
    assert records[0]["ts"] == 1_713_600_000.0
    assert records[0]["id.orig_h"] == "10.1.1.1"
    assert records[0]["id.resp_p"] == 443
    assert records[1]["proto"] == "udp"


def test_flows_as_parquet_have_plain_string_columns(tmp_path):
    write_flows(tmp_path / "log.parquet", FLOWS, "parquet", clock_offset_seconds=0)
    table = pq.read_table(tmp_path / "log.parquet")
    assert str(table.schema.field("source_address").type) == "string"
    assert str(table.schema.field("time_utc").type) == "timestamp[us, tz=UTC]"
    assert table["destination_address"].to_pylist() == ["198.19.200.1", "198.19.0.1"]
    assert table["protocol"].to_pylist() == ["tcp", "udp"]


def test_questions_as_csv(tmp_path):
    assert _query_text(tmp_path, "csv").replace('"', "").splitlines() == [
        "time_utc,source_address,query",
        "2024-04-20T08:00:00Z,10.1.1.1,www.example.org",
        "2024-04-20T08:00:00.250000Z,10.1.1.1,MIRAI-1.C2.EXAMPLE.NET.",
    ]


@pytest.mark.parametrize("log_format", ["zeek-tsv", "zeek-json"])
def test_questions_as_zeek_name_the_asker_and_the_name(tmp_path, log_format):
    text = _query_text(tmp_path, log_format)
    assert text.count("10.1.1.1") == 2
    assert "MIRAI-1.C2.EXAMPLE.NET." in text
    assert ("#path\tdns" in text) == (log_format == "zeek-tsv")


def test_questions_as_parquet(tmp_path):
    write_queries(tmp_path / "log.parquet", QUERIES, "parquet", clock_offset_seconds=0)
    assert pq.read_table(tmp_path / "log.parquet")["query"].to_pylist() == list(QUERIES.names)


@pytest.mark.parametrize(("offset", "stamp"), [(3_600, "2024-04-20T09:00:00Z"), (-1_800, "2024-04-20T07:30:00Z")])
def test_a_wrong_clock_shows_in_the_stamps(tmp_path, offset, stamp):
    assert stamp in _flow_text(tmp_path, "csv", offset)


def test_records_of_deaf_times_are_not_heard():
    times = np.array([0, 5, 10, 15], np.int64)
    assert recorded(times, ((5, 10),)).tolist() == [True, False, True, True]
    assert recorded(times, ()).all()


def test_taking_rows_keeps_the_tables():
    taken = FLOWS.take(np.array([1]))
    assert len(taken) == 1
    assert taken.sources == FLOWS.sources
    assert len(QUERIES.take(np.array([False, True]))) == 1
