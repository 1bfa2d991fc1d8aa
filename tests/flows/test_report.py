"""The report upward as a whole: counted, sealed, written in three forms from one content, issued, kept."""

import io
from dataclasses import replace
from datetime import date

import pytest
from docx import Document
from pypdfium2 import PdfDocument

from tests.reports import stage as stages
from tests.reports.stage import LATER
from vonggac.cases import services as cases
from vonggac.cases.services import Answer
from vonggac.directives.models import Directive
from vonggac.errors import InputError, OutOfScope
from vonggac.flows import report as flow
from vonggac.ledger.chain import Checkpoint
from vonggac.ledger.services import checkpoint
from vonggac.ledger.verification import verify
from vonggac.reports import keeping, services
from vonggac.reports.models import Report
from vonggac.reports.official import BLANK_PLACE
from vonggac.tenancy.scope import scoped

pytestmark = pytest.mark.django_db(databases=["default", "owner", "sealer"], transaction=True)
ON = date(2026, 5, 4)


@pytest.fixture
def stage(transactional_db) -> stages.Stage:
    return stages.prepare()


@pytest.fixture
def report(stage) -> Report:
    with scoped(stage.people.scope("ha")):
        return flow.draft(stage.directive.pk, stage.office, by="Hà", at=LATER)


def pdf_text(content: bytes) -> str:
    pages = (page.get_textpage().get_text_range() for page in PdfDocument(content))
    return " ".join(" ".join(pages).split())


def docx_text(content: bytes) -> str:
    document = Document(io.BytesIO(content))
    return " ".join(" ".join(paragraph.text for paragraph in document.paragraphs).split())


def test_a_draft_starts_with_words_that_an_office_would_sign(stage, report):
    words = services.wording_of(report)
    assert (words.issuing_body, words.parent_body, words.abbreviation) == ("Ủy ban nhân dân tỉnh Hải Vân", "", "UBND")
    assert (words.place, words.signer_mark, words.signer_name) == ("Hải Vân", "TM.", "Minh")
    assert words.addressees == ("Ban An toàn mạng",)


@pytest.mark.parametrize(
    ("code", "body", "parent", "abbreviation", "place"),
    [
        ("so-y-te", "Sở Y tế", "Ủy ban nhân dân tỉnh Hải Vân", "SYT", "Hải Vân"),
        ("p-vinh-hai", "Ủy ban nhân dân phường Vĩnh Hải", "", "UBND", "Vĩnh Hải"),
        ("bv-da-khoa", "Bệnh viện đa khoa", "Sở Y tế", "BVĐK", "Hải Vân"),
        ("nation", "Cơ quan điều phối", "", "CQĐP", ""),
    ],
)
def test_each_kind_of_office_gets_its_own_head(stage, code, body, parent, abbreviation, place):
    words = flow.first_wording(stage.directive, stage.people.organisations[code])
    assert (words.issuing_body, words.parent_body, words.abbreviation, words.place) == (
        body, parent, abbreviation, place,
    )  # fmt: skip


def test_a_unit_reports_to_the_office_that_handed_the_directive_on_and_that_one_to_the_issuer(stage):
    office = stage.people.organisations["so-y-te"]
    with scoped(stage.people.scope("tam")):
        directive = Directive.objects.get(pk=stage.directive.pk)
        assert flow.first_wording(directive, office).addressees == ("Ủy ban nhân dân tỉnh Hải Vân",)
    assert flow.first_wording(stage.directive, stage.office).addressees == ("Ban An toàn mạng",)


@pytest.mark.parametrize(
    ("name", "initials"),
    [("Sở Khoa học và Công nghệ", "SKHCN"), ("Sở Văn hóa, Thể thao và Du lịch", "SVHTTDL"), ("Sở Y tế", "SYT")],
)
def test_a_symbol_leaves_the_and_of_a_name_out(name, initials):
    assert flow._initials(name) == initials


