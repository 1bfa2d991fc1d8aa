"""How I am reached: my addresses with the day they were tested, and the hours in which I rest; a phone comes first."""

from datetime import time

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from vonggac.desk import frame as frames
from vonggac.desk.handing_in import comes_back_to
from vonggac.desk.requests import DeskRequest, is_whole
from vonggac.duty import contacts
from vonggac.duty.channels import services as channels
from vonggac.duty.models import Channel, ContactMethod, QuietHours
from vonggac.errors import InputError

USUAL_QUIET = (time(22), time(6))


@require_safe
def page(request: DeskRequest) -> HttpResponse:
    """My addresses and my quiet hours."""
    methods = contacts.of(request.person)
    context = {
        "methods": methods,
        "is_tested": any(method.tested_at and not method.failed_at and method.is_in_use for method in methods),
        "channels": _channels(request),
        "quiet": QuietHours.objects.filter(person=request.person).first(),
        "usual_quiet": USUAL_QUIET,
        "delays": (0, 2, 5, 10, 15),
    }
    return render(request, "contacts/page.html", context)


def _channels(request: DeskRequest) -> list[Channel]:
    """The channels on which a person can have an address of their own."""
    return [channel for channel in channels.usable(request.access.organisation) if not channels.is_room(channel)]


@require_POST
@comes_back_to("contacts")
def add(request: DeskRequest) -> HttpResponse:
    """Enter an address, and send a test to it at once."""
    chosen, channel = request.POST.get("channel", ""), None
    if chosen:
        channel = next((one for one in _channels(request) if str(one.pk) == chosen), None)
        if channel is None:
            raise InputError(_("Choose one of the channels."))
    delay = request.POST.get("after_minutes", "0")
    if not is_whole(delay):
        raise InputError(_("%(name)s has to be a whole number.") % {"name": _("wait")})
    at, address = frames.of(request).now, request.POST.get("address", "")
    method = contacts.add(request.person, address, at=at, channel=channel, after_minutes=int(delay))
    return _tested(request, method)


@require_POST
@comes_back_to("contacts")
def test(request: DeskRequest, method_id: int) -> HttpResponse:
    """Send another test to one of my addresses."""
    method = contacts.one(method_id, request.person)
    return _tested(request, method)


def _tested(request: DeskRequest, method: ContactMethod) -> HttpResponse:
    """The page again, after a test was sent to an address."""
    contacts.send_test(method, at=frames.of(request).now)
    said = _("A test is on its way to %(address)s: open the link in it and confirm.")
    messages.success(request, said % {"address": method.address})
    return redirect("contacts")


@require_POST
@comes_back_to("contacts")
def remove(request: DeskRequest, method_id: int) -> HttpResponse:
    """Take one of my addresses away."""
    method = contacts.one(method_id, request.person)
    contacts.remove(method, at=frames.of(request).now)
    messages.success(request, _("%(address)s is removed.") % {"address": method.address})
    return redirect("contacts")


@require_POST
@comes_back_to("contacts")
def quiet_hours(request: DeskRequest) -> HttpResponse:
    """Set my quiet hours, or take them away."""
    if request.POST.get("end"):
        begins = ends = None
    else:
        begins, ends = (_time(request.POST.get(name, "")) for name in ("begins", "ends"))
    contacts.set_quiet_hours(request.person, begins, ends, at=frames.of(request).now)
    messages.success(request, _("Your quiet hours are kept.") if begins else _("You have no quiet hours now."))
    return redirect("contacts")


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text.strip().zfill(5))
    except ValueError:
        raise InputError(_("Write the time as 22:00.")) from None
