"""Checking in, questions at night, hand-overs with two signatures, and what they show minute by minute."""

from datetime import datetime, timedelta

import pytest

from tests import cast
from tests.duty.office import BEFORE, MONDAY, Office
from vonggac.cases import services as cases
from vonggac.cases.models import Kind
from vonggac.cases.services import Opening
from vonggac.duty import queries
from vonggac.duty.coverage import State
from vonggac.duty.escalation import preflight, standing
from vonggac.duty.models import HandOver, Leave, Post, Prompt, Shift
from vonggac.duty.patterns import begin_of
from vonggac.duty.queries import attendance
from vonggac.duty.queries import hand_overs as lists
from vonggac.duty.services import hand_overs, members, posts, presence, publishing, rosters
from vonggac.duty.services.rosters import Step
from vonggac.errors import InputError, NotPermitted, OutOfScope, WrongState
from vonggac.ledger.models import Entry
from vonggac.register.models import Person
from vonggac.tenancy.scope import scoped

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NIGHT = begin_of(MONDAY, 22 * 60)
MORNING = NIGHT + 8 * HOUR


def stand(office: Office, name: str, begin: datetime = NIGHT, hours: int = 8, **more) -> Shift:
    return Shift.objects.create(
        post=office.post, org_path=office.post.org_path, person_name=name, from_utc=begin,
        to_utc=begin + hours * HOUR, **more,
    )  # fmt: skip


def asked_at(moments: list[datetime]) -> list[int]:
    return [len(presence.ask_who_is_awake(at=moment)) for moment in moments]


def test_checking_in_says_who_how_and_when_once(office):
    shift = stand(office, "Em")
    presence.check_in(shift.pk, "Em", at=NIGHT, via="link")
    presence.check_in(shift.pk, "Hà", at=NIGHT + MINUTE)
    shift.refresh_from_db()
    assert (shift.checked_in_at, shift.checked_in_by, shift.checked_in_via) == (NIGHT, "Em", "link")
    assert Entry.objects.filter(act="shift.check_in").count() == 1


def test_only_who_came_can_leave_and_only_before_the_end(office):
    shift = stand(office, "Em")
    with pytest.raises(WrongState):
        presence.leave(shift.pk, "Em", at=NIGHT)
    presence.check_in(shift.pk, "Em", at=NIGHT)
    presence.leave(shift.pk, "Em", at=NIGHT + HOUR)
    presence.leave(shift.pk, "Em", at=NIGHT + 2 * HOUR)
    shift.refresh_from_db()
    assert shift.left_at == NIGHT + HOUR


def test_people_are_asked_at_night_at_the_posts_interval_and_only_while_they_are_there(office):
    shift = stand(office, "Em")
    assert asked_at([NIGHT + 3 * HOUR]) == [0]
    presence.check_in(shift.pk, "Em", at=NIGHT)
    assert asked_at([NIGHT + HOUR, NIGHT + 2 * HOUR, NIGHT + 2 * HOUR + MINUTE]) == [0, 1, 0]
    presence.answer(Prompt.objects.get().pk, "Em", at=NIGHT + 2 * HOUR + 5 * MINUTE)
    assert asked_at([NIGHT + 4 * HOUR + 4 * MINUTE, NIGHT + 4 * HOUR + 5 * MINUTE]) == [0, 1]
    presence.leave(shift.pk, "Em", at=NIGHT + 5 * HOUR)
    assert asked_at([NIGHT + 7 * HOUR]) == [0]


def test_nobody_is_asked_by_day_nor_on_posts_that_do_not_ask(office):
    day = stand(office, "An", begin_of(MONDAY, 6 * 60))
    presence.check_in(day.pk, "An", at=day.from_utc)
    assert asked_at([day.from_utc + 4 * HOUR]) == [0]
    posts.change_post(office.post.pk, posts.PostFields("Giám sát", "monitoring", awake_minutes=0), at=BEFORE)
    night = stand(office, "Em")
    presence.check_in(night.pk, "Em", at=NIGHT)
    assert asked_at([NIGHT + 4 * HOUR]) == [0]


def test_silence_is_noted_once_and_a_late_answer_is_still_an_answer(office):
    shift = stand(office, "Em")
    presence.check_in(shift.pk, "Em", at=NIGHT)
    prompt = presence.ask_who_is_awake(at=NIGHT + 2 * HOUR)[0]
    assert presence.note_silence(at=prompt.due_at - MINUTE) == []
    assert [one.pk for one in presence.note_silence(at=prompt.due_at)] == [prompt.pk]
    assert presence.note_silence(at=prompt.due_at + MINUTE) == []
    presence.answer(prompt.pk, "Em", at=prompt.due_at + 20 * MINUTE)
    found = attendance.coverage([office.post], NIGHT, MORNING, now=MORNING)[0]
    assert [(one.state, one.minutes) for one in found.stretches] == [
        (State.PRESENT, 120), (State.HOLE, 30), (State.PRESENT, 330),
    ]  # fmt: skip


