"""One report upward: drafted, worded, looked at page by page, issued, downloaded, withdrawn."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import msgspec
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from vonggac.desk import export, figure_words
from vonggac.desk import frame as frames
from vonggac.desk.handing_in import FieldProblem, comes_back_to
from vonggac.desk.pages.acts import Form
from vonggac.desk.requests import DeskRequest
from vonggac.desk.times import OFFICE_ZONE, typed_day
from vonggac.desk.words import Word
from vonggac.errors import InputError
from vonggac.flows import report as flow
from vonggac.kernel.numbers import whole_number
from vonggac.lake.files import digest
from vonggac.register.rules import Act
from vonggac.reports import queries, services
from vonggac.reports.ageing import Change
from vonggac.reports.figures import DirectiveFigures, Figure, HostFigures, Standing
from vonggac.reports.fonts import chosen_font
from vonggac.reports.models import Report
from vonggac.reports.official import AuthorityMark, written
from vonggac.reports.results import named_figures
from vonggac.reports.services import Wording

MEDIA = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}
COLUMNS = ("figure", "value", "rows")
LISTS = ("addressees", "recipients", "difficulties", "proposals")


class Line(NamedTuple):
    """One kind of figure over all clauses, in their order; None where no rule judges."""

    shape: str
    text: Word
    figures: tuple[Figure | None, ...]


class Sum(NamedTuple):
    """A number that the linked figures under it add up to."""

    value: int


class HostLine(NamedTuple):
    """The hosts of one standing and those of them that are late; None where it is not known."""

    shape: str
    text: Word
    figures: tuple[Figure | Sum, Figure | Sum | None]
    is_sum: bool = False


@require_POST
@comes_back_to("reports")
def draft(request: DeskRequest) -> HttpResponse:
    """Count the figures of a directive for the person's office, freeze them, and open the draft."""
    request.access.need(Act.REPORT)
    form = Form(request)
    directive = whole_number(form.text("directive"))
    if directive is None:
        raise InputError(_("Choose the directive that the report is about."))
    made = flow.draft(directive, request.access.organisation, by=form.person.name, at=form.at)
    messages.success(request, _("Drafted: the figures are frozen as of now. Read the pages, correct the words."))
    return HttpResponseRedirect(reverse("report", args=[made.pk]))


@require_safe
def one(request: DeskRequest, report_id: int) -> HttpResponse:
    """The report as pages, its figures as links, and what may be done with it; or its figures as a file."""
    report, now = queries.one(report_id), frames.of(request).now
    figures = services.figures_of(report)
    if kind := request.GET.get("format"):
        rows = ((name, one.value, request.build_absolute_uri(one.source)) for name, one in named_figures(figures))
        return export.respond(kind, f"report-{report_id}", COLUMNS, rows)
    document = flow.document_of(report, at=now)
    today = now.astimezone(OFFICE_ZONE).date()
    changes = flow.changes(report, at=now) if report.is_draft and request.access.may(Act.REPORT) else []
    context = {
        "changes": [figure_words.change_text(change) for change in changes],
        "changes_key": _key(changes),
        "words_key": services.words_key(report),
        "report": report,
        "subject": document.header.subject,
        "pages": range(1, len(flow.pictures(document)) + 1),
        "version": flow.content_hash(document)[:16],
        "clauses": figures.clauses,
        "lines_of_figures": list(_lines_of(figures)),
        "hosts": figures.hosts,
        "host_lines": list(_host_lines(figures.hosts)) if figures.hosts else [],
        "checkpoint": report.checkpoint.partition(":"),
        "may_report": request.access.may(Act.REPORT),
        "marks": [mark.value for mark in AuthorityMark],
        "lines": {name: "\n".join(getattr(report, name)) for name in LISTS},
        "next_number": written(queries.next_outgoing(report.organisation, today.year)) if report.is_draft else "",
        "today": today,
        "font": chosen_font(),
    }
    return render(request, "reports/one.html", context)


@require_safe
def picture(request: DeskRequest, report_id: int, number: int) -> HttpResponse:
    """One page of the report as PNG, exactly as in its PDF; asked again, it is sent again only when it changed."""
    document = flow.document_of(queries.one(report_id), at=frames.of(request).now)
    etag = f'"{flow.content_hash(document)}-{number}"'
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        return unchanged
    pages = flow.pictures(document)
    if not 1 <= number <= len(pages):
        raise Http404
    return HttpResponse(
        pages[number - 1], content_type="image/png", headers={"ETag": etag, "Cache-Control": "private, no-cache"}
    )


@require_safe
def file(request: DeskRequest, report_id: int, form: str) -> HttpResponse:
    """The report as .docx or .pdf; `?open=1` lets the browser show the PDF, to read or print it."""
    report = queries.one(report_id)
    content = flow.file_of(report, form, at=frames.of(request).now)
    is_shown = form == "pdf" and "open" in request.GET
    response = HttpResponse(content, content_type=MEDIA[form], headers={"X-Content-Type-Options": "nosniff"})
    response["Content-Disposition"] = content_disposition_header(not is_shown, file_name(report, form)) or "attachment"
    return response


def file_name(report: Report, form: str) -> str:
    """`bao-cao-07-31-BAN-ATM.pdf`: the report's number when it has one, and the directive's."""
    number = f"{written(report.number)}-" if report.number is not None else ""
    state = "du-thao-" if report.is_draft else ""
    about = "".join(letter if letter.isalnum() or letter in ".-" else "-" for letter in str(report.directive)[:60])
    return f"{state}bao-cao-{number}{about}.{form}"


