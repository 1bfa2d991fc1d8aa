"""The desk's button “solve”: a job plans a draft in a process of its own, tells how far it is, takes the result over.

What a run is and says stands in `Roster.solve`, so a page reads it like anything else; a job whose worker was killed
begins its run again, and a run that was taken over is not taken over twice.
"""

import hashlib
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from vonggac.duty import planning
from vonggac.duty.models import Roster
from vonggac.duty.planning import Plan
from vonggac.duty.services import rosters
from vonggac.duty.services.rosters import Pair, Step
from vonggac.errors import SolverFailed, WrongState
from vonggac.jobs import defer, job, queue
from vonggac.jobs.clock import now
from vonggac.kernel.roster.budget import Settings
from vonggac.kernel.roster.checking import check, check_worker
from vonggac.kernel.roster.values import Assignment, Problem, Progress, Slot, Weights, minute_of
from vonggac.kernel.roster.values import Roster as Planned
from vonggac.ledger import services as ledger
from vonggac.solver import process
from vonggac.tenancy.scope import Scope, scoped

SOLVE_JOB, QUEUE = "roster.solve", "rosters"
USUAL_SECONDS = 15
SEED = 20240430
UNDER_WAY = frozenset({"waiting", "running"})
# A run that said nothing for so long has no worker any more. One that waits may stand behind others: it is given up
# after so long where no worker is there at all.
SILENCE, LONGEST_WAIT = timedelta(seconds=90), timedelta(minutes=15)
# How often a run says that it lives, and hears whether somebody wants it stopped.
_SECONDS_BETWEEN_SIGNS = 1.0
# What the ledger keeps of a run that ended.
_KEPT = ("state", "status", "solver", "seed", "workers", "cost", "bound", "why", "kept_edits")


@transaction.atomic
def start(
    roster_id: int, scope: Scope, *, seconds: int = USUAL_SECONDS, keeps_placed: bool = False, at: datetime
) -> Roster:
    """The draft with a run that waits for the worker; with `keeps_placed` everybody stays where they stand."""
    roster = rosters.locked_draft(roster_id)
    if is_under_way(roster, at):
        raise WrongState("this draft is being solved already; stop that run first")
    roster.solve = {
        "run": roster.solve.get("run", 0) + 1, "state": "waiting", "seconds": seconds, "keeps_placed": keeps_placed,
        "seed": SEED, "heard_at": at.isoformat(),
    }  # fmt: skip
    # An office's runs go one after the other, so that none makes another wait; the worker bounds them all.
    roster.solve["job"] = defer(
        SOLVE_JOB, queue=QUEUE, lock=f"{SOLVE_JOB}:{roster.organisation_id}", roster_id=roster.pk,
        run=roster.solve["run"], actor=scope.actor, org_path=scope.org_path,
    )  # fmt: skip
    roster.save(update_fields=["solve"])
    ledger.record("roster.solve", "roster", roster.pk, roster.org_path, at=at, seconds=seconds, keeps=keeps_placed)
    return roster


@transaction.atomic
def stop(roster_id: int, *, at: datetime) -> Roster:
    """Ask the run to end; it takes over the best roster that it has."""
    roster = rosters.locked_draft(roster_id)
    if roster.solve.get("state") not in UNDER_WAY:
        return roster
    # A run that no worker answers for is ended here.
    roster.solve |= {"is_stopped": True} if is_under_way(roster, at) else {"state": "failed", "why": "no worker"}
    roster.save(update_fields=["solve"])
    ledger.record("roster.solve_stop", "roster", roster.pk, roster.org_path, at=at)
    return roster


def is_under_way(roster: Roster, at: datetime) -> bool:
    """True while a run waits for the worker or is heard of."""
    if roster.solve.get("state") not in UNDER_WAY:
        return False
    silence = at - datetime.fromisoformat(roster.solve["heard_at"])
    if roster.solve["state"] == "running":
        return silence < SILENCE
    place = _place(roster)
    return silence < LONGEST_WAIT or (place is not None and place.has_worker)


