"""Organisation files: the tree, in any order of lines.

A new organisation may be entered with its end and successor (history of another desk). Of one that stands, parent and
end are changed by a dated act only, because its open work has to move with it (`vonggac register move`, `abolish`).
"""

from collections.abc import Mapping, Sequence

from vonggac.formats.records import Reject
from vonggac.register.imports import values, words
from vonggac.register.imports.columns import Column, Row
from vonggac.register.imports.kind import Kind, gather
from vonggac.register.imports.parts import Attribute, CellError, Part, dated, plain
from vonggac.register.imports.plan import Change, Comparison, Key, Wish, compare
from vonggac.register.models import Organisation
from vonggac.register.references import References
from vonggac.register.services.organisations import OrganisationDraft, insert_tree
from vonggac.tenancy.scope import current

BY_ACT = ("parent", "valid_to", "ended_by", "successor")

COLUMNS = (
    Column("code", values.code, ("mã đơn vị", *words.CODE), is_needed=True),
    Column("name", values.text(300), ("tên đơn vị", *words.NAME), is_needed=True),
    Column("kind", words.organisation_kind, ("loại đơn vị", *words.KIND), is_needed=True),
    Column("parent", values.code, ("đơn vị cấp trên", "cấp trên", "mã cấp trên", "trực thuộc"), must_stand=True),
    Column("email", values.email, words.EMAIL),
    Column("valid_from", values.day, ("thành lập", *words.FROM), empty=None),
    Column("valid_to", values.day, ("giải thể", *words.TO), empty=None),
    Column("ended_by", values.text(300), ("văn bản kết thúc", "theo văn bản")),
    Column("successor", values.code, ("đơn vị kế thừa", "kế thừa")),
)


FIELDS = (
    plain("name"),
    plain("kind"),
    Attribute("parent", "parent__code", from_model=lambda code: code or ""),
    plain("email"),
    dated("valid_from"),
    dated("valid_to"),
    plain("ended_by"),
    Attribute("successor", "successor__code", from_model=lambda code: code or ""),
)


def _rows_in_scope() -> object:
    low, high = current().bounds
    return Organisation.objects.filter(path__gte=low, path__lt=high)


def _create(changes: Sequence[Change], references: References) -> list[tuple[int, str]]:
    drafts = [
        OrganisationDraft(
            code=change.key[0],
            parent=str(change.after["parent"] or ""),
            fields={
                attribute.target: attribute.to_model(change.after[attribute.column])
                for attribute in FIELDS
                if attribute.target and attribute.column in change.after
            },
            successor=str(change.after.get("successor") or ""),
        )
        for change in changes
    ]
    return [(node.id, node.path) for node in insert_tree(drafts, references.visible)]


PART = Part(
    noun="organisation",
    rows=_rows_in_scope,  # type: ignore[arg-type]
    model=Organisation,
    key=(plain("code"),),
    fields=FIELDS,
    create=_create,
)


def _compare(rows: Sequence[Row], references: References) -> Comparison:
    by_line = {row.line: row for row in rows}
    wishes, rejects = gather(KIND, rows, references)
    standing = {key: row.fields for key, row in PART.standing().items()}
    fit, unfit = _fit(wishes[PART.noun], standing, references)
    result = compare(PART.noun, fit, standing)
    allowed: list[Change] = []
    for change in result.changes:
        moved = next((name for name in BY_ACT if not change.is_new and name in change.after), None)
        if moved:
            unfit.append((change.line, moved, _needs_act(change, moved)))
        else:
            allowed.append(change)
    rejects += [by_line[line].reject(column, reason) for line, column, reason in unfit]
    return Comparison(tuple(allowed), result.unchanged, result.missing, tuple(sorted(rejects, key=_line)))


def _line(reject: Reject) -> int:
    return reject.line


def _needs_act(change: Change, column: str) -> str:
    before = (change.before or {}).get(column) or "nothing"
    return (
        f"is “{before}” in the register; it changes by a dated act only: vonggac register move, merge, split or abolish"
    )


def _fit(
    wishes: Mapping[Key, Wish], standing: Mapping[Key, object], references: References
) -> tuple[list[Wish], list[tuple[int, str, str]]]:
    """The wishes that may stand, and (line, column, reason) for those whose parents or rights do not fit."""
    unfit: list[tuple[int, str, str]] = []
    fit: dict[str, Wish] = {}
    for key, wish in wishes.items():
        try:
            if key not in standing:
                _refuse_new(key[0], wish, wishes, references)
            fit[key[0]] = wish
        except CellError as fault:
            unfit.append((wish.line, fault.column, str(fault)))
    # A line whose parent's line was refused cannot stand either, and so on down the tree.
    while orphans := [w for w in fit.values() if w.key not in standing and not _parent_stands(w, fit, references)]:
        for wish in orphans:
            unfit.append((wish.line, "parent", f"the line of “{wish.fields['parent']}” cannot be used"))
            del fit[wish.key[0]]
    return list(fit.values()), unfit


def _refuse_new(code: str, wish: Wish, wishes: Mapping[Key, Wish], references: References) -> None:
    parent = str(wish.fields["parent"] or "")
    if code in references.visible:
        raise CellError("code", f"“{code}” is above yours: only its own office may change it")
    if not parent and references.scope.org_path:
        raise CellError("parent", "is empty: new organisations stand under one of yours")
    if parent and (parent,) not in wishes:
        try:
            references.organisation(parent)
        except ValueError as reason:
            raise CellError("parent", str(reason)) from None
    heir = str(wish.fields.get("successor") or "")
    if heir and (heir,) not in wishes and heir not in references.visible:
        raise CellError("successor", f"organisation “{heir}” is not in the register")
    _refuse_end_before_beginning(wish)
    _refuse_circle(wish, wishes)


def _refuse_end_before_beginning(wish: Wish) -> None:
    begin, end = wish.fields.get("valid_from"), wish.fields.get("valid_to")
    if isinstance(begin, str) and isinstance(end, str) and end <= begin:
        raise CellError("valid_to", f"{end} is not after {begin}")


def _refuse_circle(wish: Wish, wishes: Mapping[Key, Wish]) -> None:
    chain = [wish.key[0]]
    above: Wish | None = wish
    while above is not None and (parent := str(above.fields["parent"] or "")):
        if parent in chain:
            raise CellError("parent", f"the organisations stand under one another: {' → '.join([*chain, parent])}")
        chain.append(parent)
        above = wishes.get((parent,))


def _parent_stands(wish: Wish, fit: Mapping[str, Wish], references: References) -> bool:
    parent = str(wish.fields["parent"] or "")
    return not parent or parent in fit or parent in references.organisations


KIND = Kind("organisations", COLUMNS, (PART,), compare=_compare)
