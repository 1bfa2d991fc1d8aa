"""The "Báo cáo kết quả thực hiện" of a directive as a pure function of its figures.

What an organisation says (báo cáo đã thực hiện) and what observation shows (đã được chứng minh) stand beside each other
and are never added up. A clause without a proof rule says so.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from vonggac.directives.rules import OFFICE_ZONE
from vonggac.ledger.chain import Checkpoint
from vonggac.reports import alert_paper, watch_paper
from vonggac.reports.figures import (
    STANDINGS,
    ClauseFigures,
    ClauseResult,
    DirectiveFigures,
    DirectiveReference,
    Figure,
    HostFigures,
    OrganisationRow,
    PreviousHosts,
    Proof,
)
from vonggac.reports.official import (
    Annex,
    Block,
    Column,
    Header,
    Heading,
    OfficialDocument,
    Paragraph,
    Signer,
    Span,
    Table,
    Text,
    roman,
    words,
)

_CLAUSES_PER_TABLE = 6
"""As many as a page on its side holds beside the number and the name."""
_MARKS = {
    Proof.PROVEN: "CM",
    Proof.CONTRADICTED: "NL",
    Proof.NOT_OBSERVABLE: "KQ",
    Proof.OPEN: "CX",
    Proof.NO_RULE: "KT",
}
_LEGEND = (
    "Mỗi ô ghi theo thứ tự: báo cáo của đơn vị | kết quả kiểm chứng | thời hạn. BC: đã báo cáo thực hiện; "
    "CB: chưa báo cáo; "
    "CM: đã được chứng minh; NL: kiểm chứng ngược với báo cáo; KQ: không quan sát được; CX: đang kiểm chứng; "
    "KT: chưa có quy tắc kiểm chứng; QH: quá hạn; dấu gạch ngang (–): không có; ô trống: không áp dụng đối với đơn vị."
)


@dataclass(frozen=True, slots=True)
class Office:
    """The body that reports: its names, how it is abbreviated in symbols, whom it writes to, and who signs.

    `number` comes from the outgoing register; None leaves it, and the day, to the clerk (văn thư).
    """

    issuing_body: str
    abbreviation: str
    place: str
    signer: Signer
    addressees: tuple[str, ...]
    parent_body: str | None = None
    recipients: tuple[str, ...] = ()
    filing: str = "VT"
    number: int | None = None


def build(
    figures: DirectiveFigures, office: Office, *, on: date, checkpoint: Checkpoint | None, with_sources: bool = False
) -> OfficialDocument:
    """The report as a document: results by clause, botnet hosts, difficulties, proposals, annex by organisation.

    `with_sources` adds an annex that lists every figure with the path of its rows, for an auditor.
    """
    annexes = list(_annexes(figures, with_sources))
    return OfficialDocument(
        header=_header(figures.directive, office, on),
        blocks=tuple(_body(figures, office, on, len(annexes))),
        signer=office.signer,
        addressees=office.addressees,
        recipients=office.recipients,
        filing=office.filing,
        annexes=tuple(annexes),
        checkpoint_line=checkpoint_line(checkpoint) if checkpoint else None,
    )


def checkpoint_line(checkpoint: Checkpoint) -> str:
    """The line that ties a printed report to the ledger: sequence number and hash."""
    return f"Điểm kiểm tra sổ cái: số thứ tự {checkpoint.sequence}, mã băm SHA-256 {checkpoint.hash}"


def _header(directive: DirectiveReference, office: Office, on: date) -> Header:
    return Header(
        issuing_body=office.issuing_body,
        parent_body=office.parent_body,
        symbol=f"BC-{office.abbreviation}",
        place=office.place,
        dated=on,
        type_name="Báo cáo",
        subject=f"Kết quả thực hiện {short_citation(directive)}{_about(directive)}",
        number=office.number,
        is_day_open=office.number is None,
    )


def _body(figures: DirectiveFigures, office: Office, on: date, annex_count: int) -> Iterator[Block]:
    directive = figures.directive
    yield _plain(
        f"Thực hiện {full_citation(directive)}{_about(directive)}, {office.issuing_body} báo cáo kết quả "
        f"thực hiện tính đến {_moment(figures.counted_at) if figures.counted_at else _day(on)} như sau:"
    )
    for index, (title, blocks) in enumerate(_sections(figures, annex_count)):
        yield Heading(1, roman(index + 1), title)
        yield from blocks
    addressees = f" {', '.join(office.addressees)}" if office.addressees else ""
    yield _plain(
        f"Trên đây là kết quả thực hiện {short_citation(directive)}, {office.issuing_body} kính báo cáo{addressees}."
    )


def _sections(figures: DirectiveFigures, annex_count: int) -> Iterator[tuple[str, list[Block]]]:
    clauses: list[Block] = [_clause(clause, figures.hosts) for clause in figures.clauses]
    if annex_count and figures.organisations:
        which = "Phụ lục" if annex_count == 1 else "Phụ lục I"
        clauses.append(_plain(f"Kết quả của từng đơn vị nêu tại {which} kèm theo."))
    yield "Kết quả thực hiện các nhiệm vụ được giao", clauses
    if figures.hosts:
        yield "Kết quả xử lý máy trong danh sách mạng máy tính ma (botnet)", list(_hosts(figures.hosts))
    if figures.watch:
        yield "Kết quả ứng trực", list(watch_paper.sentences(figures.watch))
    if figures.alerts:
        yield "Kết quả tiếp nhận, xử lý cảnh báo", list(alert_paper.sentences(figures.alerts))
    yield "Khó khăn, vướng mắc", _listed(figures.difficulties, "Chưa ghi nhận khó khăn, vướng mắc.")
    yield "Đề xuất, kiến nghị", _listed(figures.proposals, "Chưa có đề xuất, kiến nghị.")


def _clause(clause: ClauseFigures, hosts: HostFigures | None) -> Paragraph:
    """Claimed and proven of one clause, each count with its rows; what is zero is said as zero.

    A clause about botnet hosts says beside it how far the hosts are: they prove no unit that has not reported.
    """
    spans = [Span(f"{_capital(clause_name(clause.label))}", bold=True), Span(f" ({_trimmed(clause.heading)}): có ")]
    spans += [_figure(clause.bound), Span(" đơn vị được giao thực hiện; ")]
    spans += [_figure(clause.claimed), Span(f" đơn vị báo cáo đã thực hiện{_share(clause.claimed, clause.bound)}; ")]
    if clause.has_proof_rule:
        spans += [_figure(clause.proven), Span(f" đơn vị đã được chứng minh{_share(clause.proven, clause.bound)}; ")]
        spans += [_figure(clause.contradicted), Span(" đơn vị có kết quả kiểm chứng ngược với báo cáo; ")]
        spans += [_figure(clause.not_observable), Span(" đơn vị không quan sát được do thiếu căn cứ kiểm chứng; ")]
        if clause.watched:
            spans += [_figure(clause.watched), Span(" đơn vị đã báo cáo, chưa có kết quả kiểm chứng; ")]
    else:
        spans.append(Span("chưa có quy tắc kiểm chứng, chỉ ghi nhận theo báo cáo của đơn vị; "))
    spans += [_figure(clause.late), Span(" đơn vị quá hạn; ")]
    spans += [_figure(clause.cannot_comply), Span(" đơn vị báo cáo không thực hiện được.")]
    if clause.is_about_hosts and hosts:
        spans += [Span(" Trong "), _figure(hosts.total), Span(" máy có trong danh sách, "), _figure(hosts.handled)]
        spans += [Span(" máy được báo đã xử lý, "), _figure(hosts.proven), Span(" máy đã được chứng minh sạch")]
        spans.append(Span("; đơn vị chỉ được kiểm chứng sau khi báo cáo đã thực hiện điểm này."))
    return Paragraph(tuple(spans))


def _hosts(hosts: HostFigures) -> Iterator[Block]:
    yield Paragraph(
        (
            Span("1. Số máy đã xử lý trên tổng số máy: "),
            _figure(hosts.handled),
            Span("/"),
            _figure(hosts.total),
            Span(f" máy{_share(hosts.handled, hosts.total)}, theo báo cáo của các đơn vị."),
            *(_since_previous(hosts.total, hosts.previous) if hosts.previous else ()),
        )
    )
    if hosts.standings and hosts.late:
        yield _plain(
            "2. Kết quả kiểm chứng bằng nhật ký lưu lượng mạng, mỗi máy được tính vào đúng một tình trạng (kiểm chứng "
            "ngược với báo cáo: máy còn kết nối đến máy chủ điều khiển hoặc còn trong danh sách nhận sau báo cáo):"
        )
        yield _standing_table(hosts, hosts.late)
    else:
        yield _verdicts(hosts)
    if hosts.missing_logs:
        spans = [Span("3. Căn cứ còn thiếu để kiểm chứng các máy không quan sát được: ")]
        for index, log in enumerate(hosts.missing_logs):
            spans += [Span(f"{'; ' if index else ''}{log.name} ("), _figure(log.hosts), Span(" máy)")]
        several = " Máy thiếu nhiều căn cứ được tính ở từng căn cứ." if len(hosts.missing_logs) > 1 else ""
        yield Paragraph((*spans, Span(f".{several}")))


def _since_previous(total: Figure, previous: PreviousHosts) -> Iterator[Span]:
    """Why the total is another one than in the report before: previous + new ± others = total."""
    yield Span(f" So với {previous.name} (")
    yield _figure(previous.total)
    yield Span(f" máy, tính đến {_moment(previous.counted_at)}): ")
    yield _figure(previous.opened)
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
                words(_capital(STANDINGS[count.standing])),
                (_figure(count.hosts),),
                (_figure(count.late),),
            )
            for place, count in enumerate(counts, 1)
        ]
    total, all_late = (replace(_figure(figure), bold=True) for figure in (hosts.total, late))
    rows.append((words(""), words("Tổng số máy (1 + 2)", bold=True), (total,), (all_late,)))
    return Table(columns, tuple(rows), is_whole=True)


def _verdicts(hosts: HostFigures) -> Paragraph:
    """The verdicts in one sentence: of figures frozen before hosts were counted by their standing."""
    return Paragraph(
        (
            Span("2. Kết quả kiểm chứng bằng nhật ký lưu lượng mạng: "),
            _figure(hosts.proven),
            Span(" máy đã được chứng minh sạch; "),
            _figure(hosts.contradicted),
            Span(
                " máy có kết quả kiểm chứng ngược với báo cáo (còn kết nối đến máy chủ điều khiển hoặc còn trong "
                "danh sách nhận sau báo cáo); "
            ),
            _figure(hosts.not_observable),
            Span(" máy không quan sát được do thiếu căn cứ kiểm chứng."),
        )
    )


def _listed(sentences: tuple[str, ...], otherwise: str) -> list[Block]:
    if len(sentences) < 2:
        return [_plain(_sentence(sentences[0]) if sentences else otherwise)]
    return [_plain(f"{index}. {_sentence(text)}") for index, text in enumerate(sentences, 1)]


def _annexes(figures: DirectiveFigures, with_sources: bool) -> Iterator[Annex]:
    if figures.organisations and figures.clauses:
        notes = [_plain(_LEGEND), *_left_out(figures.units_left_out)]
        yield Annex("Kết quả thực hiện của từng đơn vị", (*notes, *_matrices(figures)))
    if figures.watch:
        yield Annex("Biểu đồ ứng trực", tuple(watch_paper.annex(figures.watch)))
    if with_sources:
        yield Annex("Nguồn của các số liệu", (_source_table(figures),))


def _left_out(units: int) -> Iterator[Paragraph]:
    if units:
        yield _plain(
            f"Phụ lục nêu các đơn vị trực thuộc; {number_text(units)} đơn vị cấp dưới khác đã tính trong số liệu chung."
        )


def _matrices(figures: DirectiveFigures) -> Iterator[Block]:
    """Organisations × clauses, split into tables that fit a page on its side; each names whom its clauses bind."""
    tables = -(-len(figures.clauses) // _CLAUSES_PER_TABLE)
    size = -(-len(figures.clauses) // tables)
    is_first = True
    for start in range(0, len(figures.clauses), size):
        clauses = figures.clauses[start : start + size]
        columns = [Column("STT", 12, "center"), Column("Đơn vị", 62)]
        columns += [Column(_capital(clause_name(clause.label)), 29, "center") for clause in clauses]
        bound = [row for row in figures.organisations if any(row.results[start : start + size])]
        if not bound:
            continue
        if not is_first:
            yield _plain("")
        is_first = False
        rows = (_matrix_row(index, row, start, size) for index, row in enumerate(bound, 1))
        yield Table(tuple(columns), tuple(rows))


def _matrix_row(index: int, row: OrganisationRow, start: int, size: int) -> tuple[Text, ...]:
    return (words(str(index)), words(row.name), *(_answer(result) for result in row.results[start : start + size]))


def _answer(result: ClauseResult | None) -> Text:
    if result is None:
        return words("")
    # Nothing is being verified where nobody has reported anything yet.
    is_waiting = result.proof is Proof.OPEN and not result.is_claimed
    proof = "–" if is_waiting else _MARKS[result.proof]
    parts = ("BC" if result.is_claimed else "CB", proof, "QH" if result.is_late else "–")
    return (Span(" | ".join(parts), source=result.source),)


def _source_table(figures: DirectiveFigures) -> Table:
    columns = (Column("Số liệu", 75), Column("Giá trị", 20, "right"), Column("Đường dẫn đến các bản ghi", 70))
    return Table(columns, tuple(_source_rows(figures)))


def _source_rows(figures: DirectiveFigures) -> Iterator[tuple[Text, ...]]:
    for name, figure in named_figures(figures):
        yield words(name), (_figure(figure),), words(figure.source)


def named_figures(figures: DirectiveFigures) -> Iterator[tuple[str, Figure]]:
    """Every figure with its Vietnamese name, as the auditor's annex and the report's file of figures list them."""
    for clause in figures.clauses:
        yield from _of(_capital(clause_name(clause.label)), clause.named())
    if figures.hosts:
        yield from _of("Botnet", figures.hosts.named())
    if figures.watch:
        watch = figures.watch
        yield from _of("Ứng trực", (("vị trí trực", watch.posts), ("lần thiếu người", watch.holes_total)))
    for one in figures.alerts.priorities if figures.alerts else ():
        yield from _of(f"Cảnh báo ưu tiên {one.priority}", one.named())
    if figures.alerts and figures.alerts.notices:
        yield from _of("Thông báo của đơn vị điều phối", figures.alerts.notices.named())


def _of(subject: str, named: Iterable[tuple[str, Figure]]) -> Iterator[tuple[str, Figure]]:
    return ((f"{subject}: {name}", figure) for name, figure in named)


def full_citation(directive: DirectiveReference) -> str:
    """`Công văn số 12/A-B ngày 05 tháng 01 năm 2026 của Bộ C`, leaving out what the paper does not tell."""
    dated = f" {_day(directive.dated)}" if directive.dated else ""
    issuer = f" của {directive.issuer}" if directive.issuer else ""
    return f"{short_citation(directive)}{dated}{issuer}"


def short_citation(directive: DirectiveReference) -> str:
    """`Công văn số 12/A-B`: kind and number, as later mentions have it (II.6.b)."""
    return f"{directive.kind} số {directive.number}" if directive.number else directive.kind


def clause_name(label: str) -> str:
    """`điểm a khoản 1` for `1.a`, `khoản 3` for `3`; another form of label stands after `mục`."""
    if match := re.fullmatch(r"(\d+)\.([a-zđ])", label):
        return f"điểm {match[2]} khoản {match[1]}"
    if label.isdigit():
        return f"khoản {label}"
    # `Điều 3` and `Phần thứ hai.1` say themselves what they are.
    return label if " " in label.partition(".")[0] else f"mục {label}"


def _day(day: date) -> str:
    month = f"{day.month:02d}" if day.month < 3 else str(day.month)
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def _moment(moment: datetime) -> str:
    """`16 giờ 30 phút ngày 20 tháng 4 năm 2026`, as a clock in Hà Nội shows it."""
    local = moment.astimezone(OFFICE_ZONE)
    return f"{local.hour:02d} giờ {local.minute:02d} phút {_day(local.date())}"


def _about(directive: DirectiveReference) -> str:
    """` về việc …`; nothing where the paper names no subject."""
    subject = _subject(directive)
    return f" về việc {subject}" if subject else ""


def _subject(directive: DirectiveReference) -> str:
    subject = re.sub(r"^(V/v|Về việc|Về)\s+", "", _trimmed(directive.subject), flags=re.IGNORECASE)
    is_word = len(subject) > 1 and subject[1].islower()
    return subject[:1].lower() + subject[1:] if is_word else subject


def _figure(figure: Figure) -> Span:
    return Span(number_text(figure.value), source=figure.source)


def number_text(value: int) -> str:
    """The number with dots between thousands, as Vietnamese text writes it."""
    return f"{value:,}".replace(",", ".")


def _share(part: Figure, whole: Figure) -> str:
    if not whole.value:
        return ""
    tenths = (2 * part.value * 1000 + whole.value) // (2 * whole.value)
    if part.value < whole.value:
        tenths = min(tenths, 999)  # 100 % is said of all alone
    return f" (đạt {tenths // 10},{tenths % 10}%)"


def _plain(text: str) -> Paragraph:
    return Paragraph(words(text))


def _sentence(text: str) -> str:
    return f"{_capital(_trimmed(text))}."


def _trimmed(text: str) -> str:
    return text.strip().rstrip(".;:,")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
