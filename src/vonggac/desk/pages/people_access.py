"""For administrators: people and what they may do, tokens of programs, recoveries after a lost phone."""

from collections.abc import Sequence

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vonggac.desk import export
from vonggac.desk.handing_in import comes_back_to
from vonggac.desk.requests import DeskRequest
from vonggac.desk.retelling import retold
from vonggac.errors import InputError, NotPermitted, OutOfScope, VongGacError
from vonggac.flows import invitations, recovery
from vonggac.jobs import clock
from vonggac.register import queries
from vonggac.register.access import works_only_below
from vonggac.register.models import Organisation, Person, Recovery, Role, RoleName, Token
from vonggac.register.rules import Act
from vonggac.register.services import people as services
from vonggac.register.services import tokens
from vonggac.tenancy.scope import current

PAGE_ROWS = 100
TOKEN_COLUMNS = (
    "id", "program", "person", "organisation", "code", "roles", "made_at_utc", "expires_at_utc", "revoked_at_utc",
    "last_used_at_utc",
)  # fmt: skip


def _units() -> list[tuple[str, str]]:
    """The organisations of this part of the tree that exist today, by path, with their names."""
    return list(queries.organisations(clock.today()).values_list("code", "name"))


class PersonForm(forms.Form):
    """A new person with their first role."""

    name = forms.CharField(max_length=200, label=gettext_lazy("Name"))
    email = forms.EmailField(label=gettext_lazy("Mail address"))
    phone = forms.CharField(max_length=40, required=False, label=gettext_lazy("Phone"))
    organisation = forms.ChoiceField(choices=_units, label=gettext_lazy("Organisation"))
    role = forms.ChoiceField(choices=RoleName.choices, label=gettext_lazy("Role"))


class TokenForm(forms.Form):
    """A program's key."""

    name = forms.CharField(max_length=200, label=gettext_lazy("Which program uses it"))
    organisation = forms.ChoiceField(choices=_units, label=gettext_lazy("Organisation"))
    role = forms.ChoiceField(choices=RoleName.choices, label=gettext_lazy("Role"))
    days = forms.IntegerField(min_value=1, max_value=tokens.MOST_DAYS, initial=90, label=gettext_lazy("Days it lives"))


@require_safe
def people(request: DeskRequest) -> HttpResponse:
    """The people of this part of the tree, found by name or address."""
    request.access.need(Act.ADMINISTER)
    words = request.GET.get("q", "").strip()
    found = list(queries.find_people(words).prefetch_related("roles__organisation")[: PAGE_ROWS + 1])
    context = {
        "people": found[:PAGE_ROWS],
        "is_cut": len(found) > PAGE_ROWS,
        "words": words,
        "waiting": Recovery.objects.filter(decided_at__isnull=True).count(),
    }
    return render(request, "access/people.html", context)


