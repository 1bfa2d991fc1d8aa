"""Rosters as offices keep them in spreadsheets: several shapes of header, letters, legends, and what cannot be read."""

import io
import zipfile
from datetime import date, timedelta

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vonggac.errors import UnreadableFile
from vonggac.formats import roster_sheet
from vonggac.formats.roster_sheet import Section, Sheet, days, legend, people
from vonggac.formats.roster_sheet.days import Mark
from vonggac.formats.tables import write_xlsx

APRIL = [date(2026, 4, day) for day in range(1, 31)]


def text(*rows: str) -> bytes:
    return "\n".join(rows).encode()


def entries(reading) -> set[tuple[str, date, str]]:
    return {(one.name, one.day, one.mark) for one in reading.entries}


@pytest.mark.parametrize(
    ("cell", "mark"),
    [
        ("27", Mark(27)), ("03", Mark(3)), ("27/4", Mark(27, 4)), ("27-04-2026", Mark(27, 4, 2026)),
        ("T2 27/4", Mark(27, 4)), ("T2\n27", Mark(27)), ("CN 3/5/26", Mark(3, 5, 2026)), ("Thứ Hai 27.4", Mark(27, 4)),
        ("2026-04-27T00:00:00", Mark(27, 4, 2026)), ("Ngày 5", Mark(5)), ("32", None), ("31/4", None), ("T2", None),
        ("S", None), ("", None), ("2026", None),
    ],
)  # fmt: skip
def test_a_day_is_read_however_it_is_written(cell, mark):
    assert days.mark_of(cell) == mark


@pytest.mark.parametrize("cell", ["T2", "CN", "t7", "Thứ Ba", "Chủ nhật", "Mon"])
def test_days_of_the_week_are_no_days_of_the_month(cell):
    assert days.is_weekday(cell)
    assert days.mark_of(cell) is None


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("LỊCH TRỰC THÁNG 4 NĂM 2026", (2026, 4)), ("Tháng 04/2026", (2026, 4)), ("T4-2026", (2026, 4)),
        ("lich-truc-thang-5", (None, 5)), ("Năm 2026", (2026, None)), ("Sở Thông tin", (None, None)),
    ],
)  # fmt: skip
def test_the_month_stands_in_a_title_a_sheet_or_the_files_name(title, found):
    assert days.month_in([title]) == found


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        ("ca sáng (06h – 14h)", (360, 480)), ("22:00-06:00", (1320, 480)), ("từ 7h30 đến 19h30", (450, 720)),
        ("trực 24/24h (từ 07h00 hôm trước đến 07h00 hôm sau)", (420, 1440)),
        ("24 giờ", None), ("1-2 người", None), ("trực tại nhà", None),
    ],
)  # fmt: skip
def test_hours_are_found_in_what_a_letter_means(written, hours):
    found = legend.hours_in(written)
    assert (found and (found.start_minute, found.length_minutes)) == hours


TURN = [date(2026, 12, 31), *(date(2027, 1, day) for day in (1, 2, 3))]
DAYS = ("Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")


def holiday(*above: str, days_of_week: tuple[str, ...] = DAYS, marks: tuple[str, ...] = ("31/12", "1/1", "2/1", "3/1")):
    """Four days from New Year's Eve on, under these lines."""
    rows = [f"{mark},{day},Mai Hương" for mark, day in zip(marks, days_of_week, strict=True)]
    return roster_sheet.read(text(*above, "Ngày,Thứ,Trực lãnh đạo", *rows), "truc-tet.csv")[0]


@pytest.mark.parametrize("year", [2026, 2027])
@pytest.mark.parametrize("between", ["(Từ 31/12/2026 đến 03/01/2027)", "31/12 - 3/1/2027"])
@pytest.mark.parametrize("days_of_week", [DAYS, ("", "", "", "")])
@pytest.mark.parametrize("marks", [("31/12", "1/1", "2/1", "3/1"), ("31", "1", "2", "3")])
def test_a_range_in_the_title_decides_over_its_year(year, between, days_of_week, marks):
    reading = holiday(f"LỊCH TRỰC TẾT NĂM {year}", between, days_of_week=days_of_week, marks=marks)
    assert (reading.days, reading.is_doubted) == (TURN, False)


