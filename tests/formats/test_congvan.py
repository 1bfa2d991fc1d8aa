import json
import random
import time
from datetime import date
from importlib import resources

import pytest

from tests.formats.congvan_generator import DAMAGES, draw
from tests.outer_data import outer_data
from vonggac.formats import congvan
from vonggac.regimes import vocabulary

WORDS = congvan.Vocabulary.from_mapping(vocabulary.load())
FIELDS = ("kind", "number", "symbol", "issuer", "place", "date", "subject", "addressees", "references", "cves")


def read(text: str) -> list[congvan.Document]:
    return congvan.read(text, WORDS)


def one(text: str) -> congvan.Document:
    documents = read(text)
    assert len(documents) == 1
    return documents[0]


def letter(
    number: str = "Số: 12/UBND-KSTT", *, when: str = "Khánh Hòa, ngày 05 tháng 6 năm 2023", body: str = ""
) -> str:
    return (
        "ỦY BAN NHÂN DÂN\nTỈNH KHÁNH HÒA\n\nCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc\n\n"
        f"{number}\n\n{when}\n\nV/v rà soát máy chủ\n\nKính gửi: Sở Nội vụ\n\nUBND tỉnh yêu cầu thực hiện:\n\n{body}"
    )


def founding_form() -> list[congvan.Document]:
    return read(resources.files("vonggac.exercise").joinpath("data/chi-dao.txt").read_text(encoding="utf-8"))


def test_every_field_of_the_real_dispatches_is_reached():
    expected = json.loads(outer_data("dispatches/expected.json").read_text(encoding="utf-8"))
    wrong = []
    for name, truths in expected.items():
        text = outer_data(f"dispatches/{name}.txt").read_text(encoding="utf-8")
        found = congvan.to_json(read(text), "")["documents"]
        assert len(found) == len(truths), name
        for got, truth in zip(found, truths, strict=True):
            for field in FIELDS:
                if got[field] != truth[field] and got[field] not in truth.get(f"{field}_accept", []):
                    wrong.append((name, field, got[field]))  # noqa: PERF401  # test data
            assert [phone for contact in got["contacts"] for phone in contact["phones"]] == truth["phones"]
            assert [email for contact in got["contacts"] for email in contact["emails"]] == truth["emails"]
            assert (got["signer"] or {}).get("name") == truth["signer"]
    assert wrong == []


def test_the_founding_directive_has_its_clauses_and_period():
    documents = read(outer_data("directive/1465.txt").read_text(encoding="utf-8"))
    labels = [clause.label for clause in documents[1].clauses]
    assert labels == ["1", "1.a", "1.b", "1.c", "1.d", "2", "2.a", "2.b", "2.c", "2.d", "3"]
    assert (documents[1].period.first, documents[1].period.last) == (date(2024, 4, 30), date(2024, 5, 7))
    assert not [deadline for clause in documents[1].clauses for deadline in clause.deadlines if deadline.due]


def test_the_founding_form_is_a_cover_letter_and_an_attachment_without_header():
    cover, attachment = founding_form()
    assert (cover.number, cover.symbol, cover.issuer) == (None, "UBND-KGVX", "Ủy ban nhân dân tỉnh Hải Vân")
    assert any("IIS/7" in warning for warning in cover.warnings)
    assert (attachment.number, attachment.symbol) == ("2718", "BATM-CGS")
    assert [clause.label for clause in attachment.clauses] == [
        "1", "1.a", "1.b", "1.c", "1.d", "2", "2.a", "2.b", "2.c", "2.d", "3",
    ]  # fmt: skip
    assert [contact.phones for contact in attachment.contacts] == [
        ("02400000101", "0900000102"),
        ("02400000103", "0900000104"),
    ]
    assert attachment.signer == congvan.Signer("KT. BỘ TRƯỞNG", "THỨ TRƯỞNG", "Lê Thị Mẫu")


def test_an_unreadable_number_is_null_with_its_raw_text():
    document = one(letter("Số: *HA/ST* /UBND-KSTT"))
    assert document.number is None
    assert document.symbol == "UBND-KSTT"
    assert any("HA/ST" in warning for warning in document.warnings)
    assert "HA/ST" in document.sources["number"].raw
    assert "number" not in document.confidence


