"""Reads of cases within the scope in force: the inbox by key, counts without counting, one case with its history."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from vonggac.cases import successors
from vonggac.cases.models import LONGEST_ENDING, Answerer, Case, Finding, Kind
from vonggac.cases.rules import OPEN, Proof, State
from vonggac.errors import InputError, OutOfScope
from vonggac.kernel.numbers import whole_number
from vonggac.register import queries as register
from vonggac.register.folding import fold
from vonggac.register.models import Organisation
from vonggac.tenancy.scope import AFTER_ALL, BEFORE_ALL, bounds

PAGE_ROWS = 50
# Only cases that can still be late are looked at, and only as many as a page would say.
COUNTED_AT_MOST = 999
SEARCHED_AT_MOST = 20
SHORTEST_NAME = 2
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
    keys = first(selection, after=after, rows=rows + 1)
    found = _listed(key.identifier for key in keys[:rows])
    return Page(
        [found[key.identifier] for key in keys[:rows] if key.identifier in found],
        keys[rows - 1] if len(keys) > rows else None,
    )


def _listed(identifiers: Iterable[int]) -> dict[int, Case]:
    """The cases by number, with what a list says of them."""
    found = Case.objects.select_related("organisation", "assignee").in_bulk(list(identifiers))
    successors.look_up(found.values())
    return found


def first(selection: Selection, *, after: Key | None = None, rows: int) -> list[Key]:
    """The keys of the first selected cases by due time, one query; compiled for one state and said of each."""
    heads = [part.values_list("pk", "due_at")[:rows].query.sql_with_params() for part in _parts(selection, after)]
    parts = [(sql, given, state) for state in sorted(selection.states) for sql, given in heads]
    if not parts:
        return []
    union = " UNION ALL ".join(f"({sql})" for sql, _given, _state in parts)
    values = [state if value is _EACH else value for _sql, given, state in parts for value in given]
    with connection.cursor() as cursor:
        # The text is the query compiler's own, and every value stands in the parameters.
        cursor.execute(f"SELECT pk, due_at FROM ({union}) AS heads ORDER BY due_at, pk LIMIT %s", [*values, rows])  # noqa: S608
        return [Key(due_at, identifier) for identifier, due_at in cursor.fetchall()]


class _Each(str):
    """Stands for the state in a query that is said of several states: known by identity, so no value can be it."""


_EACH = _Each()


def _parts(selection: Selection, after: Key | None) -> Iterator[QuerySet[Case]]:
    """One ordered query of each side of “no due time”, each a plain walk along the index of a state."""
    cases = Case.objects.filter(selection.condition(), state=_EACH).order_by("due_at", "pk")
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


class Bucket(NamedTuple):
    """What the counters tell apart."""

    kind: str
    state: str
    proof: str
    claim: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How many cases there are in each bucket, from the maintained counters."""

    buckets: dict[Bucket, int]

    def total(self, *, states: frozenset[str] | None = None, kind: str = "", proof: str = "", claim: str = "") -> int:
        """The number of cases that match; empty arguments do not restrict."""
        wanted = (("kind", kind), ("proof", proof), ("claim", claim))
        return sum(
            number
            for bucket, number in self.buckets.items()
            if (states is None or bucket.state in states)
            and all(not value or getattr(bucket, name) == value for name, value in wanted)
        )

    def narrowed(self, selection: Selection) -> Selection:
        """The selection without the states in which the counters know of no such case: nobody has to look there."""
        asked = {"kind": selection.kind, "proof": selection.proof, "claim": selection.claim}
        return replace(
            selection, states=frozenset(one for one in selection.states if self.total(states=frozenset({one}), **asked))
        )


def counts(org_path: str = "") -> Counts:
    """The counts of the whole scope, or of one part of the tree; one query that never touches the cases."""
    low, high = bounds(org_path) if org_path else (BEFORE_ALL, AFTER_ALL)
    return _counted("org_path >= %s AND org_path < %s", low, high)


def counts_of_its_own(organisation: Organisation) -> Counts:
    """The counts of one organisation without those below it."""
    return _counted("org_path = %s", organisation.path)


def _counted(condition: str, *given: str) -> Counts:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT kind, state, proof, claim, sum(number) FROM cases_tally WHERE {condition}"  # noqa: S608  above
            " GROUP BY kind, state, proof, claim HAVING sum(number) <> 0",
            given,
        )
        return Counts({Bucket(*bucket): number for *bucket, number in cursor.fetchall()})


class OfUnit(NamedTuple):
    """How many of the selected cases are an organisation's own, and when the first of them is due."""

    organisation_id: int
    number: int
    first_due: datetime | None


