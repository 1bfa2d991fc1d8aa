import contextlib
import gzip
import io
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from vonggac.errors import LimitExceeded, OtherLog, UnreadableFile
from vonggac.formats import nat_log, traffic
from vonggac.formats.columns import UNREADABLE, split_address, time_us, times_us
from vonggac.formats.limits import Limits
from vonggac.formats.traffic_tables import FOREVER_US, SCHEMAS, Kind, normal_name

HEADER = "time_utc,source_address,source_port,destination_address,destination_port,protocol\n"
ROW = "2024-04-20T00:00:00Z,10.0.0.5,40000,198.51.100.66,443,TCP\n"
MIDNIGHT = 1_713_571_200_000_000


def read(text: str, **options: object) -> traffic.TrafficReading:
    return traffic.read(text.encode(), "log", **options)  # type: ignore[arg-type]


def test_a_flow_csv_is_read_by_its_column_names() -> None:
    swapped = "destination_address,extra,time_utc,source_address\n198.51.100.66,x,2024-04-20T00:00:00Z,10.0.0.5\n"
    reading = read(swapped)
    assert reading.kind is Kind.FLOW
    row = reading.table.to_pylist()[0]
    assert (row["time_us"], row["source_v4"], row["destination_v4"]) == (MIDNIGHT, 0x0A000005, 0xC6336442)
    assert row["source_port"] is None


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found_from_the_header(separator: str) -> None:
    assert read((HEADER + ROW).replace(",", separator)).table.num_rows == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_encoding_of_the_file_does_not_matter(encoding: str) -> None:
    assert traffic.read((HEADER + ROW).encode(encoding), "log").table.num_rows == 1


def test_rows_that_do_not_fit_are_rejects_with_line_and_column_and_the_rest_is_kept() -> None:
    bad_time, bad_address, short = ROW.replace("2024", "20x4"), ROW.replace("10.0.0.5", "10.0.0"), "a,b\n"
    reading = read(HEADER + ROW + bad_time + "\n" + bad_address + short + ROW)
    assert reading.table.num_rows == 2
    assert [(r.line, r.column) for r in reading.rejects] == [(3, "time_utc"), (5, "source_address"), (6, None)]


def test_an_unclosed_quote_swallows_no_other_row() -> None:
    reading = read("time_utc,source_address,query\n" + '2024-04-20T00:00:00Z,10.0.0.5,"a\n' * 2 + "x,10.0.0.5,b\n")
    assert [r.line for r in reading.rejects] == [2, 3, 4]


def test_a_bad_port_is_read_as_unknown_with_a_warning() -> None:
    reading = read(HEADER + ROW.replace("40000", "99999"))
    assert reading.table["source_port"].to_pylist() == [None]
    assert [(w.line, w.column) for w in reading.warnings] == [(2, "source_port")]


def test_a_flow_lasts_until_its_end_or_for_its_duration() -> None:
    names = "time_utc,source_address,destination_address,"
    row = "2024-04-20T00:00:00Z,10.0.0.5,192.0.2.1,"
    assert read(f"{names}end_utc\n{row}2024-04-20T00:00:10Z\n").table["end_us"].to_pylist() == [MIDNIGHT + 10_000_000]
    assert read(f"{names}duration_seconds\n{row}2.5\n").table["end_us"].to_pylist() == [MIDNIGHT + 2_500_000]


def test_parquet_with_real_types_and_with_text_reads_alike() -> None:
    plain = {"source_address": ["10.0.0.5"], "destination_address": ["192.0.2.1"], "source_port": [40_000]}
    moment = datetime(2024, 4, 20, 7, tzinfo=UTC)
    typed = pa.table({"time_utc": pa.array([moment], pa.timestamp("ns", "Asia/Ho_Chi_Minh")), **plain})
    texts = pa.table({"time_utc": ["2024-04-20T07:00:00Z"], **plain})
    readings = []
    for table in (typed, texts):
        buffer = io.BytesIO()
        parquet.write_table(table, buffer)
        readings.append(traffic.read(buffer.getvalue(), "log.parquet").table)
    assert readings[0].equals(readings[1])
    assert readings[0]["time_us"].to_pylist() == [MIDNIGHT + 7 * 3_600_000_000]


