"""One's own account: another user at a shared desk, another office, all sessions ended, emergency access."""

from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vonggac.desk import signing
from vonggac.desk.access import CHOSEN_NODE, chosen_access, is_public
from vonggac.desk.requests import DeskRequest
from vonggac.errors import NotPermitted, VongGacError
from vonggac.flows import break_glass, sessions
from vonggac.jobs import clock
from vonggac.register import queries
from vonggac.register.access import nodes_of, offices
from vonggac.register.models import Person
from vonggac.tenancy.scope import scoped


class BreakGlassForm(forms.Form):
    """Where the emergency is, and why nobody there can act."""

    organisation = forms.SlugField(label=gettext_lazy("Code of the organisation"))
    reason = forms.CharField(
        label=gettext_lazy("Why it cannot wait"),
        min_length=break_glass.SHORTEST_REASON,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


@require_safe
def account(request: DeskRequest) -> HttpResponse:
    """The person's sign-in, offices and sessions."""
    context = {
        "nodes": offices(request.person, on=clock.today(), at=clock.machine_now()),
        "has_factor": signing.has_second_factor(request.person),
        "session_count": UserSession.objects.filter(user=request.person).count(),
        "may_break_glass": break_glass.may_take(request.access),
    }
    return render(request, "access/account.html", context)


@is_public
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def switch(request: HttpRequest) -> HttpResponseBase:
    """Hand the screen to a colleague: their password, then the same page as before under their name."""
    leaving = request.user
    if not isinstance(leaving, Person):
        return redirect("account_login")
    target = signing.safe_address(request, request.POST.get("next") or request.GET.get("next", ""))
    email, complaint = request.POST.get("email", ""), ""
    if request.method == "POST":
        try:
            arriving = signing.checked(request, email, request.POST.get("password", ""))
        except ValidationError as error:
            arriving, complaint = None, " ".join(error.messages)
        if arriving is not None:
            sessions.note(leaving, "session.switch", at=clock.machine_now(), to=arriving.email)
            return signing.begin(request, arriving, method="password", redirect_url=target)
        complaint = complaint or _("Address and password do not fit together.")
    context = {"next": target, "email": email, "complaint": complaint, "colleagues": _colleagues(request)}
    return render(request, "access/switch.html", context, status=422 if complaint else 200)


@require_POST
def node(request: DeskRequest) -> HttpResponse:
    """Go on working on another of one's offices."""
    chosen = request.POST.get("path", "")
    if chosen not in nodes_of(request.person, on=clock.today(), at=clock.machine_now()):
        raise NotPermitted(_("You hold no role on that organisation."))
    request.session[CHOSEN_NODE] = chosen
    return redirect(signing.safe_address(request, request.POST.get("next", "")))


@require_POST
def sign_out_everywhere(request: DeskRequest) -> HttpResponse:
    """End every session of the person, this one too."""
    ended = sessions.end_everywhere(request.person)
    sessions.note(request.person, "session.end_everywhere", at=clock.machine_now(), sessions=ended)
    signing.end(request)
    return redirect("account_login")


@require_http_methods(["GET", "POST"])
def take_break_glass(request: DeskRequest) -> HttpResponse:
    """Take the administrator's role on a node for an hour; everybody who answers for it is told."""
    if not break_glass.may_take(request.access):
        raise NotPermitted(_("Only a head or an administrator of the top office may do this."))
    form = BreakGlassForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        found = queries.organisations().filter(code=form.cleaned_data["organisation"]).first()
        if found is None:
            form.add_error("organisation", _("There is no organisation with this code."))
        else:
            break_glass.take(request.access, found, form.cleaned_data["reason"], at=clock.machine_now())
            request.session[CHOSEN_NODE] = found.path
            messages.warning(request, _("Emergency access is in force; the heads have been told."))
            return redirect("people")
    return render(request, "access/break_glass.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
def end_break_glass(request: DeskRequest) -> HttpResponse:
    """Give the emergency access back before its hour is over."""
    if request.access.break_glass is not None:
        break_glass.give_back(request.access.break_glass, at=clock.machine_now())
        messages.success(request, _("Emergency access is given back."))
    request.session.pop(CHOSEN_NODE, None)
    return redirect("/")


def _colleagues(request: HttpRequest) -> list[Person]:
    """Those who hold a role on the same office: their addresses need no typing."""
    try:
        here = chosen_access(request)
    except VongGacError:
        return []
    with scoped(here.scope):
        roles = queries.roles_on(here.scope.org_path, clock.today())
        people = {role.person_id: role.person for role in roles if role.person.is_active}
    return [person for person in people.values() if person.pk != here.person.pk]
