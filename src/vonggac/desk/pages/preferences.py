"""What a person chooses for themselves: theme, language, and the node on which they work."""

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from vonggac.desk.access import CHOSEN_NODE
from vonggac.desk.requests import DeskRequest
from vonggac.errors import InputError
from vonggac.jobs import clock
from vonggac.register.access import nodes_of, offices
from vonggac.register.models import Person

THEMES = ("auto", "light", "dark")
LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: DeskRequest) -> HttpResponse:
    """The organisations on which the person holds a role; a POST keeps what was chosen."""
    if request.method == "POST":
        return _save(request)
    return render(request, "desk/preferences.html", {"nodes": offices(request.person, on=clock.today())})


def _save(request: DeskRequest) -> HttpResponse:
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    response = HttpResponseRedirect(wanted if is_ours else "/")
    if theme := request.POST.get("theme"):
        _one_of(theme, THEMES)
        Person.objects.filter(pk=request.person.pk).update(theme=theme)
    if language := request.POST.get("language"):
        _one_of(language, LANGUAGES)
        Person.objects.filter(pk=request.person.pk).update(language=language)
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, samesite="Lax", secure=request.is_secure())
    if node := request.POST.get("node"):
        _one_of(node, nodes_of(request.person, on=clock.today()))
        request.session[CHOSEN_NODE] = node
    return response


def _one_of(value: str, known: tuple[str, ...] | list[str]) -> None:
    if value not in known:
        raise InputError(_("This choice does not exist; take one that the menu offers."))
