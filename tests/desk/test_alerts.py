"""The inbox of alerts as people see it: calm, by priority, every act undone or told, raw bytes behind every row."""

import csv
import io
import json
import re
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from lxml import html

from tests.alerts.sources import MALWARE, declare, eve, findings, lines
from tests.cast import NOON
from tests.register.register_files import bring_in
from vonggac.alerts.clock_lead import Lead
from vonggac.alerts.models import Finding, Source, Suppression
from vonggac.alerts.rules import BY_ITSELF, CLOCK_RULE, OWN_RULES, SILENCE_RULE
from vonggac.alerts.services import clock_leads, sources, triage
from vonggac.cases.models import Case, Kind
from vonggac.desk.pages import alert_sources
from vonggac.directives.models import Directive
from vonggac.duty.models import Escalation
from vonggac.flows import escalation as escalations
from vonggac.flows.alert_files import import_file
from vonggac.flows.alert_to_case import open_case
from vonggac.reports import alert_answers
from vonggac.tenancy.scope import scoped, system

pytestmark = pytest.mark.django_db
DESK = system("tests")
EVENTS = (
    eve(1, rule=1, src_ip="10.1.0.7", severity=1, category=MALWARE, signature="ET MALWARE Mirai"),
    eve(2, rule=2, src_ip="10.1.0.7", severity=2, signature="ET SCAN Nmap"),
    eve(3, rule=2, src_ip="10.1.0.8", severity=2, signature="ET SCAN Nmap"),
    eve(4, rule=3, src_ip="10.1.0.9", severity=3, signature="ET INFO <b>curl</b>"),
)


@pytest.fixture
def source(desk, tmp_path):
    made = declare(desk.people, "suricata", expected_seconds=3_600)
    path = tmp_path / "eve.json"
    path.write_bytes(lines(*EVENTS))
    import_file(path, "suricata", DESK, at=NOON)
    return made


def text(response) -> str:
    return response.content.decode()


def number(rule: str, subject: str) -> int:
    return findings(rule=rule, subject=subject)[0].pk


def do(client, act: str, *ids: int, **more: object):
    return client.post("/cases/alerts/do/", {"act": act, "finding": ids, **more}, follow=True)


def test_the_most_urgent_comes_first_with_the_reason(sign_in, source):
    seen = text(sign_in("ha").get("/cases/alerts/"))
    assert seen.index("ET MALWARE Mirai") < seen.index("ET SCAN Nmap") < seen.index("ET INFO")
    assert "Ưu tiên 2: nguồn báo mã độc" in seen
    assert "2 phát hiện về máy này" in seen
    assert "&lt;b&gt;curl" in seen


def test_a_row_says_whose_host_it_is_where_the_register_knows_one_answer(sign_in, desk, source):
    with scoped(DESK):
        bring_in("networks", "network,organisation\n10.0.0.0/8,hai-van\n10.1.0.8/31,so-y-te\n")
        bring_in(
            "assets",
            "name,kind,organisation,address\n"
            "tram-7,workstation,p-vinh-hai,10.1.0.7\nA-9,server,so-y-te,10.1.0.9\nB-9,server,so-tttt,10.1.0.9\n",
        )
    rows = html.fromstring(text(sign_in("ha").get("/cases/alerts/"))).xpath("//li[@data-row]")
    facts = [[span.text for span in row.xpath(".//div[@class='facts']/span")] for row in rows]
    said = {spans[0]: spans[1] for spans in facts}
    names = {code: one.name for code, one in desk.people.organisations.items()}
    assert said["tram-7 (10.1.0.7)"] == names["p-vinh-hai"]
    assert said["10.1.0.8"] == names["so-y-te"]
    # Two organisations hold the address: none is named.
    assert said["10.1.0.9"] not in names.values()


def test_a_host_with_a_zone_in_its_address_stops_no_page(sign_in, desk, source, tmp_path):
    with scoped(DESK):
        bring_in("networks", "network,organisation\n2001:db8::/32,so-y-te\n")
    path = tmp_path / "hosts.json"
    hosts = ("fe80::1%eth0", "2001:DB8:0::7", "192.0.2.1:80")
    path.write_bytes(lines(*(eve(5, src_ip=None, dest_ip=None, host=host) for host in hosts)))
    import_file(path, "suricata", DESK, at=NOON)
    page = sign_in("ha").get("/cases/alerts/")
    assert page.status_code == 200
    rows = html.fromstring(text(page)).xpath("//li[@data-row]")
    facts = [[span.text for span in row.xpath(".//div[@class='facts']/span")] for row in rows]
    said = {spans[0]: spans[1] for spans in facts}
    assert set(hosts) <= said.keys()
    assert said["2001:DB8:0::7"] == desk.people.organisations["so-y-te"].name
    for host in hosts:
        assert sign_in("ha").get(f"/cases/alerts/{findings(subject=host)[0].pk}/").status_code == 200


