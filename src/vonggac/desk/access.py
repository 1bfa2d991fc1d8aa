"""Every page runs inside the scope of whoever asked for it: one transaction, rolled back when the page fails."""

from collections.abc import Callable, Iterator
from inspect import iscoroutinefunction
from typing import Any, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.template.response import SimpleTemplateResponse
from django.utils import translation
from django.utils.translation import gettext as _

from vonggac.desk import form_addresses, handing_in
from vonggac.desk import frame as frames
from vonggac.desk.requests import make_afresh
from vonggac.errors import InputError, NotPermitted, OutOfScope, Refused, VongGacError
from vonggac.flows import first_run
from vonggac.jobs import clock
from vonggac.register.access import Access, Standing, standings
from vonggac.register.models import Person
from vonggac.tenancy.retrying import retried
from vonggac.tenancy.scope import scoped

CHOSEN_NODE = "node"
STATUS = ((OutOfScope, 404), (NotPermitted, 403), (Refused, 409), (InputError, 422))
View = Callable[..., HttpResponseBase]
V = TypeVar("V", bound=View)


def is_public(view: V) -> V:
    """Mark a view that opens its own scope, or none: sign-in, signed links, health, the stream."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


class AccessMiddleware:
    """Gives each request `access`, `person`, `roles` and `scope`, and runs its view inside the scope.

    It wraps the view and not the whole chain, because Django turns exceptions into responses between the two, and a
    failed page must roll back.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response, readable also where the address takes only forms; the work is done in process_view."""
        return form_addresses.explained(request, self.get_response(request))

    def process_view(
        self, request: HttpRequest, view: View, arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> HttpResponseBase | None:
        """The view's response, made within the person's scope; None leaves a public view to Django."""
        if _is_foreign(view):
            return None
        if _has_nul(request, named):
            return refusal(request, InputError(_("What was sent holds a character that no text has (NUL).")))
        return None if _opens_its_own_scope(view) else self._within_scope(request, view, arguments, named)

    def _within_scope(
        self, request: HttpRequest, view: View, arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        try:
            standing = _chosen(request)
            made = retried(
                lambda: _made(request, standing, lambda: view(request, *arguments, **named)),
                between=lambda: make_afresh(request),
            )
            if request.method == "POST":
                frames.forget_counts(standing.scope.org_path)
            return made
        except VongGacError as error:
            # An empty desk refuses everything: whoever was let in first sets it up.
            if not hasattr(request, "access") and first_run.is_needed():
                return redirect("setup")
            return handing_in.again(request, view, named, error) or refusal(request, error)


def _made(request: HttpRequest, standing: Standing, view: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    with scoped(standing.scope):
        attach(request, standing.access())
        response = view()
        return response.render() if isinstance(response, SimpleTemplateResponse) else response


def chosen_access(request: HttpRequest) -> Access:
    """The access on the node that the person chose last, else on their highest one."""
    standing = _chosen(request)
    with scoped(standing.scope):
        return standing.access()


def _chosen(request: HttpRequest) -> Standing:
    if not isinstance(request.user, Person):
        raise NotPermitted(_("Sign in first."))
    held = standings(request.user, on=clock.today(), at=clock.machine_now())
    if not held:
        raise NotPermitted(_("You hold no role yet; an administrator has to give you one."))
    return held.get(request.session.get(CHOSEN_NODE, "")) or next(iter(held.values()))


def attach(request: HttpRequest, found: Access) -> None:
    """Let views and templates read who acts, where and with which roles, and speak the person's language.

    The scope stays on the access: `request.scope` is Django's own name for the ASGI scope.
    """
    request.access, request.person, request.roles = found, found.person, found.roles  # type: ignore[attr-defined]
    translation.activate(found.person.language)


def refusal(request: HttpRequest, error: VongGacError) -> HttpResponse:
    """The page that says what was wrong and what to do next, with the status that fits the error."""
    status = next((code for kind, code in STATUS if isinstance(error, kind)), 500)
    return render(request, "desk/refusal.html", {"error": error, "status": status}, status=status)


# Views of libraries that bring their own access, and the health page, which answers before anybody signs in.
FOREIGN = ("allauth.", "ninja.", "vonggac.server.")


def _is_foreign(view: View) -> bool:
    return getattr(view, "__module__", "").startswith(FOREIGN)


def _opens_its_own_scope(view: View) -> bool:
    return iscoroutinefunction(view) or getattr(view, "is_public", False)


def _has_nul(request: HttpRequest, named: dict[str, Any]) -> bool:
    """True when an address or a form holds a NUL, which PostgreSQL's text does not take: no page has to look for it."""
    if "\0" in request.path or any("\0" in value for value in named.values() if isinstance(value, str)):
        return True
    return any("\0" in text for fields in (request.GET, request.POST) for pair in _pairs(fields) for text in pair)


def _pairs(fields: QueryDict) -> Iterator[tuple[str, str]]:
    return ((name, value) for name, values in fields.lists() for value in values)
