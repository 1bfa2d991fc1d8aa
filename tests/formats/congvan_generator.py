"""Random official documents laid out by Decree 30/2020's rules, with the truth beside them, and damages to do to them.

Everything is drawn from one `random.Random`, so a seed names a document. The bodies are invented or ministries by
name; nothing of the reader is used here.
"""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass, field

POINTS = "abcdđeghik"
PROVINCES = ["Khánh Hòa", "Nghệ An", "Lâm Đồng", "Sơn La", "Bến Tre", "Quảng Trị", "Hải Dương", "An Giang", "Kon Tum"]
CENTRAL = [
    ("Bộ Thông tin và Truyền thông", "BTTTT", None, ["CATTT", "CVT", "VP"]),
    ("Bộ Y tế", "BYT", None, ["CNTT", "VP"]),
    ("Bộ Nội vụ", "BNV", None, ["VP", "TTTT"]),
    ("Cục An toàn thông tin", "CATTT", "Bộ Thông tin và Truyền thông", ["NCSC", "TĐQLGS"]),
]
KINDS = [("cong_van", None, None), ("ke_hoach", "KẾ HOẠCH", "KH"), ("bao_cao", "BÁO CÁO", "BC"), ("chi_thi", "CHỈ THỊ", "CT"),  # noqa: E501  # test data
         ("thong_bao", "THÔNG BÁO", "TB"), ("quyet_dinh", "QUYẾT ĐỊNH", "QĐ"), ("to_trinh", "TỜ TRÌNH", "TTr")]  # fmt: skip  # noqa: E501  # test data
SUBJECTS = [
    "tăng cường công tác bảo đảm an toàn thông tin mạng", "rà soát lỗ hổng bảo mật trên các hệ thống thông tin",
    "triển khai giải pháp phòng, chống mã độc tập trung", "bảo đảm an toàn hệ thống thông tin theo cấp độ",
    "xử lý các máy tính nằm trong mạng máy tính ma", "tổ chức diễn tập ứng cứu sự cố năm 2024",
]  # fmt: skip
ADDRESSEES = [
    "Các sở, ban, ngành cấp tỉnh", "Ủy ban nhân dân các huyện, thị xã, thành phố", "Các doanh nghiệp viễn thông trên địa bàn",  # noqa: E501  # test data
    "Văn phòng Tỉnh ủy", "Công an tỉnh", "Các cơ quan báo chí, đài phát thanh và truyền hình",
]  # fmt: skip
MEASURES = [
    "Rà soát toàn bộ máy chủ, máy trạm thuộc phạm vi quản lý", "Cập nhật đầy đủ các bản vá theo cảnh báo",
    "Phân công cán bộ trực giám sát hệ thống", "Báo cáo kết quả thực hiện về cơ quan chủ trì",
    "Xây dựng phương án ứng phó và khôi phục hoạt động", "Phối hợp xử lý khi có yêu cầu của cơ quan chức năng",
]  # fmt: skip
CITED = ["1465/BTTTT-CATTT", "85/2016/NĐ-CP", "14/CT-TTg", "28-CT/TW", "116/2025/QH15", "05/2017/QĐ-TTg", "352-QĐ/TU"]
FIRST, MIDDLE, LAST = (
    ["Nguyễn", "Trần", "Lê", "Phạm"],
    ["Văn", "Thị", "Minh", "Đức"],
    ["An", "Bình", "Hà", "Long", "Thảo"],
)


@dataclass
class Drawn:
    """One document: its text and what a reader should find; `damages` names what was done to it."""

    text: str
    truth: dict[str, object]
    damages: list[str] = field(default_factory=list)


DAMAGES = [
    "number_gaps", "number_unreadable", "merged_columns", "pipes", "broken_header", "dropped_letters", "spaces_in_words",  # noqa: E501  # test data
    "hard_wraps", "leading_zero", "hand_filled", "long_dashes", "no_about", "no_title", "one_line", "bold", "furniture",
    "signer_first", "no_bullets",
]  # fmt: skip


