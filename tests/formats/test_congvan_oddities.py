"""Every oddity seen in real documents (numbered as in the survey), each its own test in two or more variants."""

from datetime import date

import pytest

from vonggac.formats import congvan
from vonggac.regimes import vocabulary

WORDS = congvan.Vocabulary.from_mapping(vocabulary.load())


def read(text: str) -> congvan.Document:
    documents = congvan.read(text, WORDS)
    assert len(documents) == 1
    return documents[0]


def letter(**changed: str) -> str:
    """A plain letter of an invented case; any part may be replaced."""
    parts = {
        "bodies": "BỘ Y TẾ\nCỤC CÔNG NGHỆ THÔNG TIN",
        "motto": "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc",
        "number": "Số: 318/CNTT-YTĐT",
        "when": "Hà Nội, ngày 14 tháng 3 năm 2023",
        "about": "V/v thay mật khẩu mặc định",
        "greeting": "Kính gửi: Bệnh viện Mẫu",
        "body": "Cục yêu cầu thực hiện:\n1. Thay mật khẩu.\n2. Báo cáo.",
        "closing": "Nơi nhận:\n- Như trên;\n- Lưu: VT.\n\nCỤC TRƯỞNG\n\nTrần Văn Mẫu",
    } | changed
    return "\n\n".join(part for part in parts.values() if part)


@pytest.mark.parametrize(
    ("printed", "number", "symbol"),
    [
        ("Số: *KA/7T* /CNTT-YTĐT", None, "CNTT-YTĐT"),
        ("Số: l4b /CNTT-YTĐT", None, "CNTT-YTĐT"),
        ("Số: 674 /CNTT-YTĐT", "674", "CNTT-YTĐT"),
        ("Số: 66 / CNTT - YTĐT & nbsp ;", "66", "CNTT-YTĐT"),
        ("Số:\n\n512/CNTT-YTĐT", "512", "CNTT-YTĐT"),
        ("Số :512/CNTT–YTĐT", "512", "CNTT-YTĐT"),
        ("Số: 5 12/CNTT-YTĐT", "512", "CNTT-YTĐT"),
        ("Số: ....../CNTT-YTĐT", None, "CNTT-YTĐT"),
        ("Số:          /CNTT-YTĐT", None, "CNTT-YTĐT"),
        ("SỐ: 512/CNTT-YTĐT", "512", "CNTT-YTĐT"),
    ],
)
def test_oddity_1_a_number_with_gaps_is_read_and_an_unreadable_one_is_null(printed, number, symbol):
    document = read(letter(number=printed))
    assert (document.number, document.symbol) == (number, symbol)
    assert (number is None) == any("số" in warning for warning in document.warnings)


@pytest.mark.parametrize("printed", ["BT/TTT-CATTT", "BTTT-CATTT"])
def test_oddity_1_a_misread_symbol_is_the_one_that_the_file_cites_or_knows(printed):
    text = letter(number=f"Số: 2465 /{printed}", bodies="BỘ THÔNG TIN VÀ TRUYỀN THÔNG")
    assert read(text.replace("Thay mật khẩu.", "Theo Công văn số 9/BTTTT-CATTT.")).symbol in {"BTTTT-CATTT", printed}
    assert read(letter(number="Số: 2465 /BT/TTT-CATTT", bodies="BỘ THÔNG TIN VÀ TRUYỀN THÔNG")).symbol == "BTTTT-CATTT"


@pytest.mark.parametrize(
    "head",
    [
        "BỘ Y TẾ CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nCỤC CÔNG NGHỆ THÔNG TIN Độc lập - Tự do - Hạnh phúc\nSố: 318/CNTT-YTĐT Hà Nội, ngày 14 tháng 3 năm 2023",  # noqa: E501  # test data
        "BỘ Y TẾ          CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nCỤC CÔNG NGHỆ THÔNG TIN\t\tĐộc lập - Tự do - Hạnh phúc\nSố: 318/CNTT-YTĐT        Hà Nội, ngày 14 tháng 3 năm 2023",  # noqa: E501  # test data
    ],
)
def test_oddity_2_two_columns_on_one_line_are_told_apart(head):
    document = read(letter(bodies=head, motto="", number="", when=""))
    assert (document.number, document.place, document.date) == ("318", "Hà Nội", date(2023, 3, 14))
    assert (document.issuer, document.parent_issuer) == ("Cục Công nghệ thông tin", "Bộ Y tế")


@pytest.mark.parametrize("title", ["BÁO CÁO", "TÓM TẮT"])
def test_oddity_2_a_report_on_one_line_is_unfolded(title):
    sentence = "Trong tuần, các cơ quan ghi nhận nhiều lượt dò quét và đã xử lý theo quy trình. " * 4
    text = (
        "12 1 BỘ THÔNG TIN VÀ TRUYỀN THÔNG CỤC AN TOÀN THÔNG TIN CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM "
        f"Độc lập - Tự do - Hạnh phúc Số: 52/BC-CATTT Hà Nội, ngày 18 tháng 12 năm 2018 {title} Tình hình an toàn mạng "
        f"trong tuần 50/2018 (từ ngày 10/12/2018 đến ngày 16/12/2018) 1. Điểm tin 1.1. {sentence} 2. Thống kê {sentence}"  # noqa: E501  # test data
    )
    document = read(text)
    assert (document.kind, document.number, document.symbol) == ("bao_cao", "52", "BC-CATTT")
    assert document.subject == "Tình hình an toàn mạng trong tuần 50/2018 (từ ngày 10/12/2018 đến ngày 16/12/2018)"
    assert [clause.label for clause in document.clauses] == ["1", "1.1", "2"]