@pytest.mark.parametrize(
    ("year", "days_of_week", "is_doubted"), [(2027, DAYS, False), (2027, ("", "", "", ""), False), (2026, DAYS, True)]
)
def test_days_of_the_week_decide_over_a_year_that_stands_alone(year, days_of_week, is_doubted):
    reading = holiday(f"LỊCH TRỰC TẾT NĂM {year}", days_of_week=days_of_week)
    assert (reading.days, reading.is_doubted) == (TURN, is_doubted)


def test_days_of_the_week_that_are_not_those_of_the_days_are_told():
    stale = ("Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy")
    reading = holiday("LỊCH TRỰC", "(Từ 31/12/2026 đến 03/01/2027)", days_of_week=stale)
    assert (reading.days, reading.is_doubted) == (TURN, True)
    # A month with its year is no guess: last year's days of the week do not move it.
    (reading,) = roster_sheet.read(text("Tháng 4 năm 2026", "Tên,T3 1,T4 2,T5 3", "An,S,C,Đ"), "a.csv")
    assert (reading.days, reading.is_doubted) == (APRIL[:3], True)
    (reading,) = roster_sheet.read(text("Tháng 4 năm 2026", "Tên,T4 1,T5 2,T6 3", "An,S,C,Đ"), "a.csv")
    assert (reading.days, reading.is_doubted) == (APRIL[:3], False)


def test_the_month_that_a_person_says_holds_most_of_the_days():
    rows = text("Tết", "Ngày,Trực", "31/12,An", "1/1,An", "2/1,An")
    for month in ((2026, 12), (2027, 1)):
        (reading,) = roster_sheet.read(rows, "a.csv", month=month)
        assert reading.days == TURN[:3]


def test_names_down_and_days_across_with_weekdays_numbers_and_a_foot():
    (reading,) = roster_sheet.read(
        text(
            "SỞ THÔNG TIN,,,,,,",
            "LỊCH TRỰC THÁNG 4 NĂM 2026,,,,,,",
            "TT,Họ và tên,1,2,3,4,5",
            ",,T4,T5,T6,T7,CN",
            "1,Phạm An,S,C,Đ,,x",
            "2,Đỗ  Khôi,C,,\"S,C\",N,",
            "Tổng cộng,,2,1,2,1,1",
            "Người lập,,,,,,",
        ),
        "lich.csv",
    )  # fmt: skip
    assert (reading.shape, reading.names) == ("names_down", ["Phạm An", "Đỗ Khôi"])
    assert entries(reading) == {
        ("Phạm An", APRIL[0], "S"), ("Phạm An", APRIL[1], "C"), ("Phạm An", APRIL[2], "Đ"), ("Phạm An", APRIL[4], "X"),
        ("Đỗ Khôi", APRIL[0], "C"), ("Đỗ Khôi", APRIL[2], "S"), ("Đỗ Khôi", APRIL[2], "C"), ("Đỗ Khôi", APRIL[3], "N"),
    }  # fmt: skip
    assert reading.marks == {"C": 3, "S": 2, "N": 1, "X": 1, "Đ": 1}


def test_weekdays_above_the_days_and_dates_across_two_months():
    (reading,) = roster_sheet.read(
        text("Tuần 27/4 - 3/5 năm 2026", "Tên;T2;T3;T4;T5;T6", ";27/4;28/4;29/4;30/4;1/5", "An;S;S;;Đ;Đ"), "tuan.csv"
    )
    assert entries(reading) == {
        ("An", date(2026, 4, 27), "S"), ("An", date(2026, 4, 28), "S"), ("An", date(2026, 4, 30), "Đ"),
        ("An", date(2026, 5, 1), "Đ"),
    }  # fmt: skip


def test_a_workbook_of_dates_needs_no_month_in_words():
    columns = ("Họ tên", *APRIL[:5])
    content = write_xlsx([str(c) for c in columns], [("An", "S", "", "C", "", "Đ")])
    (reading,) = roster_sheet.read(content, "a.xlsx")
    assert [(one.day.day, one.mark) for one in reading.entries] == [(1, "S"), (3, "C"), (5, "Đ")]


