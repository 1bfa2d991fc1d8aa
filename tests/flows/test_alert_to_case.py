"""Alerts that are filed with a host's case: the case becomes as urgent as they are, and its owner is told once."""

from pathlib import Path

import pytest

from tests.alerts.sources import MALWARE, declare, eve, findings, lines
from tests.cast import NOON
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


def alert(path: Path, *events) -> None:
    path.write_bytes(lines(*events))
    import_file(path, "suricata", DESK, at=NOON)
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


def test_a_new_case_for_alerts_is_told_of_too(people, listed, tmp_path):
    declare(people, "wazuh")
    alert(tmp_path / "1.json", malware(1, "203.0.113.77"))
    assert told() == []
    path = tmp_path / "2.json"
    path.write_bytes(lines(malware(2, "203.0.113.77")))
    import_file(path, "wazuh", DESK, at=NOON)
    with scoped(DESK):
        run_waiting()
    (letter,) = told()
    assert "203.0.113.77: vụ việc mới" in letter.body
    assert letter.subjects == {"case": [case_of("203.0.113.77").pk]}


def test_of_many_findings_of_one_host_the_first_are_told(listed, tmp_path):
    alert(tmp_path / "1.json", *(malware(n, "203.0.113.5") for n in range(1, 8)))
    (letter,) = told()
    assert letter.body.count("- ET MALWARE") == 5
    assert "- và 2 cảnh báo nữa" in letter.body
