"""The interface as one thing: its operations, its OpenAPI document, and the page that people read."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from ninja import NinjaAPI, Status
from ninja.openapi.schema import OpenAPISchema

from vonggac import __version__
from vonggac.desk.access import is_public
from vonggac.desk.api import cases, duty, intake, problems, reading, watch
from vonggac.desk.api.access import TokenInHeader, in_scope
from vonggac.desk.api.schemas import Health

DESCRIPTION = (
    "Every call carries a token (`Authorization: Bearer vgt_…`) made with `vonggac token create`, and sees and does "
    "what the token's roles allow on its organisation and those below. Lists are read page by page with the `next` of "
    "the page before. Errors are application/problem+json."
)
METHODS = ("get", "post", "put", "patch", "delete")

api = NinjaAPI(
    title="Vọng Gác",
    version=__version__,
    description=DESCRIPTION,
    auth=TokenInHeader(),
    docs_url=None,
    openapi_url=None,
    urls_namespace="api",
)
problems.install(api)
api.add_decorator(in_scope)
api.add_router("/cases", cases.router)
api.add_router("", duty.router)
api.add_router("", watch.router)
api.add_router("", intake.router)
api.add_router("", reading.router)


@api.get(
    "/healthz", auth=None, response={200: Health, 503: Health}, tags=["health"], summary="Whether the desk is sound"
)
def healthz(request: HttpRequest) -> Status[Health]:
    """200 while the interface reaches its database, else 503; `/healthz` also looks at worker, disk and migrations."""
    try:
        connection.ensure_connection()
    except DatabaseError:
        return Status(503, Health(sound=False, reasons=["the database does not answer"]))
    return Status(200, Health(sound=True, reasons=[]))


def document() -> dict[str, Any]:
    """The OpenAPI document; errors have their own media type, which ninja does not know of."""
    schema: dict[str, Any] = dict(OpenAPISchema(api, "/api/v1/"))
    schema["components"]["schemas"]["Problem"] = problems.SCHEMA
    content = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for _, _, operation in _operations(schema):
        operation["responses"]["4XX"] = {"description": "What was wrong", "content": content}
    return schema


@is_public
@require_safe
def openapi(request: HttpRequest) -> JsonResponse:
    """The OpenAPI document as JSON."""
    return JsonResponse(document(), json_dumps_params={"ensure_ascii": False})


@is_public
@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The interface as a page: no script, nothing from elsewhere."""
    schema = document()
    operations = [
        {
            "method": method.upper(),
            "path": path,
            "summary": operation["summary"],
            "description": operation.get("description", ""),
            "parameters": operation.get("parameters", []),
            "fields": list(_fields(schema, operation)),
            "answers": [status for status in operation["responses"] if str(status) != "4XX"],
        }
        for path, method, operation in _operations(schema)
    ]
    return render(request, "access/api.html", {"operations": operations, "description": DESCRIPTION})


def _operations(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            if method in METHODS:
                yield path, method, operation


def _fields(schema: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[str]:
    """The names of the fields that the request's body takes."""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        body = content["schema"]
        if "$ref" in body:
            body = schema["components"]["schemas"][body["$ref"].rpartition("/")[2]]
        yield from body.get("properties", {})