def test_a_row_that_became_a_case_says_the_organisation_of_the_case(sign_in, desk, source):
    do(sign_in("ha"), "case", number("1", "10.1.0.7"))
    seen = text(sign_in("ha").get("/cases/alerts/?state=case"))
    assert f"<span>{desk.people.organisations['hai-van'].name}</span>" in seen


def test_a_stranger_finds_nothing_of_it(sign_in, source):
    assert "Nmap" not in text(sign_in("vinh").get("/cases/alerts/"))
    assert "suricata" not in text(sign_in("vinh").get("/cases/alerts/sources/"))
    finding = number("1", "10.1.0.7")
    for path in (f"/cases/alerts/{finding}/", f"/cases/alerts/{finding}/raw/0/"):
        assert sign_in("vinh").get(path).status_code == 404


@pytest.mark.parametrize(("act", "state"), [("acknowledge", "acknowledged"), ("false", "false")])
def test_one_key_does_it_and_one_press_undoes_it(sign_in, source, act, state):
    client, finding = sign_in("ha"), number("2", "10.1.0.8")
    seen = text(do(client, act, finding))
    assert findings(pk=finding)[0].state == state
    undo = re.search(r'action="(/cases/alerts/undo/[^"]+)"', seen)[1]
    client.post(undo)
    assert findings(pk=finding)[0].state == "new"
    assert client.post(undo).status_code == 409


def test_undoing_one_act_on_many_says_which_stay_as_somebody_else_handled_them(sign_in, source):
    client, finding = sign_in("ha"), number("2", "10.1.0.8")
    seen = text(do(client, "acknowledge", *(one.pk for one in findings())))
    do(sign_in("minh"), "false", finding)
    undo = re.search(r'action="(/cases/alerts/undo/[^"]+)"', seen)[1]
    said = text(client.post(undo, follow=True))
    assert "1 phát hiện đã được xử lý sau đó nên giữ nguyên" in said
    assert findings(pk=finding)[0].state == "false"
    assert {one.state for one in findings() if one.pk != finding} == {"new"}


def test_what_is_about_one_host_is_merged_by_one_press(sign_in, source):
    do(sign_in("ha"), "merge", number("2", "10.1.0.7"))
    assert findings(pk=number("2", "10.1.0.7"))[0].merged_into_id == number("1", "10.1.0.7")
    assert findings(pk=number("2", "10.1.0.8"))[0].state == "new"


def shown(client, query: str = "") -> list[int]:
    rows = html.fromstring(text(client.get(f"/cases/alerts/{query}"))).xpath("//li[@data-row]/@data-row")
    return [int(row) for row in rows]


def test_one_row_stands_for_a_machine_and_leads_to_all_that_waits_about_it(sign_in, source):
    client = sign_in("ha")
    malware, scan = number("1", "10.1.0.7"), number("2", "10.1.0.7")
    assert malware in shown(client)
    assert scan not in shown(client)
    assert len(shown(client)) == 3
    assert f'href="?about={malware}"' in text(client.get("/cases/alerts/"))
    labels = html.fromstring(text(client.get("/cases/alerts/"))).xpath(
        "//li[@data-row]//button[@value='acknowledge']/text()"
    )
    assert sorted(labels) == ["Tiếp nhận", "Tiếp nhận", "Tiếp nhận tất cả"]
    assert shown(client, f"?about={malware}") == [malware, scan]
    assert "10.1.0.7 ✕" in text(client.get(f"/cases/alerts/?about={malware}"))
    # Whoever looks at one source, or at what became of findings, sees each.
    assert len(shown(client, "?source=suricata")) == 4
    assert f'href="/cases/alerts/?about={malware}"' in text(client.get(f"/cases/alerts/{malware}/"))


