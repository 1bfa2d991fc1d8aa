"""A file of alerts of a declared source, handed in: shown as it would be read, then taken in by the worker."""

from typing import BinaryIO, NamedTuple, cast

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from vonggac.alerts.models import Source
from vonggac.desk import frame as frames
from vonggac.desk import handing_in
from vonggac.desk.handing_in import comes_back_to
from vonggac.desk.pages.alert_sources import in_use
from vonggac.desk.requests import DeskRequest
from vonggac.errors import InputError
from vonggac.flows import alert_hand_in, alert_trial
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


@require_POST
@comes_back_to("alert-source")
def preview(request: DeskRequest, source_id: int) -> HttpResponse:
    """What the file would give by the source's declaration: it is kept as it came, and nothing of it counts yet."""
    request.access.need(Act.IMPORT)
    source, file = in_use(source_id), handing_in.one_large_file(request)
    sha256 = alert_hand_in.keep(cast("BinaryIO", file.file))
    kept = Previewed(source.pk, sha256, handing_in.name_of(file), file.size or 0)
    trial = alert_trial.tried_on_file(source, sha256, kept.file_name, at=frames.of(request).now)
    _keep(request, kept)
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
    kept = _kept(request, source)
    arrival = alert_hand_in.receive(source, kept.file_name, kept.sha256, kept.size, at=frames.of(request).now)
    said = {"name": kept.file_name}
    if arrival.finished_at is None:
        messages.success(request, _("%(name)s is kept; the worker reads it now.") % said)
    else:
        messages.info(request, _("%(name)s came before and was read: nothing is counted twice.") % said)
    return redirect("alert-source", source.pk)


def _keep(request: DeskRequest, previewed: Previewed) -> None:
    others = [one for one in request.session.get(PREVIEWED, []) if one[:2] != list(previewed[:2])]
    request.session[PREVIEWED] = [*others[-(PREVIEWS_KEPT - 1) :], list(previewed)]


def _kept(request: DeskRequest, source: Source) -> Previewed:
    """What this session previewed for the source under the digest of the form: no other kept file can be asked for."""
    asked = [source.pk, request.POST.get("sha256", "")]
    found = next((one for one in request.session.get(PREVIEWED, []) if one[:2] == asked), None)
    if found is None:
        raise InputError(_("The preview is too old; hand the file in again."))
    return Previewed(*found)
