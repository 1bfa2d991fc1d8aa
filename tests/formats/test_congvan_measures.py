"""Measures under every label that offices use, times in every wording; nothing asked for vanishes unsaid."""

import itertools
from datetime import date, time

import pytest

from tests.formats.test_congvan_oddities import letter, read
from vonggac.directives.counting import first_fixed
from vonggac.directives.rules import OFFICE_ZONE
from vonggac.formats import congvan
from vonggac.regimes import vocabulary

WORDS = congvan.Vocabulary.from_mapping(vocabulary.load())


def labels(body: str) -> list[str]:
    return [clause.label for clause in read(letter(body=body)).clauses]


def due(phrase: str, *, issued: str = "Hà Nội, ngày 14 tháng 3 năm 2023") -> list[str]:
    document = read(letter(when=issued, body=f"Cục yêu cầu thực hiện:\n1. Đơn vị thực hiện {phrase}."))
    (clause,) = document.clauses
    return [deadline.due.isoformat() if deadline.due else deadline.rule for deadline in clause.deadlines]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (
            "PHẦN THỨ NHẤT\nNHIỆM VỤ CHUNG\n1. Rà soát.\n2. Báo cáo.\nPHẦN THỨ HAI\nNHIỆM VỤ RIÊNG\n1. Sở.\n2. Xã.",
            ["Phần thứ nhất", "Phần thứ nhất.1", "Phần thứ nhất.2", "Phần thứ hai", "Phần thứ hai.1", "Phần thứ hai.2"],
        ),
        ("Phần một\n1. Rà soát.\nPhần hai: CỤ THỂ\n1. Làm.", ["Phần một", "Phần một.1", "Phần hai", "Phần hai.1"]),
        (
            "A. Đối với cơ quan\n1. Rà soát.\n2. Báo cáo.\nB. Đối với doanh nghiệp\n1. Trực.\na) Ca.\n2. Cứu.",
            ["A", "A.1", "A.2", "B", "B.1", "B.1.a", "B.2"],
        ),
        ("A. CHUNG\nI. Mục tiêu\n1. Một.\nII. Yêu cầu\nB. RIÊNG\nI. Làm", ["A", "A.I", "A.I.1", "A.II", "B", "B.I"]),
        ("D. Không phải mục\n1. Rà soát.", ["1"]),
        ("Thứ nhất, rà soát máy chủ.\nThứ hai, báo cáo.\nThứ ba: trực.", ["Thứ nhất", "Thứ hai", "Thứ ba"]),
        ("Một là, rà soát máy chủ.\nHai là, báo cáo.", ["Một là", "Hai là"]),
        ("1. Sở:\nThứ nhất, rà soát.\nThứ hai, báo cáo.\n2. Xã.", ["1", "1.Thứ nhất", "1.Thứ hai", "2"]),
        ("Thứ hai, ngày 20/3/2023, họp tại trụ sở.\n1. Rà soát.", ["1"]),
        ("(1) Rà soát;\n(2) Báo cáo;\n(3) Trực.", ["(1)", "(2)", "(3)"]),
        ("1. Sở:\n(1) Rà soát;\n(2) Báo cáo.\n2. Xã:\n(1) Trực.", ["1", "1.(1)", "1.(2)", "2", "2.(1)"]),
        ("(2) bản kèm theo.\n1. Rà soát.", ["1"]),
    ],
)  # fmt: skip
def test_measures_are_read_under_every_label_that_offices_use(body, found):
    assert labels(body) == found


def test_a_part_keeps_its_heading_and_its_measures_their_text():
    clauses = read(letter(body="PHẦN THỨ NHẤT\nNHIỆM VỤ CHUNG\n1. Rà soát.")).clauses
    assert [(clause.heading, clause.text) for clause in clauses] == [
        ("NHIỆM VỤ CHUNG", "NHIỆM VỤ CHUNG"),
        (None, "Rà soát."),
    ]