def test_what_is_done_with_a_row_that_stands_for_a_machine_is_done_with_all_of_it_but_for_a_false_alarm(
    sign_in, source
):
    client, malware, scan = sign_in("ha"), number("1", "10.1.0.7"), number("2", "10.1.0.7")
    seen = text(do(client, "acknowledge", malware, machine=NOON.isoformat()))
    assert "2 phát hiện" in seen
    assert [findings(pk=pk)[0].state for pk in (malware, scan)] == ["acknowledged"] * 2
    client.post(re.search(r'action="(/cases/alerts/undo/[^"]+)"', seen)[1])
    do(client, "false", malware, machine=NOON.isoformat())
    assert [findings(pk=pk)[0].state for pk in (malware, scan)] == ["false", "new"]
    assert scan in shown(client)


def test_what_comes_after_an_acknowledgement_is_a_row_of_its_own(sign_in, source, tmp_path):
    client, malware = sign_in("ha"), number("1", "10.1.0.7")
    do(client, "acknowledge", malware, machine=NOON.isoformat())
    path = tmp_path / "later.json"
    path.write_bytes(lines(eve(9, rule=9, src_ip="10.1.0.7", severity=3, signature="ET INFO late")))
    import_file(path, "suricata", DESK, at=NOON)
    assert set(shown(client)) >= {malware, number("9", "10.1.0.7")}


def test_what_came_after_the_page_was_drawn_is_not_acknowledged_with_its_row(sign_in, source, tmp_path):
    client, malware = sign_in("ha"), number("1", "10.1.0.7")
    path = tmp_path / "later.json"
    path.write_bytes(lines(eve(9, rule=9, src_ip="10.1.0.7", severity=1, category=MALWARE, signature="ET MALWARE new")))
    import_file(path, "suricata", DESK, at=NOON + timedelta(seconds=1))
    do(client, "acknowledge", malware, machine=NOON.isoformat())
    assert findings(rule="9")[0].state == "new"
    assert [one.state for one in findings(subject="10.1.0.7") if one.rule != "9"] == ["acknowledged"] * 2


@pytest.mark.parametrize("moment", ["1", "hôm qua", "2026-04-20T05:00:00"])
def test_a_row_without_the_moment_of_its_page_does_nothing(sign_in, source, moment):
    posted = {"act": "acknowledge", "finding": number("1", "10.1.0.7"), "machine": moment}
    assert sign_in("ha").post("/cases/alerts/do/", posted).status_code == 422
    assert {one.state for one in findings()} == {"new"}


def test_rows_of_several_machines_become_a_case_each_with_who_answers_for_it(sign_in, desk, source):
    with scoped(DESK):
        bring_in("networks", "network,organisation\n10.1.0.7/32,so-y-te\n10.1.0.8/32,so-tttt\n")
    chosen = (number("1", "10.1.0.7"), number("2", "10.1.0.8"))
    seen = text(do(sign_in("ha"), "case", *chosen, machine=NOON.isoformat()))
    with scoped(DESK):
        cases = {one.subject: one for one in Case.objects.filter(kind=Kind.ALERT).select_related("organisation")}
    assert {subject: case.organisation.code for subject, case in cases.items()} == {
        "10.1.0.7": "so-y-te", "10.1.0.8": "so-tttt",
    }  # fmt: skip
    assert {(one.subject, one.case_id) for one in findings(state="case")} == {
        (subject, case.pk) for subject, case in cases.items()
    }
    assert all(f'<a href="/cases/{case.pk}/">' in seen for case in cases.values())


def test_undoing_a_merge_on_an_old_page_leaves_what_a_colleague_judged(sign_in, source):
    client, malware = sign_in("ha"), number("1", "10.1.0.7")
    path_findings = [one.pk for one in findings(subject="10.1.0.7")]
    do(sign_in("minh"), "false", malware)
    refused = client.post("/cases/alerts/do/", {"act": "merge", "finding": malware, "machine": NOON.isoformat()})
    assert refused.status_code == 422
    assert [findings(pk=pk)[0].state for pk in path_findings] == ["false", "new"]


def test_the_clock_of_a_row_is_the_first_of_those_it_stands_for(sign_in, source):
    scan, malware = number("2", "10.1.0.7"), number("1", "10.1.0.7")
    with scoped(DESK):
        Finding.objects.filter(pk=scan).update(acknowledge_by=NOON - timedelta(minutes=30))
    client = sign_in("ha")

    def due(query: str) -> str:
        row = html.fromstring(text(client.get(f"/cases/alerts/{query}"))).xpath(f"//li[@data-row='{malware}']")[0]
        return " ".join(row.xpath(".//div[contains(@class, 'due')]")[0].text_content().split())

    assert "quá 30 phút" in due("")
    assert "quá" not in due("?source=suricata")


