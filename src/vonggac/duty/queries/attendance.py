"""Who was there, as far as it shows: posts minute by minute, from shifts, check-ins, questions and hand-overs."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from vonggac.duty import limits
from vonggac.duty.coverage import Attendance, Question, State, Stretch, by_shift, cover, presence
from vonggac.duty.models import Post, Prompt, Shift
from vonggac.duty.patterns import day_of
from vonggac.duty.queries.needs import demands
from vonggac.duty.queries.watch import duty_of, stood, with_leave
from vonggac.duty.rules import Demand, Duty
from vonggac.tenancy.scope import bounds

# A shift that was relieved late reaches past its own end.
PAST_THE_END = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class PostCoverage:
    """One post over a span: its stretches, and whether anybody records presence there."""

    post: Post
    stretches: tuple[Stretch, ...]
    is_recorded: bool
    demands: tuple[Demand, ...] = ()

    @property
    def holes(self) -> list[Stretch]:
        """The times in which people or skills lacked, or will lack, each of one shift."""
        return by_shift((one for one in self.stretches if one.state is State.HOLE), self.demands)


def coverage(posts: Sequence[Post], start: datetime, end: datetime, *, now: datetime) -> list[PostCoverage]:
    """Every minute of these posts within a span; five queries, whatever the number of posts.

    A post records presence when it asks for it, or when somebody checked in there in or right before the span.
    """
    asked = demands(posts, start, end)
    by_post: dict[int, list[Shift]] = defaultdict(list)
    found = Shift.objects.filter(post__in=posts, to_utc__gt=start - PAST_THE_END, from_utc__lt=end)
    for shift in with_leave(found).order_by("from_utc", "pk"):
        by_post[shift.post_id].append(shift)
    questions: dict[int, list[Question]] = defaultdict(list)
    for prompt in Prompt.objects.filter(shift__in=found).order_by("asked_at"):
        questions[prompt.shift_id].append(Question(prompt.asked_at, prompt.due_at, prompt.answered_at))
    graces = {post.org_path: limits.minutes(post.org_path, "late_check_in_minutes", day_of(start)) for post in posts}
    covered = []
    for post in posts:
        shifts = by_post[post.pk]
        is_recorded = post.asks_presence or any(shift.checked_in_at for shift in shifts)
        present = [
            duty
            for shift in shifts
            for duty in present_duties(shift, questions[shift.pk], now=now, grace=graces[post.org_path])
        ]
        planned = [duty for shift in shifts for duty in stood(shift)]
        stretches = cover(asked[post.pk], planned, present, start, end, now=now, is_recorded=is_recorded)
        covered.append(PostCoverage(post, tuple(stretches), is_recorded, tuple(asked[post.pk])))
    return covered


def present_duties(shift: Shift, questions: Sequence[Question], *, now: datetime, grace: timedelta) -> list[Duty]:
    """The times in which the person of a shift was there, with their skills."""
    planned = duty_of(shift)
    one = Attendance(shift.from_utc, shift.to_utc, shift.checked_in_at, shift.left_at, questions)
    return [
        Duty(planned.post_id, planned.person, planned.skills, begin, end)
        for begin, end in presence(one, now=now, grace=grace)
    ]


def posts_of(org_path: str) -> list[Post]:
    """The posts at or below an organisation, retired ones among them: the past is judged too."""
    low, high = bounds(org_path)
    found = Post.objects.select_related("organisation").filter(org_path__gte=low, org_path__lt=high)
    return list(found.order_by("org_path", "position", "pk"))
