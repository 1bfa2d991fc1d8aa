"""Whose is an address: the networks of a day, compiled for longest-prefix look-up; and whose are the few of a page."""

from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from ipaddress import ip_address

import numpy as np
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from numpy.typing import NDArray

from vonggac.formats.times import NO_TIME
from vonggac.kernel import addresses, networks
from vonggac.kernel.network_history import ALWAYS, EVER, History
from vonggac.register.folding import fold
from vonggac.register.models import Asset, AssetAddress, Organisation
from vonggac.register.queries import network_history, networks_on
from vonggac.tenancy.among import among
from vonggac.tenancy.scope import current

Key = tuple[str, str, tuple[int, str]]
Claims = dict[str, dict[int, Asset]]
# A few scopes are asked again and again by one process; 100,000 blocks take about 20 MB compiled.
KEPT_HISTORIES = 8
_histories: OrderedDict[Key, History] = OrderedDict()
_DAY_SECONDS = 86_400
_EPOCH = date(1970, 1, 1).toordinal()

# These columns tell every revision; hashing 100,000 rows takes a small part of reading and compiling them.
REVISION = """
SELECT count(*), coalesce(sum(hash_record_extended((id, cidr, organisation_id, valid_from, valid_to), 0)), 0)::text
FROM register_network
"""


@dataclass(frozen=True, slots=True)
class Host:
    """The machine that a subject names, and who answers for it; the asset where it is known."""

    organisation: Organisation
    name: str
    asset_id: int | None = None


def owner_history() -> History:
    """The blocks within the scope by day (`date.toordinal`); its `organisations` are primary keys as text.

    Read once per scope and revision of the register, then kept by the process.
    """
    key = (*current().bounds, revision())
    if key not in _histories:
        rows = network_history()
        _histories[key] = History.of(
            [cidr for cidr, *_ in rows],
            [str(organisation) for _, organisation, *_ in rows],
            [begin.toordinal() if begin else ALWAYS for *_, begin, _ in rows],
            [end.toordinal() if end else EVER for *_, end in rows],
        )
        while len(_histories) > KEPT_HISTORIES:
            _histories.popitem(last=False)
    _histories.move_to_end(key)
    return _histories[key]


def owner_table(on: date) -> networks.Register:
    """The blocks valid on a day within the scope; its `organisations` are primary keys as text."""
    return owner_history().at(on.toordinal())


def owners_when(
    listed: addresses.Addresses, seconds: NDArray[np.int64], otherwise: datetime
) -> tuple[History, NDArray[np.int32]]:
    """Whose each address was on the office's day of its moment, as places in the history, −1 for nobody.

    `seconds` (n,) since 1970 UTC; of one that is `NO_TIME` the day of `otherwise` counts.
    """
    here = timezone.localtime(otherwise)
    offset = int((here.utcoffset() or timedelta()).total_seconds())
    days = np.where(seconds == NO_TIME, 0, seconds + offset) // _DAY_SECONDS + _EPOCH
    history = owner_history()
    return history, history.owners(listed, np.where(seconds == NO_TIME, here.date().toordinal(), days))


def host_of(subject: str, at: datetime) -> Host | None:
    """The machine that one subject names, as `hosts_of` knows it."""
    return hosts_of([subject], at).get(subject)


def hosts_of(subjects: Iterable[str], at: datetime, claims: Claims | None = None) -> dict[str, Host]:
    """Subject (an address or the name of an asset) → its machine, as the scope knows it at this time; 3 queries.

    An asset comes before the network around its address. Of several assets none is meant, and of several organisations
    nobody answers: nobody can say which. An address is looked up however it is written. `claims` are those of the same
    subjects, where they were asked for already.
    """
    names = set(subjects)
    texts, claims = _texts(names), claims_of(names) if claims is None else claims
    known = {
        text: Host(organisation, text)
        for text, organisation in _around(set(texts.values()) - claims.keys(), timezone.localdate(at)).items()
    }
    for text, assets in claims.items():
        first, *others = assets.values()
        if not others:
            known[text] = Host(first.organisation, first.name, first.pk)
        elif all(one.organisation_id == first.organisation_id for one in others):
            known[text] = Host(first.organisation, text)
    return {name: known[text] for name in names if (text := texts.get(name, name)) in known}