def draw(rng: random.Random, damages: list[str] | None = None) -> Drawn:
    """One random document with the given damages; None draws up to three."""
    if damages is None:
        damages = rng.sample(DAMAGES, rng.choice([0, 1, 1, 2, 2, 3]))
    kind, title, abbreviation = rng.choice(KINDS)
    if rng.random() < 0.5:
        province = rng.choice(PROVINCES)
        issuer, parent, symbol_body, units = f"Ủy ban nhân dân tỉnh {province}", None, "UBND", ["KSTT", "VX", "NC"]
        place = province
    else:
        issuer, symbol_body, parent, units = rng.choice(CENTRAL)
        place = "Hà Nội"
    day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(2016, 2026)
    number = str(rng.randint(10, 4999))
    symbol = f"{abbreviation}-{symbol_body}" if abbreviation else f"{symbol_body}-{rng.choice(units)}"
    subject = rng.choice(SUBJECTS)
    truth: dict[str, object] = {
        "kind": kind, "number": number, "symbol": symbol, "issuer": issuer, "parent_issuer": parent, "place": place,
        "date": f"{year:04d}-{month:02d}-{day:02d}", "subject": subject, "addressees": [], "labels": [],
    }  # fmt: skip
    header = _header(rng, damages, truth, issuer, parent, number, symbol, place, (day, month, year))
    body, labels = _body(rng, truth)
    truth["labels"] = labels
    named = _named(rng, damages, truth, title, subject)
    greeting = _greeting(rng, damages, truth) if kind in {"cong_van", "to_trinh"} else []
    lines = [*header, "", *named, "", *greeting, "", *body, "", *_closing(rng, damages, truth)]
    return Drawn(_spoil(rng, lines, damages), truth, damages)


def _drop(rng: random.Random, text: str, damages: list[str]) -> str:
    """The text with about one accented vowel in eight lost, as text layers lose them; never a word's first letter."""
    if "dropped_letters" not in damages:
        return text
    kept = []
    for index, character in enumerate(text):
        inside = index > 0 and text[index - 1].isalpha()
        accented = unicodedata.normalize("NFD", character) != character
        if not (inside and accented and rng.random() < 0.125):
            kept.append(character)
    return "".join(kept)


def _header(rng, damages, truth, issuer, parent, number, symbol, place, when) -> list[str]:  # noqa: PLR0917  # test data
    left = [issuer.upper()]
    if issuer.startswith("Ủy ban"):
        left = ["ỦY BAN NHÂN DÂN", issuer.removeprefix("Ủy ban nhân dân ").upper()]
    if parent:
        left.insert(0, parent.upper())
    dash = "–" if "long_dashes" in damages else "-"
    right = ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", f"Độc lập {dash} Tự do {dash} Hạnh phúc"]
    left, right = [_drop(rng, line, damages) for line in left], [_drop(rng, line, damages) for line in right]
    printed = f"Số: {number}/{symbol}"
    if "number_unreadable" in damages:
        printed, truth["number"] = f"Số: *{rng.choice(['HA/ST', 'l4b', '~~'])}* /{symbol}", None
    elif "number_gaps" in damages:
        printed = rng.choice(
            [f"Số: {number} /{symbol}", f"Số: {number} / {symbol.replace('-', ' - ')}", f"Số:\n{number}/{symbol}"]
        )
    day, month, year = when
    shown_month = f"{month:02d}" if "leading_zero" in damages or month < 3 else str(month)
    shown_day = f"*{day}*" if "hand_filled" in damages else f"{day:02d}"
    date_line = f"{place}, ngày {shown_day} tháng {shown_month} năm {year}"
    if "broken_header" in damages:
        left[0] = left[0].replace(" ", "\n", 1)
        right[0] = right[0].replace(" ", "\n", 1)
    if "pipes" in damages:
        return ["\n".join(left) + " |", "\n".join(right) + " |", f"{printed} |", f"{date_line} |"]
    if "merged_columns" in damages and "\n" not in printed:
        rows = max(len(left), len(right))
        pairs = zip(left + [""] * (rows - len(left)), right + [""] * (rows - len(right)), strict=True)
        gap = " " * rng.choice([1, 8])
        if gap == " " and (len(left) > 2 or "broken_header" in damages):
            gap = " " * 8
        return [*(f"{a}{gap}{b}".strip() for a, b in pairs), f"{printed}{gap}{date_line}"]
    return [*left, "-------", "", *right, "---------------", "", printed, "", date_line]


def _named(rng, damages, truth, title, subject) -> list[str]:
    if title is None:
        if "no_about" in damages:
            truth["subject"] = None
            return []
        return [f"V/v {subject}"]
    if "no_title" in damages and truth["kind"] not in {"to_trinh"}:  # noqa: FURB171  # test data
        truth["subject"] = subject.upper()
        return [subject.upper()]
    return (
        [_drop(rng, title, damages), subject[0].upper() + subject[1:]]
        if truth.update(subject=subject[0].upper() + subject[1:]) is None
        else []
    )


