"""Diễn tập: the exercise's day, its next day, the dispatch to begin with, and the wipe. A real desk explains only."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from vonggac.cases.models import Case, Kind
from vonggac.cases.rules import Claim
from vonggac.desk import frame as frames
from vonggac.desk.requests import DeskRequest
from vonggac.desk.retelling import retold
from vonggac.directives.queries import progress
from vonggac.duty.models import Message
from vonggac.exercise import desk as exercise
from vonggac.flows import directive as directives
from vonggac.register.rules import Act

WARNINGS_SHOWN = 5


@require_safe
def page(request: DeskRequest) -> HttpResponse:
    """Where the exercise stands and what can be done with it; on a real desk, how to start one."""
    if not exercise.is_exercise():
        return render(request, "exercise/start.html")
    directive = exercise.entered()
    context = {
        # Its figures are those of the whole province; a unit's own are fewer.
        "so_far": None if request.access.organisation.parent_id else exercise.so_far(),
        "directive": directive,
        "progress": progress(directive, frames.of(request).now) if directive else None,
        "letters": Message.objects.count(),
        "dispatch_number": exercise.DISPATCH_NUMBER,
        "clean": Case.objects.filter(kind=Kind.BOTNET_HOST, claim=Claim.DONE).count(),
        "is_over": exercise.is_over(),
        "ends_next": exercise.ends_next(),
        "ends_next_hour": exercise.ends_next_hour(),
        "may_lead": request.access.may(Act.ADMINISTER),
        "may_open": request.access.may(Act.ASSIGN),
    }
    return render(request, "exercise/page.html", context)


@require_POST
def next_day(request: DeskRequest) -> HttpResponse:
    """Play the next day's files, then back to the page with what they brought."""
    request.access.need(Act.ADMINISTER)
    return _told(request, exercise.next_day(), _("A day has passed; new: %(told)s."))


@require_POST
def next_hour(request: DeskRequest) -> HttpResponse:
    """Play what the next hour brings: the way to a change of shift and into the night."""
    request.access.need(Act.ADMINISTER)
    return _told(request, exercise.next_hour(), _("An hour has passed; new: %(told)s."))


def _told(request: DeskRequest, day: exercise.Day, sentence: str) -> HttpResponse:
    told = ngettext("%(lists)s list", "%(lists)s lists", day.lists) % {"lists": day.lists}
    told += ", " + ngettext("%(claims)s claim", "%(claims)s claims", day.claims) % {"claims": day.claims}
    told += ", " + ngettext("%(logs)s log file", "%(logs)s log files", day.logs) % {"logs": day.logs}
    told += ", " + ngettext("%(answers)s answer", "%(answers)s answers", day.answers) % {"answers": day.answers}
    messages.success(request, sentence % {"told": told})
    for warning in day.warnings[:WARNINGS_SHOWN]:
        messages.warning(request, retold(warning))
    return HttpResponseRedirect(reverse("exercise-start"))


@require_POST
def open_dispatch(request: DeskRequest) -> HttpResponse:
    """Read the exercise's dispatch as an upload would, and go where it is confirmed."""
    request.access.need(Act.ASSIGN)
    exercise.state()
    office, at = request.access.organisation, frames.of(request).now
    (first, *_) = directives.receive(exercise.dispatch(), exercise.DISPATCH, office, at=at)
    # A dispatch that was entered before leads on from there to its own page.
    return HttpResponseRedirect(reverse("directive-confirm", args=[first.document_id]))


@require_POST
def wipe(request: DeskRequest) -> HttpResponse:
    """Order that everything be taken away; the page says where the new sign-in link appears."""
    request.access.need(Act.ADMINISTER)
    exercise.order_wipe()
    return render(request, "exercise/wiped.html")
