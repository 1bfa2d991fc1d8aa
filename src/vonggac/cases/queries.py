"""Reads of cases within the scope in force: the inbox by key, counts without counting, one case with its history."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import connection
from django.db.models import Count, Q, QuerySet, Sum

from vonggac.cases.models import Case, Finding, Tally
from vonggac.cases.rules import OPEN, Proof, State
from vonggac.errors import InputError, OutOfScope
from vonggac.kernel.numbers import whole_number
from vonggac.register import queries as register
from vonggac.tenancy.scope import bounds

PAGE_ROWS = 50
# Only cases that can still be late are looked at, and only as many as a page would say.
COUNTED_AT_MOST = 999
SEARCHED_AT_MOST = 20
LATE_STATES = OPEN | {State.DISPUTED}
UNFINISHED = frozenset(State) - {State.CLOSED}


@dataclass(frozen=True, slots=True)
class Selection:
    """Which cases: states, and what else must hold; empty fields do not restrict."""

    states: frozenset[str] = UNFINISHED
    kind: str = ""
    claim: str = ""
    proof: str = ""
    due_before: datetime | None = None
    due_from: datetime | None = None
    assignee_id: int | None = None
    org_path: str = ""
    more: Q = field(default_factory=Q)

    def condition(self) -> Q:
        """Everything but the states, as a condition on cases."""
        plain = {"kind": self.kind, "claim": self.claim, "proof": self.proof, "assignee_id": self.assignee_id}
        condition = self.more & Q(**{name: value for name, value in plain.items() if value})
        if self.due_before:
            condition &= Q(due_at__lt=self.due_before)
        if self.due_from:
            condition &= Q(due_at__gte=self.due_from)
        if self.org_path:
            low, high = bounds(self.org_path)
            condition &= Q(org_path__gte=low, org_path__lt=high)
        return condition


@dataclass(frozen=True, slots=True)
class Key:
    """The place of a case in the order of the inbox: due time (None stands last), then identifier."""

    due_at: datetime | None
    identifier: int

    def __str__(self) -> str:
        return f"{self.due_at.isoformat() if self.due_at else ''}_{self.identifier}"

    @classmethod
    def read(cls, text: str) -> "Key":
        """The key of an address; InputError when it is not one of ours."""
        due, _, identifier = text.rpartition("_")
        try:
            return cls(datetime.fromisoformat(due) if due else None, int(identifier))
        except ValueError:
            raise InputError("this page of the list does not exist; open the list from its start") from None


@dataclass(frozen=True, slots=True)
class Page:
    """Some cases in the order of their due times, and the key behind which the next ones begin (None: no more)."""

    cases: Sequence[Case]
    following: Key | None


def inbox(selection: Selection, *, after: Key | None = None, rows: int = PAGE_ROWS) -> Page:
    """The selected cases by due time: each state is read in the order of its own index, and the heads are merged.

    A page costs the same whether a thousand cases stand before it or a million: no OFFSET, no COUNT.
    """
    heads = [part.values_list("pk", "due_at")[: rows + 1] for part in _parts(selection, after)]
    if not heads:
        return Page([], None)
    first, *others = heads
    merged = first.union(*others, all=True).order_by("due_at", "pk")[: rows + 1] if others else first
    keys = [Key(due_at, identifier) for identifier, due_at in merged]
    found = Case.objects.select_related("organisation", "assignee").in_bulk([key.identifier for key in keys[:rows]])
    return Page(
        [found[key.identifier] for key in keys[:rows] if key.identifier in found],
        keys[rows - 1] if len(keys) > rows else None,
    )


def _parts(selection: Selection, after: Key | None) -> Iterator[QuerySet[Case]]:
    """One ordered query a state and side of “no due time”, each a plain walk along an index."""
    for state in sorted(selection.states):
        cases = Case.objects.filter(selection.condition(), state=state).order_by("due_at", "pk")
        if after is None:
            yield cases
        elif after.due_at is None:
            yield cases.filter(due_at__isnull=True, pk__gt=after.identifier)
        else:
            yield cases.filter(Q(due_at__gt=after.due_at) | Q(pk__gt=after.identifier), due_at__gte=after.due_at)
            yield cases.filter(due_at__isnull=True)


def walk(selection: Selection, *, most: int) -> Iterator[Case]:
    """Up to `most` selected cases in the inbox's order, read page by page: what an export holds."""
    after: Key | None = None
    while most > 0:
        page = inbox(selection, after=after, rows=min(1_000, most))
        yield from page.cases
        after, most = page.following, most - len(page.cases)
        if after is None:
            return


@dataclass(frozen=True, slots=True)
class Counts:
    """How many cases there are in each bucket (kind, state, proof), from the maintained counters."""

    buckets: dict[tuple[str, str, str], int]

    def total(self, *, states: frozenset[str] | None = None, kind: str = "", proof: str = "") -> int:
        """The number of cases that match; empty arguments do not restrict."""
        return sum(
            number
            for (of_kind, state, of_proof), number in self.buckets.items()
            if (not kind or kind == of_kind)
            and (states is None or state in states)
            and (not proof or proof == of_proof)
        )


