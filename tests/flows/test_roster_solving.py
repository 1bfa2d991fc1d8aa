"""The desk's button: a run waits, plans in a process of its own, is taken over as one step, or stopped; never twice."""

import json
import os
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection

from tests.duty.office import BEFORE, MONDAY, open_office
from vonggac.duty import planning
from vonggac.duty.patterns import begin_of, day_of
from vonggac.duty.services import members, posts, rosters
from vonggac.duty.services.rosters import Step
from vonggac.errors import WrongState
from vonggac.flows import roster_solving as flow
from vonggac.jobs.running import run_waiting
from vonggac.kernel.roster.checking import check
from vonggac.ledger.models import Entry
from vonggac.solver import process
from vonggac.tenancy.scope import scoped

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(people):
    with scoped(people.scope("ha")):
        yield open_office(people)


@pytest.fixture
def scope(people):
    return people.scope("ha")


def solve(draft, scope, **options):
    draft = flow.start(draft.pk, scope, at=BEFORE, **{"seconds": 3, **options})
    return flow.solve(draft.pk, draft.solve["run"], scope, clock=lambda: BEFORE)


def verdict(draft):
    plan = planning.plan_of(draft, at=BEFORE)
    return check(plan.problem, plan.assignments(rosters.pairs(draft)))


def test_a_run_fills_the_draft_by_the_rules_and_says_how_it_came_by_it(office, scope):
    draft = solve(office.draft(), scope)
    found = verdict(draft)
    assert found.is_sound
    # Six people stand 21 shifts of one: enough hands, so no hole.
    assert not found.holes
    said = draft.solve
    assert (said["state"], said["holes"], said["cost"]) == ("done", 0, found.cost)
    assert said["bound"] <= said["cost"]
    assert said["solver"]
    entry = Entry.objects.filter(act="roster.solved").latest("pk")
    assert (entry.detail["seed"], entry.detail["workers"]) == (flow.SEED, os.cpu_count())


def test_the_whole_run_is_one_step_back(office, scope):
    draft = office.draft()
    placed = office.pair("S", "An")
    rosters.change(draft.pk, Step(frozenset({placed})), by="Hà", at=BEFORE)
    draft = solve(draft, scope)
    assert len(rosters.pairs(draft)) >= 21
    rosters.undo(draft.pk, at=BEFORE)
    assert rosters.pairs(draft) == {placed}


def test_filling_what_is_open_leaves_everybody_where_they_stand(office, scope):
    draft = office.draft()
    placed = {office.pair("Đ", "Giang", MONDAY + timedelta(days=day)) for day in (0, 1, 2)}
    rosters.change(draft.pk, Step(frozenset(placed)), by="Hà", at=BEFORE)
    assert placed <= rosters.pairs(solve(draft, scope, keeps_placed=True))


def test_filling_what_is_open_keeps_nobody_on_a_shift_in_their_leave(office, scope):
    draft = office.draft()
    sick, well = office.pair("S", "An"), office.pair("S", "An", MONDAY + timedelta(days=2))
    rosters.change(draft.pk, Step(frozenset({sick, well})), by="Hà", at=BEFORE)
    day = members.Span(begin_of(MONDAY), begin_of(MONDAY + timedelta(days=1)))
    members.ask_leave(office.members["An"].pk, day, "sick", granted_by="Minh", at=BEFORE)
    placed = rosters.pairs(solve(draft, scope, keeps_placed=True))
    assert well in placed
    assert sick not in placed
    assert any(slot == sick[0] for slot, _member in placed)


@pytest.fixture
def meanwhile(monkeypatch):
    """What people do to the draft while the solver looks for a roster."""
    acts = []

    def plan(*arguments, **named):
        found = process.plan(*arguments, **named)
        for act in acts:
            act()
        return found

    monkeypatch.setattr(flow, "process", SimpleNamespace(plan=plan))
    return acts.append


