"""The watch in a report: counted from the minutes, drawn as strips in both files, every hole also in words."""

import io
from datetime import UTC, date, datetime, timedelta

import docx
import numpy as np
import pypdfium2
import pytest
from docx.oxml.ns import qn

from tests import cast
from tests.duty.office import BEFORE, open_office
from tests.reports.documents import SIGNER
from vonggac.directives.models import Directive
from vonggac.duty.models import Shift
from vonggac.duty.patterns import begin_of
from vonggac.duty.services import posts, presence
from vonggac.reports import watch_paper, watches
from vonggac.reports.figures import DirectiveFigures, DirectiveReference, Figure, PostLane, WatchFigures, WatchHole
from vonggac.reports.official import Lane, Paragraph, Strips
from vonggac.reports.pdf import write_pdf
from vonggac.reports.results import Office, build
from vonggac.reports.word import write_docx
from vonggac.tenancy.scope import scoped

HOUR = timedelta(hours=1)
HOLIDAY = date(2026, 4, 30)
START = begin_of(HOLIDAY)
OFFICE = Office("Ủy ban nhân dân tỉnh Minh Hải", "UBND", "Minh Hải", SIGNER, ("Bộ X",))


def drawn(**changes) -> WatchFigures:
    """Two posts on one day: one with a hole of eight hours, one that nobody records."""
    fields = {
        "from_utc": START.astimezone(UTC), "to_utc": (START + 24 * HOUR).astimezone(UTC),
        "posts": Figure(2, "/roster/presence/?week=2026-04-30"), "holes_total": Figure(1, "/roster/presence/"),
        "lanes": (
            PostLane("Giám sát", True, (("present", 840), ("hole", 480), ("present", 120))),
            PostLane("Trực lãnh đạo", False, (("idle", 420), ("planned", 1020))),
        ),
        "holes": (
            WatchHole("Giám sát", datetime(2026, 4, 30, 7, tzinfo=UTC), datetime(2026, 4, 30, 15, tzinfo=UTC),
                      "thiếu 1 trưởng ca"),
        ),
        "needed_minutes": 2460, "present_minutes": 960, "planned_minutes": 1020, "hole_minutes": 480,
    }  # fmt: skip
    return WatchFigures(**(fields | changes))


def report(watch: WatchFigures):
    reference = DirectiveReference("Công văn", "31/BAN-ATM", date(2026, 4, 17), "Ban An toàn mạng", "trực lễ")
    return build(DirectiveFigures(reference, (), (), watch=watch), OFFICE, on=date(2026, 5, 2), checkpoint=None)


def text_of(watch: WatchFigures) -> str:
    return " ".join("".join(span.text for span in block.spans) for block in watch_paper.sentences(watch))


def test_the_section_says_what_was_asked_for_attended_and_lacked():
    said = text_of(drawn())
    assert "từ 00:00 ngày 30/4/2026 đến 00:00 ngày 1/5/2026, 2 vị trí trực cần người trong 41 giờ" in said
    assert "có mặt đủ người, đúng kỹ năng 16 giờ (39,0 %)" in said
    assert "thiếu 8 giờ" in said
    assert "không kiểm chứng được: Trực lãnh đạo" in said


def test_figures_lead_to_the_pages_behind_them():
    sources = {source for _, source in report(drawn()).figures()}
    assert "/roster/presence/?week=2026-04-30" in sources


def test_both_files_name_every_post_and_every_hole():
    document = report(drawn())
    word = docx.Document(io.BytesIO(write_docx(document)))
    cells = " ".join(cell.text for table in word.tables for row in table.rows for cell in row.cells)
    pages = pypdfium2.PdfDocument(write_pdf(document))
    printed = " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in pages)
    for said in ("Giám sát", "Trực lãnh đạo", "thiếu 1 trưởng ca", "14:00 ngày 30/4/2026", "22:00 ngày 30/4/2026"):
        assert said in cells
        assert said in printed
    assert "BIỂU ĐỒ ỨNG TRỰC" in printed


