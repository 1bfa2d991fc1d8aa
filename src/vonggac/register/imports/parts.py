"""A part: one table of the register as files see it; how its rows are read, compared, made and changed.

Files speak in columns and canonical values (`values`), the database in attributes; an `Attribute` stands between.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from django.db.models import Model, QuerySet

from vonggac.register.imports.columns import Row
from vonggac.register.imports.plan import Change, Fields, Key, Wish
from vonggac.register.imports.values import Value, printed_moment
from vonggac.register.references import References

Placed = Mapping[str, Any]


class CellError(ValueError):
    """A cell that names something that is not there; it becomes a reject of its line."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


def as_is(value: Any) -> Any:
    """The value itself."""
    return value


def day_from(value: date | None) -> Value:
    """The canonical text of a date."""
    return value.isoformat() if value else None


def day_to(value: Value) -> date | None:
    """The date of a canonical text."""
    return date.fromisoformat(value) if isinstance(value, str) and value else None


def moment_from(value: datetime | None) -> Value:
    """The canonical text of a time."""
    return printed_moment(value) if value else None


def moment_to(value: Value) -> datetime | None:
    """The time of a canonical text."""
    return datetime.fromisoformat(value).astimezone(UTC) if isinstance(value, str) and value else None


@dataclass(frozen=True, slots=True)
class Attribute:
    """One column of a part: the query path that reads it, the model attribute that is written, both conversions.

    An empty `target` means that the row's place (`Part.place`) sets it.
    """

    column: str
    source: str
    target: str = ""
    to_model: Callable[[Any], Any] = as_is
    from_model: Callable[[Any], Value] = as_is


def plain(column: str) -> Attribute:
    """A column that the model holds under the same name, as it is."""
    return Attribute(column, column, column)


def dated(column: str) -> Attribute:
    """A column that the model holds under the same name, as a date."""
    return Attribute(column, column, column, day_to, day_from)


@dataclass(frozen=True, slots=True)
class Standing:
    """A row of the register: its identifier and its fields in canonical form."""

    id: int
    fields: Fields


def nowhere(_named: Mapping[str, Value], _references: References) -> Placed:
    """The place of a row that refers to nothing."""
    return {}


@dataclass(frozen=True, slots=True)
class Part:
    """One table: `rows` reads it within the scope, `key` tells a row from another, `place` resolves what it refers to.

    `place(key, fields, references)` gives the model attributes that follow from codes (identifiers, org_path) and
    raises CellError where a code is unknown. `subject` is the attribute whose value the ledger names as the subject. A
    part with `needs` is left out of a line in which that column is empty. `create` takes the place of the plain insert
    and gives (identifier, path) of each new row; `after_change` lets what hangs on changed rows follow.
    """

    noun: str
    rows: Callable[[], QuerySet[Any]]
    model: type[Model]
    key: tuple[Attribute, ...]
    fields: tuple[Attribute, ...]
    place: Callable[[Mapping[str, Value], References], Placed] = nowhere
    subject: str = "id"
    subject_kind: str = ""
    needs: str = ""
    create: Callable[[Sequence[Change], References], list[tuple[int, str]]] | None = None
    after_change: Callable[[Sequence[Any]], None] = field(default=lambda _: None)

    def wish(self, row: Row) -> Wish | None:
        """What a line says about a row of this part; None when it says nothing."""
        if self.needs and not row.values.get(self.needs):
            return None
        key = tuple(str(row.values.get(attribute.column) or "") for attribute in self.key)
        fields = {a.column: row.values[a.column] for a in self.fields if a.column in row.values}
        return Wish(row.line, key, fields)

    def named(self, key: Key, fields: Fields) -> dict[str, Value]:
        """Key and fields together, by column."""
        return {**{a.column: value for a, value in zip(self.key, key, strict=True)}, **fields}

    def standing(self) -> dict[Key, Standing]:
        """Every row in the scope, by key. One query."""
        sources = [attribute.source for attribute in (*self.key, *self.fields)]
        split = len(self.key)
        found: dict[Key, Standing] = {}
        for identifier, *values in self.rows().values_list("pk", *sources):
            key = tuple(
                str(attribute.from_model(value) or "")
                for attribute, value in zip(self.key, values[:split], strict=True)
            )
            fields = {
                attribute.column: attribute.from_model(value)
                for attribute, value in zip(self.fields, values[split:], strict=True)
            }
            found[key] = Standing(identifier, fields)
        return found

    def attributes(self, key: Key, fields: Fields, references: References) -> dict[str, Any]:
        """The model attributes of a new row."""
        named = self.named(key, fields)
        written = {
            a.target: a.to_model(named[a.column]) for a in (*self.key, *self.fields) if a.target and a.column in named
        }
        return {**written, **self.place(named, references)}

    def changed(self, key: Key, after: Fields, references: References) -> dict[str, Any]:
        """The model attributes of a standing row that the changed fields touch."""
        written = {a.target: a.to_model(after[a.column]) for a in self.fields if a.target and a.column in after}
        placed = self.place(self.named(key, after), references) if self.is_placed_by(after) else {}
        return {**written, **placed}

    def is_placed_by(self, after: Fields) -> bool:
        """True when a changed field is a code that `place` resolves."""
        return any(attribute.column in after and not attribute.target for attribute in self.fields)


def lines(parts: Sequence[Part]) -> Iterator[dict[str, Value]]:
    """The register's rows as lines of a file: each row of the first part, once for each row that hangs under it."""
    first, *others = parts
    below: dict[Key, list[dict[str, Value]]] = {}
    for part in others:
        for key, row in _sorted(part.standing()):
            below.setdefault(key[: len(first.key)], []).append(part.named(key, row.fields))
    for key, row in _sorted(first.standing()):
        line = first.named(key, row.fields)
        for more in below.get(key, [{}]):
            yield {**more, **line} if not more else {**line, **{name: more[name] for name in more if name not in line}}


def _sorted(rows: Mapping[Key, Standing]) -> Iterable[tuple[Key, Standing]]:
    return sorted(rows.items(), key=lambda item: item[0])
