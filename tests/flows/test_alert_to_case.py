"""Alerts that are filed with a host's case: the case becomes as urgent as they are, and its owner is told once."""

from pathlib import Path

import pytest

from tests.alerts.sources import MALWARE, declare, eve, findings, lines
from tests.cast import NOON
from tests.register.register_files import bring_in
from vonggac.alerts import machines
from vonggac.alerts.services import triage
from vonggac.cases import services as cases
from vonggac.cases.models import Case, Kind
from vonggac.duty import messages
from vonggac.duty.models import Message
from vonggac.flows import alert_to_case, assessment, botnet_list
from vonggac.flows.alert_files import import_file
from vonggac.jobs import run_waiting
from vonggac.ledger.models import Entry
from vonggac.tenancy.scope import scoped, system

# The jobs that a list leaves stand there.
assert assessment.assess
pytestmark = pytest.mark.django_db(databases=["default", "sealer"])
DESK = system("tests")
LIST = (
    b"timestamp,src_ip,dst_ip\n"
    b"2026-04-19 01:00:00,203.0.113.5,198.51.100.9\n"
    b"2026-04-19 01:00:00,203.0.113.6,198.51.100.9\n"
)
LISTED = "máy cũng có trong danh sách mạng botnet"


@pytest.fixture
def listed(people, ward):
    """Two hosts of the ward with open cases from a list, and a source of alerts."""
    with scoped(DESK):
        botnet_list.import_list(LIST, "list.csv", people.organisations["hai-van"], "VNCERT", at=NOON)
    declare(people, "suricata")
    return ward


def alert(path: Path, *events, source: str = "suricata") -> None:
    path.write_bytes(lines(*events))
    import_file(path, source, DESK, at=NOON)
    with scoped(DESK):
        run_waiting()


def malware(number: int, address: str, **more):
    return eve(
        number, rule=number, src_ip=address, category=MALWARE, severity=2, signature=f"ET MALWARE {number}", **more
    )


def case_of(address: str) -> Case:
    with scoped(DESK):
        return Case.objects.get(subject=address)


def told() -> list[Message]:
    with scoped(DESK):
        return list(Message.objects.filter(subject__contains="Cảnh báo").order_by("pk"))


def test_malware_on_hosts_with_open_cases_raises_them_and_tells_their_owner_once(listed, tmp_path):
    assert case_of("203.0.113.5").priority == 3
    alert(tmp_path / "1.json", malware(1, "203.0.113.5"), malware(2, "203.0.113.6"))
    for address in ("203.0.113.5", "203.0.113.6"):
        case = case_of(address)
        assert (case.kind, case.priority, case.priority_reason) == (Kind.BOTNET_HOST, 1, LISTED)
        with scoped(DESK):
            acts = Entry.objects.filter(subject_kind="case", subject_id=case.pk).order_by("pk")
            found = [(one.act, one.detail.get("was"), one.detail.get("priority")) for one in acts]
        assert found[-2:] == [("case.alert", None, None), ("case.priority", 3, 1)]
    (letter,) = told()
    assert letter.organisation_id == listed.pk
    assert letter.subject == "[Vọng Gác] Cảnh báo: 2 máy cần xử lý"
    assert "203.0.113.5: đã thêm vào vụ việc đang mở" in letter.body
    assert "- ET MALWARE 2 (nguồn suricata)" in letter.body
    assert f"- ưu tiên 1 (đã nâng): {LISTED}" in letter.body
    assert letter.subjects == {"case": sorted(case_of(one).pk for one in ("203.0.113.5", "203.0.113.6"))}


def test_more_alerts_of_the_same_kind_tell_nobody_again(listed, tmp_path):
    alert(tmp_path / "1.json", malware(1, "203.0.113.5"))
    alert(tmp_path / "2.json", malware(1, "203.0.113.5", flow_id=2))
    alert_to_case.open_cases([one.pk for one in findings()])
    assert len(told()) == 1


