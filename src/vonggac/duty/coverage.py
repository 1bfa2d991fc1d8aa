"""Every minute of a post: planned, present, or a hole. A pure function, read by pages, proof and reports alike."""

import itertools
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from vonggac.duty.rules import Demand, Duty, Hole, Moment, Skills, lack_at, moments


class State(StrEnum):
    """What a minute that needs somebody is."""

    PLANNED = "planned"  # enough people stand in the roster; nothing shows yet, or ever, that they were there
    PRESENT = "present"  # enough people with the skills were there
    HOLE = "hole"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring minutes of one state; a hole says what is missing, and `people` who was there or is planned."""

    from_utc: datetime
    to_utc: datetime
    state: State
    missing_people: int = 0
    skills: Skills = ()
    people: tuple[str, ...] = ()
    away: tuple[str, ...] = ()
    """Who is planned there and on leave."""

    @property
    def minutes(self) -> int:
        """The length."""
        return (self.to_utc - self.from_utc) // timedelta(minutes=1)


Gap = TypeVar("Gap", Hole, Stretch)


@dataclass(frozen=True, slots=True)
class Question:
    """One “still awake?”: unanswered past `due_utc`, nobody knows that the person was there after `asked_utc`."""

    asked_utc: datetime
    due_utc: datetime
    answered_utc: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attendance:
    """What is known about one person's presence on one shift."""

    from_utc: datetime
    to_utc: datetime
    checked_in_utc: datetime | None = None
    left_utc: datetime | None = None
    questions: Sequence[Question] = ()
    away: Sequence[tuple[datetime, datetime]] = ()
    """Times of leave, in which they were not there whatever else shows."""
    breaks: Sequence[Sequence[datetime]] = ()
    """From when they left until they came back."""
    put_on_utc: datetime | None = None
    """When they were put on it, where it had begun by then."""


def cover(
    demands: Collection[Demand],
    planned: Collection[Duty],
    present: Collection[Duty],
    start: datetime,
    end: datetime,
    *,
    now: datetime,
    is_recorded: bool,
    awaited: Collection[Duty] = (),
) -> list[Stretch]:
    """The stretches from start to end in which the post needs somebody, in order, none overlapping.

    Minutes before `now` are present or a hole by who was there, where presence is recorded; where it is not, and after
    `now`, planned or a hole by the roster. Minutes that only need somebody of `awaited`, who may still check in as if
    from the begin, are planned. O(n log n + n · people on at once).
    """
    found: list[Stretch] = []
    past_end = min(max(now, start), end)
    witnesses = [*present, *awaited] if is_recorded else planned
    for moment in moments(demands, witnesses, start, past_end):
        there = tuple(duty for duty in moment.people if duty not in awaited)
        is_seen = is_recorded and lack_at(replace(moment, people=there)) == (0, ())
        _append(found, moment, State.PRESENT if is_seen else State.PLANNED)
    for moment in moments(demands, planned, past_end, end):
        _append(found, moment, State.PLANNED)
    return found


def by_shift(holes: Iterable[Gap], demands: Collection[Demand]) -> list[Gap]:
    """The holes cut where a shift begins or ends, so that each is one shift's own: what pages count and name."""
    edges = sorted({edge for demand in demands for edge in (demand.from_utc, demand.to_utc)})
    found: list[Gap] = []
    for hole in holes:
        inside: list[datetime] = [edge for edge in edges if hole.from_utc < edge < hole.to_utc]
        pairs = itertools.pairwise([hole.from_utc, *inside, hole.to_utc])
        found += [replace(hole, from_utc=begin, to_utc=end) for begin, end in pairs]
    return found


def _append(found: list[Stretch], moment: Moment, attained: State) -> None:
    if not moment.minimum and not moment.skills:
        return
    missing, skills = lack_at(moment)
    state = State.HOLE if missing or skills else attained
    people = tuple(sorted({duty.person for duty in moment.people if not duty.is_away}))
    stretch = Stretch(moment.from_utc, moment.to_utc, state, missing, skills, people, moment.away)
    if (
        found
        and found[-1].to_utc == stretch.from_utc
        and replace(found[-1], to_utc=stretch.to_utc) == replace(stretch, from_utc=found[-1].from_utc)
    ):
        found[-1] = replace(found[-1], to_utc=stretch.to_utc)
    else:
        found.append(stretch)


def presence(one: Attendance, *, now: datetime, grace: timedelta) -> list[tuple[datetime, datetime]]:
    """The times in which a person was there, as far as it shows.

    From the check-in (where it came within `grace`, from when they were due: the begin of the shift or of its part
    after leave, or when they were put on it) until they left, were relieved, or the shift ended; without leave and
    breaks, and without the times after a question that they let pass, until their next answer or return.
    """
    if one.checked_in_utc is None or one.checked_in_utc > now:
        return []
    due = max(
        [one.from_utc, one.put_on_utc or one.from_utc, *(end for _begin, end in one.away if end <= one.checked_in_utc)]
    )
    is_punctual = due <= one.checked_in_utc <= due + grace
    begin = due if is_punctual else one.checked_in_utc
    end = min(one.left_utc or one.to_utc, now)
    spans = [(begin, end)]
    for away_from, away_to in (*one.away, *one.breaks, *_silences(one, end, now)):
        spans = [part for span in spans for part in _without(span, away_from, away_to)]
    return [(first, last) for first, last in spans if first < last]


def _silences(one: Attendance, end: datetime, now: datetime) -> Iterable[tuple[datetime, datetime]]:
    """The times after questions that were not answered in time, until the next answer to any question, or return.

    One whose time passed in leave or a break, or once they had left or the shift was over, says nothing: nobody was
    there to answer.
    """
    answers = (each.answered_utc for each in one.questions)
    signs = sorted(sign for sign in (*answers, *(back for _, back in one.breaks)) if sign is not None and sign <= now)
    last = min(one.left_utc or one.to_utc, one.to_utc)
    for question in one.questions:
        is_in_time = question.answered_utc is not None and question.answered_utc <= question.due_utc
        is_gone = any(begin <= question.due_utc < until for begin, until in (*one.away, *one.breaks))
        if question.due_utc <= now and question.due_utc < last and not is_in_time and not is_gone:
            yield question.asked_utc, next((sign for sign in signs if sign >= question.asked_utc), end)


def _without(
    span: tuple[datetime, datetime], away_from: datetime, away_to: datetime
) -> Iterable[tuple[datetime, datetime]]:
    begin, end = span
    yield begin, min(end, away_from)
    yield max(begin, away_to), end