def _place(roster: Roster) -> queue.Place | None:
    """Where a run that waits stands in the queue."""
    return queue.place(roster.solve["job"]) if roster.solve.get("job") else None


@job(SOLVE_JOB, queue=QUEUE)
def solve_in_worker(roster_id: int, run: int, actor: str, org_path: str) -> None:
    """Carry one run out under the name of whoever asked for it."""
    solve(roster_id, run, Scope(actor, org_path), clock=now)


def solve(roster_id: int, run: int, scope: Scope, *, clock: Callable[[], datetime]) -> Roster | None:
    """The draft with the result taken over as one step that can be undone; None for a run that is no longer wanted."""
    with scoped(scope):
        workers = os.cpu_count() or 1
        roster = _running(roster_id, run, workers, clock())
        if roster is None:
            return None
        start = _State.of(roster)
        problem = problem_of(roster, at=clock())
        settings = Settings(seconds=roster.solve["seconds"], workers=workers, seed=roster.solve["seed"])
    listener = _Listener(roster_id, run, scope, clock)
    try:
        planned = process.plan(problem, settings, tell=listener.tell, is_cancelled=listener.is_stopped)
    except SolverFailed as error:
        with scoped(scope):
            return _ended(roster_id, run, {"state": "failed", "why": str(error)}, clock())
    with scoped(scope):
        return _taken_over(roster_id, run, start, problem, planned, clock())


@dataclass
class _Listener:
    """Writes down for pages how far a run is, and hears from them that it is to stop; about once a second."""

    roster_id: int
    run: int
    scope: Scope
    clock: Callable[[], datetime]
    _newest: Progress | None = None
    _signed_at: float = field(default_factory=time.monotonic)
    _is_stopped: bool = False

    def tell(self, progress: Progress) -> None:
        """Take progress in; the next sign tells it."""
        self._newest = progress

    def is_stopped(self) -> bool:
        """True once somebody stopped the run."""
        if time.monotonic() - self._signed_at >= _SECONDS_BETWEEN_SIGNS:
            with scoped(self.scope):
                self._is_stopped = not _heard(self.roster_id, self.run, self._newest, self.clock())
            self._signed_at = time.monotonic()
        return self._is_stopped


def problem_of(roster: Roster, *, at: datetime) -> Problem:
    """What the solver is given: what has begun and who is pinned is fixed, and everybody where the run keeps them."""
    plan = planning.plan_of(roster, at=at)
    fixed = plan.problem.fixed
    if roster.solve.get("keeps_placed"):
        fixed |= _able(plan.problem, plan.assignments(rosters.pairs(roster)))
    there = Counter(one.slot for one in fixed)
    slots = (
        slot if slot.begin > minute_of(at) else _begun(slot, there[slot.id])
        for slot in plan.problem.slots
        if slot.begin > minute_of(at) or there[slot.id]
    )
    return replace(plan.problem, slots=tuple(slots), fixed=fixed)


def _able(problem: Problem, placed: Iterable[Assignment]) -> frozenset[Assignment]:
    """Those who are not on leave: whoever is, nobody keeps on the shift."""
    slots, leaves = {slot.id: slot for slot in problem.slots}, {worker.id: worker.leave for worker in problem.workers}
    return frozenset(
        one for one in placed
        if not any(begin < slots[one.slot].end and slots[one.slot].begin < end for begin, end in leaves[one.worker])
    )  # fmt: skip


def _begun(slot: Slot, there: int) -> Slot:
    """A shift that has begun wants whom it has: nobody is planned into the past."""
    return replace(slot, minimum=there, wished=0, skills=())


def _running(roster_id: int, run: int, workers: int, at: datetime) -> Roster | None:
    roster = _of_run(roster_id, run)
    if roster is not None:
        roster.solve |= {
            "state": "running", "heard_at": at.isoformat(), "began_at": at.isoformat(), "workers": workers,
        }  # fmt: skip
        _save(roster)
    return roster