def test_days_down_and_names_across_is_the_same_roster_turned():
    (reading,) = roster_sheet.read(
        text("Tháng 4/2026,,", "Ngày,Phạm An,Đỗ Khôi", "1,S,C", "2,Đ,", "3,,S", "4,C,Đ"), "lich.csv"
    )
    assert (reading.shape, reading.names) == ("names_across", ["Phạm An", "Đỗ Khôi"])
    assert entries(reading) == {
        ("Phạm An", APRIL[0], "S"), ("Phạm An", APRIL[1], "Đ"), ("Phạm An", APRIL[3], "C"),
        ("Đỗ Khôi", APRIL[0], "C"), ("Đỗ Khôi", APRIL[2], "S"), ("Đỗ Khôi", APRIL[3], "Đ"),
    }  # fmt: skip


def test_days_down_with_a_column_a_shift_holds_the_names_in_its_cells():
    (reading,) = roster_sheet.read(
        text(
            "Lịch trực tháng 4 năm 2026,,,",
            "Ngày,Thứ,Trực lãnh đạo,Ca đêm (22h-06h)",
            "1,T4,Mai Hương,\"Phạm An, Đỗ Khôi\"",
            "2,T5,Mai Hương,Vũ Lan và Ngô Tín",
            "3,T6,Hồ Nam,Phạm An",
        ),
        "lich.csv",
    )  # fmt: skip
    assert reading.shape == "names_in_cells"
    assert set(reading.marks) == {"Trực lãnh đạo", "Ca đêm (22h-06h)"}
    assert ("Ngô Tín", APRIL[1], "Ca đêm (22h-06h)") in entries(reading)
    assert len(reading.entries) == 8
    assert legend.hours_in(reading.legend["Ca đêm (22h-06h)"]).length_minutes == 480


def test_sections_head_the_posts_and_the_legend_tells_the_letters():
    (reading,) = roster_sheet.read(
        text(
            "Tháng 4/2026,,,,",
            "TT,Họ và tên,1,2,3",
            ",Vị trí: Giám sát,,,",
            "1,An,S,C,Đ",
            ",II. Trực lãnh đạo,,,",
            "1,Mai,T,,T",
            ",Ký hiệu:,,,",
            "S: ca sáng 06h-14h; C: ca chiều 14h-22h; Đ = ca đêm,,,,",
            "T,Trực 24 giờ,,,",
        ),
        "lich.csv",
    )  # fmt: skip
    assert reading.sections == ["Giám sát", "Trực lãnh đạo"]
    assert {(one.name, one.section) for one in reading.entries} == {("An", "Giám sát"), ("Mai", "Trực lãnh đạo")}
    assert reading.legend == {"S": "ca sáng 06h-14h", "C": "ca chiều 14h-22h", "Đ": "ca đêm", "T": "Trực 24 giờ"}


def test_each_sheet_of_a_workbook_is_a_month_of_its_own():
    book = openpyxl.Workbook()
    for sheet, month in ((book.worksheets[0], "T4-2026"), (book.create_sheet(), "T5-2026")):
        sheet.title = month
        for row in (("Tên", 1, 2, 3), ("An", "S", "C", "Đ")):
            sheet.append(row)
    target = io.BytesIO()
    book.save(target)
    april, may = roster_sheet.read(target.getvalue(), "nam.xlsx")
    assert (april.days[0], may.days[0]) == (date(2026, 4, 1), date(2026, 5, 1))


def test_a_sheet_that_names_no_month_asks_for_it_and_takes_the_answer():
    content = text("Tên,1,2,3", "An,S,C,Đ")
    (reading,) = roster_sheet.read(content, "lich.csv")
    assert (reading.needs_month, reading.entries) == (True, [])
    (told,) = roster_sheet.read(content, "lich.csv", month=(2026, 2))
    assert [one.day for one in told.entries] == [date(2026, 2, day) for day in (1, 2, 3)]


def test_days_that_no_month_has_are_asked_for_rather_than_guessed():
    content = text("Tên,29,30,31,1", "An,S,C,Đ,S")
    assert roster_sheet.read(content, "x.csv", month=(2026, 4))[0].needs_month
    assert roster_sheet.read(content, "x.csv", month=(2026, 3))[0].entries[-1].day == date(2026, 4, 1)


