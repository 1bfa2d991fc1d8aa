"""Golden pairs of our own wording: a short document of every kind and of every style of page, with what it says."""

import json
from pathlib import Path

import pytest

from vonggac.formats import congvan
from vonggac.regimes import vocabulary

WORDS = congvan.Vocabulary.from_mapping(vocabulary.load())
MOTTO = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc"
PAIRS = sorted(path.stem for path in (Path(__file__).parent / "congvan_pairs").glob("*.txt"))


@pytest.mark.parametrize("name", PAIRS)
def test_every_field_of_a_golden_document_is_read(name):
    text = Path(__file__).parent.joinpath("congvan_pairs", f"{name}.txt").read_text(encoding="utf-8")
    expected = json.loads(Path(__file__).parent.joinpath("congvan_pairs", f"{name}.json").read_text(encoding="utf-8"))
    (document,) = congvan.to_json(congvan.read(text, WORDS), "")["documents"]
    document["labels"] = [clause["label"] for clause in document["clauses"]]
    document["signer"] = (document["signer"] or {}).get("name")
    assert {field: document[field] for field in expected} == expected


def test_the_golden_documents_cover_every_kind_that_a_desk_receives():
    assert {
        "cong_van", "ke_hoach", "bao_cao", "chi_thi", "quyet_dinh", "thong_bao", "to_trinh", "nghi_quyet", "cong_dien",
        "huong_dan", "chuong_trinh", "phuong_an", "giay_moi", "luat", "thong_tu", "nghi_dinh", "ket_luan",
    } <= set(PAIRS)  # fmt: skip


PARTY = {
    "chi_thi": ("CHỈ THỊ", "28-CT/TW", "28", "CT/TW"),
    "ke_hoach": ("KẾ HOẠCH", "301-KH/TU", "301", "KH/TU"),
    "quyet_dinh": ("QUYẾT ĐỊNH", "352-QĐ/TU", "352", "QĐ/TU"),
    "nghi_quyet": ("NGHỊ QUYẾT", "57-NQ/TW", "57", "NQ/TW"),
    "quy_dinh": ("QUY ĐỊNH", "97-QĐ/TW", "97", "QĐ/TW"),
    "huong_dan": ("HƯỚNG DẪN", "05-HD/BTGTU", "05", "HD/BTGTU"),
    "thong_bao": ("THÔNG BÁO", "12-TB/VPTU", "12", "TB/VPTU"),
}


@pytest.mark.parametrize("kind", PARTY)
@pytest.mark.parametrize("printed", ["Số {}", "Số: {}", "Số : {}"])
def test_a_party_document_has_the_number_first_and_its_body(kind, printed):
    title, whole, number, symbol = PARTY[kind]
    text = f"ĐẢNG BỘ TỈNH HẢI DƯƠNG\nBAN THƯỜNG VỤ\n*\n{printed.format(whole)}\n\nĐẢNG CỘNG SẢN VIỆT NAM\n\nHải Dương, ngày 06 tháng 11 năm 2023\n\n{title}\nvề an toàn thông tin trong cơ quan đảng\n\nCăn cứ Quy định số 01-QĐ/BCĐCĐS, Ban Thường vụ yêu cầu:\n1. Thực hiện."  # noqa: E501  # test data
    (document,) = congvan.read(text, WORDS)
    assert (document.kind, document.number, document.symbol) == (kind, number, symbol)
    assert document.place == "Hải Dương"
    assert document.references == ("01-QĐ/BCĐCĐS",)
    assert document.subject == "về an toàn thông tin trong cơ quan đảng"


NEWS = {
    "a ministry's dispatch reported": "Bộ vừa có Công văn số 1520/BTTTT-CATTT gửi các đơn vị về bảo đảm an toàn dịp lễ.\n\nTheo đó, các đơn vị trực 24/7, vá lỗ hổng CVE-2024-12345 trước ngày 30/4.\n\nÔng Nguyễn Văn Mẫu cho biết việc này rất cần thiết.",  # noqa: E501  # test data
    "a story with a date line": "(Báo Mẫu) - Ngày 12/5, Cục An toàn thông tin phát đi cảnh báo số 2210/BTTTT-CATTT.\n\n1. Người dân cần cập nhật máy.\n2. Không mở thư lạ.\n\nẢnh minh họa.",  # noqa: E501  # test data
    "a page of links": "Trang chủ\nTin tức\nVăn bản mới\n- Công văn 66/BTTTT-CATTT\n- Chỉ thị 14/CT-TTg\nLượt xem: 12",
    "a technical guide": "Hướng dẫn cấu hình tường lửa\n\n1. Mở trang quản trị.\n2. Chọn mục quy tắc.\n3. Lưu lại.\n\nNgày đăng: 12/03/2024",  # noqa: E501  # test data
    "English text": "The Ministry issued Official Dispatch 3175/TCT-CNTT on July 24, 2024.\n\n1. Patch all servers.\n2. Report.",  # noqa: E501  # test data
    "an e-mail thread": "From: a@example.vn\nTo: b@example.vn\nSubject: họp\n\nAnh ơi, chiều nay họp lúc 14h nhé. Mang theo Công văn số 12/SNV-VP.",  # noqa: E501  # test data
}  # fmt: skip


@pytest.mark.parametrize("name", NEWS)
def test_what_is_no_official_document_has_only_references_and_vulnerabilities(name):
    (document,) = congvan.read(NEWS[name], WORDS)
    assert document.kind == "none"
    empty = (document.number, document.symbol, document.place, document.date, document.subject, document.signer)
    assert empty == (None,) * 6
    assert document.addressees == ()
    assert document.parent_issuer is None
    assert document.urgency is None


def test_a_story_still_lists_what_it_cites():
    (document,) = congvan.read(NEWS["a ministry's dispatch reported"], WORDS)
    assert (document.references, document.cves) == (("1520/BTTTT-CATTT",), ("CVE-2024-12345",))


@pytest.mark.parametrize("head", ["Phụ lục I\nDANH MỤC HỆ THỐNG", "Mẫu số 03\nBÁO CÁO BAN ĐẦU SỰ CỐ"])
def test_an_annex_or_form_alone_is_no_document_and_says_so(head):
    text = f"{head}\n(Ban hành kèm theo Thông tư số 20/2017/TT-BTTTT\nngày 12 tháng 9 năm 2017 của Bộ trưởng)\n\n{MOTTO}\nSố: ......../........\n......, ngày ... tháng ... năm ...\n\nBÁO CÁO\nKính gửi: Trung tâm điều phối\n1. Tên đơn vị:"  # noqa: E501  # test data
    (document,) = congvan.read(text, WORDS)
    assert (document.kind, document.date, document.place, document.addressees) == ("none", None, None, ())
    assert document.references == ("20/2017/TT-BTTTT",)
    assert any("phụ lục" in warning for warning in document.warnings)


def test_a_request_by_mail_gives_its_clock_and_contacts():
    text = "Kính gửi: Quý Công ty\n\nTrung tâm VNCERT/CC đề nghị gỡ bỏ trang giả mạo tại máy chủ 192.0.2.7.\n\n1. Gỡ bỏ nội dung trong vòng 24 giờ kể từ khi nhận được Email này.\n2. Thông báo về địa chỉ thư điện tử ir@example.vn, điện thoại 024.3640.0001."  # noqa: E501  # test data
    (document,) = congvan.read(text, WORDS)
    assert [deadline.rule for clause in document.clauses for deadline in clause.deadlines] == ["PT24H from receipt"]
    assert document.contacts[0].phones == ("02436400001",)
    assert (document.number, document.date) == (None, None)