def aliases_of(subjects: Iterable[str], claims: Claims | None = None) -> dict[str, set[str]]:
    """Subject → under what else its machine is told, where it is one asset: its name, its addresses now; 5 queries.

    A sensor on the wire tells of an address, an agent on the machine of its name. What several assets have names none.
    `claims` as `hosts_of` takes them.
    """
    names = set(subjects)
    texts, claims = _texts(names), claims_of(names) if claims is None else claims
    assets = {text: one for text, of_text in claims.items() if (one := _only(of_text)) is not None}
    if not assets:
        return {}
    forms = {one.pk: {one.name} for one in assets.values()}
    held = AssetAddress.objects.filter(asset_id__in=among(forms, "bigint"), to_utc=None)
    for asset_id, address in held.values_list("asset_id", "address"):
        forms[asset_id].add(address)
    others = set().union(*forms.values()) - assets.keys()
    assets |= {text: one for text, of_text in claims_of(others).items() if (one := _only(of_text)) is not None}
    return {
        name: {form for form in forms[asset.pk] if form != text and form in assets}
        for name in names
        if (asset := assets.get(text := texts.get(name, name))) is not None
    }


def _texts(names: Iterable[str]) -> dict[str, str]:
    """Each name that is an address, with its canonical text."""
    return {name: parsed.text for name in names if (parsed := addresses.parse(name)) is not None}


def claims_of(subjects: Iterable[str]) -> Claims:
    """Canonical address, or name → the assets in use that have it, by key; 2 queries."""
    claims: Claims = defaultdict(dict)
    names = set(subjects)
    if not names:
        return claims
    texts = _texts(names)
    held = AssetAddress.objects.filter(
        address__in=among(set(texts.values()), "inet"), to_utc=None, asset__valid_to=None
    )
    for line in held.select_related("asset__organisation"):
        claims[line.address][line.asset_id] = line.asset
    for asset in assets_named(names - texts.keys()).select_related("organisation"):
        claims[asset.name][asset.pk] = asset
    return claims


def _only(assets: dict[int, Asset]) -> Asset | None:
    return next(iter(assets.values())) if len(assets) == 1 else None


def assets_named(names: Collection[str]) -> QuerySet[Asset]:
    """The assets in use that have exactly one of these names."""
    # Names have an index by their folded form alone.
    found = Asset.objects.filter(folded__in=among({fold(name) for name in names}), valid_to=None)
    return found.filter(name__in=among(names))


def _around(texts: Iterable[str], on: date) -> dict[str, Organisation]:
    """Each address with the owner of the longest block around it."""
    blocks = {text: _blocks_around(text) for text in texts}
    around = {block for each in blocks.values() for block in each}
    if not around:
        return {}
    owners = {str(row.cidr): row.organisation for row in networks_on(on).filter(cidr__in=among(around, "cidr"))}
    return {
        text: owners[block] for text, each in blocks.items() if (block := next((b for b in each if b in owners), ""))
    }


def _blocks_around(text: str) -> list[str]:
    """Every block that an address may lie in, the longest prefix first; as objects they take ten times as long."""
    address = ip_address(text)
    whole, bits, kind = int(address), address.max_prefixlen, type(address)
    return [f"{kind(whole >> host << host)}/{bits - host}" for host in range(bits + 1)]


def revision() -> tuple[int, str]:
    """A stamp of the networks that the scope sees: another one after every change."""
    with connection.cursor() as cursor:
        cursor.execute(REVISION)
        count, digest = cursor.fetchone()
    return count, digest