@pytest.mark.parametrize(
    ("printed", "number", "symbol"),
    [
        ("Số: 674 /CATTT-NCSC", "674", "CATTT-NCSC"),
        ("Số: 66 / BTTTT - CATTT & nbsp ;", "66", "BTTTT-CATTT"),
        ("Số:\n1465/BTTTT-CATTT", "1465", "BTTTT-CATTT"),
        ("Số: 47/2023/QĐ-UBND", "47/2023", "QĐ-UBND"),
        ("Số 28-CT/TU", "28", "CT/TU"),
        ("Số: 1961/QĐUBND", "1961", "QĐ-UBND"),
        ("Số:       /UBND-VX", None, "UBND-VX"),
    ],
)
def test_a_number_is_read_through_gaps_and_line_ends(printed, number, symbol):
    document = one(letter(printed))
    assert (document.number, document.symbol) == (number, symbol)


def test_a_symbol_with_a_stray_slash_is_the_one_that_the_file_cites():
    document = one(letter("Số: 1465 /BT/TTT-CATTT", body="1. Thực hiện Công văn số 9/BTTTT-CATTT."))
    assert document.symbol == "BTTTT-CATTT"


def test_two_columns_merged_on_a_line_are_told_apart():
    text = (
        "BỘ THÔNG TIN VÀ TRUYỀN THÔNG CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nCỤC AN TOÀN THÔNG TIN Độc lập - Tự do - Hạnh phúc\n"  # noqa: E501  # test data
        "Số: 21 /BC-CATTT Hà Nội, ngày 12 tháng 10 năm 2023\n\nBÁO CÁO KỸ THUẬT\n\nTình hình tháng 09/2023\n"
    )
    document = one(text)
    assert (document.issuer, document.parent_issuer) == ("Cục An toàn thông tin", "Bộ Thông tin và Truyền thông")
    assert (document.kind, document.place, document.date) == ("bao_cao", "Hà Nội", date(2023, 10, 12))


def test_a_document_on_one_line_is_unfolded():
    body = "Đơn vị gửi tóm tắt để các cơ quan tham khảo và có biện pháp phòng ngừa hợp lý. " * 5
    text = (
        "1 BỘ THÔNG TIN VÀ TRUYỀN THÔNG CỤC AN TOÀN THÔNG TIN CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM Độc lập - Tự do - Hạnh phúc "  # noqa: E501  # test data
        f"Số: 41/BC-CATTT Hà Nội, ngày 11 tháng 9 năm 2018 TÓM TẮT Tình hình trong tuần 36/2018 (từ ngày 03/9/2018 đến ngày 09/9/2018) {body}"  # noqa: E501  # test data
        "1. Điểm tin đáng chú ý 1.1. Trong tuần có nhiều sự việc."
    )
    document = one(text)
    assert document.subject == "Tình hình trong tuần 36/2018 (từ ngày 03/9/2018 đến ngày 09/9/2018)"
    assert [clause.label for clause in document.clauses] == ["1", "1.1"]
    assert document.period.first == date(2018, 9, 3)


@pytest.mark.parametrize(
    ("about", "asked", "first", "last"),
    [
        (
            "dịp nghỉ lễ 2/9",
            "Trực 24/24 từ ngày 30/8/2023 đến hết ngày 02/9/2023.",
            date(2023, 8, 30),
            date(2023, 9, 2),
        ),
        (
            "dịp nghỉ lễ 2/9",
            "Trực từ 17h00 ngày 01/9/2023 đến 7h00 ngày 04/9/2023.",
            date(2023, 9, 1),
            date(2023, 9, 4),
        ),
        ("dịp nghỉ lễ 2/9", "Trực từ ngày 20/4/2023 đến 31/5/2023.", date(2023, 9, 2), date(2023, 9, 2)),
        ("dịp nghỉ lễ 2/9", "Rà soát từ ngày 01/7/2023 đến ngày 31/12/2023.", date(2023, 9, 2), date(2023, 9, 2)),
        (
            "từ ngày 01/9/2023 đến 03/9/2023",
            "Trực từ ngày 30/8/2023 đến 05/9/2023.",
            date(2023, 9, 1),
            date(2023, 9, 3),
        ),
    ],
)
def test_a_holiday_lasts_as_long_as_the_measures_say(about, asked, first, last):
    text = letter(body=f"1. {asked}").replace("V/v ", f"V/v bảo đảm an toàn {about} và ", 1)
    period = one(text).period
    assert (period.first, period.last) == (first, last)


