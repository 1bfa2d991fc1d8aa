"""Small lakes for tests: flows and names handed in as a sensor's files."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from vonggac.formats import traffic
from vonggac.formats.traffic_tables import Kind
from vonggac.lake import Import, Lake

NOON = datetime(2026, 4, 20, 12, tzinfo=UTC)
HEADERS = {
    Kind.FLOW: "time_utc,source_address,destination_address",
    Kind.DNS: "time_utc,source_address,query,answers",
    Kind.NAT: "from_utc,to_utc,public_address,port_from,port_to,inner_address",
    Kind.DHCP: "from_utc,to_utc,address,host",
}


def micros(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def hand_in(
    lake: Lake,
    *rows: str,
    kind: Kind = Kind.FLOW,
    sensor: str = "flow-1",
    organisation: str = "000001/",
    received: datetime = NOON,
    name: str = "a.csv",
) -> Import:
    """One file of rows as its sensor writes them, without the header."""
    content = "\n".join([HEADERS[kind], *rows, ""]).encode()
    reading = traffic.read(content, name, wanted=kind, received_utc=received)
    assert reading.rejects == []
    return lake.add(organisation, sensor, kind, reading, lake.keep(content), received, name)


def flow(minute: int, source: str = "10.0.0.5", destination: str = "192.0.2.1", day: str = "2026-04-20") -> str:
    return f"{day}T{minute // 60:02}:{minute % 60:02}:00Z,{source},{destination}"


def files_of(lake: Lake) -> set[str]:
    return {path.relative_to(lake.root).as_posix() for path in lake.root.rglob("*") if path.is_file()}


def new_lake(folder: Path) -> Lake:
    return Lake(folder / "lake")