def test_a_case_that_is_urgent_already_keeps_its_reason_and_its_owner_is_told(listed, tmp_path):
    alert(tmp_path / "1.json", malware(1, "203.0.113.5"))
    with scoped(DESK):
        cases.acknowledge(case_of("203.0.113.5").pk, at=NOON, by="Lan")
    alert(tmp_path / "2.json", malware(2, "203.0.113.5"))
    _, letter = told()
    assert "- ET MALWARE 2 (nguồn suricata)" in letter.body
    assert "đã nâng" not in letter.body
    assert (letter.subjects, messages.LINK in letter.body) == ({}, False)
    with scoped(DESK):
        assert Entry.objects.filter(act="case.priority").count() == 1


def grave(address: str, at=NOON) -> dict[str, object]:
    """Malware that Wazuh calls critical: as urgent by itself as it is by being verified."""
    rule = {"level": 15, "id": "100200", "description": "YARA: Emotet", "groups": ["malware"]}
    return {"timestamp": at.isoformat(), "rule": rule, "agent": {"name": address}, "manager": {"name": "m"}}


def test_a_case_that_verification_opens_says_what_verified_it_and_not_what_was_known_before(people, listed, tmp_path):
    declare(people, "wazuh", format_name="wazuh")
    alert(tmp_path / "1.json", grave("203.0.113.77"), source="wazuh")
    assert [one.priority_reason for one in findings(priority=1)] == ["nguồn đánh giá mức nghiêm trọng"]
    alert(tmp_path / "2.json", malware(2, "203.0.113.77"))
    case = case_of("203.0.113.77")
    assert (case.priority, case.priority_reason) == (1, "nguồn khác cũng báo mã độc trên máy này")
    (letter,) = told()
    assert "- ưu tiên 1: nguồn khác cũng báo mã độc trên máy này" in letter.body


def test_a_finding_that_was_urgent_before_says_that_it_is_verified_now_and_keeps_saying_so(people, listed, tmp_path):
    declare(people, "wazuh", format_name="wazuh")

    def hand_in(name: str, source: str, *events: dict[str, object]) -> list[str]:
        (tmp_path / name).write_bytes(lines(*events))
        import_file(tmp_path / name, source, DESK, at=NOON)
        return [one.priority_reason for one in findings(source__name="wazuh")]

    assert hand_in("1.json", "wazuh", grave("203.0.113.77")) == ["nguồn đánh giá mức nghiêm trọng"]
    hand_in("2.json", "suricata", malware(2, "203.0.113.77"))
    verified = hand_in("3.json", "wazuh", grave("203.0.113.77"), grave("203.0.113.77"))
    assert verified == ["nguồn khác cũng báo mã độc trên máy này"]
    with scoped(people.scope("ha")):
        triage.mark_false([one.pk for one in findings(source__name="suricata")], "nhầm", at=NOON, by="Hà")
    assert hand_in("4.json", "wazuh", *[grave("203.0.113.77")] * 3) == verified


def test_a_new_case_for_alerts_is_told_of_too(people, listed, tmp_path):
    declare(people, "wazuh")
    alert(tmp_path / "1.json", malware(1, "203.0.113.77"))
    assert told() == []
    alert(tmp_path / "2.json", malware(2, "203.0.113.77"), source="wazuh")
    (letter,) = told()
    assert "203.0.113.77: vụ việc mới" in letter.body
    assert letter.subjects == {"case": [case_of("203.0.113.77").pk]}


def test_of_many_findings_of_one_host_the_first_are_told(listed, tmp_path):
    alert(tmp_path / "1.json", *(malware(n, "203.0.113.5") for n in range(1, 8)))
    (letter,) = told()
    assert letter.body.count("- ET MALWARE") == 5
    assert "- và 2 cảnh báo nữa" in letter.body


