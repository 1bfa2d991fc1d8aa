"""The addresses of a list that nobody in the register owns: each with why, and the step that leads on."""

from collections.abc import Iterator, Mapping, Sequence

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from vonggac.desk import export
from vonggac.desk.pages.lists import PAGE_ROWS, found_list
from vonggac.desk.requests import DeskRequest
from vonggac.desk.words import Word
from vonggac.flows.unowned import Unowned, UnownedAddresses, Why
from vonggac.register.rules import Act

COLUMNS = ("address", "families", "rows", "line", "last_seen_utc", "why", "network", "organisation")
REASONS: Mapping[str, Word] = {
    Why.NO_NETWORK: gettext_lazy("no network in the register holds it"),
    Why.INNER: gettext_lazy("an inner address: only the network that it is in can tell which host it is"),
    Why.ENDED: gettext_lazy("%(network)s was %(organisation)s's until %(day)s"),
    Why.LATER: gettext_lazy("%(network)s is %(organisation)s's from %(day)s on, after this list came"),
}


@require_safe
def page(request: DeskRequest, list_id: int) -> HttpResponse:
    """A hundred of them at a time in their order, or all as a file."""
    found = found_list(list_id)
    addresses = UnownedAddresses(found)
    if kind := request.GET.get("format"):
        rows = _rows(addresses.part(0, export.MOST_ROWS))
        return export.respond(kind, f"list-{list_id}-unowned", COLUMNS, rows, headings={"rows": gettext_lazy("Rows")})
    first = _place(request.GET.get("from", ""))
    lines = [(one, _reason(one)) for one in addresses.part(first, PAGE_ROWS)]
    context = {
        "list": found,
        "lines": lines,
        "number": len(addresses),
        "was": found.summary.get("unowned", len(addresses)),
        "first": first,
        "following": first + PAGE_ROWS if len(addresses) > first + PAGE_ROWS else None,
        "may_import": request.access.may(Act.IMPORT),
    }
    return render(request, "lists/unowned.html", context)


def _place(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _reason(one: Unowned) -> str:
    said = str(REASONS[one.why])
    if one.network is None:
        return said
    day = one.network.valid_from if one.why is Why.LATER else one.network.valid_to
    return said % {
        "network": one.network.cidr,
        "organisation": one.network.organisation.name,
        "day": f"{day.day}/{day.month}/{day.year}" if day else "–",
    }


def _rows(found: Sequence[Unowned]) -> Iterator[Sequence[export.Cell]]:
    for one in found:
        network = one.network
        yield (
            one.address, ", ".join(one.families), one.rows, one.line, one.last_seen_utc, _reason(one),
            network.cidr if network else None, network.organisation.name if network else None,
        )  # fmt: skip
