"""Reads of the register, always within the scope in force."""

from collections.abc import Collection
from datetime import date, datetime
from ipaddress import ip_address, ip_network

from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, When

from vonggac.register.folding import fold
from vonggac.register.holding import AddressLine
from vonggac.register.models import (
    Asset,
    AssetAddress,
    Contact,
    InformationSystem,
    Network,
    Organisation,
    Person,
    Role,
    RoleName,
    Sensor,
    SensorCoverage,
)
from vonggac.register.models.networks import CLOCKS_APART
from vonggac.tenancy.scope import bounds, current

LAST_CHARACTER = "\U0010ffff"


def organisations(on: date | None = None) -> QuerySet[Organisation]:
    """The organisations of the scope, without those above it; with a day, only those that exist on it. By path."""
    low, high = current().bounds
    rows = Organisation.objects.filter(path__gte=low, path__lt=high).order_by("path")
    return rows if on is None else rows.filter(*_valid(on))


def subtree(path: str) -> QuerySet[Organisation]:
    """The organisation with this path and every one below it, by path."""
    low, high = bounds(path)
    return Organisation.objects.filter(path__gte=low, path__lt=high).order_by("path")


def chain(path: str) -> list[Organisation]:
    """The organisations from the root down to the one with this path."""
    steps = path.split("/")[:-1]
    paths = ["".join(f"{step}/" for step in steps[: length + 1]) for length in range(len(steps))]
    return list(Organisation.objects.filter(path__in=paths).order_by("path"))


def network_history() -> list[tuple[str, int, date | None, date | None]]:
    """(block, organisation id, first day, first day after) of every block of the scope; None: no such day."""
    rows = Network.objects.values_list("cidr", "organisation_id", "valid_from", "valid_to")
    return [(str(cidr), organisation, begin, end) for cidr, organisation, begin, end in rows]


def networks_on(on: date) -> QuerySet[Network]:
    """Every block in force on a day with its organisation. By block."""
    return Network.objects.filter(*_valid(on)).select_related("organisation").order_by("cidr", "pk")


def networks_ever() -> QuerySet[Network]:
    """Every block that is, was or will be in force with its organisation, the newest last."""
    return Network.objects.select_related("organisation").order_by(F("valid_from").asc(nulls_first=True), "pk")


def networks_of(path: str, on: date) -> QuerySet[Network]:
    """The blocks that one organisation and those below it answer for on a day."""
    low, high = bounds(path)
    return Network.objects.filter(*_valid(on), org_path__gte=low, org_path__lt=high).order_by("cidr")


def roles_on(path: str, on: date) -> QuerySet[Role]:
    """The roles held on exactly one organisation on a day, with their people."""
    return Role.objects.filter(*_valid(on), org_path=path).select_related("person").order_by("name", "person__name")


def roles_with_phone(organisations: Collection[int], on: date) -> QuerySet[Role]:
    """The working roles held on these organisations on a day by people with a telephone number, IT officers first."""
    working = (RoleName.HEAD, RoleName.DUTY_OFFICER, RoleName.IT_OFFICER)
    held = Role.objects.filter(*_valid(on), organisation__in=organisations, name__in=working, person__is_active=True)
    return held.exclude(person__phone="").select_related("person").order_by("organisation_id", "-name", "person__name")


def find_organisations(words: str, on: date | None = None, *, as_phrase: bool = False) -> QuerySet[Organisation]:
    """The organisations whose name or code holds the words, or the phrase that they are. By path.

    Accents and case do not count.
    """
    found, folded = organisations(on), fold(words)
    for word in [folded] if as_phrase else folded.split():
        found = found.filter(Q(folded__contains=word) | Q(code__contains=word))
    return found


def as_written_first(words: str) -> Case:
    """The order that puts names which hold the words with these very accents before those that are merely alike."""
    return Case(When(name__icontains=words.strip(), then=0), default=1)


