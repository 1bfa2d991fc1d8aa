"""The watch on paper: the section of a report and its annex of strips, as a pure function of the figures."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from vonggac.directives.rules import OFFICE_ZONE
from vonggac.reports.figures import PostLane, WatchFigures, WatchHole
from vonggac.reports.official import Block, Column, Lane, Paragraph, Shade, Span, Strips, Table, Text, words
from vonggac.reports.phrases import counted, number_text, percent

_MOST_MARKS = 12
_LEGEND = (
    "Mỗi dải là một vị trí trực trong thời gian của văn bản. Nền xám: có mặt đủ người, đúng kỹ năng; nền trắng có "
    "viền: đã xếp lịch, chưa hoặc không ghi nhận có mặt; gạch chéo: thiếu người hoặc thiếu kỹ năng; nền nhạt: không "
    "yêu cầu người trực."
)


def sentences(watch: WatchFigures | str) -> Iterator[Paragraph]:
    """The section of the report: how much was asked for, how much was attended, how much lacked; or why none can."""
    if isinstance(watch, str):
        yield Paragraph(words(watch))
        return
    span = f"từ {_moment(watch.from_utc)} đến {_moment(watch.to_utc)}"
    yield Paragraph(
        (
            Span(f"1. Trong thời gian {span}, "), counted(watch.posts),
            Span(f" vị trí trực cần người trong {_hours(watch.needed_minutes)} giờ; có mặt đủ người, đúng kỹ năng "),
            Span(f"{_hours(watch.present_minutes)} giờ{_share(watch.present_minutes, watch.needed_minutes)}; "),
            Span(f"đã xếp lịch nhưng không ghi nhận có mặt {_hours(watch.planned_minutes)} giờ; "),
            Span(f"thiếu {_hours(watch.hole_minutes)} giờ."),
        )
    )  # fmt: skip
    yield Paragraph((Span("2. Số lần thiếu người hoặc thiếu kỹ năng: "), counted(watch.holes_total), Span(" lần.")))
    unrecorded = [lane for lane in watch.lanes if not lane.is_recorded]
    said = (
        ("không ghi nhận có mặt, không kiểm chứng được", [one for one in unrecorded if not one.minutes("present")]),
        ("chỉ ghi nhận có mặt một phần thời gian", [one for one in unrecorded if one.minutes("present")]),
    )
    parts = [f"{what}: {', '.join(one.name for one in lanes)}" for what, lanes in said if lanes]
    if parts:
        yield Paragraph(words(f"3. Vị trí {'; '.join(parts)}."))


def annex(watch: WatchFigures) -> Iterator[Block]:
    """The annex: a strip a post, and every hole in words."""
    yield Paragraph(words(_LEGEND))
    if watch.posts_left_out:
        short = f"{number_text(watch.short_left_out)} vị trí có" if watch.short_left_out else "không có"
        others = f"{number_text(watch.posts_left_out)} vị trí khác không vẽ trong phụ lục"
        yield Paragraph(words(f"{others}, trong đó {short} lần thiếu người hoặc thiếu kỹ năng."))
    yield Strips(tuple(_paper_lane(lane) for lane in watch.lanes), tuple(_axis(watch.from_utc, watch.to_utc)))
    if watch.holes:
        columns = (Column("Vị trí", 50), Column("Từ", 35), Column("Đến", 35), Column("Thiếu", 45))
        yield Table(columns, tuple(_row(hole) for hole in watch.holes))
    if rest := watch.holes_total.value - len(watch.holes):
        yield Paragraph(words(f"{number_text(rest)} lần thiếu sau đó xem trên hệ thống."))


def _paper_lane(lane: PostLane) -> Lane:
    total = sum(length for _state, length in lane.pieces)
    shades: dict[str, Shade] = {"present": "present", "planned": "planned", "hole": "hole", "idle": "idle"}
    return Lane(lane.name, tuple((length / total, shades[state]) for state, length in lane.pieces))


def _axis(start: datetime, end: datetime) -> Iterator[tuple[float, str]]:
    """Shares of the whole with the day that begins each; a long period in steps of several days."""
    first = start.astimezone(OFFICE_ZONE).date()
    days = max(1, (end.astimezone(OFFICE_ZONE).date() - first).days)
    step = -(-days // _MOST_MARKS)
    whole, reached, day = end - start, start, first
    while reached < end:
        following: date = day + timedelta(days=step)
        until = min(end, datetime.combine(following, time(), OFFICE_ZONE))
        yield (until - reached) / whole, f"{day.day}/{day.month}"
        reached, day = until, following


def _row(hole: WatchHole) -> tuple[Text, ...]:
    return words(hole.post), words(_moment(hole.from_utc)), words(_moment(hole.to_utc)), words(hole.lack)


def _hours(minutes: int) -> str:
    whole, tenths = divmod(round(minutes / 6), 10)
    return f"{number_text(whole)},{tenths}" if tenths else number_text(whole)


def _share(part: int, whole: int) -> str:
    return f" ({percent(part, whole)} %)" if whole else ""


def _moment(moment: datetime) -> str:
    here = moment.astimezone(OFFICE_ZONE)
    return f"{here:%H:%M} ngày {here.day}/{here.month}/{here.year}"
