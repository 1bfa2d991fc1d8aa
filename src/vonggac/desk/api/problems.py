"""Errors as `application/problem+json` (RFC 9457): what was wrong and what to do next."""

import json
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import TooManyFilesSent
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from vonggac.desk.access import STATUS
from vonggac.desk.api.access import TooMany
from vonggac.errors import LimitExceeded, VongGacError

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "Not understood",
    401: "No valid token",
    403: "Not permitted",
    404: "Not found",
    409: "Refused in this state",
    413: "Too large",
    422: "Cannot be used",
    429: "Too many calls",
}
_TOO_MANY = "a call takes up to %d files; send the others in another one"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["title", "status", "detail"],
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}},
    },
}


def problem(status: int, detail: str, **more: Any) -> HttpResponse:
    """The answer that tells a program, and the person who reads its log, what was wrong."""
    body = {"title": TITLES.get(status, "Error"), "status": status, "detail": detail, **more}
    response = HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type=MEDIA_TYPE)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="vonggac"'
    if status == 429:
        response.headers["Retry-After"] = "60"
    return response


def install(api: NinjaAPI) -> None:
    """Let an interface answer every error as a problem."""
    handlers: dict[type[Exception], Callable[[Any], HttpResponse]] = {
        VongGacError: lambda error: problem(status_of(error), str(error)),
        AuthenticationError: lambda error: problem(401, "send a valid token: `Authorization: Bearer vgt_…`"),
        ValidationError: _invalid,
        TooManyFilesSent: lambda error: problem(413, _TOO_MANY % settings.DATA_UPLOAD_MAX_NUMBER_FILES),
        Http404: lambda error: problem(404, "there is nothing at this address"),
        HttpError: lambda error: problem(error.status_code, str(error)),
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, _with_request(handler))


def _with_request(handler: Callable[[Any], HttpResponse]) -> Callable[[HttpRequest, Any], HttpResponse]:
    """The handler in the shape that ninja calls."""
    return lambda request, error: handler(error)


def status_of(error: VongGacError) -> int:
    """The HTTP status that fits an error of ours."""
    if isinstance(error, TooMany):
        return 429
    if isinstance(error, LimitExceeded):
        return 413
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def _invalid(error: ValidationError) -> HttpResponse:
    errors = [{"where": [str(step) for step in entry["loc"]], "why": entry["msg"]} for entry in error.errors]
    return problem(422, "the request does not have the documented form", errors=errors)
