"""Whether a unit was on watch through a directive's period, as clauses 1.a and 2.a of dispatch 1465 ask (24/7).

Proven when every minute that its posts need had the people with the skills there; docs/explanation/proof.md says why.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from vonggac.cases.proof import Gap, Missing, Verdict, VerdictState
from vonggac.directives.models import Obligation
from vonggac.directives.rules import watch_window
from vonggac.duty.coverage import State, Stretch
from vonggac.duty.models import Post
from vonggac.duty.patterns import begin_of
from vonggac.duty.queries.attendance import PostCoverage, coverage, posts_of
from vonggac.flows.proof.registry import assesses

NAME = "duty_coverage"
HOLES_NAMED = 3


@dataclass(frozen=True, slots=True)
class PostEvidence:
    """One post of the unit over the period, or its weeks in which anybody, or nobody, records presence there.

    Without stretches where it asked for nobody in it, or is not planned so far yet.
    """

    name: str
    stretches: tuple[Stretch, ...]
    is_recorded: bool


@dataclass(frozen=True, slots=True)
class WatchEvidence:
    """What is known about one unit's watch from `from_utc` to `to_utc`, seen at `now_utc`."""

    claimed_utc: datetime | None
    from_utc: datetime
    to_utc: datetime
    now_utc: datetime
    posts: tuple[PostEvidence, ...]


