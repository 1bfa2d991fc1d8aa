"""A directive's result goes up: figures counted and frozen, words by people, two files issued from one content."""

from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache

import msgspec
from django.conf import settings
from django.db import transaction

from vonggac.directives.models import Directive
from vonggac.directives.rules import OFFICE_ZONE
from vonggac.errors import InputError, OutOfScope
from vonggac.flows.proof.registry import rule_exists
from vonggac.lake import files
from vonggac.ledger import services as ledger
from vonggac.register.models import Organisation, OrganisationKind, Person, RoleName
from vonggac.reports import ageing, keeping, queries, services
from vonggac.reports.ageing import Change
from vonggac.reports.figures import DirectiveFigures
from vonggac.reports.fonts import chosen_font
from vonggac.reports.models import Report
from vonggac.reports.official import AuthorityMark, OfficialDocument
from vonggac.reports.pdf import write_pdf
from vonggac.reports.preview import preview_pages
from vonggac.reports.services import Counted, Wording
from vonggac.reports.word import write_docx

FORMS = ("docx", "pdf")
_COUNCILS = frozenset({OrganisationKind.PROVINCE, OrganisationKind.DISTRICT, OrganisationKind.COMMUNE})
_SUBORDINATE = frozenset({OrganisationKind.DEPARTMENT, OrganisationKind.HOSPITAL, OrganisationKind.SCHOOL})


def draft(directive_id: int, office: Organisation, *, by: str, at: datetime, place: str = "") -> Report:
    """The draft of an office's report on a directive, with figures of this moment and words to start from.

    `place`: where it is signed, instead of what is known of the office.
    """
    directive = _directive(directive_id)
    counted = count(directive, office, at=at)
    wording = first_wording(directive, office)
    return services.draft(directive, office, counted, replace(wording, place=place or wording.place), by=by, at=at)


def recount(report_id: int, *, at: datetime) -> Report:
    """The draft with the figures of this moment."""
    report = queries.one(report_id)
    return services.recount(report_id, count(report.directive, report.organisation, at=at), at=at)


def changes(report: Report, *, at: datetime) -> list[Change]:
    """What a draft's figures say otherwise than a count of this moment; nothing is written."""
    now = _figures(report.directive, report.organisation, at)
    return ageing.changes(services.figures_of(report), now)


def count(directive: Directive, office: Organisation, *, at: datetime) -> Counted:
    """The figures of this moment and a point of the ledger that seals everything they rest on."""
    figures = _figures(directive, office, at)
    if not figures.clauses:
        raise InputError(f"{directive} obliges nobody below {office} yet; confirm it, or choose another office")
    # Sealed after the count: what was counted is committed, so the checkpoint covers it.
    while ledger.seal():
        pass
    return Counted(figures, ledger.checkpoint(), at)


@transaction.atomic
def issue(report_id: int, *, takes_number: bool, on: date, by: str, at: datetime) -> Report:
    """The report issued: numbered (or left to the clerk), written as .docx and .pdf, both kept for good."""
    report = services.number(report_id, on, takes_number=takes_number)
    document = _marked(services.document_of(report, on=on))
    digests = {form: keeping.keep(_written(document, form)) for form in FORMS}
    return services.issue(report, docx_sha256=digests["docx"], pdf_sha256=digests["pdf"], by=by, at=at)


def file_of(report: Report, form: str, *, at: datetime) -> bytes:
    """The report as .docx or .pdf: a draft as it stands, an issued one exactly as it was issued."""
    if form not in FORMS:
        raise InputError(f"a report is written as {' or '.join(FORMS)}, not as {form}")
    if not report.is_draft:
        return keeping.kept(report.docx_sha256 if form == "docx" else report.pdf_sha256)
    return _written(document_of(report, at=at), form)


def document_of(report: Report, *, at: datetime) -> OfficialDocument:
    """The content of the report; a draft carries the day of this moment in Hà Nội."""
    return _marked(services.document_of(report, on=at.astimezone(OFFICE_ZONE).date()))


