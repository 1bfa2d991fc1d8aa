"""A report from draft to paper: frozen figures, words by people, one issue, and nothing changes after it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import ProgrammingError, transaction
from hypothesis import given
from hypothesis import strategies as st

from tests import cast
from tests.reports import stage as stages
from tests.reports.documents import directive_figures
from vonggac.directives import services as directives
from vonggac.errors import InputError, OutOfScope, WrongState
from vonggac.ledger.chain import Checkpoint
from vonggac.ledger.models import Entry
from vonggac.reports import keeping, services
from vonggac.reports.figures import DirectiveFigures
from vonggac.reports.models import Report
from vonggac.reports.official import Paragraph, spans
from vonggac.reports.services import Counted, Wording
from vonggac.tenancy.scope import scoped

pytestmark = pytest.mark.django_db
CHECKPOINT = Checkpoint(41, "ab" * 32)
COUNTED = Counted(directive_figures(), CHECKPOINT, cast.NOON)
WORDING = Wording(
    issuing_body="Ủy ban nhân dân tỉnh Hải Vân",
    abbreviation="UBND",
    place="Hải Vân",
    signer_mark="TM.",
    signer_authority="Ủy ban nhân dân",
    signer_title="Chủ tịch",
    signer_name="Trần Văn Minh",
    addressees=("Ban An toàn mạng",),
)
DIGESTS = {"docx_sha256": "d" * 64, "pdf_sha256": "e" * 64}
ON = date(2026, 4, 21)


@pytest.fixture
def directive(people):
    return stages.enter(people)


@pytest.fixture
def report(people, directive) -> Report:
    with scoped(people.scope("ha")):
        office = people.organisations["hai-van"]
        return services.draft(directive, office, COUNTED, WORDING, by="Hà", at=cast.NOON)


def issued(people, report, *, takes_number=True) -> Report:
    with scoped(people.scope("ha")):
        numbered = services.number(report.pk, ON, takes_number=takes_number)
        return services.issue(numbered, **DIGESTS, by="Minh", at=cast.NOON)


def sentences(report: Report) -> list[str]:
    document = services.document_of(report, on=ON)
    return ["".join(s.text for s in spans(block)) for block in document.blocks if isinstance(block, Paragraph)]


def acts(people) -> list[str]:
    with scoped(people.scope("ha")):
        return list(Entry.objects.filter(subject_kind="report").order_by("id").values_list("act", flat=True))


def test_a_draft_keeps_its_figures_exactly_as_they_were_counted(people, report):
    with scoped(people.scope("ha")):
        again = Report.objects.get(pk=report.pk)
        assert services.figures_of(again) == COUNTED.figures
        assert isinstance(services.figures_of(again), DirectiveFigures)
        assert again.checkpoint == str(CHECKPOINT)


def test_the_document_carries_words_figures_and_checkpoint(report):
    document = services.document_of(report, on=ON)
    assert document.header.issuing_body == WORDING.issuing_body
    assert document.header.number_line == "Số:        /BC-UBND"
    assert document.signer.lines == ("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH")
    assert "41" in document.checkpoint_line
    assert ("33", "/chi-thi/1/1.a?claimed") in list(document.figures())


def test_what_people_write_stands_in_the_document_and_the_ledger_says_what_changed(people, report):
    changed = replace(WORDING, difficulties=("thiếu thiết bị",), proposals=("hỗ trợ tập huấn", "  "))
    with scoped(people.scope("ha")):
        edited = services.edit(report.pk, changed, at=cast.NOON)
        entry = Entry.objects.get(act="report.edit")
    assert "Thiếu thiết bị." in sentences(edited)
    assert "Hỗ trợ tập huấn." in sentences(edited)
    assert entry.detail["changed"] == ["difficulties", "proposals"]


def test_the_same_words_again_write_nothing(people, report):
    with scoped(people.scope("ha")):
        services.edit(report.pk, WORDING, at=cast.NOON)
    assert acts(people) == ["report.draft"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"place": "  "}, "the place"),
        ({"signer_title": ""}, "who signs"),
        ({"signer_mark": "XX."}, "not one of"),
        ({"signer_authority": " "}, "in whose place"),
        ({"abbreviation": "B" * 31}, "30 characters"),
        ({"proposals": ("dài",) * 41}, "at most 40"),
        ({"difficulties": ("x" * 2001,)}, "2000 characters"),
    ],
)
def test_words_of_which_no_document_can_be_made_are_refused_with_the_reason(people, report, change, reason):
    with scoped(people.scope("ha")), pytest.raises(InputError, match=reason):
        services.edit(report.pk, replace(WORDING, **change), at=cast.NOON)


def test_counting_again_keeps_the_words(people, report):
    later = cast.NOON + timedelta(hours=3)
    fresh = Counted(replace(directive_figures(clauses=2), counted_at=later), Checkpoint(50, "cd" * 32), later)
    with scoped(people.scope("ha")):
        again = services.recount(report.pk, fresh, at=later)
    assert (services.wording_of(again), again.counted_at) == (WORDING, later)
    assert "15 giờ 00 phút ngày 20 tháng 4 năm 2026" in sentences(again)[0]


def test_an_issued_report_takes_the_next_number_of_the_outgoing_register(people, directive, report):
    assert issued(people, report).number == 1
    with scoped(people.scope("ha")):
        office = people.organisations["hai-van"]
        second = services.draft(directive, office, COUNTED, WORDING, by="Hà", at=cast.NOON)
    done = issued(people, second)
    assert (done.number, done.issued_on, str(done)) == (2, ON, "02/BC-UBND")
    assert services.document_of(done, on=date(2030, 1, 1)).header.date_text == "ngày 21 tháng 4 năm 2026"


def test_the_number_may_be_left_to_the_clerk(people, report):
    done = issued(people, report, takes_number=False)
    assert (done.number, done.state) == (None, "issued")
    assert services.document_of(done, on=ON).header.is_day_open


def test_issuing_stands_in_the_ledger_with_both_digests(people, report):
    issued(people, report)
    with scoped(people.scope("ha")):
        detail = Entry.objects.get(act="report.issue").detail
    assert (detail["docx"], detail["pdf"], detail["number"]) == ("d" * 64, "e" * 64, 1)
    assert detail["checkpoint"] == str(CHECKPOINT)


@pytest.mark.parametrize("act", ["edit", "recount", "discard", "number", "issue"])
def test_an_issued_report_takes_no_further_act_but_withdrawal(people, report, act):
    done = issued(people, report)
    doing = {
        "edit": lambda: services.edit(report.pk, replace(WORDING, place="X"), at=cast.NOON),
        "recount": lambda: services.recount(report.pk, COUNTED, at=cast.NOON),
        "discard": lambda: services.discard(report.pk, at=cast.NOON),
        "number": lambda: services.number(report.pk, ON, takes_number=True),
        "issue": lambda: services.issue(done, **DIGESTS, by="Hà", at=cast.NOON),
    }
    with scoped(people.scope("ha")), pytest.raises(WrongState, match="withdraw"):
        doing[act]()


@pytest.mark.parametrize("change", [{"place": "nơi khác"}, {"figures": {}}, {"number": 9}, {"state": "draft"}])
def test_the_database_itself_refuses_a_change_of_an_issued_report(people, report, change):
    issued(people, report)
    with scoped(people.scope("ha")):
        with pytest.raises(ProgrammingError, match="does not change"), transaction.atomic():
            Report.objects.filter(pk=report.pk).update(**change)
        with pytest.raises(ProgrammingError, match="stays on record"), transaction.atomic():
            Report.objects.filter(pk=report.pk).delete()


def test_withdrawing_takes_a_reason_and_keeps_the_paper_on_record(people, report):
    issued(people, report)
    with scoped(people.scope("ha")):
        with pytest.raises(InputError, match="why"):
            services.withdraw(report.pk, "  ", at=cast.NOON)
        gone = services.withdraw(report.pk, "sai số liệu", at=cast.NOON)
        assert (gone.state, gone.number, gone.docx_sha256) == ("withdrawn", 1, "d" * 64)
        with pytest.raises(WrongState, match="only an issued"):
            services.withdraw(report.pk, "lần nữa", at=cast.NOON)
    assert acts(people)[-1] == "report.withdraw"


def test_a_draft_is_discarded_and_not_withdrawn(people, report):
    with scoped(people.scope("ha")):
        with pytest.raises(WrongState, match="discarded"):
            services.withdraw(report.pk, "x", at=cast.NOON)
        services.discard(report.pk, at=cast.NOON)
        assert not Report.objects.exists()


def test_a_report_without_its_day_cannot_be_issued(people, report):
    with scoped(people.scope("ha")), pytest.raises(WrongState, match="number and day"):
        services.issue(report, **DIGESTS, by="Hà", at=cast.NOON)


def test_a_stranger_sees_no_report_and_touches_none(people, report):
    with scoped(people.scope("vinh")):
        assert not Report.objects.exists()
        with pytest.raises(OutOfScope):
            services.edit(report.pk, WORDING, at=cast.NOON)


def test_a_unit_below_sees_nothing_of_its_office_s_report(people, report):
    with scoped(people.scope("lan")):
        assert not Report.objects.exists()


def test_a_kept_file_is_read_back_whole_and_a_changed_one_is_noticed(test_home):
    sha256 = keeping.keep(b"%PDF-1.7 ...")
    assert keeping.keep(b"%PDF-1.7 ...") == sha256
    assert keeping.kept(sha256) == b"%PDF-1.7 ..."
    path = keeping.path_of(sha256)
    path.chmod(0o600)
    path.write_bytes(b"%PDF-1.7 changed")
    with pytest.raises(keeping.IntegrityFailure, match="does not match"):
        keeping.kept(sha256)
    path.unlink()
    with pytest.raises(keeping.IntegrityFailure, match="backup"):
        keeping.kept(sha256)


@given(clauses=st.integers(1, 9), organisations=st.integers(0, 5), hosts=st.booleans())
def test_figures_survive_being_stored(clauses, organisations, hosts):
    figures = directive_figures(clauses, organisations)
    figures = replace(figures, hosts=figures.hosts if hosts else None, counted_at=cast.NOON, units_left_out=clauses)
    stored = services.msgspec.json.decode(services.msgspec.json.encode(services.msgspec.to_builtins(figures)))
    assert services.msgspec.convert(stored, DirectiveFigures) == figures


def test_nothing_is_drafted_or_issued_on_a_directive_struck_out(people, directive, report):
    with scoped(people.scope("ha")):
        directives.mistake(directive.pk, "nhầm nơi nhận", at=cast.NOON)
        with pytest.raises(WrongState, match="by mistake"):
            services.number(report.pk, ON, takes_number=True)
        with pytest.raises(WrongState, match="by mistake"):
            services.draft(directive, report.organisation, COUNTED, WORDING, by="Hà", at=cast.NOON)
        assert Report.objects.get().state == "draft"
        services.discard(report.pk, at=cast.NOON)
