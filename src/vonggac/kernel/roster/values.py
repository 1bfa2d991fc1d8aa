"""The frozen values of a roster problem and of its answer; everything that plans, checks or shows rosters shares them.

Times are whole minutes since 1970-01-01 UTC (`minute_of`, `moment_of`), lengths whole minutes; a span holds its begin
and not its end. Days are *local* days by `Rules.utc_offset_minutes`, counted since 1970-01-01 (a Thursday), and a slot
belongs to the local day on which it begins: a night from 22:00 to 06:00 is a night of the evening's day.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Literal, TypeAlias

DAY_MINUTES = 24 * 60
WEEK_DAYS = 7
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# 1970-01-01 was a Thursday; weeks of labour law run from Monday (Labour Code 2019, Art. 105: hours in a week).
_EPOCH_WEEKDAY = 3


def minute_of(moment: datetime) -> int:
    """Whole minutes since 1970-01-01 UTC of an aware moment, seconds cut off."""
    return (moment - _EPOCH) // timedelta(minutes=1)


def moment_of(minute: int) -> datetime:
    """The moment (UTC) of a count of minutes."""
    return _EPOCH + timedelta(minutes=minute)


def day_of(when: date) -> int:
    """The number of a local day, as `Rules.holidays` and `Rules.day` count them."""
    return (when - _EPOCH.date()).days


def date_of(day: int) -> date:
    """The date of a day's number."""
    return _EPOCH.date() + timedelta(days=day)


def weekday_of(day: int) -> int:
    """0 for Monday to 6 for Sunday."""
    return (day + _EPOCH_WEEKDAY) % WEEK_DAYS


def week_of(day: int) -> int:
    """The number of the week, Monday to Sunday, in which a day lies."""
    return (day + _EPOCH_WEEKDAY) // WEEK_DAYS


class RuleName(StrEnum):
    """What can stop a person from standing on a slot, or make a roster break the rules."""

    POST = "post"  # the person may not stand at this post
    SKILL = "skill"  # the slot has people enough and lacks a skill that the person does not have
    LEAVE = "leave"  # on leave, or otherwise away
    NIGHTS_BARRED = "nights_barred"  # may not work at night
    OVERLAP = "overlap"  # in two places at once
    REST = "rest"  # too little rest between two shifts
    NIGHTS_IN_ROW = "nights_in_row"
    DAYS_IN_ROW = "days_in_row"
    WEEKLY_MINUTES = "weekly_minutes"
    MOST_SLOTS = "most_slots"  # more shifts in the plan than the person's own limit
    FIXED = "fixed"  # a fixed assignment is not in the roster


class Burden(StrEnum):
    """What is shared out evenly, counted with history."""

    NIGHTS = "nights"
    WEEKENDS = "weekends"  # shifts that begin on a Saturday or Sunday
    HOLIDAYS = "holidays"
    SHIFTS = "shifts"


