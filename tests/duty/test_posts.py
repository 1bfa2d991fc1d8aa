"""Posts, their patterns over time, and what raises them for some days."""

from datetime import datetime, timedelta

import pytest

from tests.duty.office import BEFORE, MONDAY, SUNDAY
from vonggac.duty.models import Post, Reinforcement, Shift, ShiftType
from vonggac.duty.patterns import begin_of, day_of
from vonggac.duty.presets import HABITS, PATTERNS, ShiftFields
from vonggac.duty.queries import needs
from vonggac.duty.services import import_roster, posts, read_roster, settings
from vonggac.errors import InputError, OutOfScope, WrongState
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped

pytestmark = pytest.mark.django_db
TODAY = day_of(BEFORE)
TUESDAY = MONDAY + timedelta(days=1)


def acts(post: Post) -> list[str]:
    return list(
        Entry.objects.filter(subject_kind="post", subject_id=post.pk).order_by("id").values_list("act", flat=True)
    )


@pytest.mark.parametrize("kind", sorted(HABITS))
def test_a_post_of_each_kind_begins_with_its_usual_shifts(people, kind):
    with scoped(people.scope("ha")):
        fields = posts.PostFields.usual("Vị trí", kind)
        post = posts.add_post(people.organisations["hai-van"], fields, on=TODAY, at=BEFORE)
        assert post.shift_types.count() == len(PATTERNS[HABITS[kind].pattern])
        assert acts(post) == ["post.create"]
        # Nobody wakes a leader at home.
        assert post.awake_minutes == (120 if kind in {"monitoring", "infrastructure"} else 0)


def test_a_pattern_changes_from_a_day_on_and_the_days_before_keep_theirs(office):
    two = [ShiftFields("N", "Ca ngày", 7 * 60, 720, minimum=2), ShiftFields("Đ", "Ca đêm", 19 * 60, 720)]
    posts.set_pattern(office.post.pk, two, MONDAY, at=BEFORE)
    found = needs.slots([office.post], MONDAY - timedelta(days=1), MONDAY)
    assert [(slot.day.day, slot.code, slot.minimum) for slot in found] == [
        (26, "S", 1), (26, "C", 1), (26, "Đ", 1), (27, "N", 2), (27, "Đ", 1),
    ]  # fmt: skip
    assert acts(office.post) == ["post.create", "post.pattern"]


def test_the_same_pattern_again_changes_nothing(office):
    before = set(ShiftType.objects.values_list("pk", "valid_from", "valid_to"))
    posts.set_pattern(office.post.pk, PATTERNS["3x8"], MONDAY, at=BEFORE)
    assert set(ShiftType.objects.values_list("pk", "valid_from", "valid_to")) == before
    assert acts(office.post) == ["post.create"]


def test_a_pattern_that_never_came_into_force_leaves_nothing_behind(office):
    later = MONDAY + timedelta(days=30)
    posts.set_pattern(office.post.pk, PATTERNS["2x12"], later, at=BEFORE)
    posts.set_pattern(office.post.pk, PATTERNS["1x24"], later, at=BEFORE)
    assert set(ShiftType.objects.filter(valid_from=later).values_list("code", flat=True)) == {"T"}


@pytest.mark.parametrize(
    ("shifts", "reason"),
    [
        ([], "1 to 12 shifts"),
        ([ShiftFields("S", "a", 0, 480), ShiftFields("S", "b", 480, 480)], "stands for two shifts"),
        ([ShiftFields("S C", "a", 0, 480)], "letter or two"),
        ([ShiftFields("S", "a", 0, 5)], "15 minutes to 48 hours"),
        ([ShiftFields("S", "a", 0, 480, minimum=900)], "0 to 200 people"),
        ([ShiftFields("S", "a", 0, 480, weekdays=(7,))], "a day that is none"),
    ],
)
def test_a_pattern_that_cannot_be_is_refused_with_its_reason(office, shifts, reason):
    with pytest.raises(InputError, match=reason):
        posts.set_pattern(office.post.pk, shifts, MONDAY, at=BEFORE)


def test_the_past_keeps_its_pattern_and_its_reinforcements(office):
    with pytest.raises(InputError, match="from today on"):
        posts.set_pattern(office.post.pk, PATTERNS["2x12"], TODAY - timedelta(days=1), at=BEFORE)
    with pytest.raises(InputError, match="today at the earliest"):
        posts.reinforce(office.post.pk, posts.Reinforcing(TODAY - timedelta(days=1), minimum=2), at=BEFORE)