def test_of_more_than_one_press_moves_the_rest_is_said(sign_in, source, monkeypatch):
    monkeypatch.setattr("vonggac.desk.pages.alerts.MOST_MOVED", 1)
    client, malware, scan = sign_in("ha"), number("1", "10.1.0.7"), number("2", "10.1.0.7")
    assert "còn 1 phát hiện nữa về các máy này" in text(do(client, "acknowledge", malware, machine=NOON.isoformat()))
    # What is acknowledged takes no place among those of the next press.
    assert "còn" not in re.search(r'class="flash".*?</div>', text(
        do(client, "acknowledge", scan, machine=NOON.isoformat())
    ), re.DOTALL)[0]  # fmt: skip
    assert [findings(pk=pk)[0].state for pk in (malware, scan)] == ["acknowledged"] * 2


def test_what_stands_by_itself_is_taken_along_by_no_row(sign_in, source):
    with scoped(DESK):
        sources.note_silence(source.pk, at=NOON + timedelta(hours=2))
        clock_leads.note(Source.objects.get(pk=source.pk), Lead(3, 3_600, 3), at=NOON)
        Finding.objects.filter(rule__startswith=OWN_RULES).update(first_received_at=NOON)
    silence, clock = (findings(rule=rule)[0] for rule in (SILENCE_RULE, CLOCK_RULE))
    client = sign_in("ha")
    assert {silence.pk, clock.pk} <= set(shown(client))
    assert 'value="merge"' not in text(client.get(f"/cases/alerts/{silence.pk}/"))
    do(client, "acknowledge", silence.pk, machine=NOON.isoformat())
    assert [findings(pk=one.pk)[0].state for one in (silence, clock)] == ["acknowledged", "new"]


def test_how_many_nobody_acknowledged_stands_on_the_row(sign_in, source):
    client = sign_in("ha")
    do(client, "acknowledge", number("2", "10.1.0.7"))
    assert "2 phát hiện về máy này: có vẻ cùng một sự cố, 1 chưa tiếp nhận" in text(client.get("/cases/alerts/"))
    assert "Tiếp nhận tất cả" not in text(client.get("/cases/alerts/"))


def test_the_machine_of_a_finding_that_one_may_not_see_is_asked_for_in_vain(sign_in, source):
    malware = number("1", "10.1.0.7")
    assert sign_in("vinh").get(f"/cases/alerts/?about={malware}").status_code == 404
    assert sign_in("ha").get("/cases/alerts/?about=x").status_code == 422


def test_acts_on_many_rows_ask_for_their_machines_together(sign_in, source, tmp_path):
    path = tmp_path / "many.json"
    path.write_bytes(lines(*(eve(n, rule=n % 3, src_ip=f"10.2.0.{n % 40}") for n in range(120))))
    import_file(path, "suricata", DESK, at=NOON)
    client = sign_in("ha")
    asked = []
    for rows in (shown(client)[:2], shown(client)[2:40]):
        with CaptureQueriesContext(connection) as queries:
            do(client, "acknowledge", *rows, machine=NOON.isoformat())
        asked.append(len(queries))
    assert asked[1] - asked[0] < 10


def test_a_case_of_a_row_takes_all_of_its_machine_and_is_one_press_away(sign_in, source):
    seen = do(sign_in("ha"), "case", number("2", "10.1.0.7"), machine=NOON.isoformat())
    with scoped(DESK):
        case = Case.objects.get(kind=Kind.ALERT)
    assert {one.case_id for one in findings(subject="10.1.0.7")} == {case.pk}
    assert f'<a href="/cases/{case.pk}/">mở trang vụ việc</a>' in text(seen)


def test_a_row_of_what_was_merged_says_into_what(sign_in, source):
    client = sign_in("ha")
    do(client, "merge", number("2", "10.1.0.7"))
    seen = text(client.get("/cases/alerts/?state=handled"))
    assert f'<a href="/cases/alerts/{number("1", "10.1.0.7")}/">đã gộp vào “ET MALWARE Mirai”</a>' in seen


def test_many_are_acknowledged_at_once(sign_in, source):
    do(sign_in("ha"), "acknowledge", *(one.pk for one in findings()))
    assert {one.state for one in findings()} == {"acknowledged"}