def test_an_absence_is_told_once_after_its_minutes_and_only_on_posts_that_ask(office):
    stand(office, "Em")
    assert presence.note_absence(at=NIGHT + 14 * MINUTE) == []
    assert [one.person_name for one in presence.note_absence(at=NIGHT + 15 * MINUTE)] == ["Em"]
    assert presence.note_absence(at=NIGHT + 16 * MINUTE) == []
    quiet = posts.add_post(
        office.organisation, posts.PostFields("Yên", asks_presence=False), on=MONDAY, at=BEFORE
    )  # fmt: skip
    Shift.objects.create(post=quiet, org_path=quiet.org_path, person_name="An", from_utc=NIGHT, to_utc=MORNING)
    assert presence.note_absence(at=NIGHT + HOUR) == []


def change_of_shift(office: Office, people: cast.Cast) -> tuple[Shift, Shift]:
    """Hà's night, in which she checked in, and Minh's morning after it."""
    night = stand(office, "Hà", person=people.people["ha"])
    morning = stand(office, "Minh", MORNING, person=people.people["minh"])
    presence.check_in(night.pk, "Hà", at=NIGHT)
    return night, morning


def open_cases(people: cast.Cast) -> None:
    unit = people.organisations["p-vinh-hai"]
    late, ahead = MORNING - HOUR, MORNING + 10 * HOUR
    cases.open_many(
        [
            Opening(unit, Kind.OBLIGATION, "1.a", "Việc quá hạn", 2, "", late),
            Opening(unit, Kind.OBLIGATION, "1.b", "Việc đang mở", 2, "", ahead),
        ],
        at=NIGHT,
    )


def test_both_sides_sign_the_same_list(office, people):
    night, morning = change_of_shift(office, people)
    open_cases(people)
    hand_overs.watch_out(office.organisation, "Theo dõi  tường lửa", people.people["ha"], at=NIGHT)
    given = hand_overs.give(
        office.post.pk, MORNING, "Máy in hỏng\n\nĐã gọi VNPT", people.people["ha"], at=MORNING - MINUTE
    )
    assert [case["title"] for case in given.items["late"]] == ["Việc quá hạn"]
    assert [case["title"] for case in given.items["open"]] == ["Việc đang mở"]
    assert [item["text"] for item in given.items["watch"]] == ["Theo dõi tường lửa"]
    assert given.digest == hand_overs.digest_of(given.items, "Máy in hỏng\nĐã gọi VNPT")
    taken = hand_overs.take(given.pk, given.digest, people.people["minh"], at=MORNING + 4 * MINUTE)
    assert (taken.given_by, taken.taken_by) == ("Hà", "Minh")
    night.refresh_from_db()
    morning.refresh_from_db()
    # Who is relieved leaves now; who takes over is there.
    assert night.left_at == morning.checked_in_at == MORNING + 4 * MINUTE
    assert list(Entry.objects.filter(subject_kind="hand_over").order_by("id").values_list("act", flat=True)) == [
        "hand_over.give", "hand_over.take",
    ]  # fmt: skip


def test_a_hand_over_signed_early_sends_nobody_home_before_the_shift_ends(office, people):
    night, morning = change_of_shift(office, people)
    early = MORNING - 5 * MINUTE
    given = hand_overs.give(office.post.pk, MORNING, "", people.people["ha"], at=early)
    hand_overs.take(given.pk, given.digest, people.people["minh"], at=early)
    night.refresh_from_db()
    morning.refresh_from_db()
    assert (night.left_at, morning.checked_in_at) == (MORNING, early)


def test_a_list_that_was_given_anew_must_be_read_anew(office, people):
    change_of_shift(office, people)
    first = hand_overs.give(office.post.pk, MORNING, "", people.people["ha"], at=MORNING)
    old = first.digest
    second = hand_overs.give(office.post.pk, MORNING, "Thêm một dòng", people.people["ha"], at=MORNING + MINUTE)
    with pytest.raises(WrongState, match="read it once more"):
        hand_overs.take(second.pk, old, people.people["minh"], at=MORNING + MINUTE)
    hand_overs.take(second.pk, second.digest, people.people["minh"], at=MORNING + MINUTE)
    with pytest.raises(WrongState, match="both signatures"):
        hand_overs.give(office.post.pk, MORNING, "", people.people["ha"], at=MORNING + 2 * MINUTE)


def test_one_person_does_not_sign_both_sides(office, people):
    change_of_shift(office, people)
    given = hand_overs.give(office.post.pk, MORNING, "", people.people["ha"], at=MORNING)
    with pytest.raises(NotPermitted, match="two people"):
        hand_overs.take(given.pk, given.digest, people.people["ha"], at=MORNING)