def test_a_cell_that_is_no_letter_is_a_reject_by_line_and_column():
    (reading,) = roster_sheet.read(text("Tháng 4/2026,,,", "Tên,1,2,3", f"An,S,{'x' * 30},C", "Khôi,C,,S"), "lich.csv")
    assert [(one.line, one.column) for one in reading.rejects] == [(3, "C")]
    assert len(reading.entries) == 4


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"", b"post,from_utc,to_utc,person\nx,y,z,w\n"])
def test_a_table_without_days_is_no_roster_sheet(content):
    with pytest.raises(UnreadableFile, match="no row or column of days"):
        roster_sheet.read(content, "x.csv")


letters = st.sampled_from(["", "S", "C", "Đ", "N", "T1"])
names = st.lists(st.sampled_from(["Phạm An", "Đỗ Khôi", "Vũ Lan", "Ngô Tín", "Hồ Nam"]), min_size=1, unique=True)


@settings(max_examples=25, deadline=None)
@given(st.integers(5, 31), st.lists(st.tuples(st.sampled_from(["Giám sát", "Trực lãnh đạo"]), names), min_size=1,
       max_size=2, unique_by=lambda one: one[0]), st.data())  # fmt: skip
def test_what_is_written_is_read_back_to_the_same(length, sections, data):
    span = [date(2026, 4, 1) + timedelta(days=n) for n in range(length)]
    made = [
        Section(title, [(name, {day: data.draw(letters) for day in span}) for name in people])
        for title, people in sections
    ]
    sheet = Sheet(("SỞ THÔNG TIN", "LỊCH TRỰC THÁNG 4 NĂM 2026"), span, made, {"S": "ca sáng"}, {})
    (reading,) = roster_sheet.read(roster_sheet.write(sheet), "x.xlsx")
    expected = {
        (section.name, name, day, mark)
        for section in made for name, row in section.rows for day, mark in row.items() if mark
    }  # fmt: skip
    assert {(one.section, one.name, one.day, one.mark) for one in reading.entries} == expected
    assert reading.rejects == []


def test_two_of_one_name_are_two_people_kept_apart_by_letter_or_phone():
    (reading,) = roster_sheet.read(
        text(
            "Tháng 4/2026,,,,,,",
            "TT,Họ và tên,Số ĐT,1,2,3,Ghi chú",
            "1,Lê An,0912 000 001,S,,,",
            "2,Lê An,912000002,,S,,(B)",
            "3,Mai,0912000003,C,,,",
            "4,Mai,0912000004,,C,,",
        ),
        "lich.csv",
    )  # fmt: skip
    assert reading.names == ["Lê An", "Lê An (B)", "Mai", "Mai (0912000004)"]
    assert [reading.people[name].phone for name in reading.names] == [
        "0912000001", "0912000002", "0912000003", "0912000004",
    ]  # fmt: skip
    assert reading.namesakes("Lê An") == ["Lê An (B)"]


def test_somebody_who_stands_in_two_parts_of_a_sheet_is_one_person():
    (reading,) = roster_sheet.read(
        text("Tháng 4/2026,,,", "Họ tên,1,2,3", "I. Trực ban,,,", "An,S,,", "II. Trực máy,,,", "AN,,C,"), "lich.csv"
    )
    assert reading.names == ["An"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("N: ngày (7h30-19h30), Đ: đêm (19h30-7h30)", {"N": "ngày (7h30-19h30)", "Đ": "đêm (19h30-7h30)"}),
        ("Ngày: 6-18h, Đêm: 18-6h", {"NGÀY": "6-18h", "ĐÊM": "18-6h"}),
        ("- n: ca ngày, có nghỉ trưa; đ = ca đêm.", {"N": "ca ngày, có nghỉ trưa", "Đ": "ca đêm"}),
        ("TN: thử nghiệm", {}),
    ],
)
def test_a_line_of_the_sheet_tells_its_marks(line, found):
    assert legend.read([[line]], ["N", "Đ", "NGÀY", "ĐÊM"]) == found


@pytest.mark.parametrize(
    ("meaning", "bare"),
    [("Ca sáng (06h00 - 14h00)", "Ca sáng"), ("đêm 22h-06h", "đêm"), ("Ca đêm (22h00 - 06h00 hôm sau)", "Ca đêm"),
     ("nghỉ phép", "nghỉ phép"), ("6-14h", "")],
)  # fmt: skip
def test_hours_are_no_part_of_a_shifts_name(meaning, bare):
    assert legend.without_hours(meaning) == bare


