"""The page of a case whose work a log moved to a host, and that of the host: each leads to the other by name."""

import re
from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection
from django.test import Client

from tests import cast
from tests.cast import NOON
from tests.register.register_files import bring_in
from vonggac.cases import judging, services, successors
from vonggac.cases.models import Case
from vonggac.cases.proof import Missing, Verdict, VerdictState
from vonggac.cases.services import Answer, Opening
from vonggac.flows import botnet_list, late_placement
from vonggac.flows.traffic_log import import_log
from vonggac.ledger.models import Entry
from vonggac.register.models import Organisation, Person
from vonggac.register.services import assets
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
ADDRESS = "203.0.113.70"
REGISTER = {
    "networks": "network,organisation\n203.0.113.64/26,p-vinh-hai\n10.20.0.0/16,p-vinh-hai\n",
    "assets": f"name,organisation,kind,address,nat_pool\npc-tc-01,p-vinh-hai,workstation,10.20.0.11,{ADDRESS}\n"
    f"pc-tc-02,p-vinh-hai,workstation,10.20.0.12,{ADDRESS}\n",
    "sensors": "name,kind,organisation,networks\ntc-nat,nat,p-vinh-hai,203.0.113.64/26\n",
}
LIST = f"timestamp,src_ip,src_port,family\n2026-04-18T19:00:00Z,{ADDRESS},40001,conficker\n"
NAT = (
    "Thời gian bắt đầu;Thời gian kết thúc;IP công cộng;Cổng công cộng;IP nội bộ\n"
    f"2026-04-18T18:00:00Z;2026-04-18T20:00:00Z;{ADDRESS};40001;10.20.0.11\n"
)


@pytest.fixture
def moved(db, own_home, monkeypatch) -> tuple[Client, Case, Case]:
    """The head of the lead agency, the case of the address, and that of the host behind it."""
    people, bare, inner = move(REGISTER, monkeypatch)
    return people.client("ha"), bare, inner


@pytest.fixture
def moved_away(db, own_home, monkeypatch) -> tuple[cast.Cast, Case, Case]:
    """The same where the public addresses are one unit's and the machines behind them another's."""
    networks = REGISTER["networks"].replace("10.20.0.0/16,p-vinh-hai", "10.20.0.0/16,so-y-te")
    assets = REGISTER["assets"].replace("p-vinh-hai", "so-y-te")
    return move({**REGISTER, "networks": networks, "assets": assets}, monkeypatch)


def move(register: dict[str, str], monkeypatch) -> tuple[cast.Cast, Case, Case]:
    """The cast, the case of an address on a list, and that of the host behind it, which a late log tells."""
    monkeypatch.setattr("vonggac.desk.frame.now", lambda: NOON)
    people = cast.assemble()
    with scoped(system("tests")):
        for kind, text in register.items():
            bring_in(kind, text)
        office = people.organisations["hai-van"]
        botnet_list.import_list(LIST.encode(), "ds.csv", office, "NCSC", received_at=NOON, at=NOON)
        bare = Case.objects.get()
        import_log(NAT.encode(), "nat.csv", "tc-nat", received_at=NOON, at=NOON)
        late_placement.place_again(at=NOON)
        inner = Case.objects.exclude(pk=bare.pk).get()
        bare.refresh_from_db()
    return people, bare, inner


def page(client: Client, case: Case) -> str:
    return client.get(f"/cases/{case.pk}/").content.decode()


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def test_a_moved_case_leads_to_its_host_by_name_and_shows_no_empty_answers(moved):
    client, bare, inner = moved
    seen = page(client, bare)
    assert f'<a href="/cases/{inner.pk}/">pc-tc-01: conficker</a>' in seen
    assert "Công việc đã chuyển sang vụ việc khác" in seen
    assert "Đơn vị chưa trả lời" not in seen
    assert "Đơn vị báo</h2>" not in seen
    assert "Chưa có tệp nào" not in seen
    assert "Chưa có phát hiện" not in seen


