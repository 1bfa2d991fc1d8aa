"""What was asked of a post stays as it was: settings of later change no minute that has passed."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests.duty.office import BEFORE, MONDAY, Office
from vonggac.duty import limits
from vonggac.duty.coverage import State
from vonggac.duty.models import Post, Shift
from vonggac.duty.patterns import begin_of, day_of
from vonggac.duty.presets import HOUR, PATTERNS, ShiftFields
from vonggac.duty.queries import needs
from vonggac.duty.queries.attendance import coverage
from vonggac.duty.services import hand_overs, import_roster, posts, presence, publishing, read_roster, settings
from vonggac.duty.services.posts import PostFields, Reinforcing
from vonggac.errors import InputError
from vonggac.register.models import Organisation
from vonggac.tenancy.scope import scoped

pytestmark = pytest.mark.django_db
DAY, MINUTE, STEP = timedelta(days=1), timedelta(minutes=1), timedelta(minutes=30)
START = begin_of(MONDAY)
END = START + 2 * DAY
Minutes = list[tuple[str, int]]


def judged(post: Post, start: datetime, end: datetime, *, now: datetime) -> Minutes:
    """(state, minutes) of a post over a span, in order."""
    (one,) = coverage([Post.objects.get(pk=post.pk)], start, end, now=now)
    return [(stretch.state.value, stretch.minutes) for stretch in one.stretches]


def stand(post: Post, name: str, begin: datetime, hours: int = 8, *, came: datetime | None = None) -> Shift:
    return Shift.objects.create(
        post=post, org_path=post.org_path, person_name=name, from_utc=begin, to_utc=begin + timedelta(hours=hours),
        checked_in_at=came,
    )  # fmt: skip


def of_table(office: Organisation) -> Post:
    """A post that a table made, with a person a day from 20 to 28 April; the first of them came."""
    lines = "".join(f"Trực,2026-04-{day} 00:00,2026-04-{day + 1} 00:00,An {day}\n" for day in range(20, 29))
    import_roster(office, *read_roster(f"post,from,to,person\n{lines}".encode(), "truc.csv"), at=BEFORE)
    first = Shift.objects.earliest("from_utc")
    presence.check_in(first.pk, "An 20", at=first.from_utc)
    return Post.objects.get(name="Trực")


@pytest.mark.parametrize("hours", [0, 10])
def test_adopting_a_table_keeps_what_the_table_asked_for_until_then(people, hours):
    with scoped(people.scope("ha")):
        post = of_table(people.organisations["hai-van"])
        start, now = begin_of(date(2026, 4, 20)), begin_of(date(2026, 4, 25), hours * HOUR)
        before = judged(post, start, now, now=now)
        assert before == [("present", 1440), ("hole", 5760 + hours * HOUR)]
        posts.adopt_table(post.pk, at=now)
        assert judged(post, start, now, now=now) == before
        # From then on the shifts ask, and nobody twice.
        (asked,) = (one.minimum for one in needs.demands([post], now, now + MINUTE)[post.pk])
        assert asked == 1


def test_a_pattern_entered_before_one_that_was_to_hold_later_takes_its_place(office):
    posts.set_pattern(office.post.pk, PATTERNS["2x12"], MONDAY + 14 * DAY, at=BEFORE)
    posts.set_pattern(office.post.pk, PATTERNS["1x24"], MONDAY + 7 * DAY, at=BEFORE)
    found = needs.slots([office.post], MONDAY + 6 * DAY, MONDAY + 15 * DAY)
    assert [slot.code for slot in found] == ["S", "C", "Đ", *["T"] * 9]


def test_the_pattern_of_now_entered_again_outlasts_one_that_was_to_replace_it(office):
    posts.set_pattern(office.post.pk, PATTERNS["2x12"], MONDAY + 14 * DAY, at=BEFORE)
    posts.set_pattern(office.post.pk, PATTERNS["3x8"], MONDAY, at=BEFORE)
    found = needs.slots([office.post], MONDAY + 14 * DAY, MONDAY + 14 * DAY)
    assert [slot.type_id for slot in found] == [office.types[code].pk for code in "SCĐ"]


def test_shifts_of_today_change_only_where_they_have_not_begun(office):
    at = begin_of(MONDAY, 15 * HOUR)
    with pytest.raises(InputError, match="has begun"):
        posts.set_pattern(office.post.pk, PATTERNS["2x12"], MONDAY, at=at)
    night = [replace(shift, minimum=2) if shift.code == "Đ" else shift for shift in PATTERNS["3x8"]]
    posts.set_pattern(office.post.pk, night, MONDAY, at=at)
    assert [(slot.code, slot.minimum) for slot in needs.slots([office.post], MONDAY, MONDAY)] == [
        ("S", 1), ("C", 1), ("Đ", 2),
    ]  # fmt: skip
    late = [*night[:2], replace(night[2], start_minute=14 * HOUR + 30)]
    with pytest.raises(InputError, match="the shift Đ of this day has begun"):
        posts.set_pattern(office.post.pk, late, MONDAY, at=at)


def test_a_new_post_asks_for_nobody_before_it_was_made(people):
    with scoped(people.scope("ha")):
        fields = PostFields.usual("Mới", "monitoring")
        post = posts.add_post(people.organisations["hai-van"], fields, on=MONDAY, at=begin_of(MONDAY, 15 * HOUR))
        assert judged(post, START, START + 17 * timedelta(hours=1), now=END) == [("hole", 2 * HOUR)]
        assert [slot.code for slot in needs.slots([post], MONDAY, MONDAY)] == ["C", "Đ"]


def test_a_holiday_is_neither_kept_nor_taken_back_once_its_day_has_begun(office):
    settings.keep_holiday(office.organisation, MONDAY, "Ngày riêng", at=START - MINUTE)
    posts.reinforce(office.post.pk, Reinforcing(MONDAY, minimum=3, on_holidays=True), at=BEFORE)
    for at in (START, START + 3 * DAY):
        with pytest.raises(InputError, match="has begun"):
            settings.drop_holiday(office.organisation, MONDAY, at=at)
        with pytest.raises(InputError, match="has begun"):
            settings.keep_holiday(office.organisation, MONDAY, "Làm bù", is_work=True, at=at)
    assert {slot.minimum for slot in needs.slots([office.post], MONDAY, MONDAY)} == {3}


def test_a_reinforcement_asks_from_when_it_was_entered_until_it_was_taken_back(office):
    stand(office.post, "An", begin_of(MONDAY, 6 * HOUR), came=begin_of(MONDAY, 6 * HOUR))
    row = posts.reinforce(office.post.pk, Reinforcing(MONDAY, MONDAY, minimum=2), at=begin_of(MONDAY, 8 * HOUR))
    posts.end_reinforcement(row.pk, at=begin_of(MONDAY, 11 * HOUR))
    posts.end_reinforcement(row.pk, at=begin_of(MONDAY, 12 * HOUR))
    span = begin_of(MONDAY, 6 * HOUR), begin_of(MONDAY, 14 * HOUR)
    assert judged(office.post, *span, now=END) == [("present", 120), ("hole", 180), ("present", 180)]
    # What is to come asks for no more than the pattern.
    assert [slot.minimum for slot in needs.slots([office.post], MONDAY, MONDAY)] == [1, 1, 1]


def test_a_hole_stays_one_when_people_are_asked_to_check_in_no_more(office):
    for code, hour in (("S", 6), ("C", 14), ("Đ", 22)):
        stand(office.post, f"An {code}", begin_of(MONDAY, hour * HOUR))
    span = begin_of(MONDAY, 6 * HOUR), begin_of(MONDAY + DAY, 6 * HOUR)
    fields = posts.settings_of(office.post)
    posts.change_post(office.post.pk, replace(fields, asks_presence=False), at=span[1])
    assert judged(office.post, *span, now=span[1] + HOUR * MINUTE) == [("hole", 24 * HOUR)]
    # Asked again later, the time between was not recorded.
    posts.change_post(office.post.pk, fields, at=span[1] + 8 * HOUR * MINUTE)
    stand(office.post, "An ngày", span[1])
    later = span[1] + 8 * HOUR * MINUTE
    assert judged(office.post, *span, now=later) == [("hole", 24 * HOUR)]
    assert judged(office.post, span[1], later, now=later) == [("planned", 8 * HOUR)]


def test_who_was_late_by_the_rule_of_then_stays_late(office):
    begin = begin_of(MONDAY, 6 * HOUR)
    stand(office.post, "An", begin, came=begin + 12 * MINUTE)
    above = limits.in_force(office.organisation.path, BEFORE)["late_check_in_minutes"].regime_value
    assert above > 12
    settings.tighten(office.organisation, "late_check_in_minutes", 5, at=BEFORE)
    span = begin, begin + 8 * HOUR * MINUTE
    assert judged(office.post, *span, now=END) == [("hole", 12), ("present", 468)]
    settings.tighten(office.organisation, "late_check_in_minutes", above, at=span[1])
    assert judged(office.post, *span, now=END) == [("hole", 12), ("present", 468)]
    assert limits.in_force(office.organisation.path, END)["late_check_in_minutes"].value == above
    assert limits.in_force(office.organisation.path, begin)["late_check_in_minutes"].value == 5


def test_a_post_is_retired_from_today_only_before_anybody_was_asked_for(office):
    with pytest.raises(InputError, match="on duty here today already"):
        posts.retire_post(office.post.pk, MONDAY, at=begin_of(MONDAY, 7 * HOUR))
    # The night that began yesterday is stood to its end.
    posts.retire_post(office.post.pk, MONDAY, at=begin_of(MONDAY, 5 * HOUR))
    found = needs.demands([Post.objects.get()], START, END)[office.post.pk]
    assert [(one.from_utc, one.to_utc) for one in found] == [
        (begin_of(MONDAY - DAY, 22 * HOUR), begin_of(MONDAY, 6 * HOUR))
    ]
    posts.retire_post(office.post.pk, MONDAY + 5 * DAY, at=END)
    assert Post.objects.get().retired_on == MONDAY


@pytest.mark.parametrize(("minutes", "present"), [(350, 15), (10, 10)])
def test_whoever_gives_a_shift_counts_no_longer_than_there_is_time_to_sign(office, people, minutes, present):
    two = [replace(shift, minimum=2) for shift in PATTERNS["3x8"]]
    posts.set_pattern(office.post.pk, two, MONDAY, at=BEFORE)
    begin, boundary = begin_of(MONDAY, 6 * HOUR), begin_of(MONDAY, 14 * HOUR)
    for name in ("Hà", "Bình"):
        stand(office.post, name, begin, came=begin)
    stand(office.post, "Minh", boundary, came=boundary)
    for name in ("ha", "minh"):
        Shift.objects.filter(person_name=people.people[name].name).update(person=people.people[name])
    span = boundary, boundary + 6 * HOUR * MINUTE
    given_over = hand_overs.give(office.post.pk, boundary, "", people.people["ha"], at=boundary - 5 * MINUTE)
    signed = boundary + minutes * MINUTE
    assert judged(office.post, *span, now=signed)[0][0] == "hole"
    hand_overs.take(given_over.pk, given_over.digest, people.people["minh"], at=signed)
    assert judged(office.post, *span, now=span[1]) == [("present", present), ("hole", 360 - present)]


# 27 April 2026 makes up for the kings' day, which falls on a Sunday.
PUBLIC = {MONDAY}


# --- every minute, against looking at every half hour as it passes --------------------------------------------------


@dataclass
class Held:
    """A shift of a pattern as it was entered."""

    fields: ShiftFields
    first: date
    until: date | None = None


@dataclass
class Oracle:
    """A post as values: what it asks for in the half hour that passes now, by what is settled now."""

    minimum: int
    """What it needs beside a pattern: 0 where no table made it."""
    pattern: list[Held] = field(default_factory=list)
    raises: dict[int, Reinforcing] = field(default_factory=dict)
    own_holidays: set[date] = field(default_factory=set)
    patterned_from: datetime | None = None
    retired: date = date.max
    asks_presence: bool = True
    grace: int = 15
    graces: dict[int, int] = field(default_factory=dict)
    """The grace of each shift that has begun, by its number."""

    def asked(self, moment: datetime, reach: tuple[datetime, datetime]) -> int:
        days = [(held, day) for held in self.pattern for day in _days(held, moment) if day < self.retired]
        running = [self._of(held, day) for held, day in days]
        is_bare = self.patterned_from is None or moment < self.patterned_from
        return sum(running) + (self.minimum if is_bare and reach[0] <= moment < reach[1] else 0)

    def _of(self, held: Held, day: date) -> int:
        raised = [
            one.minimum for one in self.raises.values()
            if one.from_day <= day and (one.to_day is None or day <= one.to_day)
            and one.code in ("", held.fields.code) and (not one.on_holidays or day in self.own_holidays | PUBLIC)
        ]  # fmt: skip
        return max([held.fields.minimum, *raised])

    def change(self, shifts: tuple[ShiftFields, ...], first: date, at: datetime) -> None:
        """Another pattern from a day on."""
        begin = min(max(at, begin_of(first, one.start_minute)) for one in shifts)
        self.patterned_from = min(self.patterned_from or begin, begin)
        for held in self.pattern:
            held.until = min(held.until or first, first)
        self.pattern += [Held(one, first) for one in shifts]


def _days(held: Held, moment: datetime) -> list[date]:
    """The days whose shift runs at a moment."""
    days = [day_of(moment) - number * DAY for number in range(2)]
    return [
        day for day in days
        if held.first <= day and (held.until is None or day < held.until)
        and begin_of(day, held.fields.start_minute) <= moment
        < begin_of(day, held.fields.start_minute + held.fields.length_minutes)
    ]  # fmt: skip


@dataclass(frozen=True)
class Stage:
    """The post under test with its people's shifts, and the oracle beside it."""

    post: Post
    office: Organisation
    oracle: Oracle
    came: dict[int, datetime]
    """When the people of which shifts check in."""

    def arrive(self, until: datetime) -> None:
        """Nobody has come before they come."""
        for number, at in self.came.items():
            if at <= until:
                Shift.objects.filter(pk=number, checked_in_at=None, taken_off_at=None).update(checked_in_at=at)


