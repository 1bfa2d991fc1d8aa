"""Whom an office calls, step by step: read as sentences, tried out on this very moment, kept, taken along as a file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vonggac.desk import call_words, export, faults, handing_in
from vonggac.desk import frame as frames
from vonggac.desk.handing_in import comes_back_to
from vonggac.desk.requests import DeskRequest, is_whole
from vonggac.duty.channels import services as channels
from vonggac.duty.escalation import policies, rules
from vonggac.duty.escalation.policies import Draft
from vonggac.duty.escalation.recipients import Called, Place, Recipient, Watchers
from vonggac.duty.escalation.rules import Plan, Reason, Target
from vonggac.duty.models import Policy, Post
from vonggac.duty.queries import held_posts
from vonggac.errors import InputError, NotPermitted
from vonggac.register.models import Organisation
from vonggac.register.rules import Act

EMPTY_ROWS = 3
COLUMNS = (
    "organisation", "code", "policy", "post", "command_post", "reasons", "rounds", "acknowledgements", "note_minutes",
    "step", "calls", "channel", "wait_minutes",
)  # fmt: skip
NUMBERS = ("rounds", "acknowledgements", "note_minutes")
LARGEST_BYTES = policies.LARGEST_FILE_BYTES


@dataclass(frozen=True, slots=True)
class Tried:
    """A step, and whom it would call right now."""

    sentence: str
    called: Called
    unreachable: Sequence[Recipient]
    is_of_people: bool

    @property
    def is_sure(self) -> bool:
        """True when one of them has an address that was tested, or is no person: an office, a group."""
        return any(not self.is_of_people or any(way.is_tested for way in one.ways) for one in self.called.recipients)


def _may_change(request: DeskRequest) -> bool:
    return request.access.may(Act.ASSIGN) or request.access.may(Act.ADMINISTER)


def _need(request: DeskRequest) -> None:
    if not _may_change(request):
        raise NotPermitted(_("Only a head, a duty officer or an administrator says whom the office calls."))


@require_safe
def page(request: DeskRequest) -> HttpResponse:
    """The policies of this part of the tree, and the desk's own plans, which hold where an office keeps none.

    As a file the policies alone, a line a step.
    """
    now = frames.of(request).now
    kept = _kept()
    if kind := request.GET.get("format"):
        rows = (row for policy in kept for row in _steps(policy))
        return export.respond(
            kind, "policies", COLUMNS, rows, codes={"reasons": call_words.REASONS, "calls": call_words.TARGETS}
        )
    usual = [
        (reason, policies.usual_plan(reason, on=timezone.localdate(now))) for reason in (Reason.HOLE, Reason.SILENCE)
    ]
    context = {
        "policies": [(policy, *_told(request, policy)) for policy in kept],
        "usual": [
            (reason, call_words.closing(plan), _tried(request.access.organisation, None, plan, request))
            for reason, plan in usual
        ],
        "may_change": _may_change(request),
        "faults": faults.ahead(now),
    }
    return render(request, "policies/page.html", context)


def _told(request: DeskRequest, policy: Policy) -> tuple[list[str], list[Tried]]:
    """The steps of a policy in words; of one's own office's with whom each would call now."""
    plan, office = Plan.from_json(policy.plan), request.access.organisation
    if policy.organisation_id == office.pk:
        return [], _tried(office, policy, plan, request)
    return call_words.sentences(plan), []


def _kept() -> QuerySet[Policy]:
    return Policy.objects.select_related("organisation", "post", "command_post").order_by("org_path", "name")


def _steps(policy: Policy) -> Iterator[Sequence[export.Cell]]:
    plan = Plan.from_json(policy.plan)
    for number, step in enumerate(plan.steps, 1):
        yield (
            policy.organisation.name, policy.organisation.code, policy.name, policy.post.name if policy.post else None,
            policy.command_post.name if policy.command_post else None, tuple(policy.reasons), plan.rounds,
            plan.acknowledgements, plan.note_minutes, number, step.target.value, step.channel, step.wait_minutes,
        )  # fmt: skip


@require_http_methods(["GET", "POST"])
def edit(request: DeskRequest, policy_id: int | None = None) -> HttpResponse:
    """One policy: its steps as sentences, who would be called now, and the form."""
    policy = policies.one(policy_id) if policy_id else None
    office = policy.organisation if policy else request.access.organisation
    if request.method == "POST":
        _need(request)
        kept, _changed = policies.keep(_draft(request, office), at=frames.of(request).now, policy_id=policy_id)
        messages.success(request, _("The policy is kept; running calls go on by the plan they began with."))
        return redirect("policy", kept.pk)
    plan = (
        Plan.from_json(policy.plan)
        if policy
        else policies.usual_plan(Reason.HOLE, on=timezone.localdate(frames.of(request).now))
    )
    context = {
        "policy": policy,
        "office": office,
        "closing": call_words.closing(plan),
        "tried": _tried(office, policy, plan, request),
        "rows": _rows(plan),
        "values": _values(policy, plan),
        "targets": call_words.TARGETS.items(),
        "reasons": call_words.REASONS.items(),
        "posts": _posts(office, policy, frames.of(request).now),
        "rooms": [channel for channel in channels.usable(office) if channels.is_room(channel)],
        "may_change": _may_change(request),
        "most": rules,
    }
    return render(request, "policies/one.html", context)


def _posts(office: Organisation, policy: Policy | None, now: datetime) -> QuerySet[Post]:
    """Those that a policy can name: not the retired, but for those that it names already."""
    named = [policy.post_id, policy.command_post_id] if policy else []
    held = Q(pk__in=held_posts(now)) | Q(pk__in=[pk for pk in named if pk])
    return Post.objects.filter(held, organisation=office).order_by("name")


def _tried(office: Organisation, policy: Policy | None, plan: Plan, request: DeskRequest) -> list[Tried]:
    """Whom each step would call at this moment."""
    place = Place(office, policy.post_id if policy else None, policy.command_post_id if policy else None)
    watchers = Watchers([place], frames.of(request).now)
    pairs = zip(plan.carried_out(), call_words.sentences(plan), strict=True)
    return [
        Tried(
            said, watchers.called(place, step), watchers.unreachable(place, step), step.target not in rules.NOT_PEOPLE
        )
        for step, said in pairs
    ]  # fmt: skip


def _rows(plan: Plan) -> list[dict[str, object]]:
    """The steps as rows of the form, and some empty ones behind them."""
    rows: list[dict[str, object]] = [
        {"order": place, "target": step.target.value, "wait": step.wait_minutes, "channel": step.channel}
        for place, step in enumerate(plan.steps, 1)
    ]
    return [*rows, *({"order": len(rows) + place, "target": "", "wait": 10} for place in range(1, EMPTY_ROWS + 1))]


def _values(policy: Policy | None, plan: Plan) -> dict[str, object]:
    """What the form shows beside the steps."""
    numbers = {name: getattr(plan, name) for name in NUMBERS}
    if policy is None:
        return {**numbers, "name": "", "reasons": []}
    posts = {"post": str(policy.post_id or ""), "command_post": str(policy.command_post_id or "")}
    return {**numbers, **posts, "name": policy.name, "reasons": policy.reasons}


def _filled(request: DeskRequest) -> Iterator[tuple[str, str, str, str]]:
    names = ("order", "target", "wait", "channel")
    yield from zip(*(request.POST.getlist(name) for name in names), strict=False)


def _draft(request: DeskRequest, office: Organisation) -> Draft:
    filled = [row for row in _filled(request) if row[1]]
    ordered = sorted(filled, key=lambda row: _number(row[0], _("order")))
    steps = [
        {"call": call, "wait_minutes": _number(wait, _("wait")), "channel": channel if call == Target.ROOM else ""}
        for _order, call, wait, channel in ordered
    ]
    numbers = {name: _number(request.POST.get(name, ""), name) for name in NUMBERS}
    return Draft(
        office,
        " ".join(request.POST.get("name", "").split())[:100],
        Plan.from_json({"steps": steps, **numbers}),
        tuple(request.POST.getlist("reason")),
        _post(request.POST.get("post", ""), office),
        _post(request.POST.get("command_post", ""), office),
    )


def _number(text: str, name: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InputError(_("%(name)s has to be a whole number.") % {"name": name}) from None


def _post(chosen: str, office: Organisation) -> Post | None:
    if not chosen:
        return None
    found = Post.objects.filter(organisation=office, pk=chosen).first() if is_whole(chosen) else None
    if found is None:
        raise InputError(_("Choose one of the posts."))
    return found


@require_POST
@comes_back_to("policy")
def remove(request: DeskRequest, policy_id: int) -> HttpResponse:
    """Keep a policy no more: the desk's own plan holds again."""
    _need(request)
    name = policies.remove(policy_id, at=frames.of(request).now)
    messages.success(request, _("“%(name)s” is removed; the desk's own plan holds in its place.") % {"name": name})
    return redirect("policies")


@require_safe
def file(request: DeskRequest) -> HttpResponse:  # noqa: ARG001  the scope in force is what it depends on
    """All policies of this part of the tree as one file."""
    answer = HttpResponse(policies.export_toml(_kept()), content_type="application/toml; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="policies.toml"'
    return answer


@require_POST
@handing_in.comes_back_to("policies")
def import_file(request: DeskRequest) -> HttpResponse:
    """Policies from a file: all of them, or none where one cannot be used."""
    _need(request)
    content, _name = handing_in.one_file(request, largest=LARGEST_BYTES)
    changed, same = policies.import_drafts(policies.read_toml(content), at=frames.of(request).now)
    messages.success(
        request, _("%(changed)d policies kept, %(same)d were so already.") % {"changed": changed, "same": same}
    )
    return redirect("policies")