def by_organisation(selection: Selection, *, most: int) -> list[OfUnit]:
    """The organisations with most of the selected cases first; one walk over all that are selected."""
    rows = Case.objects.filter(selection.condition(), state__in=selection.states).order_by().values("organisation_id")
    counted = rows.annotate(number=Count("pk"), first_due=Min("due_at")).order_by(
        "-number", "first_due", "organisation_id"
    )
    return [OfUnit(**row) for row in counted[:most]]


def late(now: datetime) -> Selection:
    """The cases whose due time has passed without a final answer."""
    return Selection(states=LATE_STATES, due_before=now)


def number_late(now: datetime) -> int:
    """The number of `late` cases, counted no further than a page would say; written out, since every page asks."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT 1 FROM cases_case WHERE state = ANY(%s) AND due_at < %s LIMIT %s) AS late",
            [[str(state) for state in LATE_STATES], now, COUNTED_AT_MOST],
        )
        return int(cursor.fetchone()[0])


def hosts_named(org_path: str, names: Sequence[str]) -> dict[str, int]:
    """Name → the newest case about the listed host of this name in a part of the tree."""
    low, high = bounds(org_path)
    named = Case.objects.filter(kind=Kind.BOTNET_HOST, org_path__gte=low, org_path__lt=high, subject__in=names)
    found = named.filter(Exists(Finding.objects.filter(case=OuterRef("pk"))))
    return dict(found.order_by("pk").values_list("subject", "pk"))


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
    keys = [
        *first(Selection(states=UNFINISHED, proof=Proof.CONTRADICTED), rows=rows),
        *first(Selection(states=LATE_STATES, more=theirs), rows=rows),
    ]
    found = _listed({key.identifier for key in keys})
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


def search(words: str, *, units: Sequence[Organisation] | None = None, rows: int = PAGE_ROWS) -> list[Case]:
    """Cases by number, host name, address, organisation, C2 or malware family, open ones first.

    By the name of who acknowledged or answered one too, from any of its words on. `units`: the organisations that the
    words find, if known. A host is found by its inner address too, whoever held it.

    Each way is an equality or a range on an index: patterns over titles would read every case of the nation under
    row-level security.
    """
    text = words.strip()
    named = register.find_organisations(text)[:SEARCHED_AT_MOST] if units is None else units
    found: dict[int, None] = {}
    for identifiers in _ways(text, [unit.pk for unit in named], rows) if text else ():
        found |= dict.fromkeys(identifiers)
    return sorted(_listed(found).values(), key=lambda case: (case.state == State.CLOSED, -case.pk))[:rows]


def _ways(text: str, units: list[int], rows: int) -> Iterator[Iterable[int]]:
    """The newest cases of each way in which the words may mean them, by number."""
    newest = Case.objects.order_by("-pk").values_list("pk", flat=True)
    if number := whole_number(text.lstrip("#")):
        yield [number]
    yield _named(text, rows)
    if assets := list(register.find_hosts(text).values_list("pk", flat=True)[:SEARCHED_AT_MOST]):
        yield newest.filter(asset_id__in=assets)[:rows]
    if units:
        yield _newest_of(units, rows)
    yield newest.filter(subject=text)[:rows]


def _named(text: str, rows: int) -> QuerySet[Any, int]:
    """The cases of which a finding names this address, C2 or malware family, or that such a person answered.

    One query, each way along its own index.
    """
    spellings = {text, text.lower(), text.upper(), text.capitalize(), text.title()}
    ways = (
        Q(subject=text),
        Q(c2_address=text),
        Q(c2_host=text.lower().rstrip(".")),
        Q(family__in=spellings),
    )
    named, *others = (
        Finding.objects.filter(way).order_by().values_list("case_id", flat=True)[:SEARCHED_AT_MOST] for way in ways
    )
    return named.union(*others, _answered_by(fold(text), rows), all=True)


def _answered_by(name: str, rows: int) -> QuerySet[Answerer, int]:
    """The newest cases of those whose name begins so at one of its words.

    By either index: a common name is met soon on the way back through the cases, a rare one has few rows to sort. Of
    1.8 million rows 0.1 to 4 ms; 350 where a name that is common elsewhere is all but missing in a large office.
    """
    name = name[:LONGEST_ENDING]
    alike = Answerer.objects.filter(ending__gte=name, ending__lt=name + register.LAST_CHARACTER)
    found = alike if len(name) >= SHORTEST_NAME else alike.none()
    return found.order_by("-case_id").values_list("case_id", flat=True)[:rows]


def _newest_of(units: list[int], rows: int) -> list[int]:
    """The newest cases of these organisations: each walks its own index from the end, and none is read to be sorted."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT part.id FROM unnest(%s::bigint[]) AS unit (id) CROSS JOIN LATERAL (
                SELECT id FROM cases_case WHERE organisation_id = unit.id ORDER BY id DESC LIMIT %s
            ) AS part ORDER BY part.id DESC LIMIT %s
            """,
            [units, rows, rows],
        )
        return [identifier for (identifier,) in cursor.fetchall()]
