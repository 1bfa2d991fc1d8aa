"""The page of a list's addresses without owner: which they are, why, how to go on; and its rejected rows as files."""

import csv
import io
import json
import re

import pytest

from tests.cast import NOON
from tests.desk.test_lists import confirm, hand_in, stored
from tests.register.register_files import bring_in
from vonggac.flows import botnet_list
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
NETWORKS = (
    "network,organisation,valid_from,valid_to\n"
    "203.0.113.0/26,so-y-te,,\n"
    "198.51.100.0/25,so-y-te,2020-01-01,2026-01-01\n"
    "192.0.2.0/24,so-y-te,2026-06-01,\n"
)
LIST = (
    b"ip,timestamp,infection\n"
    b"203.0.113.5,2026-04-19 01:00:00,mirai\n"
    b"198.51.100.9,2026-04-18 01:00:00,mirai\n"
    b"198.51.100.9,2026-04-19 02:00:00,qakbot\n"
    b"10.1.2.3,2026-04-19 01:00:00,mirai\n"
    b"192.0.2.7,2026-04-19 01:00:00,\n"
    b"2001:db8::9,,mirai\n"
    b"198.51.100.200,2026-04-19 01:00:00,mirai\n"
    b"not-an-address,2026-04-19 01:00:00,mirai\n"
)


@pytest.fixture
def officer(sign_in):
    with scoped(system("tests")):
        bring_in("networks", NETWORKS)
    return sign_in("ha")


def imported(client, content=LIST) -> str:
    hand_in(client, content)
    address = confirm(client, content).headers["Location"]
    with scoped(system("tests")):
        botnet_list.carry_out(stored()[-1].pk, at=NOON)
    return address


def exported(client, address: str) -> list[dict[str, str]]:
    text = client.get(f"{address}?format=csv").content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_figure_leads_to_the_addresses_each_with_why_nobody_owns_it(officer):
    address = imported(officer)
    page = officer.get(address).content.decode()
    assert f'địa chỉ chưa rõ đơn vị</dt><dd><a href="{address}unowned/">5</a>' in page
    rows = {row["Địa chỉ"]: row for row in exported(officer, f"{address}unowned/")}
    assert list(rows) == ["10.1.2.3", "192.0.2.7", "198.51.100.9", "198.51.100.200", "2001:db8::9"]
    assert rows["198.51.100.9"] == {
        "Địa chỉ": "198.51.100.9", "Họ mã độc": "mirai, qakbot", "Số dòng": "2", "Dòng": "3",
        "Thấy lần cuối": "2026-04-19 09:00", "Dải IP": "198.51.100.0/25", "Đơn vị": "Sở Y tế",
        "Vì sao chưa rõ đơn vị": "dải 198.51.100.0/25 của Sở Y tế đã hết hiệu lực từ 1/1/2026",
    }  # fmt: skip
    why = {address: row["Vì sao chưa rõ đơn vị"] for address, row in rows.items()}
    assert why["192.0.2.7"] == "dải 192.0.2.0/24 chỉ thuộc Sở Y tế từ 1/6/2026, sau khi danh sách này đến"
    assert why["10.1.2.3"] == "địa chỉ nội bộ: chỉ mạng chứa nó mới biết là máy nào"
    assert why["198.51.100.200"] == "không dải mạng nào trong sổ đăng ký chứa địa chỉ này"
    assert rows["2001:db8::9"]["Thấy lần cuối"] == ""
    shown = officer.get(f"{address}unowned/").content.decode()
    assert all(one in shown for one in rows)
    assert 'href="/register/networks/import"' in shown


def test_what_is_declared_afterwards_is_gone_from_the_page_which_says_how_many_there_were(officer):
    address = imported(officer)
    with scoped(system("tests")):
        bring_in("networks", "network,organisation\n198.51.100.128/25,so-y-te\n")
        bring_in("assets", "name,organisation,address\nSV-9,so-y-te,2001:db8::9\n")
    rows = exported(officer, f"{address}unowned/")
    assert [row["Địa chỉ"] for row in rows] == ["10.1.2.3", "192.0.2.7", "198.51.100.9"]
    assert (
        "Lúc nhập danh sách có 5, theo sổ đăng ký hiện nay còn 3." in officer.get(f"{address}unowned/").content.decode()
    )


def test_a_hundred_are_shown_at_a_time_and_the_file_holds_all(officer):
    lines = b"".join(b"198.51.100.%d,2026-04-19 01:00:00,mirai\n" % number for number in range(128, 256))
    address = imported(officer, b"ip,timestamp,infection\n" + lines)
    first = officer.get(f"{address}unowned/").content.decode()
    assert len(re.findall(r'<th scope="row"', first)) == 100
    second = officer.get(f"{address}unowned/?from=100").content.decode()
    assert 'href="?from=100"' in first
    assert len(re.findall(r'<th scope="row"', second)) == 28
    assert "198.51.100.255" in second
    assert 'href="?from=' not in second
    assert len(exported(officer, f"{address}unowned/")) == 128


def test_a_list_whose_addresses_all_have_owners_says_so(officer):
    address = imported(officer, b"ip,timestamp,infection\n203.0.113.5,2026-04-19 01:00:00,mirai\n")
    assert f'"{address}unowned/"' not in officer.get(address).content.decode()
    page = officer.get(f"{address}unowned/").content.decode()
    assert "Mọi địa chỉ trong danh sách này đều có đơn vị trong sổ đăng ký" in page


def test_the_list_of_another_office_is_not_told(officer, sign_in):
    address = imported(officer)
    assert sign_in("lan").get(f"{address}unowned/").status_code == 404


def test_rejected_rows_are_taken_along_in_every_form_and_their_figure_leads_to_them(officer):
    address = imported(officer)
    page = officer.get(address).content.decode()
    assert 'dòng bị loại</dt><dd><a href="#rejects">1</a>' in page
    assert all(f'href="?format={kind}"' in page for kind in ("csv", "xlsx", "json"))
    rejects = json.loads(officer.get(f"{address}?format=json").content)["rows"]
    assert [(row["line"], row["raw"]) for row in rejects] == [(9, "not-an-address,2026-04-19 01:00:00,mirai")]


def test_of_many_rejected_rows_the_page_says_how_many_it_leaves_to_the_file(officer):
    address = imported(officer, b"ip,timestamp\n203.0.113.5,\n" + b"nothing,2026-04-19\n" * 120)
    assert "Đang hiện 100 dòng đầu trong 120 dòng; tệp có đủ." in officer.get(address).content.decode()
    assert len(exported(officer, address)) == 120