@pytest.mark.parametrize("keeps_placed", [True, False])
def test_what_people_did_while_a_run_looked_is_kept(office, scope, meanwhile, keeps_placed):
    draft = office.draft()
    put, gone = office.pair("S", "An"), office.pair("C", "Bình")
    rosters.change(draft.pk, Step(frozenset({gone})), by="Hà", at=BEFORE)

    def work() -> None:
        rosters.change(draft.pk, Step(frozenset({put}), frozenset({gone})), by="Hà", at=BEFORE)
        rosters.pin(draft.pk, put, is_fixed=True, at=BEFORE)

    meanwhile(work)
    draft = solve(draft, scope, keeps_placed=keeps_placed)
    placed = rosters.pairs(draft)
    # The two shifts that somebody worked on are as they left them, the others are planned, and no rule is broken.
    assert {pair for pair in placed if pair[0] in {put[0], gone[0]}} == {put}
    assert draft.placements.get(is_fixed=True).member == office.members["An"]
    assert len({slot for slot, _ in placed}) >= 18
    found = verdict(draft)
    assert found.is_sound
    said = draft.solve
    assert (said["status"], said["bound"], said["kept_edits"]) == ("feasible", None, 2)
    assert (said["cost"], said["holes"]) == (found.cost, len(found.holes))
    assert flow.seen(draft, at=BEFORE).kept_edits == 2


def test_who_was_pinned_while_a_run_looked_stays(office, scope, meanwhile):
    draft = office.draft()
    # The solver would take all but one of them off.
    crowd = {office.pair("S", name) for name in office.members}
    rosters.change(draft.pk, Step(frozenset(crowd)), by="Hà", at=BEFORE)
    meanwhile(lambda: [rosters.pin(draft.pk, pair, is_fixed=True, at=BEFORE) for pair in crowd])
    assert crowd <= rosters.pairs(solve(draft, scope))


def test_a_post_that_is_retired_while_a_run_looked_ends_none_in_an_error(office, scope, meanwhile):
    draft = office.draft()
    crowd = {office.pair("S", name) for name in office.members}
    rosters.change(draft.pk, Step(frozenset(crowd)), by="Hà", at=BEFORE)
    meanwhile(lambda: posts.retire_post(office.post.pk, day_of(BEFORE) + timedelta(days=1), at=BEFORE))
    assert solve(draft, scope).solve["state"] == "done"


def test_runs_of_two_offices_do_not_wait_for_each_other_and_those_of_one_do(office, scope, people):
    first, second = office.draft(), office.draft()
    other = open_office(people, "so-y-te")
    third = other.draft()
    for draft in (first, second, third):
        flow.start(draft.pk, scope, at=BEFORE)
    assert [begun() for _ in range(3)] == [first.pk, third.pk, None]


