"""The answers to alerts on paper: the section of a report, as a pure function of the figures."""

from collections.abc import Iterator

from vonggac.directives.rules import OFFICE_ZONE
from vonggac.kernel import durations
from vonggac.reports.figures import AlertFigures, NoticeFigures, PriorityAnswers
from vonggac.reports.official import Paragraph, Span, words
from vonggac.reports.phrases import counted


def sentences(alerts: AlertFigures) -> Iterator[Paragraph]:
    """A paragraph a priority: how many, how fast in the middle and at worst, how many too late, what still waits."""
    start, end = (moment.astimezone(OFFICE_ZONE) for moment in (alerts.from_utc, alerts.to_utc))
    yield Paragraph(
        words(
            f"Từ {start:%H:%M} ngày {start.day}/{start.month}/{start.year} đến {end:%H:%M} ngày "
            f"{end.day}/{end.month}/{end.year}, thời gian tính từ khi cảnh báo đến hoặc tăng mức ưu tiên:"
        )
    )
    for index, one in enumerate(alerts.priorities, 1):
        yield Paragraph(tuple(_spans(index, one)))
    if alerts.notices:
        yield Paragraph(tuple(_of_notices(alerts.notices)))


def _of_notices(told: NoticeFigures) -> Iterator[Span]:
    yield Span("Thông báo của đơn vị điều phối: ")
    for index, (name, figure) in enumerate(told.named()):
        yield Span(f"{'; ' if index else ''}{name} ")
        yield counted(figure)
    yield Span(".")


def _spans(index: int, one: PriorityAnswers) -> Iterator[Span]:
    yield Span(f"{index}. Ưu tiên {one.priority}: đã tiếp nhận ")
    yield counted(one.acknowledged)
    yield Span(f" phát hiện{_times(one.median_acknowledged_seconds, one.worst_acknowledged_seconds)}, trong đó ")
    yield counted(one.acknowledged_late)
    yield Span(" tiếp nhận trễ; đã xử lý ")
    yield counted(one.handled)
    yield Span(f" phát hiện{_times(one.median_handled_seconds, one.worst_handled_seconds)}, trong đó ")
    yield counted(one.handled_late)
    yield Span(" xử lý trễ; còn ")
    yield counted(one.waiting_late)
    yield Span(" phát hiện chưa tiếp nhận, quá thời hạn.")


def _times(median: int | None, worst: int | None) -> str:
    if median is None or worst is None:
        return ""
    return f" (trung vị {length(median)}, lâu nhất {length(worst)})"


def length(seconds: int) -> str:
    """`4 phút`, `1 giờ 05 phút`, `2 ngày 3 giờ`; below a minute `dưới 1 phút`."""
    days, hours, minutes = durations.said(seconds)
    if hours and minutes:
        return f"{hours} giờ {minutes:02d} phút"
    parts = ((days, "ngày"), (hours, "giờ"), (minutes, "phút"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "dưới 1 phút"