def test_a_case_opened_from_the_inbox_stands_for_the_finding(sign_in, source, desk):
    seen = text(do(sign_in("ha"), "case", number("1", "10.1.0.7")))
    assert "Vụ việc về 10.1.0.7" in seen
    with scoped(DESK):
        case = Case.objects.get(kind=Kind.ALERT)
    assert (case.subject, case.org_path) == ("10.1.0.7", desk.people.organisations["hai-van"].path)
    assert findings(pk=number("1", "10.1.0.7"))[0].case_id == case.pk
    page = text(sign_in("ha").get(f"/cases/{case.pk}/"))
    assert f'<a href="/cases/alerts/{number("1", "10.1.0.7")}/">ET MALWARE Mirai' in page


def test_a_false_alarm_offers_a_suppression_that_keeps_the_next_ones_out(sign_in, source, desk, tmp_path):
    client, finding = sign_in("ha"), number("2", "10.1.0.8")
    assert "lần sau bỏ qua?" in text(do(client, "false", finding))
    refused = client.post(f"/cases/alerts/{finding}/suppress/", {"days": "30", "reason": ""})
    assert refused.status_code == 422
    client.post(f"/cases/alerts/{finding}/suppress/", {"days": "30", "reason": "máy quét của Sở", "every": "1"})
    assert findings(pk=number("2", "10.1.0.7"))[0].state == "suppressed"
    path = Path(tmp_path / "more.json")
    path.write_bytes(lines(eve(9, rule=2, src_ip="10.1.0.7", severity=2)))
    import_file(path, "suricata", DESK, at=NOON)
    with scoped(DESK):
        made = Suppression.objects.get()
    assert (made.count, made.owner.name, made.subject) == (1, "Hà", "")
    assert "máy quét của Sở" in text(client.get("/cases/alerts/suppressions/"))
    client.post(f"/cases/alerts/suppressions/{made.pk}/end/")
    assert "Không bỏ qua gì" in text(client.get("/cases/alerts/suppressions/"))


def test_the_bytes_behind_a_row_are_shown_and_given(sign_in, source):
    finding = number("3", "10.1.0.9")
    seen = text(sign_in("ha").get(f"/cases/alerts/{finding}/"))
    assert "signature_id&quot;: 3" in seen
    given = sign_in("ha").get(f"/cases/alerts/{finding}/raw/0/")
    assert json.loads(given.content) == EVENTS[3]
    assert given["Content-Disposition"].startswith("attachment")
    assert sign_in("ha").get(f"/cases/alerts/{finding}/raw/9/").status_code == 404


def test_whoever_only_administers_or_looks_is_refused_the_acts(sign_in, source):
    finding = number("3", "10.1.0.9")
    assert "Báo nhầm" not in text(sign_in("quan").get("/cases/alerts/"))
    assert do(sign_in("quan"), "false", finding).status_code == 403
    assert sign_in("lan").post(f"/cases/alerts/{finding}/suppress/", {"days": "7"}).status_code == 403
    assert findings(pk=finding)[0].state == "new"


@pytest.mark.parametrize(
    "posted",
    [
        {"act": "burn", "finding": "1"},
        {"act": "false"},
        *({"act": "false", "finding": no} for no in ("x", "²", "9" * 5_000)),
    ],
)
def test_what_is_no_act_or_names_no_finding_is_refused(sign_in, source, posted):
    assert sign_in("ha").post("/cases/alerts/do/", posted).status_code in {404, 422}


@pytest.mark.parametrize("query", ["?state=nonsense", "?after=x"])
def test_an_address_that_is_not_ours_is_answered_in_words(sign_in, source, query):
    assert sign_in("ha").get(f"/cases/alerts/{query}").status_code == 422


@pytest.mark.parametrize("no_number", ["²", "9" * 5_000])
def test_what_only_looks_like_a_number_chooses_nothing(sign_in, source, no_number):
    minh, pk = sign_in("minh"), number("1", "10.1.0.7")
    assert minh.get(f"/cases/alerts/?offer={no_number}").status_code == 200
    assert minh.get(f"/cases/alerts/{pk}/?sample={no_number}").status_code == 200
    assert minh.post(f"/cases/alerts/{pk}/suppress/", {"days": no_number, "reason": "x"}).status_code == 422


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
def test_the_list_is_taken_along_whole(sign_in, source, tmp_path, kind):
    path = tmp_path / "many.json"
    path.write_bytes(lines(*(eve(n, rule=100 + n, src_ip=f"10.2.0.{n}") for n in range(60))))
    import_file(path, "suricata", DESK, at=NOON)
    given = sign_in("ha").get(f"/cases/alerts/?state=all&format={kind}").content
    if kind == "csv":
        rows = given.count(b"\n") - 1
    elif kind == "json":
        rows = len(json.loads(given)["rows"])
    else:
        rows = openpyxl.load_workbook(io.BytesIO(given)).active.max_row - 1
    with scoped(DESK):
        assert rows == Finding.objects.count() > 60


