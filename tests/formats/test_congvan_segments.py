"""A file of several documents: as many are read as it holds, each as it would be alone; one document stays one."""

import random

import pytest

from tests.formats import congvan_damage
from tests.formats.congvan_generator import DAMAGES, draw
from vonggac.formats import congvan
from vonggac.kernel.text import fold
from vonggac.regimes import vocabulary

WORDS = congvan.Vocabulary.from_mapping(vocabulary.load())
MOTTO = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc"
UNPARTED = "không tách được"


def letter(number: str = "Số: 12/UBND-VX", when: str = "Khánh Hòa, ngày 05 tháng 6 năm 2023", end: str = "./.") -> str:
    return (
        f"ỦY BAN NHÂN DÂN\nTỈNH KHÁNH HÒA\n\n{MOTTO}\n\n{number}\n\n{when}\n\nV/v rà soát máy chủ\n\n"
        f"Kính gửi: Sở Nội vụ\n\nỦy ban nhân dân tỉnh yêu cầu:\n1. Rà soát máy chủ.\n2. Báo cáo{end}\n\n"
        "Nơi nhận:\n- Như trên;\n- Lưu: VT.\n\nKT. CHỦ TỊCH\nPHÓ CHỦ TỊCH\n\nTrần Văn Mẫu\n"
    )


WIRE = (
    f"THỦ TƯỚNG CHÍNH PHỦ\n\n{MOTTO}\n\nSố: 33/CĐ-TTg\n\nHà Nội, ngày 07 tháng 4 năm 2024\n\nCÔNG ĐIỆN\n"
    "Về tăng cường bảo đảm an toàn thông tin mạng\n\nTHỦ TƯỚNG CHÍNH PHỦ điện:\n- Các Bộ;\n- Kiểm toán Nhà nước.\n\n"
    "Thủ tướng yêu cầu:\n1. Rà soát.\n2. Báo cáo./.\n\nNơi nhận:\n- Như trên;\n- Lưu: VT.\n\n"
    "PHÓ THỦ TƯỚNG\n\nLê Thị Mẫu\n"
)
PARTY = (
    "TỈNH ỦY KHÁNH HÒA\n*\nSố 45-CT/TU\n\nĐẢNG CỘNG SẢN VIỆT NAM\n\nKhánh Hòa, ngày 15-5-2023\n\nCHỈ THỊ\n"
    "Về tăng cường bảo đảm an toàn thông tin mạng\n\nBan Thường vụ Tỉnh ủy yêu cầu:\n1. Quán triệt.\n2. Báo cáo.\n\n"
    "Nơi nhận:\n- Các huyện ủy;\n- Lưu Văn phòng.\n\nT/M BAN THƯỜNG VỤ\nBÍ THƯ\n\nLê Văn Mẫu\n"
)
PIPES = (
    "|ỦY BAN NHÂN\nDÂN TỈNH KON TUM|\n|CỘNG\nHÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM|\n|Độc lập - Tự do -\nHạnh phúc|\n|Số:\n"
    "1021/UBND-VX|\n|Kon Tum,\nngày 14 tháng 3 năm 2023|\n|V/v thay thiết bị|\n\nKính gửi: Các sở, ngành\n\n"
    "1. Thực hiện.\n2. Báo cáo./.\n\n|Nơi nhận:\n- Như trên;\n- Lưu: VT.|\n|TL. CHỦ TỊCH\n"
    "CHÁNH VĂN PHÒNG\n\nLê Thị Mẫu|\n"
)
DROPPED = (
    letter("Số: 77/UBND-NC", end=".")
    .replace("CHỦ NGHĨA VIỆT", "CH NGHĨA VIT")
    .replace("Nơi nhận", "Nơi nhn")
    .replace("Kính gửi", "Kính gi")
)
KINDS = {"letter": letter(), "wire": WIRE, "party": PARTY, "pipes": PIPES, "dropped": DROPPED}


