"""Duty: posts, shifts, who was there, and saying that one is."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from ninja import Path, Query, Router, Schema
from pydantic import AfterValidator, Field

from vonggac.desk.api.access import ApiRequest
from vonggac.desk.api.schemas import Identifier, PageRows
from vonggac.duty import queries
from vonggac.duty.models import Post, Prompt, Shift, ShiftType
from vonggac.duty.patterns import day_of
from vonggac.duty.queries import needs
from vonggac.duty.queries.attendance import PostCoverage, coverage, posts_of
from vonggac.duty.services import presence
from vonggac.errors import WrongState
from vonggac.jobs.clock import now
from vonggac.register.rules import Act

router = Router(tags=["duty"])
VIA = "api"
LONGEST = timedelta(days=92)
EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2190, 1, 1, tzinfo=UTC)
USUAL = timedelta(days=7)
# Rows that were just written carry the office's clock; programs read UTC.
Moment = Annotated[datetime, AfterValidator(lambda moment: moment.astimezone(UTC))]


class Span(Schema):
    """From when to when, at most 92 days; without times the week from now on. A time without an offset is UTC."""

    begin: datetime | None = Field(None, alias="from")
    end: datetime | None = Field(None, alias="to")


class ShiftQuery(Span):
    """Which shifts, and from where on: `after` is the `next` of the page before."""

    post: Identifier | None = None
    after: Identifier | None = None
    rows: PageRows = 100


class ShiftOut(Schema):
    """A person on a post for a time, as planned, and what shows that they were there."""

    id: int
    post_id: int
    post: str
    person: str
    skills: list[str]
    is_on_call: bool
    from_utc: Moment
    to_utc: Moment
    checked_in_at: Moment | None
    checked_in_via: str
    left_at: Moment | None

    @classmethod
    def of(cls, shift: Shift) -> "ShiftOut":
        """The shift as it stands now."""
        taken = {
            name: getattr(shift, name) for name in cls.model_fields if name not in {"id", "post", "person", "skills"}
        }
        skills = sorted(queries.duty_of(shift).skills)
        return cls(id=shift.pk, post=shift.post.name, person=shift.person_name, skills=skills, **taken)


class ShiftPage(Schema):
    """Some shifts by number; `next` is the cursor of the page after it."""

    shifts: list[ShiftOut]
    next: int | None


class ShiftTypeOut(Schema):
    """One shift of a post's pattern; the begin in minutes after midnight in Hà Nội."""

    code: str
    name: str
    start_minute: int
    length_minutes: int
    is_on_call: bool
    minimum: int
    wished: int
    skills: dict[str, int]


class PostOut(Schema):
    """A post that is held, with the shifts that hold today."""

    id: int
    name: str
    kind: str
    organisation: str
    asks_presence: bool
    shift_types: list[ShiftTypeOut]


class Posts(Schema):
    """Every post that is held."""

    posts: list[PostOut]


class StretchOut(Schema):
    """Neighbouring minutes of one state: planned, present or hole; a hole says what is missing."""

    from_utc: datetime
    to_utc: datetime
    state: str
    missing_people: int
    missing_skills: dict[str, int]
    people: list[str]


class PostPresence(Schema):
    """One post minute by minute; where presence is not recorded its past is planned at best."""

    post_id: int
    post: str
    is_recorded: bool
    stretches: list[StretchOut]


class Presence(Schema):
    """Every post that needs somebody within the span."""

    posts: list[PostPresence]


@router.get("/posts", response=Posts, summary="Posts with their shifts")
def posts(request: ApiRequest) -> Posts:
    """The posts of the token's subtree that are held."""
    held = queries.posts(now())
    today = day_of(now())
    types = needs.shift_types(held, today, today)
    return Posts(posts=[_post(post, [row for row in types if row.post_id == post.pk]) for post in held])


def _post(post: Post, types: list[ShiftType]) -> PostOut:
    shown = [ShiftTypeOut(**{name: getattr(row, name) for name in ShiftTypeOut.model_fields}) for row in types]
    return PostOut(
        id=post.pk, name=post.name, kind=post.kind, organisation=post.organisation.code,
        asks_presence=post.asks_presence, shift_types=shown,
    )  # fmt: skip