def judge(evidence: WatchEvidence) -> Verdict:
    """The verdict on one unit's watch. O(stretches of its posts)."""
    if evidence.claimed_utc is None:
        return Verdict(VerdictState.OPEN, ("the unit has claimed nothing yet",))
    seen_to = max(evidence.from_utc, min(evidence.to_utc, evidence.now_utc))
    holes = sorted(_holes(evidence, seen_to), key=lambda pair: (pair[1].from_utc, pair[0]))
    gaps = tuple(Gap(f"post {name}", hole.from_utc, hole.to_utc) for name, hole in holes)

    def verdict(state: VerdictState, *reasons: str, missing: tuple[Missing, ...] = ()) -> Verdict:
        return Verdict(state, reasons, missing, gaps, (), evidence.from_utc, seen_to, evidence.to_utc)

    if holes:
        many = [f"the watch was short {len(holes)} times"] if len(holes) > HOLES_NAMED else []
        named = holes[: HOLES_NAMED - len(many)]
        return verdict(VerdictState.CONTRADICTED, *many, *(_told(name, hole) for name, hole in named))
    missing = tuple(_missing(evidence, seen_to))
    if missing:
        return verdict(VerdictState.NOT_OBSERVABLE, *(str(one) for one in missing), missing=missing)
    if evidence.now_utc < evidence.to_utc or any(_awaited(evidence, seen_to)):
        return verdict(
            VerdictState.OPEN, f"the watch runs until {evidence.to_utc.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        )
    number = sum(bool(post.stretches) for post in evidence.posts)
    return verdict(VerdictState.PROVEN, f"people with the skills were there every minute on all {number} posts")


def _holes(evidence: WatchEvidence, seen_to: datetime) -> Iterator[tuple[str, Stretch]]:
    """(post, stretch) for each time in which presence is recorded and people or skills were not there."""
    for post in evidence.posts:
        if post.is_recorded:
            yield from ((post.name, one) for one in _past(post, seen_to) if one.state is State.HOLE)


def _awaited(evidence: WatchEvidence, seen_to: datetime) -> Iterator[Stretch]:
    """The last minutes of people who may still check in as if from the begin."""
    for post in evidence.posts:
        yield from (one for one in _past(post, seen_to) if one.state is State.PLANNED)


def _past(post: PostEvidence, seen_to: datetime) -> list[Stretch]:
    """The stretches that have begun, cut at `seen_to`: nobody has failed to come to an hour that is still to come."""
    return [replace(one, to_utc=min(one.to_utc, seen_to)) for one in post.stretches if one.from_utc < seen_to]


def _told(name: str, hole: Stretch) -> str:
    begin, end = hole.from_utc.astimezone(UTC), hole.to_utc.astimezone(UTC)
    if number := hole.missing_people:
        return (
            f"on the post {name} {number} people were missing from {begin:%Y-%m-%d %H:%M:%S} UTC "
            f"to {end:%Y-%m-%d %H:%M:%S} UTC"
        )
    skills = ", ".join(f"{count} × {skill}" for skill, count in hole.skills)
    return (
        f"on the post {name} these skills were missing: {skills} from {begin:%Y-%m-%d %H:%M:%S} UTC "
        f"to {end:%Y-%m-%d %H:%M:%S} UTC"
    )


def _missing(evidence: WatchEvidence, seen_to: datetime) -> Iterator[Missing]:
    """What would have to be recorded: a post at all, presence on each, somebody asked for at every minute."""
    if not evidence.posts:
        yield Missing("roster", "the unit has no post on the desk")
        return
    for post in evidence.posts:
        if not post.is_recorded and _past(post, seen_to):
            yield Missing("presence", "nobody records presence on this post", subject=post.name)
    for begin, end in _unheld(evidence, seen_to):
        yield Missing("roster", "no post asks for anybody", None, None, begin, end)


def _unheld(evidence: WatchEvidence, seen_to: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The times in which no post of the unit needed anybody: a watch around the clock has none."""
    reached = evidence.from_utc
    for stretch in sorted((one for post in evidence.posts for one in post.stretches), key=lambda one: one.from_utc):
        if stretch.from_utc >= seen_to:
            break
        if stretch.from_utc > reached:
            yield reached, stretch.from_utc
        reached = max(reached, stretch.to_utc)
    if reached < seen_to:
        yield reached, seen_to


@assesses(NAME)
def assess_watches(case_ids: Sequence[int], at: datetime) -> Iterator[tuple[int, Verdict]]:
    """(case, verdict) for each obligation about a watch."""
    obligations = Obligation.objects.filter(case__in=case_ids)
    for obligation in obligations.select_related("case", "clause", "directive").order_by("pk"):
        yield obligation.case_id, judge(evidence_of(obligation, at))


def evidence_of(obligation: Obligation, at: datetime) -> WatchEvidence:
    """What the desk knows about the unit's watch over the directive's period."""
    start, end = period_of(obligation)
    found = coverage(_posts(obligation), start, end, now=at)
    held = (one for one in found if one.stretches or not one.post.retired_on or begin_of(one.post.retired_on) > start)
    posts = tuple(part for one in held for part in _parts(one))
    return WatchEvidence(obligation.case.claimed_at, start, end, at, posts)


def _parts(one: PostCoverage) -> Iterator[PostEvidence]:
    """The weeks in which the post records presence, and those in which it does not."""
    yield PostEvidence(one.post.name, one.recorded, is_recorded=True)
    if one.unrecorded:
        yield PostEvidence(one.post.name, one.unrecorded, is_recorded=False)


def covered(obligation: Obligation, at: datetime) -> list[PostCoverage]:
    """The posts that the unit answers for over the directive's period, without those that needed nobody in it."""
    start, end = period_of(obligation)
    return [one for one in coverage(_posts(obligation), start, end, now=at) if one.stretches]


def _posts(obligation: Obligation) -> list[Post]:
    """The posts of the unit and those below it; of an office whose units are bound beside it its own alone."""
    path, alone = obligation.org_path, obligation.is_of_office_alone
    return [post for post in posts_of(path) if not alone or post.org_path == path]


def period_of(obligation: Obligation) -> tuple[datetime, datetime]:
    """The directive's period in Hà Nội's days; without one, from the day on which it arrived until the work is due."""
    directive, case = obligation.directive, obligation.case
    first, last = watch_window(
        directive.period_from, directive.period_to,
        arrived_on=directive.arrived_on, opened_at=case.opened_at, due_at=case.due_at,
    )  # fmt: skip
    return first, last or max(case.opened_at, first)