def test_in_word_a_lane_is_a_row_of_cells_as_wide_as_its_stretches():
    word = docx.Document(io.BytesIO(write_docx(report(drawn()))))
    (row,) = next(table for table in word.tables if table.cell(0, 0).text == "Giám sát").rows
    widths = [cell.width.mm for cell in row.cells[1:]]
    assert [round(width / sum(widths), 2) for width in widths] == [0.58, 0.33, 0.08]
    shading = [cell._tc.tcPr.find(qn("w:shd")) for cell in row.cells[1:]]
    assert [one.get(qn("w:val")) for one in shading] == ["clear", "diagStripe", "clear"]


def test_on_paper_a_hole_is_darker_than_presence_and_both_than_what_was_not_asked_for():
    page = pypdfium2.PdfDocument(write_pdf(report(drawn())))[1]
    picture = np.atleast_3d(page.render(scale=3, grayscale=True).to_numpy())[:, :, 0]

    def darkness(post: str, hour: float) -> float:
        """The mean darkness of an hour of a lane, looked up by the place of the post's name."""
        text = page.get_textpage()
        index = text.get_text_range().index(post)
        _left, bottom, _right, top = text.get_charbox(index)
        room = page.get_width() - (30 + 15 + 42) * 72 / 25.4
        x = (30 + 42) * 72 / 25.4 + room * hour / 24
        y = page.get_height() - (top + bottom) / 2
        return 255 - float(picture[int(y * 3) - 4 : int(y * 3) + 4, int(x * 3) - 8 : int(x * 3) + 8].mean())

    hole, present = darkness("Giám sát", 18), darkness("Giám sát", 7)
    planned, idle = darkness("Trực lãnh đạo", 15), darkness("Trực lãnh đạo", 3)
    assert hole > present * 0.8 > planned
    assert abs(hole - present) > 10
    assert planned < 5 < idle + 5
    assert idle < present


@pytest.mark.parametrize("pieces", [(), ((0.5, "hole"),), ((0.7, "hole"), (0.7, "present"))])
def test_a_lane_is_full_from_end_to_end(pieces):
    with pytest.raises(ValueError, match="from end to end"):
        Lane("x", pieces)


def test_a_long_period_has_few_marks_on_its_axis_and_they_fill_it():
    long = drawn(to_utc=(START + 40 * 24 * HOUR).astimezone(UTC))
    strips = next(block for block in watch_paper.annex(long) if isinstance(block, Strips))
    assert len(strips.axis) <= 12
    assert sum(share for share, _ in strips.axis) == pytest.approx(1)
    assert strips.axis[0][1] == "30/4"


@pytest.mark.parametrize(
    ("missing", "skills", "said"),
    [(1, (), "thiếu 1 người"), (1, (("lead", 1),), "thiếu 1 trưởng ca"), (0, (("lái xe", 2),), "thiếu 2 lái xe"),
     (2, (("lead", 1),), "thiếu 2 người (1 trưởng ca)")],
)  # fmt: skip
def test_what_lacks_is_said_in_the_words_of_official_papers(missing, skills, said):
    assert watches.lack(missing, skills) == said


@pytest.mark.parametrize(
    ("minutes", "said"), [(0, "0"), (2, "0"), (4, "0,1"), (57, "1"), (59, "1"), (1437, "24"), (60_000, "1.000")]
)
def test_hours_are_told_to_the_tenth(minutes, said):
    assert f"thiếu {said} giờ." in text_of(drawn(hole_minutes=minutes))


def test_a_hundred_percent_is_said_of_the_whole_alone():
    assert "(99,9 %)" in text_of(drawn(needed_minutes=20_000, present_minutes=19_999))
    assert "(100,0 %)" in text_of(drawn(needed_minutes=20_000, present_minutes=20_000))


def test_a_post_that_recorded_presence_for_a_part_of_the_time_is_told_apart():
    lanes = (*drawn().lanes, PostLane("Hạ tầng", False, (("present", 480), ("planned", 960))))
    assert text_of(drawn(lanes=lanes)).endswith(
        "không kiểm chứng được: Trực lãnh đạo; chỉ ghi nhận có mặt một phần thời gian: Hạ tầng."
    )


