"""The finder against an oracle that looks at every raw record by itself, and against real logs and a real register."""

import unicodedata
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import cast
from vonggac.flows.hosts import host_finder
from vonggac.flows.placement import FOREVER_US, Host, HostFinder, Pool, Span, lease_spans, translation_spans
from vonggac.flows.traffic_log import import_log
from vonggac.formats import nat_log
from vonggac.register.models import Asset, AssetAddress, Sensor
from vonggac.tenancy.scope import Scope, scoped, system

SECOND = 1_000_000
NEARBY_SECONDS = 60  # how far a record of a moment speaks, as the NAT log's own reader says
EVERY_PORT = (0, 65_535)
PUBLIC = ("203.0.113.1", "203.0.113.2", "2001:db8::1")
INNER = ("10.0.0.1", "10.0.0.2", "fd00::1", "203.0.113.2")
NAMES = ("PC-1", "PC-2", "PC-3")
OFFSETS = {"fast": 90 * SECOND, "slow": -45 * SECOND}
# Few moments and few ports, so that begins, ends and borders meet all the time.
MOMENTS = st.integers(-2, 12).map(lambda step: step * 15)
PORTS = st.sampled_from((0, 1, 1_000, 1_001, 2_000, 65_535))


def pair(column: str, address: str) -> dict[str, object]:
    parsed = ip_address(address)
    is_v4 = parsed.version == 4
    return {f"{column}_v4": int(parsed) if is_v4 else None, f"{column}_v6": None if is_v4 else str(parsed)}


@st.composite
def stretches(draw) -> dict[str, object]:
    """A begin and an end: later, the same moment, or open."""
    begin = draw(MOMENTS) * SECOND
    end = draw(st.one_of(st.just(FOREVER_US), st.just(begin), MOMENTS.map(lambda s: begin + abs(s) * SECOND)))
    return {"time_us": begin, "end_us": end, "sensor": draw(st.sampled_from(("fast", "slow", "undeclared")))}


@st.composite
def translations(draw) -> dict[str, object]:
    low, high = draw(st.one_of(st.just(EVERY_PORT), st.tuples(PORTS, PORTS).map(lambda two: tuple(sorted(two)))))
    public, inner = draw(st.sampled_from(PUBLIC)), draw(st.sampled_from(INNER))
    return {**draw(stretches()), **pair("public", public), **pair("inner", inner), "port_from": low, "port_to": high}


@st.composite
def leases(draw) -> dict[str, object]:
    return {
        **draw(stretches()),
        **pair("address", draw(st.sampled_from(INNER))),
        "host": draw(st.sampled_from(NAMES)),
    }


REGISTER = st.dictionaries(
    st.sampled_from(INNER),
    st.lists(
        st.builds(Span, MOMENTS.map(lambda s: s * SECOND), st.just(FOREVER_US), st.sampled_from("78")), max_size=2
    ),
)
POOLS = st.lists(
    st.builds(
        Pool,
        st.sampled_from(("203.0.113.1", "203.0.113.2/32", "203.0.113.0/30", "2001:db8::/64", "2001:db8::1")),
        st.integers(1, 2),
        st.integers(20, 22),
    ),
    max_size=3,
    unique_by=lambda pool: ip_network(pool.block),
)


def named(row: dict[str, object], column: str) -> str:
    number, text = row[f"{column}_v4"], row[f"{column}_v6"]
    return str(ip_address(number)) if number is not None else str(text)


def is_live(row: dict[str, object], moment_us: int, *, speaks_nearby: bool) -> bool:
    """The moment as the sensor's own wrong clock would have written it, held against the record as written."""
    on_their_clock = moment_us + OFFSETS.get(str(row["sensor"]), 0)
    if speaks_nearby and row["time_us"] == row["end_us"]:
        return abs(on_their_clock - row["time_us"]) <= NEARBY_SECONDS * SECOND
    is_open = row["end_us"] == FOREVER_US
    return row["time_us"] <= on_their_clock and (is_open or on_their_clock < row["end_us"])


