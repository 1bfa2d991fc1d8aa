"""Acts on the duty list: who stands duty where, their skills and limits, their leave and wishes."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from vonggac.duty import feeds
from vonggac.duty.models import Eligibility, Leave, LeaveKind, LeaveState, Member, Post, Shift, Wish
from vonggac.duty.skills import skill_code
from vonggac.errors import InputError, OutOfScope, WrongState
from vonggac.formats.roster_sheet import phone_in, same
from vonggac.ledger import services as ledger
from vonggac.register.models import Organisation, Person, Role

LONGEST_LEAVE = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class MemberFields:
    """What is known of somebody on the duty list."""

    name: str
    phone: str = ""
    person: Person | None = None
    skills: tuple[str, ...] = ()
    share_percent: int = 100
    weekly_hours: int | None = None
    most_shifts: int | None = None
    is_barred_from_nights: bool = False
    starts_on: date | None = None
    ends_on: date | None = None


@transaction.atomic
def add_member(office: Organisation, fields: MemberFields, posts: Collection[Post], *, at: datetime) -> Member:
    """The new member of an office's duty list, who may stand at these posts."""
    member = _made(office, fields)
    _stand(member, posts)
    ledger.record(
        "member.create", "member", member.pk, member.org_path, at=at, name=member.name,
        posts=_names(posts), shifts=tie_shifts(office, at=at),
    )  # fmt: skip
    return member


@transaction.atomic
def add_members(
    office: Organisation, people: Sequence[MemberFields], posts: Collection[Post], *, at: datetime
) -> list[Member]:
    """The members of these names, new or known already, who may all stand at these posts; one entry for all.

    A name that stands there with another phone is refused: two of one name need a letter each.
    """
    known = {same(member.name): member for member in Member.objects.filter(organisation=office)}
    made = []
    for fields in people:
        standing = known.get(same(_name(fields.name)))
        if standing is not None and fields.phone and phone_in(fields.phone) != phone_in(standing.phone):
            raise InputError(
                f"“{standing.name}” stands on the duty list with another phone or none; write a namesake with a letter"
                f", as “{standing.name} (B)”, or change the phone on their own page"
            )
        if standing is None:
            member = known[same(_name(fields.name))] = _made(office, fields)
            made.append(member.name)
    found = [known[same(_name(fields.name))] for fields in people]
    for post in posts:
        let_stand(found, post, at=at)
    if made:
        ledger.record(
            "member.create_many", "organisation", office.pk, office.path, at=at, names=made,
            shifts=tie_shifts(office, at=at),
        )  # fmt: skip
    return found


@transaction.atomic
def let_stand(people: Sequence[Member], post: Post, *, at: datetime) -> None:
    """Let members stand at a post besides those at which they stand already; one entry names whom that is new to."""
    standing = set(Eligibility.objects.filter(post=post, member__in=people).values_list("member_id", flat=True))
    new = [member for member in people if member.pk not in standing]
    Eligibility.objects.bulk_create(
        [Eligibility(member=member, post=post, org_path=post.org_path) for member in new], ignore_conflicts=True
    )
    if new:
        ledger.record(
            "member.stand", "post", post.pk, post.org_path, at=at, post=post.name, names=[one.name for one in new]
        )


def tie_shifts(office: Organisation, *, at: datetime) -> int:
    """How many shifts that knew their person by name alone are a member's now: a table may come before the list.

    Rules, fairness and leave look at members. What is over keeps the account that it had; what is not gets the
    member's account and phone, where they have any.
    """
    named = Shift.objects.filter(post__organisation=office, member__isnull=True)
    names = set(named.values_list("person_name", flat=True).order_by().distinct())
    members = {same(one.name): one for one in Member.objects.filter(organisation=office)} if names else {}
    tied = 0
    for name in sorted(names):
        if member := members.get(same(name)):
            own = named.filter(person_name=name)
            _reach(own.filter(to_utc__gt=at), member)
            tied += own.update(member=member)
    return tied


