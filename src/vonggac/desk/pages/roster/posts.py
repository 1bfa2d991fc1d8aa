"""Posts: made with a known pattern, their shifts from a day on, more people for some days, settings, retirement."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vonggac.desk import frame as frames
from vonggac.desk import roster_words
from vonggac.desk.handing_in import comes_back_to
from vonggac.desk.pages.roster import forms
from vonggac.desk.requests import DeskRequest
from vonggac.directives.models import Directive, DirectiveState
from vonggac.duty import patterns, queries
from vonggac.duty.models import Post, PostKind, Reinforcement, ShiftType
from vonggac.duty.patterns import day_of
from vonggac.duty.presets import HABITS, PATTERNS, ShiftFields
from vonggac.duty.queries import needs
from vonggac.duty.services import posts as services
from vonggac.errors import InputError, OutOfScope
from vonggac.flows import roster as flow
from vonggac.register.models import Person, Role, RoleName
from vonggac.register.rules import Act

SPARE_LINES = 2
DAY = 24 * 60
PATTERN_WORDS = {
    "3x8": gettext_lazy("three shifts of eight hours"),
    "2x12": gettext_lazy("two shifts of twelve hours"),
    "1x24": gettext_lazy("one shift of twenty-four hours"),
    "home": gettext_lazy("on call at home, day by day"),
    "office": gettext_lazy("working hours, Monday to Friday"),
}


@require_http_methods(["GET", "POST"])
def page(request: DeskRequest) -> HttpResponse:
    """Every post with its shifts; POST makes a new one."""
    now = frames.of(request).now
    if request.method == "POST":
        return _add(request)
    held = queries.posts(now)
    today = day_of(now)
    types = needs.shift_types(held, today, today + timedelta(days=92))
    context = {
        "lines": [(post, [row for row in types if row.post_id == post.pk], _load(post)) for post in held],
        "kinds": PostKind.choices,
        "patterns": [(name, PATTERN_WORDS[name], PATTERNS[name]) for name in PATTERNS],
        "may_plan": request.access.may(Act.ASSIGN),
        "today": today,
        "here": "posts",
    }
    return render(request, "roster/posts.html", context)


def _load(post: Post) -> int:
    """How many people stand at a post."""
    return post.eligibilities.count()


def _add(request: DeskRequest) -> HttpResponse:
    request.access.need(Act.ASSIGN)
    now, kind = frames.of(request).now, forms.text(request, "kind")
    if kind not in HABITS:
        raise InputError(_("Choose what the post is for."))
    chosen = PATTERNS.get(forms.text(request, "pattern"), PATTERNS[HABITS[kind].pattern])
    minimum, leads = forms.count(request, "minimum", 1), "needs_lead" in request.POST
    shifts = [_staffed(shift, minimum, leads=leads) for shift in chosen]
    fields = services.PostFields.usual(forms.text(request, "name"), kind)
    first = max(forms.maybe_day(request, "from") or day_of(now), day_of(now))
    post = services.add_post(request.access.organisation, fields, shifts, on=first, at=now)
    messages.success(request, _("%(post)s is made. Say who stands there.") % {"post": post.name})
    return HttpResponseRedirect(reverse("post", args=[post.pk]))


def _staffed(shift: ShiftFields, minimum: int, *, leads: bool) -> ShiftFields:
    return ShiftFields(
        shift.code, shift.name, shift.start_minute, shift.length_minutes, minimum, 0, {"lead": 1} if leads else {},
        shift.weekdays, shift.is_on_call,
    )  # fmt: skip


@require_safe
def one(request: DeskRequest, post_id: int) -> HttpResponse:
    """A post: its shifts, what raises them, who stands there, its settings."""
    post, now = _post(post_id), frames.of(request).now
    today = day_of(now)
    types = needs.shift_types([post], today, today + timedelta(days=366))
    current = [row for row in types if row.valid_to is None]
    # A week in which every shift of the pattern holds, also where it begins on a day to come.
    settled = max([today, *(row.valid_from for row in current)]) + _week()
    gaps = list(patterns.uncovered([needs.pattern_of(row) for row in current], settled, settled + _week()))
    context: dict[str, Any] = {
        "post": post,
        "types": current,
        "coming": [row for row in types if row.valid_from > today],
        "ending": [row for row in types if row.valid_to is not None],
        "spare": range(SPARE_LINES),
        # The shifts of today that have begun change no more.
        "changes_from": today + timedelta(days=bool(current)),
        # A post whose table alone is known has no shifts yet that could leave times without anybody.
        "gaps": gaps[:1] if current else [],
        "reinforcements": [
            row
            for row in needs.reinforcements([post], needs.first_day(post, now), today + timedelta(days=366))
            if row.ended_at is None
        ],
        "directives": _directives(),
        "members": post.members.order_by("name"),
        "people": leads_for(post),
        "kinds": PostKind.choices,
        "may_plan": request.access.may(Act.ASSIGN),
        "has_table": not ShiftType.objects.filter(post=post).exists() and post.shifts.exists(),
        "new_feed": request.session.pop(forms.NEW_FEED, ""),
        "here": "posts",
    }
    return render(request, "roster/post.html", context)


def _week() -> timedelta:
    return timedelta(days=7)


def _directives() -> Sequence[Directive]:
    found = Directive.objects.filter(state=DirectiveState.CONFIRMED, period_from__isnull=False)
    return list(found.order_by("-period_from")[:10])


def leads_for(post: Post) -> list[Person]:
    """Who can answer for a post: whoever works on its office or above it, within the scope."""
    steps = post.org_path.split("/")[:-1]
    paths = ["".join(f"{step}/" for step in steps[: length + 1]) for length in range(len(steps))]
    working = (RoleName.HEAD, RoleName.DUTY_OFFICER, RoleName.ANALYST, RoleName.IT_OFFICER)
    held = Role.objects.filter(org_path__in=paths, name__in=working).values_list("person_id", flat=True)
    return list(Person.objects.filter(pk__in=held, is_active=True).order_by("folded", "pk")[:200])


def _post(post_id: int) -> Post:
    found = Post.objects.select_related("organisation", "lead").filter(pk=post_id).first()
    if found is None:
        raise OutOfScope(_("There is no such post among those you may see."))
    return found


@require_POST
@comes_back_to("post")
def change(request: DeskRequest, post_id: int) -> HttpResponse:
    """Other settings of a post."""
    request.access.need(Act.ASSIGN)
    post = _post(post_id)
    fields = services.PostFields(
        forms.text(request, "name"), forms.text(request, "kind"), forms.person(request, "lead", leads_for(post)),
        "asks_presence" in request.POST, "hands_over" in request.POST, forms.count(request, "awake_minutes"),
    )  # fmt: skip
    services.change_post(post_id, fields, at=frames.of(request).now)
    messages.success(request, _("The settings are kept."))
    return HttpResponseRedirect(reverse("post", args=[post_id]))


@require_POST
@comes_back_to("post")
def pattern(request: DeskRequest, post_id: int) -> HttpResponse:
    """The shifts of a post from a day on, line by line; a line without a letter is left out."""
    request.access.need(Act.ASSIGN)
    shifts = [shift for line in range(forms.count(request, "lines")) if (shift := _shift(request, line))]
    services.set_pattern(post_id, shifts, forms.day(request, "from"), at=frames.of(request).now)
    messages.success(request, _("The shifts hold from that day on; earlier days keep theirs."))
    return HttpResponseRedirect(reverse("post", args=[post_id]))


def _shift(request: DeskRequest, line: int) -> ShiftFields | None:
    code = forms.text(request, f"code-{line}")
    if not code:
        return None
    begin, end = forms.minutes(request, f"begin-{line}"), forms.minutes(request, f"end-{line}")
    length = ((end - begin) % DAY or DAY) + DAY * forms.count(request, f"days-{line}")
    return ShiftFields(
        code, forms.text(request, f"name-{line}"), begin, length, forms.count(request, f"minimum-{line}", 1),
        forms.count(request, f"wished-{line}"), forms.skills(forms.text(request, f"skills-{line}")),
        tuple(int(day) for day in request.POST.getlist(f"weekday-{line}") if day in "0123456"),
        f"on_call-{line}" in request.POST,
    )  # fmt: skip


@require_POST
@comes_back_to("post")
def reinforce(request: DeskRequest, post_id: int) -> HttpResponse:
    """So many more people for some days, for a directive's period, or on every holiday; says what that comes to."""
    request.access.need(Act.ASSIGN)
    now = frames.of(request).now
    directive = next((one for one in _directives() if str(one.pk) == forms.text(request, "directive")), None)
    first, last = forms.maybe_day(request, "from"), forms.maybe_day(request, "to")
    if directive is not None:
        # The directive's own days, as far as they have not passed, unless others are written.
        first, last = first or directive.period_from, last or directive.period_to
    code = forms.text(request, "code")
    # Without a day it is from now on: past midnight for the night too that began the day before.
    earliest = needs.first_day(_post(post_id), now, code)
    asked = services.Reinforcing(
        max(first or earliest, earliest), last, code, forms.count(request, "more"),
        forms.count(request, "more_wished"), forms.skills(forms.text(request, "skills")), "on_holidays" in request.POST,
        directive, forms.text(request, "reason"),
    )  # fmt: skip
    made = services.reinforce_by(post_id, asked, at=now)
    numbers = ", ".join(f"{row.code or _('every shift')}: {_asked(row)}" for row in made)
    said = _("The post is reinforced (%(numbers)s); make or repair the roster for these days.")
    messages.success(request, said % {"numbers": numbers})
    return HttpResponseRedirect(reverse("post", args=[post_id]))


