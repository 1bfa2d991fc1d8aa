"""Acts on information systems, assets and contacts."""

from collections.abc import Sequence
from datetime import date, datetime
from ipaddress import ip_address

from django.db import transaction

from vonggac.errors import InputError
from vonggac.ledger import services as ledger
from vonggac.register.models import Asset, AssetAddress, Contact, InformationSystem, Organisation
from vonggac.register.services.refusals import told_plainly


@transaction.atomic
def create_system(code: str, name: str, level: int, organisation: Organisation, *, at: datetime) -> InformationSystem:
    """The new information system with its approved level (1 to 5)."""
    if level not in range(1, 6):
        raise InputError(f"{level} is no security level; levels go from 1 to 5")
    with told_plainly(f"information system {code}"):
        made = InformationSystem.objects.create(
            code=code, name=name, level=level, organisation=organisation, org_path=organisation.path
        )
    ledger.record("system.create", "system", made.pk, made.org_path, at=at, code=code, name=name, level=level)
    return made


@transaction.atomic
def create_asset(
    name: str,
    organisation: Organisation,
    *,
    at: datetime,
    kind: str = "workstation",
    addresses: Sequence[str] = (),
    system: InformationSystem | None = None,
    nat_pool: str = "",
) -> Asset:
    """The new asset with the inner addresses that it holds until further notice."""
    try:
        normal = [str(ip_address(address)) for address in addresses]
    except ValueError as reason:
        raise InputError(f"asset {name}: {reason}") from None
    with told_plainly(f"asset {name}"):
        made = Asset.objects.create(
            name=name,
            organisation=organisation,
            org_path=organisation.path,
            kind=kind,
            system=system,
            nat_pool=nat_pool,
        )
    AssetAddress.objects.bulk_create(
        AssetAddress(asset=made, org_path=made.org_path, address=address) for address in normal
    )
    ledger.record("asset.create", "asset", made.pk, made.org_path, at=at, name=name, kind=kind, addresses=normal)
    return made


@transaction.atomic
def change_address(asset: Asset, address: str, from_utc: datetime, *, at: datetime) -> AssetAddress:
    """The address that the asset holds from a moment on; the ones it held until then end."""
    asset.addresses.filter(to_utc__isnull=True).exclude(from_utc__gte=from_utc).update(to_utc=from_utc)
    made = AssetAddress.objects.create(asset=asset, org_path=asset.org_path, address=address, from_utc=from_utc)
    ledger.record(
        "asset.change_address", "asset", asset.pk, asset.org_path, at=at, address=address, from_utc=from_utc.isoformat()
    )
    return made


@transaction.atomic
def retire_asset(asset: Asset, on: date, *, at: datetime) -> Asset:
    """The asset, no longer in use from that day on; its cases and history stay."""
    asset.valid_to = on
    asset.save(update_fields=["valid_to"])
    ledger.record("asset.retire", "asset", asset.pk, asset.org_path, at=at, on=on.isoformat())
    return asset


@transaction.atomic
def check_contact(contact: Contact, on: date, *, at: datetime) -> Contact:
    """The contact, which somebody found to answer on that day."""
    contact.checked_on = on
    contact.save(update_fields=["checked_on"])
    ledger.record("contact.check", "contact", contact.pk, contact.org_path, at=at, on=on.isoformat())
    return contact
