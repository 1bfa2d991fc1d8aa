"""The watch for programs: the duty list and leave, versions in force, hand-overs, and calls that are open."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from django.db.models import Q
from ninja import Path, Query, Router, Schema
from pydantic import Field

from vonggac.desk.api.access import ApiRequest
from vonggac.desk.api.duty import VIA, Moment, Span, span_of, within_reason
from vonggac.desk.api.schemas import Identifier, PageRows
from vonggac.duty.escalation import queries as escalations
from vonggac.duty.escalation import services as escalating
from vonggac.duty.escalation.services import Answerer
from vonggac.duty.models import Escalation, HandOver, Leave, Member, Roster, Shift
from vonggac.duty.queries import hand_overs
from vonggac.duty.queries import rosters as versions
from vonggac.duty.services import hand_overs as handing_over
from vonggac.duty.services import members
from vonggac.errors import NotPermitted, OutOfScope
from vonggac.flows import leave_asking
from vonggac.jobs.clock import now
from vonggac.register.models import Person
from vonggac.register.rules import Act

router = Router(tags=["duty"])
Line = Annotated[str, Field(max_length=300, pattern=r"^[^\x00]*$")]
# Seconds since 1970: the moment at which a shift ends and the next begins.
Boundary = Annotated[int, Field(ge=631_152_000, le=6_942_240_000)]


class Cursor(Schema):
    """From where on: `after` is the `next` of the page before."""

    after: Identifier | None = None
    rows: PageRows = 100


class MemberOut(Schema):
    """Somebody on a duty list; phones and addresses stay at the desk."""

    id: int
    name: str
    organisation: str
    skills: list[str]
    post_ids: list[int]


class Members(Schema):
    """Some of the duty list by number; `next` is the cursor of the page after it."""

    members: list[MemberOut]
    next: int | None


class LeaveQuery(Span):
    """Which leave, and from where on."""

    after: Identifier | None = None
    rows: PageRows = 100


class LeaveIn(Schema):
    """Leave of somebody on the duty list."""

    member: Identifier
    begin: datetime = Field(alias="from")
    end: datetime = Field(alias="to")
    kind: Literal["annual", "sick", "training", "mission", "rest", "other"] = "annual"
    note: Line = ""


class LeaveOut(Schema):
    """Leave, asked for, granted or refused; only what is granted keeps somebody off the roster."""

    id: int
    member_id: int
    member: str
    kind: str
    state: str
    from_utc: Moment
    to_utc: Moment
    decided_by: str

    @classmethod
    def of(cls, leave: Leave) -> "LeaveOut":
        """The leave as it stands now."""
        own = {name: getattr(leave, name) for name in cls.model_fields if name not in {"id", "member"}}
        return cls(id=leave.pk, member=leave.member.name, **own)


class Leaves(Schema):
    """Some leave by number; `next` is the cursor of the page after it."""

    leaves: list[LeaveOut]
    next: int | None


class RosterOut(Schema):
    """A version that is in force for some posts and days."""

    id: int
    version: int
    name: str
    organisation: str
    post_ids: list[int]
    from_day: str
    to_day: str
    published_at: Moment
    published_by: str
    holes: int
    broken_rules: int


class Rosters(Schema):
    """The newest versions in force; who stands in them are the shifts of their days."""

    rosters: list[RosterOut]


class Note(Schema):
    """At most three lines for whoever takes over."""

    note: Annotated[str, Field(max_length=1_000, pattern=r"^[^\x00]*$")] = ""


class Digest(Schema):
    """The SHA-256 of the list that was read: what is signed."""

    digest: Annotated[str, Field(max_length=64, pattern=r"^[0-9a-f]*$")]


class HandOverOut(Schema):
    """A change of shift, and the list under which both sides sign once one side has given it."""

    post_id: int
    boundary: int
    boundary_utc: Moment
    given_by: str = ""
    taken_by: str = ""
    digest: str = ""
    note: str = ""
    items: dict[str, Any] = Field(default_factory=dict)

    @classmethod
    def of(cls, one: HandOver) -> "HandOverOut":
        """The hand-over as it stands now."""
        own = {name: getattr(one, name) for name in cls.model_fields if name != "boundary"}
        return cls(boundary=one.timestamp, **own)


class HandOvers(Schema):
    """The changes of shift that can be signed now, the latest first."""

    hand_overs: list[HandOverOut]


class EscalationOut(Schema):
    """A call for help that has not ended: what it is about and who has taken it on."""

    id: int
    organisation: str
    post_id: int | None
    reason: str
    state: str
    title: str
    concerns: int
    started_at: Moment
    taken_by: list[str]
    taken_until: Moment | None

    @classmethod
    def of(cls, one: Escalation) -> "EscalationOut":
        """The call as `escalations` reads it."""
        own = {name: getattr(one, name) for name in ("post_id", "reason", "state", "started_at", "taken_until")}
        return cls(
            id=one.pk, organisation=one.organisation.code, title=getattr(one, "title", "") or "",
            concerns=getattr(one, "number", 0), taken_by=[answer["name"] for answer in one.taken_by], **own,
        )  # fmt: skip


class Escalations(Schema):
    """The open calls, those that nobody answers first."""

    escalations: list[EscalationOut]


@router.get("/members", response=Members, summary="The duty list")
def duty_list(request: ApiRequest, query: Query[Cursor]) -> Members:
    """Whoever stands duty in the token's subtree, with their skills and the posts at which they may stand."""
    found = Member.objects.select_related("organisation").prefetch_related("eligibilities")
    page = list(found.filter(pk__gt=query.after or 0).order_by("pk")[: query.rows + 1])
    shown = [
        MemberOut(
            id=one.pk, name=one.name, organisation=one.organisation.code, skills=list(one.skills),
            post_ids=sorted(row.post_id for row in one.eligibilities.all()),
        )
        for one in page[: query.rows]
    ]  # fmt: skip
    return Members(members=shown, next=shown[-1].id if len(page) > query.rows else None)


