"""The botnet lists of the exercise, three senders in three layouts with real lists' dirt; addresses of a given list."""

import csv
import io
import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vonggac.errors import UnreadableFile
from vonggac.exercise.clock import Calendar, written
from vonggac.exercise.province import Organisation
from vonggac.exercise.subjects import C2, Subject, public_end

SENDER_NAMES: Mapping[str, str] = {
    "sheet": "Trung tâm giám sát (diễn tập)",
    "sinkhole": "Tổ chức hố đen (diễn tập)",
    "plain": "Nguồn chia sẻ (diễn tập)",
}
SHEET_HEADER = (
    "STT", "Địa chỉ IP", "Thời gian (UTC)", "Cổng nguồn", "Giao thức", "Loại mã độc", "IP máy chủ điều khiển",
    "Tên miền điều khiển", "Cổng đích", "Số lần",
)  # fmt: skip
SINKHOLE_HEADER = (
    "timestamp", "protocol", "src_ip", "src_port", "src_asn", "src_geo", "src_region", "src_city", "src_hostname",
    "src_naics", "src_sector", "device_vendor", "device_type", "device_model", "dst_ip", "dst_port", "dst_asn",
    "dst_geo", "dst_region", "dst_city", "dst_hostname", "dst_naics", "dst_sector", "public_source", "infection",
    "family", "tag", "application", "version", "event_id", "http_url", "http_host", "http_agent", "forwarded_by",
    "ssl_cipher", "http_referer",
)  # fmt: skip
BAD_ADDRESSES = ("203.0.113.300", "không rõ", "", "10.0.0", "198.19.250.7.1", "Tổng cộng")
ADDRESS_COLUMNS = frozenset({"ip", "src_ip", "address", "ip address", "địa chỉ ip", "attackerip", "source_address"})
# Addresses that the exercise needs for itself, or that no list means: they are no host of a province.
NOT_GIVEN = tuple(
    ipaddress.ip_network(one)
    for one in ("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "198.18.0.0/15", "224.0.0.0/3")
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One list file as received."""

    file: str
    sender: str
    received_us: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Sighting:
    """One line of a list that is meant: a subject's public end at a moment, and its C2 as far as the list knows it."""

    address: str
    port: int
    time_us: int
    c2: C2
    count: int


def deliveries(
    subjects: Sequence[Subject], organisations: Sequence[Organisation], calendar: Calendar, rng: np.random.Generator
) -> Iterator[Delivery]:
    """Every sender's three lists, in order of receipt."""
    writers = {"sheet": _sheet, "sinkhole": _sinkhole, "plain": _plain}
    for number, received_us in enumerate(calendar.lists_us):
        for delay, (sender, name) in enumerate(SENDER_NAMES.items()):
            listed = [one for one in subjects if sender in one.senders]
            if not listed:
                continue
            sightings = list(_sightings(listed, organisations, number, rng))
            suffix = "txt" if sender == "plain" else "csv"
            at = received_us + delay * 1_800_000_000
            content = writers[sender](sightings, at, rng)
            yield Delivery(f"{written(at, '%Y-%m-%d')}-{sender}.{suffix}", name, at, content)


def addresses_in(content: bytes) -> list[str]:
    """The botnet addresses of a list somebody has: one a line, from its address column or the line's first address.

    Each address once, in order. Raises UnreadableFile where there is none.
    """
    lines = content.decode("utf-8-sig", errors="replace").splitlines()
    column, separator = _address_column(lines[0]) if lines else (None, ",")
    found: dict[str, None] = {}
    try:
        for cells in csv.reader(lines, delimiter=separator):
            wanted = cells if column is None else cells[column : column + 1]
            address = next(filter(None, (_public_address(word) for cell in wanted for word in cell.split())), None)
            if address:
                found[address] = None
    except csv.Error as error:
        raise UnreadableFile(f"the list is no CSV or text with one address a line ({error})") from None
    if not found:
        raise UnreadableFile("the list holds no public address; give a CSV or a text file with one address a line")
    return list(found)


def _address_column(header: str) -> tuple[int | None, str]:
    separator = max(",;\t", key=header.count)
    names = [one.strip().strip('"').casefold() for one in header.split(separator)]
    place = next((place for place, one in enumerate(names) if one in ADDRESS_COLUMNS), None)
    return place, separator


def _public_address(word: str) -> str | None:
    try:
        address = ipaddress.ip_address(word.strip('"'))
    except ValueError:
        return None
    return None if any(address in network for network in NOT_GIVEN) else str(address)


def _sightings(
    listed: Sequence[Subject], organisations: Sequence[Organisation], number: int, rng: np.random.Generator
) -> Iterator[Sighting]:
    for one in listed:
        count = int(rng.integers(1, 40))
        if number == one.first_list:
            yield Sighting(one.listed_address, one.listed_port, one.sighted_us, one.c2, count)
        elif number > one.first_list:
            again = one.sighted_again_us[number - 1]
            if again is not None:
                address, port = public_end(organisations[one.organisation], one, again, rng)
                yield Sighting(address, port, again, one.c2, count)


def _unowned(rng: np.random.Generator) -> str:
    return f"198.19.250.{rng.integers(1, 254)}"


def _shuffled(rows: list[list[str]], rng: np.random.Generator) -> list[list[str]]:
    """The rows in another order, one in thirty of them twice."""
    twice = [row for row in rows if rng.random() < 1 / 30]
    whole = [*rows, *twice]
    return [whole[int(place)] for place in rng.permutation(len(whole))]


def _sheet(sightings: Sequence[Sighting], received_us: int, rng: np.random.Generator) -> bytes:
    """A Vietnamese spreadsheet saved as CSV: semicolons, a byte order mark, three ways to write a date."""
    patterns = ("%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %I:%M %p")
    rows = []
    for one in sightings:
        knows_address, knows_name = one.c2.known_by != "name", one.c2.known_by != "address"
        time = written(one.time_us, patterns[int(rng.choice(3, p=[0.6, 0.3, 0.1]))])
        rows.append([
            one.address, time, str(one.port), "tcp", one.c2.family,
            one.c2.address_for(one.address) if knows_address else "", one.c2.name if knows_name else "",
            str(one.c2.port), str(one.count),
        ])  # fmt: skip
    day = written(received_us, "%d/%m/%Y %H:%M")
    strays = [(bad, day, "50000") for bad in BAD_ADDRESSES[: 2 + len(rows) // 20]]
    bad_fields = ((day, "50001"), ("hôm qua", "50002"), (day, "n/a"), ("31/02/2024 09:00", "99999"))
    strays += [(_unowned(rng), time, port) for time, port in bad_fields]
    rows += [[*stray, "tcp", "mirai", "198.19.200.1", "", "443", "1"] for stray in strays]
    sink = io.StringIO()
    writer = csv.writer(sink, delimiter=";", lineterminator="\r\n")
    writer.writerow(SHEET_HEADER)
    writer.writerows([str(number), *row] for number, row in enumerate(_shuffled(rows, rng), start=1))
    return b"\xef\xbb\xbf" + sink.getvalue().encode()


def _sinkhole(sightings: Sequence[Sighting], received_us: int, rng: np.random.Generator) -> bytes:
    """A sinkhole report in Shadowserver's new header."""
    rows = []
    for number, one in enumerate(sightings):
        cells = {
            "timestamp": written(one.time_us, "%Y-%m-%d %H:%M:%S"), "protocol": "tcp", "src_ip": one.address,
            "src_port": str(one.port), "src_asn": "64496", "src_geo": "VN", "dst_ip": one.c2.address_for(one.address),
            "dst_port": str(one.c2.port), "infection": one.c2.family, "family": one.c2.family,
            "event_id": f"{received_us // 1_000_000:x}-{number}",
            "http_host": one.c2.name if one.c2.known_by == "both" else "",
        }  # fmt: skip
        rows.append([cells.get(name, "") for name in SINKHOLE_HEADER])
    stray = {"timestamp": written(received_us, "%Y-%m-%d %H:%M:%S"), "protocol": "tcp", "dst_ip": "198.19.200.1"}
    for address in (*BAD_ADDRESSES[:2], _unowned(rng), _unowned(rng)):
        cells = stray | {"src_ip": address, "dst_port": "443", "family": "mirai", "infection": "mirai"}
        rows.append([cells.get(name, "") for name in SINKHOLE_HEADER])
    sink = io.StringIO()
    writer = csv.writer(sink, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(SINKHOLE_HEADER)
    writer.writerows(_shuffled(rows, rng))
    return sink.getvalue().encode()


def _plain(
    sightings: Sequence[Sighting],
    received_us: int,  # noqa: ARG001  the layouts are called alike; this one shows no time
    rng: np.random.Generator,
) -> bytes:
    """Nothing but addresses: no time, no port, no C2."""
    rows = [[one.address] for one in sightings] + [[_unowned(rng)], [BAD_ADDRESSES[0]]]
    lines = ["# danh sách địa chỉ (diễn tập)", *(row[0] for row in _shuffled(rows, rng))]
    return ("\n".join(lines) + "\n").encode()
