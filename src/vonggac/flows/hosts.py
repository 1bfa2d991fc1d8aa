"""Gathers, from lake and register, what is known about the hosts behind given addresses."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from ipaddress import ip_address

from django.db.models import Count, Min, Q

from vonggac.flows.placement import (
    FOREVER_US,
    MICROSECONDS,
    HostFinder,
    Pool,
    Span,
    lease_spans,
    translation_spans,
)
from vonggac.flows.uploads import lake
from vonggac.formats.traffic_tables import Kind
from vonggac.kernel.host_names import HostNames
from vonggac.lake.lookups import address_rows
from vonggac.lake.store import Scope as LakeScope
from vonggac.register.folding import first_label, fold
from vonggac.register.models import Asset, AssetAddress, Sensor
from vonggac.tenancy.scope import current


def host_finder(addresses: Collection[str]) -> HostFinder:
    """The finder for these public addresses, within the scope: what has arrived in the lake, and the register."""
    low, high = current().bounds
    scope = LakeScope(low, high)
    offsets = {name: round(s * MICROSECONDS) for name, s in Sensor.objects.values_list("name", "clock_offset_seconds")}
    translations = translation_spans(address_rows(lake(), Kind.NAT, "public", *_split(addresses), scope), offsets)
    inner = {span.value for spans in translations.values() for span in spans} | set(addresses)
    leases = lease_spans(address_rows(lake(), Kind.DHCP, "address", *_split(inner), scope), offsets)
    named = {span.value for spans in leases.values() for span in spans}
    return HostFinder(
        translations,
        leases,
        _register_spans(inner),
        _assets_by_name(named),
        _pools(),
    )


def registered(addresses: Collection[str]) -> set[str]:
    """Those of the addresses that stand in the register as an asset's own, whoever answers for their network."""
    found: set[str] = set()
    for part in _parts(addresses):
        lines = AssetAddress.objects.filter(address__in=part, asset__valid_to__isnull=True)
        found.update(lines.values_list("address", flat=True))
    return found


def _assets_by_name(names: Collection[str]) -> dict[str, int]:
    """The assets that logs name; a name that may mean two of them names neither."""
    standing = Asset.objects.filter(valid_to__isnull=True).annotate(label=first_label("folded"))
    alike: list[tuple[str, int]] = []
    for part in _parts({fold(name).partition(".")[0] for name in names}):
        alike += standing.filter(label__in=part).values_list("name", "pk")
    known = HostNames(alike)
    meant = {name: known.meant(name) for name in names}
    return {name: next(iter(keys)) for name, keys in meant.items() if len(keys) == 1}


def _pools() -> Iterator[Pool]:
    used = Asset.objects.filter(~Q(nat_pool=""), valid_to__isnull=True).values("nat_pool")
    for row in used.annotate(assets=Count("pk"), one=Min("pk")):
        yield Pool(row["nat_pool"], row["assets"], row["one"])


def _parts(values: Collection[str]) -> Iterator[list[str]]:
    """Lists of at most 20,000: PostgreSQL takes 65,535 parameters a statement."""
    ordered = sorted(values)
    for start in range(0, len(ordered), 20_000):
        yield ordered[start : start + 20_000]


def _register_spans(addresses: Collection[str]) -> dict[str, list[Span]]:
    spans: dict[str, list[Span]] = defaultdict(list)
    for part in _parts(addresses):
        rows = AssetAddress.objects.filter(address__in=part, asset__valid_to__isnull=True)
        for address, from_utc, to_utc, asset in rows.values_list("address", "from_utc", "to_utc", "asset_id"):
            spans[address].append(Span(_us(from_utc, -FOREVER_US), _us(to_utc, FOREVER_US), str(asset)))
    return spans


def _us(moment: datetime | None, otherwise: int) -> int:
    return otherwise if moment is None else round(moment.timestamp() * MICROSECONDS)


def _split(addresses: Iterable[str]) -> tuple[list[int], list[str]]:
    """IPv4 as numbers, IPv6 as canonical text: the lake's two columns."""
    parsed = [ip_address(address) for address in addresses]
    return [int(a) for a in parsed if a.version == 4], [str(a) for a in parsed if a.version == 6]
