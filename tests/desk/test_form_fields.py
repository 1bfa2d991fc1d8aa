"""Days and hours in forms: shown the day first, read as people type them, kept as typed where nobody can read them."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.template import Context, Template
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from vonggac.desk import directive_fields, times
from vonggac.desk.templatetags.forms import DAY_PATTERN, MOMENT_PATTERN
from vonggac.desk.times import OFFICE_ZONE

STYLES = Path(times.__file__).with_name("static") / "desk" / "desk.css"
days = st.dates(date(times.FIRST_YEAR, 1, 1), date(times.LAST_YEAR, 12, 31))


def field(text: str, **context: object):
    with translation.override("vi"):
        return html.fragment_fromstring(Template("{% load forms %}" + text).render(Context(context)))


@given(day=days)
def test_a_day_is_read_however_it_is_typed(day):
    typed = (
        f"{day:%d/%m/%Y}",
        f"{day.day}/{day.month}/{day.year}",
        f"{day:%d.%m.%Y}",
        f"{day:%d%m%Y}",
        day.isoformat(),
    )
    assert {times.typed_day(f" {text} ") for text in typed} == {day}
    assert all(re.fullmatch(DAY_PATTERN, text) for text in typed)


@pytest.mark.parametrize("typed", ["", "31/2/2026", "4/27/2026", "0/1/2026", "1/1/26", "1/1/9999", "mai", "1/1/2026/1"])
def test_what_is_no_day_is_refused(typed):
    with pytest.raises(ValueError, match=r"."):
        times.typed_day(typed)


@pytest.mark.parametrize("typed", ["27/4/2026 7:05", "27/04/2026  07:05", "2026-04-27T07:05", "2026-04-27 07:05"])
def test_a_moment_is_read_on_the_office_s_clock(typed):
    assert times.typed_moment(typed) == datetime(2026, 4, 27, 0, 5, tzinfo=UTC)
    assert re.fullmatch(MOMENT_PATTERN, typed)


@given(day=days)
def test_a_field_shows_the_day_first_whatever_the_browser_speaks(day):
    for value in (day, day.isoformat()):
        shown = field("{% day_field 'on' value required=True %}", value=value)
        assert (shown.get("type"), shown.get("value")) == (None, f"{day:%d/%m/%Y}")
        assert re.fullmatch(shown.get("pattern"), shown.get("value"))
    assert shown.get("placeholder") == "ngày/tháng/năm"


def test_a_moment_is_shown_on_the_office_s_clock_and_what_nobody_can_read_stays():
    at = datetime(2026, 4, 27, 10, 0, tzinfo=UTC)
    assert field("{% moment_field 'due' value %}", value=at).get("value") == "27/04/2026 17:00"
    assert field("{% moment_field 'due' value %}", value="thứ Hai").get("value") == "thứ Hai"
    assert field("{% day_field 'on' value aria_label='Ngày' %}", value=None).get("aria-label") == "Ngày"


def test_no_form_leaves_the_order_of_day_and_month_to_the_browser():
    templates = Path(times.__file__).with_name("templates").rglob("*.html")
    left = re.compile(r'type="(?:date|datetime-local|time|week)"')
    assert [path.name for path in templates if left.search(path.read_text(encoding="utf-8"))] == []


def test_the_theme_of_a_dark_device_is_the_dark_theme():
    styles = STYLES.read_text(encoding="utf-8")
    chosen = re.search(r':root\[data-theme="dark"\] \{(.*?)\}', styles, re.DOTALL)
    by_device = re.search(
        r"@media \(prefers-color-scheme: dark\) \{\s*:root\[data-theme-auto\] \{(.*?)\}", styles, re.DOTALL
    )
    assert chosen
    assert by_device
    assert chosen[1].split() == by_device[1].split()


def test_a_due_time_is_a_day_alone_or_a_day_with_its_hour():
    at = datetime(2026, 4, 30, 17, tzinfo=OFFICE_ZONE)
    assert field("{% due_field 'due' value %}", value=at).get("value") == "30/04/2026 17:00"
    # The end of a day is shown as that day, as the paper says it.
    end = directive_fields.moment_from("30/4/2026")
    made = field("{% due_field 'due' value %}", value=end)
    assert made.get("value") == "30/04/2026"
    assert directive_fields.moment_from(made.get("value")) == end
    assert all(re.fullmatch(made.get("pattern"), text) for text in ("30/4/2026", "2026-04-30", "30/4/2026 17:00"))
    assert not re.fullmatch(made.get("pattern"), "30/4")


def test_a_field_of_files_speaks_the_page_s_language_and_keeps_the_browser_s_own_control():
    made = field("{% file_field 'file' accept='.csv' %}")
    control, face = made
    assert (control.tag, control.get("type"), control.get("name"), control.get("accept")) == (
        "input", "file", "file", ".csv",
    )  # fmt: skip
    # Whoever hears the page hears the control, which says by itself what was chosen.
    assert face.get("aria-hidden") == "true"
    assert face.text_content() == "Chọn tệpChưa chọn tệp"
    assert "Chọn các tệp" in field("{% file_field 'files' multiple=True %}").text_content()


def test_every_field_of_files_has_the_one_face():
    templates = Path(times.__file__).with_name("templates").rglob("*.html")
    assert [path.name for path in templates if 'type="file"' in path.read_text(encoding="utf-8")] == []