def _greeting(rng, damages, truth) -> list[str]:
    names = rng.sample(ADDRESSEES, rng.choice([1, 2, 3, 4]))
    truth["addressees"] = names
    word = _drop(rng, "Kính gửi", damages) + ":"
    if len(names) == 1:
        return [f"{word} {names[0]}"]
    bullet = "" if "no_bullets" in damages else "- "
    return [word, "", *(f"{bullet}{name}{';' if name != names[-1] else '.'}" for name in names)]


def _body(rng, truth) -> tuple[list[str], list[str]]:
    cited = rng.sample(CITED, rng.choice([0, 1, 2]))
    own = f"{truth['number']}/{truth['symbol']}"
    truth["references"] = [reference for reference in cited if reference != own]
    lines = [f"Thực hiện các văn bản số {' và số '.join(cited)} của cấp trên, đơn vị yêu cầu thực hiện các nội dung sau đây:" if cited  # noqa: E501  # test data
             else "Trước tình hình tấn công mạng diễn biến phức tạp, đơn vị yêu cầu thực hiện các nội dung sau đây:"]  # fmt: skip  # noqa: E501  # test data
    labels = []
    for top in range(1, rng.randint(2, 5)):
        labels.append(str(top))
        points = rng.choice([0, 0, 2, 3, 6])
        lines.append(f"{top}. {rng.choice(MEASURES)}{':' if points else '.'}")
        for letter in POINTS[:points]:
            labels.append(f"{top}.{letter}")
            lines.append(f"{letter}) {rng.choice(MEASURES)}.")
    lines.append("Trân trọng./.")
    return lines, labels


def _closing(rng, damages, truth) -> list[str]:
    name = f"{rng.choice(FIRST)} {rng.choice(MIDDLE)} {rng.choice(LAST)}"
    truth["signer"] = name
    recipients = [
        _drop(rng, "Nơi nhận", damages) + ":",
        "- Như trên;",
        "- Lãnh đạo đơn vị (để b/c);",
        "- Lưu: VT, CNTT.",
    ]
    head = rng.choice(
        [
            "KT. BỘ TRƯỞNG\nTHỨ TRƯỞNG",
            "CỤC TRƯỞNG",
            "TM. ỦY BAN NHÂN DÂN\nKT. CHỦ TỊCH\nPHÓ CHỦ TỊCH",
            "TL.CHỦ TỊCH\nCHÁNH VĂN PHÒNG",
        ]
    )
    signature = [head, "", name]
    return [*signature, "", *recipients] if "signer_first" in damages else [*recipients, "", *signature]


def _spoil(rng: random.Random, lines: list[str], damages: list[str]) -> str:
    if "spaces_in_words" in damages:
        lines = [_space(rng, line) for line in lines]
    if "bold" in damages:
        lines = [f"**{line}**" if line and line.isupper() and "\n" not in line else line for line in lines]
    if "furniture" in damages:
        lines = ["Hệ thống pháp luật", "", *lines[:-3], "CÔNG BÁO/Số 35/Ngày 21-01-2026 40", *lines[-3:]]
    if "hard_wraps" in damages:
        lines = [part for line in lines for part in _wrap(line, rng.randint(58, 80))]
    text = "\n".join(lines)
    if "one_line" in damages:
        return " ".join(text.split())
    return text


def _space(rng: random.Random, line: str) -> str:
    """One break in about every tenth word of running text, before a rime that no word begins with."""
    words = []
    for word in line.split(" "):
        for rime in ("ịnh", "ệt", "ật", "ạng", "ống"):
            if word.lower().endswith(rime) and len(word) > len(rime) and not word.isupper() and rng.random() < 0.3:
                word = f"{word[: -len(rime)]} {word[-len(rime) :]}"  # noqa: PLW2901  # a damaged copy
                break
        words.append(word)
    return " ".join(words)


def _wrap(line: str, width: int) -> list[str]:
    if len(line) <= width or "\n" in line or "     " in line or line.isupper():
        return [line]
    rows, row = [], ""
    for word in line.split(" "):
        if row and len(row) + len(word) + 1 > width:
            rows.append(row)
            row = word
        else:
            row = f"{row} {word}" if row else word
    return [*rows, row]