@pytest.mark.parametrize(
    ("printed", "first"),
    [
        ("17h00' ngày 30/8/2023 đến 7h00’ ngày 02/9/2023", date(2023, 8, 30)),
        ("17 giờ 00 phút, ngày 30/8/2023 đến 7 giờ 00 phút, ngày 02/9/2023", date(2023, 8, 30)),
        ("ngày 30/12 đến hết ngày 03/01/2024", date(2023, 12, 30)),
    ],
)
def test_hours_and_the_turn_of_the_year_hide_no_range(printed, first):
    period = one(letter(body=f"1. Trực từ {printed}.\n2. Báo cáo công tác trực từ {printed}.")).period
    assert period.first == first


def test_days_that_stand_the_wrong_way_round_are_no_range():
    document = one(letter(body="1. Trực từ ngày 15/9 đến hết ngày 10/9/2023."))
    assert "period" not in document.sources


def test_what_may_be_a_period_is_shown_also_where_a_line_ends_in_it():
    document = one(letter(body="1. Phân công cán bộ trực 24/24 giờ từ ngày 30/8/2023 đến\nhết ngày 02/9/2023."))
    source = document.sources["period"]
    assert (source.line, source.raw) == (17, "từ ngày 30/8/2023 đến hết ngày 02/9/2023")


def test_a_range_of_something_else_is_no_period_beside_a_watch():
    said = "từ ngày 10/9/2023 đến ngày 14/9/2023"
    body = f"1. Tập huấn {said}.\n2. Báo cáo về tập huấn {said}.\n3. Phân công trực 24/7."
    assert one(letter(body=body)).period is None


def test_a_range_of_a_document_about_no_holiday_is_no_period():
    document = one(letter(body="1. Trực từ ngày 30/8/2023 đến hết ngày 02/9/2023."))
    assert document.period is None
    # A person is shown what may be one.
    assert document.sources["period"].raw == "từ ngày 30/8/2023 đến hết ngày 02/9/2023"


@pytest.mark.parametrize(
    "again",
    [
        "2. Báo cáo công tác trực từ ngày 01/9/2023 đến hết ngày 02/9/2023.",  # another range
        "2. Rà soát máy chủ.",
    ],
)
def test_a_range_that_is_not_repeated_or_not_the_only_one_is_no_period(again):
    body = f"1. Trực từ ngày 30/8/2023 đến hết ngày 02/9/2023.\n{again}"
    assert one(letter(body=body)).period is None


def test_a_range_of_the_past_or_without_a_watch_is_no_period():
    for said in ("Trực từ ngày 01/5/2023 đến ngày 03/5/2023", "Rà soát từ ngày 01/7/2023 đến ngày 10/7/2023"):
        assert one(letter(body=f"1. {said}.\n2. {said}.")).period is None


def test_pipes_and_broken_header_words_do_not_hide_the_issuer():
    text = "ỦY\nBAN NHÂN DÂN |\nCỘNG\nHÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM |\nSố: 141/KH-UBND |\nKon Tum, ngày 16 tháng 01 năm 2018 |\nỨNG PHÓ SỰ CỐ MẠNG TRÊN ĐỊA BÀN TỈNH\nCăn cứ Luật Công nghệ thông tin số 67/2006/QH11;\n"  # noqa: E501  # test data
    document = one(text)
    assert (document.issuer, document.kind) == ("Ủy ban nhân dân tỉnh Kon Tum", "ke_hoach")
    assert document.subject == "ỨNG PHÓ SỰ CỐ MẠNG TRÊN ĐỊA BÀN TỈNH"