def test_the_host_leads_back_to_the_case_that_it_came_from_and_asks_for_its_answers(moved):
    client, bare, inner = moved
    seen = page(client, inner)
    assert f'Chuyển từ <a href="/cases/{bare.pk}/">{ADDRESS}: conficker</a>' in seen
    assert "Công việc đã chuyển sang" not in seen
    assert ">Đơn vị báo</h2>" in seen


def test_a_case_that_was_answered_before_it_moved_still_shows_the_answer(moved):
    client, bare, _ = moved
    with scoped(system("tests")):
        services.reopen(bare.pk, "thử", at=NOON)
        services.claim(bare.pk, Answer("đã quét", "Lan"), at=NOON)
    seen = page(client, bare)
    assert "đã quét" in seen
    assert ">Đơn vị báo</h2>" in seen


def test_what_is_known_of_the_machine_says_its_addresses_and_its_name_once(moved):
    client, _, inner = moved
    about = re.search(r'aria-labelledby="about">.*?</dl>', page(client, inner), re.DOTALL).group()
    assert words(about).count("pc-tc-01") == 1
    assert "Địa chỉ 10.20.0.11" in words(about)
    assert f"Ra ngoài qua {ADDRESS}" in words(about)


def test_a_new_finding_has_not_the_mark_of_a_contradiction(moved):
    client, _, inner = moved
    findings = re.search(r'aria-labelledby="findings">.*?</section>', page(client, inner), re.DOTALL).group()
    assert 'class="mark wait"' in findings
    assert "against" not in findings


def test_a_log_that_no_sensor_writes_is_asked_for_by_kind_and_leads_to_declaring_one(moved):
    client, _, inner = moved
    missing = (Missing("flow", "no declared sensor sees the address", None, "10.20.0.11"),)
    with scoped(system("tests")):
        services.claim(inner.pk, Answer("đã cài lại", "Lan"), at=NOON)
        verdict = Verdict(VerdictState.NOT_OBSERVABLE, (str(missing[0]),), missing)
        judging.conclude(inner.pk, "clean_host", verdict, at=NOON)
    assert "Khai báo cảm biến" not in page(client, inner)
    with scoped(system("tests")):
        client.force_login(Person.objects.get(name="Quân"))
    seen = page(client, inner)
    assert "không có cảm biến luồng (flow) nào được khai báo nhìn thấy địa chỉ này" in seen
    assert re.search(r'href="/register/sensors/import">\s*Khai báo cảm biến<', seen)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_lists_and_files_say_why_a_moved_case_is_closed(moved, language):
    client, bare, inner = moved
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    client.post("/preferences/", {"language": language})
    why = {"vi": "vụ việc chuyển sang máy đó", "en": "the case went on to that host"}[language]
    row = re.search(rf'data-row="{bare.pk}".*?</li>', client.get("/cases/?state=closed").content.decode(), re.DOTALL)
    assert f"{why}: pc-tc-01 ({inner.pk})" in words(row.group())
    table = client.get("/cases/?state=closed&format=csv").content.decode("utf-8-sig").splitlines()
    heading = {"vi": "Vì sao đóng", "en": "Why it is closed"}[language]
    closing = dict(zip(table[0].split(","), table[1].split(","), strict=False))[heading]
    assert closing.endswith(f"{why}: pc-tc-01 ({inner.pk})")


def test_a_unit_reads_nothing_of_a_host_of_another_to_which_its_case_went_over(moved_away):
    people, bare, inner = moved_away
    assert [case.org_path for case in (bare, inner)] == [
        people.organisations[c].path for c in ("p-vinh-hai", "so-y-te")
    ]
    lists = ("/cases/?state=closed", "/cases/?state=closed&format=csv", f"/search/?q={ADDRESS}")
    for who, sees in (("lan", False), ("ha", True)):
        client = people.client(who)
        assert (client.get(f"/cases/{inner.pk}/").status_code == 200) is sees
        for path in (f"/cases/{bare.pk}/", *lists):
            seen = client.get(path).content.decode()
            assert ("pc-tc-01" in seen) is sees, (who, path)
            assert "nhật ký đã chỉ ra máy đứng sau địa chỉ" in seen, (who, path)
    with scoped(people.scope("lan")):
        assert bare.closing == successors.WENT_ON
        kept = Entry.objects.filter(subject_kind="case", subject_id=bare.pk)
        assert [entry for entry in kept if "pc-tc-01" in str(entry.detail)] == []