@require_http_methods(["GET", "POST"])
def add_person(request: DeskRequest) -> HttpResponse:
    """Enter somebody with a first role, and send them their sign-in link."""
    request.access.need(Act.ADMINISTER)
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        entered = form.cleaned_data
        try:
            organisation = _organisation(entered["organisation"])
            person = services.create_person(entered["email"], entered["name"], at=clock.now(), phone=entered["phone"])
            services.give_role(person, organisation, entered["role"], at=clock.now())
        except VongGacError as error:
            form.add_error(None, retold(error))
        else:
            return _invited(request, person)
    return render(request, "access/person_new.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
def person(request: DeskRequest, person_id: int) -> HttpResponse:
    """One person: roles here, and what an administrator may do about their sign-in."""
    request.access.need(Act.ADMINISTER)
    found = _person(person_id)
    low, high = request.access.scope.bounds
    context = {
        "shown": found,
        "shown_roles": found.roles.filter(org_path__gte=low, org_path__lt=high).select_related("organisation"),
        "units": _units(),
        "role_names": RoleName.choices,
        "is_ours": works_only_below(found, request.access.scope.org_path, on=clock.today()),
        "is_self": found.pk == request.person.pk,
        "recovery": Recovery.objects.filter(person=found, decided_at__isnull=True).first(),
    }
    return render(request, "access/person.html", context)


@require_POST
@comes_back_to("person")
def give_role(request: DeskRequest, person_id: int) -> HttpResponse:
    """Give the person a role on an organisation of this part of the tree."""
    request.access.need(Act.ADMINISTER)
    role = request.POST.get("role", "")
    if role not in RoleName.values:
        raise InputError(_("Choose one of the roles."))
    services.give_role(_person(person_id), _organisation(request.POST.get("organisation", "")), role, at=clock.now())
    messages.success(request, _("The role is given."))
    return redirect("person", person_id)


@require_POST
def end_role(request: DeskRequest, role_id: int) -> HttpResponse:
    """End a role from today on."""
    request.access.need(Act.ADMINISTER)
    low, high = request.access.scope.bounds
    role = Role.objects.filter(pk=role_id, org_path__gte=low, org_path__lt=high).first()
    if role is None:
        raise OutOfScope(_("This role is not among those you may end."))
    services.end_role(role, clock.today(), at=clock.now())
    messages.success(request, _("The role is ended."))
    return redirect("person", role.person_id)


@require_POST
@comes_back_to("person")
def deactivate(request: DeskRequest, person_id: int) -> HttpResponse:
    """Take the person's sign-in away, with a reason."""
    found = _ours(request, person_id)
    reason = request.POST.get("reason", "").strip()
    if not reason:
        raise InputError(_("Write why: it stands in the ledger."))
    invitations.shut_out(found, reason, at=clock.now())
    messages.success(request, _("The person can no longer sign in."))
    return redirect("people")


@require_POST
@comes_back_to("person")
def invite(request: DeskRequest, person_id: int) -> HttpResponse:
    """Send the person a one-time sign-in link."""
    return _invited(request, _ours(request, person_id))


@require_safe
def token_list(request: DeskRequest) -> HttpResponse:
    """The tokens of this part of the tree, or the same as a file; secrets are kept nowhere."""
    request.access.need(Act.ADMINISTER)
    if kind := request.GET.get("format"):
        cells = map(_cells, _tokens()[: export.MOST_ROWS])
        return export.respond(
            kind, "tokens", TOKEN_COLUMNS, cells,
            headings={"person": gettext_lazy("Person")}, codes={"roles": dict(RoleName.choices)},
        )  # fmt: skip
    context = {"tokens": _tokens()[:PAGE_ROWS], "form": TokenForm(), "at": clock.machine_now()}
    return render(request, "access/tokens.html", context)


def _tokens() -> QuerySet[Token]:
    return Token.objects.select_related("organisation", "person").order_by("-pk")


def _cells(token: Token) -> Sequence[export.Cell]:
    return (
        token.pk, token.name, token.person.name if token.person else None, token.organisation.name,
        token.organisation.code, tuple(token.roles), token.made_at, token.expires_at, token.revoked_at,
        token.last_used_at,
    )  # fmt: skip


@require_POST
@comes_back_to("tokens")
def make_token(request: DeskRequest) -> HttpResponse:
    """Make a token and show its secret, once."""
    request.access.need(Act.ADMINISTER)
    form, secret, made = TokenForm(request.POST), "", None
    if form.is_valid():
        entered = form.cleaned_data
        try:
            made, secret = tokens.create_token(
                entered["name"], _organisation(entered["organisation"]), [entered["role"]],
                at=clock.machine_now(), on=clock.today(), days=entered["days"],
            )  # fmt: skip
        except VongGacError as error:
            form.add_error(None, retold(error))
    context = {"tokens": _tokens()[:PAGE_ROWS], "form": form, "secret": secret, "made": made, "at": clock.machine_now()}
    return render(request, "access/tokens.html", context, status=422 if form.errors else 200)


@require_POST
@comes_back_to("tokens")
def revoke_token(request: DeskRequest, token_id: int) -> HttpResponse:
    """Revoke a token: the program behind it is shut out at once."""
    request.access.need(Act.ADMINISTER)
    token = Token.objects.filter(pk=token_id).first()
    if token is None:
        raise OutOfScope(_("This token is not among those you may revoke."))
    tokens.revoke_token(token, at=clock.machine_now())
    return redirect("tokens")


@require_safe
def recoveries(request: DeskRequest) -> HttpResponse:
    """Recoveries that wait for a second administrator, and the decided ones."""
    request.access.need(Act.ADMINISTER)
    low, high = request.access.scope.bounds
    rows = Recovery.objects.filter(org_path__gte=low, org_path__lt=high)
    shown = rows.select_related("person", "organisation", "asked_by", "decided_by").order_by("-pk")[:PAGE_ROWS]
    return render(request, "access/recoveries.html", {"recoveries": shown})


@require_POST
@comes_back_to("person")
def ask_recovery(request: DeskRequest, person_id: int) -> HttpResponse:
    """Ask for the person's second factor to be taken off; another administrator decides."""
    recovery.ask(request.access, _person(person_id), request.POST.get("reason", ""), at=clock.now())
    messages.success(request, _("Another administrator has to confirm it now."))
    return redirect("recoveries")


@require_POST
@comes_back_to("recoveries")
def decide_recovery(request: DeskRequest, recovery_id: int) -> HttpResponse:
    """Confirm or refuse a recovery that another administrator asked for."""
    decide = recovery.confirm if request.POST.get("decision") == "confirm" else recovery.refuse
    decided = decide(request.access, recovery_id, at=clock.now())
    if decided.was_confirmed:
        messages.success(request, _("Done: the person signs in by password alone and sets a new second factor."))
    return redirect("recoveries")


def _invited(request: DeskRequest, invited: Person) -> HttpResponse:
    """The page after an invitation: it shows the link only where no mail can carry it."""
    invitation = invitations.invite(invited, request.access.organisation, at=clock.machine_now())
    return render(request, "access/invited.html", {"invited": invited, "invitation": invitation})


def _person(person_id: int) -> Person:
    low, high = current().bounds
    held = Role.objects.filter(person_id=person_id, org_path__gte=low, org_path__lt=high)
    found = Person.objects.filter(pk=person_id, pk__in=held.values("person_id")).first()
    if found is None:
        raise OutOfScope(_("This person is not among those of your part of the tree."))
    return found


def _ours(request: DeskRequest, person_id: int) -> Person:
    """A person whose sign-in this administrator may touch: not themselves, nobody who also works above them."""
    request.access.need(Act.ADMINISTER)
    found = _person(person_id)
    if found.pk == request.person.pk:
        raise NotPermitted(_("Another administrator has to do this for you."))
    if not works_only_below(found, request.access.scope.org_path, on=clock.today()):
        raise NotPermitted(_("This person also works above you; the administrators there have to do it."))
    return found


def _organisation(code: str) -> Organisation:
    try:
        validate_slug(code)
    except ValidationError:
        raise InputError(_("There is no organisation with this code.")) from None
    found = queries.organisations().filter(code=code).first()
    if found is None:
        raise InputError(_("There is no organisation with this code."))
    return found
