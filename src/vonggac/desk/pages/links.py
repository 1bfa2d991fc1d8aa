"""Acknowledging from a message, on a phone, without an account."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from vonggac.cases.models import Case
from vonggac.desk import frame as frames
from vonggac.desk.access import is_public
from vonggac.duty.models import Link
from vonggac.errors import InputError
from vonggac.flows import acknowledgement


@is_public
@never_cache
@require_http_methods(["GET", "POST"])
def acknowledge(request: HttpRequest, secret: str) -> HttpResponse:
    """GET shows what was sent and changes nothing; POST acknowledges it under the name that is typed."""
    at = frames.of(request).now
    name = request.POST.get("name", "").strip()[:200]
    try:
        link, cases = acknowledgement.show(secret, at=at)
        context = {
            "link": link, "cases": cases, "organisation": link.organisation, "name": name, "heirs": _heirs(link, cases),
        }  # fmt: skip
        if request.method == "POST":
            if not name:
                context["complaint"] = _("Write your name: it is kept with the acknowledgement.")
                return render(request, "links/acknowledge.html", context, status=422)
            acknowledgement.acknowledge(secret, by=name, at=at)
            return render(request, "links/acknowledged.html", context)
    except InputError as error:
        return render(request, "links/refused.html", {"error": error}, status=410)
    return render(request, "links/acknowledge.html", context)


def _heirs(link: Link, cases: Sequence[Case]) -> list[str]:
    """The names of those who took the cases over since the letter was sent."""
    return sorted({case.organisation.name for case in cases if case.organisation_id != link.organisation_id})