@pytest.mark.parametrize(
    ("body", "days", "where"),
    [
        ("Cục yêu cầu rà soát, hoàn thành trước ngày 25/3/2023, báo cáo trước ngày 28/3/2023.", [25, 28], "lời văn"),
        ("Cục yêu cầu:\n- Đổi mật khẩu trước ngày 25/3/2023.\n- Báo cáo.", [25], "2 gạch đầu dòng"),
        ("Cục đề nghị đơn vị phối hợp thực hiện.", [], "lời văn"),
    ],
)  # fmt: skip
def test_what_is_asked_without_labels_is_said_and_its_times_are_kept(body, days, where):
    document = read(letter(body=body))
    assert document.clauses == ()
    assert [deadline.due.day for deadline in document.deadlines] == days
    assert any("không có điểm nào" in warning and where in warning for warning in document.warnings)
    answer = congvan.to_json([document], "")["documents"][0]
    assert [deadline["due"] for deadline in answer["deadlines"]] == [f"2023-03-{day}" for day in days]
    assert all(f"{day}/03/2023" in congvan.outline(document, WORDS) for day in days)


def test_a_time_in_the_opening_words_is_kept_beside_the_measures():
    document = read(letter(body="Cục yêu cầu hoàn thành trước ngày 20/3/2023 các việc sau:\n1. Rà soát.\n2. Báo cáo."))
    assert [deadline.due for deadline in document.deadlines] == [date(2023, 3, 20)]
    assert not [warning for warning in document.warnings if "không có điểm nào" in warning]


@pytest.mark.parametrize("label", ["Phần thứ nhất", "Phần I", "Chương thứ nhất"])
def test_a_part_that_stands_right_below_the_subject_is_none_of_it(label):
    head = letter(number="Số: 03/HD-BYT", about="", greeting="HƯỚNG DẪN\nCông tác phòng, chống mã độc", body="")
    body = f"{label}\nYÊU CẦU CHUNG\n1. Rà soát.\nPhần thứ hai\nNỘI DUNG\n1. Vá."
    document = read(head.replace("chống mã độc\n\n", f"chống mã độc\n{body}\n\n"))
    assert document.subject == "Công tác phòng, chống mã độc"
    assert [clause.label for clause in document.clauses] == [label, f"{label}.1", "Phần thứ hai", "Phần thứ hai.1"]


@pytest.mark.parametrize(
    ("phrase", "found"),
    [
        ("trước 30/3/2023", ["2023-03-30"]),
        ("trước 25 tháng 12 năm 2023", ["2023-12-25"]),
        ("chậm nhất 25/12", ["2023-12-25"]),
        ("trong ngày 20/3/2023", ["2023-03-20"]),
        ("theo việc đã làm trong ngày 20/3/2022", []),
        ("trong 24h", ["PT24H from event"]),
        ("trong 24 giờ", ["PT24H from event"]),
        ("trong 05 ngày làm việc", ["P5D working from event"]),
        ("như trong 24 giờ qua", []),
        ("trong 02 ngày 20-21/3/2023", []),
        ("trước ngày 30/6 và ngày 31/12 hằng năm", ["yearly 06-30", "yearly 12-31"]),
        ("trước ngày 15/6, 15/12 hàng năm", ["yearly 06-15", "yearly 12-15"]),
        ("trước ngày 30/6/2023 và ngày 31/12/2023", ["2023-06-30", "2023-12-31"]),
        ("chậm nhất 03 ngày kể từ ngày nhận công văn", ["P3D from receipt"]),
        ("chậm nhất 03 ngày kể từ ngày xác nhận sự cố", ["P3D from event"]),
        ("chậm nhất 03 ngày kể từ ngày nhân viên phát hiện", ["P3D from event"]),
        ("trước ngày 05 của tháng kế tiếp", ["monthly 05"]),
        ("trước ngày 05 tháng sau", ["monthly 05"]),
        ("trước 10/20 chỉ tiêu", []),
        ("trong tháng 2/2023", []),
        ("trong tháng 4/2023", ["2023-04-30"]),
        ("tổng kết ngành Ngân hàng năm 2023", []),
        ("kiểm tra khách hàng tháng này", []),
        ("hỗ trợ ngân hàng tháng 4/2023, đổi mới năm 2023", []),
        ("báo cáo khách hàng hằng tháng", ["monthly"]),
        ("sao lưu hàng ngày 02 lần, kiểm tra mỗi tuần", ["daily", "weekly"]),
        ("định kỳ hằng năm trước ngày 15 tháng 12 báo cáo", ["yearly 12-15"]),
        ("định kỳ hàng năm, các đơn vị báo cáo trước ngày 15/6 và 15/12", ["yearly 06-15", "yearly 12-15"]),
        ("hằng năm (trước ngày 20/12/2023)", ["yearly", "2023-12-20"]),
        ("vào ngày 25 hằng tháng", ["monthly 25"]),
        ("định kỳ hằng tháng trước ngày 25", ["monthly 25"]),
        ("định kỳ hằng tháng, số liệu từ ngày 15 tháng trước đến ngày 14", ["monthly"]),
        ("chậm nhất 03 ngày làm việc sau khi kết thúc kỳ thi", ["P3D working from event"]),
        ("trong 05 ngày kể từ ngày ký văn bản này", ["P5D from issue"]),
        ("chế độ báo cáo 6 tháng/lần, trước ngày 15/6 và 15/12", ["every P6M", "2023-06-15", "2023-12-15"]),
        ("trước ngày 15/6 và 20/21 đơn vị", ["2023-06-15"]),
        ("từ nay đến hết tháng 12/2023", ["2023-12-31"]),
        ("tính đến hết tháng 12/2023 đã có 5 đơn vị", []),
        ("đến hết tháng 12/2022 đã có 5 đơn vị", []),
        ("trực ngày 28/02/2023", []),
    ],
)
def test_a_time_is_read_however_it_is_worded(phrase, found):
    assert due(phrase) == found


