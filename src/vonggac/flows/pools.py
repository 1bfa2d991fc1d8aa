"""Which ways out are the same: a public address or block in any spelling, compared by what it holds, not as text."""

import bisect
from collections.abc import Iterable
from ipaddress import ip_network
from itertools import accumulate
from typing import TypeAlias

Range: TypeAlias = tuple[int, int, int]  # version, first address, last address


def overlapping(own: Iterable[str], known: Iterable[str]) -> set[str]:
    """Those of the known blocks that share an address with one of our own. O((n + m) log n)."""
    ranges = sorted({one for text in own for one in _ranges(text)})
    # Of all ranges that begin no later, the furthest end decides.
    furthest = list(accumulate(((version, last) for version, _, last in ranges), max))
    return {text for text in known if any(_meets(one, ranges, furthest) for one in _ranges(text))}


def _meets(one: Range, ranges: list[Range], furthest: list[tuple[int, int]]) -> bool:
    version, first, last = one
    place = bisect.bisect_right(ranges, (version, last, 2**128)) - 1
    return place >= 0 and furthest[place] >= (version, first)


def _ranges(text: str) -> list[Range]:
    networks = [ip_network(block, strict=False) for block in text.split()]
    return [(network.version, int(network[0]), int(network[-1])) for network in networks]
