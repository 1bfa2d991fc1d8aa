import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vonggac.kernel import text


@given(st.text(alphabet="aăâđêôơưẦệỡ bcXYZ0"))
@settings(max_examples=50)
def test_folding_keeps_the_length(value):
    assert len(text.fold(value)) == len(value)


def test_folding_takes_accents_and_case_away():
    assert text.fold("Kính gửi: ĐƠN VỊ") == "kinh gui: don vi"


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("thi ệt hại theo quy đ ịnh pháp lu ật", "thiệt hại theo quy định pháp luật"),
        ("C ác đơn vị", "Các đơn vị"),
        ("Mạng lướ i ng cứu", "Mạng lưới ng cứu"),
        ("an toàn thông tin ở B Y tế, v CNTT", "an toàn thông tin ở B Y tế, v CNTT"),
        ("điểm d ở trên", "điểm d ở trên"),
    ],
)
def test_only_impossible_breaks_are_mended(broken, whole):
    assert text.repair_spaces(broken) == whole


def test_a_name_with_dropped_letters_is_like_the_whole_one():
    assert (
        text.likeness("TRUNG TÂM ỨNG CU KHN CP MÁY TÍNH VIT NAM", "Trung tâm Ứng cứu khẩn cấp máy tính Việt Nam") > 0.9
    )
    assert text.likeness("Sở Y tế", "Bộ Công an") == 0


def _brute(printed, meant):
    if not printed or not meant:
        return len(printed) + 0.6 * len(meant)
    same = _brute(printed[1:], meant[1:]) + (printed[0] != meant[0])
    return min(same, _brute(printed[1:], meant) + 1, _brute(printed, meant[1:]) + 0.6)


@given(st.text("abc", max_size=5), st.text("abc", max_size=5))
@settings(max_examples=60)
def test_unlikeness_equals_the_recursive_definition(printed, meant):
    assert text.unlikeness(printed, meant, 100) == pytest.approx(_brute(printed, meant))


def test_a_place_is_not_taken_for_a_greeting():
    assert text.lead_end(text.fold("Kiên Giang, ngày"), "kính gửi") is None
    assert text.lead_end(text.fold("Knh gi: Sở"), "kính gửi") == 8


def test_the_closest_phrase_wins():
    assert text.closest("KẾ HOCH", ["Kế hoạch", "Kết luận"])[0] == "Kế hoạch"


@given(st.text(max_size=120))
@settings(max_examples=80)
def test_composing_twice_changes_nothing_more(value):
    assert text.compose(text.compose(value)) == text.compose(value)


@pytest.mark.parametrize(
    ("given_text", "composed"),
    [
        ("Ki\u0301nh gu\u031b\u0309i", "Kính gửi"),
        ("a\u00a0b\u2003c", "a b c"),
        ("an\u200btoàn\ufeff", "antoàn"),
        ("một\x00hai", "mộthai"),
        ("hai\ndòng", "hai\ndòng"),
    ],
)
def test_composing_gives_one_code_point_a_letter_and_plain_blanks(given_text, composed):
    assert text.compose(given_text) == composed


@given(
    st.lists(
        st.sampled_from(["an", "toàn", "thi", "ệt", "hại", "ở", "Y", "tế", "quy", "đ", "ịnh", "C", "ác"]), max_size=9
    )
)
@settings(max_examples=120)
def test_mending_only_takes_blanks_away(words):
    printed = " ".join(words)
    mended = text.repair_spaces(printed)
    assert mended.replace(" ", "") == printed.replace(" ", "")
    assert text.repair_spaces(mended).replace(" ", "") == mended.replace(" ", "")


@pytest.mark.parametrize(
    "whole",
    [
        "bảo đảm an toàn thông tin", "ứng cứu sự cố", "cơ quan, đơn vị ở địa phương", "xử lý ảnh", "ý kiến của Ủy ban",
        "điểm a khoản 1 Điều 2", "Bộ Y tế", "theo ủy quyền", "an ninh, ổn định",
    ],
)  # fmt: skip
def test_whole_phrases_stay_as_they_are(whole):
    assert text.repair_spaces(whole) == whole


@pytest.mark.parametrize("word", ["thông", "nghiêng", "quy", "định", "ương", "xoáy", "khuya", "Việt", "giữ"])
def test_vietnamese_syllables_are_known_by_their_shape(word):
    assert text.is_syllable(word)


@pytest.mark.parametrize("word", ["thng", "abc", "strong", "quđ", "zip", "nghh", ""])
def test_what_is_no_syllable_is_known_too(word):
    assert not text.is_syllable(word)


@pytest.mark.parametrize(
    ("printed", "expected"),
    [("KẾ HOẠCH", True), ("KẾ HOẠCh", False), ("QĐ-UBND", True), ("Kế hoạch", False), ("12", False)],
)
def test_capitals_are_nine_letters_in_ten(printed, expected):
    assert text.is_capitals(printed) is expected


def test_one_lower_case_slip_in_a_long_line_is_forgiven():
    assert text.is_capitals("TRUNG TÂM ỨNG CỨU KHẨN CẤp")


@pytest.mark.parametrize(
    ("printed", "end"),
    [("Kính gửi: A", 10), ("KÍNH GỬI A", 9), ("Kiên Giang: A", None), ("Kinh phí: A", None)],
)
def test_a_lead_ends_behind_its_colon(printed, end):
    assert text.lead_end(text.fold(printed), "kính gửi") == end


@pytest.mark.parametrize("printed", ["BÁO CÁO", "BÁO CO", "BO CÁO", "BÁOCÁO", "báo cáo"])
def test_a_title_is_likest_to_itself_however_damaged(printed):
    assert text.closest(printed, ["Báo cáo", "Kế hoạch", "Chỉ thị", "Thông báo"])[0] == "Báo cáo"


@given(st.text("abcxyz ", max_size=12), st.text("abcxyz ", min_size=1, max_size=12))
@settings(max_examples=80)
def test_likeness_lies_between_nought_and_one(printed, meant):
    assert 0 <= text.likeness(printed, meant) <= 1


@given(st.text("abc", max_size=6), st.text("abc", max_size=6), st.floats(0, 4))
@settings(max_examples=80)
def test_the_limit_only_cuts_off_what_lies_beyond_it(printed, meant, limit):
    exact = text.unlikeness(printed, meant, 100)
    cut = text.unlikeness(printed, meant, limit)
    assert cut == pytest.approx(exact) if exact <= limit else cut > limit


def test_squashing_leaves_letters_and_digits():
    assert text.squash("Số: 12 / QĐ-TTg") == "so12qdttg"


def test_names_are_sorted_as_a_vietnamese_dictionary_has_them():
    names = ["An", "Ánh", "Ân", "Dũng", "Đào Ba", "Đạo An", "Đặng", "Đinh", "Đỗ", "Em", "Ngà", "Ngã", "Ngân", "Vũ"]
    shuffled = {name: text.alphabetic(name) for name in sorted(names)}
    assert sorted(shuffled, key=text.alphabetic) == names