Act = Callable[[Stage, datetime], None]


def change_pattern(name: str, days: int, more: int) -> Act:
    def act(stage: Stage, at: datetime) -> None:
        shifts = tuple(replace(one, minimum=one.minimum + more) for one in PATTERNS[name])
        posts.set_pattern(stage.post.pk, shifts, day_of(at) + days * DAY, at=at)
        stage.oracle.change(shifts, day_of(at) + days * DAY, at)

    return act


def reinforce(code: str, days: int, lasts: int, minimum: int, on_holidays: bool) -> Act:
    def act(stage: Stage, at: datetime) -> None:
        first = day_of(at) + days * DAY
        asked = Reinforcing(first, first + lasts * DAY, code, minimum, on_holidays=on_holidays)
        stage.oracle.raises[posts.reinforce(stage.post.pk, asked, at=at).pk] = asked

    return act


def take_back(stage: Stage, at: datetime) -> None:
    if stage.oracle.raises:
        number, _asked = stage.oracle.raises.popitem()
        posts.end_reinforcement(number, at=at)


def keep_holiday(days: int) -> Act:
    def act(stage: Stage, at: datetime) -> None:
        day = day_of(at) + days * DAY
        settings.keep_holiday(stage.office, day, "Ngày riêng", at=at)
        stage.oracle.own_holidays.add(day)

    return act