@pytest.mark.parametrize(
    "head",
    [
        "ỦY\nBAN NHÂN DÂN |\nCỘNG\nHÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM |\nSố: 318/KH-UBND |\nKon Tum, ngày 14 tháng 3 năm 2023 |",  # noqa: E501  # test data
        "ỦY BAN NHÂN\nDÂN TỈNH KON TUM\n|\nCỘNG HÒA XÃ\nHỘI CHỦ NGHĨA VIỆT NAM\n|\n|\nSố: 318/KH-UBND\n|\nKon Tum,\nngày 14 tháng 3 năm 2023\n|",  # noqa: E501  # test data
        "| ỦY BAN NHÂN DÂN | CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM |\n| TỈNH KON TUM | Độc lập - Tự do - Hạnh phúc |\n|---|---|\n| Số: 318/KH-UBND | Kon Tum, ngày 14 tháng 3 năm 2023 |",  # noqa: E501  # test data
    ],
)
def test_oddity_3_pipes_and_broken_header_words_hide_nothing(head):
    document = read(f"{head}\nKẾ HOẠCH\nThay thiết bị mạng\nCăn cứ Luật An ninh mạng;\n1. Thực hiện.")
    assert (document.issuer, document.kind, document.number) == ("Ủy ban nhân dân tỉnh Kon Tum", "ke_hoach", "318")
    assert (document.place, document.date) == ("Kon Tum", date(2023, 3, 14))
    assert document.subject == "Thay thiết bị mạng"


@pytest.mark.parametrize(
    ("bodies", "issuer"),
    [
        ("B THÔNG TIN VÀ TRUYN THÔNG", "Bộ Thông tin và Truyền thông"),
        ("TRUNG TÂM ỨNG CU KHN CP MÁY TÍNH VIT NAM", "Trung tâm Ứng cứu khẩn cấp máy tính Việt Nam"),
        ("CC AN TOÀN THÔNG TIN", "Cục An toàn thông tin"),
        ("Y BAN NHN DÂN\nTNH KHÁNH HÒA", "Ủy ban nhân dân tỉnh Khánh Hòa"),
    ],
)
def test_oddity_4_a_known_body_with_dropped_letters_is_restored(bodies, issuer):
    assert read(letter(bodies=bodies)).issuer == issuer


@pytest.mark.parametrize("greeting", ["Kính gi: Bệnh viện Mẫu", "Knh gửi: Bệnh viện Mẫu", "KÍNH GỬI: Bệnh viện Mẫu"])
def test_oddity_4_keywords_with_dropped_letters_are_found(greeting):
    document = read(letter(greeting=greeting, closing="Ni nhận:\n- Nhu trên;\n- Lưu: VT."))
    assert document.addressees == ("Bệnh viện Mẫu",)
    assert len(document.recipients) == 2


def test_oddity_4_free_text_with_dropped_letters_stays_as_printed():
    assert read(letter(about="V/v ngăn chặn kết ni máy ch độc hại")).subject == "ngăn chặn kết ni máy ch độc hại"


@pytest.mark.parametrize(
    ("printed", "mended"),
    [
        ("Xử lý thi ệt hại theo quy đ ịnh pháp lu ật.", "Xử lý thiệt hại theo quy định pháp luật."),
        ("Khắc ph ục s ự c ố trên h ệ thống.", "Khắc phục sự cố trên hệ thống."),
    ],
)
def test_oddity_5_spaces_inside_words_are_mended(printed, mended):
    assert read(letter(body=f"1. {printed}\n2. Báo cáo.")).clauses[0].text == mended


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (["Các Tổng cục, Cục thuộc Bộ", "Sở Y tế các tỉnh", "Công ty Mẫu (CPM)"], 3),
        (["Ủy ban nhân dân các xã, phường, đặc khu trên địa bàn", "Các doanh nghiệp viễn thông", "Đài Mẫu"], 3),
        (["Các bệnh viện trực thuộc", "Bộ Y tế và các", "Sở Y tế"], 1),
        (["Các bệnh viện"], 1),
    ],
)
@pytest.mark.parametrize("body", ["Bộ yêu cầu các đơn vị:", "Thực hiện Công điện số 1/CĐ-TTg, Bộ yêu cầu:"])
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_names_a_line_without_marks_are_addressees_each(lines, names, body, gap):
    head = letter(greeting="Kính gửi:\n" + "\n".join(lines), body="").partition("\n\nNơi nhận")
    document = read(f"{head[0]}{gap}{body}\n1. Thay mật khẩu.\n\nNơi nhận{head[2]}")
    assert document.addressees == (tuple(lines) if names > 1 else (" ".join(lines),))
    assert (document.confidence["addressees"] < 0.9) == (names > 1)
    assert [clause.text for clause in document.clauses] == ["Thay mật khẩu."]


def broken(words: str) -> list[str]:
    """The words with a blank before one marked vowel that follows a consonant, as PDF text layers part them."""
    places = [
        place
        for place in range(1, len(words))
        if not words[place].isascii() and words[place].lower() != "đ" and words[place - 1].lower() in "bcdđghklmnprstvx"
    ]
    return [f"{words[:place]} {words[place:]}" for place in places]


