"""The sensors of an organisation and the book of what the exercise broke about them, the source of `observable`."""

from dataclasses import dataclass, replace

import numpy as np

from vonggac.exercise.clock import DAY_US, FILE_DAYS, HOUR_US, SECOND_US, WATCHED_DAYS, Calendar
from vonggac.exercise.province import Organisation

Interval = tuple[int, int]
MAX_QUIET_SECONDS = 3_600
PROBE_SECONDS = 900  # the monitor's own traffic: a living sensor that may be quiet for an hour sees four of these
LATE_DAYS = (2.0, 5.0)


@dataclass(frozen=True, slots=True)
class LogFile:
    """One file a sensor wrote: its time, when it reached the desk, and how much of it did (0 = never came)."""

    name: str
    from_us: int
    to_us: int
    arrives_us: int
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Sensor:
    """One declared sensor.

    `deaf` are the times in which it recorded nothing at all, `blind` those that nothing covers (deaf times and files
    that did not come whole). `margin_us` widens each blind time where its edges depend on the neighbouring records.
    """

    name: str
    kind: str
    organisation: str
    networks: tuple[str, ...]
    silence: str = "heartbeat"
    max_quiet_seconds: int | None = None
    clock_offset_seconds: int = 0
    deaf: tuple[Interval, ...] = ()
    blind: tuple[Interval, ...] = ()
    margin_us: int = 0
    heard: tuple[Interval, ...] = ()
    files: tuple[LogFile, ...] = ()

    @property
    def blind_at_most(self) -> tuple[Interval, ...]:
        """The blind times with their margins."""
        return tuple((begin - self.margin_us, end + self.margin_us) for begin, end in self.blind)


def equip(organisation: Organisation, calendar: Calendar, rng: np.random.Generator) -> tuple[Sensor, ...]:
    """The sensors of one organisation, broken as its profile says: flow, DNS, and NAT and DHCP where it has them."""
    sensors = [_flow_sensor(organisation, calendar, rng), _dns_sensor(organisation, calendar, rng)]
    inner = str(organisation.inner)
    whole = ((calendar.start_us - DAY_US, calendar.now_us),)
    if organisation.profile != "nat_not_logged":
        networks = (*organisation.pool_networks, inner)
        sensors.append(Sensor(f"{organisation.code}-nat", "nat", organisation.code, networks, heard=whole))
    if organisation.is_dhcp:
        sensors.append(Sensor(f"{organisation.code}-dhcp", "dhcp", organisation.code, (inner,), heard=whole))
    return tuple(sensors)


def seen_networks(organisation: Organisation) -> tuple[str, ...]:
    """What the flow sensor is declared to see, never more than it really does."""
    six = (str(organisation.six),) if organisation.six else ()
    if organisation.is_border:
        return (*organisation.server_networks, *organisation.pool_networks, *six)
    inner = organisation.inner
    if organisation.profile == "half_seen":
        inner = next(inner.subnets(prefixlen_diff=1))
    return (str(inner), *organisation.server_networks, *six)


def _flow_sensor(organisation: Organisation, calendar: Calendar, rng: np.random.Generator) -> Sensor:
    profile = organisation.profile
    sensor = Sensor(
        f"{organisation.code}-flow", "flow", organisation.code, seen_networks(organisation),
        files=_files("flow", organisation.flow_format, calendar, rng, is_late=profile == "late"),
        clock_offset_seconds={"clock_fast": 3_600, "clock_slow": -1_800}.get(profile, 0),
    )  # fmt: skip
    if profile in ("rotation", "rotation_short_file", "rotation_lost_file"):
        return _rotating(sensor, profile)
    if profile in ("watchful", "quiet_sensor"):
        sensor = replace(sensor, max_quiet_seconds=MAX_QUIET_SECONDS, margin_us=PROBE_SECONDS * SECOND_US)
    deaf = _deaf_times(profile, calendar, rng)
    # A quiet sensor keeps its heart beating through the time in which it records nothing; the others fall silent.
    unheard = () if profile == "quiet_sensor" else deaf
    return replace(sensor, deaf=deaf, blind=deaf, heard=_complement(unheard, calendar))