@require_POST
@comes_back_to("report")
def act(request: DeskRequest, report_id: int, act: str) -> HttpResponse:
    """Do one act on a report and come back to it; after a draft is thrown away, to the list."""
    if act not in ACTS:
        raise Http404
    request.access.need(Act.REPORT)
    report, form = queries.one(report_id), Form(request)
    if act in {"issue", "recount"} and report.is_draft and "issuing_body" in request.POST:
        # One form with one button more: what stands in it is kept, whichever is pressed.
        may_lack = "place" if act == "recount" else ""
        services.edit(report.pk, _wording(form), at=form.at, may_lack=may_lack, seen=form.text("seen"))
    if act == "issue" and report.is_draft and _has_aged(report, form):
        messages.warning(request, _("Not issued yet: its figures are old. Renew them, or issue it as it is."))
        return HttpResponseRedirect(f"{reverse('report', args=[report_id])}#issue")
    messages.success(request, ACTS[act](report, form))
    return HttpResponseRedirect(reverse("reports") if act == "discard" else reverse("report", args=[report_id]))


def _lines_of(figures: DirectiveFigures) -> Iterator[Line]:
    for name, (shape, text) in figure_words.FIGURES.items():
        counts = (
            getattr(c, name) if c.has_proof_rule or name not in figure_words.JUDGED else None for c in figures.clauses
        )
        line = Line(shape, text, tuple(counts))
        # Figures of an earlier version do not have all of them.
        if name in figure_words.JUDGED or any(line.figures):
            yield line


def _host_lines(hosts: HostFigures) -> Iterator[HostLine]:
    """The standings under what the owners say, then all hosts; figures of an earlier version know three verdicts."""
    words = figure_words.STANDINGS
    for is_claimed, text in ((True, _("claimed done")), (False, _("not claimed done"))):
        counts = hosts.group(is_claimed=is_claimed)
        if counts:
            late = Sum(sum(count.late.value for count in counts))
            whole = hosts.handled if is_claimed else Sum(hosts.total.value - hosts.handled.value)
            yield HostLine("claimed" if is_claimed else "wait", text, (whole, late), is_sum=True)
        for count in counts:
            yield HostLine(*words[count.standing], (count.hosts, count.late))
    if not hosts.standings:
        yield HostLine("claimed", _("claimed done"), (hosts.handled, None))
        for standing in (Standing.PROVEN, Standing.CONTRADICTED, Standing.NOT_OBSERVABLE):
            yield HostLine(*words[standing], (getattr(hosts, standing), None))
    yield HostLine("wait", _("hosts in all"), (hosts.total, hosts.late), is_sum=True)


def _has_aged(report: Report, form: Form) -> bool:
    """True when figures changed and the person was not shown exactly these changes before."""
    changes = flow.changes(report, at=form.at)
    return bool(changes) and form.text("accepted") != _key(changes)


def _key(changes: Sequence[Change]) -> str:
    """What the page that shows the changes sends back with them."""
    return digest(msgspec.json.encode(changes)) if changes else ""


def _edit(report: Report, form: Form) -> str:
    services.edit(report.pk, _wording(form), at=form.at, seen=form.text("seen"))
    return _("The words are kept; the pages show them.")


def _recount(report: Report, form: Form) -> str:
    flow.recount(report.pk, at=form.at)
    return _("Counted again: the figures are those of this moment.")


def _issue(report: Report, form: Form) -> str:
    if form.text("numbering") not in {"register", "clerk"}:
        raise FieldProblem("numbering", _("Say whether the number comes from the outgoing register or from the clerk."))
    today = form.at.astimezone(OFFICE_ZONE).date()
    on = _day(form.text("on"), today) if form.text("on") else today
    if on > today:
        raise FieldProblem("on", _("A report cannot be dated later than today."))
    takes_number = form.text("numbering") == "register"
    done = flow.issue(report.pk, takes_number=takes_number, on=on, by=form.person.name, at=form.at)
    if done.number is None:
        return _("Issued; the clerk writes number and day. Take the files and have them signed.")
    return _("Issued as number %(number)s. Take the files and have them signed.") % {"number": written(done.number)}


def _withdraw(report: Report, form: Form) -> str:
    services.withdraw(report.pk, form.reason(), at=form.at)
    return _("Withdrawn; its number and files stay on record.")


def _discard(report: Report, form: Form) -> str:
    services.discard(report.pk, at=form.at)
    return _("The draft is thrown away.")


ACTS: Mapping[str, Callable[[Report, Form], str]] = {
    "edit": _edit,
    "recount": _recount,
    "issue": _issue,
    "withdraw": _withdraw,
    "discard": _discard,
}


def _wording(form: Form) -> Wording:
    lists = {name: tuple(form.text(name).splitlines()) for name in LISTS}
    return Wording(
        issuing_body=form.text("issuing_body"),
        parent_body=form.text("parent_body"),
        abbreviation=form.text("abbreviation"),
        place=form.text("place"),
        signer_mark=form.text("signer_mark"),
        signer_authority=form.text("signer_authority"),
        signer_title=form.text("signer_title"),
        signer_name=form.text("signer_name"),
        filing=form.text("filing") or "VT",
        lists_sources=bool(form.text("lists_sources")),
        addressees=lists["addressees"],
        recipients=lists["recipients"],
        difficulties=lists["difficulties"],
        proposals=lists["proposals"],
    )


def _day(text: str, today: date) -> date:
    try:
        return typed_day(text)
    except ValueError:
        told = {"text": text, "today": f"{today:%d/%m/%Y}"}
        said = _("“%(text)s” is not a day: write it as day/month/year, for example %(today)s.") % told
        raise FieldProblem("on", said) from None
