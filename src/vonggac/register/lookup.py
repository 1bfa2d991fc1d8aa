"""Whose is an address: the networks of a day, compiled for longest-prefix look-up; and whose are the few of a page."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.db import connection

from vonggac.kernel import networks
from vonggac.register.models import Asset, AssetAddress, Organisation
from vonggac.register.queries import networks_at, networks_on
from vonggac.tenancy.scope import current

Key = tuple[str, str, date, tuple[int, str]]
# A few scopes and days are asked again and again by one process; 100,000 blocks take about 20 MB compiled.
KEPT_TABLES = 8
_tables: OrderedDict[Key, networks.Register] = OrderedDict()

# These columns tell every revision; hashing 100,000 rows takes a small part of reading and compiling them.
REVISION = """
SELECT count(*), coalesce(sum(hash_record_extended((id, cidr, organisation_id, valid_from, valid_to), 0)), 0)::text
FROM register_network
"""


def owner_table(on: date) -> networks.Register:
    """The blocks valid on a day within the scope; its `organisations` are primary keys as text.

    Compiled once per scope, day and revision of the register, then kept by the process.
    """
    key = (*current().bounds, on, revision())
    table = _tables.get(key)
    if table is None:
        rows = networks_at(on)
        table = networks.compile([cidr for cidr, _, _ in rows], [str(organisation) for _, organisation, _ in rows])
        _tables[key] = table
        while len(_tables) > KEPT_TABLES:
            _tables.popitem(last=False)
    else:
        _tables.move_to_end(key)
    return table


def owners_of(subjects: Iterable[str], on: date) -> dict[str, Organisation]:
    """Subject (an address or the name of an asset) → who answers for it on a day, as the scope knows it; 3 queries.

    An asset comes before the network around its address. Of several organisations none is named: nobody can say which.
    """
    names = set(subjects)
    parsed = {name: address for name in names if (address := _address(name)) is not None}
    in_use = Asset.objects.filter(valid_to=None).select_related("organisation")
    held = AssetAddress.objects.filter(address__in=list(parsed), to_utc=None, asset__valid_to=None)
    claims: dict[str, dict[int, Organisation]] = defaultdict(dict)
    for line in held.select_related("asset__organisation"):
        claims[line.address][line.asset.organisation_id] = line.asset.organisation
    for asset in in_use.filter(name__in=names - parsed.keys()):
        claims[asset.name][asset.organisation_id] = asset.organisation
    found = {name: next(iter(owners.values())) for name, owners in claims.items() if len(owners) == 1}
    return _around({name: parsed[name] for name in parsed.keys() - claims.keys()}, on) | found


def _around(addresses: Mapping[str, IPv4Address | IPv6Address], on: date) -> dict[str, Organisation]:
    """Each address with the owner of the longest block around it."""
    blocks = {
        name: [str(ip_network((address, length), strict=False)) for length in range(address.max_prefixlen, -1, -1)]
        for name, address in addresses.items()
    }
    around = {block for each in blocks.values() for block in each}
    owners = {str(row.cidr): row.organisation for row in networks_on(on).filter(cidr__in=around)} if around else {}
    return {
        name: owners[block] for name, each in blocks.items() if (block := next((b for b in each if b in owners), ""))
    }


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def revision() -> tuple[int, str]:
    """A stamp of the networks that the scope sees: another one after every change."""
    with connection.cursor() as cursor:
        cursor.execute(REVISION)
        count, digest = cursor.fetchone()
    return count, digest
