"""Upload a document; its file as it came; a draft thrown away."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from vonggac.desk import frame as frames
from vonggac.desk import handing_in
from vonggac.desk.requests import DeskRequest
from vonggac.desk.times import local
from vonggac.directives import queries, services
from vonggac.directives.models import Directive, DirectiveState, Document
from vonggac.flows import directive as flow
from vonggac.flows.uploads import raw
from vonggac.formats.documents import CONTENT_BYTES
from vonggac.formats.limits import MEBIBYTE
from vonggac.register.rules import Act


@require_http_methods(["GET", "HEAD", "POST"])
@handing_in.comes_back_to("directives-upload")
def upload(request: DeskRequest) -> HttpResponse:
    """The form; a file handed in is read and leads to its confirm page, or to where it stands already."""
    request.access.need(Act.ASSIGN)
    context: dict[str, Any] = {"largest_mebibytes": CONTENT_BYTES // MEBIBYTE, "drafts": _files(queries.drafts())}
    if request.method != "POST":
        return render(request, "directives/upload.html", context)
    content, name = handing_in.one_file(request, largest=CONTENT_BYTES)
    found = flow.receive(content, name, request.access.organisation, at=frames.of(request).now)
    return HttpResponseRedirect(_where(request, found))


def _where(request: DeskRequest, found: list[Directive]) -> str:
    """The confirm page of a new file; of a known one, the page where it stands, with a word about it."""
    document = found[0].document
    if document.received_at != frames.of(request).now:
        told = {"name": document.name, "when": f"{local(document.received_at):%d/%m/%Y %H:%M}"}
        messages.warning(request, _("This file was received before (%(name)s, %(when)s); here it is.") % told)
        entered = [one for one in found if one.state != DirectiveState.DRAFT]
        if entered and len(entered) == len(found):
            return reverse("directive", args=[main_of(entered).pk])
    return reverse("directive-confirm", args=[document.pk])


def main_of(found: list[Directive]) -> Directive:
    """The directive itself rather than the letter that passes it on."""
    return next((one for one in found if one.covers_id is None), found[0])


def _files(drafts: Any) -> list[tuple[Document, list[Directive]]]:
    by_file: dict[int, tuple[Document, list[Directive]]] = {}
    for draft in drafts:
        by_file.setdefault(draft.document_id, (draft.document, []))[1].append(draft)
    return list(by_file.values())


@require_POST
def discard(request: DeskRequest, directive_id: int) -> HttpResponse:
    """Throw one draft away: a copy, or a part of the file that is no directive."""
    request.access.need(Act.ASSIGN)
    directive = queries.one(directive_id)
    services.discard(directive_id, at=frames.of(request).now)
    messages.success(request, _("The draft is thrown away; the ledger keeps that it was there."))
    is_left = Directive.objects.filter(document_id=directive.document_id).exists()
    where = reverse("directive-confirm", args=[directive.document_id]) if is_left else reverse("directives")
    return HttpResponseRedirect(where)


@require_safe
def file(_request: DeskRequest, document_id: int) -> HttpResponse:
    """The file as it was received, always as a download."""
    document = queries.document(document_id)
    response = HttpResponse(raw(document.sha256), content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, document.name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response
