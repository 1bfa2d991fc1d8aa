import io
import json

import numpy as np
import openpyxl
import pytest

from tests.outer_data import outer_data
from vonggac.errors import InputError, MappingNeeded
from vonggac.formats import botnet_columns, botnet_list, nat_log, times
from vonggac.formats.botnet_columns import Mapping
from vonggac.formats.botnet_list import ListReading, ListRow


def read(text: str, mapping: Mapping | None = None, filename: str = "list.csv") -> ListReading:
    return botnet_list.read(text.encode(), filename, mapping)


def only_row(text: str) -> ListRow:
    rows = list(read(text).rows.records())
    assert len(rows) == 1
    return rows[0]


def utc(seconds: int | None) -> str | None:
    return times.format_utc(np.array([times.NO_TIME if seconds is None else seconds], np.int64))[0]


def workbook(*sheets: tuple[str, list[list[object]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_the_old_headers_of_a_drone_report_are_read() -> None:
    row = only_row(
        "timestamp,ip,asn,geo,url,type,http_agent,src_port,hostname,dst_port,http_host,dst_ip\n"
        "2018-03-25 00:00:07,192.0.2.7,64500,VN,GET /,b68-zeroaccess,,50123,h.example,80,c2.example.org,198.51.100.9\n"
    )
    assert (row.line, row.address, row.family, row.port) == (2, "192.0.2.7", "b68-zeroaccess", 50123)
    assert (row.destination_address, row.destination_host) == ("198.51.100.9", "c2.example.org")
    assert utc(row.first_seen_seconds) == utc(row.last_seen_seconds) == "2018-03-25T00:00:07Z"


def test_the_new_headers_of_a_sinkhole_event_are_read_in_any_order() -> None:
    row = only_row(
        '"src_ip","timestamp","protocol","src_port","dst_ip","dst_port","infection","family","tag"\n'
        '"2001:DB8::7","2024-04-17 01:02:03","TCP",40000,"198.51.100.9",443,"andromeda-b66","","x"\n'
    )
    assert (row.address, row.family, row.protocol, row.port) == ("2001:db8::7", "andromeda-b66", "tcp", 40000)


def test_a_vietnamese_sheet_with_a_title_is_read() -> None:
    content = workbook(
        (
            "Danh sách",
            [
                ["DANH SÁCH ĐỊA CHỈ IP NHIỄM MÃ ĐỘC"],
                [],
                ["STT", "Địa chỉ IP", "Tên mã độc", "Thời gian", "Số lần", "Máy chủ điều khiển", "Đơn vị"],
                [1, "192.0.2.7", "downadup", "31/1/2018 12:21 PM", 3, "c2[.]example[.]org", "Sở Y tế"],
                [2, "192[.]0[.]2[.]8", "", "1/2/2018 01:00 AM", 1, "198.51.100.4", "Sở Y tế"],
            ],
        )
    )
    reading = botnet_list.read(content, "danh-sach.xlsx")
    first, second = reading.rows.records()
    assert (first.line, first.address, first.family, first.count) == (4, "192.0.2.7", "downadup", 3)
    assert (first.destination_host, first.destination_address) == ("c2.example.org", None)
    assert utc(first.first_seen_seconds) == "2018-01-31T12:21:00Z"
    assert (second.address, second.family, second.destination_address) == ("192.0.2.8", None, "198.51.100.4")
    assert utc(second.first_seen_seconds) == "2018-02-01T01:00:00Z"
    assert (reading.rejects, reading.warnings) == ([], [])


def test_the_workbook_of_the_coordination_centre_is_read_by_its_own_column_names() -> None:
    header = [
        "C&C Bonet: AttackerIP (tại VN bị nhiễm)",
        "NetwordName",
        "LocalIP",
        "LocalTCPPort",
        "AttankOn",
        "IP",
        "ISP",
    ]
    content = workbook(
        ("Phishing", [["LINK", "ĐÍCH GIẢ MẠO"], ["http://x.example/", "bank"]]),
        ("C&C", [header, ["192.0.2.7", "NET", "198.51.100.1", 80, "31/1/2018 12:21 PM", "", "ISP"]]),
    )
    reading = botnet_list.read(content, "vncert.xlsx")
    (row,) = reading.rows.records()
    assert (row.address, row.destination_address, row.port) == ("192.0.2.7", "198.51.100.1", None)
    assert utc(row.first_seen_seconds) == "2018-01-31T12:21:00Z"
    assert reading.mapping.sheet == "C&C"
    assert [warning.column for warning in reading.warnings] == ["Phishing"]


def test_a_plain_list_with_comments_and_remarks_is_read() -> None:
    reading = read(
        "# bad addresses\n192.0.2.1\n\n192.0.2.2 seen twice\n198.51.100.3:8080\nnonsense\n", filename="a.txt"
    )
    assert [(row.line, row.address, row.port) for row in reading.rows.records()] == [
        (2, "192.0.2.1", None),
        (4, "192.0.2.2", None),
        (5, "198.51.100.3", 8080),
    ]
    assert [(one.line, one.raw) for one in reading.rejects] == [(6, "nonsense")]
    assert reading.rows_read == 4


def test_a_column_of_numbers_without_a_name_is_a_count_and_said_so() -> None:
    reading = read("192.0.2.1\t10\n192.0.2.2\t3\n", filename="a.tsv")
    assert reading.rows.count.tolist() == [10, 3]
    assert "counts" in reading.warnings[0].reason


def test_a_row_with_an_unreadable_address_is_a_reject_that_names_line_column_and_text() -> None:
    reading = read("ip,tag\n192.0.2.1,a\n192.0.2.999,b\n,c\n192.0.2.0/24,d\n")
    assert len(reading.rows) == 1
    assert [(one.line, one.column, one.raw) for one in reading.rejects] == [
        (3, "ip", "192.0.2.999,b"),
        (4, "ip", ",c"),
        (5, "ip", "192.0.2.0/24,d"),
    ]
    assert [one.reason for one in reading.rejects][1:] == ["the row has no address", "is a network, not one address"]
    assert reading.rows_read == 4


def test_a_row_with_another_unreadable_field_is_kept_with_a_warning() -> None:
    reading = read(
        "ip,timestamp,src_port,dst_ip,count\n192.0.2.1,yesterday,70000,???,many\n192.0.2.2,2024-04-17,1,,2\n"
    )
    first = next(reading.rows.records())
    assert (first.port, first.first_seen_seconds, first.destination_address, first.count) == (None, None, None, 1)
    assert {(one.line, one.column, one.raw) for one in reading.warnings} == {
        (2, "timestamp", "yesterday"),
        (2, "src_port", "70000"),
        (2, "dst_ip", "???"),
        (2, "count", "many"),
    }


def test_a_report_type_nobody_knows_is_read_as_long_as_a_column_holds_addresses() -> None:
    row = only_row("what,strange_thing,n\nx,192.0.2.1,4\n")
    assert (row.address, row.family) == ("192.0.2.1", None)


def test_a_list_without_addresses_asks_for_a_mapping() -> None:
    with pytest.raises(MappingNeeded, match="name, phone"):
        read("name,phone\nsomebody,12\n")
    with pytest.raises(MappingNeeded, match="not in the list"):
        read("ip\n192.0.2.1\n", Mapping({"address": ("nowhere",)}))


def test_a_mapping_is_shown_corrected_and_used_again() -> None:
    text = "ip,seen_by,timestamp\n192.0.2.1,198.51.100.1,2024-04-17 07:00:00\n"
    shown = json.loads(json.dumps(read(text).mapping.to_json()))
    assert shown["columns"]["address"] == ["ip"]
    shown["columns"]["address"] = "seen_by"
    shown["time_zone"] = "Asia/Ho_Chi_Minh"
    corrected = botnet_columns.from_json(shown)
    (row,) = read(text, corrected).rows.records()
    assert row.address == "198.51.100.1"
    assert utc(row.first_seen_seconds) == "2024-04-17T00:00:00Z"
    assert botnet_columns.from_json(corrected.to_json()) == corrected


@pytest.mark.parametrize(
    "wrong",
    [[], {}, {"columns": {"colour": ["x"]}}, {"columns": {"address": 5}}, {"columns": {}, "time_zone": "Mars"},
     {"columns": {}, "day_first": "yes"}, {"columns": {}, "sheet": 4}],
)  # fmt: skip
def test_a_wrong_mapping_is_refused_with_the_reason(wrong: object) -> None:
    with pytest.raises(InputError):
        botnet_columns.from_json(wrong)


def test_an_empty_list_has_no_rows() -> None:
    assert len(read("").rows) == 0
    assert read("ip,timestamp\n").rows_read == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-03-04 00:00:01", "2021-03-04T00:00:01Z"),
        ("2021-03-04T00:00:01Z", "2021-03-04T00:00:01Z"),
        ("2021-03-04T07:00:01+07:00", "2021-03-04T00:00:01Z"),
        ("2021-03-04 00:00:01.527 UTC", "2021-03-04T00:00:01Z"),
        ("2021-03-04", "2021-03-04T00:00:00Z"),
        ("3/25/2018 0:00", "2018-03-25T00:00:00Z"),
        ("31/1/2018 12:21 PM", "2018-01-31T12:21:00Z"),
        ("31/1/2018 12:21 SA", "2018-01-31T00:21:00Z"),
        ("12:21 31/1/2018", "2018-01-31T12:21:00Z"),
        ("43184.5", "2018-03-25T12:00:00Z"),
        ("1521936000", "2018-03-25T00:00:00Z"),
        ("1521936000123", "2018-03-25T00:00:00Z"),
        ("20180325", "2018-03-25T00:00:00Z"),
        ("Thu, 19 Apr 2018 02:02:28 GMT", "2018-04-19T02:02:28Z"),
    ],
)
def test_a_time_is_read_in_every_form_that_reports_use(text: str, expected: str) -> None:
    assert times.format_utc(times.read_column([text]).seconds) == [expected]


@pytest.mark.parametrize("text", ["soon", "32/1/2018", "2021-02-30 00:00:00", "2021-13-01 00:00:00", "12", "25:00"])
def test_what_is_no_time_is_unreadable(text: str) -> None:
    column = times.read_column([text, ""])
    assert column.unreadable == [0]
    assert column.seconds.tolist() == [times.NO_TIME, times.NO_TIME]


def test_one_date_over_twelve_decides_the_order_of_its_whole_column() -> None:
    us = times.read_column(["3/4/2018 0:00", "3/25/2018 0:00"])
    assert times.format_utc(us.seconds) == ["2018-03-04T00:00:00Z", "2018-03-25T00:00:00Z"]
    assert (us.day_first, us.is_ambiguous) == (False, False)


def test_an_undecided_order_falls_back_to_the_sender_and_warns() -> None:
    assert utc(only_row("ip,Thời gian\n192.0.2.1,3/4/2018 0:00\n").first_seen_seconds) == "2018-04-03T00:00:00Z"
    shadowserver = read("timestamp,ip,asn\n3/4/2018 0:00,192.0.2.1,64500\n")
    assert utc(next(shadowserver.rows.records()).first_seen_seconds) == "2018-03-04T00:00:00Z"
    assert "month first" in shadowserver.warnings[0].reason
    told = read("ip,time\n192.0.2.1,3/4/2018\n", Mapping({"address": ("ip",), "time": ("time",)}, day_first=False))
    assert utc(next(told.rows.records()).first_seen_seconds) == "2018-03-04T00:00:00Z"
    assert told.warnings == []


@pytest.mark.parametrize("column", ["Lúc thấy", "Lúc phát hiện", "luc_thay"])
def test_a_column_of_moments_is_known_by_its_vietnamese_name(column: str) -> None:
    assert utc(only_row(f"ip,{column}\n192.0.2.1,2026-04-19 07:00:00\n").last_seen_seconds) == "2026-04-19T07:00:00Z"


@pytest.mark.parametrize(
    ("cell", "is_told"),
    [
        ("2026-04-19 07:00", True),
        ("19/4/2026", True),
        ("07:00 19/04/2026", True),
        ("192.0.2.1", False),
        ("40001", False),
    ],
)
def test_a_column_that_looks_like_times_and_is_not_read_is_told(cell: str, is_told: bool) -> None:
    reading = read(f"ip,note\n192.0.2.1,{cell}\n")
    assert reading.unread_columns == ("note",)
    assert (
        bool([one for one in reading.warnings if one.column == "note" and "looks like times" in one.reason]) is is_told
    )


def test_contradicting_orders_are_read_each_by_itself_with_a_warning() -> None:
    reading = read("ip,time\n192.0.2.1,31/1/2018\n192.0.2.2,1/31/2018\n")
    assert {utc(row.first_seen_seconds) for row in reading.rows.records()} == {"2018-01-31T00:00:00Z"}
    assert "both orders" in reading.warnings[0].reason


NAT = "from_utc,to_utc,public_address,port_from,port_to,inner_address\n"


def test_the_nat_log_tells_the_inner_host_of_an_address_port_and_time() -> None:
    log = nat_log.read(
        (
            NAT
            + "2024-04-17T00:00:00Z,2024-04-17T01:00:00Z,192.0.2.1,1000,1999,10.0.0.5\n"
            + "2024-04-17T00:00:00Z,,192.0.2.1,2000,2999,10.0.0.6\n"
            + "2024-04-17T00:00:00Z,,192.0.2.2,,,10.0.0.7\n"
            + "2024-04-17T00:00:00Z,,192.0.2.9,x,,10.0.0.7\n"
        ).encode(),
        "nat.csv",
    )
    at = int(np.datetime64("2024-04-17T00:30:00").astype("datetime64[s]").astype(int))
    assert log.inner_host("192.0.2.1", 1500, at) == "10.0.0.5"
    assert log.inner_host("192.0.2.1", 1500, at + 1800) is None
    assert log.inner_host("192.0.2.1", 2500, at + 10**7) == "10.0.0.6"
    assert log.inner_host("192.0.2.1", None, at) is None
    assert log.inner_host("192.0.2.1", 1500, None) is None
    assert log.inner_host("192.0.2.2", None, at) == "10.0.0.7"
    assert log.inner_host("203.0.113.1", 1500, at) is None
    assert [(one.line, one.column) for one in log.rejects] == [(5, "port")]


def test_a_nat_log_of_moments_speaks_for_a_minute_and_not_when_it_tells_two_hosts() -> None:
    log = nat_log.read(
        b"time_utc,public_address,port,inner_address\n"
        b"2024-04-17T00:00:00Z,192.0.2.1,1000,10.0.0.5\n2024-04-17T00:01:30Z,192.0.2.1,1000,10.0.0.6\n",
        "nat.csv",
    )
    at = int(np.datetime64("2024-04-17T00:00:00").astype("datetime64[s]").astype(int))
    assert log.inner_host("192.0.2.1", 1000, at + 20) == "10.0.0.5"
    assert log.inner_host("192.0.2.1", 1000, at + 45) is None
    assert log.inner_host("192.0.2.1", 1000, at + 300) is None


def test_what_is_no_nat_log_is_refused() -> None:
    with pytest.raises(MappingNeeded, match="NAT log"):
        nat_log.read(b"a,b\n1,2\n", "nat.csv")


def test_every_shadowserver_sample_is_read() -> None:
    folder = outer_data("feeds/shadowserver")
    rejects = {}
    for path in sorted(folder.glob("*.csv")):
        reading = botnet_list.read(path.read_bytes(), path.name)
        assert len(reading.rows) >= 2, path.name
        assert (reading.rows.first_seen != times.NO_TIME).all(), path.name
        rejects[path.name] = [one.line for one in reading.rejects]
    assert {name: lines for name, lines in rejects.items() if lines} == {"blocklist.csv": [4]}


def test_every_header_of_2018_is_understood() -> None:
    values = {"timestamp": "3/25/2018 0:00", "ip": "192.0.2.7", "src_ip": "2001:db8::7", "type": "x", "tag": "y"}
    for line in outer_data("specs/shadowserver_2018_headers.txt").read_text().splitlines():
        name, _, header = line.partition(": ")
        columns = header.replace('"', "").split(",")
        reading = read(header + "\n" + ",".join(values.get(column, "") for column in columns) + "\n")
        (row,) = reading.rows.records()
        assert row.address in ("192.0.2.7", "2001:db8::7"), name
        assert utc(row.first_seen_seconds) == "2018-03-25T00:00:00Z", name
        assert row.family == ("x" if "type" in columns else "y" if "tag" in columns else None), name


def test_a_national_list_of_plain_addresses_is_read_whole() -> None:
    path = outer_data("feeds/ipsum.txt")
    reading = botnet_list.read(path.read_bytes(), path.name)
    assert (len(reading.rows), len(reading.rejects)) == (120_430, 0)
    assert next(reading.rows.records()).line == 8


def addresses_of(reading):
    return [record.address for record in reading.rows.records()]


@pytest.mark.parametrize("names", ["ipv4,ipv6", "ip,ipv6", "src_ipv4,src_ipv6", "Địa chỉ IP,Địa chỉ IPv6"])
def test_a_row_with_an_address_of_each_family_is_kept_once_for_each(names):
    text = f"timestamp,{names},tag\n2024-04-17 00:00:00,203.0.113.5,2001:db8::5,m\n2024-04-17 00:00:00,,2001:db8::6,n\n"
    reading = botnet_list.read(text.encode(), "list.csv")
    assert addresses_of(reading) == ["203.0.113.5", "2001:db8::5", "2001:db8::6"]
    assert [record.family for record in reading.rows.records()] == ["m", "m", "n"]
    assert [record.line for record in reading.rows.records()] == [2, 2, 3]
    assert (reading.rows_read, reading.rejects, reading.warnings) == (2, [], [])


def test_a_second_cell_that_holds_no_address_is_a_warning_and_a_row_without_any_a_reject():
    text = "ipv4,ipv6,tag\n203.0.113.5,nonsense,m\n-,,m\nx,y,m\n203.0.113.6,203.0.113.6,m\n"
    reading = botnet_list.read(text.encode(), "list.csv")
    assert addresses_of(reading) == ["203.0.113.5", "203.0.113.6"]
    assert [(warning.line, warning.raw) for warning in reading.warnings] == [(2, "nonsense")]
    assert [reject.line for reject in reading.rejects] == [3, 4]
    assert reading.rows_read == 4


def test_a_header_that_repeats_a_name_is_said_and_each_of_its_columns_read():
    text = (
        "ip,ip,timestamp,timestamp\n,203.0.113.6,2024-04-01 00:00:00,2024-04-03 00:00:00\n"
        "203.0.113.5,203.0.113.7,,2024-04-03 00:00:00\n"
    )
    reading = botnet_list.read(text.encode(), "list.csv")
    assert addresses_of(reading) == ["203.0.113.6", "203.0.113.5", "203.0.113.7"]
    assert [record.first_seen_seconds for record in reading.rows.records()] == [1711929600, 1712102400, 1712102400]
    assert [(warning.line, warning.column) for warning in reading.warnings] == [(1, "ip"), (1, "timestamp")]


@pytest.mark.parametrize("odd", [b"\xff", b"\xd0", b"\xa0", b"\xff\xfe"])
def test_an_odd_byte_leaves_a_utf_8_list_what_it_is_and_is_said(odd):
    content = "Địa chỉ IP,Tên mã độc\n203.0.113.5,Mã độc\n203.0.113.6,zeus".encode() + odd + b"\n"
    reading = botnet_list.read(content, "list.csv")
    assert next(reading.rows.records()).family == "Mã độc"
    assert [(warning.line, "UTF-8" in warning.reason) for warning in reading.warnings] == [(3, True)]


@pytest.mark.parametrize(
    ("printed", "address", "port"),
    [
        ("http://203.0.113.11/", "203.0.113.11", None),
        ("hxxp://203[.]0[.]113[.]11/a.php?x=1", "203.0.113.11", None),
        ("https://203.0.113.11:8443/", "203.0.113.11", 8443),
        ("http://[2001:db8::1]/", "2001:db8::1", None),
    ],
)
def test_an_address_written_as_a_link_is_that_address(printed, address, port):
    reading = botnet_list.read(f"ip,tag\n{printed},m\n203.0.113.9,m\n".encode(), "list.csv")
    first = next(reading.rows.records())
    assert (first.address, first.port) == (address, port)


@pytest.mark.parametrize(
    ("printed", "reason"),
    [
        ("203.0.113.0/24", "is a network, not one address"),
        ("2001:db8::/32", "is a network, not one address"),
        ("http://evil.example/", "is not an IPv4 or IPv6 address"),
        ("n/k", "is not an IPv4 or IPv6 address"),
    ],
)
def test_a_reject_says_what_its_cell_is(printed, reason):
    reading = botnet_list.read(f"ip,tag\n{printed},m\n203.0.113.9,m\n".encode(), "list.csv")
    assert [reject.reason for reject in reading.rejects] == [reason]


@pytest.mark.parametrize(
    "line", ["203.0.113.6 # zeus", "203.0.113.6#zeus", "203.0.113.6\tzeus", "203.0.113.6 zeus, mirai"]
)
def test_a_remark_in_a_plain_list_costs_nothing_where_one_line_has_a_comma(line):
    reading = botnet_list.read(f"203.0.113.5\n{line}\n203.0.113.7,zeus\n2001:db8::1\n".encode(), "plain.txt")
    assert addresses_of(reading) == ["203.0.113.5", "203.0.113.6", "203.0.113.7", "2001:db8::1"]
    assert reading.rejects == []


REPORTS = {
    "new": "timestamp,src_ip,src_port,dst_ip,tag\n{time},203.0.113.5,40000,198.51.100.9,mirai\n",
    "old": "timestamp,ip,port,asn,infection,cc\n{time},203.0.113.5,40000,64500,mirai,198.51.100.9\n",
    "Vietnamese": "STT;Địa chỉ IP;Thời gian;Mã độc;IP C&C;Cổng nguồn\n1;203.0.113.5;{time};mirai;198.51.100.9;40000\n",
}


@pytest.mark.parametrize("before", REPORTS)
@pytest.mark.parametrize("now", REPORTS)
def test_a_sender_may_change_the_headers_from_one_list_to_the_next(before: str, now: str) -> None:
    first = read(REPORTS[before].format(time="2024-04-15 00:00:00")).mapping
    remembered = Mapping(first.columns, time_zone="Asia/Ho_Chi_Minh")
    content = REPORTS[now].format(time="2024-04-22 07:00:00").encode()
    reading = botnet_list.read(content, "l.csv", remembered=remembered)
    [row] = reading.rows.records()
    assert (row.address, row.family, row.port) == ("203.0.113.5", "mirai", 40000)
    assert row.destination_address == "198.51.100.9"
    assert utc(row.last_seen_seconds) == "2024-04-22T00:00:00Z"
    said = [one for one in reading.warnings if "guessed anew" in one.reason]
    assert [(one.line, first.columns["address"][0] in one.raw) for one in said] == [(1, True)] * (before != now)


def test_a_mapping_given_for_this_list_has_to_fit_it() -> None:
    with pytest.raises(MappingNeeded, match="src_ip"):
        read(REPORTS["old"].format(time="2024-04-15"), Mapping({"address": ("src_ip",)}))


def test_a_list_that_fits_no_mapping_and_no_name_is_refused_though_one_is_remembered() -> None:
    with pytest.raises(MappingNeeded, match="no column holds addresses"):
        botnet_list.read(b"may,nguoi\nalpha,An\n", "l.csv", remembered=Mapping({"address": ("ip",)}))


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("AttackerIP (tại VN bị nhiễm),NetwordName,LocalIP,LocalTCPPort,AttankOn,IP,ISP", 0),
        ("IP,IP bị nhiễm,LocalIP,Cổng,Thời gian,Địa chỉ,Ghi chú", 1),
        ("IP C&C (ngoài VN),Địa chỉ IP,IP đích,Cổng,Thời gian,Tên,Ghi chú", 1),
        ("IP đích public,NetwordName,LocalIP,LocalTCPPort,AttankOn,IP,ISP", 5),
    ],
)
def test_the_column_that_says_whose_addresses_it_holds_goes_before_a_bare_ip(header: str, address: int) -> None:
    cells = ["198.51.100.9", "198.51.100.8", "198.51.100.7", "80", "31/1/2018", "198.51.100.6", "x"]
    cells[address] = "203.0.113.5"
    assert only_row(f"{header}\n{','.join(cells)}\n").address == "203.0.113.5"


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        *((header, "198.51.100.9") for header in ("Kết nối đến", "IP kết nối tới", "dst", "Destination", "Máy chủ C2")),
        *((header, "c2.example") for header in ("Domain độc hại", "Tên miền độc hại", "URL độc hại", "Domain C&C")),
    ],
)
def test_the_columns_that_offices_name_for_the_c2_are_found(header: str, cell: str) -> None:
    row = only_row(f"STT,Thời gian,Địa chỉ IP,Mã độc,{header}\n1,2024-04-15 00:00:00,203.0.113.5,mirai,{cell}\n")
    assert (row.address, row.family, row.count) == ("203.0.113.5", "mirai", 1)
    assert cell in (row.destination_address, row.destination_host)