def give(office: Office, person: Person, at: datetime = MORNING, **more) -> HandOver:
    return hand_overs.give(office.post.pk, MORNING, "", person, at=at, **more)


def take(hand_over: HandOver, person: Person, at: datetime = MORNING, **more) -> HandOver:
    return hand_overs.take(hand_over.pk, hand_over.digest, person, at=at, **more)


def test_nobody_signs_for_a_side_that_is_there_whatever_their_right(office, people):
    change_of_shift(office, people)
    office.post.lead = people.people["quan"]
    office.post.save()
    for name, may_assign in (("minh", True), ("lan", True), ("quan", False)):
        with pytest.raises(NotPermitted, match="whose shift ends"):
            give(office, people.people[name], may_assign=may_assign)
    given = give(office, people.people["ha"])
    for name, may_assign in (("lan", True), ("quan", False)):
        with pytest.raises(NotPermitted, match="whose shift begins"):
            take(given, people.people[name], may_assign=may_assign)
    assert take(given, people.people["minh"]).taken_by == "Minh"
    assert not Entry.objects.filter(detail__has_key="stands_in_for").exists()


def test_where_nobody_of_a_side_is_there_somebody_stands_in_and_it_says_so(office, people):
    night, morning = change_of_shift(office, people)
    presence.leave(night.pk, "Hà", at=MORNING - 2 * MINUTE)
    lan, quan = people.people["lan"], people.people["quan"]
    with pytest.raises(NotPermitted, match="whose shift ends"):
        give(office, lan)
    with pytest.raises(NotPermitted, match="whose shift ends"):
        give(office, people.people["minh"], may_assign=True)
    given = give(office, lan, may_assign=True)
    with pytest.raises(NotPermitted, match="two people"):
        take(given, lan, at=MORNING + 15 * MINUTE, may_assign=True)
    with pytest.raises(NotPermitted, match="whose shift begins"):
        take(given, quan, at=MORNING + 14 * MINUTE, may_assign=True)
    taken = take(given, quan, at=MORNING + 15 * MINUTE, may_assign=True)
    assert (taken.given_by, taken.taken_by) == ("Lan", "Quân")
    assert taken.gave_as_stand_in
    assert taken.took_as_stand_in
    details = Entry.objects.filter(subject_kind="hand_over").order_by("id").values_list("detail", flat=True)
    assert [(one["by"], one["stands_in_for"]) for one in details] == [("Lan", ["Hà"]), ("Quân", ["Minh"])]
    morning.refresh_from_db()
    assert morning.checked_in_at is None, "a pen shows nothing of who did not come"


def test_a_stand_in_s_pen_keeps_nobody_on_past_the_end_of_their_shift(office, people):
    night, _morning = change_of_shift(office, people)
    given = give(office, people.people["lan"], MORNING + 15 * MINUTE, may_assign=True)
    take(given, people.people["minh"], MORNING + 20 * MINUTE)
    night.refresh_from_db()
    assert night.left_at == MORNING


def test_a_signature_is_replaced_only_by_its_own_side_and_only_where_it_was_shown(office, people):
    change_of_shift(office, people)
    stand(office, "Lan", person=people.people["lan"], checked_in_at=NIGHT)
    first = give(office, people.people["ha"])
    with pytest.raises(WrongState, match="meanwhile"):
        give(office, people.people["lan"], MORNING + MINUTE)
    second = give(office, people.people["lan"], MORNING + MINUTE, instead_of=first.digest)
    with pytest.raises(NotPermitted):
        give(office, people.people["minh"], MORNING + MINUTE, instead_of=second.digest, may_assign=True)
    # Past the minutes for signing somebody may stand in, but not over a signature.
    with pytest.raises(NotPermitted, match="somebody has signed"):
        give(office, people.people["quan"], MORNING + HOUR, instead_of=second.digest, may_assign=True)
    assert HandOver.objects.get().given_by == "Lan"
    assert Entry.objects.filter(act="hand_over.give").latest("pk").detail["replaces"] == "Hà"


@pytest.mark.parametrize("note", ["1\n2\n3\n4", "x" * 301])
def test_a_note_has_three_lines_at_most(office, people, note):
    change_of_shift(office, people)
    with pytest.raises(InputError, match="at most 3 lines"):
        hand_overs.give(office.post.pk, MORNING, note, people.people["ha"], at=MORNING)


def test_a_shift_is_handed_over_around_its_end(office, people):
    change_of_shift(office, people)
    for at in (MORNING - 61 * MINUTE, MORNING + 6 * HOUR):
        with pytest.raises(WrongState, match="from an hour before"):
            hand_overs.give(office.post.pk, MORNING, "", people.people["ha"], at=at)
    with pytest.raises(InputError, match="no shift of this post"):
        hand_overs.give(office.post.pk, MORNING + HOUR, "", people.people["ha"], at=MORNING + HOUR)