def test_halves_of_shifts_are_marks_of_their_own():
    (reading,) = roster_sheet.read(
        text("Tháng 4/2026,,,", "Tên,1,2,3", "An,S/C,1/2S,S+C", '"S/C: nửa ca sáng, nửa ca chiều; C: ca chiều",,,'),
        "lich.csv",
    )
    assert [(one.day.day, one.mark) for one in reading.entries] == [(1, "S/C"), (2, "1/2S"), (3, "S"), (3, "C")]
    assert reading.legend == {"S/C": "nửa ca sáng, nửa ca chiều", "C": "ca chiều"}
    assert reading.names == ["An"]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("Đ/c Lê Hữu Đức - Giám đốc\n0903 111 222", [("Lê Hữu Đức", "0903111222", "")]),
        ("Ông Lê An (TC), bà Mai Hương – Phó Giám đốc", [("Lê An", "", ""), ("Mai Hương", "", "")]),
        ("Đồng chí Nguyễn Anh Tuấn, Trưởng phòng, ĐT: 0912.000.001", [("Nguyễn Anh Tuấn", "0912000001", "")]),
        ("Lê An (B)\nPhạm Đức Anh", [("Lê An", "", "B"), ("Phạm Đức Anh", "", "")]),
        ("Trương Minh, Đoàn Văn Hậu", [("Trương Minh", "", ""), ("Đoàn Văn Hậu", "", "")]),
        ("Lê An - Mai Hương", None),
        ("", []),
    ],
)
def test_a_cell_names_people_with_their_phones_and_without_their_titles(cell, found):
    seen = people.named_in(cell)
    assert (seen and [(one.name, one.phone, one.letter) for one in seen]) == found


def test_days_down_hold_shifts_beside_a_calendar_and_merged_leaders():
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.append(["LỊCH TRỰC TẾT"])
    page.append(
        ["Thứ", "Ngày dương lịch", "Ngày âm lịch", "Trực lãnh đạo", "SĐT", "Trực kỹ thuật (7h30 - 19h30)", "Ghi chú"]
    )
    for number, lunar in enumerate(("29 Tết", "Mùng 1", "Mùng 2", "Mùng 3")):
        day = date(2026, 4, 1) + timedelta(days=number)
        page.append([None, day, lunar, None, None, "Lê An\nĐ/c Hùng (TC)", "Lễ"])
    page["D3"], page["E3"] = "Đ/c Lê Hữu Đức - Giám đốc", 903111222
    page.merge_cells("D3:D5")
    target = io.BytesIO()
    book.save(target)
    (reading,) = roster_sheet.read(target.getvalue(), "tet.xlsx")
    assert reading.names == ["Lê Hữu Đức", "Lê An", "Hùng"]
    assert reading.marks == {"Trực kỹ thuật (7h30 - 19h30)": 8, "Trực lãnh đạo": 3}
    assert reading.people["Lê Hữu Đức"].phone == "0903111222"
    assert reading.rejects == []


def workbook(rows, *merged: str) -> bytes:
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    for row in rows:
        page.append(row)
    for area in merged:
        page.merge_cells(area)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


MERGED_MONTH = (
    ["LỊCH TRỰC THÁNG 4 NĂM 2026"],
    ["TT", "Họ và tên", "Chức vụ", *range(1, 8), "Ghi chú"],
    [None, None, None, "Tuần 1", None, None, None, None, "Tuần 2"],
    ["Vị trí: Giám sát"],
    [1, "Phạm An", "CV", "N", None, None, "Nghỉ phép", None, None, "S", "đổi ca"],
    [2, "Đỗ Khôi", "CV", "S C", None, "C", None, None, "Đ"],
    [3, "Lê Mai", None, None, None, "C"],
)


def test_a_mark_merged_over_several_days_counts_for_each_of_them():
    content = workbook(
        MERGED_MONTH, "A1:K1", "D3:H3", "I3:J3", "A4:K4", "D5:F5", "G5:I5", "J5:K5", "D6:E6", "I6:J7", "B7:C7"
    )
    (reading,) = roster_sheet.read(content, "thang.xlsx")
    by_person = {
        name: [(one.day.day, one.mark) for one in reading.entries if one.name == name] for name in reading.names
    }
    assert by_person == {
        "Phạm An": [(1, "N"), (2, "N"), (3, "N"), (4, "NGHỈ PHÉP"), (5, "NGHỈ PHÉP"), (6, "NGHỈ PHÉP"), (7, "S")],
        "Đỗ Khôi": [(1, "S"), (1, "C"), (2, "S"), (2, "C"), (3, "C"), (6, "Đ"), (7, "Đ")],
        "Lê Mai": [(3, "C"), (6, "Đ"), (7, "Đ")],
    }
    assert reading.sections == ["Giám sát"]
    assert (reading.rejects, set(reading.legend)) == ([], set())