def know_again(office: Organisation, put_back: Iterable[Shift], *, at: datetime) -> None:
    """Bring shifts that were put back as they were to what is known of their people today: account, phone and name."""
    theirs = [(shift, shift.member) for shift in put_back if shift.member and shift.to_utc > at]
    for shift, member in theirs:
        shift.person, shift.phone = member.person, member.phone or shift.phone
        if same(shift.person_name) != same(member.name):
            shift.person_name = member.name
    Shift.objects.bulk_update([shift for shift, _member in theirs], ("person", "phone", "person_name"))
    tie_shifts(office, at=at)


def _reach(shifts: QuerySet[Shift], member: Member) -> None:
    reach = {"person": member.person, "phone": member.phone}
    if known := {field: value for field, value in reach.items() if value}:
        shifts.update(**known)


def colleagues(office: Organisation) -> list[MemberFields]:
    """Whoever holds a role on the office and is on no duty list of it yet, as they would be entered."""
    held = Role.objects.filter(organisation=office, person__is_active=True).values_list("person_id", flat=True)
    listed = Member.objects.filter(organisation=office)
    free = Person.objects.filter(pk__in=held).exclude(pk__in=listed.filter(person__isnull=False).values("person_id"))
    names = set(listed.values_list("name", flat=True))
    return [
        MemberFields(person.name, person.phone, person)
        for person in free.order_by("folded", "pk")
        if person.name not in names
    ]


@transaction.atomic
def change_member(member_id: int, fields: MemberFields, posts: Collection[Post], *, at: datetime) -> Member:
    """The member with other facts, on their shifts to come too; the same ones again write nothing."""
    member = _locked(member_id)
    was = _told(member, member.posts.all())
    before = fields_of(member), _posts_of(member)
    _write(member, fields)
    if (fields_of(member), {post.pk for post in posts}) == before:
        return member
    member.save()
    _stand(member, posts)
    _pass_on(member, at)
    if member.person != before[0].person:
        feeds.revoke_of(member, at=at)
    tie_shifts(member.organisation, at=at)
    _record_change(member, was, _told(member, posts), at)
    return member


def _pass_on(member: Member, at: datetime) -> None:
    """Whoever is on a published shift is told, checks in and is called by what is known of the member today."""
    try:
        with transaction.atomic():
            member.shifts.filter(to_utc__gt=at).update(
                person=member.person, phone=member.phone, person_name=member.name
            )
    except IntegrityError:
        raise InputError(f"“{member.name}” stands on one of these shifts already; take one of both off it") from None


def _told(member: Member, posts: Iterable[Post]) -> dict[str, Any]:
    """The facts as the ledger keeps them: of a phone its last digits, for the ledger forgets nothing."""
    facts = asdict(replace(fields_of(member), person=None))
    return facts | {
        "person": f"{member.person.name} ({member.person.pk})" if member.person else None,
        "phone": member.phone and f"…{member.phone[-3:]}",
        "posts": _names(posts),
    }  # fmt: skip


def _names(posts: Iterable[Post]) -> list[str]:
    return sorted(post.name for post in posts)


def _record_change(member: Member, was: dict[str, Any], now: dict[str, Any], at: datetime) -> None:
    ledger.record(
        "member.change", "member", member.pk, member.org_path, at=at, name=member.name, **ledger.changed(was, now)
    )


@transaction.atomic
def give_phone(member_id: int, phone: str, *, at: datetime) -> Member:
    """The member with a phone; one who has a phone keeps theirs."""
    member = _locked(member_id)
    if not member.phone:
        was = _told(member, ())
        member.phone = phone.strip()[:40]
        member.save(update_fields=["phone"])
        _record_change(member, was, _told(member, ()), at)
    return member


def member(member_id: int) -> Member:
    """Somebody on a duty list; OutOfScope when it is not among those one may see."""
    return _locked(member_id)


