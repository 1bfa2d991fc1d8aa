from datetime import date

import pytest

from vonggac.formats import congvan
from vonggac.formats.congvan.outline import DOUBTFUL, kind_in_words
from vonggac.regimes import vocabulary

WORDS = congvan.Vocabulary.from_mapping(vocabulary.load())
LETTER = (
    "BỘ THÔNG TIN VÀ TRUYỀN THÔNG\nCỤC AN TOÀN THÔNG TIN\nCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc\n"  # noqa: E501  # test data
    "Số: *KA* /CNTT-YTĐT\nHà Nội, ngày 14 tháng 3 năm 2023\nHỎA TỐC\nV/v vá máy chủ\nKính gửi: Bệnh viện Mẫu\n"
    "Theo Công văn số 5/BYT-VP về CVE-2023-10001, Cục yêu cầu:\n1. Vá máy chủ trước ngày 30/9.\n"
    "2. Liên hệ Trung tâm Mẫu, điện thoại 024.3640.0001.\nNơi nhận:\n- Như trên;\n- Bộ trưởng (để b/c);\n"
    "- Lưu: VT.\nCỤC TRƯỞNG\nTrần Văn Mẫu"
)


def outline(text: str) -> str:
    return "\n".join(congvan.outline(document, WORDS) for document in congvan.read(text, WORDS))


@pytest.mark.parametrize(
    "line",
    [
        "Loại văn bản:    Công văn", "Ký hiệu:         CNTT-YTĐT", "Cơ quan:         Cục An toàn thông tin",
        "Cơ quan cấp trên: Bộ Thông tin và Truyền thông", "Ngày ban hành:   14/03/2023", "Độ khẩn:         HỎA TỐC", "Trích yếu:       vá máy chủ",  # noqa: E501  # test data
        "Kính gửi:        Bệnh viện Mẫu", "Viện dẫn:        5/BYT-VP", "Lỗ hổng:         CVE-2023-10001",
        "Người ký:        Trần Văn Mẫu · CỤC TRƯỞNG", "  - Bộ trưởng (để báo cáo)", "  - Như trên", "  - Lưu: VT",
        "Liên hệ: Trung tâm Mẫu · 02436400001",
    ],
)  # fmt: skip  # noqa: E501, RUF100
def test_an_officer_reads_every_field_under_its_vietnamese_label(line):
    assert line in outline(LETTER).split("\n")


def test_what_could_not_be_read_is_said_in_its_place():
    assert "Số:              (không đọc được hoặc văn bản không ghi)" in outline(LETTER)
    assert "Lưu ý: không đọc được số" in outline(LETTER)


def test_a_deadline_stands_under_its_clause_in_words_and_as_printed():
    lines = outline(LETTER).split("\n")
    clause = next(index for index, line in enumerate(lines) if line.startswith("  1 "))
    assert "trước hoặc trong ngày 30/09/2023  (in là “trước ngày 30/9”)" in lines[clause + 1]


def test_a_doubtful_field_is_marked_and_the_reader_told_to_compare():
    text = LETTER.replace("CỤC AN TOÀN THÔNG TIN", "VIỆN MẪU HÌNH LẠ")
    (document,) = congvan.read(text, WORDS)
    assert document.confidence["issuer"] < DOUBTFUL
    assert "(?) chắc chắn" in next(line for line in outline(text).split("\n") if line.startswith("Cơ quan:"))
    assert outline(text).endswith("cần đối chiếu với văn bản gốc.")


def test_a_sure_reading_has_no_marks():
    sure = LETTER.replace("*KA* ", "12")
    assert "(?)" not in outline(sure)


def test_a_news_story_is_said_to_be_no_document():
    text = outline("Bộ vừa ban hành Công văn số 1520/BTTTT-CATTT.\n\nẢnh minh họa.")
    assert "không phải văn bản hành chính" in text
    assert "không đọc được hoặc" not in text


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("P5D from event", "trong 5 ngày kể từ khi có sự việc"),
        ("PT24H from receipt", "trong 24 giờ kể từ khi nhận"),
        ("P10D working from issue", "trong 10 ngày làm việc kể từ ngày ban hành"),
        ("yearly 12-20", "hằng năm, trước ngày 20/12"),
        ("monthly 25", "hằng tháng, trước ngày 25"),
        ("every P6M by 06-20", "mỗi 6 tháng, trước ngày 20/06"),
        ("every P1Y", "mỗi 1 năm"),
        ("weekly", "hằng tuần"),
        ("24/7 continuous", "liên tục 24/7"),
        ("at once", "ngay lập tức"),
        ("before 09-30", "trước ngày 30/09"),
        ("something new", "something new"),
    ],
)
def test_a_rule_is_put_in_words(rule, words):
    assert congvan.deadline_in_words(congvan.Deadline("x", None, rule)) == words


def test_a_fixed_day_is_put_in_words():
    assert (
        congvan.deadline_in_words(congvan.Deadline("x", date(2023, 9, 5), None)) == "trước hoặc trong ngày 05/09/2023"
    )


def test_every_kind_of_the_vocabulary_has_a_name():
    for kind in set(WORDS.kinds.values()):
        assert kind_in_words(kind, WORDS)[:1].isupper()
