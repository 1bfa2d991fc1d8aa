"""Acts on organisations: entering one, correcting its particulars, and the bulk insert of a tree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from graphlib import TopologicalSorter
from typing import Any

from django.db import connection, transaction

from vonggac.errors import InputError
from vonggac.ledger import services as ledger
from vonggac.register.models import Organisation, OrganisationKind
from vonggac.register.references import Node
from vonggac.register.rules import path_below
from vonggac.register.services.refusals import told_plainly

SUBJECT = "organisation"


@dataclass(frozen=True, slots=True)
class OrganisationDraft:
    """An organisation to be inserted; parent and successor are codes, of the register or of another draft."""

    code: str
    parent: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    successor: str = ""


@transaction.atomic
def create_organisation(
    code: str,
    name: str,
    kind: OrganisationKind | str,
    *,
    parent: Organisation | None = None,
    at: datetime,
    email: str = "",
    valid_from: date | None = None,
) -> Organisation:
    """The new organisation under its parent (None: a root), entered in the ledger."""
    if kind not in OrganisationKind.values:
        raise InputError(f"“{kind}” is no kind of organisation; use one of: {', '.join(OrganisationKind.values)}")
    identifier = _next_identifiers(1)[0]
    with told_plainly(f"organisation {code}"):
        made = Organisation.objects.create(
            pk=identifier, code=code, name=name, kind=kind, parent=parent, email=email, valid_from=valid_from,
            path=path_below(parent.path if parent else "", identifier),
        )  # fmt: skip
    ledger.record(
        "organisation.create", SUBJECT, made.pk, made.path, at=at,
        code=code, name=name, kind=str(kind), parent=parent.code if parent else "",
    )  # fmt: skip
    return made


@transaction.atomic
def correct_organisation(organisation: Organisation, *, at: datetime, **fields: str) -> Organisation:
    """The organisation with a corrected name, kind or mail address; what a dated act changes is not corrected here."""
    wrong = set(fields) - {"name", "kind", "email"}
    if wrong:
        raise InputError(f"{', '.join(sorted(wrong))} of an organisation changes by a dated act only")
    before = {name: getattr(organisation, name) for name in fields}
    for name, value in fields.items():
        setattr(organisation, name, value)
    organisation.save(update_fields=list(fields))
    ledger.record(
        "organisation.change", SUBJECT, organisation.pk, organisation.path, at=at, fields=fields, before=before
    )
    return organisation


def insert_tree(drafts: Sequence[OrganisationDraft], standing: Mapping[str, Node]) -> list[Organisation]:
    """The new organisations in the order of the drafts, parents inserted before children; writes no ledger entry."""
    identifiers = dict(zip((draft.code for draft in drafts), _next_identifiers(len(drafts)), strict=True))
    known = {code: node.id for code, node in standing.items()} | identifiers
    paths = {code: node.path for code, node in standing.items()}
    by_code = {draft.code: draft for draft in drafts}
    order = TopologicalSorter({d.code: [d.parent] if d.parent in by_code else [] for d in drafts}).static_order()
    for code in order:
        paths[code] = path_below(paths[by_code[code].parent] if by_code[code].parent else "", identifiers[code])
    made = [
        Organisation(
            pk=identifiers[draft.code], code=draft.code, path=paths[draft.code],
            parent_id=known[draft.parent] if draft.parent else None,
            successor_id=known[draft.successor] if draft.successor else None,
            **draft.fields,
        )
        for draft in drafts
    ]  # fmt: skip
    Organisation.objects.bulk_create(made, batch_size=2_000)
    return made


def _next_identifiers(count: int) -> list[int]:
    """Fresh identifiers from the table's sequence: the path holds the identifier, so it must be known before."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('register_organisation', 'id')) FROM generate_series(1, %s)", [count]
        )
        return [row[0] for row in cursor.fetchall()]