def test_a_hand_over_without_two_signatures_is_told_once_after_its_minutes(office, people):
    change_of_shift(office, people)
    assert hand_overs.note_unsigned(at=MORNING + 14 * MINUTE) == []
    assert len(hand_overs.note_unsigned(at=MORNING + 15 * MINUTE)) == 1
    assert hand_overs.note_unsigned(at=MORNING + 16 * MINUTE) == []
    # It can still be signed; that it was late stays.
    given = hand_overs.give(office.post.pk, MORNING, "", people.people["ha"], at=MORNING + 20 * MINUTE)
    hand_overs.take(given.pk, given.digest, people.people["minh"], at=MORNING + 21 * MINUTE)
    assert HandOver.objects.get().told_at == MORNING + 15 * MINUTE


def test_a_shift_that_ends_with_nobody_after_it_has_no_hand_over(office, people):
    stand(office, "Hà")
    assert lists.changes(NIGHT, MORNING + HOUR) == []
    Post.objects.update(hands_over=False)
    stand(office, "Minh", MORNING)
    assert lists.changes(NIGHT, MORNING + HOUR) == []


def test_where_the_same_people_go_on_nothing_is_handed_over(office, people):
    for name in ("An", "Em"):
        stand(office, name, NIGHT, 2)
        stand(office, name, NIGHT + 2 * HOUR, 2)
    stand(office, "Em", NIGHT + 4 * HOUR, 2)
    stand(office, "Hà", NIGHT + 6 * HOUR, 2)
    assert [one.boundary_utc - NIGHT for one in lists.changes(NIGHT, MORNING)] == [4 * HOUR, 6 * HOUR]
    told = [hand_over.boundary_utc - NIGHT for hand_over in hand_overs.note_unsigned(at=NIGHT + 7 * HOUR)]
    assert told == [4 * HOUR, 6 * HOUR], "nobody is told of a signature that nobody could give"


@pytest.mark.parametrize(("minutes", "opens"), [(480, 60), (120, 60), (60, 30), (15, 7.5)])
def test_a_short_shift_is_handed_over_from_its_middle(office, people, minutes, opens):
    end = NIGHT + minutes * MINUTE
    for name, begin, until in (("ha", NIGHT, end), ("minh", end, end + minutes * MINUTE)):
        Shift.objects.create(
            post=office.post, org_path=office.post.org_path, person=people.people[name], person_name=name,
            from_utc=begin, to_utc=until,
        )  # fmt: skip
    (change,) = lists.changes(NIGHT, end)
    assert change.opens_utc == end - opens * MINUTE
    assert lists.unsigned(NIGHT, end, change.opens_utc - timedelta(seconds=1)) == []
    assert lists.unsigned(NIGHT, end, change.opens_utc) == [change]
    with pytest.raises(WrongState, match="from its middle"):
        hand_overs.give(office.post.pk, end, "", people.people["ha"], at=change.opens_utc - timedelta(seconds=1))
    hand_overs.give(office.post.pk, end, "", people.people["ha"], at=change.opens_utc)


def test_of_back_to_back_shifts_each_change_is_signed_by_itself(office, people):
    ha, minh = people.people["ha"], people.people["minh"]
    for hour, person in enumerate((ha, minh, ha)):
        stand(office, person.name, NIGHT + hour * HOUR, 1, person=person)
    at = NIGHT + HOUR
    given = hand_overs.give(office.post.pk, at, "", ha, at=at)
    assert [one.boundary_utc for one in lists.unsigned(NIGHT, NIGHT + 3 * HOUR, at)] == [at]
    hand_overs.take(given.pk, given.digest, minh, at=at + MINUTE)
    assert lists.unsigned(NIGHT, NIGHT + 3 * HOUR, at + 29 * MINUTE) == []
    assert [one.boundary_utc - at for one in lists.unsigned(NIGHT, NIGHT + 3 * HOUR, at + 30 * MINUTE)] == [HOUR]


def test_taking_a_short_shift_that_is_over_signs_and_checks_nobody_in(office, people):
    ha, minh = people.people["ha"], people.people["minh"]
    stand(office, "Hà", NIGHT, 1, person=ha)
    own = stand(office, "Minh", NIGHT + HOUR, 1, person=minh)
    given = hand_overs.give(office.post.pk, NIGHT + HOUR, "", ha, at=NIGHT + HOUR)
    assert hand_overs.take(given.pk, given.digest, minh, at=NIGHT + 3 * HOUR).taken_by == "Minh"
    own.refresh_from_db()
    assert own.checked_in_at is None


def test_a_list_that_was_given_is_taken_though_the_shift_was_planned_anew(office, people):
    night, _morning = change_of_shift(office, people)
    given = hand_overs.give(office.post.pk, MORNING, "", people.people["ha"], at=MORNING - HOUR)
    Shift.objects.filter(pk=night.pk).update(to_utc=MORNING + HOUR)
    with pytest.raises(WrongState, match="until six hours after"):
        hand_overs.take(given.pk, given.digest, people.people["minh"], at=MORNING + 6 * HOUR)
    assert hand_overs.take(given.pk, given.digest, people.people["minh"], at=MORNING).taken_by == "Minh"


