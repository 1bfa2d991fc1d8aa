"""A file of alerts of a declared source, handed in: shown as it would be read, then taken in by the worker."""

from typing import BinaryIO, NamedTuple, cast

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from vonggac.alerts.models import Arrival, Source
from vonggac.desk import frame as frames
from vonggac.desk import handing_in
from vonggac.desk.handing_in import comes_back_to
from vonggac.desk.pages.alert_sources import in_use
from vonggac.desk.requests import DeskRequest
from vonggac.errors import InputError
from vonggac.flows import alert_hand_in, alert_trial, uploads
from vonggac.register.rules import Act

# Files that one session may have previewed and not confirmed yet.
PREVIEWS_KEPT = 5
PREVIEWED = "alert files previewed"


class Previewed(NamedTuple):
    """A file handed in, as the session keeps it until it is confirmed."""

    source_id: int
    sha256: str
    file_name: str
    size: int
    is_taken_in: bool = False
    """Whoever comes back to its preview is led to the source."""


@require_POST
@comes_back_to("alert-source")
def upload(request: DeskRequest, source_id: int) -> HttpResponse:
    """A file handed in is kept as it came and leads to its preview; nothing of it counts yet."""
    request.access.need(Act.IMPORT)
    source, file = in_use(source_id), handing_in.one_large_file(request)
    sha256 = alert_hand_in.keep(cast("BinaryIO", file.file))
    _keep(request, Previewed(source.pk, sha256, handing_in.name_of(file), file.size or 0))
    return redirect("alert-source-file-preview", source.pk, sha256)


@require_safe
def preview(request: DeskRequest, source_id: int, sha256: str) -> HttpResponse:
    """What the file would give by the source's declaration of now, read again as often as one likes."""
    request.access.need(Act.IMPORT)
    source = in_use(source_id)
    kept = _kept(request, source, sha256)
    if kept.is_taken_in:
        return _to_source(request, Arrival.objects.get(source=source, sha256=sha256))
    trial = alert_trial.tried_on_file(source, sha256, kept.file_name, at=frames.of(request).now)
    context = {
        "source": source,
        "kept": kept,
        "trial": trial,
        "may_administer": request.access.may(Act.ADMINISTER),
    }
    return render(request, "alerts/file_preview.html", context)


@require_POST
@comes_back_to("alert-source")
def take_in(request: DeskRequest, source_id: int) -> HttpResponse:
    """The file as it was previewed comes in; the same content again counts once."""
    request.access.need(Act.IMPORT)
    source = in_use(source_id)
    kept = _kept(request, source, request.POST.get("sha256", ""))
    arrival = alert_hand_in.receive(source, kept.file_name, kept.sha256, kept.size, at=frames.of(request).now)
    _keep(request, kept._replace(is_taken_in=True))
    return _to_source(request, arrival)


def _to_source(request: DeskRequest, arrival: Arrival) -> HttpResponse:
    said = {"name": arrival.file_name}
    if arrival.finished_at is None:
        messages.success(request, _("%(name)s is kept; the worker reads it now.") % said)
    else:
        messages.info(request, _("%(name)s came before and was read: nothing is counted twice.") % said)
    return redirect("alert-source", arrival.source_id)


def _keep(request: DeskRequest, previewed: Previewed) -> None:
    others = [one for one in request.session.get(PREVIEWED, []) if one[:2] != list(previewed[:2])]
    request.session[PREVIEWED] = [*others[-(PREVIEWS_KEPT - 1) :], list(previewed)]


def _kept(request: DeskRequest, source: Source, sha256: str) -> Previewed:
    """What this session handed in for the source under a digest: no other kept file can be asked for."""
    found = next((one for one in request.session.get(PREVIEWED, []) if one[:2] == [source.pk, sha256]), None)
    if found is None or not uploads.is_kept(sha256):
        raise InputError(_("The preview is too old; hand the file in again."))
    return Previewed(*found)