def find_assets(words: str) -> QuerySet[Asset]:
    """The assets whose name holds the words, or that hold the address, when the words are one. By name."""
    rows = Asset.objects.select_related("organisation").order_by("name", "pk")
    if address := _address(words):
        return rows.filter(pk__in=AssetAddress.objects.filter(address=address).values("asset_id"))
    for word in fold(words).split():
        rows = rows.filter(folded__contains=word)
    return rows


def find_assets_by_beginning(beginning: str) -> QuerySet[Asset]:
    """The assets whose name begins so: a range of the index, fast among millions, for completion while typing."""
    low = fold(beginning)
    return Asset.objects.filter(folded__gte=low, folded__lt=low + LAST_CHARACTER).order_by("folded", "pk")


def find_hosts(words: str) -> QuerySet[Asset]:
    """The assets that hold or held the address, or, when the words are none, whose name begins so: by an index."""
    return find_assets(words) if _address(words) else find_assets_by_beginning(words)


def address_lines(asset: Asset) -> list[AddressLine]:
    """The inner addresses of an asset with the times over which it holds them, by the register."""
    rows = asset.addresses.order_by("address", "from_utc").values_list("address", "from_utc", "to_utc")
    return [AddressLine(*row) for row in rows]


def find_people(words: str) -> QuerySet[Person]:
    """The people with a role in the scope whose name or mail address holds the words. By name."""
    low, high = current().bounds
    held = Role.objects.filter(org_path__gte=low, org_path__lt=high)
    found = Person.objects.filter(pk__in=held.values("person_id")).order_by("folded", "pk")
    for word in fold(words).split():
        found = found.filter(Q(folded__contains=word) | Q(email__contains=word))
    return found


def find_networks(words: str, on: date) -> QuerySet[Network]:
    """The blocks in force around an address or block, or those of the organisations that the words find. By block."""
    rows = networks_on(on)
    try:
        sought = ip_network(words.strip())
    except ValueError:
        return rows.filter(organisation__in=find_organisations(words)) if words.strip() else rows
    # Equality with each enclosing block keeps the index under row-level security; containment does not.
    around = [str(sought.supernet(new_prefix=length)) for length in range(sought.prefixlen + 1)]
    return rows.filter(cidr__in=around)


def systems() -> QuerySet[InformationSystem]:
    """The information systems of the scope, the highest level first."""
    return InformationSystem.objects.select_related("organisation").order_by("-level", "code")


def sensors() -> QuerySet[Sensor]:
    """The declared sensors of the scope."""
    return Sensor.objects.select_related("organisation").order_by("name")


def heard_sensors(now: datetime) -> QuerySet[Sensor]:
    """The declared sensors with `heard_to`, their newest sign of life that is not yet to come, and `told_to`.

    That is the end of their newest stretch of time, whenever it is: of one that ends in the time to come only the
    beginning is a sign. Signs are those of the sensor's own way of showing silence.
    """
    is_own = Q(sensor__silence="heartbeat", file="") | Q(sensor__silence="rotation", file__gt="")
    stretches = SensorCoverage.objects.filter(is_own, sensor=OuterRef("pk")).order_by("-from_utc")
    sign = Case(When(to_utc__lte=now + CLOCKS_APART, then="to_utc"), default="from_utc")
    begun = stretches.filter(from_utc__lte=now + CLOCKS_APART).annotate(sign=sign)
    return sensors().annotate(
        heard_to=Subquery(begun.values("sign")[:1]), told_to=Subquery(stretches.values("to_utc")[:1])
    )


def contacts() -> QuerySet[Contact]:
    """The contacts of the scope and of the offices above it, those checked longest ago first."""
    return Contact.objects.select_related("organisation").order_by(F("checked_on").asc(nulls_first=True), "name")


def _address(words: str) -> str | None:
    try:
        return str(ip_address(words.strip()))
    except ValueError:
        return None


def _valid(on: date) -> tuple[Q, Q]:
    return (
        Q(valid_from__isnull=True) | Q(valid_from__lte=on),
        Q(valid_to__isnull=True) | Q(valid_to__gt=on),
    )
