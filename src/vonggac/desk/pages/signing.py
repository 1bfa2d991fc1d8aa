"""The first minutes: the one-time sign-in link, the office set up, and what to do next."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from vonggac.desk import first_steps, signing
from vonggac.desk.access import is_public
from vonggac.desk.first_steps import Step
from vonggac.desk.retelling import retold
from vonggac.duty import links
from vonggac.errors import InputError, VongGacError
from vonggac.flows import first_run
from vonggac.jobs import clock
from vonggac.register.access import access, nodes_of
from vonggac.register.imports.values import code
from vonggac.register.models import OrganisationKind, Person
from vonggac.tenancy.scope import scoped, system

SKIPPED = "welcome-skipped"


def _as_in_files(text: str) -> None:
    """ValidationError for what a register file would not take as a code either."""
    try:
        code(text)
    except ValueError as error:
        raise ValidationError(retold(str(error))) from error


class OfficeForm(forms.Form):
    """The office that this desk belongs to, and the person who sets it up."""

    name = forms.CharField(max_length=300, label=gettext_lazy("Name of your office"))
    kind = forms.ChoiceField(choices=OrganisationKind.choices, label=gettext_lazy("Kind"), initial="province")
    code = forms.CharField(
        max_length=64,
        label=gettext_lazy("Short code"),
        help_text=gettext_lazy(
            "Letters, digits, dots, hyphens and underscores, for example so-tttt; import files name the office by it."
        ),
        validators=[_as_in_files],
    )
    person_name = forms.CharField(max_length=200, label=gettext_lazy("Your name"))
    person_email = forms.EmailField(
        label=gettext_lazy("Your mail address"), help_text=gettext_lazy("You sign in with it.")
    )


@is_public
@never_cache
@require_http_methods(["GET", "POST"])
def sign_in_link(request: HttpRequest, secret: str) -> HttpResponseBase:
    """GET shows a button, because mail and chat programs open every link; POST signs in and uses the link up."""
    at = clock.machine_now()
    try:
        with scoped(system("link")):
            used = links.redeemed if request.method == "POST" else links.shown
            person = used(secret, "sign_in", at=at).person
    except InputError as error:
        if request.method == "POST" or _signed_in_by(request, secret):
            return redirect("/" if request.user.is_authenticated else request.path)
        return render(request, "links/refused.html", {"error": error, "is_sign_in": True}, status=410)
    if request.method != "POST" or person is None:
        return render(request, "links/sign_in.html", {"who": person})
    return signing.begin(request, person, method="link")


def _signed_in_by(request: HttpRequest, secret: str) -> bool:
    """True when whoever comes back to a used link is the one whom it signed in."""
    with scoped(system("link")):
        link = links.spent(secret, "sign_in", at=clock.machine_now())
    return link is not None and request.user.is_authenticated and link.person_id == request.user.pk


@is_public
@never_cache
@require_http_methods(["GET", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """Enter the office at the top of an empty register; afterwards the page is not there any more."""
    person = request.user
    if not isinstance(person, Person):
        return redirect("account_login")
    if not first_run.is_needed():
        return redirect("welcome")
    form = OfficeForm(request.POST or None, initial={"person_name": person.name})
    if request.method == "POST" and form.is_valid():
        try:
            first_run.set_up(person, first_run.Office(**form.cleaned_data), at=clock.now())
        except VongGacError as error:
            form.add_error(None, retold(error))
        else:
            messages.success(request, _("Your office is set up."))
            return redirect("welcome")
    return render(request, "access/setup.html", {"form": form}, status=422 if form.errors else 200)


@is_public
@never_cache
@require_safe
def welcome(request: HttpRequest) -> HttpResponse:
    """What is still missing after signing in, with the two ways to begin; straight to the desk when nothing is."""
    person = request.user
    if not isinstance(person, Person):
        return redirect("account_login")
    if first_run.is_needed():
        return redirect("setup")
    nodes = nodes_of(person, on=clock.today())
    steps: list[Step] = []
    if nodes:
        found = access(person, nodes[0], on=clock.today())
        with scoped(found.scope):
            steps = first_steps.of(found)
    has_password, has_factor = person.has_usable_password(), signing.has_second_factor(person)
    if "skip" in request.GET:
        request.session[SKIPPED] = True
    has_begun = not steps or any(step.is_done and step.kind.title == first_steps.DIRECTIVE.title for step in steps)
    if nodes and ((has_password and has_begun) or request.session.get(SKIPPED)):
        return redirect("/")
    context = {
        "who": person, "has_role": bool(nodes), "steps": steps,
        "has_password": has_password, "has_factor": has_factor,
    }  # fmt: skip
    return render(request, "access/welcome.html", context)
