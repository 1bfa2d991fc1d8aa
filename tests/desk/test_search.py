"""What the search finds of the register, the lists and the work, in groups, and never beyond the reader's scope."""

import hashlib
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.cast import NOON
from vonggac.botnet.models import BotnetList
from vonggac.cases import services as cases
from vonggac.cases.models import Case, Kind
from vonggac.cases.services import Answer, Opening
from vonggac.flows import botnet_list
from vonggac.flows.uploads import lake
from vonggac.register import imports
from vonggac.register.models import Asset
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
UNOWNED = "Danh sách có địa chỉ này, chưa rõ đơn vị nào"
REGISTER = {
    "networks": "cidr,organisation\n198.18.0.0/15,hai-van\n198.18.4.0/24,so-y-te\n",
    "assets": "name,kind,organisation,address\n"
    + "".join(f"yt-may-{n:02},workstation,so-y-te,198.18.4.{n}\n" for n in range(1, 8)),
}


@pytest.fixture
def desk(desk):
    with scoped(system("tests")):
        for kind, rows in REGISTER.items():
            plan = imports.plan(kind, rows.encode(), f"{kind}.csv", at=NOON.date(), now=NOON)
            assert not plan.rejects
            assert not plan.unknown_columns
            imports.apply(plan, at=NOON)
    return desk


def found(client, words: str) -> dict[str, list[str]]:
    """Heading → the names of the rows below it, as the page shows them."""
    seen = client.get("/search/", {"q": words}).content.decode().split("<main", 1)[1]
    parts = re.split(r'<h2 class="found">([^<]+)</h2>', seen)
    return {
        title: re.findall(r'<div class="what"><a[^>]*>([^<]+)</a>', rows)
        for title, rows in zip(parts[1::2], parts[2::2], strict=True)
    }


def test_an_address_finds_the_blocks_around_it_and_the_machine_that_holds_it(sign_in):
    seen = found(sign_in("ha"), "198.18.4.3")
    assert seen["Dải IP"] == ["198.18.4.0/24", "198.18.0.0/15"]
    assert seen["Tài sản"] == ["yt-may-03"]
    # A machine outside every block that is known has no network.
    assert "Dải IP" not in found(sign_in("ha"), "8.8.8.8")


def test_an_address_that_nobody_owns_is_found_in_the_lists_that_name_it(sign_in, desk):
    content = b"ip,timestamp,infection\n8.8.8.8,2026-04-19 01:00:00,mirai\n18.8.8.81,2026-04-19 01:00:00,mirai\n"
    with scoped(desk.people.scope("ha")):
        office = desk.people.organisations["hai-van"]
        report = botnet_list.import_list(content, "vo-chu.csv", office, "NCSC", received_at=NOON, at=NOON)
    client = sign_in("ha")
    assert found(client, "8.8.8.8") == {UNOWNED: ["vo-chu.csv"]}
    seen = client.get("/search/?q=8.8.8.8").content.decode()
    leads = re.search(rf'href="(/lists/{report.list_id}/unowned/[^"]*)"', seen)[1]
    assert "8.8.8.8" in client.get(leads).content.decode()
    for nobody in ("8.8.8.81", "8.8.8", "18.8.8.8"):
        assert UNOWNED not in found(client, nobody), nobody
    assert UNOWNED not in found(sign_in("vinh"), "8.8.8.8")


def entered(desk, content: bytes, name: str):
    with scoped(desk.people.scope("ha")):
        office = desk.people.organisations["hai-van"]
        report = botnet_list.import_list(content, name, office, "NCSC", received_at=NOON, at=NOON)
        return BotnetList.objects.get(pk=report.list_id)


@pytest.mark.parametrize(
    ("written", "encoding"),
    [("8.8.8.8", "utf-16"), ("8.8.8.8", "utf-16-le"), ("8[.]8[.]8[.]8", "utf-8"), ("8[dot]8(.)8.8", "utf-8")],
)
def test_an_address_that_nobody_owns_is_found_however_its_list_writes_it(sign_in, desk, written, encoding):
    entered(desk, f"ip,timestamp,infection\n{written},2026-04-19 01:00:00,mirai\n".encode(encoding), "vo-chu.csv")
    assert found(sign_in("ha"), "8.8.8.8")[UNOWNED] == ["vo-chu.csv"]


