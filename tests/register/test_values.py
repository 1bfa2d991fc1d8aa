import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.register.imports import values, words


@pytest.mark.parametrize(
    ("cell", "normal"),
    [
        ("203.0.113.0/24", "203.0.113.0/24"),
        ("203.0.113.7", "203.0.113.7/32"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("203.0.113.0 - 203.0.113.63", "203.0.113.0/26"),
    ],
)
def test_a_block_is_read_in_the_ways_offices_write_it(cell, normal):
    assert values.block(cell) == normal


@pytest.mark.parametrize(
    ("cell", "advice"),
    [
        ("203.0.113.5/24", "write 203.0.113.0/24"),
        ("203.0.113.0-203.0.113.95", "one line each for: 203.0.113.0/26 203.0.113.64/27"),
        ("203.0.113.9-203.0.113.1", "not a range"),
        ("203.0.113.0/33", "write it like"),
        ("mạng nội bộ", "write it like"),
    ],
)
def test_a_bad_block_says_how_to_mend_it(cell, advice):
    with pytest.raises(ValueError, match=advice):
        values.block(cell)


@pytest.mark.parametrize(
    ("cell", "normal"),
    [
        ("203.0.113.7/32", "203.0.113.7"),
        ("203.0.113.7  2001:DB8::/48", "203.0.113.7 2001:db8::/48"),
        ("203.0.113.0 - 203.0.113.3 203.0.113.9", "203.0.113.0/30 203.0.113.9"),
    ],
)
def test_several_ways_out_stand_with_blanks_between_them(cell, normal):
    assert values.addresses_or_blocks(50)(cell) == normal


def test_more_ways_out_than_fit_are_refused():
    with pytest.raises(ValueError, match="at most 50 fit"):
        values.addresses_or_blocks(50)(" ".join(f"203.0.113.{number}" for number in range(9)))


@pytest.mark.parametrize(
    "cell",
    [
        "2025-07-01",
        "01/07/2025",
        "1/7/2025",
        "01.07.2025",
        "2025-07-01T00:00:00",
        "2025-07-01 00:00:00",
        "2025-07-01T00:00:00Z",
        "2025-07-01T00:00:00+07:00",
        "2025-06-30T17:00:00Z",
    ],
)
def test_a_day_is_read_in_the_ways_offices_write_it(cell):
    assert values.day(cell) == "2025-07-01"


@pytest.mark.parametrize("cell", ["32/01/2025", "07/2025", "hôm nay", "2025-13-01", "2025-07-01T08:00:00Z"])
def test_a_bad_day_says_how_to_write_it(cell):
    with pytest.raises(ValueError, match="write 2025-07-01"):
        values.day(cell)


@pytest.mark.parametrize(
    ("cell", "normal"),
    [
        ("2024-04-20T00:00:00Z", "2024-04-20T00:00:00Z"),
        ("2024-04-20T07:00:00+07:00", "2024-04-20T00:00:00Z"),
        ("2024-04-20 00:00:00", "2024-04-20T00:00:00Z"),
    ],
)
def test_a_time_becomes_utc(cell, normal):
    assert values.moment(cell) == normal


@pytest.mark.parametrize(
    ("read", "cell", "value"),
    [
        (words.asset_kind, "Máy chủ", "server"),
        (words.asset_kind, "may tram", "workstation"),
        (words.organisation_kind, "XÃ", "commune"),
        (words.organisation_kind, "UBND tỉnh", "province"),
        (words.role, "Trực ban", "duty_officer"),
        (words.role, "it_officer", "it_officer"),
        (words.yes_no, "Không", "no"),
    ],
)
def test_vietnamese_words_are_known_with_and_without_accents(read, cell, value):
    assert read(cell) == value


def test_an_unknown_word_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"server.*workstation.*service.*network_device"):
        words.asset_kind("tủ lạnh")


@pytest.mark.parametrize(
    ("read", "cell"),
    [
        (values.code, "có dấu cách"),
        (values.code, "-x"),
        (values.email, "không phải thư"),
        (values.phone, "gọi sau"),
        (values.whole(1, 5), "6"),
        (values.whole(1, 5), "2.5"),
        (values.decimal, "nan"),
        (values.address, "10.0.0.256"),
        (values.text(5), "quá dài rồi"),
        (values.text(50), "nul\x00"),
    ],
)
def test_what_cannot_be_used_is_refused(read, cell):
    with pytest.raises(ValueError, match=r"."):
        read(cell)


def test_a_list_is_read_whatever_stands_between():
    assert values.several(values.block, " ,;")("203.0.113.0/26 10.0.0.0/8; 10.1.0.0/16,") == [
        "203.0.113.0/26",
        "10.0.0.0/8",
        "10.1.0.0/16",
    ]


@given(st.ip_addresses())
def test_an_address_printed_is_read_back(address):
    assert values.address(str(address)) == str(getattr(address, "ipv4_mapped", None) or address)


@given(st.lists(st.sampled_from(["0283 111 222", "+84 90 1", "113", "1900-1"])))
def test_a_list_of_phones_printed_is_read_back(phones):
    assert values.several(values.phone, ";,/\n")(values.printed(phones, "; ")) == phones


@pytest.mark.parametrize("cell", ["::ffff:203.0.113.5", "::FFFF:cb00:7105", "203.0.113.5"])
def test_an_address_wrapped_into_ipv6_is_the_ipv4_address(cell):
    assert values.address(cell) == "203.0.113.5"