def test_a_note_that_is_too_long_leaves_its_row() -> None:
    reading = read(f'ip,timestamp,type,note\n203.0.113.5,2024-04-15,mirai,"{"x" * 300_000}"\n203.0.113.6,,,\n')
    assert [(row.line, row.address) for row in reading.rows.records()] == [(2, "203.0.113.5"), (3, "203.0.113.6")]
    assert reading.rejects == []
    assert [(one.line, one.column) for one in reading.warnings] == [(2, "note")]


@pytest.mark.parametrize("mark", ["- ", "-", "* ", "• ", "+ ", "1. ", "12) ", ""])
@pytest.mark.parametrize("address", ["203.0.113.7", "2001:db8::7"])
@pytest.mark.parametrize("end", ["", ";", ",", "  # máy kế toán", "; máy kế toán"])
def test_bullets_numbers_and_remarks_stand_around_the_addresses_of_a_plain_list(
    mark: str, address: str, end: str
) -> None:
    reading = read(f"{mark}{address}{end}\n" * 3, filename="list.txt")
    assert [row.address for row in reading.rows.records()] == [address] * 3
    assert reading.rejects == []


def test_a_network_behind_a_bullet_stays_a_network() -> None:
    [reject] = read("- 203.0.113.7\n- 203.0.113.0/24\n", filename="list.txt").rejects
    assert reject.line == 2


