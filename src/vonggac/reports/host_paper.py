"""The listed hosts on paper: the section of a report, as a pure function of the figures."""

from collections.abc import Iterator
from dataclasses import replace

from vonggac.reports.figures import STANDINGS, Figure, HostFigures, PreviousHosts
from vonggac.reports.official import Block, Column, Paragraph, Span, Table, Text, words
from vonggac.reports.phrases import capital, counted, moment_text, number_text, plain, share_text


def blocks(hosts: HostFigures) -> Iterator[Block]:
    """The section of the report."""
    yield Paragraph(
        (
            Span("1. Số máy được báo đã xử lý trên tổng số máy: "),
            counted(hosts.handled),
            Span("/"),
            counted(hosts.total),
            Span(f" máy{share_text(hosts.handled, hosts.total)}, theo báo cáo của các đơn vị; "),
            Span("số máy đã được chứng minh sạch bằng nhật ký: "),
            counted(hosts.proven),
            Span("/"),
            counted(hosts.total),
            Span(f" máy{share_text(hosts.proven, hosts.total)}."),
            *(_since_previous(hosts.total, hosts.previous) if hosts.previous else ()),
        )
    )
    if hosts.standings and hosts.late:
        yield plain(
            "2. Kết quả kiểm chứng bằng nhật ký lưu lượng mạng, mỗi máy được tính vào đúng một tình trạng (kiểm chứng "
            "ngược với báo cáo: máy còn kết nối đến máy chủ điều khiển hoặc còn trong danh sách nhận sau báo cáo):"
        )
        yield _standing_table(hosts, hosts.late)
    else:
        yield _verdicts(hosts)
    if hosts.missing_logs:
        spans = [Span("3. Căn cứ còn thiếu để kiểm chứng các máy không quan sát được: ")]
        for index, log in enumerate(hosts.missing_logs):
            spans += [Span(f"{'; ' if index else ''}{log.name} ("), counted(log.hosts), Span(" máy)")]
        several = " Máy thiếu nhiều căn cứ được tính ở từng căn cứ." if len(hosts.missing_logs) > 1 else ""
        yield Paragraph((*spans, Span(f".{several}")))


def _since_previous(total: Figure, previous: PreviousHosts) -> Iterator[Span]:
    """Why the total is another one than in the report before: previous + new ± others = total."""
    yield Span(f" So với {previous.name} (")
    yield counted(previous.total)
    yield Span(f" máy, tính đến {moment_text(previous.counted_at)}): ")
    yield counted(previous.opened)
    yield Span(" máy mới")
    others = total.value - previous.total.value - previous.opened.value
    if others:
        word = "tăng" if others > 0 else "giảm"
        yield Span(
            f"; chuyển đơn vị, gộp máy, mở lại hoặc rút khỏi danh sách: bù trừ {word} {number_text(abs(others))} máy"
        )
    yield Span(".")


def _standing_table(hosts: HostFigures, late: Figure) -> Table:
    """Each standing on a line, under what the owners say; the last line sums them up."""
    columns = (
        Column("STT", 13, "center"), Column("Tình trạng của máy", 92), Column("Số máy", 22, "right"),
        Column("Trong đó quá hạn", 38, "right"),
    )  # fmt: skip
    rows: list[tuple[Text, ...]] = []
    groups = (("Đơn vị báo cáo đã xử lý", True), ("Đơn vị chưa báo cáo đã xử lý", False))
    for number, (name, is_claimed) in enumerate(groups, 1):
        counts = hosts.group(is_claimed=is_claimed)
        sums = (sum(c.hosts.value for c in counts), sum(c.late.value for c in counts))
        rows.append(tuple(words(text, bold=True) for text in (str(number), name, *map(number_text, sums))))
        rows += [
            (
                words(f"{number}.{place}"),
                words(capital(STANDINGS[count.standing])),
                (counted(count.hosts),),
                (counted(count.late),),
            )
            for place, count in enumerate(counts, 1)
        ]
    total, all_late = (replace(counted(figure), bold=True) for figure in (hosts.total, late))
    rows.append((words(""), words("Tổng số máy (1 + 2)", bold=True), (total,), (all_late,)))
    return Table(columns, tuple(rows))


def _verdicts(hosts: HostFigures) -> Paragraph:
    """The verdicts in one sentence: of figures frozen before hosts were counted by their standing."""
    return Paragraph(
        (
            Span("2. Kết quả kiểm chứng bằng nhật ký lưu lượng mạng: "),
            counted(hosts.proven),
            Span(" máy đã được chứng minh sạch; "),
            counted(hosts.contradicted),
            Span(
                " máy có kết quả kiểm chứng ngược với báo cáo (còn kết nối đến máy chủ điều khiển hoặc còn trong "
                "danh sách nhận sau báo cáo); "
            ),
            counted(hosts.not_observable),
            Span(" máy không quan sát được do thiếu căn cứ kiểm chứng."),
        )
    )