def test_a_list_whose_file_is_damaged_is_passed_over(sign_in, desk):
    whole = entered(desk, b"ip,timestamp\n8.8.8.8,2026-04-19 01:00:00\n", "lanh.csv")
    damaged = entered(desk, b"ip,timestamp\n8.8.8.8,2026-04-19 02:00:00\n", "hong.csv")
    assert found(sign_in("ha"), "8.8.8.8")[UNOWNED] == ["hong.csv", "lanh.csv"]
    assert whole.sha256 != damaged.sha256
    lake().raw_path(damaged.sha256).unlink()
    assert found(sign_in("ha"), "8.8.8.8")[UNOWNED] == ["lanh.csv"]


def test_a_search_reads_no_more_rows_of_all_lists_together_than_it_may(sign_in, desk, monkeypatch):
    for name, family in (("cu.csv", "mirai"), ("moi.csv", "qakbot")):
        rows = "".join(f"8.8.8.{number},2026-04-19 01:00:00,{family}\n" for number in (8, 9))
        entered(desk, f"ip,timestamp,infection\n{rows}".encode(), name)
    assert found(sign_in("ha"), "8.8.8.8")[UNOWNED] == ["moi.csv", "cu.csv"]
    monkeypatch.setattr("vonggac.flows.unowned.MOST_ROWS_SEARCHED", 3)
    assert found(sign_in("ha"), "8.8.8.8")[UNOWNED] == ["moi.csv"]


def test_the_beginning_of_a_name_finds_machines_that_no_case_is_about(sign_in):
    client = sign_in("tam")
    assert found(client, "YT-MAY-0")["Tài sản"] == [f"yt-may-{n:02}" for n in range(1, 6)]
    assert 'href="/register/assets/?q=YT-MAY-0"' in client.get("/search/?q=YT-MAY-0").content.decode()
    assert "Vụ việc" not in found(client, "yt-may-07")


@pytest.mark.parametrize(("name", "leads"), [("ha", "/register/organisations/"), ("quan", "/people/")])
def test_a_person_leads_administrators_to_the_person_and_others_to_the_office(sign_in, name, leads):
    client = sign_in(name)
    assert found(client, "lan")["Nhân sự"] == ["Lan"]
    seen = client.get("/search/?q=lan").content.decode().split("<main", 1)[1]
    assert re.search(rf'<a href="{leads}\d+/?">Lan</a>', seen)


def test_names_written_with_the_same_accents_come_first(sign_in, desk):
    with scoped(system("tests")):
        rows = (
            "code,name,kind,parent\na-cd,Trường Cao đẳng Mẫu,school,hai-van\nz-tc,Trung tâm Trưởng ca,other,hai-van\n"
        )
        imports.apply(imports.plan("organisations", rows.encode(), "o.csv", at=NOON.date(), now=NOON), at=NOON)
    assert found(sign_in("ha"), "Trưởng ca")["Đơn vị"] == ["Trung tâm Trưởng ca", "Trường Cao đẳng Mẫu"]
    assert found(sign_in("ha"), "Trường ca")["Đơn vị"] == ["Trường Cao đẳng Mẫu", "Trung tâm Trưởng ca"]


def test_lists_are_found_by_their_file_and_their_sender(sign_in):
    client = sign_in("ha")
    content = b"ip,time\n203.0.113.9,2026-04-20 10:00:00\n"
    client.post("/lists/upload/", {"sender": "Bên gửi A", "file": SimpleUploadedFile("tuan-16.csv", content)})
    client.post("/lists/confirm/", {"sha256": hashlib.sha256(content).hexdigest()})
    for words in ("tuan-16", "bên gửi"):
        assert found(client, words)["Danh sách botnet"] == ["tuan-16.csv"]
        assert found(sign_in("vinh"), words) == {}


