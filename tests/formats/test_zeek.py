import gzip
import json

import pytest

from tests.outer_data import outer_data
from vonggac.errors import UnreadableFile
from vonggac.formats import traffic, zeek
from vonggac.formats.traffic_tables import Kind

CONN = (
    b"#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n"
    b"#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\n"
    b"#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\n"
    b"1713571200.500000\tCa\t10.0.0.5\t40000\t198.51.100.66\t443\ttcp\tssl\t2.250000\t10\n"
    b"1713571201.000000\tCb\t2001:db8::5\t40001\t2001:db8::66\t53\tudp\t-\t-\t-\n"
    b"#close\t2024-04-20-01-00-00\n"
)
DNS = (
    b"#path\tdns\n#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tquery\n"
    b"1713571200.5\t10.0.0.5\t40000\t10.0.0.1\t53\tudp\tEvil.Example.\n"
    b"1713571201.5\t10.0.0.5\t40000\t10.0.0.1\t53\tudp\t-\n"
)


@pytest.mark.parametrize(
    ("escaped", "name"),
    [
        (b"\\xc4\\x91en.example", "xn--en-pma.example"),
        (b"m\\xc3\\xa1y\\x2eexample", "xn--my-mia.example"),
        (b"\\xe1y.example", "xn--y-tfa.example"),
    ],
)
def test_escaped_bytes_of_a_name_are_the_letters_that_they_write(escaped: bytes, name: str) -> None:
    record = {"_path": "dns", "ts": 1713571200.5, "id.orig_h": "10.0.0.5", "query": escaped.decode()}
    for content in (DNS.replace(b"Evil.Example.", escaped), json.dumps(record).encode()):
        assert traffic.read(content, "dns.log").table["query"].to_pylist()[0] == name


def test_a_conn_log_becomes_flows_with_their_end() -> None:
    reading = traffic.read(CONN, "conn.log")
    assert reading.kind is Kind.FLOW
    assert reading.rejects == []
    first, second = reading.table.to_pylist()
    assert first == {
        "time_us": 1_713_571_200_500_000,
        "end_us": 1_713_571_202_750_000,
        "source_v4": 0x0A000005,
        "source_v6": None,
        "source_port": 40_000,
        "destination_v4": 0xC6336442,
        "destination_v6": None,
        "destination_port": 443,
        "protocol": "tcp",
        "bytes": None,
    }
    assert (second["source_v4"], second["source_v6"]) == (None, "2001:db8::5")
    assert second["end_us"] == second["time_us"]


def test_a_dns_log_becomes_questions_and_one_without_a_name_is_kept() -> None:
    reading = traffic.read(DNS, "dns.log")
    assert reading.kind is Kind.DNS
    assert reading.table["query"].to_pylist() == ["evil.example", None]


ANSWERED = (
    b"#path\tdns\n#fields\tts\tid.orig_h\tquery\tqtype_name\tanswers\n"
    b"1713571200.5\t10.0.0.5\tcdn.example.org\tA\tEdge.Evil.Example.,b.example.net,198.51.100.66\n"
    b"1713571201.5\t10.0.0.5\twww.example.org\tAAAA\t2001:db8::1\n"
    b"1713571202.5\t10.0.0.5\t66.100.51.198.in-addr.arpa\tPTR\tevil.example\n"
    b"1713571203.5\t10.0.0.5\texample.org\tMX\tevil.example\n"
    b"1713571204.5\t10.0.0.5\t66.100.51.198.in-addr.arpa\t-\tevil.example\n"
    b"1713571205.5\t10.0.0.5\tx.example.org\tA\t-\n"
)


def test_the_names_that_an_answer_led_to_are_kept_of_questions_for_an_address() -> None:
    reading = traffic.read(ANSWERED, "dns.log")
    assert reading.rejects == []
    assert reading.table["aliases"].to_pylist() == ["edge.evil.example b.example.net", *[None] * 5]


def test_answers_in_json_are_read_alike() -> None:
    names = ("ts", "id.orig_h", "query", "qtype_name", "answers")
    rows = [line.split("\t") for line in ANSWERED.decode().splitlines()[2:]]
    records = [
        dict(zip(names, [float(row[0]), *row[1:4], None if row[4] == "-" else row[4].split(",")], strict=True))
        for row in rows
    ]
    odd = {"_path": "dns", "ts": 1713571206, "id.orig_h": "10.0.0.5", "query": "a.b", "qtype_name": 1, "answers": {}}
    content = "\n".join(json.dumps(record) for record in [*records, odd]).encode()
    reading = traffic.read(content, "dns.json", wanted=Kind.DNS)
    assert reading.rejects == []
    told = traffic.read(ANSWERED, "dns.log").table["aliases"].to_pylist()
    assert reading.table["aliases"].to_pylist() == [*told, None]


def test_a_row_with_a_bad_address_or_time_is_a_reject_with_its_line() -> None:
    content = CONN.replace(b"10.0.0.5", b"10.0.0.500").replace(b"1713571201.000000", b"yesterday")
    reading = traffic.read(content, "conn.log")
    assert reading.table.num_rows == 0
    assert [(r.line, r.column) for r in reading.rejects] == [(8, "source_address"), (9, "time_utc")]
    assert "10.0.0.500" in reading.rejects[0].raw