def test_an_entry_of_a_merged_mark_stands_where_its_day_does():
    (reading,) = roster_sheet.read(workbook(MERGED_MONTH, "D5:F5"), "thang.xlsx")
    assert [(one.line, one.column) for one in reading.entries if one.mark == "N"] == [(5, 3), (5, 4), (5, 5)]


def test_a_mark_merged_over_people_or_days_counts_for_all_where_days_stand_below_each_other():
    rows = (
        ["THÁNG 4/2026"], ["Ngày", "An", "Bình", "Cúc"],
        [1, "N", None, "S"], [2, None, None, "S"], [3, "C", None, None], [4, "C"],
    )  # fmt: skip
    (reading,) = roster_sheet.read(workbook(rows, "B3:C4", "B5:D5"), "doc.xlsx")
    assert reading.shape == "names_across"
    assert {(one.name, one.day.day, one.mark) for one in reading.entries} == {
        ("An", 1, "N"), ("Bình", 1, "N"), ("An", 2, "N"), ("Bình", 2, "N"), ("Cúc", 1, "S"), ("Cúc", 2, "S"),
        ("An", 3, "C"), ("Bình", 3, "C"), ("Cúc", 3, "C"), ("An", 4, "C"),
    }  # fmt: skip


def test_one_person_merged_over_two_shifts_of_a_day_stands_on_both():
    rows = (
        ["THÁNG 4/2026"], ["Ngày", "Ca sáng 6h-14h", "Ca chiều 14h-22h"],
        [1, "Lê Hồng An", None], [2, "Lê Hồng An", "Trần Bình"], [3, "Trần Bình", "Trần Bình"],
    )  # fmt: skip
    (reading,) = roster_sheet.read(workbook(rows, "B3:C3"), "ca.xlsx")
    assert [(one.name, one.mark) for one in reading.entries if one.day.day == 1] == [
        ("Lê Hồng An", "Ca sáng 6h-14h"), ("Lê Hồng An", "Ca chiều 14h-22h"),
    ]  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 7)), min_size=1, max_size=4))
def test_merged_marks_read_like_marks_written_out(people_):
    """Each person: how many days are free before a mark that is merged over the given number of days."""
    plain, merged = [], []
    for number, (free, length) in enumerate(people_):
        plain.append([f"Người {number}", *[None] * free, *["N"] * length])
        merged.append(f"{chr(ord('B') + free)}{number + 3}:{chr(ord('B') + free + length - 1)}{number + 3}")
    head = (["THÁNG 4/2026"], ["Họ tên", *range(1, 11)])
    (written,) = roster_sheet.read(workbook((*head, *plain)), "a.xlsx")
    once = [[*row[: row.index("N") + 1]] for row in plain]
    (read,) = roster_sheet.read(workbook((*head, *once), *merged), "a.xlsx")
    assert read.entries == written.entries


def test_merged_cells_that_overlap_without_end_cost_nothing():
    book = io.BytesIO(workbook(MERGED_MONTH, "D5:F5"))
    target = io.BytesIO()
    with zipfile.ZipFile(book) as source, zipfile.ZipFile(target, "w") as copy:
        for member in source.infolist():
            part = source.read(member)
            if member.filename.endswith("sheet1.xml"):
                part = part.replace(b"</mergeCells>", b'<mergeCell ref="A1:K1048576"/>' * 4_000 + b"</mergeCells>")
            copy.writestr(member.filename, part)
    (reading,) = roster_sheet.read(target.getvalue(), "thang.xlsx")
    assert [one.day.day for one in reading.entries if one.mark == "N"] == [1, 2, 3]


