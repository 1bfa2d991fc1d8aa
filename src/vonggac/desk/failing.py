"""The pages of an answer that could not be given: plain enough to be made while the database is down.

They name nothing of what went wrong: the reference leads whoever runs the desk to the line of its log.
"""

import logging
import secrets
import sys
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from vonggac.desk import times
from vonggac.desk.api.problems import problem
from vonggac.desk.form_addresses import page_of_form
from vonggac.jobs.clock import now

log = logging.getLogger("vonggac.desk")
# Vietnamese first: nobody was asked, and nothing that knows it may be asked now.
LANGUAGES = ("vi", "en")
INTERFACE = "/api/"


def error(request: HttpRequest) -> HttpResponse:
    """500, with the reference under which the log holds the fault."""
    reference = secrets.token_hex(4)
    # The route and not the address, which may be a link's secret.
    route = request.resolver_match.route if request.resolver_match else ""
    log.error("fault %s: %s /%s", reference, request.method, route, exc_info=sys.exc_info())
    made = page(request, HTTPStatus.INTERNAL_SERVER_ERROR, reference=reference)
    made._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001  Django's own line would say it twice
    return made


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  the shape of every handler
    """400: what was sent is no form of this desk."""
    return page(request, HTTPStatus.BAD_REQUEST)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """403 where no page of the desk says it itself."""
    return page(request, HTTPStatus.FORBIDDEN)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """403 for a form without the secret of the page that it stood on: it was too old, or another site sent it."""
    return page(request, HTTPStatus.FORBIDDEN, is_form=True)


def page(request: HttpRequest, status: HTTPStatus, **more: Any) -> HttpResponse:
    """The page that says what to do next; a program gets the interface's own form of it."""
    if request.path.startswith(INTERFACE):
        reference = more.get("reference")
        return problem(status, f"{status.phrase}{f'; reference {reference} in the log' if reference else ''}")
    back = request.get_full_path() if request.method == "GET" else page_of_form(request)
    return HttpResponse(_written(status, back=back, is_sent=request.method != "GET", **more), status=status)


def too_large(megabytes: int) -> str:
    """The page for an upload that is larger than the desk takes."""
    return _written(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, megabytes=megabytes, is_sent=True)


def _written(status: HTTPStatus, **more: Any) -> str:
    theme = "dark" if times.is_night(now()) else "light"
    context = {"status": int(status), "languages": LANGUAGES, "theme": theme, **more}
    return render_to_string("failing.html", context)
