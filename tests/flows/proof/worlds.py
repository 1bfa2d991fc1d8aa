"""Small worlds for the tests of the rule: a day and a slot count from one claim, logs are CSV as sensors write them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

from vonggac.cases.proof import Verdict
from vonggac.flows.proof.addresses import AddressLine
from vonggac.flows.proof.c2 import C2
from vonggac.flows.proof.clean_host import judge
from vonggac.flows.proof.evidence import Scene, Subject, micros
from vonggac.flows.proof.host_evidence import LaterList
from vonggac.flows.proof.sensors import RotatedFile, Sensor, Silence
from vonggac.formats import traffic
from vonggac.formats.traffic_tables import Kind
from vonggac.kernel.intervals import EVER, FOREVER
from vonggac.lake import Lake

CLAIM = datetime(2024, 4, 20, tzinfo=UTC)
C2_ADDRESS = "198.51.100.66"
C2_NAME = "evil.example"
YEAR = 366.0 * 86_400  # a sensor that hands in as it writes has no latest delivery
HEADERS = {
    Kind.FLOW: "time_utc,source_address,source_port,destination_address,destination_port,protocol",
    Kind.DNS: "time_utc,source_address,query",
    Kind.NAT: "from_utc,to_utc,public_address,port_from,port_to,inner_address",
    Kind.DHCP: "from_utc,to_utc,address,host",
}


def at(days: float = 0, seconds: float = 0) -> datetime:
    return CLAIM + timedelta(days=days, seconds=seconds)


def text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def flow(days: float, source: str, destination: str = C2_ADDRESS, port: int = 40_000) -> str:
    return f"{text(at(days))},{source},{port},{destination},443,tcp"


def question(days: float, source: str, name: str = C2_NAME) -> str:
    return f"{text(at(days))},{source},{name}"


@dataclass
class World:
    """Declared sensors, register lines, logs; `judge` plays them through the lake."""

    root: Path
    sensors: list[Sensor] = field(default_factory=list)
    lines: list[AddressLine] = field(default_factory=list)
    lists: list[LaterList] = field(default_factory=list)
    c2: C2 = field(default_factory=lambda: C2(frozenset({C2_ADDRESS})))

    def __post_init__(self) -> None:
        self.lake = Lake(self.root)

    def host(self, name: str, address: str, days: tuple[float, float] | None = None, pool: str = "") -> None:
        start, end = (EVER, FOREVER) if days is None else (micros(at(days[0])), micros(at(days[1])))
        pools = (ip_network(pool),) if pool else ()
        self.lines.append(AddressLine(name, ip_address(address), start, end, pools))

    def sensor(
        self,
        name: str,
        kind: Kind,
        networks: str,
        beats: tuple[tuple[float, float], ...] = ((-1, 30),),
        *,
        quiet: float | None = YEAR,
        offset: float = 0,
        rotation: tuple[tuple[str, float, float, int], ...] | None = None,
    ) -> None:
        self.sensors.append(
            Sensor(
                name,
                kind,
                tuple(ip_network(block) for block in networks.split()),
                Silence.HEARTBEAT if rotation is None else Silence.ROTATION,
                tuple((micros(at(a)), micros(at(b))) for a, b in beats) if rotation is None else (),
                tuple(RotatedFile(f, micros(at(a)), micros(at(b)), n) for f, a, b, n in rotation or ()),
                quiet,
                offset,
            )
        )

    def log(self, sensor: str, kind: Kind, *rows: str, name: str = "a.csv", received: float = -1) -> None:
        content = "\n".join([HEADERS[kind], *rows, ""]).encode()
        reading = traffic.read(content, name, wanted=kind)
        self.lake.add("vn", sensor, kind, reading, self.lake.keep(content), at(received), name)

    def next_list(self, days: float = 8, *, carries: bool = False, seen: float | None = None) -> None:
        seen_us = None if seen is None else micros(at(seen))
        self.lists.append(LaterList(f"list-{days}.csv", "sender", micros(at(days)), carries, seen_us))

    def scene(self, now: float = 10, grace_hours: int = 24) -> Scene:
        return Scene(self.lake, self.sensors, self.lines, at(now), grace_hours=grace_hours)

    def judge(
        self, host: str, now: float = 10, claimed: float | None = 0, grace_hours: int = 24, **rule: int
    ) -> Verdict:
        claimed_utc = None if claimed is None else at(claimed)
        subject = Subject(host, claimed_utc, self.c2, frozenset({"sender"}), tuple(self.lists), **rule)
        return judge(self.scene(now, grace_hours).evidence(subject))


def words(verdict: Verdict) -> str:
    return " | ".join(str(item) for item in verdict.missing)