def test_a_holiday_raises_the_minimum(office):
    posts.reinforce(
        office.post.pk, posts.Reinforcing(TODAY, minimum=2, skills={"Trưởng ca": 1}, on_holidays=True), at=BEFORE
    )
    found = {slot.day: (slot.minimum, slot.skills) for slot in needs.slots([office.post], MONDAY, SUNDAY)}
    # 30 April and 1 May are holidays; 27 April 2026 makes up for the kings' day on a Sunday.
    raised = {day.day for day, asked in found.items() if asked == (2, (("lead", 1),))}
    assert raised == {27, 30, 1}


def test_two_more_tonight_are_two_more_than_the_shift_asks_for(office):
    ShiftType.objects.filter(post=office.post, code="Đ").update(minimum=2, skills={"analyst": 1})
    more = posts.Reinforcing(MONDAY, MONDAY, "Đ", minimum=2, wished=1, skills={"phân tích": 2})
    (row,) = posts.reinforce_by(office.post.pk, more, at=BEFORE)
    assert (row.code, row.minimum, row.wished, row.skills) == ("Đ", 4, 5, {"analyst": 3})
    asked = {slot.code: slot.minimum for slot in needs.slots([office.post], MONDAY, MONDAY)}
    assert asked == {"S": 1, "C": 1, "Đ": 4}


def test_more_on_every_shift_is_one_row_where_all_ask_alike_and_one_each_where_not(office):
    more = posts.Reinforcing(MONDAY, SUNDAY, minimum=1, reason="lễ")
    (row,) = posts.reinforce_by(office.post.pk, more, at=BEFORE)
    assert (row.code, row.minimum) == ("", 2)
    ShiftType.objects.filter(post=office.post, code="S").update(minimum=3)
    rows = posts.reinforce_by(office.post.pk, more, at=BEFORE)
    assert {row.code: row.minimum for row in rows} == {"S": 4, "C": 2, "Đ": 2}


def test_an_office_keeps_days_of_its_own_and_works_on_others(office, people):
    posts.reinforce(office.post.pk, posts.Reinforcing(TODAY, minimum=2, on_holidays=True), at=BEFORE)
    settings.keep_holiday(office.organisation, MONDAY + timedelta(days=1), "Ngày truyền thống", at=BEFORE)
    settings.keep_holiday(office.organisation, MONDAY, "Làm bù", is_work=True, at=BEFORE)
    days = needs.holidays(office.organisation.path, MONDAY, SUNDAY)
    assert sorted(day.day for day in days) == [1, 28, 30]
    settings.drop_holiday(office.organisation, MONDAY, at=BEFORE)
    assert MONDAY in needs.holidays(office.organisation.path, MONDAY, SUNDAY)


def test_an_office_below_keeps_the_holidays_of_the_one_above(people):
    day = MONDAY + timedelta(days=1)
    with scoped(people.scope("ha")):
        settings.keep_holiday(people.organisations["hai-van"], day, "Ngày của tỉnh", at=BEFORE)
    with scoped(people.scope("lan")):
        assert needs.holidays(people.organisations["p-vinh-hai"].path, day, day) == {day: "Ngày của tỉnh"}
    with scoped(people.scope("vinh")):
        assert needs.holidays(people.organisations["dong-son"].path, day, day) == {}


def asked_of(office) -> dict[datetime, int]:
    """How many the post needs from which moment on, from today to the Sunday."""
    found = needs.demands([office.post], BEFORE, begin_of(SUNDAY))[office.post.pk]
    return {one.from_utc: one.minimum for one in found}


@pytest.mark.parametrize("code", ["", "Đ"])
def test_past_midnight_the_night_that_runs_is_raised_from_then_on_and_until_it_is_taken_back(office, code):
    night, end = begin_of(MONDAY, 22 * 60), begin_of(MONDAY, 30 * 60)
    asked, ended = night + timedelta(hours=3), night + timedelta(hours=5)
    row = posts.reinforce(office.post.pk, posts.Reinforcing(MONDAY, MONDAY, code, minimum=3), at=asked)
    assert [slot.minimum for slot in needs.slots([office.post], MONDAY, MONDAY)] == [1, 1, 3]

    def demands() -> list[tuple[datetime, datetime, int]]:
        found = needs.demands([office.post], begin_of(MONDAY, 6 * 60), end)[office.post.pk]
        return [(one.from_utc, one.to_utc, one.minimum) for one in found if one.from_utc >= night]

    assert demands() == [(night, asked, 1), (asked, end, 3)]
    posts.end_reinforcement(row.pk, at=ended)
    assert demands() == [(night, asked, 1), (asked, ended, 3), (ended, end, 1)]
    with pytest.raises(InputError, match="today at the earliest"):
        posts.reinforce(office.post.pk, posts.Reinforcing(MONDAY, MONDAY, code, minimum=3), at=end)