def test_things_to_watch_stand_until_somebody_closes_them(office, people):
    item = hand_overs.watch_out(office.organisation, "Mưa lớn", people.people["ha"], at=NIGHT)
    hand_overs.close_watch_item(item.pk, people.people["minh"], at=MORNING)
    hand_overs.close_watch_item(item.pk, people.people["ha"], at=MORNING + HOUR)
    item.refresh_from_db()
    assert (item.closed_by, item.closed_at) == ("Minh", MORNING)
    assert lists.items(office.organisation.path, MORNING)["watch"] == []
    with scoped(people.scope("vinh")), pytest.raises(OutOfScope):
        hand_overs.close_watch_item(item.pk, people.people["vinh"], at=MORNING)


def test_a_night_that_nobody_attends_is_a_hole_and_the_day_after_is_planned(office):
    stand(office, "Em")
    stand(office, "An", MORNING)
    found = attendance.coverage([office.post], NIGHT, MORNING + 8 * HOUR, now=MORNING)[0]
    assert [(one.state, one.minutes, one.missing_people) for one in found.stretches] == [
        (State.HOLE, 480, 1), (State.PLANNED, 480, 0),
    ]  # fmt: skip


def test_leave_over_a_published_shift_opens_a_hole_everywhere_with_its_reason(office):
    noon = begin_of(MONDAY, 12 * 60)
    draft = office.draft()
    placed = frozenset(office.pair(code, name) for code, name in (("S", "An"), ("C", "Chi"), ("Đ", "Bình")))
    rosters.change(draft.pk, Step(placed), by="Hà", at=BEFORE)
    publishing.publish(draft.pk, by="Hà", at=BEFORE)
    begin, end = noon + 2 * HOUR, noon + 10 * HOUR
    span = members.Span(noon, begin + 4 * HOUR)
    leave = members.ask_leave(office.members["Chi"].pk, span, "sick", at=BEFORE)

    def found() -> list[tuple]:
        covered = attendance.coverage([office.post], noon, end, now=noon)[0].holes
        ahead = [one for one in queries.watch(noon).holes if one.to_utc <= end]
        told = [[(one.from_utc, one.to_utc, one.missing_people, one.away) for one in all_] for all_ in (covered, ahead)]
        assert told[0] == told[1]
        return told[0]

    assert found() == [], "asked for is not granted"
    members.decide_leave(leave.pk, is_granted=True, by="Minh", at=BEFORE)
    assert found() == [(begin, begin + 4 * HOUR, 1, ("Chi",))]
    faults = {(one.fault, one.from_utc) for one in preflight.check(noon, end)}
    assert {("empty", begin), ("absent", begin)} <= faults
    ((_post, hole),) = standing.open_holes(begin + HOUR)
    assert (hole.from_utc, hole.away) == (begin, ("Chi",))
    assert standing.open_holes(begin + 5 * HOUR) == []


def test_a_hole_of_now_says_since_when_and_one_far_ahead_ends_with_its_shift(office):
    draft = office.draft()
    rosters.change(draft.pk, Step(frozenset({office.pair("S", "An")})), by="Hà", at=BEFORE)
    publishing.publish(draft.pk, by="Hà", at=BEFORE)
    begin = begin_of(MONDAY, 14 * 60)
    for now in (begin + MINUTE, begin + HOUR):
        watch = queries.watch(now)
        assert [(hole.from_utc, hole.to_utc) for hole in watch.holes_now] == [(begin, begin + 8 * HOUR)]
        assert all(hole.to_utc - hole.from_utc == 8 * HOUR for hole in watch.holes)
        assert all(hole.to_utc > now for hole in watch.holes)


def on_leave(office: Office, begin, end) -> None:
    leave = members.ask_leave(office.members["Em"].pk, members.Span(begin, end), "sick", at=BEFORE)
    members.decide_leave(leave.pk, is_granted=True, by="Minh", at=BEFORE)


def on_duty(at) -> tuple[list[str], int]:
    watch = queries.watch(at)
    return [shift.person_name for shift in watch.now], len([one for one in watch.holes_now if "Em" in one.away])