def test_a_list_of_one_person_a_day_has_their_phones():
    (reading,) = roster_sheet.read(
        text(
            "DANH SÁCH TRỰC LÃNH ĐẠO THÁNG 4/2026,,,,",
            "Ngày,Thứ,Họ và tên,Số điện thoại,Ghi chú",
            "1/4/2026,T4,Lê An,0912000001,",
            "2/4/2026,T5,Mai Hương,0912000002,Trực 24/24",
            "3/4/2026,T6,Lê An,0912000001,",
        ),
        "ds.csv",
    )  # fmt: skip
    assert reading.marks == {"Trực lãnh đạo": 3}
    assert {name: one.phone for name, one in reading.people.items()} == {
        "Lê An": "0912000001", "Mai Hương": "0912000002",
    }  # fmt: skip


WEEK = "Họ tên,Thứ 2,Thứ 3,Thứ 4,Thứ 5,Thứ 6,Thứ 7,CN"


@pytest.mark.parametrize(
    "title",
    [
        "LỊCH TRỰC TUẦN 49 (từ 30/11 đến 06/12/2026)",
        "Tuần 49: 30/11 - 6/12/2026",
        "Từ ngày 30/11/2026 đến ngày 06/12/2026",
    ],
)
def test_a_weeks_days_stand_in_its_title(title):
    (reading,) = roster_sheet.read(text(title, WEEK, "An,S,,C,,,,Đ", "Mai,,S,,,,,"), "tuan.csv")
    assert entries(reading) == {
        ("An", date(2026, 11, 30), "S"), ("An", date(2026, 12, 2), "C"), ("An", date(2026, 12, 6), "Đ"),
        ("Mai", date(2026, 12, 1), "S"),
    }  # fmt: skip


def test_a_weeks_title_without_a_year_asks_for_it():
    content = text("Tuần 49 (30/11 - 06/12)", WEEK, "An,S,,C,,,,Đ")
    (reading,) = roster_sheet.read(content, "tuan.csv")
    assert (reading.needs_month, reading.month, reading.entries) == (True, 11, [])
    (reading,) = roster_sheet.read(content, "tuan.csv", month=(2026, 11))
    assert [one.day for one in reading.entries] == [date(2026, 11, 30), date(2026, 12, 2), date(2026, 12, 6)]


def test_a_weeks_title_that_contradicts_its_days_of_the_week_is_not_guessed():
    with pytest.raises(UnreadableFile):
        roster_sheet.read(text("Tuần (01/12 - 05/12/2026)", WEEK, "An,S,,C,,,,Đ"), "tuan.csv")


@pytest.mark.parametrize(
    "rows",
    [
        ("Vị trí: Trực giám sát,,,", "Họ và tên,1/5/2026,2/5/2026,3/5/2026", "An,S,C,Đ"),
        ("Vị trí: Trực giám sát,,", "Ngày,An", "1/5/2026,S", "2/5/2026,C", "3/5/2026,Đ"),
    ],
)
def test_a_line_above_the_table_names_its_post(rows):
    (reading,) = roster_sheet.read(text(*rows), "lich.csv")
    assert [(one.name, one.section) for one in reading.entries] == [("An", "Trực giám sát")] * 3


def test_a_title_says_what_a_sheet_is_about():
    (reading,) = roster_sheet.read(
        text("BẢNG PHÂN CÔNG TRỰC GIÁM SÁT AN TOÀN THÔNG TIN THÁNG 5/2026,,,", "Họ và tên,1,2,3", "An,S,C,Đ"), "x.csv"
    )
    assert reading.subject == "Trực giám sát an toàn thông tin"


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("(0912) 345-004", "0912345004"), ("(024) 3987 6543", "02439876543"), ("(+84) 912 345 004", "0912345004"),
        ("0912 - 345 - 004", "0912345004"), ("(84-24) 39876543", ""), ("máy lẻ 123", ""),
    ],
)  # fmt: skip
def test_phones_are_read_as_offices_write_them(written, digits):
    assert people.phone_in(written) == digits


def test_a_phone_that_cannot_be_read_is_said_by_line_and_column():
    (reading,) = roster_sheet.read(
        text("Tháng 5/2026", "Họ và tên,Điện thoại,1,2,3", "An,máy lẻ 12,S,C,Đ", "Chi,-,C,S,Đ"), "lich.csv"
    )
    assert [(one.line, one.column, one.reason, one.raw) for one in reading.rejects] == [
        (3, "B", "holds no phone number that can be read", "máy lẻ 12")
    ]
