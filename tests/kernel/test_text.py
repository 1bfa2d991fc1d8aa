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