def counts(org_path: str = "") -> Counts:
    """The counts of the whole scope, or of one part of the tree; one query that never touches the cases."""
    tally = Tally.objects.all()
    if org_path:
        low, high = bounds(org_path)
        tally = tally.filter(org_path__gte=low, org_path__lt=high)
    rows = tally.values_list("kind", "state", "proof").annotate(total=Sum("number"))
    return Counts({(kind, state, proof): total for kind, state, proof, total in rows if total})


def late(now: datetime) -> Selection:
    """The cases whose due time has passed without a final answer."""
    return Selection(states=LATE_STATES, due_before=now)


def number_up_to(selection: Selection, most: int = COUNTED_AT_MOST) -> int:
    """The number of selected cases, counted no further than `most` (then it is `most`)."""
    return Case.objects.filter(selection.condition(), state__in=selection.states).order_by()[:most].count()


def numbers_up_to(selections: Sequence[Selection], most: int = COUNTED_AT_MOST) -> list[int]:
    """The number of each selection's cases, none counted further than `most`; all in one query.

    Each is a query of its own inside it, so that it walks its own index and stops: one walk over all that are late for
    their numbers by kind, state and proof took 250 ms of a nation with a million cases, these take 5.
    """
    if not selections:
        return []
    parts = [Case.objects.filter(one.condition(), state__in=one.states).order_by()[:most] for one in selections]
    compiled = [part.values("pk").query.sql_with_params() for part in parts]
    # The text is the query compiler's own, and every value stands in the parameters.
    counts = ", ".join(f"(SELECT count(*) FROM ({sql}) AS part)" for sql, _given in compiled)  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {counts}", [value for _sql, given in compiled for value in given])
        return list(cursor.fetchone())


def numbers_at_once(selections: Sequence[Selection]) -> list[int]:
    """The number of each selection's cases, by one walk over the cases that have what all selections ask beside words.

    For conditions without an index: to look for what is rare once takes as long as to look for it in one selection.
    """
    if not selections:
        return []
    shared = replace(selections[0], kind="", proof="", due_before=None, due_from=None, assignee_id=None)
    numbered = {
        f"number_{place}": Count("pk", filter=one.condition() & Q(state__in=one.states))
        for place, one in enumerate(selections)
    }
    return list(Case.objects.filter(shared.condition()).aggregate(**numbered).values())


def needing(person_id: int | None, now: datetime, *, rows: int = 7) -> Sequence[Case]:
    """What the person has to look at first, by due time: theirs, nobody's, and what was contradicted."""
    theirs = Q(assignee_id=person_id) | Q(assignee__isnull=True)
    waiting = inbox(Selection(states=LATE_STATES, more=theirs), rows=rows).cases
    contradicted = inbox(Selection(states=UNFINISHED, proof=Proof.CONTRADICTED), rows=rows).cases
    found = {case.pk: case for case in (*contradicted, *waiting)}
    return sorted(found.values(), key=lambda case: _urgency(case, now))[:rows]


def _urgency(case: Case, now: datetime) -> tuple[bool, float, int]:
    """Contradicted first, then by due time; without one, last."""
    return (
        case.proof != Proof.CONTRADICTED,
        (case.due_at - now).total_seconds() if case.due_at else float("inf"),
        case.pk,
    )


def one(case_id: int) -> Case:
    """A case with its organisation, asset and assignee; OutOfScope when it is not among those one may see."""
    case = Case.objects.select_related("organisation", "assignee", "asset").filter(pk=case_id).first()
    if case is None:
        raise OutOfScope(f"case {case_id} is not among the cases you may see")
    return case


def search(words: str, *, rows: int = PAGE_ROWS) -> list[Case]:
    """Cases by number, host name, address or organisation, open ones first.

    Each way is an equality on an index: patterns over titles would read every case of the nation under row-level
    security.
    """
    text = words.strip()
    found: dict[int, Case] = {}
    for way in _ways(text) if text else ():
        for case in Case.objects.select_related("organisation", "assignee").filter(way).order_by("-pk")[:rows]:
            found.setdefault(case.pk, case)
    return sorted(found.values(), key=lambda case: (case.state == State.CLOSED, -case.pk))[:rows]


def _ways(text: str) -> Iterator[Q]:
    if number := whole_number(text.lstrip("#")):
        yield Q(pk=number)
    named = Finding.objects.filter(subject=text).values_list("case_id", flat=True)[:SEARCHED_AT_MOST]
    yield Q(pk__in=list(named))
    assets = register.find_assets_by_beginning(text).values_list("pk", flat=True)[:SEARCHED_AT_MOST]
    yield Q(asset_id__in=list(assets))
    units = register.find_organisations(text).values_list("pk", flat=True)[:SEARCHED_AT_MOST]
    yield Q(organisation_id__in=list(units))
    yield Q(subject=text)