def test_words_of_a_column_without_a_name_are_left_out_aloud() -> None:
    reading = read("203.0.113.5,2024-04-15,mirai\n203.0.113.6,2024-04-16,mirai\n")
    assert [(one.column, "is not read" in one.reason) for one in reading.warnings] == [("3", True)]
    mapped = read("203.0.113.5,2024-04-15,mirai\n", Mapping({"address": ("1",), "time": ("2",), "family": ("3",)}))
    assert [row.family for row in mapped.rows.records()] == ["mirai"]


def test_blank_rows_are_no_rejects_and_no_rows() -> None:
    reading = read("ip,timestamp,type\n,,\n203.0.113.5,2024-04-15,m\n , ,\n")
    assert (reading.rejects, reading.rows_read, len(reading.rows)) == ([], 1, 1)


def test_a_reject_keeps_its_row_as_it_stands_with_its_quotes() -> None:
    lines = [
        "timestamp;ip;note",
        '2024-04-17 08:00:00;"203;0;113;5";"Đã gỡ"',
        "x;203.0.113.6;",
        '"a\nb";203,0,113,7;"c"',
    ]
    rejects = botnet_list.read("\r\n".join(lines).encode("utf-16"), "list.csv").rejects
    assert [(one.line, one.raw) for one in rejects] == [(2, lines[1]), (4, "a\nb;203,0,113,7;c")]


