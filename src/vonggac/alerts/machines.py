"""Findings by the machine that they are about: which one leads, what else waits, and when the first of it is due."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery

from vonggac.alerts.models import Finding
from vonggac.alerts.rules import NO_SUBJECT, OWN_RULES, WAITING, State
from vonggac.register.lookup import Claims, aliases_of, claims_of, host_of, hosts_of

ORDER = ("priority", "-last_received_at", "-pk")
# What stands for itself: told of no machine, of a source of ours, or by a coordinator who waits for an answer to it.
BY_ITSELF = Q(subject=NO_SUBJECT) | Q(rule__startswith=OWN_RULES) | Q(notice__isnull=False)


@dataclass(frozen=True, slots=True)
class Kin:
    """What waits about one machine: how many, how many that nobody has seen, and when the first clocks of it end."""

    number: int
    new: int
    acknowledge_by: datetime | None
    """Of the new ones."""
    handle_by: datetime | None
    """Of the acknowledged ones."""

    def due(self, state: str) -> datetime | None:
        """When the first of those that are in this state is due."""
        return self.acknowledge_by if state == State.NEW else self.handle_by


@dataclass(frozen=True, slots=True)
class _Machine:
    """Under which subjects a machine is told of, and in which organisation; None: wherever it is told of."""

    subjects: frozenset[str]
    org_path: str | None

    def of(self, found: Mapping[str, Mapping[str, Sequence[Any]]]) -> Iterable[Any]:
        """What stands under its subjects and organisation in {subject: {organisation: …}}."""
        for subject in sorted(self.subjects):
            for org_path, inside in found.get(subject, {}).items():
                if self.org_path in {None, org_path}:
                    yield from inside


def folded(found: QuerySet[Finding]) -> QuerySet[Finding]:
    """What leads the others of its machine and state, and what stands for itself.

    The leader of a row is looked up by an index, one entry a row: a join would first count out all that wait.
    """
    same = Finding.objects.filter(
        ~BY_ITSELF, subject=OuterRef("subject"), state=OuterRef("state"), org_path=OuterRef("org_path")
    )
    return found.filter(BY_ITSELF | Q(pk=Subquery(same.order_by(*ORDER).values("pk")[:1])))


def about_host_of(finding: Finding, at: datetime) -> QuerySet[Finding]:
    """What waits about the finding's machine, under its name or an address of it; of one that names none, it alone."""
    waiting = Finding.objects.filter(state__in=WAITING)
    subject = finding.subject
    if subject == NO_SUBJECT:
        return waiting.filter(pk=finding.pk)
    found = waiting.filter(subject__in={subject, *aliases_of([subject]).get(subject, ())})
    # An address that the register does not know is another machine in every organisation.
    return found if host_of(subject, at) else found.filter(org_path=finding.org_path)


def kin_of(found: Collection[Finding], hosts: Collection[str], claims: Claims | None = None) -> dict[int, Kin]:
    """Finding → what waits about its machine, where there are several: they look like one incident.

    `hosts` are the subjects that the register knows: any other is another machine in every organisation, as
    `about_host_of` has it. `claims` are those of the findings' subjects, where they were asked for already.
    """
    machines = _machines_of(found, hosts, claims)
    about = Finding.objects.filter(~BY_ITSELF, subject__in=_subjects(machines), state__in=WAITING).order_by()
    is_new = Q(state=State.NEW)
    counted: dict[str, dict[str, list[Kin]]] = defaultdict(dict)
    for subject, org_path, *figures in about.values_list("subject", "org_path").annotate(
        number=Count("pk"),
        new=Count("pk", filter=is_new),
        first_acknowledge=Min("acknowledge_by", filter=is_new),
        first_handle=Min("handle_by", filter=~is_new),
    ):
        counted[subject][org_path] = [Kin(*figures)]
    sums = {pk: _sum(machine.of(counted)) for pk, machine in machines.items()}
    return {pk: one for pk, one in sums.items() if one.number > 1}


def companions(
    ids: Collection[int], at: datetime, *, seen_at: datetime, states: Collection[str] = WAITING
) -> list[list[int]]:
    """A list a machine: the findings named and what else waits about it, the most urgent first; 10 queries for all.

    What came, or rose, after `seen_at` is on no page of that moment, and left out.
    """
    found = list(Finding.objects.filter(pk__in=ids).order_by(*ORDER))
    claims = claims_of({one.subject for one in found})
    machines = _machines_of(found, hosts_of({one.subject for one in found}, at, claims), claims)
    seen = Q(first_received_at__lte=seen_at) & (Q(clock_from=None) | Q(clock_from__lte=seen_at))
    about = Finding.objects.filter(~BY_ITSELF, seen, subject__in=_subjects(machines), state__in=states)
    waiting: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    ranks: dict[int, int] = {}
    for pk, subject, org_path in about.order_by(*ORDER).values_list("pk", "subject", "org_path"):
        waiting[subject][org_path].append(pk)
        ranks[pk] = len(ranks)
    groups, taken = [], set[int]()
    for one in found:
        others = sorted(machines[one.pk].of(waiting), key=ranks.__getitem__) if one.pk in machines else []
        if group := [pk for pk in dict.fromkeys([one.pk, *others]) if pk not in taken]:
            groups.append(group)
            taken.update(group)
    return groups


def _machines_of(
    found: Collection[Finding], hosts: Collection[str], claims: Claims | None = None
) -> dict[int, _Machine]:
    """Finding → its machine; without those that stand for themselves."""
    of_machines = [
        one
        for one in found
        if one.subject != NO_SUBJECT and one.notice_id is None and not one.rule.startswith(OWN_RULES)
    ]
    aliases = aliases_of({one.subject for one in of_machines}, claims)
    return {
        one.pk: _Machine(frozenset({one.subject, *aliases.get(one.subject, ())}), None)
        if one.subject in hosts
        else _Machine(frozenset({one.subject}), one.org_path)
        for one in of_machines
    }


def _subjects(machines: Mapping[int, _Machine]) -> set[str]:
    return {subject for machine in machines.values() for subject in machine.subjects}


def _sum(found: Iterable[Kin]) -> Kin:
    parts = list(found)
    return Kin(
        sum(one.number for one in parts),
        sum(one.new for one in parts),
        min((one.acknowledge_by for one in parts if one.acknowledge_by), default=None),
        min((one.handle_by for one in parts if one.handle_by), default=None),
    )