@pytest.mark.parametrize(
    ("part", "whole"),
    [
        ("bodies", "BỘ Y TẾ\nCỤC CÔNG NGHỆ THÔNG TIN"),
        ("motto", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc"),
        ("number", "Số: 318/CNTT-YTĐT"),
        ("when", "Hà Nội, ngày 14 tháng 3 năm 2023"),
        ("greeting", "Kính gửi: Bệnh viện Mẫu"),
        (
            "closing",
            "Nơi nhận:\n- Như trên;\n- Bộ trưởng (để b/c);\n\nKT. CỤC TRƯỞNG\nPHÓ CỤC TRƯỞNG\n\nTrần Văn Mẫu",
        ),
    ],
)
def test_oddity_5_spaces_inside_the_words_of_the_grammar_change_no_field(part, whole):
    meant = read(letter(**{part: whole}))
    assert len(broken(whole)) > 0
    for printed in broken(whole):
        document = read(letter(**{part: printed}))
        for field in ("kind", "number", "symbol", "issuer", "place", "date", "addressees", "recipients", "signer"):
            assert getattr(document, field) == getattr(meant, field), (printed, field)


def test_oddity_5_a_letter_that_a_text_layer_gave_twice_hides_no_list_of_recipients():
    document = read(letter(closing="Nơi nh ơ ận:\n- Như trên;\n- Lưu: VT.\n\nCỤC TRƯỞNG\n\nTrần Văn Mẫu"))
    assert [recipient.name for recipient in document.recipients] == ["Như trên", "Lưu: VT"]


@pytest.mark.parametrize("order", ["Bộ trưởng yêu cầu:", "Bộ trưởng Bộ Y tế chỉ thị các đơn vị:"])
def test_the_sentence_that_opens_the_measures_is_no_part_of_the_subject(order):
    head = letter(number="Số: 15/CT-BYT", about="", greeting="CHỈ THỊ\nVề việc tăng cường bảo đảm an toàn", body="")
    document = read(head.replace("bảo đảm an toàn\n\n", f"bảo đảm an toàn\n{order}\n1. Rà soát.\n\n"))
    assert (document.kind, document.subject) == ("chi_thi", "tăng cường bảo đảm an toàn")
    assert [clause.text for clause in document.clauses] == ["Rà soát."]


@pytest.mark.parametrize(
    "furniture", ["CÔNG BÁO/Số 35/Ngày 21-01-2026 40", "40 CÔNG BÁO/Số 35 + 36/Ngày 21-01-2026", "Trang 3/12", "- 4 -"]
)
def test_oddity_5_page_furniture_is_no_text(furniture):
    (first, second) = read(letter(body=f"1. Thay mật khẩu\n{furniture}\ncủa máy chủ.\n2. Báo cáo.")).clauses
    assert first.text == "Thay mật khẩu của máy chủ."
    assert second.label == "2"


@pytest.mark.parametrize(
    "greeting",
    [
        "Kính gửi:\n\n- C\nác bệnh viện trực thuộc;\n- Các viện nghiên cứu\nthuộc Bộ.",
        "Kính gửi:\n- Các bệnh viện\ntrực thuộc;\n- Các viện nghiên cứu thuộc\nBộ.",
    ],
)
def test_oddity_6_wrapped_addressees_are_joined(greeting):
    assert read(letter(greeting=greeting)).addressees == ("Các bệnh viện trực thuộc", "Các viện nghiên cứu thuộc Bộ")


@pytest.mark.parametrize(
    ("printed", "cited"),
    [
        ("Căn cứ Nghị định số 72/2013/NĐ-CP\nngày 15/7/2013 của Chính phủ;", "72/2013/NĐ-CP"),
        ("Căn cứ Nghị định số\n72/2013/NĐ-CP ngày 15/7/2013;", "72/2013/NĐ-CP"),
        ("Thực hiện Công văn số 900/BYT-\nCNTT ngày 01/3/2023;", "900/BYT-CNTT"),
    ],
)
def test_oddity_6_wrapped_references_are_whole(printed, cited):
    assert read(letter(body=f"{printed}\n1. Thực hiện.")).references == (cited,)


@pytest.mark.parametrize("number", ["Số: 318/CNTT-YTĐT", "Số: 318/CNTT-YTĐT |"])
def test_oddity_7_a_missing_subject_is_null(number):
    document = read(letter(about="", number=number))
    assert (document.subject, document.kind) == (None, "cong_van")


@pytest.mark.parametrize("symbol", ["KH-UBND", "BC-CATTT", "QĐ-BTTTT", "CT-UBND"])
def test_oddity_7_a_missing_type_is_told_by_the_symbol(symbol):
    kinds = {"KH": "ke_hoach", "BC": "bao_cao", "QĐ": "quyet_dinh", "CT": "chi_thi"}
    text = letter(
        number=f"Số: 7/{symbol}",
        about="BẢO ĐẢM AN TOÀN THÔNG TIN NĂM 2023",
        greeting="",
        body="Căn cứ Luật An ninh mạng;\n1. Làm.",
    )
    document = read(text)
    assert (document.kind, document.subject) == (kinds[symbol[:2]], "BẢO ĐẢM AN TOÀN THÔNG TIN NĂM 2023")


@pytest.mark.parametrize(
    "about", ["V/v thay mật khẩu", "V/v: thay mật khẩu", "v/v thay mật khẩu", "V/v\nthay mật khẩu"]
)
def test_oddity_7_the_subject_stands_without_its_lead(about):
    assert read(letter(about=about)).subject == "thay mật khẩu"


@pytest.mark.parametrize(
    ("greeting", "names"),
    [
        ("Kính gửi: Bệnh viện Mẫu", ("Bệnh viện Mẫu",)),
        ("Kính gửi: Bệnh viện Mẫu.", ("Bệnh viện Mẫu",)),
        ("Kính gửi:\n- Bệnh viện Một;\n- Bệnh viện Hai.", ("Bệnh viện Một", "Bệnh viện Hai")),
        ("Kính gửi:\nBệnh viện Một;\nBệnh viện Hai.", ("Bệnh viện Một", "Bệnh viện Hai")),
        ("Kính gửi: Bệnh viện Một; Bệnh viện Hai", ("Bệnh viện Một", "Bệnh viện Hai")),
        ("Kính gửi: |\n- Bệnh viện Một; |\n- Bệnh viện Hai. |", ("Bệnh viện Một", "Bệnh viện Hai")),
        ("Kính gửi:\n|\n-\nBệnh viện Một;\n- Bệnh viện Hai.", ("Bệnh viện Một", "Bệnh viện Hai")),
        ("Kính gửi: - Bệnh viện Một;\n- Bệnh viện Hai;", ("Bệnh viện Một", "Bệnh viện Hai")),
    ],
)
def test_oddity_8_addressees_in_every_arrangement(greeting, names):
    assert read(letter(greeting=greeting)).addressees == names


def test_oddity_8_a_long_sentence_after_a_list_cut_short_is_the_body():
    body = "Cục Công nghệ thông tin nhận được công văn 56/CATTT-NCSC ngày 12/01/2022 về lỗ hổng bảo mật trong các sản phẩm, nay yêu cầu các đơn vị thực hiện ngay."  # noqa: E501  # test data
    assert read(letter(greeting="Kính gửi: | - Vụ, Cục; |", body=f"{body}\n1. Vá.")).addressees == ("Vụ, Cục",)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("Hà Nội, ngày 07 tháng 04 năm 2024", date(2024, 4, 7)),
        ("Hà Nội, ngày *22* tháng *4* năm 2024", date(2024, 4, 22)),
        ("Hà Nội, ngày 22/4/2024", date(2024, 4, 22)),
        ("Hà Nội, ngày 22-4-2024", date(2024, 4, 22)),
        ("Hà Nội , ngày 22 tháng 4 năm 2024", date(2024, 4, 22)),
        ("Hà Nội, ngày\n22 tháng 4 năm 2024", date(2024, 4, 22)),
        ("Hà Nội,\nngày 22 tháng 4 năm 2024", date(2024, 4, 22)),
        ("Hà\nNội, ngày 22 tháng 4 năm 2024", date(2024, 4, 22)),
    ],
)
def test_oddity_9_dates_in_every_shape(when, expected):
    document = read(letter(when=when))
    assert (document.place, document.date) == ("Hà Nội", expected)