@router.get("/shifts", response=ShiftPage, summary="Shifts in force")
def shifts(request: ApiRequest, query: Query[ShiftQuery]) -> ShiftPage:
    """The shifts that touch the span, as published."""
    begin, end = span_of(query)
    found = Shift.objects.select_related("post").filter(to_utc__gt=begin, from_utc__lt=end, pk__gt=query.after or 0)
    if query.post is not None:
        found = found.filter(post_id=query.post)
    page = list(found.order_by("pk")[: query.rows + 1])
    shown = [ShiftOut.of(shift) for shift in page[: query.rows]]
    return ShiftPage(shifts=shown, next=shown[-1].id if len(page) > query.rows else None)


@router.get("/shifts/{shift_id}", response=ShiftOut, summary="One shift")
def shift(request: ApiRequest, shift_id: Path[Identifier]) -> ShiftOut:
    """One shift as it stands."""
    return ShiftOut.of(queries.shift(shift_id))


@router.post("/shifts/{shift_id}/check-in", response=ShiftOut, summary="Say that its person is there")
def check_in(request: ApiRequest, shift_id: Path[Identifier]) -> ShiftOut:
    """The shift, checked in now: a reader at the door, for instance. A second time changes nothing.

    A person's own token checks that person in; for others the token needs the right to assign.
    """
    _own_or_assigned(request, shift_id)
    return ShiftOut.of(presence.check_in(shift_id, request.auth.name, at=now(), via=VIA))


@router.post("/shifts/{shift_id}/leave", response=ShiftOut, summary="Say that its person went before the end")
def leave(request: ApiRequest, shift_id: Path[Identifier]) -> ShiftOut:
    """The shift, left now; from this moment its post lacks somebody."""
    _own_or_assigned(request, shift_id)
    return ShiftOut.of(presence.leave(shift_id, request.auth.name, at=now()))


@router.post("/shifts/{shift_id}/awake", response=ShiftOut, summary="Answer the question of the night")
def awake(request: ApiRequest, shift_id: Path[Identifier]) -> ShiftOut:
    """The shift, its newest open question answered; 409 when nothing was asked."""
    _own_or_assigned(request, shift_id)
    waiting = Prompt.objects.filter(shift_id=shift_id, answered_at__isnull=True).order_by("-asked_at").first()
    if waiting is None:
        raise WrongState("nobody asked whether this person is awake")
    presence.answer(waiting.pk, request.auth.name, at=now(), via=VIA)
    return ShiftOut.of(queries.shift(shift_id))


def _own_or_assigned(request: ApiRequest, shift_id: int) -> None:
    person_id = queries.shift(shift_id).person_id
    is_own = person_id is not None and request.auth.token.person_id == person_id
    request.auth.need(Act.WORK if is_own else Act.ASSIGN)


@router.get("/presence", response=Presence, summary="Who was there, minute by minute")
def presence_of_posts(request: ApiRequest, query: Query[Span]) -> Presence:
    """Every minute of every post within the span: planned, present, or a hole."""
    begin, end = span_of(query)
    covered = coverage(posts_of(request.auth.organisation.path), begin, end, now=now())
    return Presence(posts=[_presence(one) for one in covered if one.stretches])


def _presence(one: PostCoverage) -> PostPresence:
    stretches = [
        StretchOut(
            from_utc=stretch.from_utc.astimezone(UTC), to_utc=stretch.to_utc.astimezone(UTC),
            state=stretch.state.value, missing_people=stretch.missing_people, missing_skills=dict(stretch.skills),
            people=list(stretch.people),
        )
        for stretch in one.stretches
    ]  # fmt: skip
    return PostPresence(post_id=one.post.pk, post=one.post.name, is_recorded=one.is_recorded, stretches=stretches)


def span_of(query: Span) -> tuple[datetime, datetime]:
    """The span asked for, cut off after a quarter; one that ends before it begins is empty."""
    begin = within_reason(query.begin) if query.begin else now()
    end = within_reason(query.end) if query.end else begin + USUAL
    return begin, min(max(end, begin), begin + LONGEST, LATEST)


def within_reason(moment: datetime) -> datetime:
    """The moment in UTC, which a time without an offset is in; no roster reaches out of two centuries."""
    if moment.year < EARLIEST.year:
        return EARLIEST
    if moment.year >= LATEST.year:
        return LATEST
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