def begun() -> int | None:
    """The draft of the next run that a worker would begin now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT worker_id FROM procrastinate_register_worker_v1()")
        cursor.execute("SELECT args FROM procrastinate_fetch_job_v2(ARRAY['rosters'], %s)", cursor.fetchone())
        [arguments] = cursor.fetchone()
    return json.loads(arguments)["roster_id"] if arguments else None


def test_a_run_that_waits_behind_others_says_so_for_as_long_as_a_worker_is_there(office, scope):
    first, second = office.draft(), office.draft()
    flow.start(first.pk, scope, at=BEFORE)
    late = BEFORE + 2 * flow.LONGEST_WAIT
    waiting = flow.start(second.pk, scope, at=BEFORE)
    assert flow.seen(waiting, at=late).state == "silent"
    assert begun() == first.pk
    seen = flow.seen(waiting, at=late)
    assert (seen.state, seen.is_under_way, seen.ahead) == ("waiting", True, 1)


def test_a_second_run_waits_for_the_end_of_the_first(office, scope):
    draft = office.draft()
    flow.start(draft.pk, scope, at=BEFORE)
    with pytest.raises(WrongState):
        flow.start(draft.pk, scope, at=BEFORE + timedelta(seconds=20))
    # A worker that is not heard of for so long is gone.
    again = flow.start(draft.pk, scope, at=BEFORE + flow.LONGEST_WAIT)
    assert again.solve["run"] == 2


def test_a_run_that_was_taken_over_or_replaced_is_not_taken_over_again(office, scope):
    draft = flow.start(office.draft().pk, scope, seconds=2, at=BEFORE)
    assert flow.solve(draft.pk, draft.solve["run"] + 1, scope, clock=lambda: BEFORE) is None
    assert flow.solve(draft.pk, draft.solve["run"], scope, clock=lambda: BEFORE) is not None
    assert flow.solve(draft.pk, draft.solve["run"], scope, clock=lambda: BEFORE) is None


def test_a_run_that_somebody_stops_ends_early_with_its_best_roster(office, scope):
    draft = flow.start(office.draft().pk, scope, seconds=600, at=BEFORE)
    flow.stop(draft.pk, at=BEFORE)
    draft = flow.solve(draft.pk, draft.solve["run"], scope, clock=lambda: BEFORE)
    assert draft.solve["state"] == "done"
    assert verdict(draft).is_sound


def test_nobody_is_planned_into_a_shift_that_has_begun(office, scope):
    draft = office.draft()
    thursday = MONDAY + timedelta(days=3)
    stood = office.pair("S", "An")
    rosters.change(draft.pk, Step(frozenset({stood})), by="Hà", at=BEFORE)
    draft = flow.start(draft.pk, scope, seconds=2, at=begin_of(thursday))
    draft = flow.solve(draft.pk, draft.solve["run"], scope, clock=lambda: begin_of(thursday))
    pairs = rosters.pairs(draft)
    assert stood in pairs
    early = {slot for slot, _ in pairs - {stood} if slot.partition(":")[2] < thursday.isoformat()}
    assert (draft.solve["state"], early) == ("done", set())
    assert len(pairs) >= 12


def test_the_job_plans_under_the_name_of_whoever_asked(office, scope, monkeypatch):
    monkeypatch.setattr("vonggac.flows.roster_solving.now", lambda: BEFORE)
    draft = flow.start(office.draft().pk, scope, seconds=2, at=BEFORE)
    assert run_waiting() >= 1
    draft.refresh_from_db()
    assert draft.solve["state"] == "done"
    assert rosters.pairs(draft)


def test_a_page_sees_how_far_a_run_is_and_when_its_worker_fell_silent(office, scope):
    draft = flow.start(office.draft().pk, scope, seconds=30, at=BEFORE)
    assert flow.seen(draft, at=BEFORE).state == "waiting"
    assert flow.seen(draft, at=BEFORE + flow.LONGEST_WAIT).state == "silent"
    draft.solve |= {"state": "running", "began_at": BEFORE.isoformat(), "cost": 110, "bound": 100}
    seen = flow.seen(draft, at=BEFORE + timedelta(seconds=15))
    assert (seen.state, seen.share, seen.holes_at_most) == ("running", 50, 0)
    draft.solve |= {"cost": 350_110}
    assert flow.seen(draft, at=BEFORE + timedelta(seconds=15)).holes_at_most == 3
    assert flow.seen(draft, at=BEFORE + flow.SILENCE).state == "silent"


def test_a_cost_is_told_by_the_checker_alone_with_its_bound(office, scope):
    draft = flow.start(office.draft().pk, scope, seconds=30, at=BEFORE)
    draft.solve |= {"state": "done", "status": "feasible", "cost": 500, "bound": 400, "checked": 800_500}
    seen = flow.seen(draft, cost=800_500, at=BEFORE)
    assert (seen.cost, seen.bound, seen.cost_now) == (800_500, 800_400, 800_500)
