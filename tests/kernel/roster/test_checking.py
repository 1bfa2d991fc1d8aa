"""The checker against the slowest possible judge: minute by minute, day by day, written from the rules alone."""

import itertools
from collections import Counter
from datetime import datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kernel.roster.problems import DAY, HOUR, at, problems, slot, worker
from vonggac.kernel.roster.checking import burdens, check, check_worker
from vonggac.kernel.roster.values import (
    Assignment,
    Burden,
    Problem,
    Rule,
    RuleName,
    Rules,
    Slot,
    Stint,
    Wish,
    Worker,
    day_of,
    moment_of,
)
from vonggac.kernel.roster.words import say

HANOI = timezone(timedelta(hours=7))


def local(minute: int) -> datetime:
    return moment_of(minute).astimezone(HANOI)


def minutes(one) -> set[int]:
    return set(range(one.begin, one.end))


def dark(one: Slot) -> int:
    return sum(local(minute).hour >= 22 or local(minute).hour < 6 for minute in minutes(one))


def is_night(one: Slot) -> bool:
    return dark(one) >= 180


def has_row(days: set, limit: Rule | None) -> bool:
    if limit is None:
        return False
    return any(all(first + timedelta(days=n) in days for n in range(limit.limit + 1)) for first in days)


def is_rested(rule: Rule | None, on_site: list[Slot]) -> bool:
    return rule is None or not any(
        one.end <= other.begin < one.end + rule.limit
        # Who is at work when a shift begins has no rest that could be too short.
        and not any(third.begin < other.begin < third.end for third in on_site)
        for one, other in itertools.permutations(on_site, 2)
    )


def longest_week(on_site: list[Slot]) -> int:
    hours: Counter[tuple[int, int]] = Counter()
    for one in on_site:
        hours[local(one.begin).isocalendar()[:2]] += one.end - one.begin
    return max(hours.values(), default=0)


def broken(rules: Rules, person: Worker, own: list[Slot]) -> set[RuleName]:
    """The rules that a person breaks, by looking at everything."""
    on_site = [one for one in own if not one.is_on_call]
    limits = [rules.weekly_minutes and rules.weekly_minutes.limit, person.weekly_minutes]
    says = {
        RuleName.POST: any(one.post not in person.posts for one in own),
        RuleName.LEAVE: any(minutes(one) & set(range(*span)) for one in own for span in person.leave),
        RuleName.NIGHTS_BARRED: person.is_barred_from_nights and any(map(dark, own)),
        RuleName.OVERLAP: any(minutes(one) & minutes(other) for one, other in itertools.combinations(own, 2)),
        RuleName.REST: not is_rested(rules.rest_minutes, on_site),
        RuleName.NIGHTS_IN_ROW: has_row(
            {local(one.begin).date() for one in filter(is_night, on_site)}, rules.nights_in_row
        ),
        RuleName.DAYS_IN_ROW: has_row({local(one.begin).date() for one in on_site}, rules.days_in_row),
        RuleName.WEEKLY_MINUTES: any(longest_week(on_site) > limit for limit in limits if limit is not None),
        RuleName.MOST_SLOTS: person.most_slots is not None and len(own) > person.most_slots,
    }
    return {rule for rule, is_broken in says.items() if is_broken}