def test_a_silent_source_is_loud_on_the_inbox_the_sources_and_the_first_page(sign_in, source):
    with scoped(DESK):
        sources.note_silence(source.pk, at=NOON + timedelta(hours=2))
        source.refresh_from_db()
    assert source.heard_at == NOON
    # The time that nobody saw begins with the last sign of life, not when the pause ran out.
    begin = f'từ <time datetime="{NOON.isoformat()}"'
    seen = text(sign_in("ha").get("/cases/alerts/"))
    assert "NGUỒN suricata IM LẶNG" in seen
    assert begin in seen
    assert f"im lặng {begin}" in text(sign_in("ha").get("/cases/alerts/sources/"))
    *_, row = csv.reader(io.StringIO(text(sign_in("ha").get("/cases/alerts/sources/?format=csv"))))
    told = dict(zip(alert_sources.COLUMNS, row, strict=True))
    assert told["silent_since_utc"] == told["heard_at_utc"] != ""
    assert "0/1" in text(sign_in("ha").get("/"))


def test_clause_1a_says_when_a_source_of_the_unit_was_silent(sign_in, desk):
    with scoped(DESK):
        watch = Case.objects.get(rule="duty_coverage", organisation__code="so-y-te")
    source = declare(desk.people, "so-y-te", office="so-y-te", expected_seconds=60)
    other = declare(desk.people, "dong-son", office="dong-son", expected_seconds=60)
    assert "đã im lặng" not in text(sign_in("ha").get(f"/cases/{watch.pk}/"))
    with scoped(DESK):
        for one in (source, other):
            sources.note_silence(one.pk, at=NOON)
    seen = text(sign_in("ha").get(f"/cases/{watch.pk}/"))
    assert "Nguồn cảnh báo đã im lặng" in seen
    assert ">so-y-te</a>" in seen
    assert ">dong-son</a>" not in seen


def test_the_inbox_asks_as_few_questions_for_fifty_as_for_one(sign_in, source, tmp_path):
    client = sign_in("ha")
    client.get("/cases/alerts/")
    with CaptureQueriesContext(connection) as few:
        client.get("/cases/alerts/")
    path = tmp_path / "many.json"
    path.write_bytes(lines(*(eve(n, rule=100 + n, src_ip=f"10.2.0.{n}") for n in range(60))))
    import_file(path, "suricata", DESK, at=NOON)
    with CaptureQueriesContext(connection) as many:
        assert text(client.get("/cases/alerts/")).count('data-row="') == 50
    assert len(many) == len(few)


def test_the_inbox_tells_how_fast_findings_were_answered_and_what_still_waits_too_long(sign_in, source, monkeypatch):
    client = sign_in("ha")
    assert "Việc tiếp nhận và xử lý phát hiện" not in text(client.get("/cases/alerts/"))
    monkeypatch.setattr("vonggac.desk.frame.now", lambda: NOON + timedelta(minutes=90))
    do(client, "acknowledge", number("2", "10.1.0.8"))
    monkeypatch.setattr("vonggac.desk.frame.now", lambda: NOON + timedelta(minutes=91))
    seen = text(client.get("/cases/alerts/"))
    assert "trung vị 1 giờ 30 phút, lâu nhất 1 giờ 30 phút, cho phép 8 giờ" in seen
    assert "quá 31 phút" in seen
    assert "để tiếp nhận" in seen
    assert "để xử lý" in seen


def test_a_finding_s_page_tells_its_clock_and_who_was_called_for_it(sign_in, source):
    pk = number("1", "10.1.0.7")
    with scoped(DESK):
        escalations.call_for_alerts(source.organisation, findings(pk=pk), at=NOON)
        call = Escalation.objects.get()
    seen = text(sign_in("ha").get(f"/cases/alerts/{pk}/"))
    assert "Để tiếp nhận" in seen
    assert f"/escalations/{call.pk}/" in seen
    assert f'href="/cases/alerts/{pk}/"' in text(sign_in("ha").get(f"/escalations/{call.pk}/"))


