"""Organisations merge, split, are abolished or come under another parent by a dated act, and their work goes with them.

Everything of one act is one transaction: what the organisation answers for passes to its heirs, open work follows,
closed work stays as history under the organisation that did it. A preview is the same act, rolled back.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from ipaddress import ip_address, ip_network

from django.apps import apps
from django.db import connection, transaction
from django.db.models import QuerySet

from vonggac.cases import services as cases
from vonggac.cases.models import Case
from vonggac.cases.rules import State
from vonggac.directives import obligations
from vonggac.directives.models import Obligation
from vonggac.errors import InputError, MappingNeeded
from vonggac.formats.tables import read_table
from vonggac.ledger import services as ledger
from vonggac.register import queries
from vonggac.register.imports import values
from vonggac.register.models import Organisation
from vonggac.register.rules import path_below
from vonggac.register.services import succession
from vonggac.register.services.refusals import told_plainly
from vonggac.register.services.succession import DatedAct, Heirs, Move
from vonggac.tenancy.fields import PathField
from vonggac.tenancy.scope import bounds

# The ledger is append-only, and the tally follows the cases by its own trigger.
KEEP_THEIR_PATHS = frozenset({"ledger_entry", "cases_tally"})
PASSED = (
    succession.pass_networks,
    succession.pass_assets,
    succession.pass_systems,
    succession.pass_sensors,
    succession.pass_contacts,
    succession.pass_roles,
)


@dataclass(frozen=True, slots=True)
class Reorganisation:
    """What an act moved, row by row."""

    act: DatedAct
    moves: tuple[Move, ...]

    def counts(self) -> dict[str, int]:
        """The number of rows moved, by noun."""
        return dict(sorted(Counter(move.noun for move in self.moves).items()))


def merge(
    sources: Sequence[Organisation], into: Organisation, act: DatedAct, *, at: datetime, is_preview: bool = False
) -> Reorganisation:
    """Organisations end and another one takes over all they answer for."""

    def dissolve_all() -> list[Move]:
        cases.hold(_open_cases(*sources).values_list("pk", flat=True))
        return [move for source in sources for move in _dissolve(source, Heirs(into), act, "merge", at)]

    return _carried_out(dissolve_all, act, is_preview)


def abolish(
    source: Organisation, successor: Organisation | None, act: DatedAct, *, at: datetime, is_preview: bool = False
) -> Reorganisation:
    """An organisation ends; its successor, else the organisation above it, takes over, and its units hang there."""
    heir = successor or source.parent
    if heir is None:
        raise InputError(f"{source} stands at the top: name the organisation that takes over its work")
    return _carried_out(lambda: _dissolve(source, Heirs(heir), act, "abolish", at), act, is_preview)


def split(
    source: Organisation, heirs: Heirs, act: DatedAct, *, at: datetime, is_preview: bool = False
) -> Reorganisation:
    """An organisation ends, and several take over what a table gives them, the default heir the rest."""
    return _carried_out(lambda: _dissolve(source, heirs, act, "split", at), act, is_preview)


def move(
    organisation: Organisation, under: Organisation, act: DatedAct, *, at: datetime, is_preview: bool = False
) -> Reorganisation:
    """An organisation and all below it come under another parent; every row of theirs, open or closed, goes along."""
    return _carried_out(lambda: [_reparent(organisation, under, act, at)], act, is_preview)


def read_heirs(content: bytes, file_name: str, default: Organisation) -> Heirs:
    """The heirs of a split from a table with `organisation` and one of `network`, `asset`, `unit` filled a line.

    Raises InputError naming every line that cannot be used: an act is carried out whole or not at all.
    """
    table = read_table(content, file_name)
    named = [column for column in ("network", "asset", "unit") if column in table.columns]
    if "organisation" not in table.columns or not named:
        raise MappingNeeded("the table needs the column organisation, and at least one of: network, asset, unit")
    known = {organisation.code: organisation for organisation in queries.organisations()}
    found: dict[str, dict[str, Organisation]] = {"network": {}, "asset": {}, "unit": {}}
    faults = [f"line {reject.line}: {reject.reason}" for reject in table.rejects]
    for line, record in table.records():
        filled = [column for column in named if record[column]]
        heir = known.get(record["organisation"])
        if heir is None or len(filled) != 1:
            why = (
                "names no organisation of the register" if heir is None else f"fills {len(filled)} of {named}, not one"
            )
            faults.append(f"line {line}: {why}")
            continue
        column = filled[0]
        try:
            found[column][values.block(record[column]) if column == "network" else record[column]] = heir
        except ValueError as reason:
            faults.append(f"line {line}: {reason}")
    if faults:
        raise InputError(f"{file_name}: {'; '.join(faults[:20])}")
    return Heirs(default, found["network"], found["asset"], found["unit"])


def _carried_out(act_on_rows: Callable[[], list[Move]], act: DatedAct, is_preview: bool) -> Reorganisation:
    if not act.text.strip():
        raise InputError("give the act: number, date and issuer of the document that orders it")
    with told_plainly(act.text), transaction.atomic():
        moves = act_on_rows()
        if is_preview:
            transaction.set_rollback(True)
    return Reorganisation(act, tuple(moves))


def _dissolve(source: Organisation, heirs: Heirs, act: DatedAct, verb: str, at: datetime) -> list[Move]:
    everyone = {heirs.default, *heirs.networks.values(), *heirs.assets.values(), *heirs.units.values()}
    for heir in everyone:
        _refuse_heir(source, heir, act.on)
    _refuse_ended(source, act.on)
    cases.hold(_open_cases(source).values_list("pk", flat=True))
    open_cases = list(_open_cases(source).select_related("asset"))
    by_heir = _share_cases(open_cases, heirs)
    moves = [made for pass_rows in PASSED for made in pass_rows(source, heirs, act, at=at)]
    moves += [made for heir, theirs in by_heir.items() for made in _pass_cases(source, heir, theirs, act, at)]
    moves += list(_pass_units(source, heirs, act, at))
    source.refresh_from_db()
    heirs.default.refresh_from_db()
    succession.end_organisation(source, heirs.default, act, verb, at=at)
    return [*moves, Move("organisation", source.code, source.code, heirs.default.code, verb)]


def _open_cases(*sources: Organisation) -> QuerySet[Case]:
    return Case.objects.filter(organisation__in=sources).exclude(state=State.CLOSED)


def _refuse_heir(source: Organisation, heir: Organisation, on: date) -> None:
    if heir.pk == source.pk:
        raise InputError(f"{source} cannot be its own successor")
    _refuse_ended(heir, on)


def _refuse_ended(organisation: Organisation, on: date) -> None:
    # Whatever the day of its end, all that it answered for went to its heirs when the act was entered.
    if organisation.valid_to is not None and (organisation.ended_by or organisation.valid_to <= on):
        raise InputError(f"{organisation} ended on {organisation.valid_to} ({organisation.ended_by})")


def _share_cases(open_cases: Sequence[Case], heirs: Heirs) -> Mapping[Organisation, list[Case]]:
    """Each open case with the heir of its host: by asset, else by the block around its address, else the default."""
    blocks = sorted(
        ((ip_network(block), heir) for block, heir in heirs.networks.items()), key=lambda p: -p[0].prefixlen
    )
    shared: dict[Organisation, list[Case]] = {}
    for case in open_cases:
        heir = heirs.assets.get(case.asset.name) if case.asset else None
        address = _address(case.subject) if heir is None and blocks else None
        if address is not None:
            heir = next((owner for block, owner in blocks if address in block), None)
        shared.setdefault(heir or heirs.default, []).append(case)
    return shared


def _address(text: str) -> object:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _pass_cases(
    source: Organisation, heir: Organisation, open_cases: Sequence[Case], act: DatedAct, at: datetime
) -> Iterator[Move]:
    """Open cases and obligations in the heir's hands; where the heir is bound by the same clause, ours is closed."""
    own = Obligation.objects.filter(case__in=open_cases).select_related("clause", "case", "directive")
    kept, doubled = obligations.apart(list(own), heir)
    for obligation in doubled:
        cases.close(obligation.case_id, f"{act.text}: {heir} is bound by the same clause itself", at=at)
    obligations.hand(kept, heir, act.text, at=at)
    closed = {obligation.case_id for obligation in doubled}
    cases.move_open_work([case.pk for case in open_cases if case.pk not in closed], heir, act=act.text, at=at)
    for case in open_cases:
        note = "closed: the heir is bound itself" if case.pk in closed else ""
        yield Move("case", case.title, source.code, heir.code, note)