@pytest.mark.parametrize("when", ["Hà Nội, ngày    tháng 4 năm 2024", "Hà Nội, ngày … tháng … năm 2024"])
def test_oddity_9_a_blank_day_is_null_with_its_raw_text(when):
    document = read(letter(when=when))
    assert document.date is None
    assert any("ngày" in warning for warning in document.warnings)


@pytest.mark.parametrize("when", ["Hà Nội, ngày 31 tháng 02 năm 2024", "Hà Nội, ngày 45 tháng 4 năm 2024"])
def test_oddity_9_a_day_that_does_not_exist_is_null(when):
    assert read(letter(when=when)).date is None


@pytest.mark.parametrize(
    "motto", ["Độc lập – Tự do – Hạnh phúc", "Độc lập-Tự do-Hạnh phúc", "Độc lập — Tự do — Hạnh phúc"]
)
def test_oddity_9_any_dash_parts_the_motto(motto):
    document = read(letter(motto=f"CỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM\n{motto}"))
    assert document.issuer == "Cục Công nghệ thông tin"


@pytest.mark.parametrize(
    ("printed", "cited"),
    [
        ("1465/BTTTT-CATTT", "1465/BTTTT-CATTT"),
        ("47/2023/QĐ-UBND", "47/2023/QĐ-UBND"),
        ("116/2025/QH15", "116/2025/QH15"),
        ("28-CT/TW", "28-CT/TW"),
        ("352-QĐ/TU", "352-QĐ/TU"),
        ("01-QĐ/BCĐCĐS", "01-QĐ/BCĐCĐS"),
        ("169/TTr- STTTT", "169/TTr-STTTT"),
        ("56 /CATTT-NCSC", "56/CATTT-NCSC"),
        ("06- CT/TW", "06-CT/TW"),
        ("36a/NQ-CP", "36a/NQ-CP"),
        ("144/VNCERT-ĐPƯCvề", "144/VNCERT-ĐPƯC"),
        ("30/2000/PL-UBTVQH10", "30/2000/PL-UBTVQH10"),
        ("1180/EVN-VTCNTT+AT", "1180/EVN-VTCNTT+AT"),
    ],
)
def test_oddity_10_references_in_three_grammars_with_stray_spaces(printed, cited):
    assert read(letter(body=f"Thực hiện văn bản số {printed} của cấp trên:\n1. Làm.")).references == (cited,)


def test_oddity_10_references_stand_in_the_order_of_the_text_each_once_without_the_own_number():
    body = "Theo 9/BYT-VP, 28-CT/TW, 9/BYT-VP và 318/CNTT-YTĐT:\n1. Theo 5/KH-UBND."
    assert read(letter(body=body)).references == ("9/BYT-VP", "28-CT/TW", "5/KH-UBND")


@pytest.mark.parametrize("mark", ["{}", "**{}**"])
def test_oddity_11_the_tree_of_clauses(mark):
    body = f"I. CHUNG\n{mark.format('1. Rà soát:')}\na) Một\nb) Hai\nc) Ba\nd) Bốn\nđ) Năm\ne) Sáu\ng) Bảy\n- gạch\nh) Tám\n{mark.format('2. Vá:')}\na) Một\n3. Báo cáo\nII. RIÊNG\n1. Trực"  # noqa: E501  # test data
    assert [clause.label for clause in read(letter(body=body)).clauses] == [
        "I", "I.1", "I.1.a", "I.1.b", "I.1.c", "I.1.d", "I.1.đ", "I.1.e", "I.1.g", "I.1.h", "I.2", "I.2.a", "I.3", "II",
        "II.1",
    ]  # fmt: skip