def without_accented(word: str) -> list[str]:
    """The word as text layers leave it: every way to lose at least one of its accented letters."""
    places = [place for place, letter in enumerate(word) if not letter.isascii()]
    lost = [gone for count in range(1, len(places) + 1) for gone in itertools.combinations(places, count)]
    return ["".join(letter for place, letter in enumerate(word) if place not in gone) for gone in lost]


@pytest.mark.parametrize("printed", [*without_accented("trước"), *without_accented("chậm nhất")])
def test_a_day_is_read_though_its_words_have_lost_letters(printed):
    document = read(letter(body=f"1. Báo cáo kết quả {printed} ngày 25/12/2023."))
    (deadline,) = document.clauses[0].deadlines
    assert (deadline.text, deadline.due) == (f"{printed} ngày 25/12/2023", date(2023, 12, 25))


def test_a_span_is_read_though_its_words_have_lost_letters():
    assert due("trong vng 24 gi k t khi nhn được công văn này") == ["PT24H from receipt"]


def in_cells(*rows: str) -> str:
    """The rows as the reader of Word files gives tables: a cell a line, a blank line behind each."""
    return "".join(f"{cell}\n\n" for row in rows for cell in row.split("|"))


def in_pipes(*rows: str) -> str:
    return "".join(f"| {' | '.join(row.split('|'))} |\n" for row in rows)


@pytest.mark.parametrize("laid", [in_cells, in_pipes])
@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (["STT|Nhiệm vụ|Thời hạn", "1|Vá lỗ hổng|28/12/2023", "2|Sao lưu|hằng tuần"], ["2023-12-28", "weekly"]),
        (["TT|Nhiệm vụ|Đơn vị|Thời hạn hoàn thành", "1|Vá|Sở A|Tháng 12/2023", "2|Lưu|Sở B|Quý IV/2023"],
         ["2023-12-31", "2023-12-31"]),
        (["STT|Nhiệm vụ|Thời hạn|Ghi chú", "1|Vá|trước ngày 28/12|khẩn", "2|Lưu|30/12/2023|mật"],
         ["2023-12-28", "2023-12-30"]),
        (["STT|Nhiệm vụ|Thời hạn", "1|Vá|28/12/2023", "2|Lưu|theo quy định"], ["2023-12-28"]),
        (["STT|Nhiệm vụ|Đơn vị", "1|Vá|Sở A"], []),
    ],
)  # fmt: skip
def test_the_times_of_a_table_of_tasks_are_the_document_s_own(laid, rows, found):
    document = read(letter(body=f"1. Báo cáo trước ngày 25/12/2023.\n{laid(*rows)}2. Trực hằng ngày."))
    assert [one.due.isoformat() if one.due else one.rule for one in document.deadlines] == found
    assert [len(clause.deadlines) for clause in document.clauses] == [1, 1]
    words = [cell for row in rows for cell in row.split("|") if not cell.isdigit()]
    assert [cell for cell in words if cell not in document.clauses[0].text] == []


