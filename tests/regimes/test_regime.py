"""The dated rules: which pack holds on a day, what a clause binds, and that every value has its citation."""

from datetime import date, timedelta

import pytest

from vonggac.errors import ConfigurationError
from vonggac.regimes import regime

TELCOS = "Các doanh nghiệp cung cấp dịch vụ viễn thông, Internet; các tổ chức, doanh nghiệp cung cấp hạ tầng số:"


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2010, 1, 1), "2017–2024"),
        (date(2024, 4, 17), "2017–2024"),
        (date(2025, 2, 28), "2017–2024"),
        (date(2025, 3, 1), "2025 interim"),
        (date(2026, 6, 30), "2025 interim"),
        (date(2026, 7, 1), "2026"),
        (date(2030, 1, 1), "2026"),
    ],
)
def test_the_pack_in_force_on_a_day(day, name):
    assert regime.on(day).name == name


def test_the_packs_follow_each_other_without_gap_or_overlap():
    day = date(2017, 3, 16)
    while day < date(2027, 1, 1):
        found = regime.on(day)
        assert found.valid_from <= day
        assert found.valid_to is None or day < found.valid_to
        day += timedelta(days=1)


def test_every_limit_carries_a_citation_and_says_whether_it_is_ours():
    for day in (date(2024, 1, 1), date(2025, 6, 1), date(2026, 8, 20)):
        pack = regime.on(day)
        assert pack.citation
        assert all(limit.citation and limit.value > 0 for limit in pack.limits.values())
        assert pack.limits["clean_days"].is_ours


def test_a_limit_that_no_pack_carries_is_an_error_that_names_it():
    with pytest.raises(ConfigurationError, match="moon_phase"):
        regime.on(date(2024, 4, 17)).limit("moon_phase")


@pytest.mark.parametrize(
    ("text", "above", "binds", "rule"),
    [
        ("Củng cố nhân lực ứng trực, giám sát 24/7", "Tăng cường triển khai", ("*",), "duty_coverage"),
        *(
            (f"Bố trí người trực {words}", "", ("*",), "duty_coverage")
            for words in (
                "24/24 giờ",
                "24/24h",
                "24h/24h",
                "24 giờ/24",
                "24 giờ trong ngày",
                "24h/ngày",
                "24/24",
                "24 / 7",
                "suốt ngày đêm",
                "cả ngày lẫn đêm",
            )
        ),
        ("Báo cáo trong vòng 24 giờ", "", ("*",), ""),
        ("Kiểm tra, cập nhật đầy đủ các bản vá", "Tăng cường triển khai", ("*",), "patches_installed"),
        ("bóc gỡ mã độc trong Danh sách IP mạng Botnet", "Tăng cường triển khai", ("*",), "botnet_hosts"),
        ("Sẵn sàng triển khai kế hoạch ứng phó sự cố", "Tăng cường triển khai", ("*",), "plan_exercised"),
        ("Tăng cường nguồn nhân lực trực giám sát", TELCOS, ("telco", "isp", "platform"), "duty_coverage"),
        ("kịp thời ngăn chặn hoạt động tấn công mạng", TELCOS, ("telco", "isp", "platform"), "blocking_probed"),
        ("xử lý phản ánh về tin nhắn rác", TELCOS, ("telco", "isp", "platform"), "complaints_answered"),
        ("thực hiện biện pháp xử lý theo yêu cầu của Bộ", TELCOS, ("telco", "isp", "platform"), "orders_in_time"),
        ("đề nghị liên hệ qua các đầu mối", "", (), ""),
        ("Bố trí kinh phí", "", ("*",), ""),
        ("KIỂM TRA CÁC BẢN VÁ", "", ("*",), "patches_installed"),
        ("kiem tra cac ban va", "", ("*",), "patches_installed"),
    ],
)
def test_what_a_clause_of_the_founding_directive_binds_by_default(text, above, binds, rule):
    found = regime.on(date(2024, 4, 17)).binding(text, above)
    assert (found.binds, found.rule) == (binds, rule)


def test_an_exercise_may_have_limits_of_its_own_for_a_while():
    day = date(2026, 4, 20)
    before = regime.on(day).limit("clean_days")
    with regime.adjusted({"clean_days": before + 3}):
        assert regime.on(day).limit("clean_days") == before + 3
        assert regime.on(day).limit("gap_seconds") > 0
    assert regime.on(day).limit("clean_days") == before
