"""What programs read: the register, and the ledger for auditors."""

from ninja import Query, Router

from vonggac.desk.api.access import ApiRequest
from vonggac.desk.api.schemas import (
    AssetOut,
    AssetPage,
    EntryOut,
    EntryPage,
    NetworkOut,
    NetworkPage,
    OrganisationOut,
    OrganisationPage,
    TextCursor,
    Upwards,
)
from vonggac.ledger.models import Entry
from vonggac.register import queries
from vonggac.register.models import Asset, Network
from vonggac.register.rules import Act

router = Router()


@router.get("/organisations", response=OrganisationPage, tags=["register"], summary="Organisations")
def organisations(request: ApiRequest, query: Query[TextCursor]) -> OrganisationPage:
    """The organisations of the token's subtree in the order of the tree; `after` is the `next` of the page before."""
    page = list(queries.organisations().filter(path__gt=query.after).select_related("parent")[: query.rows + 1])
    shown = [
        OrganisationOut(
            code=one.code,
            name=one.name,
            kind=one.kind,
            parent=one.parent.code if one.parent else None,
            valid_from=one.valid_from,
            valid_to=one.valid_to,
        )
        for one in page[: query.rows]
    ]
    return OrganisationPage(organisations=shown, next=page[query.rows - 1].path if len(page) > query.rows else None)


@router.get("/networks", response=NetworkPage, tags=["register"], summary="Networks")
def networks(request: ApiRequest, query: Query[Upwards]) -> NetworkPage:
    """The blocks and who answers for them."""
    page = list(
        Network.objects.filter(pk__gt=query.after or 0).select_related("organisation").order_by("pk")[: query.rows + 1]
    )
    shown = [
        NetworkOut(
            id=one.pk,
            cidr=one.cidr,
            organisation=one.organisation.code,
            valid_from=one.valid_from,
            valid_to=one.valid_to,
        )
        for one in page[: query.rows]
    ]
    return NetworkPage(networks=shown, next=shown[-1].id if len(page) > query.rows else None)


@router.get("/assets", response=AssetPage, tags=["register"], summary="Assets")
def assets(request: ApiRequest, query: Query[Upwards]) -> AssetPage:
    """Servers, workstations and services."""
    page = list(
        Asset.objects.filter(pk__gt=query.after or 0).select_related("organisation").order_by("pk")[: query.rows + 1]
    )
    shown = [
        AssetOut(id=one.pk, name=one.name, kind=one.kind, organisation=one.organisation.code)
        for one in page[: query.rows]
    ]
    return AssetPage(assets=shown, next=shown[-1].id if len(page) > query.rows else None)


@router.get("/ledger", response=EntryPage, tags=["ledger"], summary="Ledger entries")
def entries(request: ApiRequest, query: Query[Upwards]) -> EntryPage:
    """The entries of the token's subtree, the oldest first; for roles that audit."""
    request.auth.need(Act.AUDIT)
    page = list(Entry.objects.filter(pk__gt=query.after or 0).order_by("pk")[: query.rows + 1])
    shown = [
        EntryOut(
            id=one.pk,
            recorded_at=one.recorded_at,
            at=one.at,
            actor=one.actor,
            organisation_path=one.org_path,
            act=one.act,
            subject_kind=one.subject_kind,
            subject_id=one.subject_id,
            detail=one.detail,
        )
        for one in page[: query.rows]
    ]
    return EntryPage(entries=shown, next=shown[-1].id if len(page) > query.rows else None)
