"""Where the rows of a botnet list belong: who answers for each address at its time, and on which host it lies."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from vonggac.botnet.services import findings
from vonggac.botnet.services.hosts import Placement, Sighting
from vonggac.flows.hosts import host_finder, registered
from vonggac.flows.placement import Host
from vonggac.formats.botnet_list import ListReading, ListRow
from vonggac.kernel.network_history import History
from vonggac.register.lookup import owners_when
from vonggac.register.models import Asset, Organisation

# Address, family, host and the organisation that answers.
_Key = tuple[str, str, Host | None, int]


def sightings_of(reading: ListReading, received_at: datetime) -> tuple[list[Sighting], dict[str, int]]:
    """One sighting a (address, family, host) in the order of first appearance, and what was counted on the way.

    An address is somebody's by the network it was in when it was seen (one without a time: when the list came), or
    where no network was registered, as an asset's own. One that changed hands meanwhile is a sighting of each owner.
    """
    rows = reading.rows
    history, owned_by = owners_when(rows.addresses, rows.last_seen, received_at)
    owned = list(zip(rows.addresses.text, owned_by.tolist(), strict=True))
    listed = {address for address, owner in owned if owner >= 0}
    listed |= registered({address for address, owner in owned if owner < 0} - listed)
    finder = host_finder(listed)
    found = [
        (row, owner, finder.find(row.address, row.port, row.last_seen_seconds, row.protocol))
        for row, owner in zip(rows.records(), owned_by.tolist(), strict=True)
        if row.address in listed
    ]
    places = _Places(history, set(owned_by[owned_by >= 0].tolist()), (host for *_, host in found))
    grouped: dict[_Key, list[tuple[ListRow, int]]] = defaultdict(list)
    for row, owner, host in found:
        if owner >= 0 or (host and host.asset_id):
            grouped[row.address, row.family or "", host, places.answers(host, owner)].append((row, owner))
    sightings = [_sighting(key, of_it, places) for key, of_it in grouped.items()]
    totals = {
        "rows_read": reading.rows_read,
        "rows_rejected": len(reading.rejects),
        "warnings": len(reading.warnings),
        "addresses": len(set(rows.addresses.text)),
        "owned": len(listed),
        "unplaced": len({one.address for one in sightings if not one.placement.is_placed}),
        "without_c2": sum(
            not address and not name
            for address, name in zip(rows.destination_address, rows.destination_host, strict=True)
        ),
        "unread": len(reading.rows.unread),
        "unowned": len({address for address, _ in owned} - listed),
    }
    return sightings, totals


class _Places:
    """Turns (host, place of the owning network) into a placement, with assets and organisations read once."""

    def __init__(self, history: History, owners: Iterable[int], hosts: Iterable[Host | None]) -> None:
        self._history = history
        wanted = {host.asset_id for host in hosts if host and host.asset_id}
        self._assets = {
            asset.pk: asset for asset in Asset.objects.filter(pk__in=wanted).select_related("organisation", "system")
        }
        self._organisations = Organisation.objects.in_bulk({int(history.organisations[owner]) for owner in owners})

    def answers(self, host: Host | None, owner: int) -> int:
        """Who answers: an asset's own organisation comes before that of the public network it goes out through.

        owner is below 0 where no network is registered: the asset's organisation answers then.
        """
        asset = self._asset(host)
        return int(self._history.organisations[owner]) if asset is None else asset.organisation_id

    def of(self, address: str, host: Host | None, owner: int) -> Placement:
        """The placement of a listed address; `owner` as in `answers`."""
        asset = self._asset(host)
        network = "" if owner < 0 else self._history.networks[owner]
        organisation = self._organisations[self.answers(host, owner)] if asset is None else asset.organisation
        return placement_of(organisation, address, network, host, asset)

    def _asset(self, host: Host | None) -> Asset | None:
        return self._assets.get(host.asset_id or 0) if host else None


def placement_of(
    organisation: Organisation, address: str, network: str, host: Host | None, asset: Asset | None
) -> Placement:
    """Where a listed address belongs: on the asset, else on the host that logs name, else on the address itself."""
    if host is None:
        return Placement(organisation, address, network)
    if asset is None:
        return Placement(organisation, host.name or address, network, host.inner_address, is_placed=True)
    return Placement(
        asset.organisation,
        asset.name,
        network,
        host.inner_address,
        asset.pk,
        is_server=asset.kind == "server",
        system_level=asset.system.level if asset.system else None,
        is_placed=True,
    )


def _sighting(key: _Key, found: Sequence[tuple[ListRow, int]], places: _Places) -> Sighting:
    address, family, host, _ = key
    rows = [row for row, _ in found]
    newest, owner = max(found, key=lambda one: one[0].last_seen_seconds or 0)
    placement = places.of(address, host, owner)
    firsts = [row.first_seen_seconds for row in rows if row.first_seen_seconds is not None]
    lasts = [row.last_seen_seconds for row in rows if row.last_seen_seconds is not None]
    return Sighting(
        address=address,
        family=family[:200],
        first_seen_utc=_moment(min(firsts, default=None)),
        last_seen_utc=_moment(max(lasts, default=None)),
        count=sum(row.count for row in rows),
        detail={
            "port": newest.port,
            "protocol": newest.protocol,
            "destination_address": newest.destination_address,
            "destination_host": newest.destination_host,
            "network": placement.network,
            "inner_address": placement.inner_address,
            "sightings": [[row.last_seen_seconds, row.port, row.protocol] for row in _newest(rows)],
        },
        placement=placement,
    )


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _newest(rows: Sequence[ListRow]) -> Iterator[ListRow]:
    """At most SIGHTINGS_KEPT sightings, the newest first: enough to place them again when a NAT log arrives late."""
    yield from sorted(rows, key=lambda row: row.last_seen_seconds or 0, reverse=True)[: findings.SIGHTINGS_KEPT]
