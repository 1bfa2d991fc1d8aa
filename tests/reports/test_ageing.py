"""What changed between two counts: nothing is missed, nothing is told that stayed."""

from dataclasses import fields
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from vonggac.reports import ageing
from vonggac.reports.ageing import Change
from vonggac.reports.figures import (
    CLAIMED,
    ClauseFigures,
    ClauseResult,
    DirectiveFigures,
    DirectiveReference,
    Figure,
    HostCount,
    HostFigures,
    MissingLog,
    OrganisationRow,
    PreviousHosts,
    Proof,
    Standing,
)

ABOUT = DirectiveReference("cong_van", "31/BAN-ATM", None, "Ban", "V/v")
COUNT = st.integers(0, 3).map(lambda value: Figure(value, "/cases/"))
COUNTED = [field.name for field in fields(ClauseFigures) if field.type in {Figure, Figure | None}]
PREVIOUS = st.builds(
    PreviousHosts, st.just("Báo cáo số 05/BC-UBND"), st.just(datetime(2026, 4, 20, tzinfo=UTC)), COUNT, COUNT
)
STANDINGS = st.fixed_dictionaries({standing: st.tuples(COUNT, COUNT) for standing in Standing})


@st.composite
def host_figures(draw, logs) -> HostFigures:
    counts = draw(STANDINGS)
    named = {name: counts[Standing(name)][0] for name in ("proven", "contradicted", "not_observable")}
    return HostFigures(
        total=Figure(sum(hosts.value for hosts, _ in counts.values()), "/"),
        handled=Figure(sum(counts[one][0].value for one in CLAIMED), "/"),
        **named,
        missing_logs=tuple(MissingLog(log, draw(COUNT)) for log in logs),
        standings=tuple(HostCount(one, *pair) for one, pair in counts.items()),
        late=Figure(sum(late.value for _, late in counts.values()), "/"),
        previous=draw(st.none() | PREVIOUS),
    )


@st.composite
def clause_figures(draw, label) -> ClauseFigures:
    counts = {name: draw(COUNT) for name in COUNTED}
    counts["bound"] = Figure(
        sum(counts[name].value for name in ("claimed", "cannot_comply", "disputed", "silent")), "/"
    )
    return ClauseFigures(label, "", **counts)


@st.composite
def figures(draw) -> DirectiveFigures:
    labels = draw(st.lists(st.sampled_from(["1.a", "1.b", "1.c"]), unique=True))
    clauses = tuple(draw(clause_figures(label)) for label in labels)
    logs = draw(st.lists(st.sampled_from(["nhật ký DNS", "nhật ký NAT"]), unique=True))
    earlier = st.builds(HostFigures, COUNT, COUNT, COUNT, COUNT, COUNT)
    hosts = draw(st.none() | earlier | host_figures(logs))
    return DirectiveFigures(ABOUT, clauses, (), hosts)


def flat(counted: DirectiveFigures) -> dict[tuple[str, str], int]:
    """Every figure by its place, as a clerk would write them down."""
    written = {(clause.label, name): getattr(clause, name).value for clause in counted.clauses for name in COUNTED}
    if counted.hosts:
        written |= {
            ("", f"hosts.{name}"): getattr(counted.hosts, name).value
            for name in ("total", "handled", "proven", "contradicted", "not_observable")
        }
        written |= {("", f"hosts.{count.standing}"): count.hosts.value for count in counted.hosts.standings}
        written |= {("", f"late.{count.standing}"): count.late.value for count in counted.hosts.standings}
        if counted.hosts.late:
            written["", "hosts.late"] = counted.hosts.late.value
        if counted.hosts.previous:
            written["", "hosts.before"] = counted.hosts.previous.total.value
            written["", "hosts.opened"] = counted.hosts.previous.opened.value
        written |= {("", f"lack.{log.name}"): log.hosts.value for log in counted.hosts.missing_logs}
    return written


@given(figures(), figures())
def test_the_changes_are_those_that_a_clerk_finds_line_by_line(before, after):
    then, now = flat(before), flat(after)
    expected = {
        (*place, then.get(place), now.get(place)) for place in {**then, **now} if then.get(place) != now.get(place)
    }
    found = ageing.changes(before, after)
    assert {(change.clause, change.name, change.before, change.after) for change in found} == expected
    assert len(found) == len(expected)


@given(figures())
def test_the_same_figures_have_not_aged(counted):
    assert ageing.changes(counted, counted) == []


def test_two_organisations_that_change_places_are_noticed_although_every_sum_stays():
    def rows(*claims: bool) -> tuple[OrganisationRow, ...]:
        return tuple(
            OrganisationRow(name, (ClauseResult(is_claimed, Proof.NO_RULE, is_late=False, source="/cases/1/"),))
            for name, is_claimed in zip(("Sở A", "Sở B", "Sở C"), claims, strict=True)
        )

    clause = ClauseFigures("1.a", "", **({name: Figure(1, "/") for name in COUNTED} | {"bound": Figure(4, "/")}))
    before, after = (
        DirectiveFigures(ABOUT, (clause,), rows(*claims)) for claims in ((True, False, True), (False, True, True))
    )
    assert ageing.changes(before, after) == [Change("", "annex", None, 2)]