def test_each_figure_of_a_report_leads_to_exactly_its_rows(sign_in, desk, source):
    client, period = sign_in("ha"), Directive(period_from=NOON.date(), period_to=NOON.date() + timedelta(days=7))
    with scoped(DESK):
        slow, quick = number("2", "10.1.0.8"), number("1", "10.1.0.7")
        triage.acknowledge([quick], at=NOON + timedelta(minutes=1), by="Hà")
        triage.acknowledge([slow], at=NOON + timedelta(hours=9), by="Hà")
        triage.mark_false([slow], "", at=NOON + timedelta(days=4), by="Hà")
        counted = alert_answers.figures(period, desk.people.organisations["hai-van"], NOON + timedelta(days=9))
    figures = [figure for one in counted.priorities for _name, figure in one.named()]
    assert sorted(figure.value for figure in figures if figure.value) == [1] * 7
    for figure in figures:
        assert text(client.get(figure.source)).count('data-row="') == figure.value, figure.source
    stranger = sign_in("vinh")
    assert not any('data-row="' in text(stranger.get(figure.source)) for figure in figures)


@pytest.mark.parametrize("wrong", ["priority=9", "since=yesterday", "late=ever", "organisation=nowhere", "state=x"])
def test_a_filter_without_such_a_value_is_told(sign_in, source, wrong):
    assert sign_in("ha").get(f"/cases/alerts/?{wrong}").status_code == 422


def test_what_waits_stands_on_the_first_page_and_in_the_badge(sign_in, source):
    client = sign_in("ha")
    seen, waiting = text(client.get("/")), len(findings())
    band = re.search(r'<a href="/cases/alerts/"[^>]*>.*?</a>', seen)[0]
    assert f"<b>{waiting}</b> cảnh báo đang chờ, gấp nhất: ưu tiên 2" in band
    badge = int(re.search(r'href="/cases/".*?class="count">([\d.]+)<', seen)[1])
    do(client, "false", *(one.pk for one in findings()))
    calm = text(client.get("/"))
    assert "cảnh báo đang chờ" not in calm
    assert int(re.search(r'href="/cases/".*?class="count">([\d.]+)<', calm)[1]) == badge - waiting


def test_a_row_and_its_page_tell_one_time(sign_in, source):
    row = text(sign_in("ha").get("/cases/alerts/"))
    page = text(sign_in("ha").get(f"/cases/alerts/{number('3', '10.1.0.9')}/"))
    seen_at = re.search(r"Thấy lần cuối</dt><dd>(<time.*?</time>)", page)[1]
    assert f"thấy lần cuối {seen_at}" in row


def test_a_finding_says_whose_host_it_is_and_which_case_is_open(sign_in, source):
    client, path = sign_in("ha"), f"/cases/alerts/{number('2', '10.1.0.7')}/"
    assert "<dt>Máy</dt>" not in text(client.get(path))
    with scoped(DESK):
        bring_in("assets", "name,organisation,address\nSV-7,p-vinh-hai,10.1.0.7\n")
    known = text(client.get(path))
    assert "<dt>Máy</dt><dd>SV-7 · <a" in known
    assert "UBND phường Vĩnh Hải</a>" in known
    assert "Vụ việc đang mở về máy này" not in known
    with scoped(DESK):
        case = open_case([number("1", "10.1.0.7")], at=NOON, by="Hà")
    assert f'<dt>Vụ việc đang mở về máy này</dt><dd><a href="/cases/{case.pk}/">' in text(client.get(path))


def test_a_finding_that_joins_a_case_by_itself_stands_in_the_history_of_the_case(sign_in, source, desk):
    host, finding = desk.hosts["KT-PC-0417"], number("1", "10.1.0.7")
    with scoped(DESK):
        bring_in("assets", f"name,organisation,address\nKT-PC-0417,{host.organisation.code},10.1.0.7\n")
        assert open_case([finding], at=NOON, by=BY_ITSELF) == host
    seen = text(sign_in("ha").get(f"/cases/{host.pk}/"))
    assert f'<a href="/cases/alerts/{finding}/">Một phát hiện cảnh báo được đưa vào vụ việc</a>' in seen
    assert "ET MALWARE Mirai" in seen