@transaction.atomic
def _heard(roster_id: int, run: int, progress: Progress | None, at: datetime) -> bool:
    """Keep a sign of life and the progress for pages; False when the run is to end."""
    roster = _of_run(roster_id, run)
    if roster is None:
        return False
    roster.solve |= {"heard_at": at.isoformat()}
    if progress is not None:
        roster.solve |= {
            "elapsed": round(progress.seconds, 1), "covered": progress.covered, "wanted": progress.wanted,
            "cost": progress.cost, "bound": progress.bound, "stage": progress.stage,
        }  # fmt: skip
    _save(roster)
    return not roster.solve.get("is_stopped")


@dataclass(frozen=True, slots=True)
class _State:
    """Who stands in a draft, and who of them is to stay."""

    placed: frozenset[Pair]
    pinned: frozenset[Pair]

    @classmethod
    def of(cls, roster: Roster) -> "_State":
        rows = [(planning.pair_of(row), row.is_fixed) for row in roster.placements.all()]
        return cls(frozenset(pair for pair, _ in rows), frozenset(pair for pair, is_fixed in rows if is_fixed))

    def touched_since(self, before: "_State") -> frozenset[Pair]:
        """What people put on, took off or pinned since."""
        return (self.placed ^ before.placed) | (self.pinned - before.pinned)


@transaction.atomic
def _taken_over(
    roster_id: int, run: int, start: _State, problem: Problem, planned: Planned, at: datetime
) -> Roster | None:
    """What the run changed of the state that it began with; shifts that people worked on meanwhile are left to them."""
    roster = _of_run(roster_id, run)
    if roster is None:
        return None
    wanted = frozenset((one.slot, int(one.worker)) for one in planned.assignments)
    now = _State.of(roster)
    touched = now.touched_since(start)
    free = {slot.id for slot in problem.slots} - {slot for slot, _member in touched}
    plan = planning.plan_of(roster, at=at)
    gone = frozenset(pair for pair in start.placed - wanted if pair[0] in free and pair[0] in plan.slots)
    fresh = [pair for pair in sorted(wanted - start.placed) if pair[0] in free and pair[0] in plan.slots]
    added = _bearable(plan, now.placed - gone, fresh, {member for _slot, member in touched})
    rosters.change(roster.pk, Step(added, gone, "solve"), by="solver", at=at)
    plan = planning.plan_of(roster, at=at)
    left = plan.assignments(rosters.pairs(roster))
    verdict = check(plan.problem, left)
    # What a later state of the draft is held against, by the same checker.
    found: dict[str, Any] = {"left": _digest(left), "checked": verdict.cost}
    if touched:
        # What is proven of the run's own result is not proven of this one.
        found |= {"status": "feasible", "cost": verdict.cost, "bound": None, "holes": len(verdict.holes)}
        found |= {"kept_edits": len(touched)}
    return _ended(roster_id, run, {"state": "done", **_said(planned), **found}, at)


def _bearable(plan: Plan, placed: frozenset[Pair], fresh: Iterable[Pair], touched: set[int]) -> frozenset[Pair]:
    """The new pairs without those that break a rule for somebody whom people moved meanwhile."""
    slots = {slot.id: slot for slot in plan.problem.slots}
    workers = {worker.id: worker for worker in plan.problem.workers}
    added: set[Pair] = set()
    for slot, member in fresh:
        worker = workers.get(str(member)) if member in touched else None
        own = [slots[one] for one, who in placed | added if who == member and one in slots]
        broken = check_worker(plan.problem.rules, worker, [*own, slots[slot]]) if worker else ()
        if not any(slot in one.slots for one in broken):
            added.add((slot, member))
    return frozenset(added)


def _digest(placed: Iterable[Assignment]) -> str:
    """The same for the same people on the same shifts."""
    told = "\n".join(f"{one.slot} {one.worker}" for one in sorted(placed))
    return hashlib.sha256(told.encode()).hexdigest()


def _said(planned: Planned) -> dict[str, Any]:
    return {
        "status": planned.status, "cost": planned.cost, "bound": planned.bound, "solver": planned.solver,
        "seed": planned.seed, "holes": len(planned.holes),
    }  # fmt: skip