def only(values: list) -> object:
    return values[0] if values and all(value == values[0] for value in values) else None


def host_of(inner: str, moment_us: int | None, leased: list, register: dict, by_name: dict) -> Host:
    names = [
        row["host"]
        for row in leased
        if named(row, "address") == inner and (moment_us is None or is_live(row, moment_us, speaks_nearby=False))
    ]
    name = only(names)
    if name is not None:
        return Host(name, inner, by_name.get(name))
    asset = only([s.value for s in register.get(inner, ()) if moment_us is None or s.from_us <= moment_us < s.to_us])
    return Host(inner, inner, None if asset is None else int(asset))


def expected(address, port, seconds, nat, leased, register, by_name, pools) -> Host | None:
    """The documented order, record by record: NAT, else an address of our own, else the only asset behind a pool."""
    moment_us = None if seconds is None else seconds * SECOND
    translated = [row for row in nat if named(row, "public") == address]
    if translated:
        inner = only(
            [
                named(row, "inner")
                for row in translated
                if moment_us is not None
                and is_live(row, moment_us, speaks_nearby=True)
                and ((row["port_from"], row["port_to"]) == EVERY_PORT
                     or (port is not None and row["port_from"] <= port <= row["port_to"]))
            ]
        )  # fmt: skip
        return None if inner is None else host_of(str(inner), moment_us, leased, register, by_name)
    if address in register or any(named(row, "address") == address for row in leased):
        return host_of(address, moment_us, leased, register, by_name)
    holding = [pool for pool in pools if ip_address(address) in ip_network(pool.block)]
    is_told = len(holding) == 1 and holding[0].assets == 1
    return Host("", asset_id=holding[0].asset_id) if is_told else None


@given(
    st.lists(translations(), max_size=6),
    st.lists(leases(), max_size=6),
    REGISTER,
    st.dictionaries(st.sampled_from(NAMES), st.integers(1, 3)),
    POOLS,
    st.lists(
        st.tuples(st.sampled_from((*PUBLIC, *INNER)), st.one_of(st.none(), PORTS), st.one_of(st.none(), MOMENTS)),
        min_size=1,
        max_size=12,
    ),
)
def test_the_finder_tells_what_every_record_by_itself_tells(nat, leased, register, by_name, pools, questions):
    finder = HostFinder(translation_spans(nat, OFFSETS), lease_spans(leased, OFFSETS), register, by_name, pools)
    for address, port, seconds in questions:
        wanted = expected(address, port, seconds, nat, leased, register, by_name, pools)
        assert finder.find(address, port, seconds) == wanted


@pytest.mark.parametrize("seconds", [-61, -60, -59, 0, 59, 60, 61])
def test_a_record_of_a_moment_speaks_as_far_as_the_file_s_own_reader_lets_it(seconds):
    """The same file asked from the shell and from the desk tells one answer."""
    text = b"time_utc,public_address,port,inner_address\n1970-01-01T00:10:00Z,203.0.113.1,40001,10.0.0.1\n"
    row = {
        "time_us": 600 * SECOND, "end_us": 600 * SECOND, "sensor": "nat",
        **pair("public", "203.0.113.1"), **pair("inner", "10.0.0.1"), "port_from": 40_001, "port_to": 40_001,
    }  # fmt: skip
    finder = HostFinder(translation_spans([row], {}), {}, {}, {}, ())
    found = finder.find("203.0.113.1", 40_001, 600 + seconds)
    from_file = nat_log.read(text, "nat.csv").inner_host("203.0.113.1", 40_001, 600 + seconds)
    assert (found.name if found else None) == from_file


