"""One document as an officer reads it: Vietnamese labels, doubtful fields marked, deadlines in words."""

import re
from collections.abc import Iterator

from vonggac.formats.congvan.document import Clause, Deadline, Document
from vonggac.formats.congvan.vocabulary import Vocabulary

# Below this certainty a person should look at the paper.
DOUBTFUL = 0.9
_LABEL_WIDTH = 16
_TEXT_CHARACTERS = 160
_ROLES = {
    "report": "để báo cáo", "coordinate": "phối hợp", "implement": "thực hiện",
    "inform": "để biết", "inspect": "kiểm tra", "electronic_copy": "bản điện tử",
}  # fmt: skip
_STAMPS = {
    "hoa_toc": "HỎA TỐC", "thuong_khan": "THƯỢNG KHẨN", "khan": "KHẨN",
    "tuyet_mat": "TUYỆT MẬT", "toi_mat": "TỐI MẬT", "mat": "MẬT",
}  # fmt: skip
_CYCLES = {
    "daily": "hằng ngày", "weekly": "hằng tuần", "monthly": "hằng tháng", "quarterly": "hằng quý", "yearly": "hằng năm",
    "monthly or ad hoc": "hằng tháng hoặc đột xuất", "ad hoc": "khi đột xuất", "24/7 continuous": "liên tục 24/7",
    "at once": "ngay lập tức",
}  # fmt: skip
_UNITS = {"PT": {"H": "giờ", "M": "phút"}, "P": {"D": "ngày", "W": "tuần", "M": "tháng", "Y": "năm"}}
_ORIGINS = {"receipt": "khi nhận", "issue": "ngày ban hành", "event": "khi có sự việc"}
_SPAN = re.compile(r"(?P<prefix>PT|P)(?P<count>\d+)(?P<unit>[A-Z])")


def outline(document: Document, vocabulary: Vocabulary) -> str:
    """The document as lines a person reads: its head, its clauses with deadlines, contacts, and what was doubtful."""
    lines = [*_head(document, vocabulary)]
    if document.clauses:
        lines.append(f"Các điểm{_mark(document, 'clauses')}:")
        for clause in document.clauses:
            lines += _clause(clause)
    lines += [f"Thời hạn chung: {deadline_in_words(one)}  (in là “{one.text}”)" for one in document.deadlines]
    for contact in document.contacts:
        lines.append(f"Liên hệ: {contact.name or '(không rõ tên)'} · {', '.join((*contact.phones, *contact.emails))}")
    if document.recipients:
        lines.append("Nơi nhận:")
        lines += [f"  - {to.name}{f' ({_ROLES[to.role]})' if to.role in _ROLES else ''}" for to in document.recipients]
    lines += [f"Lưu ý: {warning}" for warning in document.warnings]
    if any(certainty < DOUBTFUL for certainty in document.confidence.values()):
        lines.append("Mục có dấu (?) đọc chưa chắc; cần đối chiếu với văn bản gốc.")
    return "\n".join(lines)


def _head(document: Document, vocabulary: Vocabulary) -> Iterator[str]:
    signer = document.signer
    signed = " · ".join(filter(None, (signer.name, signer.title, signer.authority))) if signer else None
    rows = (
        ("kind", "Loại văn bản", kind_in_words(document.kind, vocabulary)),
        ("number", "Số", document.number),
        ("symbol", "Ký hiệu", document.symbol),
        ("issuer", "Cơ quan", document.issuer),
        ("parent_issuer", "Cơ quan cấp trên", document.parent_issuer),
        ("place", "Nơi ban hành", document.place),
        ("date", "Ngày ban hành", f"{document.date:%d/%m/%Y}" if document.date else None),
        ("urgency", "Độ khẩn", _STAMPS.get(document.urgency or "")),
        ("confidentiality", "Độ mật", _STAMPS.get(document.confidentiality or "")),
        ("subject", "Trích yếu", document.subject),
        ("addressees", "Kính gửi", "; ".join(document.addressees)),
        ("references", "Viện dẫn", ", ".join(document.references)),
        ("cves", "Lỗ hổng", ", ".join(document.cves)),
        ("signer", "Người ký", signed),
        ("period", "Thời gian", _period(document)),
    )  # fmt: skip  # one row of the sheet stays on one line
    must = {"number", "symbol", "issuer", "date", "subject"} if document.kind != "none" else set()
    for name, label, value in rows:
        if value:
            yield f"{f'{label}:':<{_LABEL_WIDTH}} {value}{_mark(document, name)}"
        elif name in must:
            yield f"{f'{label}:':<{_LABEL_WIDTH}} (không đọc được hoặc văn bản không ghi)"


def _mark(document: Document, name: str) -> str:
    certainty = document.confidence.get(name, 1.0)
    return f"  (?) chắc chắn {round(certainty * 100)} %" if certainty < DOUBTFUL else ""


def _period(document: Document) -> str | None:
    period = document.period
    return f"{period.first:%d/%m/%Y} – {period.last:%d/%m/%Y} ({period.why})" if period else None


def _clause(clause: Clause) -> Iterator[str]:
    text = " ".join((clause.heading or clause.text).split())
    shown = text if len(text) <= _TEXT_CHARACTERS else f"{text[:_TEXT_CHARACTERS].rpartition(' ')[0]} …"
    yield f"  {clause.label:<8} {shown}"
    for deadline in clause.deadlines:
        yield f"  {'':<8} Thời hạn: {deadline_in_words(deadline)}  (in là “{deadline.text}”)"


def kind_in_words(kind: str, vocabulary: Vocabulary) -> str:
    """The type's name as a heading has it; for `none` that this is no official document."""
    names = {code: title for title, code in vocabulary.kinds.items()}
    return names.get(kind, "không phải văn bản hành chính, hoặc thiếu phần đầu")


def deadline_in_words(deadline: Deadline) -> str:
    """A fixed day as dd/mm/yyyy, a rule in Vietnamese words; a rule we have no words for stands as it is."""
    if deadline.due is not None:
        hour = f"{deadline.at:%H:%M} " if deadline.at else ""
        return f"trước {hour}ngày {deadline.due:%d/%m/%Y}" if hour else f"trước hoặc trong ngày {deadline.due:%d/%m/%Y}"
    rule = deadline.rule or ""
    if rule in _CYCLES:
        return _CYCLES[rule]
    span = _SPAN.search(rule)
    amount = f"{span['count']} {_UNITS[span['prefix']][span['unit']]}" if span else ""
    if span and " from " in rule:
        working = " làm việc" if " working " in rule else ""
        return f"trong {amount}{working} kể từ {_ORIGINS[rule.rpartition(' ')[2]]}"
    head, _, rest = rule.partition(" ")
    day = "/".join(reversed(rule.rpartition(" ")[2].split("-")))
    if span and head == "every":
        return f"mỗi {amount}" + (f", trước ngày {day}" if " by " in rule else "")
    words = {
        "yearly": f"hằng năm, trước ngày {day}",
        "monthly": f"hằng tháng, trước ngày {rest}",
        "before": f"trước ngày {day}",
    }  # one rule of the grammar stays in one place
    return words.get(head, rule)