def test_the_heirs_of_all_cases_of_a_list_are_two_queries_and_of_none_no_query(moved, django_assert_num_queries):
    _, bare, inner = moved
    with scoped(system("tests")):
        page = [bare, inner, Case(pk=999, closing=successors.WENT_ON)]
        with django_assert_num_queries(2):
            successors.look_up(page)
        assert [[heir.pk for heir in case.heirs] for case in page] == [[inner.pk], [], []]
        with django_assert_num_queries(0):
            successors.look_up([inner])


def test_the_ledger_tells_why_cases_of_before_are_closed_without_the_names_of_hosts(moved):
    _, bare, inner = moved
    filling = import_module("vonggac.cases.migrations.0009_closings_of_before")
    with scoped(system("tests")):
        by_hand = services.close(inner.pk, "máy đã thanh lý", at=NOON)
        other = services.open_many([Opening(bare.organisation, "alert", "x", "x", 3, "", None)], at=NOON)[0]
        services.close(other.pk, f"pc-tc-01 ({inner.pk}): {successors.WENT_ON}", at=NOON)
        Case.objects.update(closing="")
        with connection.cursor() as cursor:
            cursor.execute(filling.SAY)
        told = dict(Case.objects.values_list("pk", "closing"))
    assert told == {bare.pk: successors.WENT_ON, by_hand.pk: "máy đã thanh lý", other.pk: successors.WENT_ON}
    assert successors.WENT_ON in filling.SAY


def test_the_timeline_tells_when_the_register_has_the_host_at_another_address(moved, monkeypatch):
    client, _, inner = moved
    with scoped(system("tests")):
        assets.change_address(inner.asset, "10.20.0.99", NOON - timedelta(hours=1), at=NOON)
        assert "10.20.0.11 → 10.20.0.99" not in words(page(client, inner)), "it was so when the case was opened"
        assets.change_address(inner.asset, "10.20.0.77", NOON + timedelta(hours=1), at=NOON)
    assert "10.20.0.99 → 10.20.0.77" not in words(page(client, inner)), "the time has not come"
    monkeypatch.setattr("vonggac.desk.frame.now", lambda: NOON + timedelta(hours=2))
    assert "10.20.0.99 → 10.20.0.77 theo sổ tài sản" in words(page(client, inner))


def test_the_timeline_tells_by_which_sighting_a_log_shows_the_host_at_another_address(moved):
    client, _, inner = moved
    with scoped(system("tests")):
        log = NAT.replace("10.20.0.11", "10.20.0.33").replace("2026-04-18T", "2026-04-19T")
        bring_in("assets", "name,organisation,kind,address\npc-tc-01,p-vinh-hai,workstation,10.20.0.33\n")
        import_log(log.encode(), "nat-2.csv", "tc-nat", received_at=NOON, at=NOON)
        office = Organisation.objects.get(code="hai-van")
        listed = LIST.replace("2026-04-18T", "2026-04-19T")
        for _ in range(2):
            botnet_list.import_list(listed.encode(), "ds-2.csv", office, "NCSC", received_at=NOON, at=NOON)
        [told] = Entry.objects.filter(act="case.address")
    assert (told.subject_id, told.detail["was"], told.detail["now"]) == (inner.pk, "10.20.0.11", "10.20.0.33")
    seen = words(page(client, inner))
    assert "Máy chuyển sang địa chỉ trong khác" in seen
    assert f"10.20.0.11 → 10.20.0.33 nhật ký cho thấy ghi nhận {ADDRESS}, cổng nguồn 40001" in seen