def drop_holiday(days: int) -> Act:
    def act(stage: Stage, at: datetime) -> None:
        day = day_of(at) + days * DAY
        settings.drop_holiday(stage.office, day, at=at)
        stage.oracle.own_holidays.discard(day)

    return act


def turn_presence(stage: Stage, at: datetime) -> None:
    fields = posts.settings_of(Post.objects.get(pk=stage.post.pk))
    posts.change_post(stage.post.pk, replace(fields, asks_presence=not fields.asks_presence), at=at)
    stage.oracle.asks_presence = not fields.asks_presence


def take_off(stage: Stage, at: datetime) -> None:
    """Everybody on duty, where nobody is asked to check in: who never came to what is asked has no minutes to keep."""
    if not stage.oracle.asks_presence:
        running = Shift.objects.filter(post=stage.post, from_utc__lt=at, to_utc__gt=at, left_at=None)
        publishing.take_off(running.select_related("post"), at)


def tighten(minutes: int) -> Act:
    def act(stage: Stage, at: datetime) -> None:
        settings.tighten(stage.office, "late_check_in_minutes", minutes, at=at)
        stage.oracle.grace = minutes

    return act


def adopt(stage: Stage, at: datetime) -> None:
    if not stage.oracle.pattern and stage.oracle.minimum:
        posts.adopt_table(stage.post.pk, at=at)
        stage.oracle.change(tuple(posts.fields_of(row) for row in stage.post.shift_types.all()), day_of(at), at)


