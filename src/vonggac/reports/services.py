"""Acts on reports: drafted with frozen figures, written on, issued for good, withdrawn with a reason."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any

import msgspec
from django.db import transaction

from vonggac.directives.models import Directive, DirectiveState
from vonggac.directives.services import next_number
from vonggac.errors import InputError, OutOfScope, WrongState
from vonggac.lake.files import digest
from vonggac.ledger import services as ledger
from vonggac.ledger.chain import Checkpoint
from vonggac.register.models import Organisation
from vonggac.reports.figures import DirectiveFigures
from vonggac.reports.models import Report, ReportState
from vonggac.reports.official import AuthorityMark, OfficialDocument, Signer
from vonggac.reports.results import Office, build

SUBJECT = "report"
LONGEST_LIST = 40
LONGEST_SENTENCE = 2_000
_LONGEST = {
    "issuing_body": 300, "parent_body": 300, "abbreviation": 30, "place": 100, "filing": 60, "signer_authority": 200,
    "signer_title": 200, "signer_name": 200,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wording:
    """What people write on a report: the office as printed, whom it goes to, who signs, and sentences of their own."""

    issuing_body: str
    abbreviation: str
    place: str
    signer_title: str
    parent_body: str = ""
    signer_mark: str = ""
    signer_authority: str = ""
    signer_name: str = ""
    addressees: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    filing: str = "VT"
    difficulties: tuple[str, ...] = ()
    proposals: tuple[str, ...] = ()
    lists_sources: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """The figures of a moment, and the ledger's newest point then (None while nothing is sealed)."""

    figures: DirectiveFigures
    checkpoint: Checkpoint | None
    at: datetime


@transaction.atomic
def draft(
    directive: Directive, office: Organisation, counted: Counted, wording: Wording, *, by: str, at: datetime
) -> Report:
    """The new draft of an office's report on a directive, its figures frozen as they were counted."""
    report = Report(organisation=office, org_path=office.path, directive=directive, drafted_at=at, drafted_by=by)
    _put(report, counted)
    # Where the office has its seat may have to be asked: a draft stands without it, an issued report never.
    _write(report, wording, may_lack="place")
    report.changed_at = at
    report.save()
    _need_standing(report)
    _record("report.draft", report, at, directive=str(directive), by=by, checkpoint=report.checkpoint)
    return report


@transaction.atomic
def recount(report_id: int, counted: Counted, *, at: datetime) -> Report:
    """The draft with figures of a later moment; what people wrote stays."""
    report = _draft(report_id)
    _put(report, counted)
    report.changed_at = at
    report.save()
    _record("report.recount", report, at, checkpoint=report.checkpoint)
    return report


@transaction.atomic
def edit(report_id: int, wording: Wording, *, at: datetime, may_lack: str = "", seen: str = "") -> Report:
    """The draft with other words; the same words again write nothing. `may_lack`: the one that may stay empty.

    `seen`: the `words_key` of the words that were corrected; WrongState where others stand there by now.
    """
    report = _draft(report_id)
    before = wording_of(report)
    if before == wording:
        return report
    if seen and seen != words_key(report):
        raise WrongState(
            "somebody changed these words meanwhile: the pages show theirs, the form yours; correct it, press again"
        )
    _write(report, wording, may_lack=may_lack)
    report.changed_at = at
    report.save()
    changed = [field.name for field in fields(Wording) if getattr(before, field.name) != getattr(wording, field.name)]
    _record("report.edit", report, at, changed=changed)
    return report


@transaction.atomic
def discard(report_id: int, *, at: datetime) -> None:
    """Throw a draft away; an issued report is withdrawn instead."""
    report = _draft(report_id)
    _record("report.discard", report, at, directive=str(report.directive))
    report.delete()


@transaction.atomic
def number(report_id: int, on: date, *, takes_number: bool) -> Report:
    """The draft as it will be issued on a day: with the next number of the outgoing register, or with none.

    It is not saved; `issue` does that with the files, in the same transaction.
    """
    report = _draft(report_id)
    _need_standing(report)
    if not report.place:
        raise InputError("a report names the place; fill that in")
    report.issued_on = on
    report.number = next_number(report.organisation, "outgoing", on.year) if takes_number else None
    return report


@transaction.atomic
def issue(report: Report, *, docx_sha256: str, pdf_sha256: str, by: str, at: datetime) -> Report:
    """The report issued for good, with the digests of both files; nothing in it changes any more."""
    _draft(report.pk)
    if report.issued_on is None:
        raise WrongState("give the report its number and day before it is issued")
    report.state, report.issued_by, report.changed_at = ReportState.ISSUED, by, at
    report.docx_sha256, report.pdf_sha256 = docx_sha256, pdf_sha256
    report.save()
    _record(
        "report.issue", report, at, number=report.number, symbol=f"BC-{report.abbreviation}", by=by,
        issued_on=report.issued_on.isoformat(), docx=docx_sha256, pdf=pdf_sha256, checkpoint=report.checkpoint,
    )  # fmt: skip
    return report


