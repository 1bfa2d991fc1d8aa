"""Asset files: one line an address, so that a host with several addresses, or one that changed, has several lines."""

from collections.abc import Mapping

from vonggac.register.imports import values, words
from vonggac.register.imports.columns import Column, Row
from vonggac.register.imports.kind import Kind, owned
from vonggac.register.imports.parts import Attribute, CellError, Part, dated, moment_from, moment_to, plain
from vonggac.register.imports.values import Value
from vonggac.register.models import Asset, AssetAddress
from vonggac.register.references import References

COLUMNS = (
    Column(
        "name", values.text(200), ("tên máy", "tên tài sản", "hostname", "host", "máy", *words.NAME), is_needed=True
    ),
    Column("kind", words.asset_kind, ("loại tài sản", "loại máy", *words.KIND), empty="workstation"),
    Column("organisation", values.code, words.ORGANISATION, is_needed=True),
    Column("address", values.address, ("địa chỉ", "địa chỉ IP", "IP", "ip address"), must_stand=True),
    Column("address_from", values.moment, ("địa chỉ từ", "dùng từ"), empty=None),
    Column("address_to", values.moment, ("địa chỉ đến", "dùng đến"), empty=None),
    Column("nat_pool", values.addresses_or_blocks(50), ("địa chỉ công khai", "dải NAT", "NAT")),
    Column("system", values.code, ("hệ thống", "mã hệ thống", "hệ thống thông tin")),
    Column("valid_to", values.day, ("ngừng dùng từ", "ngừng sử dụng"), empty=None),
)


def _place_asset(named: Mapping[str, Value], references: References) -> Mapping[str, object]:
    placed = dict(owned()(named, references))
    if "system" in named:
        try:
            placed["system_id"] = references.system(str(named["system"] or ""))
        except ValueError as reason:
            raise CellError("system", str(reason)) from None
    return placed


def _place_address(named: Mapping[str, Value], references: References) -> Mapping[str, object]:
    owner = owned()(named, references)
    asset = references.assets.get((str(named["organisation"]), str(named["name"])))
    return {"asset_id": asset, "org_path": owner["org_path"]}


def _check(row: Row, _references: References) -> None:
    begin, end = row.values.get("address_from"), row.values.get("address_to")
    if isinstance(begin, str) and isinstance(end, str) and end <= begin:
        raise CellError("address_to", f"{end} is not after {begin}")
    if not row.values.get("address") and (begin or end):
        raise CellError("address", "is empty, but the line gives times for it")


ASSET = Part(
    noun="asset",
    rows=Asset.objects.all,
    model=Asset,
    key=(Attribute("organisation", "organisation__code"), plain("name")),
    fields=(
        plain("kind"),
        Attribute("nat_pool", "nat_pool", "nat_pool"),
        Attribute("system", "system__code", from_model=lambda code: code or ""),
        dated("valid_to"),
    ),
    place=_place_asset,
)
ADDRESS = Part(
    noun="asset_address",
    rows=AssetAddress.objects.all,
    model=AssetAddress,
    key=(
        Attribute("organisation", "asset__organisation__code"),
        Attribute("name", "asset__name"),
        Attribute("address", "address", "address"),
        Attribute("address_from", "from_utc", "from_utc", moment_to, moment_from),
    ),
    fields=(Attribute("address_to", "to_utc", "to_utc", moment_to, moment_from),),
    place=_place_address,
    subject="asset_id",
    subject_kind="asset",
    needs="address",
)

KIND = Kind("assets", COLUMNS, (ASSET, ADDRESS), check=_check)
