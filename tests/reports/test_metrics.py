import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.reports import fonts, layout, metrics, official


def test_a_space_is_a_quarter_of_an_em_in_times():
    assert metrics.width_points(" ", 1000) == pytest.approx(250, abs=1)


def test_bold_runs_wider_than_upright():
    assert metrics.width_points(layout.MOTTO, 13, bold=True) > metrics.width_points(layout.MOTTO, 13)


def test_width_grows_with_size_and_adds_up():
    assert metrics.width_points("Độc lập", 26) == pytest.approx(2 * metrics.width_points("Độc lập", 13))
    assert metrics.width_points("ab", 14) == metrics.width_points("a", 14) + metrics.width_points("b", 14)


def test_the_heading_of_the_nation_fits_its_column():
    widest_mm = metrics.width_points(layout.NATION, layout.NATION_PT, bold=True) / layout.POINTS_PER_MM
    assert widest_mm < layout.HEADER_RIGHT_MM - 2 * layout.CELL_INSET_MM


def test_characters_that_a_face_lacks_are_named_in_the_text():
    assert metrics.shown("Xin chào 👍漢") == "Xin chào [U+1F44D][U+6F22]"


def test_what_reports_are_written_with_is_in_every_face():
    used = fonts.VIETNAMESE + official.REPLACEMENT + "\N{NO-BREAK SPACE}–—“”‘’…•≥≤→%°"
    assert metrics.shown(used) == used


def test_a_short_line_stays_whole():
    assert metrics.balanced_lines("Một dòng", 500, 14) == ["Một dòng"]


def test_two_lines_are_of_even_length():
    first, second = metrics.balanced_lines("một hai ba bốn năm sáu bảy tám", 120, 14)
    assert abs(metrics.width_points(first, 14) - metrics.width_points(second, 14)) < 40


@given(st.lists(st.text("abcdeă ", min_size=1, max_size=8), min_size=1, max_size=30), st.floats(30, 400))
def test_balanced_lines_keep_every_word_and_need_no_more_lines(words, width):
    text = " ".join(words)
    lines = metrics.balanced_lines(text, width, 14)
    assert " ".join(lines) == text
    greedy = [""]
    for index, word in enumerate(text.split(" ")):
        longer = f"{greedy[-1]} {word}" if index else word
        if not index or metrics.width_points(longer, 14) <= width:
            greedy[-1] = longer
        else:
            greedy.append(word)
    assert len(lines) <= len(greedy)


def test_a_file_that_is_no_font_is_refused():
    with pytest.raises((ValueError, KeyError)):
        metrics.read_face(b"\x00" * 64)