def test_dropped_letters_in_a_known_body_are_restored():
    text = letter().replace("ỦY BAN NHÂN DÂN\nTỈNH KHÁNH HÒA", "TRUNG TÂM ỨNG CU KHN CP MÁY TÍNH VIT NAM")
    assert one(text).issuer == "Trung tâm Ứng cứu khẩn cấp máy tính Việt Nam"


def test_spaces_inside_words_and_gazette_lines_are_mended():
    body = "1. Xử lý thi ệt hại theo quy đ ịnh pháp lu ật.\nCÔNG BÁO/Số 35/Ngày 21-01-2026 40\n2. Báo cáo."
    clauses = one(letter(body=body)).clauses
    assert clauses[0].text == "Xử lý thiệt hại theo quy định pháp luật."
    assert [clause.label for clause in clauses] == ["1", "2"]


def test_wrapped_addressees_are_joined():
    text = letter().replace(
        "Kính gửi: Sở Nội vụ", "Kính gửi:\n\n- C\nác đơn vị chuyên trách;\n- Các Sở\nThông tin và Truyền thông."
    )
    assert one(text).addressees == ("Các đơn vị chuyên trách", "Các Sở Thông tin và Truyền thông")


def test_a_missing_subject_is_null():
    assert one(letter().replace("V/v rà soát máy chủ\n", "")).subject is None


@pytest.mark.parametrize(
    "when", ["ngày 17 tháng 04 năm 2024", "ngày *17* tháng *4* năm 2024", "ngày 17/04/2024", "ngày 17-4-2024"]
)
def test_dates_are_read_in_their_usual_shapes(when):
    assert one(letter(when=f"Khánh Hòa, {when}")).date == date(2024, 4, 17)


def test_a_blank_day_is_null_with_a_warning():
    document = one(letter(when="Khánh Hòa, ngày      tháng 4 năm 2024"))
    assert document.date is None
    assert any("ngày" in warning for warning in document.warnings)


def test_references_stand_in_three_grammars():
    body = "Căn cứ 1465/BTTTT-CATTT, 47/2023/QĐ-UBND, 116/2025/QH15, 28 - CT / TW, 352-QĐ/TU, 01-QĐ/BCĐCĐS, 169/TTr- STTTT và 12/UBND-KSTT."  # noqa: E501  # test data
    assert one(letter(body=body)).references == (
        "1465/BTTTT-CATTT", "47/2023/QĐ-UBND", "116/2025/QH15", "28-CT/TW", "352-QĐ/TU", "01-QĐ/BCĐCĐS", "169/TTr-STTTT",  # noqa: E501  # test data
    )  # fmt: skip


def test_points_follow_the_vietnamese_alphabet_and_restart():
    body = "I. CHUNG\n1. Một:\na) x\nb) x\nc) x\nd) x\nd) x\ne) x\n**2. Hai:**\na) y\n3. Ba"
    document = one(letter(body=body))
    assert [clause.label for clause in document.clauses] == [
        "I", "I.1", "I.1.a", "I.1.b", "I.1.c", "I.1.d", "I.1.đ", "I.1.e", "I.2", "I.2.a", "I.3",
    ]  # fmt: skip
    assert any("“đ)”" in warning for warning in document.warnings)


@pytest.mark.parametrize(
    ("phrase", "value"),
    [
        ("trước ngày 23/10/2023", "2023-10-23"),
        ("trước ngày 30/9", "2023-09-30"),
        ("chậm nhất 05 ngày kể từ khi phát hiện", "P5D from event"),
        ("trong vòng 24 giờ kể từ khi nhận được Email này", "PT24H from receipt"),
        ("trước ngày 20 tháng 12 hằng năm", "yearly 12-20"),
        ("trực 24/7", "24/7 continuous"),
        ("trực 24/24 giờ", "24/7 continuous"),
        ("trực 24/24h", "24/7 continuous"),
        ("trực 24h/24h", "24/7 continuous"),
        ("trực 24h/7", "24/7 continuous"),
        ("trực 24 giờ trong ngày", "24/7 continuous"),
        ("trực 24 giờ/ngày", "24/7 continuous"),
        ("trực suốt ngày đêm", "24/7 continuous"),
        ("trực cả ngày lẫn đêm", "24/7 continuous"),
        ("hàng tháng hoặc đột xuất", "monthly or ad hoc"),
    ],
)
def test_a_deadline_is_a_day_or_a_rule(phrase, value):
    (deadline,) = one(letter(body=f"1. Đơn vị thực hiện {phrase}.")).clauses[0].deadlines
    assert (deadline.due.isoformat() if deadline.due else deadline.rule) == value