def test_a_shift_of_yesterday_that_is_over_is_raised_by_nobody_while_the_night_runs(office):
    late = begin_of(MONDAY, 25 * 60)
    assert needs.first_day(office.post, late) == needs.first_day(office.post, late, "Đ") == MONDAY
    assert needs.first_day(office.post, late, "S") == needs.first_day(office.post, begin_of(MONDAY, 30 * 60)) == TUESDAY
    with pytest.raises(InputError, match="today at the earliest"):
        posts.reinforce(office.post.pk, posts.Reinforcing(MONDAY, MONDAY, "S", minimum=3), at=late)


def test_taking_a_reinforcement_back_leaves_the_days_that_have_passed(office):
    row = posts.reinforce(office.post.pk, posts.Reinforcing(TODAY, SUNDAY, minimum=2), at=BEFORE)
    before = asked_of(office)
    later = BEFORE + timedelta(days=3)
    posts.end_reinforcement(row.pk, at=later)
    # The morning that runs, 06:00 to 14:00, needed two until noon.
    assert asked_of(office) == {begin: number if begin < later else 1 for begin, number in before.items()} | {later: 1}
    assert before[later - timedelta(hours=6)] == 2
    fresh = posts.reinforce(office.post.pk, posts.Reinforcing(SUNDAY, minimum=2), at=later)
    posts.end_reinforcement(fresh.pk, at=later)
    assert not Reinforcement.objects.filter(pk=fresh.pk).exists()


def test_a_retired_post_needs_nobody_and_its_later_shifts_go(office):
    begin = begin_of(MONDAY, 6 * 60)
    for days in (0, 3):
        Shift.objects.create(
            post=office.post, org_path=office.post.org_path, person_name="An",
            from_utc=begin + timedelta(days=days), to_utc=begin + timedelta(days=days, hours=8),
        )  # fmt: skip
    posts.retire_post(office.post.pk, MONDAY + timedelta(days=2), at=BEFORE)
    assert Shift.objects.count() == 1
    assert {slot.day for slot in needs.slots([Post.objects.get()], MONDAY, SUNDAY)} == {
        MONDAY, MONDAY + timedelta(days=1),
    }  # fmt: skip


def test_settings_changed_to_what_they_are_write_nothing(office):
    fields = posts.settings_of(office.post)
    posts.change_post(office.post.pk, fields, at=BEFORE)
    assert acts(office.post) == ["post.create"]
    posts.change_post(office.post.pk, posts.PostFields("Trực ban", "other", awake_minutes=60), at=BEFORE)
    assert acts(office.post) == ["post.create", "post.change"]
    with pytest.raises(InputError, match="15 to 480"):
        posts.change_post(office.post.pk, posts.PostFields("Trực ban", awake_minutes=5), at=BEFORE)


def test_a_post_of_another_province_is_not_found(office, people):
    with scoped(people.scope("vinh")), pytest.raises(OutOfScope):
        posts.retire_post(office.post.pk, SUNDAY, at=BEFORE)


def test_a_post_that_a_table_made_gets_the_shifts_that_its_table_shows(people):
    table = (
        "post,from_utc,to_utc,person,skill\n"
        "Trực ban,2026-04-19T23:00:00Z,2026-04-20T07:00:00Z,Hà,truong_ca\n"
        "Trực ban,2026-04-20T15:00:00Z,2026-04-20T23:00:00Z,An,truong_ca\n"
    ).encode()
    with scoped(people.scope("ha")):
        rows, rejects = read_roster(table, "r.csv")
        import_roster(people.organisations["hai-van"], rows, rejects, at=BEFORE)
        post = Post.objects.get()
        posts.adopt_table(post.pk, at=BEFORE)
        found = [
            (row.code, row.start_minute, row.length_minutes, row.skills) for row in post.shift_types.order_by("pk")
        ]
        assert found == [("S", 360, 480, {"lead": 1}), ("Đ", 1320, 480, {"lead": 1})]
        with pytest.raises(WrongState):
            posts.adopt_table(post.pk, at=BEFORE)