def read(text: str) -> list[congvan.Document]:
    return congvan.read(text, WORDS)


def said(document: congvan.Document) -> dict[str, object]:
    """What the document says, without where in the file; of clauses the labels, for a site's words may follow them."""
    answer = congvan.to_json([document], "")["documents"][0]
    answer["clauses"] = [clause["label"] for clause in answer["clauses"]]
    return {name: value for name, value in answer.items() if name not in {"sources", "warnings", "confidence"}}


@pytest.mark.parametrize("second", KINDS)
@pytest.mark.parametrize("first", KINDS)
def test_any_two_documents_are_read_as_each_alone(first, second):
    alone = [*read(KINDS[first]), *read(KINDS[second])]
    together = read(f"{KINDS[first]}\n{KINDS[second]}")
    assert list(map(said, together)) == list(map(said, alone))
    assert [document.number for document in together] == [document.number for document in alone]


def drawn(seed: int) -> list[str]:
    """One to four random documents, each with damages of its own."""
    rng = random.Random(seed)  # noqa: S311  # test data
    texts = []
    for _ in range(rng.randint(1, 4)):
        document = draw(rng, rng.sample(DAMAGES, rng.choice([0, 1, 1, 2])))
        count = 0 if "one_line" in document.damages else rng.choice([0, 1, 1, 2])
        texts.append(congvan_damage.spoil(document.text, dict(document.truth), rng, count)[0])
    return texts


@pytest.mark.parametrize("first", range(70_000, 70_200, 50))
def test_random_documents_one_after_the_other_are_as_many_and_each_as_alone(first):
    lost = []
    for seed in range(first, first + 50):
        texts = drawn(seed)
        alone = [document for text in texts for document in read(text)]
        together = read("\n".join(texts))
        if len(together) != len(texts):
            lost.append(seed)
            continue
        for found, meant in zip(together, alone, strict=True):
            assert said(found) == said(meant), seed
    # A preview that is cut short and followed by a head that has lost its title may run together.
    assert len(lost) <= 1, lost


@pytest.mark.parametrize(
    "second",
    [
        letter("Số:      /UBND-VX", "Khánh Hòa, ngày      tháng      năm 2023"),
        letter("Số: *HA/ST* /UBND-VX"),
        letter("Số: 99/UBND-VX").replace(MOTTO, ""),
        letter("Số: 99/UBND-VX").replace("\n\n", "\n"),
    ],
)
@pytest.mark.parametrize(
    "first",
    [
        letter(),
        letter(end=".").split("Nơi nhận")[0],
        letter(end=".").replace("Nơi nhận:\n- Như trên;\n- Lưu: VT.\n\n", ""),
    ],
    ids=["whole", "cut short", "without recipients"],
)
def test_the_second_of_two_letters_is_found(first, second):
    assert [document.kind for document in read(f"{first}\n{second}")] == ["cong_van", "cong_van"]


@pytest.mark.parametrize("rows", [1, 30])
def test_a_document_behind_an_annex_is_found(rows):
    annex = "\nPhụ lục I\nDANH MỤC\n(Kèm theo Công văn số 12/UBND-VX)\n" + "Máy chủ\n" * rows
    assert [document.number for document in read(f"{letter()}{annex}{letter('Số: 99/UBND-VX')}")] == ["12", "99"]


