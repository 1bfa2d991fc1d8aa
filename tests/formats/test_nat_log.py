"""NAT logs against a clerk who reads every line for every question."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.errors import MappingNeeded
from vonggac.formats import nat_log

INTERVALS = "from_utc,to_utc,public_address,port_from,port_to,inner_address"
MOMENTS = "time_utc,public_address,port,inner_address"
BEGIN = int(datetime(2026, 4, 20, tzinfo=UTC).timestamp())
PUBLIC = ("203.0.113.1", "2001:db8::1")
INNER = ("10.0.0.1", "10.0.0.2", "fd00::1")
STEPS = st.integers(0, 12)
ROWS = st.lists(
    st.tuples(
        STEPS,
        st.one_of(st.none(), STEPS),
        st.sampled_from(PUBLIC),
        st.one_of(st.none(), st.tuples(st.sampled_from((0, 5, 9)), st.sampled_from((5, 9, 65_535)))),
        st.sampled_from(INNER),
    ),
    max_size=8,
)
QUESTIONS = st.lists(
    st.tuples(st.sampled_from(PUBLIC), st.one_of(st.none(), st.sampled_from((0, 5, 6, 9, 10))), st.integers(-1, 40)),
    min_size=1,
    max_size=10,
)


def stamp(step: int) -> str:
    return datetime.fromtimestamp(BEGIN + 30 * step, UTC).isoformat()


def told(found: set[str]) -> str | None:
    return found.pop() if len(found) == 1 else None


def fits(ports: tuple[int, int] | None, port: int | None) -> bool:
    if ports is None or ports == (0, 65_535):
        return True
    return port is not None and ports[0] <= port <= ports[1]


@given(ROWS, QUESTIONS)
def test_intervals_tell_what_every_line_by_itself_tells(rows, questions):
    lines = [
        f"{stamp(a)},{'' if b is None else stamp(b)},{public},{ports[0] if ports else ''},"
        f"{ports[1] if ports else ''},{inner}"
        for a, b, public, ports, inner in rows
    ]
    log = nat_log.read("\n".join([INTERVALS, *lines]).encode(), "nat.csv")
    assert log.rejects == []
    for address, port, step in questions:
        wanted = {
            inner
            for a, b, public, ports, inner in rows
            if public == address and a <= step and (b is None or step < b) and fits(ports, port)
        }
        assert log.inner_host(address, port, BEGIN + 30 * step) == told(wanted)


@given(ROWS, QUESTIONS)
def test_moments_speak_for_a_minute_on_either_side(rows, questions):
    lines = [f"{stamp(a)},{public},{ports[0] if ports else ''},{inner}" for a, _, public, ports, inner in rows]
    log = nat_log.read("\n".join([MOMENTS, *lines]).encode(), "nat.csv")
    for address, port, step in questions:
        wanted = {
            inner
            for a, _, public, ports, inner in rows
            if public == address and abs(step - a) <= 2 and (ports is None or port == ports[0])
        }
        assert log.inner_host(address, port, BEGIN + 30 * step) == told(wanted)


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("soon,,203.0.113.1,,,10.0.0.1", "time"),
        (",,203.0.113.1,,,10.0.0.1", "time"),
        ("2026-04-20T00:00:00Z,soon,203.0.113.1,,,10.0.0.1", "to_utc"),
        ("2026-04-20T00:00:00Z,,nobody,,,10.0.0.1", "public_address"),
        ("2026-04-20T00:00:00Z,,203.0.113.1,,,10.0.0.256", "inner_address"),
        ("2026-04-20T00:00:00Z,,203.0.113.1,65536,,10.0.0.1", "port"),
        ("2026-04-20T00:00:00Z,,203.0.113.1,-1,,10.0.0.1", "port"),
        ("2026-04-20T00:00:00Z,,203.0.113.1,٣,,10.0.0.1", "port"),
    ],
)
def test_a_useless_row_is_a_reject_with_its_line_and_column_and_the_next_is_read(line, column):
    text = f"{INTERVALS}\n{line}\n2026-04-20T00:00:00Z,,203.0.113.1,,,10.0.0.1\n"
    log = nat_log.read(text.encode(), "nat.csv")
    assert [(reject.line, reject.column) for reject in log.rejects] == [(2, column)]
    assert log.inner_host("203.0.113.1", None, BEGIN) == "10.0.0.1"


def test_without_a_time_and_of_an_unknown_address_nothing_is_told():
    log = nat_log.read(f"{INTERVALS}\n{stamp(0)},,203.0.113.1,,,10.0.0.1\n".encode(), "nat.csv")
    assert log.inner_host("203.0.113.1", 1, None) is None
    assert log.inner_host("203.0.113.2", 1, BEGIN) is None


def test_another_table_is_refused_with_both_forms():
    with pytest.raises(MappingNeeded, match=r"from_utc,to_utc,public_address.*time_utc,public_address"):
        nat_log.read(b"a,b\n1,2\n", "nat.csv")


MINUTE = BEGIN, BEGIN + 60, 700, 700
HEADERS = [
    ("start_time,end_time,nat_address,nat_port,private_address", MINUTE),
    ("Start,End,Public IP,Port start,Port end,Internal IP", (BEGIN, BEGIN + 60, 700, 800)),
    ("from_utc,to_utc,External address,external_port,inner_ip,private_port", MINUTE),
    ("Thời gian bắt đầu,Thời gian kết thúc,Địa chỉ IP công cộng,Cổng công cộng,Địa chỉ IP nội bộ", MINUTE),
    ("Từ,Đến,IP ngoài,Cổng từ,Cổng đến,IP trong", (BEGIN, BEGIN + 60, 700, 800)),
    ("timestamp,outer_ip,outer_port,internal_address", (BEGIN - 60, BEGIN + 61, 700, 700)),
    ("Thời điểm,IP NAT,Cổng NAT,IP nội bộ,Giao thức", (BEGIN - 60, BEGIN + 61, 700, 700)),
]  # fmt: skip
CELLS = {
    "time": "2026-04-20T00:00:00Z", "end": "2026-04-20T00:01:00Z", "public": "203.0.113.1", "port": "700",
    "last_port": "800", "inner": "10.0.0.1", "inner_port": "5", "protocol": "tcp",
}  # fmt: skip
ORDER = [
    "time end public port inner", "time end public port last_port inner", "time end public port inner inner_port",
    "time end public port inner", "time end public port last_port inner", "time public port inner",
    "time public port inner protocol",
]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "expected", "order"), [(*one, two) for one, two in zip(HEADERS, ORDER, strict=True)]
)
def test_columns_are_found_by_the_words_of_their_names(header, expected, order):
    row = ",".join(CELLS[name] for name in order.split())
    log = nat_log.read(f"{header}\n{row}\n".encode(), "nat.csv")
    (one,) = log.translations["203.0.113.1"]
    assert (one.from_seconds, one.to_seconds, one.port_from, one.port_to, one.inner_address) == (*expected, "10.0.0.1")
    assert one.protocol == ("tcp" if "protocol" in order else "")


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ("time_utc,public_ip,external_ip,inner_ip", "public_ip or external_ip"),
        ("time_utc,public_ip,port", "no column says inner_address (columns: time_utc, public_ip, port)"),
        ("public_ip,inner_ip,bytes_to_server", "no column says from_utc or time_utc"),
        ("src_ip,dst_ip,day", "no column says public_address, inner_address, from_utc or time_utc"),
    ],
)
def test_a_column_that_lacks_or_may_be_meant_twice_is_named(header, named):
    with pytest.raises(MappingNeeded) as refused:
        nat_log.read(f"{header}\n{','.join('1' for _ in header.split(','))}\n".encode(), "nat.csv")
    assert named in str(refused.value)


def test_our_own_names_go_before_others_that_may_mean_the_same():
    log = nat_log.read(
        b"time_utc,public_address,public_ip,inner_address\n2026-04-20,203.0.113.1,x,10.0.0.1\n", "nat.csv"
    )
    assert list(log.translations) == ["203.0.113.1"]


def test_a_zone_that_a_header_names_is_that_of_its_times():
    header = "Thời gian bắt đầu (giờ Việt Nam);Kết thúc (GMT+7);IP công cộng;Cổng công cộng;IP nội bộ"
    row = "29/11/2026 01:00:00;29/11/2026 03:00:00;203.0.113.70;40001;10.20.0.11"
    log = nat_log.read(f"{header}\n{row}\n".encode(), "n.csv")
    seen = int(datetime(2026, 11, 28, 19, tzinfo=UTC).timestamp())
    assert log.inner_host("203.0.113.70", 40001, seen) == "10.20.0.11"
    assert log.inner_host("203.0.113.70", 40001, seen + 7 * 3600) is None
