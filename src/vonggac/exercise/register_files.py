"""The tables of an exercise as rows: organisations, networks, assets, sensors, coverage, claims, NAT and DHCP."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from vonggac.exercise.clock import DAY_US, SECOND_US, Calendar, iso
from vonggac.exercise.province import Organisation, Province
from vonggac.exercise.sensors import Sensor
from vonggac.exercise.subjects import Stay, Subject

Row = tuple[object, ...]


def organisation_rows(province: Province) -> Iterator[Row]:
    """`organisations.csv`."""
    yield "code", "name", "kind", "parent", "email"
    for one in province.organisations:
        yield one.code, one.name, one.kind, one.parent, f"{one.code}@haivan.example"


def network_rows(province: Province) -> Iterator[Row]:
    """`networks.csv`."""
    yield "network", "organisation"
    for one in province.organisations:
        for network in (*one.server_networks, *one.pool_networks, str(one.inner), *([str(one.six)] if one.six else [])):
            yield network, one.code


def asset_rows(province: Province, subjects: Iterable[Subject], calendar: Calendar) -> Iterator[Row]:
    """`assets.csv`. Where DHCP hands addresses out, the table knows only the day of the last inventory."""
    yield "name", "kind", "organisation", "address", "address_from", "address_to", "nat_pool"
    moved = {one.name: one for one in subjects if one.has_moved}
    inventory = iso(calendar.start_us - 40 * DAY_US), iso(calendar.start_us - 39 * DAY_US)
    for one in province.organisations:
        for server, address in enumerate(one.server_addresses):
            yield one.server_name(server), "server", one.code, address, "", "", ""
            if one.six is not None:
                yield one.server_name(server), "server", one.code, one.six_address(server), "", "", ""
        for workstation in range(one.workstations):
            name = one.workstation_name(workstation)
            if one.is_dhcp:
                dated = [(one.slot_address(workstation), *inventory)]
            else:
                dated = _dated(moved[name].stays) if name in moved else [(one.slot_address(workstation), "", "")]
            pool = one.pool_networks[0] if len(one.pool_networks) == 1 else one.pool_of(workstation)
            for address, since, until in dated:
                yield name, "workstation", one.code, address, since, until, pool


def _dated(stays: Sequence[Stay]) -> list[tuple[str, str, str]]:
    """The stays as lines; the first has no beginning, the last no end."""
    begins = ["", *(iso(stay.from_us) for stay in stays[1:])]
    ends = [*(iso(stay.to_us) for stay in stays[:-1]), ""]
    return [(stay.address, begin, end) for stay, begin, end in zip(stays, begins, ends, strict=True)]


def sensor_rows(sensors: Iterable[Sensor]) -> Iterator[Row]:
    """`sensors.csv`."""
    yield (
        "name", "kind", "organisation", "networks", "silence", "heartbeat_seconds", "max_quiet_seconds",
        "clock_offset_seconds",
    )  # fmt: skip
    for one in sensors:
        beat = 60 if one.silence == "heartbeat" else ""
        quiet = "" if one.max_quiet_seconds is None else one.max_quiet_seconds
        yield (
            one.name, one.kind, one.organisation, " ".join(one.networks), one.silence, beat, quiet,
            one.clock_offset_seconds,
        )  # fmt: skip


def heartbeat_rows(sensors: Iterable[Sensor]) -> Iterator[Row]:
    """`heartbeats.csv`."""
    yield "sensor", "from_utc", "to_utc"
    for one in sensors:
        for begin, end in one.heard if one.silence == "heartbeat" else ():
            yield one.name, iso(begin), iso(end)


def rotation_rows(sensors: Iterable[Sensor], records: Mapping[tuple[str, str], int]) -> Iterator[Row]:
    """`rotation.csv`: what each sensor says it wrote, whatever arrived of it."""
    yield "sensor", "file", "from_utc", "to_utc", "records"
    for one in sensors:
        for file in one.files if one.silence == "rotation" else ():
            yield one.name, file.name, iso(file.from_us), iso(file.to_us), records[one.name, file.name]


def arrival_rows(sensors: Iterable[Sensor], calendar: Calendar) -> Iterator[Row]:
    """`arrivals.csv`: flow, DNS and DHCP files; the NAT's plan of ports is known beforehand."""
    yield "file", "received_utc"
    for one in sensors:
        for file in one.files:
            if file.share > 0:
                yield f"{one.name}/{file.name}", iso(file.arrives_us)
        if one.kind == "dhcp":
            for number, (_, end_us) in enumerate(lease_files(calendar), start=1):
                yield f"{one.name}/leases-{number}.csv", iso(min(end_us + 10 * 60 * SECOND_US, calendar.now_us))


def claim_rows(province: Province, subjects: Iterable[Subject]) -> Iterator[Row]:
    """`claims.csv`, in order of time; claims are made by a post of the unit, under the unit's name."""
    yield "host", "time_utc", "claim", "by"
    claimed = [
        (one.claim_us, one.case_name, one.claim, province.organisations[one.organisation].name)
        for one in subjects
        if one.claim_us is not None
    ]
    for time_us, host, claim, unit in sorted(claimed):
        yield host, iso(time_us), claim, f"Cán bộ CNTT {unit}"


def nat_rows(organisation: Organisation, calendar: Calendar) -> Iterator[Row]:
    """The NAT's log: one block of ports an inner address, held for the whole time."""
    yield "from_utc", "to_utc", "public_address", "port_from", "port_to", "inner_address"
    begin, end = iso(calendar.start_us - DAY_US), iso(calendar.now_us + DAY_US)
    for slot in range(organisation.slots):
        port = organisation.first_port(slot)
        last = port + organisation.port_width - 1
        yield begin, end, organisation.pool_of(slot), port, last, organisation.slot_address(slot)


def lease_files(calendar: Calendar) -> tuple[tuple[int, int], ...]:
    """The times of the DHCP files. The first ends with the first list, so that its hosts are known before any claim."""
    edges = (calendar.start_us, calendar.day(2), calendar.day(8), calendar.now_us)
    return tuple(pairwise(edges))


def lease_rows(organisation: Organisation, subjects: Iterable[Subject], begin_us: int, end_us: int) -> Iterator[Row]:
    """One DHCP file: who held which address between two moments; the lines of a lost lease are not in it."""
    yield "from_utc", "to_utc", "address", "host"
    told = {one.name: one for one in subjects}
    for workstation in range(organisation.workstations):
        name = organisation.workstation_name(workstation)
        subject = told.get(name)
        if subject is None:
            yield iso(begin_us), iso(end_us), organisation.slot_address(workstation), name
            continue
        for stay in subject.stays:
            for since, until in _kept(subject, max(stay.from_us, begin_us), min(stay.to_us, end_us)):
                yield iso(since), iso(until), stay.address, name


def _kept(subject: Subject, begin_us: int, end_us: int) -> list[tuple[int, int]]:
    """The parts of a lease that the log still holds: a lost one lacks four days, from the day after the claim."""
    if not subject.lost_lease or subject.claim_us is None:
        parts = [(begin_us, end_us)]
    else:
        lost_from, lost_to = subject.claim_us + DAY_US, subject.claim_us + 5 * DAY_US
        parts = [(begin_us, min(end_us, lost_from)), (max(begin_us, lost_to), end_us)]
    return [one for one in parts if one[0] < one[1]]