@pytest.mark.parametrize("stray", ["24/7 là chế độ trực.", "2024 là năm đầu.", "192.0.2.7 là địa chỉ."])
def test_oddity_11_a_line_that_begins_with_a_stray_number_is_no_clause(stray):
    assert [clause.label for clause in read(letter(body=f"1. Làm\n{stray}\n2. Báo")).clauses] == ["1", "2"]


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Báo cáo về Trung tâm Thông tin y tế (đ/c Nguyễn Trường Nam; ĐT: {})", "đ/c Nguyễn Trường Nam"),
        (
            "Vướng mắc liên hệ đồng chí Trần Văn Mẫu, công chức Phòng Văn hóa - Xã hội, số điện thoại: {}",
            "đồng chí Trần Văn Mẫu, công chức Phòng Văn hóa - Xã hội",
        ),
        ("Gửi về Công an tỉnh (qua Phòng PA05), ĐT {}", "Phòng PA05"),
        ("Gửi về Cục (qua Phòng Mẫu (tầng 2)), ĐT {}", "Phòng Mẫu (tầng 2)"),
        ("Báo về Phòng Tổ chức Hành chính (SĐT: {})", "Phòng Tổ chức Hành chính"),
        ("Liên hệ Cục Mẫu, qua Trung tâm Mẫu, điện thoại {}", "Trung tâm Mẫu"),
        ("Trung tâm Mẫu, ông Trần Văn Mẫu, điện thoại {}", "Trung tâm Mẫu, ông Trần Văn Mẫu"),
        ("Bà Trần Thị Mẫu, điện thoại {}", "Bà Trần Thị Mẫu"),
    ],
)
def test_the_one_to_turn_to_is_named_whole(said, name):
    (contact,) = read(letter(body=f"1. {said.format('0980 000 123')}.")).contacts
    assert (contact.name, contact.phones) == (name, ("0980000123",))


@pytest.mark.parametrize(
    "said", ["có 1900 5454 máy", "năm 1900 2000 người", "hotline 1900 54541", "hotline 19005454131"]
)
def test_a_number_that_is_no_hotline_is_no_telephone(said):
    assert read(letter(body=f"1. Đơn vị {said}.")).contacts == ()


@pytest.mark.parametrize(
    ("printed", "digits"),
    [
        ("024.3640.0421", "02436400421"), ("086.9100.017", "0869100017"), ("02432090616", "02432090616"),
        ("0389000878", "0389000878"), ("(024) 3640 0421", "02436400421"), ("+84 24 3640 0421", "02436400421"),
        ("098-000-0123", "0980000123"), ("1900 545413", "1900545413"), ("1900 54 54 13", "1900545413"),
        ("18001234", "18001234"),
    ],
)  # fmt: skip
def test_oddity_12_phones_in_every_shape_are_digits(printed, digits):
    body = f"1. Làm.\nLiên hệ Trung tâm Mẫu, điện thoại {printed}, thư điện tử IR@Example.VN."
    (contact,) = read(letter(body=body)).contacts
    assert (contact.phones, contact.emails) == ((digits,), ("ir@example.vn",))


@pytest.mark.parametrize(
    ("printed", "role"),
    [
        ("- Các sở (p/h);", "coordinate"), ("- Cổng thông tin (VBĐT);", "electronic_copy"), ("- Bộ trưởng (đề b/c);", "report"),  # noqa: E501  # test data
        ("- Bộ trưởng (để b/c);", "report"), ("- Như trên;", "as_addressed"), ("- Lưu: VT, CATT. PTA.", "archive"),
        ("- Lưu: VT, CĐS (2b).", "archive"), ("- Các phòng (để t/h);", "implement"), ("- Ban Mẫu (để p/h);", "coordinate"),  # noqa: E501  # test data
        ("- Báo Mẫu (để biết);", "inform"), ("- Thứ trưởng (để báo cáo);", "report"), ("- Báo Mẫu;", None),
        ("- Ban Bí thư (báo cáo),", "report"), ("- Ban GĐ (b/cáo);", "report"), ("- Bộ Mẫu (phối hợp);", "coordinate"),
        ("- Các sở (thực hiện);", "implement"), ("- VP UBND tỉnh (để theo dõi);", "inform"),
        ("- Ban báo cáo (số 2);", None),
    ],
)  # fmt: skip  # test data
def test_oddity_13_recipients_have_their_roles(printed, role):
    document = read(letter(closing=f"Nơi nhận:\n{printed}\n\nCỤC TRƯỞNG\n\nTrần Văn Mẫu"))
    assert document.recipients[0].role == role
    assert role in (None, "archive") or "(" not in document.recipients[0].name
    assert document.recipients[0].printed == printed.strip("-;,. ")


@pytest.mark.parametrize(
    ("block", "authority", "title"),
    [
        ("TL.CHỦ TỊCH\nCHÁNH VĂN PHÒNG\n\nTrần Văn Mẫu", "TL. CHỦ TỊCH", "CHÁNH VĂN PHÒNG"),
        ("KT. BỘ TRƯỞNG\nTHỨ TRƯỞNG\n(Đã ký)\nTrần Văn Mẫu", "KT. BỘ TRƯỞNG", "THỨ TRƯỞNG"),
        ("TM.\nỦY BAN NHÂN DÂN TỈNH\nKT. CHỦ TỊCH\nPHÓ CHỦ TỊCH\nTrần Văn Mẫu", "TM. ỦY BAN NHÂN DÂN TỈNH / KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"),  # noqa: E501  # test data
        ("CỤC TRƯỞNG\n\nTrần Văn Mẫu", None, "CỤC TRƯỞNG"),
        ("BỘ TRƯỞNG, CHỦ NHIỆM\nTrần Văn Mẫu", None, "BỘ TRƯỞNG, CHỦ NHIỆM"),
        ("KT. BỘ TRƯỞNG, CHỦ NHIỆM\nPHÓ CHỦ NHIỆM\nTrần Văn Mẫu", "KT. BỘ TRƯỞNG, CHỦ NHIỆM", "PHÓ CHỦ NHIỆM"),
        ("TRƯỞNG TRẠM\nBS. Trần Văn Mẫu", None, "TRƯỞNG TRẠM"),
        ("TRƯỞNG KHOA\nTS.BS Trần Văn Mẫu", None, "TRƯỞNG KHOA"),
        ("KT. CỤC TRƯNG\nPHÓ CC TRƯỞNG\nTrần Văn Mẫu", "KT. CỤC TRƯNG", "PHÓ CC TRƯỞNG"),
    ],
)  # fmt: skip  # test data
@pytest.mark.parametrize("is_first", [True, False])
def test_oddity_14_the_signer_stands_before_or_after_the_recipients(block, authority, title, is_first):
    recipients = "Nơi nhận:\n- Như trên;\n- Lưu: VT."
    document = read(letter(closing=f"{block}\n\n{recipients}" if is_first else f"{recipients}\n\n{block}"))
    assert document.signer == congvan.Signer(authority, title, "Trần Văn Mẫu")
    assert len(document.recipients) == 2