@given(st.lists(translations(), max_size=8), st.sampled_from(PUBLIC), PORTS, MOMENTS)
def test_one_more_record_never_lets_a_finder_name_another_host_than_one_of_the_two(nat, address, port, seconds):
    """Either the record agrees, or the answer becomes unknown: a host is never exchanged for a third one."""

    def find(rows):
        return HostFinder(translation_spans(rows, OFFSETS), {}, {}, {}, ()).find(address, port, seconds)

    before, after = find(nat[:-1]), find(nat)
    if before is not None and after is not None:
        assert after == before


# What the desk really has: logs in the lake, assets in the register, a scope.


@pytest.fixture
def people(people) -> cast.Cast:
    with scoped(system("tests")):
        for name, kind, code, offset in (
            ("nat-vinh", "nat", "p-vinh-hai", 3_600),
            ("dhcp-vinh", "dhcp", "p-vinh-hai", 0),
            ("nat-yte", "nat", "so-y-te", 0),
        ):
            owner = people.organisations[code]
            Sensor.objects.create(
                name=name, kind=kind, organisation=owner, org_path=owner.path, clock_offset_seconds=offset
            )
    return people


def asset(people: cast.Cast, code: str, name: str, *addresses: str, **fields: object) -> Asset:
    owner = people.organisations[code]
    made = Asset.objects.create(organisation=owner, org_path=owner.path, name=name, **fields)
    for address in addresses:
        AssetAddress.objects.create(asset=made, org_path=owner.path, address=address)
    return made


def stored(text: str, sensor: str) -> None:
    import_log(text.encode(), f"{sensor}.csv", sensor, received_at=cast.NOON, at=cast.NOON)


def seconds(hour: int, minute: int = 0) -> int:
    return int(datetime(2026, 4, 18, hour, minute, tzinfo=UTC).timestamp())


NAT = "from_utc,to_utc,public_address,port_from,port_to,inner_address\n"
DHCP = "from_utc,to_utc,address,host\n"


@pytest.mark.django_db
def test_the_chain_from_a_public_port_to_an_asset_with_the_sensor_s_clock_put_right(people):
    with scoped(system("tests")):
        stored(NAT + "2026-04-18T02:00:00Z,2026-04-18T03:00:00Z,203.0.113.1,1000,1999,10.0.0.5\n", "nat-vinh")
        stored(DHCP + "2026-04-18T00:00:00Z,2026-04-19T00:00:00Z,10.0.0.5,PC-9\n", "dhcp-vinh")
        known = asset(people, "p-vinh-hai", "PC-9")
        finder = host_finder({"203.0.113.1"})
    # The NAT box runs an hour fast: what it calls 02:30 was 01:30.
    assert finder.find("203.0.113.1", 1_500, seconds(1, 30)) == Host("PC-9", "10.0.0.5", known.pk)
    assert finder.find("203.0.113.1", 1_500, seconds(2, 30)) is None
    assert finder.find("203.0.113.1", 2_000, seconds(1, 30)) is None
    assert finder.find("203.0.113.1", None, seconds(1, 30)) is None
    assert finder.find("203.0.113.1", 1_500, None) is None


@pytest.mark.django_db
def test_a_host_name_of_two_organisations_names_the_host_and_no_asset(people):
    with scoped(system("tests")):
        stored(DHCP + "2026-04-18T00:00:00Z,,10.0.0.5,PC-9\n", "dhcp-vinh")
        asset(people, "p-vinh-hai", "PC-9")
        asset(people, "so-y-te", "PC-9")
        everywhere = host_finder({"10.0.0.5"}).find("10.0.0.5", None, seconds(1))
    with scoped(people.scope("lan")):
        within = host_finder({"10.0.0.5"}).find("10.0.0.5", None, seconds(1))
    assert everywhere == Host("PC-9", "10.0.0.5")
    assert within.asset_id is not None