def test_whoever_comes_in_spite_of_leave_is_on_duty_until_they_go(office):
    shift = stand(office, "Em", member=office.members["Em"])
    on_leave(office, NIGHT - HOUR, MORNING)
    assert on_duty(NIGHT + HOUR) == ([], 1)
    presence.check_in(shift.pk, "Em", at=NIGHT + 2 * HOUR)
    assert on_duty(NIGHT + HOUR) == ([], 1), "until then nobody was there"
    assert on_duty(NIGHT + 2 * HOUR) == (["Em"], 0)
    holes = attendance.coverage([office.post], NIGHT, MORNING, now=NIGHT + 3 * HOUR)[0].holes
    assert [(one.from_utc, one.to_utc) for one in holes] == [(NIGHT, NIGHT + 2 * HOUR)]
    presence.leave(shift.pk, "Em", at=NIGHT + 4 * HOUR)
    assert on_duty(NIGHT + 5 * HOUR) == ([], 1)


@pytest.mark.parametrize("is_removed", [False, True])
def test_who_leaves_a_running_shift_leaves_a_hole_to_its_end_until_they_are_back(office, is_removed):
    draft = office.draft()
    rosters.change(draft.pk, Step(frozenset({office.pair("Đ", "An")})), by="Hà", at=BEFORE)
    publishing.publish(draft.pk, by="Hà", at=BEFORE)
    shift = Shift.objects.get()
    presence.check_in(shift.pk, "An", at=NIGHT)
    gone = NIGHT + HOUR
    if is_removed:
        emptied = office.draft(at=gone - MINUTE)
        rosters.change(emptied.pk, Step(removed=frozenset(rosters.pairs(emptied))), by="Hà", at=gone - MINUTE)
        publishing.publish(emptied.pk, by="Hà", at=gone)
    else:
        presence.leave(shift.pk, "An", at=gone)

    def holes(now: datetime) -> list[tuple[datetime, datetime]]:
        found = attendance.coverage([office.post], NIGHT, MORNING, now=now)[0].holes
        return [(one.from_utc, one.to_utc) for one in found if one.missing_people]

    later = gone + MINUTE
    assert holes(later) == [(gone, MORNING)]
    assert queries.watch(later).now == []
    assert [(one.from_utc, one.to_utc, one.missing_people) for one in queries.watch(later).holes_now] == [
        (gone, MORNING, 1)
    ]
    assert [hole.from_utc for _, hole in standing.open_holes(later)] == [gone]
    if is_removed:
        # Whom a plan took off is there again only when a plan says so.
        with pytest.raises(WrongState, match="taken off"):
            presence.check_in(shift.pk, "An", at=gone + HOUR)
        again = office.draft(at=gone + MINUTE)
        rosters.change(again.pk, Step(frozenset({office.pair("Đ", "An")})), by="Hà", at=gone + MINUTE)
        told = publishing.publish(again.pk, by="Hà", at=gone + MINUTE)
        assert [(one.name, len(one.added)) for one in told.changes] == [("An", 1)]
    presence.check_in(shift.pk, "An", at=gone + HOUR)
    shift.refresh_from_db()
    assert shift.there_since == gone + HOUR
    assert holes(gone + 2 * HOUR) == [(gone, gone + HOUR)], "the minutes away stay a hole"
    assert [one.pk for one in queries.watch(gone + 2 * HOUR).now] == [shift.pk]
    assert standing.open_holes(gone + 2 * HOUR) == []
    assert Entry.objects.filter(act="shift.return").count() == 1


def test_who_is_put_on_a_running_shift_has_the_minutes_from_then_on(office):
    posts.change_post(office.post.pk, posts.PostFields("Giám sát", "monitoring", asks_presence=True), at=BEFORE)
    draft, late = office.draft(), NIGHT + 2 * HOUR
    rosters.change(draft.pk, Step(frozenset({office.pair("Đ", "An")})), by="Hà", at=BEFORE)
    publishing.publish(draft.pk, by="Hà", at=late)
    assert presence.note_absence(at=late + MINUTE) == []
    state = attendance.coverage([office.post], late, MORNING, now=late + MINUTE)[0].stretches[0].state
    assert state is State.PLANNED
    before = attendance.coverage([office.post], NIGHT, MORNING, now=late + MINUTE)[0].holes
    assert [(one.from_utc, one.to_utc) for one in before] == [(NIGHT, late)]
    assert len(presence.note_absence(at=late + 15 * MINUTE)) == 1


def test_a_check_in_before_leave_says_nothing_about_the_time_of_leave(office):
    shift = stand(office, "Em", member=office.members["Em"])
    on_leave(office, NIGHT + 4 * HOUR, MORNING)
    presence.check_in(shift.pk, "Em", at=NIGHT)
    assert on_duty(NIGHT + HOUR) == (["Em"], 0)
    assert on_duty(NIGHT + 5 * HOUR) == ([], 1)


def test_whoever_comes_before_a_shift_within_their_leave_is_on_duty(office):
    shift = stand(office, "Em", member=office.members["Em"])
    on_leave(office, NIGHT, MORNING)
    presence.check_in(shift.pk, "Em", at=NIGHT - HOUR / 2)
    assert on_duty(NIGHT) == (["Em"], 0)