@dataclass(frozen=True, slots=True)
class Rule:
    """A number that may not be passed (or, for rest, not fallen short of), and where it is written.

    `cited`: the number that is written there, where an office tightened it.
    """

    limit: int
    citation: str = ""
    cited: int | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """The labour rules of a plan; None means that the rule is not in force. Organisations may only tighten them.

    Hours belong to the week, Monday to Sunday, and shifts to the day, in which they begin.
    """

    rest_minutes: Rule | None = Rule(12 * 60, "Labour Code 2019, Art. 110")
    nights_in_row: Rule | None = Rule(3)
    days_in_row: Rule | None = Rule(6, "Labour Code 2019, Art. 111")
    weekly_minutes: Rule | None = Rule(48 * 60, "Labour Code 2019, Art. 105")
    utc_offset_minutes: int = 7 * 60
    # The night by the clock, in minutes after local midnight (Labour Code 2019, Art. 106), and how much of a slot must
    # lie in it for the slot to count as a night among those shared out; who is barred from nights stands none of it.
    night_from_minute: int = 22 * 60
    night_to_minute: int = 6 * 60
    night_least_minutes: int = 3 * 60
    weekend_days: frozenset[int] = frozenset({5, 6})
    holidays: frozenset[int] = frozenset()

    def day(self, minute: int) -> int:
        """The number of the local day in which a minute lies."""
        return (minute + self.utc_offset_minutes) // DAY_MINUTES

    def night_minutes(self, begin: int, end: int) -> int:
        """How many minutes of a span lie in a night."""
        length = (self.night_to_minute - self.night_from_minute) % DAY_MINUTES
        first = self.day(begin) - 1
        dusks = ((day * DAY_MINUTES + self.night_from_minute - self.utc_offset_minutes) for day in
                 range(first, self.day(end) + 1))  # fmt: skip
        return sum(max(0, min(end, dusk + length) - max(begin, dusk)) for dusk in dusks)


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """One shift of one post on one day: when it is, and how many people with which skills it wants.

    `skills` are pairs (skill, how many people with it); one person with two skills counts for both. `minimum` is
    what leaves a hole when missed, `wished` what would be better. Being on call at home counts for coverage, nights,
    weekends and fairness, and not for rest, rows or hours; nobody is on call and on a post at once.
    """

    id: str
    post: str
    begin: int
    end: int
    minimum: int = 1
    wished: int = 0
    skills: tuple[tuple[str, int], ...] = ()
    code: str = ""
    is_on_call: bool = False

    @property
    def minutes(self) -> int:
        """The length."""
        return self.end - self.begin


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish of a person for a span of time: to stand a shift that overlaps it, or to stand none."""

    begin: int
    end: int
    wants_duty: bool
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Stint:
    """A shift already stood, or laid down elsewhere: rules look back at it, nobody moves it."""

    begin: int
    end: int
    is_on_call: bool = False


@dataclass(frozen=True, slots=True)
class Worker:
    """A person as the plan sees them.

    `posts`: where they may stand. `leave`: spans (begin, end) without duty. `history`: burdens borne before the plan,
    by `Burden` name. `stints`: shifts outside this plan, before or after. `share_percent`: 50 for half-time; their
    fair share of every burden is half. `weekly_minutes`, `most_slots`: their own limits, when tighter than the rules.
    `slots_counted`: what `most_slots` counts beside the slots stood in this plan, where it is a part of their roster;
    below 0 where it is more than that.
    """

    id: str
    posts: frozenset[str]
    skills: frozenset[str] = frozenset()
    leave: tuple[tuple[int, int], ...] = ()
    wishes: tuple[Wish, ...] = ()
    history: Mapping[Burden, int] = field(default_factory=dict)
    stints: tuple[Stint, ...] = ()
    is_barred_from_nights: bool = False
    weekly_minutes: int | None = None
    most_slots: int | None = None
    slots_counted: int = 0
    share_percent: int = 100


@dataclass(frozen=True, slots=True, order=True)
class Assignment:
    """A person on a slot."""

    slot: str
    worker: str


@dataclass(frozen=True, slots=True)
class Weights:
    """What each unit of a fault costs. A person or skill that is missing outweighs every wish and all unfairness.

    A burden costs its weight times the count of it borne before: the third night costs twice as much as the second,
    so sharing out evenly is cheapest, whatever the history.
    """

    missing_person: int = 100_000
    missing_skill: int = 100_000
    short_of_wished: int = 500
    over_wished: int = 500
    wish: int = 30  # times the wish's own weight
    burdens: Mapping[Burden, int] = field(
        default_factory=lambda: {Burden.NIGHTS: 4, Burden.WEEKENDS: 3, Burden.HOLIDAYS: 8, Burden.SHIFTS: 1}
    )


@dataclass(frozen=True, slots=True)
class Problem:
    """All that is needed to plan: slots, people, rules, weights, and what stays as it is.

    `fixed` assignments are kept by every planner, even where they break a rule (the checker names it).
    """

    slots: tuple[Slot, ...]
    workers: tuple[Worker, ...]
    rules: Rules = field(default_factory=Rules)
    weights: Weights = field(default_factory=Weights)
    fixed: frozenset[Assignment] = frozenset()


@dataclass(frozen=True, slots=True)
class Hole:
    """What a slot lacks: people short of the minimum, and skills (skill, how many) short of what is wanted."""

    slot: str
    missing: int
    skills: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a roster breaks, or that a person would break by standing on a slot.

    `slots` are those concerned, in order of time; `stint` the shift outside of the plan that clashes, if one does.
    `limit` and `found` are minutes, days or counts, as the rule counts; both 0 where it has no number. `words.say`
    makes the sentence.
    """

    rule: RuleName
    worker: str
    slots: tuple[str, ...]
    limit: int = 0
    found: int = 0
    citation: str = ""
    stint: Stint | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checker says of a roster: rules broken, holes left, and the cost with its parts."""

    violations: tuple[Violation, ...]
    holes: tuple[Hole, ...]
    cost: int
    parts: Mapping[str, int]
    spread: Mapping[Burden, int]  # most minus fewest of each burden among the people of one post, the worst post's

    @property
    def is_sound(self) -> bool:
        """True when no rule is broken; holes are another matter."""
        return not self.violations


Status: TypeAlias = Literal["optimal", "feasible", "pattern"]


@dataclass(frozen=True, slots=True)
class Roster:
    """A plan and how it was come by; all of it is stored with the plan.

    `bound`: no roster of this problem costs less; None when nothing is known. `status`: `optimal` when proven,
    `feasible` when time ran out, `pattern` when it came from the rotation and local search alone.
    """

    assignments: tuple[Assignment, ...]
    holes: tuple[Hole, ...]
    cost: int
    bound: int | None
    status: Status
    seed: int
    solver: str  # name and version


@dataclass(frozen=True, slots=True)
class Progress:
    """One line of live progress: how much is covered, the best cost so far and the bound."""

    seconds: float
    covered: int  # people placed, of the minimum
    wanted: int
    holes: int  # slots that lack people or skills
    cost: int | None
    bound: int | None
    stage: str


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One difference between two rosters: a person put on a slot, or taken off it."""

    slot: str
    worker: str
    is_added: bool


@dataclass(frozen=True, slots=True)
class Repair:
    """The smallest change found: what would be done, whom it touches, and the roster afterwards; nothing is applied.

    `is_smallest` when no smaller change within a week around the trouble mends as much.
    """

    changes: tuple[Change, ...]
    people: tuple[str, ...]
    roster: Roster
    is_smallest: bool = False


@dataclass(frozen=True, slots=True)
class Barrier:
    """Why one person may not fill a hole: every rule that they would break."""

    worker: str
    violations: tuple[Violation, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A hole and everybody's relation to it: who may fill it now, and what stops each of the others."""

    hole: Hole
    free: tuple[str, ...]
    barred: tuple[Barrier, ...]