def retire(days: int) -> Act:
    def act(stage: Stage, at: datetime) -> None:
        on = day_of(at) + days * DAY
        if stage.oracle.retired > day_of(at) and not stage.oracle.minimum:
            posts.retire_post(stage.post.pk, on, at=at)
            stage.oracle.retired = on
            for held in stage.oracle.pattern:
                held.until = min(held.until or on, on)

    return act


patterns = st.builds(change_pattern, st.sampled_from(["3x8", "2x12", "1x24"]), st.integers(-1, 2), st.integers(0, 1))
reinforcings = st.builds(
    reinforce, st.sampled_from(["", "S", "Đ"]), st.integers(-1, 1), st.integers(0, 2), st.integers(2, 3), st.booleans()
)
acts = st.one_of(
    patterns, reinforcings, st.just(take_back), st.builds(keep_holiday, st.integers(-1, 1)),
    st.builds(drop_holiday, st.integers(-1, 1)), st.just(turn_presence), st.builds(tighten, st.integers(5, 15)),
    st.just(take_off),
    st.just(adopt), st.builds(retire, st.integers(-1, 1)),
)  # fmt: skip
STEPS = int((END - START) / STEP)
# (half hour, act); of shifts: (begin in half hours, hours, minutes after the begin at which their person came).
plans = st.dictionaries(st.integers(0, STEPS - 1), acts, max_size=6)
WATCH_HOURS = 6
lateness = st.lists(st.none() | st.integers(0, 20), min_size=8, max_size=8)
rolls = st.lists(st.tuples(st.integers(-8, STEPS - 4), st.integers(2, 14), st.none() | st.integers(0, 40)), max_size=4)