def test_a_cut_off_last_row_is_a_reject() -> None:
    reading = traffic.read(CONN.partition(b"#close")[0][:-20], "conn.log")
    assert reading.table.num_rows == 1
    assert [r.line for r in reading.rejects] == [9]


def test_two_logs_written_one_after_another_are_read_by_their_own_fields() -> None:
    other = b"#path\tconn\n#fields\tts\tid.resp_h\tid.orig_h\n1713571300.0\t198.51.100.66\t10.0.0.9\n"
    reading = traffic.read(CONN + other, "conn.log")
    assert reading.table["source_v4"].to_pylist()[-1] == 0x0A000009
    assert reading.table.num_rows == 3


def test_a_rows_line_number_counts_from_the_files_beginning() -> None:
    other = b"#fields\tts\tid.resp_h\tid.orig_h\nbad\t198.51.100.66\t10.0.0.9\n"
    assert [r.line for r in traffic.read(CONN + other, "conn.log").rejects] == [12]


def test_a_log_without_a_row_has_no_records() -> None:
    assert traffic.read(CONN.partition(b"1713571200")[0], "conn.log").table.num_rows == 0


def test_escaped_bytes_of_a_name_are_read() -> None:
    reading = traffic.read(DNS.replace(b"Evil.Example.", b"evil\\x2eexample"), "dns.log")
    assert reading.table["query"].to_pylist()[0] == "evil.example"


def test_other_logs_of_zeek_are_refused_with_a_hint() -> None:
    with pytest.raises(UnreadableFile, match="takes Zeek conn and dns"):
        traffic.read(CONN.replace(b"#path\tconn", b"#path\thttp"), "http.log")


def record(**fields: object) -> bytes:
    return json.dumps(fields).encode() + b"\n"


def test_json_lines_with_dots_or_underscores_are_the_same() -> None:
    dotted = record(**{"_path": "conn", "ts": 1713571200.5, "id.orig_h": "10.0.0.5", "id.resp_h": "192.0.2.1"})
    flat = record(**{"@stream": "conn", "ts": 1713571200.5, "id_orig_h": "10.0.0.5", "id_resp_h": "192.0.2.1"})
    assert traffic.read(dotted, "x").table.equals(traffic.read(flat, "x").table)


def test_json_without_a_stream_name_is_told_by_its_fields() -> None:
    told = record(**{"ts": "2024-04-20T00:00:00.5Z", "id.orig_h": "10.0.0.5", "query": "a.example", "qtype": 1})
    reading = traffic.read(told, "x")
    assert (reading.kind, reading.table["time_us"].to_pylist()) == (Kind.DNS, [1_713_571_200_500_000])


def test_a_broken_json_line_is_a_reject_and_the_next_is_read() -> None:
    good = record(**{"_path": "conn", "ts": 1713571200, "id.orig_h": "10.0.0.5", "id.resp_h": "192.0.2.1"})
    reading = traffic.read(good + b'{"_path":"conn","ts":17135\n' + good, "x")
    assert reading.table.num_rows == 2
    assert [r.line for r in reading.rejects] == [2]


def test_a_combined_file_gives_the_kind_that_the_sensor_writes() -> None:
    both = record(**{"_path": "conn", "ts": 1, "id.orig_h": "10.0.0.5", "id.resp_h": "192.0.2.1"})
    both += record(**{"_path": "dns", "ts": 1, "id.orig_h": "10.0.0.5", "query": "a.example"})
    both += record(_path="files", ts=1)
    assert zeek.json_kinds(both) == [Kind.FLOW, Kind.DNS]
    assert traffic.read(both, "x", wanted=Kind.DNS).table.num_rows == 1
    assert traffic.read(gzip.compress(both), "x.gz", wanted=Kind.FLOW).table.num_rows == 1


def test_the_emulated_intrusion_is_read_whole() -> None:
    content = outer_data("feeds/zeek/apt29_day1_combined_zeek.ndjson").read_bytes()
    flows, questions = (traffic.read(content, "x", wanted=kind) for kind in (Kind.FLOW, Kind.DNS))
    assert (flows.table.num_rows, questions.table.num_rows) == (613, 53)
    assert flows.rejects == questions.rejects == []
    assert None not in flows.table["source_v4"].to_pylist() or any(flows.table["source_v6"].to_pylist())


@pytest.mark.parametrize("mark", [".", "_"])
def test_a_connection_with_the_needed_fields_alone_is_a_flow_and_a_question_is_none(mark: str) -> None:
    record = {
        "ts": 1713571200.5,
        "id.orig_h": "10.0.0.5",
        "id.resp_h": "198.51.100.66",
        "id.resp_p": 443,
        "proto": "tcp",
    }
    flat = {name.replace("id.", f"id{mark}"): value for name, value in record.items()}
    reading = traffic.read(json.dumps(flat).encode(), "conn.json")
    assert (reading.kind, reading.table.num_rows, reading.rejects) == (Kind.FLOW, 1, [])
    assert traffic.read(json.dumps(flat | {"query": "a.example"}).encode(), "conn.json").kind is Kind.DNS
    with pytest.raises(UnreadableFile):
        traffic.read(json.dumps(flat | {"proto": 1}).replace('"proto"', '"uri"').encode(), "http.json")
