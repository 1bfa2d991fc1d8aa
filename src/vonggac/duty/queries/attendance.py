"""Who was there, as far as it shows: posts minute by minute, from shifts, check-ins, questions and hand-overs."""

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from vonggac.duty import limits
from vonggac.duty.coverage import Attendance, Question, State, Stretch, by_shift, cover, presence
from vonggac.duty.models import Post, Prompt, Shift
from vonggac.duty.patterns import begin_of, day_of
from vonggac.duty.queries.needs import demands
from vonggac.duty.queries.watch import BEHIND, Watch, covers, duty_of, missing, reaches, stood, with_leave
from vonggac.duty.rules import Demand, Duty, Hole
from vonggac.tenancy.scope import bounds

# A shift that was relieved late reaches past its own end.
PAST_THE_END = timedelta(hours=6)
GRACE = "late_check_in_minutes"
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class PostCoverage:
    """One post over a span: its stretches, and those of them in whose weeks nobody records presence there."""

    post: Post
    stretches: tuple[Stretch, ...]
    unrecorded: tuple[Stretch, ...] = ()
    demands: tuple[Demand, ...] = ()

    @property
    def is_recorded(self) -> bool:
        """True when presence is recorded there throughout the span."""
        return not self.unrecorded

    @property
    def recorded(self) -> tuple[Stretch, ...]:
        """The stretches in whose weeks presence is recorded."""
        unrecorded = set(self.unrecorded)
        return tuple(one for one in self.stretches if one not in unrecorded)

    def until(self, end: datetime) -> "PostCoverage":
        """As much of it as lies before a moment."""
        whole, unseen = (
            tuple(replace(one, to_utc=min(one.to_utc, end)) for one in stretches if one.from_utc < end)
            for stretches in (self.stretches, self.unrecorded)
        )
        return replace(self, stretches=whole, unrecorded=unseen)

    @property
    def holes(self) -> list[Stretch]:
        """The times in which people or skills lacked, or will lack, each of one shift."""
        return by_shift((one for one in self.stretches if one.state is State.HOLE), self.demands)


def coverage(
    posts: Sequence[Post],
    start: datetime,
    end: datetime,
    *,
    now: datetime,
    asked: Mapping[int, Sequence[Demand]] | None = None,
    ends: Mapping[int, datetime] | None = None,
) -> list[PostCoverage]:
    """Every minute of these posts within a span; eight queries, whatever the number of posts.

    What has passed is judged whether a roster was made for it or not; what is to come as far as the post's roster
    reaches, and past that it is not planned: no stretch.

    What a minute is does not depend on the span: a post records presence when it asks for it, else in the weeks, from
    Monday to Sunday, in which somebody checked in there. `asked`: what the posts need in the span, by post, and `ends`
    how far their rosters reach, where the caller knows it already.
    """
    asked = demands(posts, start, end) if asked is None else asked
    ends = reaches(posts, now) if ends is None else ends
    first, last = _monday(start), _monday(end) + _WEEK
    by_post: dict[int, list[Shift]] = defaultdict(list)
    found = Shift.objects.filter(post__in=posts, to_utc__gt=first - PAST_THE_END, from_utc__lt=last)
    for shift in with_leave(found).order_by("from_utc", "pk"):
        by_post[shift.post_id].append(shift)
    questions: dict[int, list[Question]] = defaultdict(list)
    for prompt in Prompt.objects.filter(shift__in=found).order_by("asked_at"):
        questions[prompt.shift_id].append(Question(prompt.asked_at, prompt.due_at, prompt.answered_at))
    tighter = limits.tighter_rules(GRACE)
    covered = []
    for post in posts:
        own = [row for row in tighter if post.org_path.startswith(row.org_path)]
        graces = {shift.pk: limits.minutes_by(own, post.org_path, GRACE, shift.due_at) for shift in by_post[post.pk]}
        roll = _Roll(post, by_post[post.pk], questions, tuple(asked[post.pk]), now, graces)
        reach = covers(ends[post.pk], asked[post.pk]) if post.pk in ends else now
        covered.append(roll.coverage(start, min(end, max(now, reach))))
    return covered