def content_hash(document: OfficialDocument) -> str:
    """What the looks of a document depend on, as 64 hexadecimal digits: its content and the font."""
    return files.digest(msgspec.json.encode([document, chosen_font().name]))


@lru_cache(maxsize=4)
def pictures(document: OfficialDocument) -> tuple[bytes, ...]:
    """One PNG a page, exactly as the PDF; the last documents looked at are remembered."""
    return tuple(preview_pages(document))


def first_wording(directive: Directive, office: Organisation) -> Wording:
    """The words that a draft starts with; people correct them on the page."""
    is_council = office.kind in _COUNCILS
    name = _in_full(office.name)
    parent = _in_full(office.parent.name) if office.parent else ""
    return Wording(
        issuing_body=name,
        parent_body=parent if office.kind in _SUBORDINATE else "",
        abbreviation="UBND" if is_council else _initials(name),
        place=_place(office),
        signer_mark=AuthorityMark.ON_BEHALF if is_council else "",
        signer_authority="Ủy ban nhân dân" if is_council else "",
        signer_title="Chủ tịch" if is_council else "Thủ trưởng đơn vị",
        signer_name=_head_of(office),
        addressees=tuple(filter(None, [_reported_to(directive, office)])),
    )


def _reported_to(directive: Directive, office: Organisation) -> str:
    """The issuer, from the office in whose register the directive stands; that office, from those below it."""
    node = office.parent
    while node is not None and node.path != directive.org_path:
        node = node.parent
    return _in_full(node.name) if node else directive.issuer


def _in_full(name: str) -> str:
    return name.replace("UBND", "Ủy ban nhân dân")


def _figures(directive: Directive, office: Organisation, at: datetime) -> DirectiveFigures:
    rules = {rule for rule in directive.clauses.values_list("rule", flat=True) if rule_exists(rule)}
    return queries.directive_figures(directive, office, at, rules)


def _marked(document: OfficialDocument) -> OfficialDocument:
    """The document, marked as practice on an exercise desk: its paper must never pass for a real one."""
    if not settings.VONGGAC_IS_EXERCISE:
        return document
    return replace(document, header=replace(document.header, subject=f"(DIỄN TẬP) {document.header.subject}"))


def _written(document: OfficialDocument, form: str) -> bytes:
    return write_docx(document) if form == "docx" else write_pdf(document)


def _directive(directive_id: int) -> Directive:
    found = Directive.objects.filter(pk=directive_id).first()
    if found is None:
        raise OutOfScope(f"directive {directive_id} is not among the directives you may see")
    return found


def _initials(name: str) -> str:
    """`Sở Khoa học và Công nghệ` → `SKHCN`: offices leave the "and" out."""
    return "".join(word[0] for word in name.split() if word[0].isalpha() and word != "và").upper()


def _place(office: Organisation) -> str:
    """Where the office's last report was signed; else the province's or commune's own name, or the nearest one's above.

    "" where nothing tells it: whoever drafts the report is asked.
    """
    last = Report.objects.filter(organisation=office).exclude(place="").order_by("-drafted_at", "-pk").first()
    if last is not None:
        return last.place
    node: Organisation | None = office
    while node is not None and node.kind not in _COUNCILS:
        node = node.parent
    if node is None:
        return ""
    words = node.name.split()
    start = next((at for at, word in enumerate(words) if word.lower() in {"tỉnh", "phố", "xã", "phường", "khu"}), -1)
    return " ".join(words[start + 1 :]).removeprefix("UBND ")


def _head_of(office: Organisation) -> str:
    """The name of the only head on the office, "" when there is none or several."""
    heads = Person.objects.filter(
        roles__org_path=office.path, roles__name=RoleName.HEAD, roles__valid_to__isnull=True, is_active=True
    )
    names = list(heads.values_list("name", flat=True).distinct()[:2])
    return names[0] if len(names) == 1 else ""