@router.get("/leaves", response=Leaves, summary="Leave")
def leaves(request: ApiRequest, query: Query[LeaveQuery]) -> Leaves:
    """The leave that touches the span, for who makes rosters: why somebody is away is nobody else's business."""
    request.auth.need(Act.ASSIGN)
    begin, end = span_of(query)
    found = Leave.objects.select_related("member").filter(to_utc__gt=begin, from_utc__lt=end, pk__gt=query.after or 0)
    page = list(found.order_by("pk")[: query.rows + 1])
    shown = [LeaveOut.of(one) for one in page[: query.rows]]
    return Leaves(leaves=shown, next=shown[-1].id if len(page) > query.rows else None)


@router.post("/leaves", response={201: LeaveOut}, summary="Grant leave")
def grant(request: ApiRequest, leave: LeaveIn) -> LeaveOut:
    """The leave, granted; with somebody's own token their own is asked for, as nobody grants leave to themselves."""
    request.auth.need(Act.ASSIGN)
    span = members.Span(within_reason(leave.begin), within_reason(leave.end), leave.note)
    person, at = request.auth.token.person, now()
    if person is not None:
        return LeaveOut.of(leave_asking.ask(leave.member, span, leave.kind, by=person, may_assign=True, at=at))
    return LeaveOut.of(members.ask_leave(leave.member, span, leave.kind, granted_by=request.auth.name, at=at))


@router.post("/leaves/{leave_id}/withdraw", response={204: None}, summary="Take leave back")
def withdraw(request: ApiRequest, leave_id: Path[Identifier]) -> None:
    """The leave is gone; of what has begun the rest."""
    request.auth.need(Act.ASSIGN)
    members.withdraw_leave(leave_id, at=now())


@router.get("/rosters", response=Rosters, summary="Versions in force")
def rosters(request: ApiRequest) -> Rosters:
    """The versions of the token's subtree that are in force somewhere, the newest first."""
    numbers = [one.pk for one in versions.published()]
    found = Roster.objects.select_related("organisation").prefetch_related("roster_posts").filter(pk__in=numbers)
    return Rosters(rosters=[_roster(one) for one in found.defer("before").order_by("-published_at")])