@pytest.mark.parametrize("end", ["./.", ")/.", " /."])
def test_oddity_14_an_end_mark_is_no_clause_text_of_its_own(end):
    assert len(read(letter(body=f"1. Làm.\n2. Báo cáo{end}")).clauses) == 2


@pytest.mark.parametrize("has_header", [True, False])
def test_oddity_15_cover_letter_and_attachment_are_two_documents(has_header):
    cover = letter(
        bodies="ỦY BAN NHÂN DÂN\nTỈNH SƠN LA", number="Số: 88/UBND-KT", when="Sơn La, ngày 20 tháng 3 năm 2023",
        body="Ủy ban nhân dân tỉnh chuyển Công văn số 318/CNTT-YTĐT của Cục Công nghệ thông tin để thực hiện./.",
    )  # fmt: skip
    attached = letter() if has_header else letter(bodies="", motto="")
    first, second = congvan.read(f"{cover}\n\n{attached}", WORDS)
    assert (first.number, first.issuer) == ("88", "Ủy ban nhân dân tỉnh Sơn La")
    assert (second.number, second.symbol, second.date) == ("318", "CNTT-YTĐT", date(2023, 3, 14))
    assert [clause.label for clause in second.clauses] == ["1", "2"]


@pytest.mark.parametrize("bullet", ["- ", "• "])
def test_oddity_16_a_monthly_list_without_numbers_gives_its_vulnerabilities(bullet):
    body = f"Các lỗ hổng bảo mật có mức ảnh hưởng Nghiêm trọng:\n{bullet}CVE-2023-10002 trong máy chủ in.\nCác lỗ hổng bảo mật có mức ảnh hưởng Cao:\n{bullet}03 lỗ hổng CVE-2023-10001, CVE 2023-10003, CVE–2023–10004 trong trình duyệt."  # noqa: E501  # test data
    document = read(letter(body=body))
    assert document.cves == ("CVE-2023-10001", "CVE-2023-10002", "CVE-2023-10003", "CVE-2023-10004")
    assert document.clauses == ()


@pytest.mark.parametrize(
    ("phrase", "value"),
    [
        ("trước ngày 23/10/2023", "2023-10-23"),
        ("trước ngày 30/9", "2023-09-30"),
        ("trước ngày 01/02", "2024-02-01"),
        ("chậm nhất ngày 15 tháng 6 năm 2023", "2023-06-15"),
        ("trước 17 giờ 00 ngày 20/3/2023", "2023-03-20"),
        ("chậm nhất 05 ngày kể từ khi phát hiện sự cố", "P5D from event"),
        ("trong vòng 24 giờ kể từ khi nhận được Email này", "PT24H from receipt"),
        ("trong thời hạn 10 ngày làm việc kể từ ngày ký", "P10D working from issue"),
        ("trước ngày 20 tháng 12 hằng năm", "yearly 12-20"),
        ("hàng tháng hoặc đột xuất", "monthly or ad hoc"),
        ("theo chế độ 24/7", "24/7 continuous"),
        ("trước ngày 25 hàng tháng", "monthly 25"),
        ("hoàn thành trong tháng 8 năm 2023", "2023-08-31"),
        ("hoàn thành trong quý III/2023", "2023-09-30"),
        ("ngay khi phát hiện sự cố", "at once"),
    ],
)
def test_deadlines_as_real_documents_word_them(phrase, value):
    (clause,) = read(letter(body=f"1. Đơn vị báo cáo {phrase}.")).clauses
    (deadline,) = clause.deadlines
    assert (deadline.due.isoformat() if deadline.due else deadline.rule) == value
    assert deadline.text in clause.text


@pytest.mark.parametrize(
    ("body", "labels"),
    [
        (
            "I. CHUNG\nĐiều 5. Phạm vi\n1. Một\nII. RIÊNG\nĐiều 6. Đối tượng",
            ["I", "Điều 5", "Điều 5.1", "II", "Điều 6"],
        ),
        ("Điều 1. Ban hành\nI. MỤC TIÊU\n1. Một\nĐiều 2. Thi hành", ["Điều 1", "I", "I.1", "Điều 2"]),
    ],
)
def test_roman_parts_and_articles_may_stand_in_one_document(body, labels):
    assert [clause.label for clause in read(letter(body=body)).clauses] == labels


def test_a_draft_whose_number_is_open_keeps_its_symbol_from_the_line_a_table_moved_it_to():
    text = (
        "VĂN PHÒNG CHÍNH PHỦ\nSố:\n\nCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc\n\n/TTr-VPCP\n\n"
        "Hà Nội, ngày\n\ntháng\n\nnăm 2016\n\nDỰ THẢO\n\nTỜ TRÌNH\nVề dự thảo quy chế\nKính gửi: Chính phủ\n1. Sự cần thiết"  # noqa: E501  # test data
    )
    document = read(text)
    assert (document.kind, document.number, document.symbol) == ("to_trinh", None, "TTr-VPCP")
    assert (document.issuer, document.place, document.date) == ("Văn phòng Chính phủ", "Hà Nội", None)
    assert document.addressees == ("Chính phủ",)


def test_a_letter_whose_head_a_site_has_lost_is_known_by_its_greeting_and_recipients():
    text = "Kính\ngửi: Các bệnh viện trực thuộc\nBộ yêu cầu:\n1. Vá máy chủ.\n2. Báo cáo./.\nNơi nhận:\n- Như trên;\n- Lưu: VT.\n|\nKT.\nBỘ TRƯỞNG\nTHỨ TRƯỞNG\nTrần Văn Mẫu"  # noqa: E501  # test data
    document = read(text)
    assert (document.kind, document.addressees) == ("cong_van", ("Các bệnh viện trực thuộc",))
    assert (document.number, document.issuer, document.date) == (None, None, None)
    assert document.signer == congvan.Signer("KT. BỘ TRƯỞNG", "THỨ TRƯỞNG", "Trần Văn Mẫu")
    assert document.confidence["kind"] < 0.9