@pytest.mark.parametrize("zone", ["(GMT+7)", "(giờ Việt Nam)", "(UTC+7)", "(ICT)"])
def test_a_zone_that_a_header_names_is_that_of_its_times(zone):
    reading = read(f"IP;Cổng;Thời gian ghi nhận {zone}\n203.0.113.70;40001;29/11/2026 02:00:00\n")
    [row] = reading.rows.records()
    assert utc(row.last_seen_seconds) == "2026-11-28T19:00:00Z"
    assert reading.mapping.time_zone in {"GMT+7", "Asia/Ho_Chi_Minh"}
    own = read(f"IP;Time {zone}\n203.0.113.70;2026-11-29T02:00:00Z\n")
    assert [utc(row.last_seen_seconds) for row in own.rows.records()] == ["2026-11-29T02:00:00Z"]


def test_what_a_mapping_says_of_the_zone_goes_before_the_header():
    text = "IP;Thời gian (GMT+7)\n203.0.113.70;29/11/2026 02:00:00\n"
    said = Mapping({"address": ("IP",), "time": ("Thời gian (GMT+7)",)}, time_zone="UTC")
    [row] = read(text, said).rows.records()
    assert utc(row.last_seen_seconds) == "2026-11-29T02:00:00Z"


@pytest.mark.parametrize(
    ("header", "is_chosen", "seen"),
    [
        ("Luc thay (GMT+7)", False, "2026-11-28T19:00:00Z"),
        ("Luc thay (GMT+7)", True, "2026-11-28T18:00:00Z"),
        ("Luc thay", False, "2026-11-28T18:00:00Z"),
    ],
)
def test_of_columns_with_new_names_the_header_s_zone_counts_before_one_that_nobody_chose(header, is_chosen, seen):
    columns = {"address": ("host",), "time": ("when",)}
    remembered = Mapping(columns, time_zone="GMT+8", zone_is_chosen=is_chosen)
    text = f"IP;{header}\n203.0.113.70;29/11/2026 02:00:00\n"
    reading = botnet_list.read(text.encode(), "a.csv", remembered=remembered)
    assert [utc(row.last_seen_seconds) for row in reading.rows.records()] == [seen]