def _rotating(sensor: Sensor, profile: str) -> Sensor:
    """The sensor with a manifest; its fourth file (days 6 to 8, inside every timely watch) may be short or lost."""
    share = {"rotation": 1.0, "rotation_short_file": 0.9, "rotation_lost_file": 0.0}[profile]
    broken = sensor.files[3]
    files = (*sensor.files[:3], replace(broken, share=share), *sensor.files[4:])
    blind = () if share == 1.0 else ((broken.from_us, broken.to_us),)
    return replace(sensor, silence="rotation", files=files, blind=blind)


def _dns_sensor(organisation: Organisation, calendar: Calendar, rng: np.random.Generator) -> Sensor:
    six = (str(organisation.six),) if organisation.six else ()
    networks = (str(organisation.inner), *organisation.server_networks, *six)
    sensor = Sensor(f"{organisation.code}-dns", "dns", organisation.code, networks)
    if organisation.profile == "dns_never":
        whole = ((calendar.start_us - DAY_US, calendar.now_us),)
        return replace(sensor, deaf=whole, blind=whole)
    files = _files("dns", organisation.dns_format, calendar, rng, is_late=False)
    return replace(sensor, files=files, heard=_complement((), calendar))


def _deaf_times(profile: str, calendar: Calendar, rng: np.random.Generator) -> tuple[Interval, ...]:
    """When the sensor records nothing: clearly less than the allowed minute together, or clearly more in any watch."""
    if profile == "flow_dead":
        return ((calendar.day(float(rng.uniform(2.2, 5.0))), calendar.now_us),)
    if profile == "short_gaps":
        return tuple(_interval(calendar.day(float(rng.uniform(day, day + 1))), rng, 4, 9) for day in (4, 7, 10))
    if profile == "flow_gaps":
        return tuple(_interval(calendar.day(float(rng.uniform(day, day + 1))), rng, 600, 7_200) for day in (4, 7, 10))
    if profile == "quiet_sensor":
        return (_interval(calendar.day(float(rng.uniform(7, 8))), rng, 30_000, 60_000),)
    return ()


def _interval(from_us: int, rng: np.random.Generator, least_seconds: int, most_seconds: int) -> Interval:
    begin = from_us // SECOND_US * SECOND_US
    return begin, begin + int(rng.integers(least_seconds, most_seconds)) * SECOND_US


def _complement(unheard: tuple[Interval, ...], calendar: Calendar) -> tuple[Interval, ...]:
    edges = [calendar.start_us - DAY_US, *(edge for one in unheard for edge in one), calendar.now_us]
    return tuple((begin, end) for begin, end in zip(edges[::2], edges[1::2], strict=True) if begin < end)


def _files(
    stem: str, log_format: str, calendar: Calendar, rng: np.random.Generator, *, is_late: bool
) -> tuple[LogFile, ...]:
    """One file for every two days, at the desk within an hour, or days late but before the judgement."""
    suffix = {"parquet": "parquet", "csv": "csv", "zeek-tsv": "log", "zeek-json": "ndjson", "syslog": "syslog"}
    files = []
    for number in range(WATCHED_DAYS // FILE_DAYS):
        from_us, to_us = calendar.day(number * FILE_DAYS), calendar.day((number + 1) * FILE_DAYS)
        delay = float(rng.uniform(*LATE_DAYS)) * DAY_US if is_late else float(rng.uniform(0.05, 1)) * HOUR_US
        arrives = min(to_us + round(delay), calendar.now_us - HOUR_US) // SECOND_US * SECOND_US
        files.append(LogFile(f"{stem}-{number + 1:02d}.{suffix[log_format]}", from_us, to_us, arrives))
    return tuple(files)