def watched(late: list[int | None], more: list[tuple[int, int, int | None]]) -> list[tuple[int, int, int | None]]:
    """Somebody around the clock, each so late or not at all, and others beside them."""
    return [(number * 2 * WATCH_HOURS, WATCH_HOURS, came) for number, came in enumerate(late)] + more


def staged(office: Office, roll: list[tuple[int, int, int | None]], *, is_of_table: bool, asks: bool) -> Stage:
    """A post with everybody's shifts; who comes checks in later, and never in the week before."""
    if is_of_table:
        post = Post.objects.create(
            organisation=office.organisation, org_path=office.organisation.path, name="Bảng", asks_presence=asks
        )
        oracle = Oracle(1, asks_presence=asks)
    else:
        fields = replace(PostFields.usual("Khung", "monitoring"), asks_presence=asks)
        post = posts.add_post(office.organisation, fields, on=MONDAY - DAY, at=START - 2 * DAY)
        oracle = Oracle(0, [Held(one, MONDAY - DAY) for one in PATTERNS["3x8"]], asks_presence=asks)
        oracle.patterned_from = START - DAY
    comes = {}
    for number, (begin, hours, came) in enumerate(roll):
        at = START + begin * STEP
        shift = stand(post, f"An {number}", at, hours)
        if came is not None and at >= START:
            comes[shift.pk] = at + came * MINUTE
    return Stage(post, office.organisation, oracle, comes)