def test_one_private_address_in_two_organisations_is_two_hosts(people, listed, tmp_path):
    declare(people, "ids-a", "so-y-te")
    declare(people, "ids-b", "vien-thong")
    declare(people, "ids-c", "so-y-te")
    alert(tmp_path / "a.json", malware(1, "192.168.1.10", dest_ip="198.51.100.9"), source="ids-a")
    alert(tmp_path / "b.json", malware(2, "192.168.1.10", dest_ip="198.51.100.9"), source="ids-b")
    # Neither tells anything of the other's host.
    assert {(one.state, one.priority) for one in findings()} == {("new", 2)}
    assert told() == []
    alert(tmp_path / "c.json", malware(3, "192.168.1.10", dest_ip="198.51.100.9"), source="ids-c")
    case = case_of("192.168.1.10")
    assert case.organisation_id == people.organisations["so-y-te"].pk
    assert {one.source.name for one in findings(case=case)} == {"ids-a", "ids-c"}
    (letter,) = told()
    assert letter.organisation_id == case.organisation_id
    assert "ids-b" not in letter.body
    assert [one.state for one in findings(source__name="ids-b")] == ["new"]


def test_a_letter_names_no_source_of_a_neighbour(people, listed, tmp_path):
    declare(people, "ids-a", "so-y-te")
    declare(people, "ids-b", "vien-thong")
    alert(tmp_path / "a.json", malware(1, "203.0.113.77"), source="ids-a")
    alert(tmp_path / "b.json", malware(2, "203.0.113.77"), source="ids-b")
    alert(tmp_path / "1.json", malware(3, "203.0.113.77"))
    first, second = told()
    assert {first.organisation_id, second.organisation_id} == {listed.pk}
    assert "- 2 cảnh báo từ nguồn của đơn vị khác" in first.body
    # Whoever stands above the unit watches over it, and is named.
    assert "- ET MALWARE 3 (nguồn suricata)" in second.body
    assert "- ưu tiên 1: nguồn khác cũng báo mã độc trên máy này" in first.body
    assert not any(name in letter.body for letter in (first, second) for name in ("ids-a", "ids-b", "ET MALWARE 1"))


def test_alerts_on_the_host_of_two_organisations_assets_stand_with_their_source(people, listed, tmp_path):
    with scoped(DESK):
        bring_in("networks", "network,organisation\n10.0.0.0/8,hai-van\n")
        bring_in(
            "assets",
            "name,kind,organisation,address\n"
            "A-9,server,so-y-te,10.1.0.9\nB-9,server,so-tttt,10.1.0.9\n"
            "A-8,server,so-y-te,10.1.0.8\nB-8,server,so-y-te,10.1.0.8\n",
        )
    declare(people, "ids", "vien-thong")
    alert(tmp_path / "1.json", eve(1, src_ip="10.1.0.9"), eve(2, src_ip="10.1.0.8"), source="ids")
    made = {}
    with scoped(DESK):
        for one in findings():
            made[one.subject] = alert_to_case.open_case([one.pk], at=NOON, by="Hà").organisation
    # What the row of the inbox says of them: of the one nobody can say whose it is, the other is of one organisation.
    assert made["10.1.0.9"] == people.organisations["vien-thong"]
    assert made["10.1.0.8"] == people.organisations["so-y-te"]


@pytest.fixture
def office(people, listed):
    """Two machines of an office, one with two addresses, and a name that two offices use; two sources beside."""
    with scoped(DESK):
        bring_in("networks", "network,organisation\n10.1.0.0/16,so-y-te\n")
        bring_in(
            "assets",
            "name,kind,organisation,address\nPC-7,workstation,so-y-te,10.1.0.7\nPC-7,workstation,so-y-te,10.1.0.77\n"
            "PC-8,workstation,so-y-te,10.1.0.8\nPC-8,workstation,so-tttt,10.2.0.8\n",
        )
    for name in ("agent", "gateway"):
        declare(people, name)


def named(number: int, host: str | None) -> dict[str, object]:
    """Malware on a machine that is told by its name; without one on none."""
    return malware(number, None, dest_ip=None, host=host)


