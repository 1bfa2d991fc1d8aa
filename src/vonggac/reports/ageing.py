"""What changed between two counts of a directive's figures: a draft that waited must not go up as if it were new."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vonggac.reports.figures import ClauseFigures, DirectiveFigures, Figure, HostFigures

CLAUSE_FIGURES = (
    "bound", "claimed", "cannot_comply", "disputed", "silent", "proven", "contradicted", "not_observable", "watched",
    "late",
)  # fmt: skip
HOST_FIGURES = ("total", "handled", "proven", "contradicted", "not_observable")


@dataclass(frozen=True, slots=True)
class Change:
    """One number that is another now: of a clause by its label, of hosts (`hosts.…`), or of the annex's rows.

    `before` and `after` are None where the clause, or the log that is missing, was not, or is no longer, counted.
    """

    clause: str
    name: str
    before: int | None
    after: int | None


def changes(before: DirectiveFigures, after: DirectiveFigures) -> list[Change]:
    """Every figure that differs, in the order of the report; empty when both say the same."""
    return [*_clauses(before, after), *_hosts(before.hosts, after.hosts), *_annex(before, after)]


def _clauses(before: DirectiveFigures, after: DirectiveFigures) -> Iterator[Change]:
    then, now = ({clause.label: clause for clause in figures.clauses} for figures in (before, after))
    for label in {**then, **now}:
        yield from _differing(label, _of_clause(then.get(label)), _of_clause(now.get(label)))


def _of_clause(clause: ClauseFigures | None) -> Mapping[str, Figure]:
    return {name: figure for name in CLAUSE_FIGURES if (figure := getattr(clause, name, None))}


def _hosts(before: HostFigures | None, after: HostFigures | None) -> Iterator[Change]:
    yield from _differing("", _of_hosts(before), _of_hosts(after))


def _of_hosts(hosts: HostFigures | None) -> Mapping[str, Figure]:
    if hosts is None:
        return {}
    named = {f"hosts.{name}": getattr(hosts, name) for name in HOST_FIGURES}
    named |= {f"hosts.{count.standing}": count.hosts for count in hosts.standings}
    named |= {f"late.{count.standing}": count.late for count in hosts.standings}
    if hosts.late:
        named["hosts.late"] = hosts.late
    if hosts.previous:
        named |= {"hosts.before": hosts.previous.total, "hosts.opened": hosts.previous.opened}
    return named | {f"lack.{log.name}": log.hosts for log in hosts.missing_logs}


def _differing(clause: str, before: Mapping[str, Figure], after: Mapping[str, Figure]) -> Iterator[Change]:
    for name in {**before, **after}:
        then, now = before.get(name), after.get(name)
        if (then.value if then else None) != (now.value if now else None):
            yield Change(clause, name, then.value if then else None, now.value if now else None)


def _annex(before: DirectiveFigures, after: DirectiveFigures) -> Iterator[Change]:
    """Organisations whose row is another although every sum may be the same."""
    then, now = ({row.name: row.results for row in figures.organisations} for figures in (before, after))
    moved = sum(then.get(name) != now.get(name) for name in {**then, **now})
    if moved:
        yield Change("", "annex", None, moved)
