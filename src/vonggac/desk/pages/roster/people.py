"""The duty list: who stands where, skills and limits, leave to decide, wishes."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import messages
from django.db.models import Count, Prefetch, Q
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from vonggac.desk import export, leaving, roster_words, times, words
from vonggac.desk import frame as frames
from vonggac.desk.handing_in import comes_back_to
from vonggac.desk.pages.roster import forms, telling
from vonggac.desk.requests import DeskRequest
from vonggac.duty import queries
from vonggac.duty.models import Eligibility, Leave, LeaveKind, LeaveState, Member, Shift, Wish
from vonggac.duty.queries import leaves
from vonggac.duty.services import members as services
from vonggac.errors import InputError, NotPermitted, OutOfScope
from vonggac.flows import leave_asking, leave_repair
from vonggac.formats.roster_sheet import phone_in
from vonggac.kernel.text import alphabetic
from vonggac.register.folding import fold
from vonggac.register.models import Person
from vonggac.register.rules import Act

LISTED = 500
NAMED = 12
COLUMNS = (
    "id", "name", "organisation", "code", "posts", "skills", "share_percent", "weekly_hours", "most_shifts",
    "is_barred_from_nights", "starts_on", "ends_on", "mail", "phone", "coming_shifts",
)  # fmt: skip


@require_http_methods(["GET", "POST"])
def page(request: DeskRequest) -> HttpResponse:
    """Everybody on the duty list, or the same as a file; POST enters names, or the colleagues who are ticked."""
    if request.method == "POST":
        return _add(request)
    now = frames.of(request).now
    found = Member.objects.select_related("person", "organisation").annotate(
        coming=Count("shifts", filter=Q(shifts__from_utc__gte=now))
    )
    standing = Prefetch("eligibilities", Eligibility.objects.select_related("post"))
    members = found.prefetch_related(standing, "person__contact_methods").order_by("org_path", "name", "pk")
    if kind := request.GET.get("format"):
        cells = map(_cells, _in_order(members[: export.MOST_ROWS]))
        return export.respond(kind, "duty-list", COLUMNS, cells)
    context = {
        "members": _in_order(members[:LISTED]),
        "posts": queries.posts(now),
        "colleagues": services.colleagues(request.access.organisation) if request.access.may(Act.ASSIGN) else [],
        "asked": Leave.objects.select_related("member").filter(state=LeaveState.ASKED).order_by("from_utc"),
        "away": Leave.objects.select_related("member").filter(state=LeaveState.GRANTED, to_utc__gt=now)
        .order_by("from_utc")[:50],
        "decidable": leaves.waiting_for(request.person, now, may_assign=request.access.may(Act.ASSIGN)),
        "may_plan": request.access.may(Act.ASSIGN),
        "here": "people",
    }  # fmt: skip
    return render(request, "roster/people.html", context)


def _in_order(members: Iterable[Member]) -> list[Member]:
    return sorted(members, key=lambda one: (one.org_path, alphabetic(one.name)))


def _cells(member: Member) -> Sequence[export.Cell]:
    coming: int = getattr(member, "coming", 0)
    return (
        member.pk, member.name, member.organisation.name, member.organisation.code,
        ", ".join(one.post.name for one in member.eligibilities.all()), tuple(member.skills), member.share_percent,
        member.weekly_hours, member.most_shifts, member.is_barred_from_nights, member.starts_on, member.ends_on,
        member.person.email if member.person else None, member.phone, coming,
    )  # fmt: skip


def _add(request: DeskRequest) -> HttpResponse:
    request.access.need(Act.ASSIGN)
    office, at = request.access.organisation, frames.of(request).now
    ticked = set(request.POST.getlist("colleague"))
    chosen = [one for one in services.colleagues(office) if one.person and str(one.person.pk) in ticked]
    written = [services.MemberFields(*_name_and_phone(line)) for line in forms.text(request, "names").splitlines()]
    people = [*chosen, *(one for one in written if one.name)]
    if not people:
        raise InputError(_("Write at least one name, or tick a colleague."))
    made = services.add_members(office, people, forms.posts(request, queries.posts(at)), at=at)
    said = ngettext("%(n)d person stands on the duty list.", "%(n)d people stand on the duty list.", len(made))
    messages.success(request, said % {"n": len(made)})
    return HttpResponseRedirect(reverse("duty-people"))


def _name_and_phone(line: str) -> tuple[str, str]:
    """`Phạm An; 0900 000 001`: a name, and what stands behind a semicolon, comma or tab."""
    for sign in ("\t", ";", ","):
        name, found, phone = line.partition(sign)
        if found:
            return name.strip(), phone.strip()
    return line.strip(), ""


@require_http_methods(["GET", "POST"])
def one(request: DeskRequest, member_id: int) -> HttpResponse:
    """Somebody on the duty list: facts, leave, wishes, coming shifts; POST changes the facts."""
    member, now = _member(member_id), frames.of(request).now
    posts = queries.posts(now)
    accounts = _accounts(member)
    if request.method == "POST":
        request.access.need(Act.ASSIGN)
        services.change_member(member_id, _fields(request, accounts), forms.posts(request, posts), at=now)
        messages.success(request, _("Kept."))
        return HttpResponseRedirect(reverse("duty-person", args=[member_id]))
    is_own = member.person_id == request.person.pk
    may_plan = request.access.may(Act.ASSIGN)
    coming = list(member.leaves.filter(to_utc__gt=now).order_by("from_utc"))
    shifts = list(member.shifts.select_related("post").filter(to_utc__gt=now).order_by("from_utc")[:20])
    context: dict[str, Any] = {
        "member": member,
        "standing": set(member.eligibilities.values_list("post_id", flat=True)),
        "posts": posts,
        "skills": _skills(member),
        "accounts": accounts,
        "proposed": _namesake(member, accounts) if may_plan else None,
        "leaves": coming,
        "wishes": member.wishes.filter(to_utc__gt=now).order_by("from_utc"),
        "leave_kinds": LeaveKind.choices,
        **_offered(_offer(request, member)),
        "shifts": shifts,
        "away": leaves.during(shifts, coming),
        "may_plan": may_plan,
        "may_ask": is_own or may_plan,
        "here": "people",
    }
    return render(request, "roster/person.html", context)


def _skills(member: Member) -> list[tuple[str, bool]]:
    """(skill, whether they have it): the shared ones, those of their colleagues, and their own."""
    others = Member.objects.filter(organisation_id=member.organisation_id).values_list("skills", flat=True)
    known = dict.fromkeys([*words.SKILLS, *sorted({skill for own in others for skill in own})])
    return [(skill, skill in member.skills) for skill in known]


def _accounts(member: Member) -> list[Person]:
    """The accounts that could be theirs: people with a role on the office, and the one that is."""
    held = Person.objects.filter(
        Q(roles__org_path=member.org_path, is_active=True) | Q(pk=member.person_id or 0)
    ).distinct()
    return list(held.order_by("folded", "pk")[:500])


def _namesake(member: Member, accounts: list[Person]) -> Person | None:
    """The one account that could be theirs by name and, where both have one, phone; None where another has it."""
    if member.person_id is not None:
        return None
    tied = set(Member.objects.filter(person__in=accounts).values_list("person_id", flat=True))
    named = [
        one for one in accounts
        if one.folded == fold(member.name) and one.pk not in tied
        and (not one.phone or not member.phone or phone_in(one.phone) == phone_in(member.phone))
    ]  # fmt: skip
    return named[0] if len(named) == 1 else None


def _fields(request: DeskRequest, accounts: list[Person]) -> services.MemberFields:
    own = [*request.POST.getlist("skill"), *forms.text(request, "more_skills").split(",")]
    return services.MemberFields(
        forms.text(request, "name"), forms.text(request, "phone"), forms.person(request, "person", accounts),
        tuple(skill for skill in own if skill.strip()), forms.count(request, "share_percent", 100),
        forms.number(request, "weekly_hours"), forms.number(request, "most_shifts"),
        "is_barred_from_nights" in request.POST, forms.maybe_day(request, "starts_on"),
        forms.maybe_day(request, "ends_on"),
    )  # fmt: skip


def _member(member_id: int) -> Member:
    found = Member.objects.select_related("organisation", "person").filter(pk=member_id).first()
    if found is None:
        raise OutOfScope(_("There is no such person on a duty list that you may see."))
    return found


@require_POST
@comes_back_to("duty-person")
def ask_leave(request: DeskRequest, member_id: int) -> HttpResponse:
    """Leave for somebody: granted at once by who may decide about it, asked for by anybody for themselves."""
    member = _member(member_id)
    forms.own_or_assigned(request, member)
    leave = leave_asking.ask(
        member_id, forms.span(request), forms.text(request, "kind"), by=request.person,
        may_assign=request.access.may(Act.ASSIGN), at=frames.of(request).now,
    )  # fmt: skip
    is_granted = leave.state == LeaveState.GRANTED
    messages.success(request, _("The leave stands.") if is_granted else _("The leave is asked for."))
    return _after(request, leave) or _back(request, member)


@require_POST
@comes_back_to("duty-people")
def decide_leave(request: DeskRequest, leave_id: int) -> HttpResponse:
    """Grant or refuse leave that somebody else asked for."""
    found = Leave.objects.select_related("member__organisation").filter(pk=leave_id).first()
    if found is None:
        raise OutOfScope(_("There is no such leave among those you may see."))
    if not leaves.may_decide(request.person, found.member, may_assign=request.access.may(Act.ASSIGN)):
        raise NotPermitted(_("The head, a lead or who makes rosters decides, and nobody about themselves."))
    leave = services.decide_leave(
        leave_id, is_granted=request.POST.get("act") == "grant", by=request.person.name, at=frames.of(request).now,
        is_alone=leaves.is_alone(request.person, found.member),
    )  # fmt: skip
    said = _("granted") if leave.state == LeaveState.GRANTED else _("refused")
    messages.success(request, f"{leave.member.name}: {said}")
    return _after(request, leave) or HttpResponseRedirect(reverse("duty-people"))


def _after(request: DeskRequest, leave: Leave) -> HttpResponse | None:
    """To whoever can step in on a running shift, else to the repair of the published shifts that granted leave empties.

    Each of them is named; until it is repaired they are holes. None where the leave empties none.
    """
    running = leave_repair.running(leave, at=frames.of(request).now)
    if leave.state != LeaveState.GRANTED:
        if leave.state == LeaveState.ASKED and running is not None:
            messages.warning(request, _still_on(running))
        return None
    now_short = leaving.say(request, running, leave.from_utc) if running is not None else None
    repair = _to_repair(request, leave)
    return now_short or repair


def _still_on(shift: Shift) -> str:
    return _(
        "Until it is granted, the shift at %(post)s until %(time)s stays %(name)s's. Whoever has to go at once calls "
        "the lead and presses “I have to leave before the end” under My shifts."
    ) % {"post": shift.post.name, "time": times.clock(shift.to_utc), "name": shift.person_name}


def _to_repair(request: DeskRequest, leave: Leave) -> HttpResponse | None:
    shifts = leave_repair.emptied(leave, at=frames.of(request).now)
    if not shifts:
        return None
    named = [f"{times.short_day(times.local(one.from_utc).date())} {times.clock(one.from_utc)}" for one in shifts]
    said = ngettext(
        "%(n)d published shift is empty now: %(shifts)s", "%(n)d published shifts are empty now: %(shifts)s", len(named)
    )
    messages.warning(request, said % {"n": len(named), "shifts": ", ".join(named[:NAMED])})
    if not request.access.may(Act.ASSIGN):
        return None
    return HttpResponseRedirect(f"{reverse('duty-person', args=[leave.member_id])}?leave={leave.pk}#repair")


def _offered(offer: leave_repair.Offer | None) -> dict[str, Any]:
    """The repair, and each shift that stays short with what it lacks then."""
    holes = {hole.slot: roster_words.lack(hole.missing, hole.skills) for hole in offer.holes} if offer else {}
    return {"offer": offer, "lacks": [(offer.plan.slots[slot], lack) for slot, lack in holes.items()] if offer else []}


def _offer(request: DeskRequest, member: Member) -> leave_repair.Offer | None:
    """The repair for the leave that the address names; it is sought for whoever may apply it alone."""
    number = request.GET.get("leave", "")
    if not (number.isdecimal() and request.access.may(Act.ASSIGN)):
        return None
    leave = member.leaves.filter(pk=number[:18]).first()
    return leave_repair.offer(leave.pk, at=frames.of(request).now) if leave else None


@require_POST
@comes_back_to("duty-people")
def repair(request: DeskRequest, leave_id: int) -> HttpResponse:
    """The repair that was shown, in force."""
    request.access.need(Act.ASSIGN)
    done = leave_repair.apply(leave_id, request.POST.get("key", ""), by=request.person, at=frames.of(request).now)
    said = (
        _("Version %(version)s is in force.") % {"version": done.version} if done.version else _("The repair stands.")
    )
    messages.success(request, said)
    telling.by_phone(request, done.changes)
    return HttpResponseRedirect(f"{reverse('roster')}?week={done.first}")


@require_POST
def withdraw_leave(request: DeskRequest, leave_id: int) -> HttpResponse:
    """Leave taken back."""
    leave = Leave.objects.select_related("member").filter(pk=leave_id).first()
    if leave is None:
        raise OutOfScope(_("There is no such leave among those you may see."))
    forms.own_or_assigned(request, leave.member)
    services.withdraw_leave(leave_id, at=frames.of(request).now)
    messages.success(request, _("The leave is taken back."))
    return _back(request, leave.member)


@require_POST
@comes_back_to("duty-person")
def wish(request: DeskRequest, member_id: int) -> HttpResponse:
    """A wish for a span: a shift, or none."""
    member = _member(member_id)
    forms.own_or_assigned(request, member)
    services.make_wish(
        member_id, forms.span(request), wants_duty=request.POST.get("wants") == "duty",
        weight=forms.count(request, "weight", 1), at=frames.of(request).now,
    )  # fmt: skip
    messages.success(request, _("The wish is kept; it counts where the rules leave room."))
    return _back(request, member)


@require_POST
def withdraw_wish(request: DeskRequest, wish_id: int) -> HttpResponse:
    """A wish taken back."""
    found = Wish.objects.select_related("member").filter(pk=wish_id).first()
    if found is None:
        raise OutOfScope(_("There is no such wish among those you may see."))
    forms.own_or_assigned(request, found.member)
    services.withdraw_wish(wish_id, at=frames.of(request).now)
    messages.success(request, _("The wish is taken back."))
    return _back(request, found.member)


def _back(request: DeskRequest, member: Member) -> HttpResponse:
    own = request.POST.get("next") == "mine"
    return HttpResponseRedirect(reverse("roster-mine") if own else reverse("duty-person", args=[member.pk]))
