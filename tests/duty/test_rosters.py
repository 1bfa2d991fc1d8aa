"""Drafts of rosters: steps, undo, what the checker says of them, and publication as the next version."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.duty.office import BEFORE, MONDAY, SUNDAY, open_office
from vonggac.duty import planning
from vonggac.duty.models import Edit, Roster, RosterState, Shift
from vonggac.duty.patterns import begin_of, days_between, slot_id
from vonggac.duty.presets import ShiftFields
from vonggac.duty.queries import needs
from vonggac.duty.services import members, posts, presence, publishing, rosters, settings, unpublishing
from vonggac.duty.services.rosters import Step
from vonggac.errors import InputError, OutOfScope, WrongState
from vonggac.kernel.roster.checking import check
from vonggac.kernel.roster.explaining import explain
from vonggac.kernel.roster.values import Burden, RuleName
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TEAMS = {"S": ("An", "Chi"), "C": ("Bình", "Dũng"), "Đ": ("Em", "Giang")}


def put(draft: Roster, *pairs, what: str = "place"):
    return rosters.change(draft.pk, Step(frozenset(pairs), what=what), by="Hà", at=BEFORE)


def fill(office, draft: Roster) -> None:
    """Three teams take turns, one person a shift."""
    days = days_between(MONDAY, SUNDAY)
    put(draft, *(office.pair(code, team[n % 2], day) for n, day in enumerate(days) for code, team in TEAMS.items()))


def test_steps_are_undone_and_done_again_in_their_order(office):
    draft = office.draft()
    first, second = office.pair("S", "An"), office.pair("C", "Bình")
    put(draft, first)
    put(draft, second)
    assert rosters.undo(draft.pk, at=BEFORE).number == 2
    assert rosters.pairs(draft) == {first}
    rosters.undo(draft.pk, at=BEFORE)
    assert rosters.undo(draft.pk, at=BEFORE) is None
    rosters.redo(draft.pk, at=BEFORE)
    rosters.redo(draft.pk, at=BEFORE)
    assert rosters.pairs(draft) == {first, second}
    assert rosters.redo(draft.pk, at=BEFORE) is None


def test_a_new_step_takes_the_way_back_to_what_was_undone(office):
    draft = office.draft()
    put(draft, office.pair("S", "An"))
    rosters.undo(draft.pk, at=BEFORE)
    put(draft, office.pair("S", "Chi"))
    assert rosters.redo(draft.pk, at=BEFORE) is None
    assert Edit.objects.count() == 1


def test_a_step_that_changes_nothing_leaves_no_trace(office):
    draft = office.draft()
    put(draft, office.pair("S", "An"))
    assert put(draft, office.pair("S", "An")) is None
    assert Entry.objects.filter(act="roster.edit").count() == 1


def test_a_move_is_one_step(office):
    draft = office.draft()
    put(draft, office.pair("S", "An"))
    step = Step(frozenset({office.pair("C", "An")}), frozenset({office.pair("S", "An")}), "move")
    rosters.change(draft.pk, step, by="Hà", at=BEFORE)
    rosters.undo(draft.pk, at=BEFORE)
    assert rosters.pairs(draft) == {office.pair("S", "An")}


def test_shifts_that_are_over_and_shifts_elsewhere_cannot_be_changed(office):
    draft = office.draft()
    late = begin_of(MONDAY, 15 * 60)
    with pytest.raises(InputError, match="is over"):
        rosters.change(draft.pk, Step(frozenset({office.pair("S", "An")})), by="Hà", at=late)
    with pytest.raises(InputError, match="not in the roster"):
        put(draft, office.pair("S", "An", SUNDAY + DAY))
    with pytest.raises(OutOfScope):
        put(draft, (office.slot("S"), 999_999))
    with pytest.raises(InputError, match="not in the roster"):
        put(draft, ("x:y", office.members["An"].pk))


def test_a_draft_is_for_posts_with_shifts_and_days_to_come(office):
    with pytest.raises(InputError, match="choose the posts"):
        rosters.start_draft(office.organisation, [], MONDAY, SUNDAY, by="Hà", at=BEFORE)
    with pytest.raises(InputError, match="1 to 92 days"):
        rosters.start_draft(office.organisation, [office.post], MONDAY, MONDAY + 92 * DAY, by="Hà", at=BEFORE)
    with pytest.raises(InputError, match="have passed"):
        rosters.start_draft(office.organisation, [office.post], MONDAY, SUNDAY, by="Hà", at=BEFORE + 30 * DAY)
    bare = posts.Post.objects.create(organisation=office.organisation, org_path=office.organisation.path, name="Trống")
    with pytest.raises(InputError, match="has no shifts"):
        rosters.start_draft(office.organisation, [bare], MONDAY, SUNDAY, by="Hà", at=BEFORE)


def test_the_checker_sees_the_draft_with_leave_rest_and_earlier_shifts(office):
    draft = office.draft()
    an = office.members["An"]
    span = members.Span(begin_of(MONDAY + DAY), begin_of(MONDAY + 2 * DAY))
    members.ask_leave(an.pk, span, "annual", granted_by="Minh", at=BEFORE)
    Shift.objects.create(
        post=office.post, org_path=office.post.org_path, member=an, person_name="An",
        from_utc=begin_of(MONDAY - DAY, 22 * 60), to_utc=begin_of(MONDAY, 6 * 60),
    )  # fmt: skip
    put(draft, office.pair("S", "An"), office.pair("S", "An", MONDAY + DAY), office.pair("C", "An", MONDAY + 3 * DAY))
    plan = planning.plan_of(draft, at=BEFORE)
    verdict = check(plan.problem, plan.assignments(rosters.pairs(draft)))
    assert {one.rule for one in verdict.violations} == {RuleName.REST, RuleName.LEAVE}
    rest = next(one for one in verdict.violations if one.rule == RuleName.REST)
    assert (rest.limit, rest.found) == (720, 0)
    assert "110" in rest.citation


def test_a_hole_names_who_may_fill_it_and_what_stops_the_others(office):
    draft = office.draft()
    posts.reinforce(office.post.pk, posts.Reinforcing(MONDAY, MONDAY, code="Đ", skills={"lead": 1}), at=BEFORE)
    put(draft, office.pair("C", "An"), office.pair("Đ", "Em"))
    plan = planning.plan_of(draft, at=BEFORE)
    placed = plan.assignments(rosters.pairs(draft))
    hole = next(one for one in check(plan.problem, placed).holes if one.slot == office.slot("Đ"))
    assert (hole.missing, hole.skills) == (0, (("lead", 1),))
    said = explain(plan.problem, placed, hole)
    assert [plan.members[number].name for number in said.free] == ["Bình"]
    stopped = {plan.members[one.worker].name: {broken.rule for broken in one.violations} for one in said.barred}
    assert stopped["An"] == {RuleName.REST}
    assert stopped["Chi"] == {RuleName.SKILL}


def test_what_was_borne_before_counts_as_history(office):
    em = office.members["Em"]
    for days in (3, 4):
        Shift.objects.create(
            post=office.post, org_path=office.post.org_path, member=em, person_name="Em",
            from_utc=begin_of(MONDAY - days * DAY, 22 * 60), to_utc=begin_of(MONDAY - (days - 1) * DAY, 6 * 60),
        )  # fmt: skip
    plan = planning.plan_of(office.draft(), at=BEFORE)
    worker = next(one for one in plan.problem.workers if one.id == str(em.pk))
    assert (worker.history[Burden.NIGHTS], len(worker.stints)) == (2, 2)


def test_somebody_who_is_not_employed_yet_is_as_good_as_on_leave(office):
    fields = members.MemberFields("Chi", starts_on=MONDAY + 2 * DAY)
    members.change_member(office.members["Chi"].pk, fields, [office.post], at=BEFORE)
    draft = office.draft()
    put(draft, office.pair("S", "Chi"), office.pair("S", "Chi", MONDAY + 2 * DAY))
    plan = planning.plan_of(draft, at=BEFORE)
    broken = check(plan.problem, plan.assignments(rosters.pairs(draft))).violations
    assert [(one.rule, one.slots) for one in broken] == [(RuleName.LEAVE, (office.slot("S"),))]


def test_publishing_lays_the_shifts_down_and_numbers_the_version(office):
    draft = office.draft()
    fill(office, draft)
    publication = publishing.publish(draft.pk, by="Hà", at=BEFORE)
    assert (publication.holes, publication.broken_rules) == (0, 0)
    assert {change.name: len(change.added) for change in publication.changes} == {
        "An": 4, "Bình": 4, "Em": 4, "Chi": 3, "Dũng": 3, "Giang": 3,
    }  # fmt: skip
    draft.refresh_from_db()
    assert (draft.state, draft.version, draft.published_by) == (RosterState.PUBLISHED, 1, "Hà")
    shift = Shift.objects.get(person_name="An", from_utc=begin_of(MONDAY, 360))
    assert (shift.member, shift.skills, shift.roster) == (office.members["An"], ["lead"], draft)
    assert Entry.objects.filter(act="roster.publish").count() == 1
    with pytest.raises(WrongState):
        publishing.publish(draft.pk, by="Hà", at=BEFORE)


def test_a_second_version_says_who_changed_since_the_first(office):
    first = office.draft()
    fill(office, first)
    publishing.publish(first.pk, by="Hà", at=BEFORE)
    second = office.draft()
    assert rosters.pairs(second) == rosters.pairs(first)
    step = Step(frozenset({office.pair("S", "Em")}), frozenset({office.pair("S", "An")}), "move")
    rosters.change(second.pk, step, by="Hà", at=BEFORE)
    said = publishing.preview(second, at=BEFORE)
    assert [(one.name, len(one.added), len(one.removed)) for one in said.changes] == [("An", 0, 1), ("Em", 1, 0)]
    assert Shift.objects.get(from_utc=begin_of(MONDAY, 360)).person_name == "An"
    published = publishing.publish(second.pk, by="Hà", at=BEFORE).roster
    assert Shift.objects.get(from_utc=begin_of(MONDAY, 360)).person_name == "Em"
    assert (published.version, published.verdict["changed"]) == (2, [["An", 0, 1], ["Em", 1, 0]])
    first.refresh_from_db()
    assert first.state == RosterState.REPLACED


def test_the_past_stays_and_who_was_there_stays(office):
    draft = office.draft()
    fill(office, draft)
    publishing.publish(draft.pk, by="Hà", at=BEFORE)
    now = begin_of(MONDAY, 16 * 60)
    Shift.objects.filter(person_name="Bình", from_utc=begin_of(MONDAY, 14 * 60)).update(checked_in_at=now)
    second = rosters.start_draft(office.organisation, [office.post], MONDAY, SUNDAY, by="Hà", at=now)
    everybody = frozenset(
        pair for pair in rosters.pairs(second) if pair[0] != office.slot("S")
    )  # fmt: skip
    rosters.change(second.pk, Step(removed=everybody), by="Hà", at=now)
    publishing.publish(second.pk, by="Hà", at=now)
    left = {shift.person_name: shift.left_at for shift in Shift.objects.all()}
    assert left == {"An": None, "Bình": now}


def test_a_discarded_draft_touches_nothing(office):
    draft = office.draft()
    put(draft, office.pair("S", "An"))
    rosters.discard(draft.pk, at=BEFORE)
    assert not Shift.objects.exists()
    with pytest.raises(WrongState):
        put(draft, office.pair("C", "An"))


def test_a_changed_pattern_takes_its_shifts_out_of_the_drafts(office):
    draft = office.draft()
    fill(office, draft)
    posts.set_pattern(office.post.pk, posts.PATTERNS["2x12"], MONDAY + 2 * DAY, at=BEFORE)
    kept = {slot.split(":")[1] for slot, _ in rosters.pairs(draft)}
    assert kept == {MONDAY.isoformat(), (MONDAY + DAY).isoformat()}
    plan = planning.plan_of(draft, at=BEFORE)
    assert {slot.code for slot in needs.slots([office.post], MONDAY + 2 * DAY, SUNDAY)} == {"N", "Đ"}
    assert check(plan.problem, plan.assignments(rosters.pairs(draft))).is_sound


def test_pinned_people_are_fixed_for_the_solver(office):
    draft = office.draft()
    put(draft, office.pair("S", "An"))
    rosters.pin(draft.pk, office.pair("S", "An"), is_fixed=True, at=BEFORE)
    fixed = planning.plan_of(draft, at=BEFORE).problem.fixed
    assert {(one.slot, int(one.worker)) for one in fixed} == {office.pair("S", "An")}
    with pytest.raises(OutOfScope):
        rosters.pin(draft.pk, office.pair("C", "An"), is_fixed=True, at=BEFORE)


def test_a_stranger_finds_no_draft(office, people):
    draft = office.draft()
    with scoped(people.scope("vinh")), pytest.raises(OutOfScope):
        rosters.discard(draft.pk, at=BEFORE)


def test_whoever_checked_in_early_and_is_replaced_stands_there_no_more(office):
    draft = office.draft()
    rosters.change(draft.pk, Step(frozenset({office.pair("S", "An")})), by="Hà", at=BEFORE)
    publishing.publish(draft.pk, by="Hà", at=BEFORE)
    shift = Shift.objects.get()
    early = shift.from_utc - timedelta(minutes=40)
    presence.check_in(shift.pk, "An", at=early)
    draft = office.draft(at=early)
    step = Step(frozenset({office.pair("S", "Bình")}), frozenset({office.pair("S", "An")}))
    rosters.change(draft.pk, step, by="Hà", at=early)
    found = publishing.publish(draft.pk, by="Hà", at=early)
    assert [(one.name, len(one.added), len(one.removed)) for one in found.changes] == [("An", 0, 1), ("Bình", 1, 0)]
    assert [one.person_name for one in Shift.objects.all()] == ["Bình"]
    # Taken back, An is there as they were.
    unpublishing.take_back(draft.pk, by="Hà", at=early)
    assert [(one.person_name, one.checked_in_at) for one in Shift.objects.all()] == [("An", early)]


def test_a_member_who_is_renamed_during_their_shift_keeps_it_in_the_next_version(office):
    draft = office.draft()
    rosters.change(draft.pk, Step(frozenset({office.pair("S", "An")})), by="Hà", at=BEFORE)
    publishing.publish(draft.pk, by="Hà", at=BEFORE)
    shift = Shift.objects.get()
    during = shift.from_utc + timedelta(hours=1)
    presence.check_in(shift.pk, "An", at=during)
    fields = replace(members.fields_of(office.members["An"]), name="Lê An")
    members.change_member(office.members["An"].pk, fields, [office.post], at=during)
    found = publishing.publish(office.draft(at=during).pk, by="Hà", at=during)
    assert found.changes == []
    [stood] = Shift.objects.all()
    assert (stood.pk, stood.person_name, stood.checked_in_at, stood.left_at) == (shift.pk, "Lê An", during, None)


def test_a_name_on_a_shift_that_differs_from_its_members_costs_nobody_their_check_in(office):
    draft = office.draft()
    rosters.change(draft.pk, Step(frozenset({office.pair("S", "An")})), by="Hà", at=BEFORE)
    publishing.publish(draft.pk, by="Hà", at=BEFORE)
    Shift.objects.update(person_name="AN")
    assert publishing.preview(office.draft(), at=BEFORE).changes == []


def test_who_was_taken_off_a_running_shift_can_be_put_on_another_post_at_once(office):
    """They stood until then, and are in no two places after it."""
    fields = posts.PostFields.usual("Xử lý", "other")
    other = posts.add_post(office.organisation, fields, posts.PATTERNS["3x8"], on=MONDAY - 14 * DAY, at=BEFORE)
    members.let_stand([office.members["An"]], other, at=BEFORE)
    draft = office.draft()
    put(draft, office.pair("S", "An"))
    publishing.publish(draft.pk, by="Hà", at=BEFORE)
    running = begin_of(MONDAY, 8 * 60)
    presence.check_in(Shift.objects.get().pk, "An", at=running - timedelta(hours=1))
    second = office.draft(at=running)
    rosters.change(second.pk, Step(removed=rosters.pairs(second)), by="Hà", at=running)
    publishing.publish(second.pk, by="Hà", at=running)
    plan, placed = planning.around([other], MONDAY, MONDAY, at=running)
    morning, late = (one for one in plan.slots.values() if one.code in "SC")
    for slot, found in ((morning, [(RuleName.OVERLAP, 0)]), (late, [(RuleName.REST, 6 * 60)])):
        _hole, told = planning.relations(plan, placed, slot.id)
        (an,) = (one for one in told.barred if plan.members[one.worker].name == "An")
        assert [(one.rule, one.found) for one in an.violations] == found


def test_a_roster_for_posts_of_several_offices_keeps_the_tightest_rules_of_them_all(office, people):
    unit = open_office(people, "so-tttt")
    settings.tighten(unit.organisation, "rest_hours", 14, at=BEFORE)
    made = rosters.start_draft(office.organisation, [office.post, unit.post], MONDAY, SUNDAY, by="Hà", at=BEFORE)
    rule = planning.plan_of(made, at=BEFORE).problem.rules.rest_minutes
    assert (rule.limit, rule.cited) == (14 * 60, 12 * 60)
    assert planning.plan_of(office.draft(), at=BEFORE).problem.rules.rest_minutes.limit == 12 * 60


def test_whoever_was_pinned_is_pinned_again_when_their_taking_off_is_undone(office):
    draft, pinned, other = office.draft(), office.pair("S", "An"), office.pair("S", "Chi")
    put(draft, pinned, other)
    rosters.pin(draft.pk, pinned, is_fixed=True, at=BEFORE)
    rosters.change(draft.pk, Step(removed=frozenset({pinned, other}), what="remove"), by="Hà", at=BEFORE)
    rosters.undo(draft.pk, at=BEFORE)
    assert {planning.pair_of(row): row.is_fixed for row in draft.placements.all()} == {pinned: True, other: False}
    rosters.redo(draft.pk, at=BEFORE)
    assert not rosters.pairs(draft)


def test_a_rule_that_is_broken_in_the_past_alone_asks_for_no_reason_any_more(office):
    draft = office.draft()
    put(draft, office.pair("S", "An"), office.pair("C", "An"), office.pair("S", "Chi", SUNDAY))
    assert publishing.preview(draft, at=BEFORE).broken_rules == 1
    assert publishing.preview(draft, at=begin_of(MONDAY, 22 * 60) - DAY / 24).broken_rules == 1
    assert publishing.preview(draft, at=begin_of(MONDAY, 22 * 60)).broken_rules == 0


def test_of_two_shifts_of_the_same_hours_each_keeps_its_people(office):
    both = [ShiftFields(code, code, 6 * 60, 8 * 60) for code in ("T1", "T2")]
    types = {row.code: row.pk for row in posts.set_pattern(office.post.pk, both, MONDAY - DAY, at=BEFORE)}
    wanted = {(slot_id(types[code], MONDAY), office.members[name].pk) for code, name in (("T1", "An"), ("T2", "Chi"))}
    draft = office.draft()
    put(draft, *wanted)
    publishing.publish(draft.pk, by="Hà", at=BEFORE)
    assert rosters.pairs(office.draft()) == wanted
    shifts = Shift.objects.select_related("post")
    assert {(planning.slot_of(one), one.member_id) for one in shifts} == wanted
