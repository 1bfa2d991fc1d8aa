"""What a post lacks once somebody has gone from their running shift, and where somebody is found who steps in."""

from datetime import datetime
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from vonggac.desk import frame as frames
from vonggac.desk import roster_words, times
from vonggac.desk.requests import DeskRequest
from vonggac.duty import planning
from vonggac.duty.escalation import standing
from vonggac.duty.models import Member, Shift
from vonggac.register.rules import Act


def say(request: DeskRequest, shift: Shift, since: datetime | None = None) -> HttpResponse | None:
    """Say what the shift's post lacks now; to whoever may put somebody on, the page that lists who may step in.

    `since`: when its person goes, where that is still to come.
    """
    if since is not None and since > frames.of(request).now:
        return _say_ahead(request, shift, since)
    short = standing.open_holes(frames.of(request).now, posts={shift.post_id})
    if not short:
        messages.info(request, _("%(post)s still has everybody whom it needs.") % {"post": shift.post.name})
        return None
    ((_post, hole),) = short
    said = {
        "post": shift.post.name, "lack": roster_words.lack(hole.missing_people, hole.skills),
        "name": shift.person_name, "time": times.clock(shift.to_utc),
    }  # fmt: skip
    if not request.access.may(Act.ASSIGN):
        messages.warning(
            request, _("%(post)s is %(lack)s now, until %(time)s. Call your lead: they can put somebody on.") % said
        )
        return None
    messages.warning(
        request, _("%(post)s is %(lack)s now, until %(time)s, without %(name)s. Who can step in at once:") % said
    )
    return _who_can(shift)


def _say_ahead(request: DeskRequest, shift: Shift, since: datetime) -> HttpResponse | None:
    told = {"name": shift.person_name, "post": shift.post.name, "since": times.clock(since)}
    said = _("%(name)s goes from the running shift at %(post)s at %(since)s; from then on it lacks them.") % told
    messages.warning(request, said)
    return _who_can(shift) if request.access.may(Act.ASSIGN) else None


def _who_can(shift: Shift) -> HttpResponse:
    asked = {"slot": planning.slot_of(shift)}
    if member := _member(shift):
        asked["instead"] = str(member)
    return HttpResponseRedirect(f"{reverse('roster-step-in')}?{urlencode(asked)}")


def _member(shift: Shift) -> int | None:
    """Who of the duty list stands the shift; an imported table may know their name alone."""
    named = Member.objects.filter(organisation=shift.post.organisation_id, name=shift.person_name)
    return shift.member_id or named.values_list("pk", flat=True).first()