def price(problem: Problem, on: dict[str, list[Worker]], of: dict[str, list[Slot]]) -> int:
    """The cost, unit by unit."""
    weights, cost = problem.weights, 0
    for one in problem.slots:
        there = len(on[one.id])
        cost += weights.missing_person * max(0, one.minimum - there)
        wished = max(one.minimum, one.wished)
        cost += weights.short_of_wished * len(range(max(there, one.minimum), wished))
        cost += weights.over_wished * len(range(wished, there))
        for skill, count in one.skills:
            cost += weights.missing_skill * len(range(sum(skill in who.skills for who in on[one.id]), count))
    for person in problem.workers:
        for wish in person.wishes:
            met = [one for one in of[person.id] if minutes(one) & set(range(wish.begin, wish.end))]
            cost += weights.wish * wish.weight * ((not met) if wish.wants_duty else len(met))
        borne = {burden: person.history.get(burden, 0) for burden in Burden}
        for one in of[person.id]:
            day = local(one.begin)
            counted = {
                Burden.SHIFTS: True, Burden.NIGHTS: is_night(one), Burden.WEEKENDS: day.weekday() >= 5,
                Burden.HOLIDAYS: day_of(day.date()) in problem.rules.holidays,
            }  # fmt: skip
            for burden, is_counted in counted.items():
                if is_counted:
                    cost += weights.burdens[burden] * (borne[burden] * 100 // person.share_percent)
                    borne[burden] += 1
    return cost


@settings(max_examples=150, deadline=None)
@given(problems(slots=7, workers=3, fixed=True), st.data())
def test_every_rule_hole_and_price_is_what_the_slow_judge_says(problem, data):
    pairs = [Assignment(one.id, person.id) for one in problem.slots for person in problem.workers]
    roster = data.draw(st.sets(st.sampled_from(pairs)))
    of = {
        person.id: [one for one in problem.slots if Assignment(one.id, person.id) in roster]
        for person in problem.workers
    }
    on = {
        one.id: [person for person in problem.workers if Assignment(one.id, person.id) in roster]
        for one in problem.slots
    }
    verdict = check(problem, roster)
    found = {(one.rule, one.worker) for one in verdict.violations}
    expected = {
        (rule, person.id) for person in problem.workers for rule in broken(problem.rules, person, of[person.id])
    }
    assert found == expected | {(RuleName.FIXED, one.worker) for one in problem.fixed - roster}
    for hole in verdict.holes:
        assert hole.missing >= 0
        assert hole.missing or hole.skills
    short = {one.id for one in problem.slots if len(on[one.id]) < one.minimum}
    unskilled = {
        one.id for one in problem.slots for skill, count in one.skills
        if sum(skill in who.skills for who in on[one.id]) < count
    }  # fmt: skip
    assert {hole.slot for hole in verdict.holes} == short | unskilled
    assert verdict.cost == price(problem, on, of) == sum(verdict.parts.values())


def test_rest_is_counted_from_a_shift_outside_of_the_plan_with_its_place_in_the_law():
    person = worker("An", stints=(Stint(at(0, 0), at(0, 8)),))
    (found,) = check_worker(Rules(), person, [slot(0, "C")])
    assert (found.rule, found.found, found.limit, found.slots) == (RuleName.REST, 6 * HOUR, 12 * HOUR, ("p 0 C",))
    assert found.stint == person.stints[0]
    assert say(found) == (
        "has 6 h of rest instead of 12 h (with a shift outside of this plan) (Labour Code 2019, Art. 110)"
    )


def test_shifts_outside_of_the_plan_alone_break_nothing():
    stints = tuple(Stint(at(day, hour), at(day, hour + 8)) for day in range(9) for hour in (0, 9))
    assert check_worker(Rules(), worker("An", stints=stints), []) == []


def test_nights_in_a_row_go_on_from_before_the_plan():
    person = worker("An", stints=tuple(Stint(at(day, 22), at(day, 30)) for day in (-3, -2, -1)))
    rules = {one.rule for one in check_worker(Rules(), person, [slot(0, "Đ")])}
    assert rules == {RuleName.NIGHTS_IN_ROW}


def test_a_night_belongs_to_the_evening_it_begins_on():
    sunday, monday = slot(6, "Đ"), slot(7, "C")
    person = worker("An", weekly_minutes=8 * HOUR)
    assert check_worker(Rules(rest_minutes=None), person, [sunday, monday]) == []


def test_being_on_call_counts_for_no_rest_and_no_row_but_not_twice_at_once():
    at_home = [slot(day, "Đ", is_on_call=True) for day in range(9)]
    assert check_worker(Rules(), worker("An"), at_home) == []
    days = [slot(day, "S") for day in range(5)]
    assert check_worker(Rules(), worker("An"), [*at_home, *days]) == []
    both = [slot(0, "S"), slot(0, "S", "q", is_on_call=True)]
    assert [one.rule for one in check_worker(Rules(), worker("An", "p", "q"), both)] == [RuleName.OVERLAP]


def test_fairness_counts_history_and_those_who_may_not_work_at_night_have_none_to_share():
    people = (
        worker("An", history={Burden.NIGHTS: 4}), worker("Bình"), worker("Chi", is_barred_from_nights=True),
    )  # fmt: skip
    problem = Problem((slot(0, "Đ"),), people)
    verdict = check(problem, [Assignment("p 0 Đ", "Bình")])
    assert verdict.spread[Burden.NIGHTS] == 3
    # The fifth night of An would cost four times the weight, the first of Bình nothing.
    assert verdict.parts[Burden.NIGHTS] == 0
    assert check(problem, [Assignment("p 0 Đ", "An")]).parts[Burden.NIGHTS] == 16


def test_whoever_is_barred_from_nights_stands_no_minute_of_one_however_short():
    late, early, day = (Slot("", "p", at(0, begin), at(0, end)) for begin, end in ((16, 24), (0, 2.5), (6, 22)))
    barred = worker("An", is_barred_from_nights=True)
    for slot_at_night in (late, early):
        assert [one.rule for one in check_worker(Rules(), barred, [slot_at_night])] == [RuleName.NIGHTS_BARRED]
        # Too little of a night to be shared out as one.
        assert burdens(Rules(), [slot_at_night])[Burden.NIGHTS] == 0
    assert check_worker(Rules(), barred, [day]) == []


def test_a_wish_for_duty_is_met_by_one_shift_and_one_for_rest_is_broken_by_each():
    span = (at(0, 0), at(2, 0))
    people = (
        worker("An", wishes=(Wish(*span, wants_duty=True),)),
        worker("Bình", wishes=(Wish(*span, wants_duty=False),)),
    )
    problem = Problem((slot(0), slot(1)), people)
    none = check(problem, []).parts["wishes"]
    both = check(problem, [Assignment(one.id, name) for one in problem.slots for name in ("An", "Bình")]).parts[
        "wishes"
    ]
    assert (none, both) == (30, 60)
    assert span[1] - span[0] == 2 * DAY
