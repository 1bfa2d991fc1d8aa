import re
import unicodedata
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.formats import times
from vonggac.formats.times import NO_TIME

MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30, 23, 59, 59)).map(  # noqa: DTZ001  made aware below
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)


@given(st.lists(MOMENTS, max_size=20))
def test_seconds_are_written_as_the_standard_library_writes_them_and_read_back(moments: list[datetime]) -> None:
    seconds = np.array([int(moment.timestamp()) for moment in moments], np.int64)
    written = times.format_utc(seconds)
    assert written == [moment.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0") for moment in moments]
    if moments:
        fixed = times.read_fixed(
            np.frombuffer("".join(str(text)[:19] for text in written).encode(), np.uint8).reshape(-1, 19)
        )
        assert fixed is not None
        assert fixed.tolist() == seconds.tolist()


def test_what_is_no_time_or_beyond_the_year_9999_is_written_as_none() -> None:
    assert times.format_utc(np.array([NO_TIME, 0, 253_402_300_800], np.int64)) == [None, "1970-01-01T00:00:00Z", None]


@pytest.mark.parametrize(
    "text",
    ["2023-02-29 00:00:00", "2023-13-01 00:00:00", "2023-01-01 24:00:00", "2023-01-01 00:60:00", "0000-01-01 00:00:00",
     "2023/01/01 00:00:00", "2023-01-01 00:00:0x", "2023-01-00 00:00:00"],
)  # fmt: skip
def test_a_column_with_one_other_cell_is_not_read_by_arithmetic(text: str) -> None:
    cells = np.frombuffer(("2023-01-01 00:00:00" + text).encode(), np.uint8).reshape(2, 19)
    assert times.read_fixed(cells) is None


def test_a_mixed_column_is_read_cell_by_cell_with_its_unreadable_places() -> None:
    column = times.read_column(["2023-01-02 03:04:05", "", "yesterday", "Mon, 02 Jan 2023 03:04:05 +0000"])
    assert column.seconds.tolist() == [1672628645, NO_TIME, NO_TIME, 1672628645]
    assert column.unreadable == [2]


@pytest.mark.parametrize(
    "text", ["0001-01-01 00:00:00", "9999-12-31 23:59:59", "9999-12-31T23:59:59Z", "31/12/9999 23:59", "99991231235959"]
)
@pytest.mark.parametrize("zone", ["UTC", "GMT+7", "GMT-12"])
def test_a_time_that_other_zones_cannot_say_is_unreadable_in_all(text: str, zone: str) -> None:
    column = times.read_column(["2026-04-18 01:00:00", text], zone=times.find_zone(zone))
    assert column.seconds[1] == NO_TIME
    assert column.unreadable == [1]
    if len(text) == 19:
        assert times.read_fixed(np.frombuffer(text.encode(), np.uint8).reshape(1, 19)) is None


@pytest.mark.parametrize("impossible", ["32/13/2026", "13/13/2026", "40/40/2026", "05/32/2026"])
def test_what_is_no_date_in_either_order_does_not_decide_the_order_of_the_others(impossible: str) -> None:
    column = times.read_column(["25/11/2026 13:05", impossible, "03/04/2026"])
    assert (column.day_first, column.is_mixed, column.is_ambiguous) == (True, False, False)
    assert column.unreadable == [1]
    assert column.seconds[2] == datetime(2026, 4, 3, tzinfo=UTC).timestamp()


CHARACTERS = st.sampled_from("0123456789-/:. T\x00ax\xff\x2f\x3a\xb0")


@given(MOMENTS, st.sampled_from(" T"), st.integers(0, 18), CHARACTERS)
def test_a_cell_with_one_other_character_is_read_as_the_standard_library_reads_it_or_not_at_all(
    moment: datetime, between: str, place: int, character: str
) -> None:
    text = moment.strftime(f"%Y-%m-%d{between}%H:%M:%S").rjust(19, "0")
    text = text[:place] + character + text[place + 1 :]
    found = times.read_fixed(np.frombuffer(text.encode("latin-1"), np.uint8).reshape(1, 19))
    try:
        shape = re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}", text)
        expected = datetime.fromisoformat(text).replace(tzinfo=UTC) if shape else None
    except ValueError:
        expected = None
    assert (found.tolist() if found is not None else None) == ([int(expected.timestamp())] if expected else None)


@pytest.mark.parametrize("clock", ["2024-04-15 10:00:00", "15/04/2024 10:00", "10:00 15/04/2024", "15/4/2024 10:00 AM"])
@pytest.mark.parametrize("zone", ["(GMT+7)", "UTC+7", "UTC +07:00", "ICT", "(ict)", "gmt+0700"])
def test_a_zone_named_behind_a_time_is_the_time_s_own(clock: str, zone: str) -> None:
    read = times.read_column([f"{clock} {zone}", f"{clock} UTC"])
    assert times.format_utc(read.seconds) == ["2024-04-15T03:00:00Z", "2024-04-15T10:00:00Z"]
    assert (read.unreadable, read.is_ambiguous) == ([], False)


@pytest.mark.parametrize("text", ["ICT", "UTC+7", "GMT+99 2024", "2024-04-15 10:00 GMT+77"])
def test_a_zone_alone_or_one_that_is_none_makes_no_time(text: str) -> None:
    assert times.read_column([text]).unreadable == [0]


def test_a_serial_day_may_have_a_decimal_comma() -> None:
    read = times.read_column(["45397,5", "45397.5", "1,5"])
    assert times.format_utc(read.seconds) == ["2024-04-15T12:00:00Z", "2024-04-15T12:00:00Z", None]


@pytest.mark.parametrize(
    ("header", "zone", "bare"),
    [
        ("Thời gian ghi nhận (GMT+7)", "GMT+7", "Thời gian ghi nhận"),
        ("Thời gian (giờ Việt Nam)", "Asia/Ho_Chi_Minh", "Thời gian"),
        (unicodedata.normalize("NFD", "Thời gian (giờ Hà Nội)"), "Asia/Ho_Chi_Minh", "Thời gian"),
        ("Time (UTC+7)", "GMT+7", "Time"),
        ("Time (ICT)", "Asia/Ho_Chi_Minh", "Time"),
        ("Thời gian\n[+05:30]", "+05:30", "Thời gian"),
        ("Ngày UTC -3", "GMT-3", "Ngày"),
        ("first_seen_utc", "UTC", "first_seen_utc"),
        ("Giờ VN", "Asia/Ho_Chi_Minh", "Giờ VN"),
        ("Cổng (1-10)", None, "Cổng (1-10)"),
        ("Time (UTC−3)", "GMT-3", "Time"),
        ("Time UTC–03:30", "-03:30", "Time"),
        ("İİ Zamanı (GMT+3)", "GMT+3", "İİ Zamanı"),
        ("Time ICT", "Asia/Ho_Chi_Minh", "Time"),
        ("Time [ICT, start]", "Asia/Ho_Chi_Minh", "Time [, start]"),
        ("ICT incident time", None, "ICT incident time"),
        ("Timestamp", None, "Timestamp"),
        ("Predicted", None, "Predicted"),
        ("Thời gian (GMT+70)", None, "Thời gian (GMT+70)"),
    ],
)
def test_a_header_names_the_zone_of_its_column(header: str, zone: str | None, bare: str) -> None:
    assert times.header_zone(header) == (zone, bare)
    assert zone is None or times.find_zone(zone)