@pytest.mark.parametrize("hour", ["17h00", "17 giờ 00", "17 giờ", "17:00", "17h"])
def test_the_hour_of_a_day_is_kept(hour):
    document = read(letter(body=f"1. Gửi báo cáo trước {hour} ngày 25/12/2023."))
    (deadline,) = document.clauses[0].deadlines
    assert (deadline.due, deadline.at) == (date(2023, 12, 25), time(17))
    assert congvan.deadline_in_words(deadline) == "trước 17:00 ngày 25/12/2023"
    reading = congvan.to_json([document], "")["documents"][0]["clauses"]
    assert reading[0]["deadlines"][0]["due"] == "2023-12-25T17:00"
    assert first_fixed(reading[0]["deadlines"]).astimezone(OFFICE_ZONE).isoformat() == "2023-12-25T17:00:00+07:00"


@pytest.mark.parametrize("phrase", ["trước ngày 31/02/2023", "trước 31/02/2023", "chậm nhất ngày 31/4"])
def test_a_day_that_no_calendar_has_is_said(phrase):
    document = read(letter(body=f"1. Báo cáo {phrase}."))
    assert document.clauses[0].deadlines == ()
    assert [warning for warning in document.warnings if phrase in warning and "lịch" in warning]


def test_a_day_before_the_day_of_issue_is_kept_and_said():
    document = read(letter(body="1. Đã xong trước ngày 10/3/2023."))
    assert [deadline.due for deadline in document.clauses[0].deadlines] == [date(2023, 3, 10)]
    assert any("sớm hơn ngày ban hành" in warning for warning in document.warnings)


@pytest.mark.parametrize(
    ("printed", "names", "is_said"),
    [
        ("CVE-2025-1 2345 trong Office", ("CVE-2025-12345",), False),
        ("CVE-2025-622\n15 trong Office", ("CVE-2025-62215",), False),
        ("cve-2025-6221 5 đang bị khai thác", ("CVE-2025-62215",), True),
        ("CVE-2025-6221 5 và CVE-2025-62215", ("CVE-2025-62215",), False),
        ("CVE-2025-6221 5 lỗ hổng khác", ("CVE-2025-6221",), False),
        ("CVE-2025-6221 8.8 điểm", ("CVE-2025-6221",), False),
        ("CVE-2025-62215 3 máy", ("CVE-2025-62215",), False),
        ("CVE-2017-1000 117 của Git", ("CVE-2017-1000117",), True),
        ("CVE-2025-12", (), True),
        ("CVE – 2025 – 62199", ("CVE-2025-62199",), False),
    ],
)
def test_a_vulnerability_is_whole_or_said_to_be_in_doubt(printed, names, is_said):
    document = read(letter(body=f"1. Vá lỗ hổng {printed}."))
    assert document.cves == names
    assert any("mã lỗ hổng" in warning for warning in document.warnings) == is_said
    assert ("cves" in document.confidence) == (is_said and bool(names))


@pytest.mark.parametrize("title", ["GIÁM ĐỐC", "BỘ TRƯỞNG", "CỤC TRƯỞNG", "CHỦ TỊCH", "Q. GIÁM ĐỐC"])
@pytest.mark.parametrize("signed", ["", "(Đã ký)\n", "\n"])
def test_a_signature_before_the_recipients_is_no_text_of_the_last_measure(title, signed):
    closing = f"{title}\n{signed}Đỗ Văn Mẫu\n\nNơi nhận:\n- Như trên;\n- Lưu: VT."
    document = read(letter(body="1. Tạm dừng.\n2. Khôi phục.", closing=closing))
    assert [clause.text for clause in document.clauses] == ["Tạm dừng.", "Khôi phục."]
    assert document.signer.name == "Đỗ Văn Mẫu"


def test_a_title_in_capitals_before_the_grounds_of_a_decision_ends_no_body():
    body = "GIÁM ĐỐC SỞ Y TẾ\nCăn cứ Luật An toàn thông tin mạng;\nQUYẾT ĐỊNH:\nĐiều 1. Rà soát.\nĐiều 2. Thi hành."
    text = letter(number="Số: 31/QĐ-SYT", about="QUYẾT ĐỊNH\nVề việc rà soát máy chủ", greeting="", body=body)
    assert [clause.label for clause in read(text).clauses] == ["Điều 1", "Điều 2"]


