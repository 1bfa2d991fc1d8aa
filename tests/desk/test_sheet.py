"""A directive laid out as a page, and its fields as a person fills them in; no database."""

from datetime import UTC, date, datetime

import pytest
from django.http import QueryDict

from vonggac.desk import directive_fields as fields
from vonggac.desk import sheet
from vonggac.directives.models import Clause, Directive, Document
from vonggac.errors import InputError

TEXT = """Số: 31/BAN-ATM
Hà Nội, ngày 17 tháng 4 năm 2026
Kính gửi: Các sở

Ban yêu cầu các đơn vị
thực hiện ngay:

**1. Tăng cường:**
a) Ứng trực, giám sát
24/7.

b) Bóc gỡ mã độc.
Nơi nhận:
- Như trên."""
READING = {
    "lines": [1, 14],
    "sources": {"number": {"line": 1, "raw": "Số: 31/BAN-ATM"}, "addressees": {"line": 3, "raw": "Kính gửi"},
                "recipients": {"line": 13, "raw": "Nơi nhận:"}},
    "confidence": {"number": 0.97, "subject": 0.5},
    "warnings": [],
    "clauses": [
        {"label": "1", "text": "Tăng cường:", "line": 8},
        {"label": "1.a", "text": "Ứng trực, giám sát 24/7.", "line": 9},
        {"label": "1.b", "text": "Bóc gỡ mã độc.", "line": 12},
    ],
}  # fmt: skip


def directive(**changes) -> Directive:
    given = {"pk": 7, "number": "31", "symbol": "BAN-ATM", "subject": "an toàn", "reading": READING} | changes
    return Directive(document=Document(text=TEXT), **given)


def clauses(**texts) -> list[Clause]:
    found = []
    for position, entry in enumerate(READING["clauses"]):
        heads = entry["label"] == "1"
        found.append(
            Clause(
                pk=position + 1, label=entry["label"], text=texts.get(entry["label"][-1], entry["text"]),
                heading="Tăng cường" if heads else "", binds=[] if heads else ["*"],
            )
        )  # fmt: skip
    return found


def texts(laid_out: sheet.Sheet) -> list[str]:
    return [block.text for block in laid_out.blocks]


def test_the_body_begins_with_the_addressees_and_ends_before_the_recipients():
    found = texts(sheet.lay_out(directive(), clauses()))
    assert found[0] == "Kính gửi: Các sở"
    assert found[-1] == "b) Bóc gỡ mã độc."


def test_broken_lines_are_joined_and_clauses_stay_apart():
    laid_out = sheet.lay_out(directive(), clauses())
    assert "Ban yêu cầu các đơn vị thực hiện ngay:" in texts(laid_out)
    assert [(block.clause.label, block.text) for block in laid_out.blocks if block.clause] == [
        ("1", "1. Tăng cường:"), ("1.a", "a) Ứng trực, giám sát 24/7."), ("1.b", "b) Bóc gỡ mã độc."),
    ]  # fmt: skip


def test_a_heading_is_told_from_what_binds():
    blocks = [block for block in sheet.lay_out(directive(), clauses()).blocks if block.clause]
    assert [block.is_heading for block in blocks] == [True, False, False]


def test_a_corrected_clause_stands_in_its_corrected_words():
    found = texts(sheet.lay_out(directive(), clauses(b="Bóc gỡ mã độc trên mọi máy.")))
    assert found[-1] == "b) Bóc gỡ mã độc trên mọi máy."


def test_without_lines_the_clauses_stand_alone():
    reading = {"clauses": [{"label": "1.a", "text": "Ứng trực, giám sát 24/7."}]}
    assert texts(sheet.lay_out(directive(reading=reading), clauses()))[1] == "a) Ứng trực, giám sát 24/7."


def test_each_line_of_the_file_knows_the_fields_read_on_it():
    lines = sheet.source_lines(TEXT, {"d7-number": READING["sources"]["number"]})
    assert lines[0].fields == ("d7-number",)
    assert lines[7].text == "1. Tăng cường:"


def test_a_field_is_doubtful_when_absent_unreadable_or_unsure():
    found = {field.name: field for field in fields.fields_of(directive(issuer=""))}
    assert found["number"].doubt == ""
    assert found["issuer"].doubt
    assert found["subject"].doubt
    assert found["urgency"].doubt == ""
    warned = directive(number="", reading=READING | {"warnings": ["không đọc được số: “31/BAN-ATM”"]})
    unreadable = {field.name: field for field in fields.fields_of(warned)}["number"]
    assert (unreadable.doubt, unreadable.printed) == ("không đọc được số: “31/BAN-ATM”", "")


def test_a_form_changes_only_the_fields_that_it_carries():
    form = QueryDict(mutable=True)
    form.update({"d7-number": " 32 ", "d7-issued_on": "17/4/2026", "d7-addressees": "Sở A\n\nSở B", "d8-number": "9"})
    assert fields.changes_from(form, directive()) == {
        "number": "32", "issued_on": date(2026, 4, 17), "addressees": ["Sở A", "Sở B"],
    }  # fmt: skip


@pytest.mark.parametrize("text", ["31/2/2026", "hôm qua", "2026-13-01"])
def test_what_is_no_date_is_told(text):
    with pytest.raises(InputError):
        fields.day_from(text)


def test_a_day_without_an_hour_ends_with_the_day_in_hanoi():
    assert fields.moment_from("2026-04-30") == datetime(2026, 4, 30, 17, tzinfo=UTC)
    assert fields.moment_from("2026-04-30T12:00") == datetime(2026, 4, 30, 5, tzinfo=UTC)
    assert fields.moment_from(" ") is None


def test_a_number_that_is_too_long_is_refused_before_the_database_does():
    with pytest.raises(InputError):
        fields.changes_from(QueryDict("d7-number=" + "9" * 40), directive())


def test_a_clause_of_several_lines_that_nobody_changed_is_no_correction():
    """A browser sends each line's end as two characters."""
    clause = clauses(a="Liên hệ:\n- Trung tâm mẫu, 024.0000.0101;\n- Trực ban.")[1]
    form = QueryDict(mutable=True)
    form.update({"c2-text": clause.text.replace("\n", "\r\n"), "c2-binds": "*"})
    change = fields.clause_change(form, clause, [])
    assert change is not None
    assert not change.differs(clause)


def test_every_organisation_replaces_the_single_kinds_of_a_clause():
    form = QueryDict("c2-text=Ứng trực&c2-binds=telco&c2-binds=*")
    change = fields.clause_change(form, clauses()[1], [])
    assert change is not None
    assert change.binds == ["*"]
    with pytest.raises(InputError):
        fields.clause_change(QueryDict("c2-text= "), clauses()[1], [])


@pytest.mark.parametrize(
    ("label", "mark"),
    [
        ("2", "2."), ("1.b", "b)"), ("I.2.đ", "đ)"), ("IV", "IV."), ("A", "A."), ("A.1", "1."), ("1.(2)", "(2)"),
        ("Thứ hai", "Thứ hai,"), ("1.Ba là", "Ba là,"), ("Điều 3", "Điều 3."), ("Phần thứ nhất", "Phần thứ nhất."),
    ],
)  # fmt: skip
def test_a_corrected_clause_stands_under_the_label_that_its_kind_has_on_paper(label, mark):
    clause = Clause(label=label, text="Rà soát.", binds=["all"])
    assert sheet._of_clause(clause).text == f"{mark} Rà soát."
