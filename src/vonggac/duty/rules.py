"""Pure decisions about duty: who is on a post when, and what is missing (dispatch 1465, 1a: staffed 24/7)."""

import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from vonggac.duty.skills import LEAD

# A hole names people and skills: (skill, how many of it).
Skills = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Duty:
    """A person on a post from one moment to another, with the skills that they bring."""

    post_id: int
    person: str
    skills: frozenset[str]
    from_utc: datetime
    to_utc: datetime
    is_away: bool = False
    """Planned, but on leave: they fill no place, and are why it is empty."""
    is_on_call: bool = False
    """Reachable at home: no work that one rests from."""

    @property
    def is_lead(self) -> bool:
        """True when the person leads the shift."""
        return LEAD in self.skills

    def covers(self, moment: datetime) -> bool:
        """True when the person is on at this moment."""
        return self.from_utc <= moment < self.to_utc


@dataclass(frozen=True, slots=True)
class Demand:
    """What a post needs at every moment of a span; several that overlap add up."""

    from_utc: datetime
    to_utc: datetime
    minimum: int = 1
    skills: Skills = ()


@dataclass(frozen=True, slots=True)
class Hole:
    """A time in which a post lacks people or skills."""

    post_id: int
    from_utc: datetime
    to_utc: datetime
    missing_people: int
    skills: Skills = ()
    away: tuple[str, ...] = ()
    """Who is planned there and on leave."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What is asked for and who is there between two neighbouring changes."""

    from_utc: datetime
    to_utc: datetime
    minimum: int
    skills: Skills
    people: tuple[Duty, ...]

    @property
    def away(self) -> tuple[str, ...]:
        """Who is planned and on leave."""
        return tuple(sorted({duty.person for duty in self.people if duty.is_away}))


def moments(
    demands: Collection[Demand], duties: Collection[Duty], start: datetime, end: datetime, cuts: Iterable[datetime] = ()
) -> Iterator[Moment]:
    """The span cut at every change of need or staff, and at `cuts`. O(n log n + n · people on at once)."""
    spans: list[Demand | Duty] = [*demands, *duties]
    edges = {start, end, *cuts, *(span.from_utc for span in spans), *(span.to_utc for span in spans)}
    begins = sorted(spans, key=lambda span: span.from_utc)
    on: list[Demand | Duty] = []
    position = 0
    for begin, stop in itertools.pairwise(sorted(edge for edge in edges if start <= edge <= end)):
        while position < len(begins) and begins[position].from_utc <= begin:
            on.append(begins[position])
            position += 1
        on = [span for span in on if span.to_utc > begin]
        asked = [span for span in on if isinstance(span, Demand)]
        skills: Counter[str] = Counter()
        for demand in asked:
            skills.update(dict(demand.skills))
        people = tuple(span for span in on if isinstance(span, Duty))
        yield Moment(begin, stop, sum(demand.minimum for demand in asked), tuple(sorted(skills.items())), people)


def lack_at(moment: Moment) -> tuple[int, Skills]:
    """(people, skills) that are missing; one person with two skills counts for both, and twice on is one person."""
    skills_of: dict[str, frozenset[str]] = {}
    for duty in (one for one in moment.people if not one.is_away):
        skills_of[duty.person] = skills_of.get(duty.person, frozenset()) | duty.skills
    missing = max(0, moment.minimum - len(skills_of))
    short = ((skill, count - sum(skill in own for own in skills_of.values())) for skill, count in moment.skills)
    return missing, tuple((skill, count) for skill, count in short if count > 0)


def holes(
    post_id: int, demands: Collection[Demand], duties: Iterable[Duty], start: datetime, end: datetime
) -> list[Hole]:
    """The times from start to end in which the post is short, neighbouring ones with the same lack joined."""
    own = [duty for duty in duties if duty.post_id == post_id]
    found: list[Hole] = []
    for moment in moments(demands, own, start, end):
        missing, skills = lack_at(moment)
        if missing or skills:
            _join(found, Hole(post_id, moment.from_utc, moment.to_utc, missing, skills, moment.away))
    return found


def _join(found: list[Hole], hole: Hole) -> None:
    last = found[-1] if found else None
    if (
        last is not None
        and replace(last, from_utc=hole.from_utc) == replace(hole, to_utc=last.to_utc)
        and (last.to_utc == hole.from_utc)
    ):
        found[-1] = replace(last, to_utc=hole.to_utc)
    else:
        found.append(hole)


def parted(duty: Duty, away: Iterable[tuple[datetime, datetime]]) -> Iterator[Duty]:
    """The duty cut where its person is on leave, in order: `is_away` in those times. O(n log n)."""
    reached = duty.from_utc
    for begin, end in sorted(away):
        first, last = max(begin, reached), min(end, duty.to_utc)
        if first < last:
            if reached < first:
                yield replace(duty, from_utc=reached, to_utc=first)
            yield replace(duty, from_utc=first, to_utc=last, is_away=True)
            reached = last
    if reached < duty.to_utc:
        yield replace(duty, from_utc=reached)


def need_of(duties: Sequence[Duty]) -> tuple[int, bool]:
    """(fewest people, whether a lead) that an imported table itself shows for a post: what most of its shifts have."""
    starts: dict[datetime, int] = {}
    leads: dict[datetime, bool] = {}
    for duty in duties:
        starts[duty.from_utc] = starts.get(duty.from_utc, 0) + 1
        leads[duty.from_utc] = leads.get(duty.from_utc, False) or duty.is_lead
    numbers = sorted(starts.values())
    usual = numbers[len(numbers) // 2] if numbers else 1
    has_lead = sum(leads.values()) * 2 > len(leads)
    return max(1, usual), has_lead


def hand_over_opens(begin: datetime, boundary: datetime) -> datetime:
    """From when a shift can be handed over: an hour before it ends, a shift of less than two hours from its middle."""
    return boundary - min(timedelta(hours=1), (boundary - begin) / 2)


def may_check_in(from_utc: datetime, to_utc: datetime, now: datetime, *, early: timedelta = timedelta(hours=1)) -> bool:
    """True from an hour before a shift until its end."""
    return from_utc - early <= now < to_utc