def annex_text(watch: WatchFigures) -> str:
    blocks = [block for block in watch_paper.annex(watch) if isinstance(block, Paragraph)]
    return " ".join("".join(span.text for span in block.spans) for block in blocks)


def test_what_has_no_room_on_paper_is_told_as_it_is():
    assert "2 vị trí khác không vẽ trong phụ lục, trong đó không có lần thiếu" in annex_text(drawn(posts_left_out=2))
    short = annex_text(drawn(posts_left_out=1_200, short_left_out=3, holes_total=Figure(1_001, "/roster/presence/")))
    assert "1.200 vị trí khác không vẽ trong phụ lục, trong đó 3 vị trí có lần thiếu" in short
    assert short.endswith("1.000 lần thiếu sau đó xem trên hệ thống.")
    assert "xem trên hệ thống" not in annex_text(drawn())


@pytest.mark.django_db
def test_more_posts_with_holes_than_there_are_lanes_are_counted(monkeypatch):
    monkeypatch.setattr(watches, "MOST_LANES", 1)
    people = cast.assemble()
    with scoped(people.scope("ha")):
        office = open_office(people, on=HOLIDAY)
        posts.add_post(office.organisation, posts.PostFields.usual("Xử lý", "handling"), on=HOLIDAY, at=BEFORE)
        directive = Directive(period_from=HOLIDAY, period_to=HOLIDAY)
        found = watches.figures(directive, office.organisation, START + 48 * HOUR)
    assert (len(found.lanes), found.posts_left_out, found.short_left_out) == (1, 1, 1)


@pytest.mark.django_db
def test_the_figures_are_counted_from_the_minutes_of_the_posts():
    people = cast.assemble()
    with scoped(people.scope("ha")):
        office = open_office(people, on=HOLIDAY)
        for number, hour in enumerate((6, 14, 22)):
            shift = Shift.objects.create(
                post=office.post, org_path=office.post.org_path, person_name="Em", from_utc=START + hour * HOUR,
                to_utc=START + (hour + 8) * HOUR,
            )  # fmt: skip
            if number != 1:
                presence.check_in(shift.pk, "Em", at=shift.from_utc)
        directive = Directive(period_from=HOLIDAY, period_to=HOLIDAY)
        found = watches.figures(directive, office.organisation, START + 48 * HOUR)
        for second in (0, 30):  # of less than a minute there is nothing to draw
            soon = START + timedelta(seconds=second)
            assert watches.figures(directive, office.organisation, soon).startswith("Chưa đến")
    # The pattern holds from 06:00 of the holiday on; the day ends at midnight.
    assert (found.posts.value, found.holes_total.value) == (1, 1)
    assert (found.needed_minutes, found.present_minutes, found.hole_minutes) == (18 * 60, 10 * 60, 8 * 60)
    assert found.lanes[0].pieces == (("idle", 360), ("present", 480), ("hole", 480), ("present", 120))
    assert [(hole.from_utc.hour, hole.lack) for hole in found.holes] == [(7, "thiếu 1 người")]


@pytest.mark.django_db
def test_seconds_of_many_stretches_add_up():
    people = cast.assemble()
    late = timedelta(minutes=20, seconds=30)
    with scoped(people.scope("ha")):
        office = open_office(people, on=HOLIDAY)
        for hour in (6, 14):
            shift = Shift.objects.create(
                post=office.post, org_path=office.post.org_path, person_name="Em", from_utc=START + hour * HOUR,
                to_utc=START + (hour + 8) * HOUR,
            )  # fmt: skip
            presence.check_in(shift.pk, "Em", at=shift.from_utc + late)
        directive = Directive(period_from=HOLIDAY, period_to=HOLIDAY)
        found = watches.figures(directive, office.organisation, START + 22 * HOUR)
    assert (found.needed_minutes, found.present_minutes, found.hole_minutes) == (16 * 60, 16 * 60 - 41, 41)