def test_half_yearly_and_yearly_reports_are_two_rules():
    body = "1. Báo cáo định kỳ 06 tháng (trước ngày 20 tháng 6) 01 năm (trước ngày 15 tháng 12)."
    assert [d.rule for d in one(letter(body=body)).clauses[0].deadlines] == ["every P6M by 06-20", "every P1Y by 12-15"]


def test_recipients_carry_their_roles():
    body = "1. Làm./.\nNơi nhận:\n- Như trên;\n- Bộ trưởng (đề b/c);\n- Các sở (p/h);\n- Cổng (VBĐT);\n- Lưu: VT, CĐS (2b).\nTM.\nỦY BAN NHÂN DÂN\nKT. CHỦ TỊCH\nPHÓ CHỦ TỊCH\nTrần Văn Mẫu"  # noqa: E501  # test data
    document = one(letter(body=body))
    assert [recipient.role for recipient in document.recipients] == [
        "as_addressed",
        "report",
        "coordinate",
        "electronic_copy",
        "archive",
    ]
    assert document.signer.name == "Trần Văn Mẫu"
    assert document.signer.title == "PHÓ CHỦ TỊCH"


def test_vulnerabilities_are_listed_without_numbered_measures():
    body = "- 02 lỗ hổng CVE-2022-24508, CVE 2022-21990 trong máy khách.\n- Lỗ hổng CVE-2022-24508."
    assert one(letter(body=body)).cves == ("CVE-2022-21990", "CVE-2022-24508")


def test_a_news_article_is_no_document():
    document = one("Bộ mới ban hành Công văn số 1520/BTTTT-CATTT về nghỉ lễ.\n\n1. Trực.\n(Ảnh minh họa)")
    assert (document.kind, document.issuer, document.subject, document.clauses) == ("none", None, None, ())
    assert document.references == ("1520/BTTTT-CATTT",)


def test_confidence_is_calibrated_on_damaged_documents():
    confident = right = 0
    for seed in range(300):
        drawn = draw(random.Random(seed))  # noqa: S311  # test data
        answer = congvan.to_json(read(drawn.text), "")["documents"][0]
        answer["clauses"] = [clause["label"] for clause in answer["clauses"]]
        answer["signer"] = (answer["signer"] or {}).get("name")
        truth = {**drawn.truth, "clauses": drawn.truth["labels"]}
        for field, certainty in answer["confidence"].items():
            if field in truth and certainty >= 0.9:
                confident += 1
                right += answer[field] == truth[field]
    assert confident > 2_000
    assert right / confident >= 0.9


@pytest.mark.parametrize("damage", DAMAGES)
def test_number_date_and_issuer_survive_each_damage(damage):
    wrong = 0
    for seed in range(20):
        drawn = draw(random.Random(seed), [damage])  # noqa: S311  # test data
        answer = congvan.to_json(read(drawn.text), "")["documents"][0]
        wrong += any(
            answer[field] != drawn.truth[field] for field in ("kind", "number", "symbol", "date", "place", "issuer")
        )
    assert wrong <= 1


@pytest.mark.parametrize(
    "garbage", ["a" * 10_000_000, "Số: 1/A-" * 40_000, "CỘNG HÒA " * 40_000, "trước ngày " * 40_000]
)
def test_garbage_does_not_hang_the_reader(garbage):
    start = time.perf_counter()
    read(garbage)
    assert time.perf_counter() - start < 20


def test_an_empty_text_is_one_document_of_no_kind():
    assert one("").kind == "none"
