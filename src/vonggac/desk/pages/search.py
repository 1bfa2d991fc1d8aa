"""Search: a case by number, host, address or organisation; organisations; a directive by number; a notice."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from vonggac.alerts import notices
from vonggac.cases import queries
from vonggac.desk import actions
from vonggac.desk.requests import DeskRequest
from vonggac.directives import queries as directives
from vonggac.register import queries as register

SHOWN = 10


@require_safe
def page(request: DeskRequest) -> HttpResponse:
    """What was found; the number of a case leads straight to it, unless a directive bears it too."""
    words = request.GET.get("q", "").strip()[:200]
    units = list(register.find_organisations(words)[: queries.SEARCHED_AT_MOST]) if words else []
    found = queries.search(words, units=units)
    entered = list(directives.find(words)[:SHOWN]) if words else []
    if len(found) == 1 and words.lstrip("#") == str(found[0].pk) and not entered:
        return HttpResponseRedirect(reverse("case", args=[found[0].pk]))
    context = {
        "words": words,
        "cases": found,
        "seen_to": actions.seen_to(found, request.access),
        "directives": entered,
        "notices": list(notices.find(words)[:SHOWN]) if words else [],
        "organisations": units[:SHOWN],
    }
    return render(request, "search/page.html", context)
