"""The HTTP interface of a coordinator: the request that tells it something, the address that is asked for news."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from vonggac.alerts.models import Interface
from vonggac.alerts.services import interfaces
from vonggac.alerts.services.interfaces import Draft
from vonggac.desk import frame as frames
from vonggac.desk.handing_in import FieldProblem
from vonggac.desk.pages.alert_sources import in_use
from vonggac.desk.pages.channels import headers_of, secrets_of
from vonggac.desk.requests import DeskRequest, is_whole
from vonggac.duty.channels import gateway, templates, vault
from vonggac.duty.channels.gateway import Gateway
from vonggac.register.rules import Act

_BODY = '{"id": "{to}", "kind": "{name}", "text": "{text}"}'


@sensitive_post_parameters("secrets")
@require_http_methods(["GET", "POST"])
def edit(request: DeskRequest, source_id: int) -> HttpResponse:
    """The interface of one coordinator, set up, changed or removed; secrets go in and are never shown again."""
    request.access.need(Act.ADMINISTER)
    source, now = in_use(source_id), frames.of(request).now
    kept = Interface.objects.filter(source=source).first()
    if request.method == "POST":
        if request.POST.get("act") == "remove":
            interfaces.remove(source, at=now)
            messages.success(request, _("The interface is removed; what was not sent yet is left to people."))
        else:
            interfaces.keep(source, _draft(request), at=now)
            messages.success(request, _("The interface is kept."))
        return redirect("alert-source", source_id)
    context = {
        "source": source,
        "interface": kept,
        "values": _values(kept),
        "secret_names": sorted(vault.opened(kept.secrets)) if kept and kept.secrets else [],
        "places": [*templates.PLACES, "secret:…"],
        "methods": gateway.METHODS,
        "contents": list(gateway.CONTENT_TYPES),
    }
    return render(request, "alerts/interface.html", context)


def _values(kept: Interface | None) -> dict[str, Any]:
    request = kept.request if kept else Gateway("https://", body=_BODY).to_json()
    success = request["success"]
    return {
        **{name: request[name] for name in ("url", "method", "content", "body")},
        "headers": "\n".join(f"{name}: {value}" for name, value in request["headers"].items()),
        "statuses": " ".join(map(str, success["statuses"])),
        **{name: success[name] for name in ("json_path", "json_value")},
        "poll_url": kept.poll_url if kept else "",
        "poll_minutes": kept.poll_minutes if kept else 5,
    }


def _draft(request: DeskRequest) -> Draft:
    given = request.POST
    minutes = given.get("poll_minutes", "").strip()
    if not is_whole(minutes):
        raise FieldProblem("poll_minutes", _("%(name)s has to be a whole number.") % {"name": _("minutes")})
    entered = {
        **{name: given.get(name, "").strip() for name in ("url", "method", "content")},
        "headers": headers_of(given.get("headers", "")),
        "body": given.get("body", "").replace("\r\n", "\n").strip(),
        "success": {
            "statuses": gateway.named_statuses(given.get("statuses", "")),
            **{name: given.get(name, "").strip() for name in ("json_path", "json_value")},
        },
    }
    secrets = secrets_of(given.get("secrets", ""))
    return Draft(entered, secrets, given.get("poll_url", "").strip()[:500], int(minutes[:6]))