def _roster(one: Roster) -> RosterOut:
    taken = {name: getattr(one, name) for name in ("version", "name", "published_at", "published_by")}
    return RosterOut(
        id=one.pk, organisation=one.organisation.code, from_day=one.from_day.isoformat(), to_day=one.to_day.isoformat(),
        post_ids=sorted(row.post_id for row in one.roster_posts.all()), holes=one.verdict.get("holes", 0),
        broken_rules=one.verdict.get("broken_rules", 0), **taken,
    )  # fmt: skip


@router.get("/hand-overs", response=HandOvers, summary="Changes of shift to sign")
def open_hand_overs(request: ApiRequest) -> HandOvers:
    """The changes of shift that can be signed now and that nobody has taken, with the list where one side gave it."""
    at = now()
    changes = hand_overs.unsigned(at - hand_overs.LATEST, at + hand_overs.LATEST, at)
    wanted = Q(post__in={one.post.pk for one in changes}, boundary_utc__in={one.boundary_utc for one in changes})
    given = {(one.post_id, one.boundary_utc): one for one in HandOver.objects.filter(wanted, given_at__isnull=False)}
    found = [
        given.get((one.post.pk, one.boundary_utc)) or HandOver(post=one.post, boundary_utc=one.boundary_utc)
        for one in changes
    ]
    return HandOvers(hand_overs=[HandOverOut.of(one) for one in found])


@router.post("/posts/{post_id}/hand-overs/{boundary}/give", response=HandOverOut, summary="Give a shift")
def give(request: ApiRequest, post_id: Path[Identifier], boundary: Path[Boundary], said: Note) -> HandOverOut:
    """The list of this moment, signed by whoever's token it is: their shift ends, or nobody of it is there."""
    person, moment = _signer(request, boundary)
    may_assign = _may_assign(request, Q(post=post_id, to_utc=moment, person=person))
    return HandOverOut.of(handing_over.give(post_id, moment, said.note, person, at=now(), may_assign=may_assign))


@router.post("/posts/{post_id}/hand-overs/{boundary}/take", response=HandOverOut, summary="Take a shift")
def take(request: ApiRequest, post_id: Path[Identifier], boundary: Path[Boundary], said: Digest) -> HandOverOut:
    """The very list that was read, signed by whoever's token it is: their shift begins, or nobody of it is there."""
    person, moment = _signer(request, boundary)
    may_assign = _may_assign(request, Q(post=post_id, from_utc=moment, person=person))
    given = HandOver.objects.filter(post=post_id, boundary_utc=moment).first()
    if given is None:
        raise OutOfScope("nobody has given this shift yet")
    return HandOverOut.of(handing_over.take(given.pk, said.digest, person, at=now(), may_assign=may_assign))


def _signer(request: ApiRequest, boundary: int) -> tuple[Person, datetime]:
    """Who signs: a person, by their own token."""
    person = request.auth.token.person
    if person is None:
        raise NotPermitted("a person signs a hand-over; use a token of their own")
    return person, datetime.fromtimestamp(boundary, UTC)


def _may_assign(request: ApiRequest, own: Q) -> bool:
    """Whether a token signs by its right to assign, which it must have then: the shift is not its person's."""
    is_own = Shift.objects.filter(own).exists()
    request.auth.need(Act.WORK if is_own else Act.ASSIGN)
    return not is_own


@router.get("/escalations", response=Escalations, summary="Calls that are open")
def open_escalations(request: ApiRequest) -> Escalations:
    """The calls of the token's subtree that have not ended."""
    return Escalations(escalations=[EscalationOut.of(one) for one in escalations.open_ones()])


@router.post("/escalations/{escalation_id}/acknowledge", response=EscalationOut, summary="Take a call on")
def acknowledge(request: ApiRequest, escalation_id: Path[Identifier]) -> EscalationOut:
    """The call, taken on; a second time changes nothing. It is not ended by that, and goes on without word of it."""
    request.auth.need(Act.WORK)
    who = Answerer(request.auth.name, request.auth.token.person, via=VIA)
    escalating.acknowledge(escalation_id, who, at=now())
    return EscalationOut.of(escalations.one(escalation_id))