@pytest.mark.django_db
def test_a_host_name_in_other_letters_or_with_its_domain_names_the_asset(people):
    with scoped(system("tests")):
        leased = ("10.0.0.5,PC-9.xa.example", "10.0.0.6,Đội-1")
        stored(DHCP + "".join(f"2026-04-18T00:00:00Z,,{one}\n" for one in leased), "dhcp-vinh")
        with_domain = asset(people, "p-vinh-hai", "pc-9")
        accented = asset(people, "p-vinh-hai", unicodedata.normalize("NFD", "đội-1"))
        finder = host_finder({"10.0.0.5", "10.0.0.6"})
    assert finder.find("10.0.0.5", None, seconds(1)) == Host("PC-9.xa.example", "10.0.0.5", with_domain.pk)
    assert finder.find("10.0.0.6", None, seconds(1)) == Host("Đội-1", "10.0.0.6", accented.pk)


@pytest.mark.django_db
def test_an_ipv6_address_is_found_however_long_it_is_written_in_the_log(people):
    with scoped(system("tests")):
        stored(DHCP + "2026-04-18T00:00:00Z,,2001:0DB8:0:0:0:0:0:0007,PC-6\n", "dhcp-vinh")
        known = asset(people, "p-vinh-hai", "PC-7", "2001:db8::8")
        finder = host_finder({"2001:db8::7", "2001:db8::8"})
    assert finder.find("2001:db8::7", None, seconds(1)) == Host("PC-6", "2001:db8::7")
    assert finder.find("2001:db8::8", None, seconds(1)) == Host("2001:db8::8", "2001:db8::8", known.pk)


@pytest.mark.django_db
def test_a_pool_of_two_assets_and_a_retired_asset_name_nobody(people):
    with scoped(system("tests")):
        alone = asset(people, "p-vinh-hai", "A", nat_pool="203.0.113.8")
        for name in ("B", "C"):
            asset(people, "p-vinh-hai", name, nat_pool="203.0.113.16/30")
        asset(people, "p-vinh-hai", "OLD", "10.0.0.6", nat_pool="203.0.113.9", valid_to=cast.NOON.date())
        finder = host_finder({"203.0.113.8", "203.0.113.9", "203.0.113.17", "10.0.0.6"})
    assert finder.find("203.0.113.8", 1, seconds(1)) == Host("", asset_id=alone.pk)
    assert [finder.find(a, 1, seconds(1)) for a in ("203.0.113.9", "203.0.113.17", "10.0.0.6")] == [None] * 3


@pytest.mark.django_db
def test_logs_outside_the_scope_are_not_looked_into(people):
    with scoped(system("tests")):
        stored(NAT + "2026-04-18T00:00:00Z,,203.0.113.1,,,10.0.0.5\n", "nat-yte")
    outside = Scope("person:1", people.organisations["p-vinh-hai"].path)
    with scoped(outside):
        assert host_finder({"203.0.113.1"}).find("203.0.113.1", 5, seconds(1)) is None
    with scoped(people.scope("tam")):
        assert host_finder({"203.0.113.1"}).find("203.0.113.1", 5, seconds(1)) == Host("10.0.0.5", "10.0.0.5")


@pytest.mark.django_db
def test_an_address_of_the_register_belongs_to_the_asset_that_held_it_then(people):
    border = datetime(2026, 4, 18, 1, tzinfo=UTC)
    with scoped(system("tests")):
        first, second = asset(people, "p-vinh-hai", "A"), asset(people, "p-vinh-hai", "B")
        path = people.organisations["p-vinh-hai"].path
        AssetAddress.objects.create(asset=first, org_path=path, address="203.0.113.7", to_utc=border)
        AssetAddress.objects.create(asset=second, org_path=path, address="203.0.113.7", from_utc=border)
        finder = host_finder({"203.0.113.7"})
    moments = (border - timedelta(seconds=1), border, border + timedelta(days=400))
    found = [finder.find("203.0.113.7", None, int(moment.timestamp())).asset_id for moment in moments]
    assert found == [first.pk, second.pk, second.pk]
    assert finder.find("203.0.113.7", None, None).asset_id is None