ONE = {
    "sample of a report": f"{letter()}\nPHỤ LỤC\nMẪU BÁO CÁO\n\nTÊN CƠ QUAN\n\n{MOTTO}\n\nSố: ..../BC-....\n\n..., ngày ... tháng ... năm 2023\n\nBÁO CÁO\nKết quả\n\nKính gửi: Sở Nội vụ\n\n1. Kết quả.\n\nNơi nhận:\n- Lưu: VT.\n",  # noqa: E501  # test data
    "form to fill in": f"{letter()}\n{MOTTO}\n\nPHIẾU ĐĂNG KÝ\n\nKính gửi: Sở Nội vụ\n\nHọ tên: ......\n......, ngày ... tháng ... năm 2023\n",  # noqa: E501  # test data
    "application": f"{letter()}\nPhụ lục\nĐƠN ĐĂNG KÝ\nKính gửi: Sở Nội vụ\nTên: ....\nKhánh Hòa, ngày ... tháng ... năm 2023\n",  # noqa: E501  # test data
    "list of documents": f"{letter()}\nPhụ lục I\nDANH MỤC VĂN BẢN\n|1|Số 45-CT/TU|ngày 15-5-2023|\n|2|Số: 14/KH-UBND|ngày 05/6/2023|\n|3|Số: 15/KH-UBND|ngày 06/6/2023|\n",  # noqa: E501  # test data
    "list with subjects": f"{letter()}\nPhụ lục I\nDANH MỤC VĂN BẢN\n|1|Số: 14/KH-UBND|ngày 05/6/2023|V/v rà soát|\n|2|Số: 15/KH-UBND|ngày 06/6/2023|V/v sao lưu|\n",  # noqa: E501  # test data
    "recipients above the greeting": letter().replace("Kính gửi:", "Nơi nhận:\n- Như trên;\n- Lưu: VT.\n\nKính gửi:"),
    "recipients first": f"Nơi nhận:\n- Như trên;\n- Lưu: VT.\n{letter()}",
    "a site's summary": f"Trang chủ\nSố hiệu: 12/UBND-VX\nLoại văn bản: Công văn\nNgày ban hành: 05/06/2023\nCông văn về rà soát./.\n{letter()}",  # noqa: E501  # test data
    "head on each page": letter().replace("2. Báo", "Số: 12/UBND-VX\nKhánh Hòa, ngày 05 tháng 6 năm 2023\n2. Báo"),
    "day beside the signature": letter().replace("KT. CHỦ TỊCH", "Khánh Hòa, ngày 05 tháng 6 năm 2023\nKT. CHỦ TỊCH"),
    "greeting that ends": letter().replace("Sở Nội vụ", "Các sở, ngành thành phố./."),
}  # fmt: skip


@pytest.mark.parametrize("text", ONE.values(), ids=ONE)
def test_one_document_with_annexes_and_forms_stays_one(text):
    (document,) = read(text)
    assert (document.number, document.signer.name) == ("12", "Trần Văn Mẫu")
    assert not [warning for warning in document.warnings if UNPARTED in warning]


ATTACHED = {
    "regulation": "QUY CHẾ\nQuản lý máy chủ\n(Ban hành kèm theo Công văn số 12/UBND-VX ngày 05 tháng 6 năm 2023)",
    "head of a body and motto": f"ỦY BAN NHÂN DÂN\nTỈNH KHÁNH HÒA\n\n{MOTTO}\n\nQUY CHẾ\nQuản lý máy chủ\n"
    "(Ban hành kèm theo Công văn số 12/UBND-VX\nngày 05 tháng 6 năm 2023)",
    "motto": f"{MOTTO}\n\nQUY CHẾ\nQuản lý máy chủ\n(Kèm theo Công văn số 12/UBND-VX ngày 05/6/2023 của Ủy ban)",
    "title that goes on": "QUY CHẾ QUẢN LÝ MÁY CHỦ\nKèm theo Công văn số 12/UBND-VX ngày 05/6/2023 của Ủy ban",
}


