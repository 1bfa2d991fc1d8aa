"""The documents that the report tests share: invented bodies and people, and text that tries to break out."""

from collections.abc import Iterable, Mapping
from datetime import date

from vonggac.cases.rules import Claim
from vonggac.ledger.chain import Checkpoint
from vonggac.reports.figures import (
    CLAIMED,
    ClauseFigures,
    ClauseResult,
    DirectiveFigures,
    DirectiveReference,
    Figure,
    HostCount,
    HostFigures,
    MissingLog,
    OrganisationRow,
    Proof,
    Standing,
)
from vonggac.reports.official import (
    Annex,
    AuthorityMark,
    Block,
    Column,
    Header,
    Heading,
    OfficialDocument,
    Paragraph,
    Signer,
    Span,
    Table,
    words,
)
from vonggac.reports.results import Office

HOSTILE = (
    '#panic("x") $x^2$ *đậm* _nghiêng_ <label> @ref [a] \\ // /* = <w:br/> &amp; ]]> =1+1 {{ x }} %d "q" #read("a")'
)
HASH = "0123456789abcdef" * 4
VERDICTS = (Standing.PROVEN, Standing.CONTRADICTED, Standing.NOT_OBSERVABLE)
# Standing → (hosts, late ones).
HOSTS = {
    Standing.PROVEN: (3456, 0),
    Standing.CONTRADICTED: (12, 11),
    Standing.NOT_OBSERVABLE: (789, 0),
    Standing.WATCHED: (741, 0),
    Standing.CLOSED_CLAIMED: (3, 0),
    Standing.UNANSWERED: (900, 400),
    Standing.NOT_OURS: (95, 90),
    Standing.CANNOT: (14, 0),
    Standing.CLOSED: (2, 0),
}
SIGNER = Signer("Phó Chủ tịch", "Nguyễn Văn A", AuthorityMark.FOR_THE_HEAD, "Chủ tịch")


def header(**changes: object) -> Header:
    fields: dict[str, object] = {
        "issuing_body": "Ủy ban nhân dân tỉnh Minh Hải",
        "symbol": "BC-UBND",
        "place": "Minh Hải",
        "dated": date(2026, 2, 5),
        "subject": "Kết quả thực hiện Công văn số 12/BXX-CXX",
        "type_name": "Báo cáo",
    }
    return Header(**(fields | changes))  # type: ignore[arg-type]


def paragraph(text: str) -> Paragraph:
    return Paragraph(words(text))


def long_table(rows: int, columns: int = 3, width_mm: float = 40) -> Table:
    titles = tuple(Column(f"Cột {index}", width_mm) for index in range(columns))
    cells = (tuple(words(f"dòng {row} ô {index}") for index in range(columns)) for row in range(rows))
    return Table(titles, tuple(cells))


def report(*blocks: Block, annexes: tuple[Annex, ...] = (), **changes: object) -> OfficialDocument:
    body = blocks or (
        Paragraph(words("Căn cứ Nghị định số 30/2020/NĐ-CP;"), is_basis=True),
        paragraph("Ủy ban nhân dân tỉnh báo cáo như sau:"),
        Heading(1, "I", "Kết quả"),
        Heading(2, "1", "Trực ban"),
        Paragraph((Span("Có "), Span("187", source="/chi-thi/1?claimed"), Span(" đơn vị đã thực hiện."))),
    )
    return OfficialDocument(
        header(**changes), body, SIGNER, ("Bộ Thử nghiệm",), ("Các sở, ban, ngành",), "VT, CATTT", annexes
    )


def letter() -> OfficialDocument:
    head = header(
        issuing_body="Sở Khoa học và Công nghệ",
        parent_body="Ủy ban nhân dân tỉnh Minh Hải",
        symbol="SKHCN-CNTT",
        subject="tăng cường bảo đảm an toàn thông tin mạng",
        type_name=None,
        number=5,
        dated=date(2026, 4, 17),
    )
    addressees = ("Ủy ban nhân dân xã Bình An", "Trung tâm Công nghệ thông tin")
    return OfficialDocument(head, (paragraph("Đề nghị các đơn vị thực hiện."),), Signer("Giám đốc"), addressees)


def figure(value: int, path: str) -> Figure:
    return Figure(value, f"/chi-thi/1/{path}")


def clause(label: str, *, has_proof_rule: bool = True) -> ClauseFigures:
    counts = {"bound": 40, "claimed": 33, "proven": 21, "contradicted": 4, "not_observable": 5, "late": 6}
    figures = {name: figure(value, f"{label}?{name}") for name, value in counts.items()}
    return ClauseFigures(
        label,
        "Nội dung giao",
        **figures,
        cannot_comply=figure(2, f"{label}?cannot"),
        has_proof_rule=has_proof_rule,
        watched=figure(3, f"{label}?watched"),
        disputed=figure(1, f"{label}?disputed"),
        silent=figure(4, f"{label}?silent"),
    )


def host_figures(counts: Mapping[Standing, tuple[int, int]] = HOSTS, **changes: object) -> HostFigures:
    """Hosts by standing as (hosts, late ones), summed up as a count would."""

    def total(standings: Iterable[Standing], place: int) -> int:
        return sum(counts[one][place] for one in standings)

    told = tuple(
        HostCount(one, figure(counts[one][0], f"may?{one}"), figure(counts[one][1], f"may?{one}&late"))
        for one in Standing
    )
    named = {count.standing.value: count.hosts for count in told if count.standing in VERDICTS}
    fields: dict[str, object] = {
        "total": figure(total(Standing, 0), "may"),
        "handled": figure(total(CLAIMED, 0), "da-xu-ly"),
        **named,
        "missing_logs": (
            MissingLog("nhật ký NAT", figure(700, "nat")),
            MissingLog("nhật ký luồng mạng", figure(189, "flow")),
        ),
        "standings": told,
        "late": figure(total(Standing, 1), "tre"),
    }
    return HostFigures(**(fields | changes))  # type: ignore[arg-type]


def directive_figures(clauses: int = 8, organisations: int = 3) -> DirectiveFigures:
    labels = [f"{1 + index // 7}.{'abcdđeg'[index % 7]}" for index in range(clauses)]
    result = ClauseResult(True, Proof.CONTRADICTED, True, "/nhiem-vu/7", Claim.DONE)
    rows = (OrganisationRow(f"Xã số {row}", (None, *[result] * (clauses - 1))) for row in range(organisations))
    return DirectiveFigures(
        DirectiveReference("Công văn", "12/BXX-CXX", date(2024, 4, 17), "Bộ Thử nghiệm", "V/v Tăng cường bảo đảm"),
        tuple(clause(label, has_proof_rule=label != "1.b") for label in labels),
        tuple(rows),
        host_figures(),
        ("thiếu thiết bị ghi nhật ký;", "Thiếu nhân lực"),
        ("Đề nghị hỗ trợ tập huấn",),
    )


OFFICE = Office("Ủy ban nhân dân tỉnh Minh Hải", "UBND", "Minh Hải", SIGNER, ("Bộ Thử nghiệm",), recipients=("Các sở",))
CHECKPOINT = Checkpoint(12345, HASH)
