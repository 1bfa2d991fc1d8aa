"""A list's unreadable row concerns whom it may have meant, and nobody else."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vonggac.flows.proof.c2 import address_of
from vonggac.flows.proof.damaged_rows import DamagedRows

HOST = "203.0.113.5"


@pytest.mark.parametrize(
    "raw",
    [
        "2024-04-22,203.0.113.005,40000", "203,0,113,5", "203.0.113.5.", "203.0.113..5", "2O3.0.113.5", "203.0.l13.5",
        "203.0.1l3.005", "203.0.113", "203.0.113.5/24", "203.0.113.0/24", "203.0.113.1-203.0.113.9",
        '2024-04-22 00:00:00,"203,0,113,5",198.51.100.9,mirai', "203-0-113-5",
        "203 0 113 5", "203_0_113_5", "203/0/113/5",
        "20301135", "203 dot 0 dot 113 dot 5", "203 chấm 0 chấm 113 chấm 5", "２０３.0.113.5", "203．0．113．5",
        "203\u200b.0.113.5", "203.0-113/5", "2030.1135", "203-01135", "3405803781", "0xCB007105",
        "5.113.0.203.in-addr.arpa", "static-203-0-113-5.isp.example", "203\\.0\\.113\\.5",
        "203.0.113.5 203.0.113.6", "203[.]0[.]113[.]5x", "203.0.1135",
    ],
)  # fmt: skip
def test_a_slip_of_the_pen_may_be_the_host(raw: str) -> None:
    assert DamagedRows([raw]).may_name(ip_address(HOST))


@pytest.mark.parametrize(
    "raw",
    [
        "", "Tổng cộng", "không rõ,198.51.100.9", "203.0.113.50", "203.0.113.500", "203.0.113.300",
        "198.19.250.7.1", "10.0.0", "22.04.2024,không rõ",
        "2024-04-22 00:00:00,,40000,198.51.100.9,mirai", "198.51.100.0/24", "203-0-113-50", "203 0 113", "3405803782",
        "203,0,113,5,7", "2030113", "0xCB007106", "22/04/2024,203",
    ],
)  # fmt: skip
def test_what_is_not_near_the_host_is_not_the_host(raw: str) -> None:
    assert not DamagedRows([raw]).may_name(ip_address(HOST))


@pytest.mark.parametrize("raw", ["2001:db8:20::5g", "2001:db8:20::", "2001:db8:20::/48", "2001:db8:20:::5"])
def test_an_ipv6_address_is_damaged_alike(raw: str) -> None:
    assert DamagedRows([raw]).may_name(ip_address("2001:db8:20::5"))


@given(st.ip_addresses(v=4), st.data())
def test_a_dot_or_a_zero_too_many_or_a_dot_too_few_is_still_the_address(address, data) -> None:
    text = str(address)
    place = data.draw(st.sampled_from([place for place, mark in enumerate(text) if mark == "."]))
    damaged = data.draw(
        st.sampled_from(
            [
                f"{text[:place]}.{text[place:]}",
                text[:place] + text[place + 1 :],
                f"{text[: place + 1]}0{text[place + 1 :]}",
            ]
        )
    )
    assume(address_of(damaged) is None)
    assert DamagedRows([f"2024-04-22 00:00:00,{damaged},40000"]).may_name(address)


@given(st.ip_addresses(v=4), st.sampled_from(["-", "_", " ", "/", "\\", "·", " . ", " dot ", " chấm ", "'"]))
def test_other_marks_between_the_numbers_are_still_the_address(address, mark: str) -> None:
    rows = DamagedRows([f"2024-04-22 00:00:00,{mark.join(str(address).split('.'))},40000"])
    assert rows.may_name(address)
    assert rows.may_name_in(ip_network(f"{address}/24", strict=False))


@given(st.ip_addresses(v=4), st.sampled_from(["{}", "{:#x}", "{:#X}"]))
def test_an_address_as_one_number_is_still_the_address(address, form: str) -> None:
    assume(int(address) >= 2**24)
    assert DamagedRows([f"2024-04-22 00:00:00,{form.format(int(address))},40000"]).may_name(address)


def test_rows_that_were_not_kept_may_name_anybody() -> None:
    assert DamagedRows([], is_whole=False).may_name(ip_address(HOST))
    assert DamagedRows([], is_whole=False).may_name_in(ip_network("198.51.100.0/24"))


@pytest.mark.parametrize("raw", ["203.0.113.300", "203.0.113.005", "203.0.113.0/25", "203.0.113"])
def test_a_networks_unit_is_concerned_by_what_begins_like_it(raw: str) -> None:
    rows = DamagedRows([raw])
    assert rows.may_name_in(ip_network("203.0.113.0/24"))
    assert not rows.may_name_in(ip_network("198.51.100.0/24"))


def test_a_day_and_an_hour_name_no_address() -> None:
    rows = DamagedRows(["2024-04-22 08:15:30,không rõ", "22.04.2024 15:21", "2026-04-20T15:21:23Z,,443"])
    assert not rows.may_name_anybody


def test_an_hour_written_in_a_damaged_row_names_no_address() -> None:
    assert not DamagedRows(["2026-04-20T15:21:23Z,không rõ"]).may_name(ip_address("1.52.1.23"))