def test_the_name_and_the_addresses_of_one_asset_are_one_machine(office, tmp_path):
    alert(tmp_path / "1.json", malware(1, "10.1.0.7"), source="gateway")
    assert case_count("PC-7") == 0
    alert(tmp_path / "2.json", named(2, "PC-7"), source="agent")
    case = case_of("PC-7")
    assert {(one.source.name, one.subject) for one in findings(case=case)} == {
        ("gateway", "10.1.0.7"), ("agent", "PC-7"),
    }  # fmt: skip
    alert(tmp_path / "3.json", malware(3, "10.1.0.77"), source="gateway")
    assert findings(subject="10.1.0.77")[0].case_id == case.pk
    assert case_count("PC-7") == 1


def test_a_name_that_two_assets_have_is_told_of_neither_address(office, tmp_path):
    alert(tmp_path / "1.json", malware(1, "10.1.0.8"), source="gateway")
    alert(tmp_path / "2.json", named(2, "PC-8"), source="agent")
    assert {(one.state, one.priority) for one in findings()} == {("new", 2)}


def test_alerts_that_name_no_machine_are_about_no_common_one(office, tmp_path):
    alert(tmp_path / "1.json", named(1, None), named(2, None), source="gateway")
    alert(tmp_path / "2.json", named(3, None), source="agent")
    assert [(one.subject, one.state, one.priority) for one in findings()] == [("?", "new", 2)] * 3
    with scoped(DESK):
        found = findings()
        assert machines.kin_of(found, ()) == {}
        assert list(machines.about_host_of(found[0], NOON)) == [found[0]]
        first, second = (alert_to_case.open_case([one.pk], at=NOON, by="Hà") for one in found[:2])
    assert first.pk != second.pk
    assert first.title == "ET MALWARE 1"
    assert any("Máy không được nêu tên: vụ việc mới" in letter.body for letter in told())


def case_count(subject: str) -> int:
    with scoped(DESK):
        return Case.objects.filter(subject=subject).count()


@pytest.fixture
def filed(people, listed, tmp_path):
    """A case that a person opened on a finding of middle severity, alone."""
    alert(tmp_path / "0.json", eve(1, src_ip="203.0.113.5", rule=7), eve(2, src_ip="203.0.113.77", rule=7))
    with scoped(DESK):
        for one in findings():
            alert_to_case.open_case([one.pk], at=NOON, by="Hà")
    assert {case_of(one).priority for one in ("203.0.113.5", "203.0.113.77")} == {3}
    return told()


def test_a_case_follows_its_findings_when_they_grow_worse(filed, listed, tmp_path):
    worse = {"rule": 7, "severity": 1, "signature": "GPL worse"}
    alert(tmp_path / "1.json", eve(3, src_ip="203.0.113.5", **worse), eve(4, src_ip="203.0.113.77", **worse))
    for address in ("203.0.113.5", "203.0.113.77"):
        assert (case_of(address).priority, case_of(address).priority_reason) == (2, "nguồn đánh giá mức cao")
    (letter,) = told()[len(filed) :]
    assert letter.organisation_id == listed.pk
    assert letter.subject == "[Vọng Gác] Cảnh báo: 2 máy cần xử lý"
    assert "203.0.113.77: cảnh báo của vụ việc nặng thêm" in letter.body
    assert "- ưu tiên 2 (đã nâng): nguồn đánh giá mức cao" in letter.body
    # As grave once more: nothing changes, nobody is told.
    alert(tmp_path / "2.json", eve(5, src_ip="203.0.113.5", **worse))
    assert len(told()) == len(filed) + 1


def test_a_case_follows_a_finding_that_comes_again_and_again(filed, tmp_path):
    alert(tmp_path / "1.json", *(eve(n, src_ip="203.0.113.77", rule=7) for n in range(3, 102)))
    assert case_of("203.0.113.77").priority_reason == "mức trung bình, lặp lại 100 lần"
    assert len(told()) == len(filed) + 1


def test_a_closed_case_follows_nothing(filed, tmp_path):
    with scoped(DESK):
        cases.close(case_of("203.0.113.77").pk, "máy đã thay", at=NOON)
    alert(tmp_path / "1.json", eve(3, src_ip="203.0.113.77", rule=7, severity=1))
    assert (case_of("203.0.113.77").priority, len(told())) == (3, len(filed))