@pytest.mark.parametrize("head", ATTACHED.values(), ids=ATTACHED)
def test_what_is_issued_with_a_document_is_read_as_its_own_with_its_measures(head):
    first, second = read(f"{letter()}\n{head}\n\nĐiều 1. Sao lưu\n1. Sao lưu máy chủ hằng ngày.\n2. Thử mỗi quý.\n")
    assert said(first) == said(read(letter())[0])
    assert (second.kind, fold(second.subject)) == ("quy_che", "quan ly may chu")
    assert (second.number, second.symbol, second.references) == (None, None, ("12/UBND-VX",))
    assert (second.issuer, second.date.isoformat()) == ("Ủy ban nhân dân tỉnh Khánh Hòa", "2023-06-05")
    assert [clause.label for clause in second.clauses] == ["Điều 1", "Điều 1.1", "Điều 1.2"]
    assert any("12/UBND-VX" in warning for warning in second.warnings)


def test_an_annex_that_holds_a_plan_stays_an_annex():
    (document,) = read(f"{letter()}\nPHỤ LỤC\nKẾ HOẠCH\nSao lưu\n(Kèm theo Công văn số 12/UBND-VX)\n1. Sao lưu.\n")
    assert [clause.label for clause in document.clauses] == ["1", "2"]


@pytest.mark.parametrize(("opens", "closes"), [("“", "”"), ('"', '"'), ("", "")])
def test_a_document_quoted_in_another_is_part_of_it(opens, closes):
    quoted = f"{opens}BỘ Y TẾ\n{MOTTO}\nSố: 9/BYT-VP\nHà Nội, ngày 01 tháng 6 năm 2023\nV/v thay mật khẩu\nKính gửi: Các sở\nThay mật khẩu./.{closes}"  # noqa: E501  # test data
    (document,) = read(
        letter().replace("2. Báo cáo", f"2. Bộ Y tế có văn bản với nội dung như sau:\n{quoted}\n3. Báo cáo")
    )
    assert [clause.label for clause in document.clauses] == ["1", "2", "3"]


@pytest.mark.parametrize(
    "tail",
    [
        "\nKính gửi: Sở Y tế\n\n1. Làm.\n2. Báo cáo./.\n\nNơi nhận:\n- Lưu: VT.\nGIÁM ĐỐC\n\nLê Văn Mẫu\n",
        f"\n{MOTTO}\n\nBIÊN BẢN BÀN GIAO\nHôm nay, chúng tôi gồm:\n",
        "\nPhụ lục\nDANH MỤC\n" + "Máy chủ\n" * 20 + letter("Số:     /UBND-VX", "Khánh Hòa, ngày    tháng    năm 2023"),
        "\nV/v cử cán bộ\nKính gửi: Sở Y tế\nĐề nghị cử cán bộ./.\n",
    ],
    ids=["greeting alone", "title alone", "blank head behind an annex", "no number"],
)
def test_what_looks_like_a_further_document_and_could_not_be_parted_is_said(tail):
    documents = read(f"{letter()}{tail}")
    (warning,) = [warning for document in documents for warning in document.warnings if UNPARTED in warning]
    first_line = letter().count("\n") + 1
    assert int(warning.partition("từ dòng ")[2].partition(")")[0]) > first_line
    assert documents[0].number == "12"


def test_samples_in_an_annex_that_came_alone_are_no_documents():
    annex = f"Phụ lục\n(Kèm theo Nghị định số 30/2020/NĐ-CP)\nMẪU TRÌNH BÀY\n\n{letter()}\n{letter('Số: 15/UBND-NC')}"
    (document,) = read(annex)
    assert any(UNPARTED in warning for warning in document.warnings)


def test_bodies_and_stamps_above_a_head_belong_to_it_and_signatures_do_not():
    text = letter().replace("\n\nTrần Văn Mẫu\n", "\n")
    for second, issuer in (
        (WIRE, "Thủ tướng Chính phủ"),
        (PARTY, "Tỉnh ủy Khánh Hòa"),
        (PIPES, "Ủy ban nhân dân tỉnh Kon Tum"),
    ):
        documents = read(f"{text}{second}")
        assert [document.issuer for document in documents] == ["Ủy ban nhân dân tỉnh Khánh Hòa", issuer]