@transaction.atomic
def withdraw(report_id: int, reason: str, *, at: datetime) -> Report:
    """The issued report taken back; its number and files stay on record."""
    if not reason.strip():
        raise InputError("write why the report is withdrawn; whoever holds the paper will ask")
    report = _locked(report_id)
    if report.state != ReportState.ISSUED:
        raise WrongState("only an issued report can be withdrawn; a draft is discarded")
    report.state, report.withdrawn_at, report.withdrawn_reason = ReportState.WITHDRAWN, at, reason.strip()
    report.changed_at = at
    report.save()
    _record("report.withdraw", report, at, reason=reason.strip())
    return report


def figures_of(report: Report) -> DirectiveFigures:
    """The figures as they were frozen."""
    return msgspec.convert(report.figures, DirectiveFigures)


def wording_of(report: Report) -> Wording:
    """The words as they stand."""
    return msgspec.convert({field.name: getattr(report, field.name) for field in fields(Wording)}, Wording)


def words_key(report: Report) -> str:
    """What the words are known by, as 64 hexadecimal digits."""
    return digest(msgspec.json.encode(wording_of(report)))


def document_of(report: Report, *, on: date) -> OfficialDocument:
    """The report as a document, dated by its issue, a draft by `on`: one content for .docx, .pdf and preview."""
    mark = AuthorityMark(report.signer_mark) if report.signer_mark else None
    office = Office(
        issuing_body=report.issuing_body,
        abbreviation=report.abbreviation,
        place=report.place,
        signer=Signer(report.signer_title, report.signer_name or None, mark, report.signer_authority),
        addressees=tuple(report.addressees),
        parent_body=report.parent_body or None,
        recipients=tuple(report.recipients),
        filing=report.filing,
        number=report.number,
    )
    figures = replace(figures_of(report), difficulties=tuple(report.difficulties), proposals=tuple(report.proposals))
    checkpoint = Checkpoint.parse(report.checkpoint) if report.checkpoint else None
    return build(figures, office, on=report.issued_on or on, checkpoint=checkpoint, with_sources=report.lists_sources)


def _put(report: Report, counted: Counted) -> None:
    report.figures = msgspec.to_builtins(counted.figures)
    report.checkpoint = str(counted.checkpoint or "")
    report.counted_at = counted.at


def _write(report: Report, wording: Wording, *, may_lack: str = "") -> None:
    """Set the words, refused where an official document could not be made of them."""
    needed = {"issuing_body": "the office", "abbreviation": "its abbreviation", "place": "the place",
              "signer_title": "the title of who signs"}  # fmt: skip
    lacking = [said for name, said in needed.items() if name != may_lack and not getattr(wording, name).strip()]
    if lacking:
        raise InputError(f"a report names {', '.join(lacking)}; fill that in")
    if wording.signer_mark and wording.signer_mark not in list(AuthorityMark):
        raise InputError(f"“{wording.signer_mark}” is not one of {', '.join(AuthorityMark)}")
    if wording.signer_mark and not wording.signer_authority.strip():
        raise InputError(f"say in whose place {wording.signer_mark} is signed")
    for field in fields(Wording):
        value = getattr(wording, field.name)
        setattr(report, field.name, _lines(value) if isinstance(value, tuple) else _fitting(field.name, value))


def _lines(sentences: tuple[str, ...]) -> list[str]:
    kept = [sentence.strip() for sentence in sentences if sentence.strip()]
    if len(kept) > LONGEST_LIST or any(len(sentence) > LONGEST_SENTENCE for sentence in kept):
        raise InputError(f"at most {LONGEST_LIST} lines of {LONGEST_SENTENCE} characters are printed; shorten the list")
    return kept


def _fitting(name: str, value: Any) -> Any:
    longest = _LONGEST.get(name)
    if longest is not None and len(value) > longest:
        raise InputError(f"{name.replace('_', ' ')} may have {longest} characters; shorten it")
    return value.strip() if isinstance(value, str) else value


def _draft(report_id: int) -> Report:
    report = _locked(report_id)
    if not report.is_draft:
        raise WrongState("an issued report does not change; withdraw it and draft another one")
    return report


def _need_standing(report: Report) -> None:
    """Raise WrongState where the directive was struck out.

    Asked anew once the report's row is written or locked: whoever strikes the directive out locks both before.
    """
    if Directive.objects.filter(pk=report.directive_id, state=DirectiveState.MISTAKEN).exists():
        raise WrongState("this directive was entered by mistake: nothing is reported on it; throw the draft away")


def _locked(report_id: int) -> Report:
    try:
        return (
            Report.objects.select_for_update(of=("self",)).select_related("organisation", "directive").get(pk=report_id)
        )
    except Report.DoesNotExist:
        raise OutOfScope(f"report {report_id} is not among the reports you may see") from None


def _record(act: str, report: Report, at: datetime, **detail: Any) -> None:
    entry: Mapping[str, Any] = {"directive_id": report.directive_id, **detail}
    ledger.record(act, SUBJECT, report.pk, report.org_path, at=at, **entry)