def _pass_units(source: Organisation, heirs: Heirs, act: DatedAct, at: datetime) -> Iterator[Move]:
    """The units right below, each under its heir; never under one of themselves."""
    for unit in Organisation.objects.filter(parent=source).order_by("path"):
        heir = heirs.units.get(unit.code, heirs.default)
        heir.refresh_from_db()
        if heir.path.startswith(unit.path):
            if source.parent is None:
                raise InputError(f"{unit} cannot stand under {heir}, which is below it; name another heir")
            heir = source.parent
        yield _reparent(unit, heir, act, at)


def _reparent(organisation: Organisation, under: Organisation, act: DatedAct, at: datetime) -> Move:
    if under.path.startswith(organisation.path):
        raise InputError(f"{organisation} cannot come under {under}, which is itself or below it")
    _refuse_ended(under, act.on)
    before, old_parent = organisation.path, organisation.parent
    after = path_below(under.path, organisation.pk)
    Organisation.objects.filter(pk=organisation.pk).update(parent=under)
    low, high = bounds(before)
    cases.hold(Case.objects.filter(org_path__gte=low, org_path__lt=high).values_list("pk", flat=True))
    for table, column in _path_columns():
        _rewrite(table, column, before, after)
    organisation.refresh_from_db()
    came_from = old_parent.code if old_parent else ""
    ledger.record(
        "organisation.move", "organisation", organisation.pk, after, at=at,
        order=act.text, on=act.on.isoformat(), under=under.code, came_from=came_from, path_before=before,
    )  # fmt: skip
    return Move("unit", organisation.code, came_from, under.code)


def _path_columns() -> Iterator[tuple[str, str]]:
    """(table, column) of every organisation path in the database: a new package's tables are found by themselves."""
    for model in apps.get_models():
        meta = model._meta  # noqa: SLF001  Django's documented meta API
        if meta.db_table not in KEEP_THEIR_PATHS:
            yield from ((meta.db_table, str(f.column)) for f in meta.concrete_fields if isinstance(f, PathField))


def _rewrite(table: str, column: str, before: str, after: str) -> None:
    """Put one prefix in place of another; a commune seldom has more than some thousand rows a table."""
    low, high = bounds(before)
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{table}" SET "{column}" = %s || substr("{column}", %s)'  # noqa: S608  names of our own models
            f' WHERE "{column}" >= %s AND "{column}" < %s',
            [after, len(before) + 1, low, high],
        )
