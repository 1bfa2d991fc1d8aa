"""The "Báo cáo kết quả thực hiện" of a directive as a pure function of its figures.

What an organisation says (báo cáo đã thực hiện) and what observation shows (đã được chứng minh) stand beside each other
and are never added up. A clause without a proof rule says so.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from vonggac.cases.rules import Claim
from vonggac.ledger.chain import Checkpoint
from vonggac.reports import alert_paper, host_paper, watch_paper
from vonggac.reports.figures import (
    STANDINGS,
    ClauseFigures,
    ClauseResult,
    DirectiveFigures,
    DirectiveReference,
    Figure,
    HostFigures,
    HostRow,
    OrganisationRow,
    Proof,
    WatchFigures,
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
from vonggac.reports.phrases import (
    capital,
    counted,
    day_text,
    moment_text,
    number_text,
    plain,
    sentence,
    share_text,
    trimmed,
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
_SAID = {Claim.DONE: "BC", Claim.CANNOT: "KTH", Claim.NOT_OURS: "KN", Claim.NONE: "CB"}
_LEGEND = (
    "Mỗi ô ghi theo thứ tự: báo cáo của đơn vị | kết quả kiểm chứng | thời hạn. BC: đã báo cáo thực hiện; {others}; "
    "CM: đã được chứng minh; NL: kiểm chứng ngược với báo cáo; KQ: không quan sát được; CX: đang kiểm chứng; "
    "KT: chưa có quy tắc kiểm chứng; QH: quá hạn; dấu gạch ngang (–): không có; ô trống: không áp dụng đối với đơn vị."
)
_OTHERS = "KTH: báo cáo không thực hiện được; KN: khiếu nại, cho là không phải việc của đơn vị; CB: chưa báo cáo"
# Of figures that do not tell the answers apart.
_OTHERS_TOGETHER = "CB: chưa báo cáo đã thực hiện"
_NONE_LEFT_OUT = "Ở mỗi nhiệm vụ, nhóm không nêu là không có đơn vị nào."


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

    `with_sources` adds an annex with every figure and the hosts behind them, for an inspector who has the paper alone.
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
    yield plain(
        f"Thực hiện {full_citation(directive)}{_about(directive)}, {office.issuing_body} báo cáo kết quả "
        f"thực hiện tính đến {moment_text(figures.counted_at) if figures.counted_at else day_text(on)} như sau:"
    )
    for index, (title, blocks) in enumerate(_sections(figures, annex_count)):
        yield Heading(1, roman(index + 1), title)
        yield from blocks
    addressees = f" {', '.join(office.addressees)}" if office.addressees else ""
    yield plain(
        f"Trên đây là kết quả thực hiện {short_citation(directive)}, {office.issuing_body} kính báo cáo{addressees}."
    )


def _sections(figures: DirectiveFigures, annex_count: int) -> Iterator[tuple[str, list[Block]]]:
    clauses: list[Block] = [_clause(clause, figures.hosts) for clause in figures.clauses]
    if any(not figure.value for clause in figures.clauses for figure, _words in _optional(clause)):
        clauses.append(plain(_NONE_LEFT_OUT))
    if annex_count and figures.organisations:
        which = "Phụ lục" if annex_count == 1 else "Phụ lục I"
        clauses.append(plain(f"Kết quả của từng đơn vị nêu tại {which} kèm theo."))
    yield "Kết quả thực hiện các nhiệm vụ được giao", clauses
    if figures.hosts:
        yield "Kết quả xử lý máy trong danh sách mạng máy tính ma (botnet)", list(host_paper.blocks(figures.hosts))
    if figures.watch:
        yield "Kết quả ứng trực", list(watch_paper.sentences(figures.watch))
    if figures.alerts:
        yield "Kết quả tiếp nhận, xử lý cảnh báo", list(alert_paper.sentences(figures.alerts))
    yield "Khó khăn, vướng mắc", _listed(figures.difficulties, "Chưa ghi nhận khó khăn, vướng mắc.")
    yield "Đề xuất, kiến nghị", _listed(figures.proposals, "Chưa có đề xuất, kiến nghị.")


def _clause(clause: ClauseFigures, hosts: HostFigures | None) -> Paragraph:
    """What became of one clause, each count with its rows; of zeros only claimed and proven are said.

    A clause about botnet hosts says beside it how far the hosts are: they prove no unit that has not reported.
    """
    spans = [
        Span(f"{capital(clause_name(clause.label))}", bold=True),
        Span(f" ({trimmed(clause.heading)}): có "),
        counted(clause.bound),
        Span(" đơn vị được giao thực hiện; "),
        counted(clause.claimed),
        Span(f" đơn vị báo cáo đã thực hiện{share_text(clause.claimed, clause.bound)}"),
        *_parts(_unclaimed(clause)),
    ]
    if clause.has_proof_rule:
        spans += [Span("; "), counted(clause.proven)]
        spans += [Span(f" đơn vị đã được chứng minh{share_text(clause.proven, clause.bound)}")]
        spans += _parts(_unproven(clause))
    else:
        spans.append(Span("; chưa có quy tắc kiểm chứng, chỉ ghi nhận theo báo cáo của đơn vị"))
    spans += [*_parts([(clause.late, "đơn vị quá hạn")]), Span(".")]
    if clause.is_about_hosts and hosts:
        spans += [
            Span(" Trong "),
            counted(hosts.total),
            Span(" máy có trong danh sách, "),
            counted(hosts.handled),
        ]
        spans += [Span(" máy được báo đã xử lý, "), counted(hosts.proven), Span(" máy đã được chứng minh sạch")]
        spans.append(Span("; đơn vị chỉ được kiểm chứng sau khi báo cáo đã thực hiện điểm này."))
    return Paragraph(tuple(spans))


def _unclaimed(clause: ClauseFigures) -> Iterator[tuple[Figure, str]]:
    """The other answers: with those that claim it done they make up all that are bound."""
    yield clause.cannot_comply, "đơn vị báo cáo không thực hiện được"
    if clause.disputed:
        yield clause.disputed, "đơn vị khiếu nại, cho là không phải việc của đơn vị"
    if clause.silent:
        yield clause.silent, "đơn vị chưa báo cáo"


def _unproven(clause: ClauseFigures) -> Iterator[tuple[Figure, str]]:
    yield clause.contradicted, "đơn vị có kết quả kiểm chứng ngược với báo cáo"
    yield clause.not_observable, "đơn vị không quan sát được do thiếu căn cứ kiểm chứng"
    if clause.watched:
        yield clause.watched, "đơn vị đã báo cáo, chưa có kết quả kiểm chứng"


def _optional(clause: ClauseFigures) -> Iterator[tuple[Figure, str]]:
    """The figures of a clause that are left out when they are zero."""
    yield from _unclaimed(clause)
    if clause.has_proof_rule:
        yield from _unproven(clause)
    yield clause.late, "đơn vị quá hạn"


def _parts(told: Iterable[tuple[Figure, str]]) -> Iterator[Span]:
    """`; 2 đơn vị …` of each that is not zero."""
    for figure, text in told:
        if figure.value:
            yield from (Span("; "), counted(figure), Span(f" {text}"))


def _listed(sentences: tuple[str, ...], otherwise: str) -> list[Block]:
    if len(sentences) < 2:
        return [plain(sentence(sentences[0]) if sentences else otherwise)]
    return [plain(f"{index}. {sentence(text)}") for index, text in enumerate(sentences, 1)]


def _annexes(figures: DirectiveFigures, with_sources: bool) -> Iterator[Annex]:
    if figures.organisations and figures.clauses:
        notes = [plain(_legend(figures.organisations)), *_left_out(figures.units_left_out)]
        yield Annex("Kết quả thực hiện của từng đơn vị", (*notes, *_matrices(figures)))
    if isinstance(figures.watch, WatchFigures):
        yield Annex("Biểu đồ ứng trực", tuple(watch_paper.annex(figures.watch)))
    if with_sources:
        yield Annex("Căn cứ của các số liệu", tuple(_grounds(figures)))


def _legend(rows: Iterable[OrganisationRow]) -> str:
    told_apart = all(result.claim for row in rows for result in row.results if result)
    return _LEGEND.format(others=_OTHERS if told_apart else _OTHERS_TOGETHER)


def _left_out(units: int) -> Iterator[Paragraph]:
    if units:
        yield plain(
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
        columns += [Column(capital(clause_name(clause.label)), 29, "center") for clause in clauses]
        bound = [row for row in figures.organisations if any(row.results[start : start + size])]
        if not bound:
            continue
        if not is_first:
            yield plain("")
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
    said = result.claim or (Claim.DONE if result.is_claimed else Claim.NONE)
    parts = (_SAID[said], proof, "QH" if result.is_late else "–")
    return (Span(" | ".join(parts), source=result.source),)


def _grounds(figures: DirectiveFigures) -> Iterator[Block]:
    """Every figure, and the hosts that the figures about hosts count; the answers of units have an annex of their own.

    No paths: paper leads nowhere.
    """
    rows = tuple((words(name), (counted(figure),)) for name, figure in named_figures(figures))
    yield Table((Column("Số liệu", 135), Column("Giá trị", 30, "right")), rows)
    hosts = figures.hosts
    if hosts is None or not hosts.total.value:
        return
    if not hosts.rows:
        yield plain("Số liệu được chốt khi hệ thống chưa lưu danh sách máy; tính lại số liệu để có danh sách.")
        return
    rest = hosts.total.value - len(hosts.rows)
    left_out = f" {number_text(rest)} máy còn lại xem trên hệ thống hoặc xuất ra tệp." if rest > 0 else ""
    yield plain(
        f"Danh sách máy trong các danh sách mạng botnet, xếp theo đơn vị: {number_text(len(hosts.rows))} trên tổng số "
        f"{number_text(hosts.total.value)} máy.{left_out}"
    )
    yield Table(_HOST_COLUMNS, tuple(_host_row(index, row) for index, row in enumerate(hosts.rows, 1)))


_HOST_COLUMNS = (
    Column("STT", 13, "center"), Column("Đơn vị", 50), Column("Vụ việc số", 20, "right"), Column("Máy", 40),
    Column("Tình trạng", 42),
)  # fmt: skip


def _host_row(index: int, row: HostRow) -> tuple[Text, ...]:
    standing = capital(STANDINGS[row.standing]) + (", quá hạn" if row.is_late else "")
    return words(str(index)), words(row.unit), words(str(row.case)), words(row.host), words(standing)


def named_figures(figures: DirectiveFigures) -> Iterator[tuple[str, Figure]]:
    """Every figure with its Vietnamese name, as the auditor's annex and the report's file of figures list them."""
    for clause in figures.clauses:
        yield from _of(capital(clause_name(clause.label)), clause.named())
    if figures.hosts:
        yield from _of("Botnet", figures.hosts.named())
    if isinstance(watch := figures.watch, WatchFigures):
        yield from _of("Ứng trực", (("vị trí trực", watch.posts), ("lần thiếu người", watch.holes_total)))
    for one in figures.alerts.priorities if figures.alerts else ():
        yield from _of(f"Cảnh báo ưu tiên {one.priority}", one.named())
    if figures.alerts and figures.alerts.notices:
        yield from _of("Thông báo của đơn vị điều phối", figures.alerts.notices.named())


def _of(subject: str, named: Iterable[tuple[str, Figure]]) -> Iterator[tuple[str, Figure]]:
    return ((f"{subject}: {name}", figure) for name, figure in named)


def full_citation(directive: DirectiveReference) -> str:
    """`Công văn số 12/A-B ngày 05 tháng 01 năm 2026 của Bộ C`, leaving out what the paper does not tell."""
    dated = f" {day_text(directive.dated)}" if directive.dated else ""
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


def _about(directive: DirectiveReference) -> str:
    """` về việc …`; nothing where the paper names no subject."""
    subject = _subject(directive)
    return f" về việc {subject}" if subject else ""


def _subject(directive: DirectiveReference) -> str:
    subject = re.sub(r"^(V/v|Về việc|Về)\s+", "", trimmed(directive.subject), flags=re.IGNORECASE)
    is_word = len(subject) > 1 and subject[1].islower()
    return subject[:1].lower() + subject[1:] if is_word else subject