def test_a_table_of_properties_without_colons_is_read():
    text = "CỤC MẪU QUẢN TRỊ TRANG\nSố hiệu 86/2015/QH13\nTrích yếu nội dung Luật An toàn thông tin mạng\nNgày ban hành 19/11/2015\nNgày hiệu lực 01/07/2016\nHình thức văn bản Luật\nCơ quan ban hành Quốc hội\nNgười ký duyệt Trần Văn Mẫu"  # noqa: E501  # test data
    document = read(text)
    assert (document.kind, document.number, document.symbol) == ("luat", "86/2015", "QH13")
    assert (document.issuer, document.date) == ("Quốc hội", date(2015, 11, 19))
    assert document.subject == "Luật An toàn thông tin mạng"


@pytest.mark.parametrize("stamp", ["DỰ THẢO", "HỎA TỐC", "KHẨN", "MẬT", "SAO Y"])
def test_a_stamp_in_the_head_is_no_part_of_the_issuer(stamp):
    assert (
        read(letter(bodies=f"{stamp}\nBỘ Y TẾ\nCỤC CÔNG NGHỆ THÔNG TIN\n{stamp}")).issuer == "Cục Công nghệ thông tin"
    )


@pytest.mark.parametrize("end", ["./.", "/.", ".", " ./."])
def test_the_mark_that_closes_a_letter_is_no_part_of_an_addressee_or_a_subject(end):
    assert read(letter(greeting=f"Kính gửi: Các sở, ngành thành phố{end}")).addressees == ("Các sở, ngành thành phố",)
    assert read(letter(about=f"V/v thay mật khẩu{end}")).subject == "thay mật khẩu"


@pytest.mark.parametrize(
    "place", ["{about}          {stamp}\n{more}", "{about} {stamp}\n{more}", "{about}\n{stamp}\n{more}"]
)
@pytest.mark.parametrize(
    ("stamp", "urgency", "secrecy"),
    [
        ("HỎA TỐC", "hoa_toc", None), ("THƯỢNG KHẨN", "thuong_khan", None), ("KHẨN", "khan", None),
        ("[HỎA TỐC]", "hoa_toc", None), ("HỎA TỐC HẸN GIỜ", "hoa_toc", None), ("MẬT", None, "mat"),
    ],
)  # fmt: skip
def test_a_stamp_beside_the_subject_is_no_part_of_it(place, stamp, urgency, secrecy):
    document = read(letter(about=place.format(about="V/v thay mật khẩu", stamp=stamp, more="trên địa bàn tỉnh")))
    assert document.subject == "thay mật khẩu trên địa bàn tỉnh"
    assert (document.urgency, document.confidentiality) == (urgency, secrecy)


def test_a_title_in_capitals_that_ends_in_the_word_of_a_stamp_is_no_stamp():
    text = letter(number="Số: 3/KH-BYT", about="KẾ HOẠCH\nBẢO VỆ BÍ MẬT", greeting="", body="1. Làm.")
    assert (read(text).subject, read(text).confidentiality) == ("BẢO VỆ BÍ MẬT", None)


@pytest.mark.parametrize(
    ("printed", "address"),
    [
        ("ais @mic.example.vn", "ais@mic.example.vn"), ("ais@ mic.example.vn", "ais@mic.example.vn"),
        ("ais@mic .gov.vn", "ais@mic.gov.vn"), ("ais@mic.gov. vn", "ais@mic.gov.vn"), ("ais@mic", None), ("ais@", None),
    ],
)  # fmt: skip
def test_a_broken_address_is_joined_or_left_out_and_said(printed, address):
    document = read(letter(body=f"1. Liên hệ Trung tâm Mẫu, điện thoại 024.3640.4421, thư điện tử: {printed}"))
    assert document.contacts == (congvan.Contact("Trung tâm Mẫu", ("02436404421",), (address,) if address else ()),)
    assert any(f"{printed}”" in warning for warning in document.warnings)
    assert document.confidence["contacts"] < 0.9


@pytest.mark.parametrize("printed", ["ais@mic.gov.vn", "ais@mic.gov.vn. Vn", "ais@mic.gov.vn. Đơn vị"])
def test_a_whole_address_is_taken_as_it_is(printed):
    document = read(letter(body=f"1. Liên hệ Trung tâm Mẫu, thư điện tử: {printed}"))
    assert document.contacts[0].emails == ("ais@mic.gov.vn",)
    assert document.warnings == ()


@pytest.mark.parametrize(
    ("printed", "place"),
    [
        ("Hà Ni", "Hà Nội"), ("H Ni", "Hà Nội"), ("Đà Nng", "Đà Nẵng"), ("TP. H Chí Minh", "TP. Hồ Chí Minh"),
        ("Hà Tiên", "Hà Tiên"), ("Hà Tin", "Hà Tin"), ("Nha Trang", "Nha Trang"), ("Hà Nội", "Hà Nội"),
    ],
)  # fmt: skip
def test_oddity_4_a_place_that_lost_accented_letters_is_restored_and_said(printed, place):
    document = read(letter(when=f"{printed}, ngày 14 tháng 3 năm 2023"))
    assert document.place == place
    assert any(f"“{printed}”" in warning for warning in document.warnings) == (printed != place)
    assert (document.confidence["place"] >= 0.9) == (printed == "Hà Nội")


