"""Pure decisions about duty: who is on a post when, and what is missing (dispatch 1465, 1a: staffed 24/7)."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

# Skills as rosters write them; a lead may also be told by the word itself.
LEAD_SKILLS = frozenset({"truong_ca", "lead", "trưởng ca", "truong ca"})


@dataclass(frozen=True, slots=True)
class Duty:
    """A person on a post from one moment to another."""

    post_id: int
    person: str
    skill: str
    from_utc: datetime
    to_utc: datetime

    @property
    def is_lead(self) -> bool:
        """True when the person leads the shift."""
        return self.skill.strip().lower() in LEAD_SKILLS

    def covers(self, moment: datetime) -> bool:
        """True when the person is on at this moment."""
        return self.from_utc <= moment < self.to_utc


@dataclass(frozen=True, slots=True)
class Need:
    """What a post needs at every moment."""

    post_id: int
    name: str
    minimum: int = 1
    needs_lead: bool = False


@dataclass(frozen=True, slots=True)
class Hole:
    """A time in which a post lacks people or a lead."""

    post_id: int
    from_utc: datetime
    to_utc: datetime
    missing_people: int
    lacks_lead: bool

    @property
    def is_empty_post(self) -> bool:
        """True when the lack is of people, not of the lead among them."""
        return self.missing_people > 0


def holes(need: Need, duties: Sequence[Duty], start: datetime, end: datetime) -> list[Hole]:
    """The times from start to end in which the post is short, neighbouring ones with the same lack joined.

    O(n · m) for n duties and m changes of shift in the span, a roster's few hundreds.
    """
    own = [duty for duty in duties if duty.post_id == need.post_id]
    edges = {start, end, *(duty.from_utc for duty in own), *(duty.to_utc for duty in own)}
    moments = sorted(edge for edge in edges if start <= edge <= end)
    found: list[Hole] = []
    for begin, stop in itertools.pairwise(moments):
        on = [duty for duty in own if duty.covers(begin)]
        missing = max(0, need.minimum - len({duty.person for duty in on}))
        lacks_lead = need.needs_lead and not any(duty.is_lead for duty in on)
        if missing or lacks_lead:
            _join(found, Hole(need.post_id, begin, stop, missing, lacks_lead))
    return found


def _join(found: list[Hole], hole: Hole) -> None:
    last = found[-1] if found else None
    alike = last is not None and (last.missing_people, last.lacks_lead) == (hole.missing_people, hole.lacks_lead)
    if last is not None and alike and last.to_utc == hole.from_utc:
        found[-1] = Hole(hole.post_id, last.from_utc, hole.to_utc, hole.missing_people, hole.lacks_lead)
    else:
        found.append(hole)


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


def slots(duties: Sequence[Duty], start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The distinct shifts (from, to) that begin within a span, in order of time."""
    yield from sorted({(duty.from_utc, duty.to_utc) for duty in duties if start <= duty.from_utc < end})


def may_check_in(from_utc: datetime, to_utc: datetime, now: datetime, *, early: timedelta = timedelta(hours=1)) -> bool:
    """True from an hour before a shift until its end."""
    return from_utc - early <= now < to_utc