def test_leave_that_ends_within_a_shift_gives_the_minutes_to_check_in_from_its_end(office):
    stand(office, "Em", member=office.members["Em"])
    on_leave(office, NIGHT - HOUR, NIGHT + 4 * HOUR)
    assert presence.note_absence(at=NIGHT + 4 * HOUR) == []
    assert presence.note_absence(at=NIGHT + 4 * HOUR + HOUR / 60) == []
    assert [shift.person_name for shift in presence.note_absence(at=NIGHT + 5 * HOUR)] == ["Em"]


def test_nobody_on_leave_is_waited_for_in_the_first_minutes(office):
    stand(office, "Em", member=office.members["Em"])
    soon = NIGHT + HOUR / 12

    def states() -> set[State]:
        return {one.state for one in attendance.coverage([office.post], NIGHT, soon, now=soon)[0].stretches}

    assert states() == {State.PLANNED}
    on_leave(office, NIGHT - HOUR, MORNING)
    assert states() == {State.HOLE}


def test_where_nobody_records_presence_the_past_is_planned_at_best(office):
    Post.objects.update(asks_presence=False)
    post = Post.objects.get()
    stand(office, "Em")
    found = attendance.coverage([post], NIGHT, MORNING, now=MORNING + HOUR)[0]
    assert (found.is_recorded, [one.state for one in found.stretches]) == (False, [State.PLANNED])
    presence.check_in(Shift.objects.get().pk, "Em", at=NIGHT)
    assert attendance.coverage([post], NIGHT, MORNING, now=MORNING + HOUR)[0].is_recorded


def states(office: Office, now: datetime, end: datetime = MORNING) -> list[tuple[State, int, int]]:
    found = attendance.coverage([office.post], NIGHT, end, now=now)[0]
    return [
        (one.state, int((one.from_utc - NIGHT) / MINUTE), int((one.to_utc - NIGHT) / MINUTE)) for one in found.stretches
    ]


def falls_ill(office: Office, begin: datetime, end: datetime, *, at: datetime) -> Leave:
    span = members.Span(begin, end)
    return members.ask_leave(office.members["Em"].pk, span, "sick", at=at, granted_by="Hà")


def test_whoever_falls_ill_on_duty_was_there_until_then_and_is_again_once_the_leave_is_over(office):
    shift = stand(office, "Em", member=office.members["Em"])
    presence.check_in(shift.pk, "Em", at=NIGHT)
    ill = NIGHT + 5 * HOUR
    leave = falls_ill(office, ill, MORNING, at=ill + 20 * MINUTE)
    assert states(office, MORNING) == [(State.PRESENT, 0, 300), (State.HOLE, 300, 480)]
    members.withdraw_leave(leave.pk, at=ill + 90 * MINUTE)
    assert states(office, MORNING) == [(State.PRESENT, 0, 300), (State.HOLE, 300, 390), (State.PRESENT, 390, 480)]
    assert states(office, ill + 2 * HOUR) == [
        (State.PRESENT, 0, 300), (State.HOLE, 300, 390), (State.PRESENT, 390, 420), (State.PLANNED, 420, 480),
    ]  # fmt: skip


def test_nobody_lacks_while_somebody_else_is_there_for_whoever_fell_ill(office):
    ill = NIGHT + 5 * HOUR
    shift = stand(office, "Em", member=office.members["Em"])
    presence.check_in(shift.pk, "Em", at=NIGHT)
    falls_ill(office, ill, MORNING, at=ill)
    relief = stand(office, "An", ill + HOUR, hours=2)
    presence.check_in(relief.pk, "An", at=relief.from_utc)
    assert states(office, MORNING) == [(State.PRESENT, 0, 300), (State.HOLE, 300, 360), (State.PRESENT, 360, 480)]


def test_whoever_came_and_falls_ill_before_the_shift_begins_is_not_there(office):
    shift = stand(office, "Em", member=office.members["Em"])
    presence.check_in(shift.pk, "Em", at=NIGHT - 30 * MINUTE)
    falls_ill(office, NIGHT, MORNING, at=NIGHT - 10 * MINUTE)
    assert on_duty(NIGHT) == ([], 1)
    assert states(office, MORNING) == [(State.HOLE, 0, 480)]


def test_leave_entered_over_the_whole_day_takes_back_nothing_that_was_there(office):
    shift = stand(office, "Em", member=office.members["Em"])
    presence.check_in(shift.pk, "Em", at=NIGHT)
    falls_ill(office, begin_of(MONDAY), MORNING, at=NIGHT + 5 * HOUR)
    assert states(office, MORNING) == [(State.PRESENT, 0, 300), (State.HOLE, 300, 480)]


