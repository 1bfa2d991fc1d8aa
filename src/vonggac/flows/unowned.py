"""The addresses of a botnet list that nobody in the register owns, each with what the register knows about why."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from ipaddress import ip_address, ip_network

import numpy as np
from django.utils import timezone

from vonggac.botnet.models import BotnetList
from vonggac.errors import InputError, IntegrityFailure
from vonggac.flows.botnet_list import read_entered
from vonggac.flows.hosts import registered
from vonggac.flows.uploads import raw
from vonggac.formats.botnet_list import ListRows
from vonggac.formats.times import NO_TIME
from vonggac.kernel import networks
from vonggac.register.lookup import owners_when
from vonggac.register.models import Network
from vonggac.register.queries import networks_ever

# A search reads files: about a second at the most for so many lists and so many rows of them in all.
LISTS_SEARCHED, MOST_ROWS_SEARCHED = 10, 50_000
# The first bytes of a workbook or archive, and of gzip: their text shows only once they are read.
PACKED = (b"PK", b"\x1f\x8b")
# RFC 1918, 6598, 1122, 3927, 4193, 4291: what stands behind such an address only its own network can tell.
_INNER = [
    ip_network(block)
    for block in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "fc00::/7", "fe80::/10", "::1/128",
    )
]  # fmt: skip


class Why(StrEnum):
    """Why nobody owns an address."""

    NO_NETWORK = "no_network"
    INNER = "inner"
    ENDED = "ended"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Unowned:
    """One address: its families, its rows and the first of their lines, when it was seen last, why nobody owns it.

    `network`: the block around it that was not in force when it was seen; None where there is none.
    """

    address: str
    families: tuple[str, ...]
    rows: int
    line: int
    last_seen_utc: datetime | None
    why: Why
    network: Network | None


class UnownedAddresses:
    """The addresses without owner when they were seen, as the register tells now, in their order."""

    def __init__(self, botnet_list: BotnetList) -> None:
        self._received_at = botnet_list.received_at
        self._rows = read_entered(botnet_list).rows
        self._places = _by_address(self._rows, self._received_at)
        self._addresses = list(self._places)

    def place_of(self, address: str) -> int | None:
        """Where an address, in its normal form, stands among them; None where it does not."""
        return self._addresses.index(address) if address in self._places else None

    def __len__(self) -> int:
        return len(self._addresses)

    def part(self, first: int, number: int) -> list[Unowned]:
        """So many of them from the first on, which is 0."""
        chosen = self._addresses[first : first + number]
        if not chosen:
            return []
        off = {row.pk: row for row in networks_ever()}
        blocks = networks.compile([row.cidr for row in off.values()], [str(pk) for pk in off])
        around = networks.owners_mixed(blocks, self._rows.addresses.take(self._firsts(chosen))).tolist()
        return [
            self._one(address, off[int(blocks.organisations[place])] if place >= 0 else None)
            for address, place in zip(chosen, around, strict=True)
        ]

    def _firsts(self, addresses: list[str]) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
        return np.array([self._places[address][0] for address in addresses], np.intp)

    def _one(self, address: str, network: Network | None) -> Unowned:
        rows, places = self._rows, self._places[address]
        seen = max(int(rows.last_seen[place]) for place in places)
        families = dict.fromkeys(family for place in places if (family := rows.family[place]))
        seen_at = None if seen == NO_TIME else datetime.fromtimestamp(seen, UTC)
        return Unowned(
            address,
            tuple(families),
            len(places),
            min(rows.line[place] for place in places),
            seen_at,
            _why(address, network, timezone.localdate(seen_at or self._received_at)),
            network,
        )


def lists_naming(address: str) -> Iterator[tuple[BotnetList, int]]:
    """The newest lists of the scope that name an address which nobody owns, and its place among those of each.

    Lists are files: of the newest, those that may hold the text are read while their rows are few enough in all; one
    that cannot be read any more is passed over. `address` is in its normal form; an IPv6 address, which files write in
    many ways, is looked for in every one of these lists.
    """
    rows_left = MOST_ROWS_SEARCHED
    lists = BotnetList.objects.filter(imported_at__isnull=False, rows_read__lte=MOST_ROWS_SEARCHED)
    for one in lists.select_related("sender").defer("rejects").order_by("-received_at", "-pk")[:LISTS_SEARCHED]:
        try:
            if one.rows_read > rows_left or not _may_hold(raw(one.sha256), address):
                continue
            rows_left -= one.rows_read
            place = UnownedAddresses(one).place_of(address)
        except (InputError, IntegrityFailure):
            continue
        if place is not None:
            yield one, place


def _may_hold(content: bytes, address: str) -> bool:
    """False when the text of a list lacks the address, defanged (`192[.]0[.]2[.]1`) or not; UTF-16 is full of zeros."""
    if ":" in address or content[:2] in PACKED or b"\0" in content:
        return True
    written = rb"(?:\W{1,3}|[\[(]dot[\])])".join(map(str.encode, address.split(".")))
    return re.search(rb"(?<!\d)" + written + rb"(?!\d)", content, re.IGNORECASE) is not None


def _by_address(rows: ListRows, received_at: datetime) -> dict[str, list[int]]:
    """Address → the places of its rows, addresses in their order; O(n log n)."""
    _, owner = owners_when(rows.addresses, rows.last_seen, received_at)
    owned = {rows.addresses.text[place] for place in np.flatnonzero(owner >= 0)}
    free = np.array([i for i in np.flatnonzero(owner < 0) if rows.addresses.text[i] not in owned], np.intp)
    found = rows.addresses.take(free)
    places: dict[str, list[int]] = {}
    for place in np.lexsort((found.lo, found.hi, found.ipv4, found.is_ipv6)).tolist():
        places.setdefault(found.text[place], []).append(int(free[place]))
    for address in registered(places):
        del places[address]
    return places


def _why(address: str, network: Network | None, on: date) -> Why:
    if network is not None:
        return Why.LATER if network.valid_from is not None and network.valid_from > on else Why.ENDED
    parsed = ip_address(address)
    return Why.INNER if any(parsed in block for block in _INNER) else Why.NO_NETWORK