def played(stage: Stage, plan: dict[int, Act]) -> list[tuple[datetime, int, bool]]:
    """(half hour, how many were asked for, whether presence was), each as it passed; no act changes what has passed."""
    log = []
    shifts = list(Shift.objects.filter(post=stage.post))
    reach = min((one.from_utc for one in shifts), default=END), max((one.to_utc for one in shifts), default=END)
    for number in range(STEPS):
        at = START + number * STEP
        stage.arrive(at)
        if act := plan.get(number):
            before = judged(stage.post, START, at, now=at)
            try:
                with transaction.atomic():
                    act(stage, at)
            except InputError:
                pass  # Refused, because it would: nothing is to change.
            assert judged(stage.post, START, at, now=at) == before
        log.append((at, stage.oracle.asked(at, reach), stage.oracle.asks_presence))
        stage.oracle.graces |= {one.pk: stage.oracle.grace for one in shifts if one.from_utc == at}
    stage.arrive(END + DAY)
    return log


def expected(stage: Stage, log: list[tuple[datetime, int, bool]]) -> list[str | None]:
    """What each minute is, looked at alone."""
    shifts = list(Shift.objects.filter(post=stage.post))
    turned_on = [now[0] for before, now in itertools.pairwise(log) if now[2] and not before[2]]
    came_at = [one.checked_in_at for one in shifts if one.checked_in_at]
    # Whether somebody checked in in the week, and not because the post asked for it.
    is_shown = any(not [asks for half_hour, _asked, asks in log if half_hour <= came][-1] for came in came_at)

    def is_there(one: Shift, moment: datetime) -> bool:
        came = one.checked_in_at
        if came is None:
            return False
        due = max([one.from_utc, *(turned for turned in turned_on if one.from_utc < turned <= min(came, one.to_utc))])
        is_late = came > due + stage.oracle.graces[one.pk] * MINUTE
        return (came if is_late else due) <= moment < (one.left_at or one.to_utc)

    found: list[str | None] = []
    for half_hour, asked, asks_presence in log:
        for minute in range(STEP // MINUTE):
            moment = half_hour + minute * MINUTE
            is_recorded = asks_presence or is_shown
            planned = sum(one.from_utc <= moment < (one.left_at or one.to_utc) for one in shifts)
            there = sum(is_there(one, moment) for one in shifts) if is_recorded else planned
            attained = State.PRESENT if is_recorded else State.PLANNED
            found.append(None if not asked else (attained if there >= asked else State.HOLE).value)
    return found


PUNCTUAL: list[int | None] = [0] * 8
LATE: list[int | None] = [8] * 8


@given(plans, lateness, rolls, st.booleans(), st.booleans())
@example({1: turn_presence}, [*[None] * 7, 0], [], False, False)
@example({30: turn_presence}, [0, 0, *[None] * 6], [], False, True)
@example({0: change_pattern("3x8", 1, 0), 1: change_pattern("3x8", 0, 0)}, [None] * 8, [], True, False)
@example({20: change_pattern("2x12", 0, 1), 30: turn_presence}, PUNCTUAL, [], False, True)
@example({20: adopt, 24: change_pattern("3x8", 1, 1), 40: turn_presence}, PUNCTUAL, [], True, True)
@example({15: reinforce("", 0, 0, 2, False), 21: take_back}, PUNCTUAL, [], False, True)
@example({20: retire(0), 30: retire(1), 60: turn_presence, 70: retire(1)}, PUNCTUAL, [], False, True)
@example({5: tighten(5), 50: tighten(15)}, LATE, [], False, True)
@example({0: reinforce("", 0, 2, 2, True), 68: keep_holiday(0)}, PUNCTUAL, [], False, True)
@example({0: reinforce("", 0, 2, 2, True), 30: keep_holiday(1), 68: drop_holiday(0)}, PUNCTUAL, [], False, True)
@example({15: take_off, 40: turn_presence}, [None] * 8, [], False, False)
@example({15: turn_presence, 21: take_off}, PUNCTUAL, [], False, True)
@examples(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_every_minute_is_judged_by_what_was_asked_when_it_passed(office, plan, late, more, is_of_table, asks):
    with transaction.atomic():
        stage = staged(office, watched(late, more), is_of_table=is_of_table, asks=asks)
        wanted = expected(stage, played(stage, plan))
        (one,) = coverage([Post.objects.get(pk=stage.post.pk)], START, END, now=END + HOUR * MINUTE)
        found: list[str | None] = [None] * len(wanted)
        for stretch in one.stretches:
            for minute in range((stretch.from_utc - START) // MINUTE, (stretch.to_utc - START) // MINUTE):
                assert found[minute] is None
                found[minute] = stretch.state.value
        transaction.set_rollback(True)
    assert found == wanted


def states(minutes: Minutes) -> Minutes:
    """The minutes of each state in a row, whoever was there."""
    runs = itertools.groupby(minutes, key=lambda pair: pair[0])
    return [(state, sum(length for _state, length in run)) for state, run in runs]


def test_asking_for_presence_holds_from_its_moment_and_makes_no_hole_of_what_was_planned(office):
    post = office.post
    posts.change_post(post.pk, replace(posts.settings_of(post), asks_presence=False), at=BEFORE)
    begins = [START + timedelta(hours=hour) for hour in (6, 14, 22, 30)]
    shifts = [stand(post, name, begin) for name, begin in zip("ABCD", begins, strict=True)]
    ticked = begins[3] + 3 * timedelta(hours=1)
    assert states(judged(post, begins[0], ticked, now=ticked)) == [("planned", 27 * 60)]
    posts.change_post(post.pk, replace(posts.settings_of(post), asks_presence=True), at=ticked)
    assert states(judged(post, begins[0], ticked, now=ticked)) == [("planned", 27 * 60)]
    # Whoever stands there then has as long to check in as at the begin of a shift, and counts from that moment.
    soon = ticked + 5 * MINUTE
    assert states(judged(post, begins[0], soon, now=soon)) == [("planned", 27 * 60 + 5)]
    assert presence.note_absence(at=soon) == []
    presence.check_in(shifts[3].pk, "D", at=soon)
    later = soon + timedelta(hours=1)
    assert states(judged(post, begins[0], later, now=later)) == [("planned", 27 * 60), ("present", 65)]


def test_who_does_not_check_in_once_asked_is_a_hole_from_that_moment_and_not_before(office):
    post, begin = office.post, START + timedelta(hours=6)
    posts.change_post(post.pk, replace(posts.settings_of(post), asks_presence=False), at=BEFORE)
    stand(post, "A", begin)
    ticked = begin + timedelta(hours=3)
    posts.change_post(post.pk, replace(posts.settings_of(post), asks_presence=True), at=ticked)
    later = ticked + timedelta(hours=2)
    assert states(judged(post, begin, later, now=later)) == [("planned", 180), ("hole", 120)]
    assert [one.person_name for one in presence.note_absence(at=later)] == ["A"]


def test_where_people_are_asked_no_more_their_check_ins_before_make_no_hole_of_the_rest_of_the_week(office):
    post, begin = office.post, START + timedelta(hours=6)
    early = stand(post, "A", begin, came=begin)
    turned = begin + timedelta(hours=8)
    Shift.objects.filter(pk=early.pk).update(asked_at=begin - 30 * MINUTE)
    fields = posts.settings_of(post)
    # Whoever was sent the link before comes because they were asked.
    stand(post, "B", turned, came=turned + MINUTE)
    Shift.objects.filter(person_name="B").update(asked_at=turned - 30 * MINUTE)
    stand(post, "C", turned + timedelta(hours=8))
    posts.change_post(post.pk, replace(fields, asks_presence=False), at=turned)
    end = turned + timedelta(hours=16)
    assert states(judged(post, begin, end, now=end)) == [("present", 480), ("planned", 960)]
    # Who checks in of their own accord shows that presence is recorded in this week.
    stand(post, "D", end, came=end)
    assert states(judged(post, begin, end, now=end + MINUTE)) == [("present", 960), ("hole", 480)]