@pytest.mark.parametrize(
    ("bodies", "issuer", "parent"),
    [
        ("NGÂN HÀNG TMCP MẪU VIỆT NAM\nCHI NHÁNH ĐÀ NẴNG", "Chi nhánh Đà Nẵng", "Ngân hàng TMCP Mẫu Việt Nam"),
        (
            "ỦY BAN NHÂN DÂN PHƯỜNG MẪU KHÁNH\nTRẠM Y TẾ", "Trạm Y tế", "Ủy ban nhân dân phường Mẫu Khánh",
        ),
        ("SỞ KHOA HỌC VÀ CÔNG NGHỆ TỈNH ĐỒNG THÁP", "Sở Khoa học và Công nghệ tỉnh Đồng Tháp", None),
        ("BỘ TƯ LỆNH TÁC CHIẾN KHÔNG GIAN MẠNG", "Bộ Tư lệnh Tác chiến không gian mạng", None),
        ("BAN CHỈ ĐẠO AN NINH MẠNG\nTỈNH PHÚ THỌ", "Ban Chỉ đạo an ninh mạng tỉnh Phú Thọ", None),
        ("BAN QUẢN LÝ KHU KINH TẾ", "Ban Quản lý khu kinh tế", None),
        ("SỞ Y TẾ TỈNH MẪU SƠN", "Sở Y tế tỉnh Mẫu Sơn", None),
        ("TỔNG CÔNG TY ĐIỆN LỰC MIỀN TRUNG", "Tổng công ty Điện lực miền Trung", None),
        ("CÔNG TY TNHH MTV CẤP NƯỚC HUẾ", "Công ty TNHH MTV Cấp nước Huế", None),
    ],
)  # fmt: skip  # test data
def test_bodies_that_no_vocabulary_holds_are_spelled_by_rule(bodies, issuer, parent):
    document = read(letter(bodies=bodies, number="Số: 318/MAU-TH"))
    assert (document.issuer, document.parent_issuer) == (issuer, parent)
    assert document.confidence["issuer"] < 0.9


ONE_LINE = (
    "BỘ QUỐC PHÒNG CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM BỘ TƯ LỆNH 86 Độc lập - Tự do - Hạnh phúc Số: 1187/TL86-TM "
    "Hà Nội, ngày 05 tháng 02 năm 2025 V/v cảnh báo mã độc tống tiền Kính gửi: - Các quân khu; - Các quân chủng. "
    "Bộ Tư lệnh 86 đề nghị: 1. Rà soát hệ thống. 2. Báo cáo./. Nơi nhận: - Như trên; - Lưu: VT, TM. "
    "KT. TƯ LỆNH PHÓ TƯ LỆNH Trần Văn A"
)


def test_a_letter_that_lost_its_line_ends_is_parted_where_a_real_one_has_them():
    document = read(ONE_LINE)
    assert (document.issuer, document.parent_issuer) == ("Bộ Tư lệnh 86", "Bộ Quốc phòng")
    assert document.addressees == ("Các quân khu", "Các quân chủng")
    assert document.signer == congvan.Signer("KT. TƯ LỆNH", "PHÓ TƯ LỆNH", "Trần Văn A")
    assert document.recipients[-1].name == "Lưu: VT, TM"
    assert [clause.label for clause in document.clauses] == ["1", "2"]


def test_what_was_parted_by_us_is_never_given_as_sure():
    document = read(ONE_LINE)
    for name in ("subject", "addressees", "signer", "recipients", "clauses"):
        assert document.confidence[name] < 0.9
    assert document.confidence["number"] >= 0.9


def test_two_titles_without_a_mark_of_authority_are_doubtful():
    document = read(letter(closing="Nơi nhận:\n- Lưu: VT.\n\nCỤC TRƯỞNG PHÓ CỤC TRƯỞNG\n\nTrần Văn Mẫu"))
    assert document.confidence["signer"] < 0.9


def test_free_words_of_a_text_layer_that_drops_letters_are_doubtful():
    document = read(
        letter(
            motto="CNG HÒA XÃ HI CH NGHĨA VIT NAM\nĐc lp - T do - Hnh phúc",
            about="V/v theo dõi, ngăn chn kết ni máy ch",
            greeting="Kính gửi: Các đơn vị chuyên trách v CNTT",
            closing="Nơi nhn:\n- Như trên;\n- Lưu: VT.\nGIÁM ĐỐC\nNguyễn Trọng Mẫu",
        )
    )
    assert all(document.confidence[name] < 0.9 for name in ("subject", "addressees", "signer", "clauses"))
    assert [clause.text for clause in document.clauses] == ["Thay mật khẩu.", "Báo cáo."]