def test_leave_that_ends_within_a_shift_is_waited_out_like_its_begin(office):
    shift = stand(office, "Em", member=office.members["Em"])
    over = NIGHT + 2 * HOUR
    falls_ill(office, NIGHT - HOUR, over, at=BEFORE)
    assert states(office, over + 10 * MINUTE) == [(State.HOLE, 0, 120), (State.PLANNED, 120, 480)]
    assert states(office, over + 15 * MINUTE)[:2] == [(State.HOLE, 0, 135), (State.PLANNED, 135, 480)]
    presence.check_in(shift.pk, "Em", at=over + 15 * MINUTE)
    assert states(office, MORNING) == [(State.HOLE, 0, 120), (State.PRESENT, 120, 480)]


def test_a_question_whose_time_passes_in_leave_blames_nobody(office):
    shift = stand(office, "Em", member=office.members["Em"])
    presence.check_in(shift.pk, "Em", at=NIGHT)
    prompt = presence.ask_who_is_awake(at=NIGHT + 2 * HOUR)[0]
    falls_ill(office, prompt.due_at - MINUTE, prompt.due_at + HOUR, at=prompt.due_at - MINUTE)
    assert [presence.note_silence(at=prompt.due_at + later) for later in (MINUTE, 2 * HOUR)] == [[], []]
    away = int((prompt.due_at - NIGHT) / MINUTE) - 1
    assert states(office, MORNING) == [
        (State.PRESENT, 0, away), (State.HOLE, away, away + 61), (State.PRESENT, away + 61, 480),
    ]  # fmt: skip


def test_a_question_that_somebody_could_not_answer_any_more_blames_nobody(office):
    shift = stand(office, "Em")
    presence.check_in(shift.pk, "Em", at=NIGHT)
    prompt = presence.ask_who_is_awake(at=NIGHT + 2 * HOUR)[0]
    presence.leave(shift.pk, "Em", at=prompt.due_at - MINUTE)
    presence.check_in(shift.pk, "Em", at=prompt.due_at + HOUR)
    # Back at work, they are not told of for the time in which they had gone.
    assert presence.note_silence(at=prompt.due_at + HOUR) == []
    assert states(office, NIGHT + 4 * HOUR)[:3] == [
        (State.PRESENT, 0, 129), (State.HOLE, 129, 190), (State.PRESENT, 190, 240),
    ]  # fmt: skip


def test_who_comes_back_after_a_question_that_they_let_pass_is_there_again(office):
    shift = stand(office, "Em")
    presence.check_in(shift.pk, "Em", at=NIGHT)
    presence.ask_who_is_awake(at=NIGHT + 2 * HOUR)
    presence.leave(shift.pk, "Hà", at=NIGHT + 3 * HOUR)
    presence.check_in(shift.pk, "Em", at=NIGHT + 4 * HOUR)
    assert states(office, MORNING) == [(State.PRESENT, 0, 120), (State.HOLE, 120, 240), (State.PRESENT, 240, 480)]


def test_nobody_is_asked_what_they_would_have_to_answer_after_their_shift(office):
    shift = stand(office, "Em")
    presence.check_in(shift.pk, "Em", at=NIGHT)
    assert asked_at([MORNING - 10 * MINUTE, MORNING - 11 * MINUTE]) == [0, 1]
    # One that was asked so late all the same, when there was less time to answer, shows nothing either.
    Prompt.objects.update(asked_at=MORNING - 5 * MINUTE, due_at=MORNING + 5 * MINUTE)
    assert states(office, MORNING + HOUR) == [(State.PRESENT, 0, 480)]


def test_only_one_takes_a_hand_over_and_whoever_is_second_is_told(office, people):
    change_of_shift(office, people)
    second = stand(office, "Lan", MORNING, person=people.people["lan"])
    given = give(office, people.people["ha"])
    take(given, people.people["minh"])
    assert take(given, people.people["minh"], MORNING + MINUTE).taken_at == MORNING, "pressed twice"
    with pytest.raises(WrongState, match="on your own shift that you are there"):
        take(given, people.people["lan"], MORNING + MINUTE)
    second.refresh_from_db()
    assert second.checked_in_at is None


def test_whom_a_plan_took_off_a_shift_does_not_sign_for_it(office, people):
    change_of_shift(office, people)
    gone = NIGHT + HOUR
    stand(office, "Lan", person=people.people["lan"], checked_in_at=NIGHT, left_at=gone, taken_off_at=gone)
    with pytest.raises(NotPermitted, match="whose shift ends"):
        give(office, people.people["lan"])
    assert [shift.person_name for shift in lists.change_at(office.post, MORNING).ending] == ["Hà"]


def test_whom_a_plan_took_off_a_shift_that_they_never_came_to_takes_it_as_a_stand_in_alone(office, people):
    change_of_shift(office, people)
    gone = MORNING + HOUR
    lan = stand(office, "Lan", MORNING, person=people.people["lan"], left_at=gone, taken_off_at=gone)
    given = give(office, people.people["ha"])
    take(given, people.people["lan"], gone + HOUR, may_assign=True)
    lan.refresh_from_db()
    assert lan.checked_in_at is None