def test_oddity_2_a_signature_merged_into_the_recipients_is_parted_from_them():
    document = read(
        letter(
            closing="Nơi nhận: GIÁM ĐỐC\n- Như đề gửi; (đã ký)\n- Ban Giám đốc (để b/c);\n- Lưu: VT, CNTT. Trần Văn Mẫu"
        )
    )
    assert [(one.name, one.role) for one in document.recipients] == [
        ("Như đề gửi", "as_addressed"),
        ("Ban Giám đốc", "report"),
        ("Lưu: VT, CNTT", "archive"),
    ]
    assert (document.signer.title, document.signer.name) == ("GIÁM ĐỐC", "Trần Văn Mẫu")


def test_oddity_2_a_wire_on_one_line_keeps_its_addressees():
    wire = letter(
        bodies="THỦ TƯỚNG CHÍNH PHỦ",
        number="Số: 33/CĐ-TTg",
        about="CÔNG ĐIỆN\nVỀ VIỆC BẢO ĐẢM AN TOÀN THÔNG TIN",
        greeting="THỦ TƯỚNG CHÍNH PHỦ điện:\n- Các Bộ, cơ quan ngang Bộ;\n- Ủy ban nhân dân các tỉnh.",
    )
    document = read(" ".join(wire.split()))
    assert (document.kind, document.subject) == ("cong_dien", "BẢO ĐẢM AN TOÀN THÔNG TIN")
    assert document.addressees == ("Các Bộ, cơ quan ngang Bộ", "Ủy ban nhân dân các tỉnh")


def test_oddity_3_line_breaks_of_a_web_table_part_lines():
    document = read(
        letter(closing="| Nơi nhận:<br>- Như trên;<br>- Lưu: VT. | KT. CỤC TRƯỞNG<br/>PHÓ CỤC TRƯỞNG<br>Trần Văn Mẫu |")
    )
    assert [one.role for one in document.recipients] == ["as_addressed", "archive"]
    assert (document.signer.authority, document.signer.name) == ("KT. CỤC TRƯỞNG", "Trần Văn Mẫu")


def test_oddity_4_an_archive_that_lost_its_letter_is_the_archive():
    assert read(letter(closing="Nơi nhận:\n- Như trên;\n- Lu: VT.")).recipients[-1].role == "archive"


def test_oddity_1_the_end_of_a_number_with_a_gap_is_no_reference():
    assert read(letter(number="Số: 12 07 /CNTT-YTĐT")).references == ()


def test_oddity_12_an_address_written_against_collectors_is_read():
    document = read(letter(body="Đề nghị:\n1. Báo cáo về Phòng Mẫu, email: attt [at] byt.example, ĐT 024.3640.4421."))
    assert document.contacts[0].emails == ("attt@byt.example",)


@pytest.mark.parametrize(
    ("printed", "due"),
    [
        ("Thời gian hoàn thành: Quý I/2024", date(2024, 3, 31)),
        ("Thời hạn: tháng 9 năm 2023", date(2023, 9, 30)),
        ("Thời gian thực hiện: năm 2024", date(2024, 12, 31)),
        ("Hoàn thành trong năm 2023", date(2023, 12, 31)),
        ("Thời hạn hoàn thành: 30/6/2023", date(2023, 6, 30)),
        ("Đã hoàn thành năm 2022", None),
    ],
)
def test_the_times_of_plans_are_deadlines(printed, due):
    document = read(letter(body=f"Cục yêu cầu thực hiện:\n1. Rà soát máy chủ.\n- {printed}.\n2. Báo cáo."))
    assert [deadline.due for deadline in document.clauses[0].deadlines] == ([due] if due else [])


@pytest.mark.parametrize(
    "leave", ["Trân trọng./.", "Trân trọng!", "Xin trân trọng cảm ơn./.", "Trân trọng cảm ơn", "Chân thành cảm ơn./."]
)
def test_how_a_letter_takes_its_leave_is_no_part_of_its_last_measure(leave):
    body = f"1. Rà soát hệ thống.\n2. Liên hệ đầu mối:\n- Trung tâm mẫu, điện thoại 090.0000.102.\n{leave}"
    found = read(letter(body=body))
    assert [clause.label for clause in found.clauses] == ["1", "2"]
    assert found.clauses[-1].text.endswith("090.0000.102.")


def test_a_measure_that_only_begins_with_a_courtesy_keeps_it():
    found = read(letter(body="1. Rà soát.\nTrân trọng đề nghị các đơn vị báo cáo kết quả."))
    assert "Trân trọng đề nghị" in found.clauses[-1].text


@pytest.mark.parametrize(
    "words",
    [
        "Công văn số 2718/BATM-CGS ngày 11/4/2024 của Bộ An toàn mạng về việc thay mật khẩu",
        "Công văn số 2718 /BATM-CGS ngày 11 tháng 4 năm 2024 của Bộ An toàn mạng tại văn bản nêu trên",
        "(Gửi kèm Công văn số 2718/BATM-CGS của Bộ An toàn mạng)",
    ],
)
def test_a_head_that_lost_its_issuer_has_it_from_the_letter_that_passes_it_on_and_stays_doubtful(words):
    cover = letter(body=f"Văn phòng nhận được {words}.")
    passed_on = letter(bodies="", motto="", number="Số: 2718/BATM-CGS", about="V/v tăng cường bảo vệ")
    first, second = congvan.read(f"{cover}\n\n{passed_on}", WORDS)
    assert first.issuer != "Bộ An toàn mạng"
    assert (second.issuer, second.confidence["issuer"]) == ("Bộ An toàn mạng", 0.7)


def test_the_issuer_of_another_document_than_the_one_that_is_cited_is_not_taken():
    cover = letter(body="Văn phòng nhận được Công văn số 12718/BATM-CGS của Bộ An toàn mạng và số 2718/BATM-CGS.")
    passed_on = letter(bodies="", motto="", number="Số: 2718/BATM-CGS", about="V/v tăng cường bảo vệ")
    assert congvan.read(f"{cover}\n\n{passed_on}", WORDS)[1].issuer is None
