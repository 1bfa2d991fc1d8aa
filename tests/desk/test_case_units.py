"""The filtered cases by unit: numbers that lead to as many rows, and whom to call, within the reader's scope."""

import csv
import html
import io
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.cast import NOON
from tests.register.register_files import bring_in
from vonggac.cases import services
from vonggac.cases.models import Kind
from vonggac.cases.services import Opening
from vonggac.register.models import Role, RoleName
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
LATE = "/cases/units/?late=1"


@pytest.fixture
def desk(desk):
    """The exhibit with late cases of the province's own office and of a unit below it, and two contacts."""
    with scoped(system("tests")):
        for code, number in (("hai-van", 2), ("so-y-te", 3)):
            office = desk.people.organisations[code]
            names = [f"{code}-{n}" for n in range(number)]
            services.open_many([Opening(office, Kind.BOTNET_HOST, name, name, 3, "", NOON) for name in names], at=NOON)
        bring_in("contacts", "name,organisation,phones\nĐầu mối <y tế>,so-y-te,024 3456 7890; 0900 000 001\n")
        bring_in("contacts", "name,organisation,emails\nHộp thư,hai-van,hop@example.vn\n")
        lead = desk.people.people["ha"]
        lead.phone = "0900 000 002"
        lead.save(update_fields=["phone"])
    return desk


@pytest.fixture(autouse=True)
def later(monkeypatch, desk):
    monkeypatch.setattr("vonggac.desk.frame.now", lambda: NOON.replace(minute=1))


def lines(client, address: str = LATE) -> dict[str, tuple[int, str, str]]:
    """Name → (number, the list behind it, what stands beside it)."""
    page = html.unescape(client.get(address).content.decode())
    rows = re.findall(r'<tr[^>]*><th scope="row"[^>]*><a[^>]*>(.*?)</a></th>(.*?)</tr>', page, re.DOTALL)
    found = {name: re.search(r'<a href="(/cases/[^"]*)">([\d.]+)</a>', row) for name, row in rows}
    return {name: (int(found[name][2]), found[name][1], row) for name, row in rows}


def test_each_unit_s_own_cases_are_counted_and_the_number_leads_to_as_many_rows(sign_in):
    client = sign_in("ha")
    found = lines(client)
    assert {name: number for name, (number, _to, _row) in found.items()} == {"Sở Y tế": 4, "UBND tỉnh Hải Vân": 2}
    assert list(found) == ["Sở Y tế", "UBND tỉnh Hải Vân"]
    for number, address, _row in found.values():
        assert len(client.get(f"{address}&format=json").json()["rows"]) == number
    assert f'href="{LATE}"' in client.get("/cases/?late=1").content.decode()


def test_whom_to_call_are_the_contacts_or_those_with_a_role_and_a_number(sign_in):
    page = sign_in("ha").get(LATE).content.decode()
    assert "Đầu mối &lt;y tế&gt;" in page
    assert 'href="tel:02434567890"' in page
    assert re.search(r"Hà \([^)]+\) <a [^>]*href=\"tel:0900000002\"", page)
    assert "<y tế>" not in page


def test_a_person_s_own_number_is_for_those_who_work_on_cases_or_assign_them(sign_in, desk):
    with scoped(system("tests")):
        Role.objects.filter(person=desk.people.people["quan"]).update(name=RoleName.AUDITOR)
    for name, sees in (("ha", True), ("minh", True), ("quan", False)):
        for form in ("", "&format=csv", "&format=json"):
            seen = sign_in(name).get(f"{LATE}{form}").content.decode()
            assert ("0900 000 002" in seen) is sees, (name, form)
            assert "024 3456 7890" in seen, (name, form)


def test_the_file_says_the_same(sign_in):
    text = sign_in("ha").get(f"{LATE}&format=csv").content.decode("utf-8-sig")
    first, *_ = csv.DictReader(io.StringIO(text))
    assert (first["Đơn vị"], first["Vụ việc"]) == ("Sở Y tế", "4")
    assert first["Gọi cho ai"] == "Đầu mối <y tế>: 024 3456 7890, 0900 000 001"


def test_a_unit_sees_itself_alone_and_a_stranger_nothing_of_it(sign_in):
    assert list(lines(sign_in("tam"))) == ["Sở Y tế"]
    assert "Sở Y tế" not in lines(sign_in("vinh"))


def test_the_page_asks_as_often_for_many_units_as_for_one(sign_in):
    client = sign_in("ha")
    numbers = []
    for query in ("?late=1&organisation=so-y-te", "?late=1"):
        client.get(f"/cases/units/{query}")
        with CaptureQueriesContext(connection) as asked:
            client.get(f"/cases/units/{query}")
        numbers.append(len(asked))
    # The organisation's own path is one more.
    assert numbers[0] == numbers[1] + 1


def test_without_a_case_the_page_says_so_and_leads_back(sign_in):
    page = sign_in("ha").get("/cases/units/?kind=alert&late=1").content.decode()
    assert "Không có vụ việc" in page
    assert 'href="/cases/?kind=alert&amp;late=1"' in page
