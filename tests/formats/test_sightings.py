import json

from hypothesis import given
from hypothesis import strategies as st

from vonggac.formats import botnet_list, nat_log, sightings, sightings_json
from vonggac.kernel import networks

REGISTER = networks.compile(["192.0.2.0/24", "192.0.2.128/25"], ["Sở Y tế", 'Viện "A"\\B'])
HEADER = "timestamp,ip,src_port,infection,cc_dns,count\n"


def matched(rows: str, nat: str | None = None) -> dict[str, object]:
    reading = botnet_list.read((HEADER + rows).encode(), "list.csv")
    log = nat_log.read(nat.encode(), "nat.csv") if nat else None
    found = sightings.match_list(reading, REGISTER, log)
    document: dict[str, object] = json.loads(b"".join(sightings_json.write_json(found, reading, found.warnings)))
    assert document["rows"] == [
        dict(zip(sightings.COLUMNS, row, strict=True)) for row in zip(*found.columns().values(), strict=True)
    ]
    return document


def test_rows_of_one_address_and_family_become_one_sighting_of_the_latest_row() -> None:
    document = matched(
        "2026-11-02 00:00:00,192.0.2.1,80,mirai,b.example,2\n"
        "2026-11-01 00:00:00,192.0.2.1,81,mirai,a.example,3\n"
        "2026-11-01 00:00:00,192.0.2.1,82,gozi,a.example,\n"
    )
    first, second = document["rows"]
    assert (first["port"], first["count"], first["destination_host"]) == (80, 5, "b.example")
    assert (first["first_seen_utc"], first["last_seen_utc"]) == ("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z")
    assert (second["family"], second["count"]) == ("gozi", 1)
    assert document["summary"] == {"rows_read": 3, "rows_rejected": 0, "addresses": 1, "owned": 1, "unowned": 0}


def test_quotes_and_backslashes_of_names_survive_and_what_is_not_said_is_null() -> None:
    (row,) = matched(",192.0.2.200,,,,\n")["rows"]
    assert row["organisation"] == 'Viện "A"\\B'
    empty = ("family", "port", "protocol", "destination_address", "destination_host", "first_seen_utc", "last_seen_utc")
    assert {row[name] for name in (*empty, "inner_host")} == {None}


def test_sightings_stand_in_the_order_of_their_first_rows() -> None:
    rows = matched(
        "".join(f",{address},,x,,\n" for address in ("203.0.113.9", "192.0.2.9", "203.0.113.1", "192.0.2.9"))
    )
    assert [row["address"] for row in rows["rows"]] == ["203.0.113.9", "192.0.2.9", "203.0.113.1"]
    assert [row["network"] for row in rows["rows"]] == [None, "192.0.2.0/24", None]


def test_the_inner_host_follows_the_last_sighting_too() -> None:
    nat = (
        "from_utc,to_utc,public_address,port_from,port_to,inner_address\n"
        "2026-11-01T00:00:00Z,2026-11-03T00:00:00Z,192.0.2.1,80,90,10.0.0.5\n"
    )
    rows = matched("2026-11-02 00:00:00,192.0.2.1,80,x,,\n2026-11-02 00:00:00,192.0.2.2,80,x,,\n", nat)["rows"]
    assert [row["inner_host"] for row in rows] == ["10.0.0.5", None]


def test_a_list_whose_rows_are_all_rejects_has_no_sightings() -> None:
    document = matched(",nowhere,,,,\n")
    assert document["rows"] == []
    assert len(document["rejects"]) == 1


def test_addresses_of_both_families_are_counted_apart() -> None:
    document = matched(",192.0.2.1,,x,,\n,2001:db8::1,,x,,\n,2001:db8:0::1,,x,,\n")
    assert [row["address"] for row in document["rows"]] == ["192.0.2.1", "2001:db8::1"]
    assert document["summary"]["addresses"] == 2


VALUES = st.tuples(
    st.one_of(st.just(""), st.datetimes().map(lambda at: at.strftime("%Y-%m-%d %H:%M:%S").rjust(19, "0"))),
    st.one_of(st.ip_addresses(v=4).map(str), st.sampled_from(["192.0.2.7", "192.0.2.130", "192.0.2.255"])),
    st.one_of(st.just(""), st.integers(0, 65_535).map(str)),
    st.sampled_from(["", "mirai", "họ " + "dài " * 30, "a\\b"]),
    st.sampled_from(["", "a.example", "x" * 60 + ".example.com"]),
    st.one_of(st.just(""), st.integers(0, 2**52).map(str), st.sampled_from(["1", "999", "1000", "999999", "1000000"])),
)


@given(st.lists(VALUES, max_size=40), st.sampled_from(["", ",2001:db8::1,,x,,\n"]))
def test_every_sighting_is_written_as_its_columns_say(rows: list[tuple[str, ...]], more: str) -> None:
    document = matched("".join(",".join(row) + "\n" for row in rows) + more)
    assert document["summary"]["rows_read"] == len(rows) + bool(more)


def test_a_list_of_more_rows_than_one_part_is_written_whole() -> None:
    count = 2 * sightings_json.ROWS_AT_ONCE + 7
    text = "".join(f"2026-11-01 00:{n % 60:02d}:00,192.0.{n >> 8 & 255}.{n & 255},{n},x,,\n" for n in range(count))
    assert [row["port"] for row in matched(text)["rows"]] == list(range(count))
