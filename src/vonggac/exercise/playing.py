"""Plays a world on a desk, event by event in the order of time, through the importers and flows that every desk uses.

    register → lists at their receipt → claims at their time → logs at their arrival → logs taken back

What arrives at one moment comes in this order. Needs Django and an empty desk; whoever calls says where.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

from vonggac.cases import services as cases
from vonggac.cases.models import Case, Kind
from vonggac.cases.rules import State
from vonggac.cases.services import Answer
from vonggac.errors import InputError, Refused
from vonggac.exercise.world import ListFile, LogFile, OwnersClaim, TakenBack, Warn, World
from vonggac.flows import assessment, botnet_list, late_placement, mistaken_log, traffic_log
from vonggac.register import imports
from vonggac.register.models import Organisation
from vonggac.tenancy.scope import Scope, scoped, system

Event: TypeAlias = ListFile | OwnersClaim | LogFile | TakenBack
Progress: TypeAlias = Callable[[str], None]
# Above this many arrivals only the last of each day is followed by an evaluation, from the day on which the first watch
# ends: before it nothing can be proven, so that a late log has nothing to reverse. The last verdict is the same.
MOST_EVALUATIONS = 24
PLACING_KINDS = frozenset({"nat", "dhcp"})
CLEAN_DAYS = 7
REASON = "theo lời đơn vị"
LATEST = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass
class Playing:
    """A world on its way through a desk: what is still to come is known to nobody but this object."""

    world: World
    warn: Warn
    progress: Progress
    office: Organisation | None = None
    unheard: list[OwnersClaim] = field(default_factory=list)
    """Claims about hosts that have no case yet: a list or a NAT log may still bring it."""
    is_placement_due: bool = False
    heard_until: datetime | None = None
    """Up to when the sensors' signs of life have been entered."""
    warned: set[str] = field(default_factory=set)
    """What was warned about: a line that comes in parts is told once."""

    @property
    def scope(self) -> Scope:
        """The exercise acts for the whole tree."""
        return system("exercise")

    def step(self) -> AbstractContextManager[Any]:
        """One transaction in the scope."""
        return scoped(self.scope)

    def play(self) -> None:
        """Everything until the moment of judgement, with the last verdicts."""
        self.enter_register()
        events = sorted(self.due(None, self.world.now_utc), key=self.order)
        evaluations = self._evaluations(events)
        for position, event in enumerate(events):
            self.enter(event)
            is_last = position + 1 == len(events) or self.time_of(events[position + 1]) > self.time_of(event)
            if is_last and self.time_of(event) in evaluations:
                self.evaluate(self.time_of(event))
        self.evaluate(self.world.now_utc)
        for claim in self.unheard:
            self.warn(f"the claim about {claim.host} is left out: no list led to a case of that name")

    def due(self, after: datetime | None, until: datetime) -> Iterator[Event]:
        """The events after a moment (None: from the start) up to and including another."""
        for part in (self.world.lists, self.world.claims, self.world.logs, self.world.taken_back):
            for event in part:
                at = self.time_of(event)
                if (after is None or after < at) and at <= until:
                    yield event

    def time_of(self, event: Event) -> datetime:
        """When the event happens; what was there at once, at the world's beginning."""
        return event.at or self.world.begins_utc

    def enter_register(self) -> None:
        """Import the register files as an office would, warning about every line that cannot be used."""
        at = self.world.begins_utc
        for kind, content in self.world.register_files():
            self._enter_register_file(kind, content, at, now=at)
        self.office = self._top()

    def enter(self, event: Event) -> None:
        """Let one event happen at its time."""
        at = self.time_of(event)
        self.progress(event.host if isinstance(event, OwnersClaim) else event.path.name)
        if isinstance(event, LogFile):
            self._enter_log(event, at)
        elif isinstance(event, TakenBack):
            self._take_back(event)
        elif isinstance(event, ListFile):
            self.place(at)
            self._enter_list(event, at)
            self._hear(self.unheard, at)
        else:
            self.place(at)
            self._hear([event], at)

    def evaluate(self, at: datetime) -> None:
        """Ask the rules about every standing claim, once the sensors' signs of life have come."""
        self.hear_sensors(at)
        self.place(at)
        self._hear(self.unheard, at)
        with self.step():
            assessment.assess(at=at)

    def hear_sensors(self, until: datetime) -> None:
        """Enter what the sensors vouched for since the last time: nobody vouches for what is to come."""
        for kind, content in self.world.signs(self.heard_until, until):
            # A world that ends tells also of log files that are still written to: what arrived of them counts.
            self._enter_register_file(kind, content, until, now=LATEST if until >= self.world.now_utc else until)
        self.heard_until = until

    def place(self, at: datetime) -> None:
        """Place listed addresses again when logs came that may tell whose they were."""
        if self.is_placement_due:
            self.is_placement_due = False
            with self.step():
                late_placement.place_again(at=at)

    def _enter_register_file(self, kind: str, content: bytes, at: datetime, *, now: datetime) -> None:
        name = f"{kind}.csv"
        self.progress(name)
        try:
            with self.step():
                planned = imports.plan(kind, content, name, at=at.date(), now=now)
                for reject in planned.rejects:
                    warning = f"{name}, line {reject.line}, {reject.column or 'whole line'}: {reject.reason}"
                    if warning not in self.warned:
                        self.warned.add(warning)
                        self.warn(warning)
                imports.apply(planned, at=at)
        except InputError as error:
            raise InputError(f"{name} cannot be used: {error}") from error

    def _evaluations(self, events: Iterable[Event]) -> frozenset[datetime]:
        """The moments of arrival that are followed by an evaluation."""
        claimed = [self.time_of(event) for event in events if isinstance(event, OwnersClaim)]
        if not claimed:
            return frozenset()
        moments = sorted(
            {self.time_of(event) for event in events if not isinstance(event, OwnersClaim)} - {self.world.begins_utc}
        )
        after = [at for at in moments if at > min(claimed)]
        if len(after) > MOST_EVALUATIONS:
            first = min(claimed) + timedelta(days=self.world.limits.get("clean_days", CLEAN_DAYS))
            after = list({at.date(): at for at in after if at > first}.values())
        return frozenset(after[-MOST_EVALUATIONS:])

    def order(self, event: Event) -> tuple[datetime, int]:
        """The place of an event among others: by time; at one moment lists, claims, logs, what is taken back."""
        return self.time_of(event), (ListFile, OwnersClaim, LogFile, TakenBack).index(type(event))

    def _top(self) -> Organisation:
        with self.step():
            tops = list(Organisation.objects.filter(parent__isnull=True).order_by("path")[:2])
        if not tops:
            raise InputError("organisations.csv names no organisation that could be entered")
        if len(tops) > 1:
            self.warn(f"organisations.csv has several roots; {tops[0].code} receives the lists")
        return tops[0]

    def _enter_list(self, event: ListFile, at: datetime) -> None:
        assert self.office is not None  # noqa: S101  the register is entered first
        try:
            botnet_list.import_list(
                event.path.read_bytes(), event.path.name, self.office, event.sender,
                received_at=at, at=at, within=self.step,
            )  # fmt: skip
        except InputError as error:
            self.warn(f"the list {event.path.name} is left out: {error}")

    def _enter_log(self, event: LogFile, at: datetime) -> None:
        try:
            with self.step():
                report = traffic_log.import_log(
                    event.path.read_bytes(), event.name, event.sensor, received_at=at, at=at
                )
        except InputError as error:
            self.warn(f"logs/{event.sensor}/{event.name} is left out: {error}")
            return
        if report.unreadable:
            self.warn(f"logs/{event.sensor}/{event.name} cannot be read: {report.unreadable}")
        elif report.rejects:
            self.warn(f"logs/{event.sensor}/{event.name}: {report.rejects} lines cannot be read")
        self.is_placement_due |= report.kind in PLACING_KINDS

    def _take_back(self, event: TakenBack) -> None:
        sha256 = hashlib.sha256(event.path.read_bytes()).hexdigest()
        try:
            with self.step():
                mistaken_log.take_back(event.sensor, sha256, event.reason, by="exercise", at=event.at)
        except Refused as error:
            self.warn(f"logs/{event.sensor}/{event.path.name} is not taken back: {error}")

    def _hear(self, claims: list[OwnersClaim], at: datetime) -> None:
        """Enter the claims whose hosts have a case by now; the others wait."""
        waiting = [claim for claim in claims if not self._claim(claim)]
        self.unheard = [claim for claim in self.unheard if claim not in claims] + waiting

    def _claim(self, claim: OwnersClaim) -> bool:
        with self.step():
            found = list(
                Case.objects.filter(kind=Kind.BOTNET_HOST, subject=claim.host, findings__isnull=False).distinct()
            )
            if len(found) > 1:
                self.warn(f"{claim.host} names {len(found)} hosts; the claim is entered for each of them")
            for case in found:
                try:
                    answer(case, claim)
                except Refused as error:
                    self.warn(f"the claim about {claim.host} is left out: {error}")
        return bool(found)


def answer(case: Case, claim: OwnersClaim) -> Case:
    """The case with the owner's word, by the acts that lead there: an earlier answer is taken back first."""
    is_clean = claim.claim == "clean"
    if case.state == State.CLOSED or (case.state == State.CLAIMED and not is_clean):
        cases.reopen(case.pk, REASON, at=claim.at)
    elif case.state == State.DISPUTED:
        cases.settle(case.pk, owner=None, reason=REASON, at=claim.at)
    word = Answer("đã làm sạch" if is_clean else "không phải máy của đơn vị", claim.by, via="paper")
    return cases.claim(case.pk, word, at=claim.at) if is_clean else cases.dispute(case.pk, word, at=claim.at)