def test_a_place_that_nothing_tells_is_asked_before_issuing_and_remembered_for_the_office(stage):
    office = stage.people.organisations["nation"]
    with scoped(stage.people.scope("nam")):
        made = flow.draft(stage.directive.pk, office, by="Nam", at=LATER)
        assert flow.document_of(made, at=LATER).header.place_line.startswith(f"{BLANK_PLACE}, ngày ")
        with pytest.raises(InputError, match="names the place"):
            flow.issue(made.pk, takes_number=True, on=LATER.date(), by="Nam", at=LATER)
        services.edit(made.pk, replace(services.wording_of(made), place="Đà Nẵng"), at=LATER)
        assert flow.first_wording(stage.directive, office).place == "Đà Nẵng"


def test_the_checkpoint_seals_everything_that_was_counted(stage, report):
    point = Checkpoint.parse(report.checkpoint)
    assert point == checkpoint()
    found = verify([point])
    assert found.is_sound
    assert found.sealed == point.sequence


def test_later_work_changes_nothing_in_the_draft_until_it_is_counted_again(stage, report):
    before = services.figures_of(report)
    with scoped(stage.people.scope("lan")):
        cases.claim(stage.case("1.a", "p-vinh-hai").pk, Answer("đã trực", "Lan"), at=LATER)
    with scoped(stage.people.scope("ha")):
        assert services.figures_of(Report.objects.get(pk=report.pk)) == before
        again = services.figures_of(flow.recount(report.pk, at=LATER))
    assert again.clauses[0].claimed.value == before.clauses[0].claimed.value + 1


def test_docx_pdf_and_preview_say_the_same(stage, report):
    with scoped(stage.people.scope("ha")):
        written = {form: flow.file_of(report, form, at=LATER) for form in flow.FORMS}
        pictures = flow.pictures(flow.document_of(report, at=LATER))
    for text in (pdf_text(written["pdf"]), docx_text(written["docx"])):
        assert "tính đến 12 giờ 00 phút ngày 04 tháng 5 năm 2026" in text
        assert "6/10" in text
        assert report.checkpoint.partition(":")[2][:20] in text
    assert len(pictures) == len(PdfDocument(written["pdf"]))
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)


def test_an_issued_report_is_read_back_byte_for_byte(stage, report):
    with scoped(stage.people.scope("ha")):
        done = flow.issue(report.pk, takes_number=True, on=ON, by="Minh", at=LATER)
        issued = {form: flow.file_of(done, form, at=LATER) for form in flow.FORMS}
    assert keeping.files.digest(issued["pdf"]) == done.pdf_sha256
    assert keeping.files.digest(issued["docx"]) == done.docx_sha256
    assert "Số: 01/BC-UBND" in pdf_text(issued["pdf"])


def test_a_failed_issue_takes_no_number(stage, report, monkeypatch):
    def fail(*_: object) -> bytes:
        raise OSError("disk full")

    with scoped(stage.people.scope("ha")):
        monkeypatch.setattr(keeping, "keep", fail)
        with pytest.raises(OSError, match="disk full"):
            flow.issue(report.pk, takes_number=True, on=ON, by="Minh", at=LATER)
        monkeypatch.undo()
        assert flow.issue(report.pk, takes_number=True, on=ON, by="Minh", at=LATER).number == 1


def test_an_office_that_the_directive_does_not_reach_has_nothing_to_report(stage):
    with scoped(stage.people.scope("nam")), pytest.raises(InputError, match="obliges nobody"):
        flow.draft(stage.directive.pk, stage.people.organisations["dong-son"], by="Nam", at=LATER)


def test_a_directive_that_one_may_not_see_cannot_be_reported_on(stage):
    with scoped(stage.people.scope("vinh")), pytest.raises(OutOfScope):
        flow.draft(stage.directive.pk, stage.people.organisations["dong-son"], by="Vinh", at=LATER)


def test_no_other_form_is_written(stage, report):
    with scoped(stage.people.scope("ha")), pytest.raises(InputError, match="docx or pdf"):
        flow.file_of(report, "odt", at=LATER)


def test_the_hash_of_the_looks_follows_the_content(stage, report):
    with scoped(stage.people.scope("ha")):
        one = flow.content_hash(flow.document_of(report, at=LATER))
        words = services.replace(services.wording_of(report), place="Nơi khác")
        other = flow.content_hash(flow.document_of(services.edit(report.pk, words, at=LATER), at=LATER))
    assert one == flow.content_hash(flow.document_of(report, at=LATER))
    assert one != other