def _ended(roster_id: int, run: int, said: Mapping[str, Any], at: datetime) -> Roster | None:
    roster = _of_run(roster_id, run)
    if roster is None:
        return None
    roster.solve |= {**said, "heard_at": at.isoformat(), "ended_at": at.isoformat()}
    _save(roster)
    ledger.record(
        "roster.solved", "roster", roster.pk, roster.org_path, at=at,
        **{name: roster.solve.get(name) for name in _KEPT},
    )  # fmt: skip
    return roster


def _of_run(roster_id: int, run: int) -> Roster | None:
    """The draft, locked, while this run of it is still the one that counts."""
    roster = Roster.objects.select_for_update(of=("self",)).filter(pk=roster_id, state="draft").first()
    is_wanted = roster is not None and roster.solve.get("run") == run and roster.solve.get("state") in UNDER_WAY
    return roster if is_wanted else None


def _save(roster: Roster) -> None:
    roster.save(update_fields=["solve"])
    ledger.announce("roster.progress", "roster", roster.pk, roster.org_path)


@dataclass(frozen=True, slots=True)
class Seen:
    """A run as a page shows it; `share` is how much of its time has passed, in percent."""

    state: str
    is_under_way: bool
    share: int = 0
    covered: int = 0
    wanted: int = 0
    cost: int | None = None
    bound: int | None = None
    seconds: float = 0.0
    status: str = ""
    solver: str = ""
    why: str = ""
    stage: str = ""
    ahead: int = 0
    """How many runs go before one that waits."""
    kept_edits: int = 0
    """How many changes that people made while it ran were kept."""
    is_changed: bool = False
    """True when the draft no longer holds what the run left in it."""
    cost_then: int | None = None
    cost_now: int | None = None
    """What the checker said of the result, and what it says of the draft now."""

    @property
    def is_stale(self) -> bool:
        """True when what the run said of its result does not hold for the draft any more."""
        return self.is_changed or (self.cost_then is not None and self.cost_then != self.cost_now)

    @property
    def holes_at_most(self) -> int | None:
        """How much better a roster may still be, in holes filled: 0 is less than one; None when that is not known."""
        if self.cost is None or self.bound is None:
            return None
        return max(0, self.cost - self.bound) // Weights().missing_person


def seen(roster: Roster, placed: Iterable[Assignment] = (), cost: int | None = None, *, at: datetime) -> Seen | None:
    """The last run of a draft for people to read; None when there was none.

    `placed` and `cost`: who stands in the draft now, and what the checker says of it.
    """
    said = roster.solve
    if not said:
        return None
    began = datetime.fromisoformat(said["began_at"]) if "began_at" in said else None
    ended = datetime.fromisoformat(said["ended_at"]) if "ended_at" in said else at
    elapsed = max(0.0, (ended - began).total_seconds()) if began else 0.0
    running = is_under_way(roster, at)
    # What had begun when it was planned costs the checker something and the run nothing: both are told by the checker.
    begun = said["checked"] - said["cost"] if said.get("checked") is not None and said.get("cost") is not None else 0
    cost_then, bound = (None if said.get(name) is None else said[name] + begun for name in ("cost", "bound"))
    place = _place(roster) if running and said["state"] == "waiting" else None
    state = said["state"] if running or said["state"] not in UNDER_WAY else "silent"
    return Seen(
        state=state, is_under_way=running, share=min(100, round(100 * elapsed / said["seconds"])),
        covered=said.get("covered", 0), wanted=said.get("wanted", 0), cost=cost_then, bound=bound,
        seconds=round(elapsed, 1), status=said.get("status", ""), solver=said.get("solver", ""),
        why=said.get("why", ""), stage=said.get("stage", ""), ahead=place.ahead if place else 0,
        kept_edits=said.get("kept_edits", 0), cost_then=said.get("checked"), cost_now=cost,
        is_changed="left" in said and said["left"] != _digest(placed),
    )  # fmt: skip
