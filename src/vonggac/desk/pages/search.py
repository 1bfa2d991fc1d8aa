"""Search: a case by number, host, address or organisation; and the organisations themselves."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from vonggac.cases import queries
from vonggac.desk.requests import DeskRequest
from vonggac.register import queries as register

SHOWN_ORGANISATIONS = 10


@require_safe
def page(request: DeskRequest) -> HttpResponse:
    """What was found; the number of a case leads straight to it."""
    words = request.GET.get("q", "").strip()[:200]
    found = queries.search(words)
    if len(found) == 1 and words.lstrip("#") == str(found[0].pk):
        return HttpResponseRedirect(reverse("case", args=[found[0].pk]))
    organisations = list(register.find_organisations(words)[:SHOWN_ORGANISATIONS]) if words else []
    return render(request, "search/page.html", {"words": words, "cases": found, "organisations": organisations})