ZONED = "IP;Thời gian (GMT+7)\n203.0.113.70;29/11/2026 02:00:00\n"
ZONED_COLUMNS = {"address": ["IP"], "time": ["Thời gian (GMT+7)"]}


@pytest.mark.parametrize(
    ("remembered", "seen", "told"),
    [
        # As mappings were kept before: the default says nothing of a choice, another zone was somebody's.
        ({"time_zone": "UTC"}, "2026-11-28T19:00:00Z", "nobody chose UTC"),
        ({"time_zone": "GMT+9"}, "2026-11-28T17:00:00Z", "names GMT+7 and is read in GMT+9, which a person chose"),
        ({"time_zone": "UTC", "zone_is_chosen": True}, "2026-11-29T02:00:00Z", "is read in UTC, which a person chose"),
        ({"time_zone": "GMT+9", "zone_is_chosen": False}, "2026-11-28T19:00:00Z", "nobody chose GMT+9"),
        ({"time_zone": "GMT+7", "zone_is_chosen": False}, "2026-11-28T19:00:00Z", ""),
    ],
)
def test_a_header_s_zone_goes_before_a_remembered_one_that_nobody_chose(remembered, seen, told):
    mapping = botnet_columns.from_json({"columns": ZONED_COLUMNS, **remembered})
    reading = botnet_list.read(ZONED.encode(), "a.csv", remembered=mapping)
    assert [utc(row.last_seen_seconds) for row in reading.rows.records()] == [seen]
    reasons = [warning.reason for warning in reading.warnings if "GMT+7" in warning.reason]
    assert (told in reasons[0]) if told else not reasons
    again = botnet_columns.from_json(reading.mapping.to_json())
    assert again == reading.mapping
    entered = botnet_list.read(ZONED.encode(), "a.csv", again)
    assert [utc(row.last_seen_seconds) for row in entered.rows.records()] == [seen], "read again by its own mapping"


@pytest.mark.parametrize(("zone", "is_chosen"), [("GMT+7", False), ("UTC", True), ("GMT+9", True)])
def test_a_zone_that_a_person_wrote_is_chosen_where_it_is_not_the_list_s_own(zone, is_chosen):
    written = botnet_columns.from_json({"columns": ZONED_COLUMNS, "time_zone": zone, "zone_is_chosen": False})
    assert botnet_columns.by_choice(written).zone_is_chosen is is_chosen


def test_columns_that_name_two_zones_are_told():
    reading = read("IP;First seen (GMT+7);Last seen (UTC)\n203.0.113.70;29/11/2026 02:00:00;29/11/2026 03:00:00\n")
    told = "column Last seen (UTC) names UTC and is read in GMT+7"
    assert told in [warning.reason for warning in reading.warnings]
