"""The plan of an import: what would be created, changed, left alone, and what the file does not mention."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from vonggac.formats.records import Reject
from vonggac.register.imports.values import Value

Key = tuple[str, ...]
Fields = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Wish:
    """What one line of a file says about one row of the register; `fields` are the columns that the file has."""

    line: int
    key: Key
    fields: Fields


@dataclass(frozen=True, slots=True)
class Change:
    """One row to be created (`before` is None) or changed: the fields that differ, as they were and as they will be."""

    noun: str
    key: Key
    line: int
    after: Fields
    before: Fields | None

    @property
    def is_new(self) -> bool:
        """True when the row does not stand in the register yet."""
        return self.before is None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A file held against the register: changes in the order in which they must be written.

    `unchanged`: noun → rows. `elsewhere`: changes that are another office's to make; they count as unchanged.
    """

    changes: tuple[Change, ...] = ()
    unchanged: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[tuple[str, Key], ...] = ()
    rejects: tuple[Reject, ...] = ()
    elsewhere: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Figures:
    """What a plan does to the rows of one noun."""

    created: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do. Rows that stand in the register and not in the file are shown, never deleted."""

    kind: str
    file_name: str
    sha256: str
    at: date
    rows_read: int
    changes: tuple[Change, ...]
    unchanged: Mapping[str, int]
    missing: tuple[tuple[str, Key], ...]
    rejects: tuple[Reject, ...]
    elsewhere: tuple[Change, ...] = ()
    unknown_columns: tuple[str, ...] = field(default=())

    @property
    def created(self) -> tuple[Change, ...]:
        """The rows that would be new."""
        return tuple(change for change in self.changes if change.is_new)

    @property
    def changed(self) -> tuple[Change, ...]:
        """The rows that would differ from what stands."""
        return tuple(change for change in self.changes if not change.is_new)

    def counts(self) -> dict[str, int]:
        """The figures of the plan, as they are shown and kept in the ledger."""
        return {
            "rows_read": self.rows_read,
            "created": len(self.created),
            "changed": len(self.changed),
            "unchanged": sum(self.unchanged.values()),
            "missing": len(self.missing),
            "rejected": len({reject.line for reject in self.rejects}),
        }

    def of(self, noun: str) -> Figures:
        """The figures of one noun: a line may tell of several rows, a person and a role for instance."""
        created = sum(change.noun == noun for change in self.created)
        changed = sum(change.noun == noun for change in self.changed)
        return Figures(created, changed, self.unchanged.get(noun, 0))


def compare(noun: str, wishes: Sequence[Wish], standing: Mapping[Key, Fields]) -> Comparison:
    """The wishes held against the standing rows by key; a field that the file lacks stays as it is. O(rows)."""
    changes: list[Change] = []
    unchanged = 0
    for wish in wishes:
        before = standing.get(wish.key)
        if before is None:
            changes.append(Change(noun, wish.key, wish.line, wish.fields, None))
            continue
        differing = [name for name, value in wish.fields.items() if before[name] != value]
        if differing:
            after = {name: wish.fields[name] for name in differing}
            changes.append(Change(noun, wish.key, wish.line, after, {name: before[name] for name in differing}))
        else:
            unchanged += 1
    wished = {wish.key for wish in wishes}
    missing = tuple((noun, key) for key in standing if key not in wished)
    return Comparison(tuple(changes), {noun: unchanged}, missing)