@pytest.mark.parametrize("kind", [pa.string(), pa.list_(pa.string())])
def test_answers_in_parquet_are_read_as_text_and_as_lists(kind: pa.DataType) -> None:
    names = ["evil.example", "198.51.100.66"]
    answers = pa.array([names if pa.types.is_list(kind) else ", ".join(names), None], kind)
    columns = {"time_utc": ["2024-04-20T00:00:00Z"] * 2, "source_address": ["10.0.0.5"] * 2, "query": ["a.b", "c.d"]}
    buffer = io.BytesIO()
    parquet.write_table(pa.table({**columns, "answers": answers}), buffer)
    assert traffic.read(buffer.getvalue(), "dns.parquet").table["aliases"].to_pylist() == ["evil.example", None]


def test_a_damaged_parquet_file_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="damaged"):
        traffic.read(b"PAR1 and nothing else", "log.parquet")


def test_a_nat_log_of_intervals_is_read() -> None:
    names = "from_utc,to_utc,public_address,port_from,port_to,inner_address\n"
    rows = "2024-04-20T00:00:00Z,2024-04-20T01:00:00Z,203.0.113.1,1024,2047,10.0.0.5\n"
    rows += "2024-04-20T00:00:00Z,,203.0.113.2,,,10.0.0.6\n"
    rows += "2024-04-20T01:00:00Z,2024-04-20T00:00:00Z,203.0.113.2,,,10.0.0.6\n"
    reading = read(names + rows)
    assert reading.kind is Kind.NAT
    first, second = reading.table.to_pylist()
    assert (first["port_from"], first["port_to"], first["end_us"]) == (1024, 2047, MIDNIGHT + 3_600_000_000)
    assert (second["port_from"], second["port_to"], second["end_us"]) == (0, 65_535, FOREVER_US)
    assert [r.line for r in reading.rejects] == [4]


def test_a_nat_log_of_moments_ends_where_it_begins() -> None:
    row = read("time_utc,public_address,port,inner_address\n2024-04-20T00:00:00Z,203.0.113.1,40000,10.0.0.5\n")
    assert row.kind is Kind.NAT
    first = row.table.to_pylist()[0]
    assert first["time_us"] == first["end_us"] == MIDNIGHT
    assert (first["port_from"], first["port_to"]) == (40_000, 40_000)


def test_a_dhcp_log_is_read_and_a_lease_without_a_host_is_a_reject() -> None:
    rows = "2024-04-20T00:00:00Z,,10.0.0.5, pc-1 \n2024-04-20T00:00:00Z,,10.0.0.6,\n"
    reading = read("from_utc,to_utc,address,host\n" + rows)
    assert reading.kind is Kind.DHCP
    assert reading.table["host"].to_pylist() == ["pc-1"]
    assert [(r.line, r.column) for r in reading.rejects] == [(3, "host")]


def test_an_empty_file_is_an_empty_log_only_for_a_known_sensor() -> None:
    reading = traffic.read(b"", "log", wanted=Kind.DNS)
    assert (reading.kind, reading.table.schema) == (Kind.DNS, SCHEMAS[Kind.DNS])
    with pytest.raises(UnreadableFile):
        traffic.read(b"", "log")


def test_a_log_of_another_kind_than_its_sensor_writes_is_refused() -> None:
    with pytest.raises(OtherLog, match="is a flow log, and its sensor writes a DNS log"):
        read(HEADER + ROW, wanted=Kind.DNS)


NAT_IN_WORDS = (
    "NHẬT KÝ NAT THÁNG 11;;;;\n"
    "Thời gian bắt đầu;Thời gian kết thúc (GMT+7);IP công cộng;Cổng công cộng;IP nội bộ\n"
    "2026-11-28T18:00:00Z;29/11/2026 03:00:00;203.0.113.70;40001;10.20.0.11\n"
    "2026-11-28T18:00:00Z;;203.0.113.70;40002;10.20.0.12\n"
    "bao giờ;;203.0.113.70;40002;10.20.0.12\n"
)


@pytest.mark.parametrize("wanted", [Kind.NAT, None])
def test_a_nat_log_whose_columns_only_their_words_tell_is_read_as_the_matcher_reads_it(wanted: Kind | None) -> None:
    reading = traffic.read(NAT_IN_WORDS.encode(), "nat.csv", wanted=wanted)
    begin, end = (int(datetime(2026, 11, 28, hour, tzinfo=UTC).timestamp()) * 1_000_000 for hour in (18, 20))
    rows = reading.table.to_pylist()
    assert [(row["time_us"], row["end_us"], row["port_from"], row["port_to"]) for row in rows] == [
        (begin, end, 40_001, 40_001),
        (begin, FOREVER_US, 40_002, 40_002),
    ]
    assert [row["inner_v4"] for row in rows] == [int(IPv4Address(f"10.20.0.1{n}")) for n in (1, 2)]
    assert [(reject.line, reject.column) for reject in reading.rejects] == [(5, "from_utc")]
    matched = nat_log.read(NAT_IN_WORDS.encode(), "nat.csv")
    assert len(matched.translations["203.0.113.70"]) == reading.table.num_rows
    assert [reject.line for reject in matched.rejects] == [5]


