"""Báo cáo: figures, each a link to the rows that it counts, and the reports made of them."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from vonggac.cases import claims, queries
from vonggac.cases.models import Kind
from vonggac.cases.rules import Claim, Proof, State
from vonggac.desk import export
from vonggac.desk import frame as frames
from vonggac.desk.filters import Filters
from vonggac.desk.requests import DeskRequest
from vonggac.register.rules import Act
from vonggac.reports import queries as reports
from vonggac.reports.standings import WATCHED

REPORTS_SHOWN = 50
COLUMNS = ("figure", "value", "rows")


@dataclass(frozen=True, slots=True)
class Figure:
    """A count, its mark, and the address of exactly the rows counted."""

    text: str
    value: int
    address: str
    shape: str


@require_safe
def page(request: DeskRequest) -> HttpResponse:
    """The figures of the scope, by kind of work; or the same as a file."""
    frame = frames.of(request)
    overall = list(_figures(frame.counts, frame.late, ""))
    kinds = [(label, list(_figures(frame.counts, None, kind))) for kind, label in Kind.choices]
    if kind := request.GET.get("format"):
        rows = [(figure.text, figure.value, request.build_absolute_uri(figure.address)) for figure in overall]
        return export.respond(kind, "figures", COLUMNS, rows)
    may_report = request.access.may(Act.REPORT)
    context = {
        "overall": overall,
        "kinds": kinds,
        "at": frame.now,
        "reports": reports.reports()[:REPORTS_SHOWN],
        "may_report": may_report,
        "directives": reports.reportable(request.access.organisation) if may_report else [],
    }
    return render(request, "reports/page.html", context)


def _figures(counts: queries.Counts, late: int | None, kind: str) -> Iterator[Figure]:
    rows = reverse("cases")

    def figure(text: str, value: int, shape: str, filters: Filters) -> Figure:
        return Figure(text, value, rows + filters.address(kind=kind), shape)

    yield figure(_("open"), counts.total(states=queries.UNFINISHED, kind=kind), "wait", Filters())
    if late is not None:
        yield figure(_("late"), late, "late", Filters(late="1"))
    sent = frozenset({State.SENT})
    yield figure(_("not acknowledged"), counts.total(states=sent, kind=kind), "wait", Filters(state="sent"))
    claimed = claims.counted(counts, kind)
    for name, text, shape, filters in (
        (claims.CLAIMED, _("claimed done"), "claimed", {}),
        (Proof.PROVEN, _("proven"), "proven", {"proof": Proof.PROVEN}),
        (Proof.CONTRADICTED, _("contradicted"), "against", {"proof": Proof.CONTRADICTED}),
        (Proof.NOT_OBSERVABLE, _("not observable"), "unseen", {"proof": Proof.NOT_OBSERVABLE}),
        (claims.WATCHED, _("claimed, answer awaited"), "wait", {"standing": WATCHED}),
    ):
        yield figure(text, claimed[name], shape, Filters(state="all", claim=Claim.DONE, **filters))
    answered = frozenset({State.DISPUTED, State.CANNOT_COMPLY})
    text = _("disputed or cannot comply")
    yield figure(text, counts.total(states=answered, kind=kind), "late", Filters(state="answered"))