@dataclass(frozen=True, slots=True)
class _Roll:
    """What is known of one post: who should be there, who was, and what it needs."""

    post: Post
    shifts: Sequence[Shift]
    questions: Mapping[int, Sequence[Question]]
    demands: tuple[Demand, ...]
    now: datetime
    graces: Mapping[int, timedelta]
    """How late its person may check in, by shift: the rule of when they were due."""

    def coverage(self, start: datetime, end: datetime) -> PostCoverage:
        planned = [duty for shift in self.shifts for duty in stood(shift)]
        present = [
            duty
            for shift in self.shifts
            for duty in present_duties(
                shift,
                self.questions.get(shift.pk, ()),
                now=self.now,
                grace=self.graces[shift.pk],
                asked_since=self._asked_since(shift),
            )
        ]
        awaited = {
            due
            for shift in self.shifts if not shift.checked_in_at and not shift.taken_off_at
            for duty in stood(shift) if self._is_awaited(due := self._due(duty, shift), self.graces[shift.pk])
        }  # fmt: skip
        stretches: list[Stretch] = []
        unrecorded: list[Stretch] = []
        for first, last, is_recorded in self._spans(start, end):
            found = cover(
                self.demands, planned, present, first, last, now=self.now, is_recorded=is_recorded, awaited=awaited
            )
            stretches += found
            unrecorded += [] if is_recorded else found
        return PostCoverage(self.post, tuple(stretches), tuple(unrecorded), self.demands)

    def _came_unasked(self, shift: Shift) -> bool:
        """True when its person checked in of their own accord.

        Who does so because the post asks for it says nothing of the time in which it does not.
        """
        came = shift.checked_in_at
        return came is not None and shift.asked_at is None and not self.post.asked_presence(came)

    def _due(self, duty: Duty, shift: Shift) -> Duty:
        """The duty from when its person is due: its begin, or when they were put on it or first asked to check in."""
        moments = [duty.from_utc, shift.put_on_at, self._asked_since(shift)]
        return replace(duty, from_utc=max(moment for moment in moments if moment))

    def _asked_since(self, shift: Shift) -> datetime | None:
        return self.post.began_to_ask(shift.from_utc, min(shift.to_utc, shift.checked_in_at or shift.to_utc))

    def _is_awaited(self, duty: Duty, grace: timedelta) -> bool:
        """True while somebody who checks in counts from when they were due."""
        return not duty.is_away and duty.from_utc <= self.now < duty.from_utc + grace

    def _spans(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, bool]]:
        """(from, to, whether presence is recorded) of the times in the span, neighbours that are alike joined."""
        weeks = {_monday(shift.from_utc) for shift in self.shifts if self._came_unasked(shift)}
        edges = {*self.post.presence_turned_at, *(edge for week in weeks for edge in (week, week + _WEEK))}
        cuts = sorted({start, *(edge for edge in edges if start < edge < end), end} if start < end else ())
        pieces = (
            (first, last, self.post.asked_presence(first) or _monday(first) in weeks)
            for first, last in itertools.pairwise(cuts)
        )
        for is_recorded, alike in itertools.groupby(pieces, key=lambda piece: piece[2]):
            joined = list(alike)
            yield joined[0][0], joined[-1][1], is_recorded


def _monday(moment: datetime) -> datetime:
    """The begin of the week in Hà Nội in which a moment lies."""
    day = day_of(moment)
    return begin_of(day - timedelta(days=day.weekday()))


def present_duties(
    shift: Shift, questions: Sequence[Question], *, now: datetime, grace: timedelta, asked_since: datetime | None = None
) -> list[Duty]:
    """The times in which the person of a shift, read `with_leave`, was there, with their skills.

    `asked_since`: when, within the shift, its post began to ask people to check in.
    """
    planned = duty_of(shift)
    away = tuple(missing(shift))
    put_on = max((moment for moment in (shift.put_on_at, asked_since) if moment), default=None)
    one = Attendance(
        shift.from_utc, shift.to_utc, shift.checked_in_at, shift.left_at, questions, away, shift.breaks, put_on
    )
    return [
        Duty(planned.post_id, planned.person, planned.skills, begin, end)
        for begin, end in presence(one, now=now, grace=grace)
    ]


@dataclass(frozen=True, slots=True)
class OpenHole:
    """A post that is short at this moment; `is_empty` where nobody at all is there."""

    post: Post
    hole: Hole
    is_empty: bool


def open_now(watch: Watch) -> list[OpenHole]:
    """The posts that are short at the moment of the watch, empty ones first: what the strips of presence show there.

    By the roster, and where presence is recorded by who showed that they are there.
    """
    on = {shift.post_id for shift in watch.now}
    by_roster = {hole.post_id: hole for hole in watch.holes_now}
    posts = {post.pk: post for post in watch.posts}
    found = {pk: OpenHole(posts[pk], hole, pk not in on) for pk, hole in by_roster.items()}
    # A moment has no length: what counts is who is there right after it.
    moment = watch.at + timedelta.resolution
    recording = _recording(watch, on)
    for one in coverage(recording, watch.at - BEHIND, moment, now=moment) if recording else ():
        last = one.recorded[-1] if one.recorded else None
        if last is not None and last.state is State.HOLE and last.to_utc == moment:
            found[one.post.pk] = OpenHole(one.post, _open_hole(one, last, watch.at), not last.people)
    return sorted(found.values(), key=lambda one: (not one.is_empty, one.hole.from_utc, one.post.pk))


def _recording(watch: Watch, on: Collection[int]) -> list[Post]:
    """The posts with somebody on duty that record presence: they ask for it, or people checked in there this week."""
    checked_in = Shift.objects.filter(post__in=on, checked_in_at__isnull=False, to_utc__gt=_monday(watch.at))
    recorded = set(checked_in.order_by().values_list("post_id", flat=True).distinct())
    return [post for post in watch.posts if post.pk in on and (post.asks_presence or post.pk in recorded)]


def _open_hole(one: PostCoverage, last: Stretch, at: datetime) -> Hole:
    """The hole from its begin in the shift under way to the end of that shift."""
    begin = one.holes[-1].from_utc
    end = min((need.to_utc for need in one.demands if need.from_utc <= at < need.to_utc), default=last.to_utc)
    return Hole(one.post.pk, begin, end, last.missing_people, last.skills, last.away)


def posts_of(org_path: str) -> list[Post]:
    """The posts at or below an organisation, retired ones among them: the past is judged too."""
    low, high = bounds(org_path)
    found = Post.objects.select_related("organisation").filter(org_path__gte=low, org_path__lt=high)
    return list(found.order_by("org_path", "position", "pk"))