def fields_of(member: Member) -> MemberFields:
    """The facts as they stand."""
    return MemberFields(
        member.name, member.phone, member.person, tuple(member.skills), member.share_percent, member.weekly_hours,
        member.most_shifts, member.is_barred_from_nights, member.starts_on, member.ends_on,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which somebody is away, or wishes something."""

    from_utc: datetime
    to_utc: datetime
    note: str = ""


@transaction.atomic
def ask_leave(
    member_id: int, span: Span, kind: str, *, at: datetime, granted_by: str = "", is_alone: bool = False
) -> Leave:
    """The leave, asked for; with `granted_by` granted at once by whoever enters it.

    `is_alone`: by the very person on leave, because nobody else may; the ledger says so.
    """
    member = _locked(member_id)
    if kind not in LeaveKind.values:
        raise InputError(f"“{kind}” is no kind of leave: {', '.join(LeaveKind.values)}")
    _check_span(span)
    leave = Leave.objects.create(
        member=member, org_path=member.org_path, kind=kind, from_utc=span.from_utc, to_utc=span.to_utc,
        note=span.note.strip()[:300], asked_at=at, state=LeaveState.GRANTED if granted_by else LeaveState.ASKED,
        decided_at=at if granted_by else None, decided_by=granted_by[:200],
    )  # fmt: skip
    act = "leave.grant" if granted_by else "leave.ask"
    _record_leave(act, leave, at, is_alone=is_alone)
    return leave


@transaction.atomic
def decide_leave(leave_id: int, *, is_granted: bool, by: str, at: datetime, is_alone: bool = False) -> Leave:
    """The leave, granted or refused; a decision taken twice the same way changes nothing, and none is turned round.

    What was granted is withdrawn, which keeps the times that have passed; what was refused is asked for anew.
    """
    leave = _locked_leave(leave_id)
    wanted = LeaveState.GRANTED if is_granted else LeaveState.REFUSED
    if leave.state == wanted:
        return leave
    if leave.to_utc <= at:
        raise WrongState("this leave is over; what was, was")
    if leave.state != LeaveState.ASKED:
        raise WrongState("somebody has decided about this leave already; look at it once more")
    leave.state, leave.decided_at, leave.decided_by = wanted, at, by[:200]
    leave.save(update_fields=["state", "decided_at", "decided_by"])
    _record_leave("leave.grant" if is_granted else "leave.refuse", leave, at, is_alone=is_alone)
    return leave


@transaction.atomic
def withdraw_leave(leave_id: int, *, at: datetime) -> None:
    """Take leave back; what has begun is cut off now."""
    leave = _locked_leave(leave_id)
    if leave.from_utc >= at or leave.state != LeaveState.GRANTED:
        leave.delete()
    else:
        leave.to_utc = max(min(leave.to_utc, at), leave.from_utc + timedelta(minutes=1))
        leave.save(update_fields=["to_utc"])
    _record_leave("leave.withdraw", leave, at)


@transaction.atomic
def make_wish(member_id: int, span: Span, *, wants_duty: bool, weight: int = 1, at: datetime) -> Wish:
    """A wish of a member for a span of time."""
    member = _locked(member_id)
    _check_span(span)
    if not 1 <= weight <= 3:
        raise InputError("a wish matters 1, 2 or 3")
    wish = Wish.objects.create(
        member=member, org_path=member.org_path, wants_duty=wants_duty, weight=weight, from_utc=span.from_utc,
        to_utc=span.to_utc, note=span.note.strip()[:300], made_at=at,
    )  # fmt: skip
    ledger.record("wish.make", "member", member.pk, member.org_path, at=at, wants_duty=wants_duty)
    return wish


@transaction.atomic
def withdraw_wish(wish_id: int, *, at: datetime) -> None:
    """Take a wish back."""
    wish = Wish.objects.filter(pk=wish_id).first()
    if wish is None:
        raise OutOfScope(f"wish {wish_id} is not among those you may see")
    wish.delete()
    ledger.record("wish.withdraw", "member", wish.member_id, wish.org_path, at=at)


def _record_leave(act: str, leave: Leave, at: datetime, *, is_alone: bool = False) -> None:
    why = {"why": "their own leave: nobody else may decide"} if is_alone else {}
    ledger.record(
        act, "member", leave.member_id, leave.org_path, at=at,
        from_utc=leave.from_utc.isoformat(), to_utc=leave.to_utc.isoformat(), **why,
    )  # fmt: skip


def _check_span(span: Span) -> None:
    if span.to_utc <= span.from_utc:
        raise InputError("the end lies before the begin")
    if span.to_utc - span.from_utc > LONGEST_LEAVE:
        raise InputError(f"a span has at most {LONGEST_LEAVE.days} days; end the person's duty instead")


def _name(name: str) -> str:
    clean = " ".join(name.split())
    if not clean or len(clean) > 200:
        raise InputError("somebody on the duty list has a name of at most 200 characters")
    return clean


def _made(office: Organisation, fields: MemberFields) -> Member:
    member = Member(organisation=office, org_path=office.path)
    _write(member, fields)
    member.save()
    return member


def _write(member: Member, fields: MemberFields) -> None:
    _check_unlike(member, fields)
    if not 1 <= fields.share_percent <= 100:
        raise InputError("a share of work lies between 1 and 100 percent")
    if fields.weekly_hours is not None and not 1 <= fields.weekly_hours <= 168:
        raise InputError("a week has 1 to 168 hours")
    if fields.most_shifts is not None and not 0 <= fields.most_shifts <= 100:
        raise InputError("0 to 100 shifts can be the most in one roster")
    if fields.starts_on and fields.ends_on and fields.ends_on <= fields.starts_on:
        raise InputError("the day on which somebody stops lies before the day on which they begin")
    member.name, member.phone, member.person = _name(fields.name), fields.phone.strip()[:40], fields.person
    member.skills = sorted({skill_code(skill) for skill in fields.skills if skill.strip()})
    member.share_percent, member.weekly_hours = fields.share_percent, fields.weekly_hours
    member.most_shifts, member.is_barred_from_nights = fields.most_shifts, fields.is_barred_from_nights
    member.starts_on, member.ends_on = fields.starts_on, fields.ends_on


def _check_unlike(member: Member, fields: MemberFields) -> None:
    """Two of one office share neither name nor account."""
    others = Member.objects.filter(organisation=member.organisation).exclude(pk=member.pk)
    if others.filter(name=_name(fields.name)).exists():
        raise InputError(f"“{fields.name}” stands on the duty list already; tell two of one name apart by a letter")
    owner = others.filter(person=fields.person).first() if fields.person else None
    if owner is not None:
        raise InputError(f"this account is that of “{owner.name}” on the duty list; one account is one person's")


def _stand(member: Member, posts: Collection[Post]) -> None:
    wanted = {post.pk: post for post in posts}
    have = _posts_of(member)
    Eligibility.objects.filter(member=member, post__in=have - set(wanted)).delete()
    Eligibility.objects.bulk_create(
        [Eligibility(member=member, post=wanted[pk], org_path=wanted[pk].org_path) for pk in sorted(set(wanted) - have)]
    )


def _posts_of(member: Member) -> set[int]:
    return set(Eligibility.objects.filter(member=member).values_list("post_id", flat=True))


def _locked(member_id: int) -> Member:
    found = Member.objects.select_for_update(of=("self",)).select_related("organisation", "person")
    member = found.filter(pk=member_id).first()
    if member is None:
        raise OutOfScope(f"member {member_id} of the duty list is not among those you may see")
    return member


def _locked_leave(leave_id: int) -> Leave:
    leave = Leave.objects.select_for_update().filter(pk=leave_id).first()
    if leave is None:
        raise OutOfScope(f"leave {leave_id} is not among those you may see")
    return leave