def test_the_inner_address_of_a_host_leads_to_its_cases_from_search_and_register(sign_in, desk):
    with scoped(system("tests")):
        rows = b"name,kind,organisation,address\nmay-le-tan,workstation,so-y-te,10.20.0.7\n"
        imports.apply(imports.plan("assets", rows, "m.csv", at=NOON.date(), now=NOON), at=NOON)
        host = Asset.objects.get(name="may-le-tan")
        opening = Opening(host.organisation, Kind.BOTNET_HOST, host.name, "Máy lễ tân", 3, "", None, asset_id=host.pk)
        [case] = cases.open_many([opening], at=NOON)
    client = sign_in("ha")
    assert found(client, "10.20.0.7")["Vụ việc"] == ["Máy lễ tân"]
    listed = client.get("/register/assets/?q=10.20.0.7").content.decode()
    assert re.search(r'<a href="/search/\?q=may-le-tan">may-le-tan</a>.*<td[^>]*>1</td>', listed)
    assert f"/cases/{case.pk}/" in client.get("/search/?q=may-le-tan").content.decode()
    # A host without a case leads nowhere.
    assert '<a href="/search/?q=yt-may-03"' not in client.get("/register/assets/?q=yt-may-03").content.decode()


def test_a_person_of_another_office_is_found_in_the_cases_that_they_answered_alone(sign_in):
    assert set(found(sign_in("lan"), "Tâm")) == {"Vụ việc"}
    assert found(sign_in("vinh"), "Tâm") == {}


@pytest.fixture
def received(desk):
    """Two cases whose links strangers to the register used: one acknowledged, one answered too."""
    with scoped(system("tests")):
        office = desk.people.organisations["so-y-te"]
        made = [Opening(office, Kind.BOTNET_HOST, name, f"Máy {name}", 3, "", None) for name in ("m-01", "m-02")]
        first, second = cases.open_many(made, at=NOON)
        cases.acknowledge(first.pk, at=NOON, by="Nguyễn Thị Đào", via="link")
        cases.claim(second.pk, Answer("đã gỡ", "Trần Bảo Đàn", via="link"), at=NOON)
    return desk


@pytest.mark.parametrize(("words", "names"), [
    ("Nguyễn Thị Đào", ["Máy m-01"]), ("thi dao", ["Máy m-01"]), ("đào", ["Máy m-01"]), ("tran bao", ["Máy m-02"]),
    ("đà", ["Máy m-02", "Máy m-01"]), ("hi dao", []),
])  # fmt: skip
def test_who_acknowledged_or_answered_by_link_finds_the_cases(sign_in, received, words, names):
    seen = found(sign_in("ha"), words).get("Vụ việc", [])
    assert [name for name in seen if name.startswith("Máy m-")] == names
    assert found(sign_in("vinh"), words) == {}


def test_a_case_that_moves_takes_the_names_along(sign_in, received):
    with scoped(system("tests")):
        moved = Case.objects.filter(title="Máy m-01").values_list("pk", flat=True)
        cases.move_open_work(list(moved), received.people.organisations["p-vinh-hai"], act="merge", at=NOON)
    assert found(sign_in("lan"), "thị đào")["Vụ việc"] == ["Máy m-01"]
    assert found(sign_in("tam"), "thị đào") == {}


@pytest.mark.parametrize("words", ["198.18.4.3", "yt-may-03", "Sở Y tế", "tam@example"])
@pytest.mark.parametrize("name", ["vinh", "lan"])
def test_nothing_beyond_the_scope_is_found(sign_in, name, words):
    seen = found(sign_in(name), words)
    assert seen == {}, seen


@pytest.mark.parametrize("words", ["198.18.4.3", "yt-may", "Sở", "a"])
def test_a_search_asks_as_often_however_much_it_finds(sign_in, words):
    client = sign_in("nam")
    client.get("/search/", {"q": words})
    with CaptureQueriesContext(connection) as asked:
        client.get("/search/", {"q": words})
    assert len(asked) <= 31