def _asked(row: Reinforcement) -> str:
    """What a reinforced shift asks for in all: `ít nhất 4 người, 2 phân tích`."""
    people = ngettext("at least %(n)d person", "at least %(n)d people", row.minimum) % {"n": row.minimum}
    wished = _("%(n)d wished") % {"n": row.wished}
    parts = (people if row.minimum else "", wished if row.wished else "", roster_words.skills_text(row.skills))
    return ", ".join(filter(None, parts))


@require_POST
def end_reinforcement(request: DeskRequest, reinforcement_id: int) -> HttpResponse:
    """A reinforcement taken back from now on."""
    request.access.need(Act.ASSIGN)
    row = Reinforcement.objects.filter(pk=reinforcement_id).first()
    services.end_reinforcement(reinforcement_id, at=frames.of(request).now)
    messages.success(request, _("The reinforcement is taken back."))
    return HttpResponseRedirect(reverse("post", args=[row.post_id]) if row else reverse("posts"))


@require_POST
@comes_back_to("post")
def retire(request: DeskRequest, post_id: int) -> HttpResponse:
    """A post that nobody holds from a day on."""
    request.access.need(Act.ASSIGN)
    changes = flow.retire_post(post_id, forms.day(request, "on"), at=frames.of(request).now)
    messages.success(request, _("The post is retired from that day on; its past stays."))
    if untold := [change.name for change in changes if not flow.address_of(change)]:
        messages.warning(request, _("Tell them by phone: %(names)s") % {"names": ", ".join(untold)})
    return HttpResponseRedirect(reverse("posts"))


@require_POST
@comes_back_to("post")
def adopt(request: DeskRequest, post_id: int) -> HttpResponse:
    """The shifts that a post's imported table shows, made its pattern."""
    request.access.need(Act.ASSIGN)
    services.adopt_table(post_id, at=frames.of(request).now)
    messages.success(request, _("The post has the shifts of its table; check the numbers."))
    return HttpResponseRedirect(reverse("post", args=[post_id]))
