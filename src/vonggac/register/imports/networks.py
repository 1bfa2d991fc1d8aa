"""Network files: blocks and who answers for them; a block in new hands ends the earlier tenure on that day."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from vonggac.formats.records import Reject
from vonggac.register import tenure
from vonggac.register.imports import values, words
from vonggac.register.imports.columns import Column, Row
from vonggac.register.imports.kind import Kind
from vonggac.register.imports.parts import Attribute, CellError, Part, day_from, day_to
from vonggac.register.imports.plan import Change, Comparison, Key
from vonggac.register.imports.values import Value
from vonggac.register.models import Network
from vonggac.register.references import References
from vonggac.register.tenure import ALWAYS, Entry, Tenure

COLUMNS = (
    Column("network", values.block, ("dải IP", "dải mạng", "dải địa chỉ", "mạng", "cidr", "prefix"), is_needed=True),
    Column("organisation", values.code, words.ORGANISATION, is_needed=True),
    Column("valid_from", values.day, words.FROM, empty=None),
    Column("valid_to", values.day, words.TO, empty=None),
)


def _place(named: Mapping[str, Value], references: References) -> Mapping[str, object]:
    if "organisation" not in named:
        return {}
    try:
        node = references.owner(str(named["organisation"]))
    except ValueError as reason:
        raise CellError("organisation", str(reason)) from None
    return {"organisation_id": node.id, "org_path": node.path}


PART = Part(
    noun="network",
    rows=Network.objects.all,
    model=Network,
    # The standing beginning belongs to the key: an organisation may answer for a block twice.
    key=(
        Attribute("network", "cidr", "cidr"),
        Attribute("organisation", "organisation__code"),
        Attribute("since", "valid_from", from_model=day_from),
    ),
    fields=(
        Attribute("valid_from", "valid_from", "valid_from", day_to, day_from),
        Attribute("valid_to", "valid_to", "valid_to", day_to, day_from),
    ),
    place=_place,
)


def _compare(rows: Sequence[Row], references: References) -> Comparison:
    """Each block's lines heard in the order of their dates against its history. O(rows)."""
    histories: dict[str, list[Entry]] = {block: tenure.begin(tenures) for block, tenures in _standing_tenures().items()}
    heard: dict[str, list[Tenure]] = defaultdict(list)
    at = references.at.isoformat()
    rejects: list[Reject] = []
    unchanged = 0
    for row in sorted(rows, key=_beginning):
        block, wish = (
            row.text("network"),
            Tenure(row.text("organisation"), _day(row, "valid_from"), _day(row, "valid_to")),
        )
        before = histories.get(block, [])
        try:
            _refuse_ended_owner(wish, references)
            _refuse_second_owner(wish, heard[block])
            after = _heard(before, wish, row.line, at)
        except CellError as fault:
            rejects.append(row.reject(fault.column, str(fault)))
            continue
        unchanged += after == before
        heard[block].append(wish)
        histories[block] = after
    return Comparison(
        tuple(_changes(histories)),
        {PART.noun: unchanged},
        tuple(_missing(histories, heard, at)),
        tuple(sorted(rejects, key=_line)),
    )


def _standing_tenures() -> dict[str, list[Tenure]]:
    found: dict[str, list[Tenure]] = defaultdict(list)
    for (block, organisation, since), row in PART.standing().items():
        end = row.fields["valid_to"]
        found[block].append(Tenure(organisation, since or None, end if isinstance(end, str) else None))
    return found


def _day(row: Row, column: str) -> str | None:
    return row.text(column) or None


def _beginning(row: Row) -> str:
    return row.text("valid_from") or ALWAYS


def _line(reject: Reject) -> int:
    return reject.line


def _refuse_ended_owner(wish: Tenure, references: References) -> None:
    try:
        node = references.owner(wish.organisation)
        if node.ended_on is not None and (wish.end is None or wish.end > node.ended_on.isoformat()):
            references.organisation(wish.organisation)
    except ValueError as reason:
        raise CellError("organisation", str(reason)) from None


def _refuse_second_owner(wish: Tenure, heard: Sequence[Tenure]) -> None:
    other = next((t for t in heard if t.organisation != wish.organisation and t.begin == wish.begin), None)
    if other is not None:
        raise CellError("organisation", f"another line of the file gives the network to “{other.organisation}”")


def _heard(history: Sequence[Entry], wish: Tenure, line: int, at: str) -> list[Entry]:
    try:
        return tenure.after_line(history, wish, line=line, at=at)
    except ValueError as reason:
        raise CellError("network", str(reason)) from None


def _changes(histories: Mapping[str, Sequence[Entry]]) -> list[Change]:
    """Ends first, then new tenures: the database allows no overlap even for a moment."""
    changes = [_change(block, entry) for block, history in histories.items() for entry in history if entry.is_changed]
    return sorted(changes, key=lambda change: (change.is_new, change.line))


def _change(block: str, entry: Entry) -> Change:
    new, old = entry.tenure, entry.standing
    after: dict[str, Value] = {"valid_from": new.begin, "valid_to": new.end}
    if old is None:
        return Change(PART.noun, (block, new.organisation, new.begin or ""), entry.line, after, None)
    before: dict[str, Value] = {"valid_from": old.begin, "valid_to": old.end}
    differing = [name for name, value in after.items() if before[name] != value]
    key = (block, new.organisation, old.begin or "")
    return Change(PART.noun, key, entry.line, {n: after[n] for n in differing}, {n: before[n] for n in differing})


def _missing(
    histories: Mapping[str, Sequence[Entry]], heard: Mapping[str, Sequence[Tenure]], at: str
) -> list[tuple[str, Key]]:
    """The blocks in force on the day that no line of the file names."""
    return [
        (PART.noun, (block, entry.tenure.organisation))
        for block, history in histories.items()
        if block not in heard
        for entry in history
        if entry.tenure.covers(at)
    ]


KIND = Kind("networks", COLUMNS, (PART,), compare=_compare)
