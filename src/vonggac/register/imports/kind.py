"""What one kind of register file is: its columns, the tables it fills, and how it is held against them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from vonggac.formats.records import Reject
from vonggac.register.imports.columns import Column, Row
from vonggac.register.imports.parts import CellError, Part, Standing, lines
from vonggac.register.imports.plan import Comparison, Fields, Key, Wish, compare
from vonggac.register.imports.values import Value
from vonggac.register.references import References

Wishes = dict[str, dict[Key, Wish]]
StandingRows = Mapping[str, Mapping[Key, Standing]]
Check = Callable[[Row, References], None]


def no_check(_row: Row, _references: References) -> None:
    """Nothing to check beyond what the cells and references say."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file. The first part is the main table; rows of the others hang under it, one a line.

    `check` raises CellError for what one line may not say. `compare` takes the place of the plain comparison by key.
    """

    name: str
    columns: tuple[Column, ...]
    parts: tuple[Part, ...]
    check: Check = no_check
    compare: Callable[[Sequence[Row], References], Comparison] | None = None
    is_closed: bool = True
    """False for records of what happened (coverage): rows that the file does not mention mean nothing."""

    def part(self, noun: str) -> Part:
        """The part of a change."""
        return next(part for part in self.parts if part.noun == noun)

    def compared(self, rows: Sequence[Row], references: References) -> Comparison:
        """The file's rows held against the register."""
        return self.compare(rows, references) if self.compare else compare_by_key(self, rows, references)

    def exported(self) -> Iterator[list[Value]]:
        """The register's rows in the order of the columns."""
        for line in lines(self.parts):
            yield [line.get(column.name) for column in self.columns]


def compare_by_key(kind: Kind, rows: Sequence[Row], references: References) -> Comparison:
    """Each part's rows compared by key; lines that contradict one another or name what is not there are rejects."""
    wishes, rejects = gather(kind, rows, references)
    results = []
    for part in kind.parts:
        standing = {key: row.fields for key, row in part.standing().items()}
        results.append(compare(part.noun, list(wishes[part.noun].values()), standing))
    return Comparison(
        changes=tuple(change for result in results for change in result.changes),
        unchanged={noun: number for result in results for noun, number in result.unchanged.items()},
        missing=tuple(row for result in results for row in result.missing) if kind.is_closed else (),
        rejects=tuple(rejects),
    )


def gather(kind: Kind, rows: Sequence[Row], references: References) -> tuple[Wishes, list[Reject]]:
    """What the lines say, by part and key: equal repetitions once, contradictions as rejects."""
    wishes: Wishes = {part.noun: {} for part in kind.parts}
    rejects: list[Reject] = []
    for row in rows:
        try:
            kind.check(row, references)
            said = [(part, wish) for part in kind.parts if (wish := part.wish(row))]
            for part, wish in said:
                part.place(part.named(wish.key, wish.fields), references)
                _refuse_contradiction(wishes[part.noun].get(wish.key), wish)
        except CellError as fault:
            rejects.append(row.reject(fault.column, str(fault)))
            continue
        for part, wish in said:
            wishes[part.noun].setdefault(wish.key, wish)
    return wishes, rejects


def _refuse_contradiction(earlier: Wish | None, wish: Wish) -> None:
    if earlier is None or earlier.fields == wish.fields:
        return
    column = next(name for name, value in wish.fields.items() if earlier.fields[name] != value)
    raise CellError(column, f"line {earlier.line} says “{_shown(earlier.fields, column)}” of the same row")


def _shown(fields: Fields, column: str) -> str:
    value = fields[column]
    return " ".join(value) if isinstance(value, list) else str(value if value is not None else "")


def owned(column: str = "organisation") -> Callable[[Mapping[str, Value], References], Mapping[str, object]]:
    """A place that is the organisation of a column, which must exist and not have ended."""

    def place(named: Mapping[str, Value], references: References) -> Mapping[str, object]:
        if column not in named:
            return {}
        try:
            node = references.organisation(str(named[column] or ""))
        except ValueError as reason:
            raise CellError(column, str(reason)) from None
        return {"organisation_id": node.id, "org_path": node.path}

    return place