def test_a_nat_log_in_a_workbook_is_read() -> None:
    book = openpyxl.Workbook()
    for line in NAT_IN_WORDS.splitlines()[1:3]:
        book.active.append(line.split(";"))
    content = io.BytesIO()
    book.save(content)
    assert traffic.read(content.getvalue(), "nat.xlsx", wanted=Kind.NAT).table.num_rows == 1


@pytest.mark.parametrize(
    ("header", "error", "words"),
    [
        (NAT_IN_WORDS, LimitExceeded, "64 MiB .* split it"),
        ("một;hai;ba;bốn;năm\n", UnreadableFile, "no log that the desk reads"),
    ],
)
def test_a_nat_log_known_by_words_alone_is_refused_where_it_is_too_large_for_cells(header, error, words) -> None:
    row = "2026-11-28T18:00:00Z;;203.0.113.70;40002;10.20.0.12\n"
    with pytest.raises(error, match=words):
        traffic.read((header + row * (traffic.TABLE_LIMITS.content_bytes // len(row) + 1)).encode(), "nat.csv")


def test_a_nat_log_that_lacks_a_column_says_which_to_a_nat_sensor() -> None:
    text = "Thời gian;IP công cộng;Cổng\n2026-11-28T18:00:00Z;203.0.113.70;40001\n"
    with pytest.raises(UnreadableFile, match="no column says inner_address"):
        traffic.read(text.encode(), "nat.csv", wanted=Kind.NAT)
    with pytest.raises(UnreadableFile, match="no log that the desk reads"):
        traffic.read(text.encode(), "nat.csv", wanted=Kind.FLOW)


def test_a_nat_log_for_a_flow_sensor_is_a_log_of_another_kind() -> None:
    with pytest.raises(OtherLog, match="is a NAT log, and its sensor writes a flow log"):
        traffic.read(NAT_IN_WORDS.encode(), "nat.csv", wanted=Kind.FLOW)


def test_a_file_over_the_limits_is_refused() -> None:
    with pytest.raises(LimitExceeded):
        read(HEADER + ROW * 3, limits=Limits(rows=2))
    with pytest.raises(LimitExceeded):
        read(HEADER + ROW * 3, limits=Limits(content_bytes=10))


def test_a_gzip_bomb_is_refused_and_a_cut_off_one_too() -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    with pytest.raises(LimitExceeded):
        traffic.read(bomb, "log.gz")
    with pytest.raises(UnreadableFile):
        traffic.read(gzip.compress((HEADER + ROW * 50).encode())[:-20], "log.gz")


def test_a_file_that_was_refused_can_be_kept_as_unreadable() -> None:
    reading = traffic.unreadable(Kind.FLOW, "cut off")
    assert (reading.table.num_rows, [r.line for r in reading.rejects]) == (0, [0])


SYSLOG = (
    "fw kernel: [12.3] BLOCK IN=eth0 OUT=eth1 SRC=10.0.0.5 DST=198.51.100.66 LEN=60 TTL=63 PROTO=TCP SPT=40000 DPT=443"
)


def test_firewall_lines_are_flows_and_other_programs_lines_are_passed_over() -> None:
    text = f"2024-04-20T00:00:00Z {SYSLOG}\n2024-04-20T00:00:01Z fw sshd[1]: hello\n"
    text += f"<4>1 2024-04-20T07:00:00+07:00 {SYSLOG}\n"
    reading = read(text)
    assert reading.kind is Kind.FLOW
    assert reading.rejects == []
    assert reading.table["time_us"].to_pylist() == [MIDNIGHT, MIDNIGHT]
    assert reading.table["destination_port"].to_pylist() == [443, 443]


@pytest.mark.parametrize("cut", ["SRC=10.0.0.5", "DST=198.51.100.6", "LEN="])
def test_a_firewall_line_that_is_cut_off_is_a_reject(cut: str) -> None:
    torn = SYSLOG[: SYSLOG.index(cut) + len(cut)]
    reading = traffic.read(f"2024-04-20T00:00:00Z {SYSLOG}\n2024-04-20T00:00:01Z {torn}".encode(), "fw.log")
    assert reading.table.num_rows == 1
    assert [reject.line for reject in reading.rejects] == [2]


def test_a_syslog_time_without_a_year_takes_the_one_before_the_receipt() -> None:
    text = f"Apr 20 00:00:00 {SYSLOG}\nDec 31 23:00:00 {SYSLOG}\n"
    reading = read(text, received_utc=datetime(2024, 4, 21, tzinfo=UTC))
    assert reading.table["time_us"].to_pylist() == [
        MIDNIGHT,
        int(datetime(2023, 12, 31, 23, tzinfo=UTC).timestamp()) * 1_000_000,
    ]
    assert len(read(text).rejects) == 2


def test_the_ports_quoted_in_an_icmp_error_are_not_the_packets_own() -> None:
    text = (
        "2024-04-20T00:00:00Z fw kernel: SRC=10.0.0.5 DST=192.0.2.1 LEN=90 PROTO=ICMP TYPE=3 CODE=1 "
        "[SRC=192.0.2.1 DST=10.0.0.5 PROTO=UDP SPT=53 DPT=999]\n"
    )
    row = read(text).table.to_pylist()[0]
    assert (row["protocol"], row["source_port"]) == ("icmp", None)


@given(st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(9999, 1, 1)))  # noqa: DTZ001 — made UTC below
def test_a_time_reads_the_same_alone_and_in_a_column(naive: datetime) -> None:
    text = naive.replace(tzinfo=UTC).isoformat()
    expected = time_us(text)
    assert times_us(pa.array([text])).tolist() == [expected]
    assert times_us(pa.array([text, "no time"])).tolist() == [expected, UNREADABLE]


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_a_number(address: IPv4Address) -> None:
    assert split_address(f" {address} ") == (int(address), None)


@given(st.ip_addresses(v=6).filter(lambda address: address.ipv4_mapped is None))
def test_an_ipv6_address_is_its_canonical_text(address: IPv6Address) -> None:
    assert split_address(address.exploded.upper()) == (None, str(address))
    assert split_address(f"[{address}]") == (None, str(address))


def test_an_address_wrapped_in_ipv6_is_the_ipv4_one() -> None:
    assert split_address("::ffff:192.0.2.1") == (0xC0000201, None)
    assert split_address("192.0.2.01") == (None, None)


def test_names_are_compared_in_lower_case_without_dot_in_ascii() -> None:
    assert normal_name(" Máy.Example. ") == "xn--my-mia.example"
    assert normal_name("A.B") == "a.b"


@given(st.binary(max_size=300))
def test_random_bytes_are_refused_or_read_and_nothing_else(content: bytes) -> None:
    with contextlib.suppress(UnreadableFile, LimitExceeded):
        assert traffic.read(content, "log").kind in Kind


@given(st.binary(max_size=200).filter(lambda body: not body.startswith(b"\n")))
def test_random_rows_under_a_header_become_records_or_rejects(body: bytes) -> None:
    reading = traffic.read(HEADER.encode() + ROW.encode() + body, "log")
    assert reading.kind is Kind.FLOW


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("https://Evil.Example/x?y=1", "evil.example"), ("http://u:p@evil.example:8080", "evil.example"),
        ("evil.example:53", "evil.example"), ("evil.example/", "evil.example"),
        ("(4)evil(7)example(0)", "evil.example"),
        ("(2)xn(8)--en-pma(7)example(0)", "xn.--en-pma.example"), ("*.evil.example", "*.evil.example"),
        ("_ldap._tcp.dc._msdcs.hv.example.", "_ldap._tcp.dc._msdcs.hv.example"),
        ("Máy in (2)._ipp.local", "máy in (2)._ipp.local"),
        ("wpad", "wpad"), ("5.0.0.10.in-addr.arpa", "5.0.0.10.in-addr.arpa"),
    ],
)  # fmt: skip
def test_a_question_is_for_the_name_however_the_log_writes_it(cell: str, name: str) -> None:
    reading = read(f'time_utc,source_address,query\n2024-04-20T00:00:00Z,10.0.0.5,"{cell}"\n')
    assert (reading.table["query"].to_pylist(), reading.rejects) == ([normal_name(name)], [])


@pytest.mark.parametrize(
    "cell", ["evil|example.net", "A evil.example", "evil..example", ".evil.example", "evil,a.example"]
)
def test_a_question_for_what_is_no_name_is_a_reject(cell: str) -> None:
    reading = read(
        f'time_utc,source_address,query\n2024-04-20T00:00:00Z,10.0.0.5,"{cell}"\n2024-04-20T00:00:00Z,10.0.0.5,\n'
    )
    assert [(one.line, one.column) for one in reading.rejects] == [(2, "query")]
    assert reading.table["query"].to_pylist() == [None]
